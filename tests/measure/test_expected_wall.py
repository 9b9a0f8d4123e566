"""The wall under a bulge, or held by its foot, does not follow what stands behind its middle."""

from __future__ import annotations

import numpy as np
import pytest

from vfa.measure.expected_wall import Usual, WallShape, fit_wall
from vfa.model.frame import FloatArray

LEFT_MM = np.arange(-10.5, 10.6, 0.75)
HEIGHT = np.broadcast_to(np.linspace(0.1, 0.94, 28), (len(LEFT_MM), 28))
BOTH_WAYS = np.ones(HEIGHT.shape, dtype=bool)


def usual_wall() -> FloatArray:
    """A wall drawn in at mid-height and in the midline as in most people, 15 mm behind the body's centre."""
    up = 2 * HEIGHT - 1
    across = LEFT_MM[:, None]
    return np.asarray(15.0 - 1.5 * (1 - up**2) - 1.6 * np.exp(-((across / 10.0) ** 2)) - 0.1 * (across / 10.0) ** 2)


def fitted(behind_mm: FloatArray) -> WallShape:
    shape = fit_wall(behind_mm, BOTH_WAYS, LEFT_MM, HEIGHT, Usual.of_anyone(0.0))
    assert shape is not None
    return shape


@pytest.mark.parametrize("depth_mm", [2.5, 4.0])
def test_a_bulge_of_the_whole_middle_is_taken_off_at_its_full_depth(depth_mm: float):
    crown = np.clip(1 - (LEFT_MM / 14.0) ** 2, 0, None)[:, None] ** 2 * 4 * HEIGHT * (1 - HEIGHT)
    bulging = usual_wall() + depth_mm * crown
    behind = bulging - fitted(bulging).under_bulge_mm
    assert behind.max() == pytest.approx(depth_mm, abs=0.5)


def test_a_fragment_of_the_upper_half_does_not_move_the_wall_held_by_its_foot():
    broken = usual_wall() + np.where(HEIGHT > 0.5, 5.0, 0.0)
    behind = broken - fitted(broken).from_foot_mm
    assert behind.max() == pytest.approx(5.0, abs=0.5)


def test_on_a_wall_that_stands_all_three_agree():
    shape = fitted(usual_wall())
    assert np.abs(shape.under_bulge_mm - shape.behind_mm).max() < 0.2
    assert np.abs(shape.from_foot_mm - shape.behind_mm).max() < 0.4
