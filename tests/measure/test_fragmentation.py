"""Planes through the shell make fragments, and how far down they run is the share in pieces."""

from __future__ import annotations

import numpy as np
import pytest

from tests.builders import wall_of
from tests.measure.made_up_interior import ct_of
from vfa.measure.fragmentation import DIRECTIONS, HEIGHTS, Shell, find_fragmentation
from vfa.model.estimate import Estimate
from vfa.model.posterior_wall import Presence, WallStatus


def shell(*planes: tuple[int, float], wide: int = 2, contrast_hu: float = 400.0) -> Shell:
    """A shell that lacks its cortex at each plane (direction, height fraction down to which it runs from the top)."""
    lacking = np.zeros((DIRECTIONS, len(HEIGHTS)), dtype=bool)
    for direction, lowest in planes:
        lacking[direction : direction + wide, lowest <= HEIGHTS] = True
    return Shell(np.full(lacking.shape, 500.0), np.ones(DIRECTIONS, dtype=bool), lacking, contrast_hu)


def presence(of: Shell, slice_mm: float = 1.0, wall: WallStatus = WallStatus.INTACT) -> Presence:
    return find_fragmentation(wall_of(wall), of, ct_of(slice_mm), 1).presence


def test_two_planes_through_the_shell_are_fragments_and_tell_the_share_in_pieces():
    found = find_fragmentation(wall_of(), shell((10, 0.4), (60, 0.4)), ct_of(), 1)
    share = found.measures["comminuted_fraction"]
    assert found.presence is Presence.PRESENT
    assert isinstance(share, Estimate)
    assert share.value == pytest.approx(0.6, abs=0.05)


def test_a_whole_shell_before_a_whole_wall_is_in_one_piece():
    assert presence(shell()) is Presence.ABSENT


def test_one_plane_alone_is_left_to_a_reader():
    assert presence(shell((10, 0.4))) is Presence.NOT_ASSESSABLE


def test_a_lack_too_wide_for_a_plane_and_one_too_short_are_none():
    assert presence(shell((10, 0.4), (60, 0.4), wide=12)) is Presence.ABSENT
    assert presence(shell((10, 0.8), (60, 0.8))) is Presence.ABSENT


@pytest.mark.parametrize("unclear", [{"slice_mm": 5.0}, {"wall": WallStatus.NOT_ASSESSABLE}])
def test_thick_slices_or_a_wall_that_could_not_be_judged_exclude_nothing(unclear: dict[str, object]):
    assert presence(shell(), **unclear) is Presence.NOT_ASSESSABLE  # type: ignore[arg-type]


def test_a_cortex_hardly_brighter_than_marrow_says_nothing():
    assert presence(shell((10, 0.4), (60, 0.4), contrast_hu=50.0)) is Presence.NOT_ASSESSABLE
