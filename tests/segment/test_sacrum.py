from __future__ import annotations

import numpy as np
import pytest

from vfa.model.frame import Grid
from vfa.segment.locate import SpineMaps
from vfa.segment.sacrum import near_sacrum, sacrum_is_below, sacrum_points

GRID = Grid.from_axes((40, 40, 80), (2.0, 2.0, 2.0), (-40.0, -40.0, 0.0))
PLACES = GRID.lps_of(np.moveaxis(np.indices(GRID.shape), 0, -1))
CENTRES = np.array([[0.0, 0.0, 132.0], [0.0, 0.0, 100.0]])


def _maps(sacrum_top_mm: float, radius_mm: float = 25.0, disc: str = "there") -> SpineMaps:
    """A lump below two bodies, with or without a disc over it."""
    across = np.hypot(PLACES[..., 0], PLACES[..., 1])
    lump = (across < radius_mm) & (PLACES[..., 2] < sacrum_top_mm) & (PLACES[..., 2] > sacrum_top_mm - 40)
    gap = (across < 20) & (PLACES[..., 2] >= sacrum_top_mm) & (PLACES[..., 2] < 88)
    blank = np.zeros(GRID.shape, np.float32)
    between = gap.astype(np.float32) if disc == "there" else blank
    return SpineMaps(blank, blank, between, blank, lump.astype(np.float32), blank, np.ones(GRID.shape, bool), GRID)


def test_a_sacrum_one_disc_below_the_lowest_body_is_below_it() -> None:
    maps = _maps(sacrum_top_mm=78)
    assert sacrum_is_below(maps, sacrum_points(maps), CENTRES)


@pytest.mark.parametrize(
    "maps",
    [
        pytest.param(_maps(sacrum_top_mm=45), id="a vertebra could stand between"),
        pytest.param(_maps(sacrum_top_mm=78, radius_mm=6.0), id="a speck"),
        pytest.param(_maps(sacrum_top_mm=78, disc="missing"), id="no disc between"),
    ],
)
def test_anything_less_is_not(maps: SpineMaps) -> None:
    assert not sacrum_is_below(maps, sacrum_points(maps), CENTRES)


def test_bodies_near_the_sacrum_are_told_from_those_above() -> None:
    points = sacrum_points(_maps(sacrum_top_mm=78))
    assert near_sacrum(points, CENTRES, within_mm=40) == (False, True)
    assert near_sacrum(np.zeros((0, 3)), CENTRES, within_mm=40) == (False, False)
