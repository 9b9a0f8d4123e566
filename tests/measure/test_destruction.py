"""The share of a body that soft tissue has taken, and where it cannot be told."""

from __future__ import annotations

import numpy as np
import pytest

from tests.measure.made_up_interior import BONE_HU, LOWER, SHAPE, UPPER, ball, ct_of, interior_with
from vfa.measure.destruction import find_destruction
from vfa.model.estimate import Estimate
from vfa.model.posterior_wall import Finding, Presence

TUMOUR_HU = 50.0


def looked_at(
    *places, fragments: Presence = Presence.ABSENT, intact_hu: float = BONE_HU, slice_mm: float = 1.0
) -> Finding:
    intact = Estimate(intact_hu, 5.0, "HU", "neighbours")
    return find_destruction(interior_with(*places), ct_of(slice_mm), intact, fragments)


@pytest.mark.parametrize("radius_mm", [9.0, 11.0])
def test_a_lesion_is_found_with_its_share_of_the_body_to_within_five_points(radius_mm: float):
    lesion = ball((24, 20, 20), (radius_mm,) * 3)
    body = (SHAPE[0] - 8) * (SHAPE[1] - 8) * (UPPER - LOWER + 1)
    found = looked_at((lesion, TUMOUR_HU))
    share = found.measures["lytic_fraction"]
    assert isinstance(share, Estimate)
    assert share.value == pytest.approx(lesion.sum() / body, abs=0.05)
    assert found.presence is (Presence.PRESENT if share.value >= 0.1 else Presence.NOT_ASSESSABLE)


def test_sound_bone_and_a_vein_in_it_are_no_destruction():
    vein = ball((24, 8, 20), (4, 5, 3))
    assert looked_at((vein, TUMOUR_HU)).presence is Presence.ABSENT


def test_blood_between_fragments_is_left_to_a_reader():
    lesion = ball((24, 20, 20), (12, 12, 9))
    assert looked_at((lesion, TUMOUR_HU), fragments=Presence.PRESENT).presence is Presence.NOT_ASSESSABLE


def test_bone_too_thin_to_be_told_from_soft_tissue_is_said_so():
    found = looked_at(intact_hu=70.0)
    assert found.presence is Presence.NOT_ASSESSABLE
    assert "too thin" in found.because


def test_thick_slices_exclude_nothing():
    assert looked_at(slice_mm=5.0).presence is Presence.NOT_ASSESSABLE


def test_a_body_that_is_all_soft_tissue_is_destroyed_when_the_neighbours_are_sound():
    everything = np.ones(SHAPE, dtype=bool)
    assert looked_at((everything, TUMOUR_HU)).presence is Presence.PRESENT
