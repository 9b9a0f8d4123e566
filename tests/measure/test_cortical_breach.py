"""An opening is the vein's, a breach, or neither can be said: by its place, its size and the neighbours' veins."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from vfa.measure.back_surface import beside_pedicles
from vfa.measure.cortical_breach import judge_openings, looks_like_vein
from vfa.measure.wall_openings import Opening


def opening(width_mm: float, height_mm: float, left_mm: float = 0.0, height_fraction: float = 0.5) -> Opening:
    return Opening(0.8 * width_mm * height_mm, left_mm, height_fraction, width_mm, height_mm)


def test_an_opening_of_usual_size_at_mid_height_in_the_midline_is_the_vein():
    judged = judge_openings([opening(6, 5)], [], 1.0)
    assert len(judged.vein) == 1
    assert not judged.gaps
    assert not judged.unclear


@pytest.mark.parametrize(("left_mm", "height_fraction"), [(9.0, 0.5), (0.0, 0.85), (-6.0, 0.5)])
def test_the_same_opening_elsewhere_is_a_breach(left_mm: float, height_fraction: float):
    judged = judge_openings([opening(6, 5, left_mm, height_fraction)], [], 1.0)
    assert len(judged.gaps) == 1


def test_a_wide_opening_at_the_veins_place_is_left_open():
    assert judge_openings([opening(11, 6)], [], 1.0).unclear


def test_a_wide_opening_is_the_vein_where_the_neighbours_are_as_wide():
    assert judge_openings([opening(11, 6)], [[opening(10, 5)]], 1.0).vein


def test_no_vein_is_as_wide_as_the_wall():
    assert judge_openings([opening(16, 6)], [[opening(12, 5)]], 1.0).gaps


def test_two_small_openings_on_either_side_of_the_midline_are_one_vein_that_leaves_twice():
    pair = [opening(4, 4, -5.0), opening(4, 5, 4.5)]
    assert len(judge_openings(pair, [], 1.0).vein) == 2
    assert len(looks_like_vein(pair)) == 2


def test_a_large_opening_at_the_veins_place_needs_every_neighbour_to_be_as_large():
    """A lytic lesion through the vein opens 7 × 8 mm; a neighbour broken the same way is no witness for it."""
    lesion = opening(7, 8)
    assert judge_openings([lesion], [], 1.0).unclear
    assert judge_openings([lesion], [[opening(4, 4)], [opening(12, 9)]], 1.0).unclear
    assert judge_openings([lesion], [[opening(6.5, 7)], [opening(7, 7)]], 1.0).vein


def test_what_the_slices_are_too_thick_to_show_is_left_open():
    assert judge_openings([opening(5, 3, 9.0)], [], 1.0).gaps
    thick = judge_openings([opening(5, 3, 9.0)], [], 3.0)
    assert not thick.gaps
    assert thick.unclear


def ridge(left_mm: NDArray[np.float64], pedicle_mm: float) -> NDArray[np.float64]:
    """A flat wall with a pedicle's root rising at either side."""
    return np.maximum(np.abs(left_mm) - 8.0, 0.0)[:, None] * np.full((1, 6), pedicle_mm)


def test_a_hole_beside_the_pedicle_is_not_taken_for_the_pedicles_root():
    left = np.arange(-9, 9.1, 0.75)
    behind, between = ridge(left, 0.0), np.ones((len(left), 6), dtype=bool)
    behind[(left > 4) & (left < 7)] = -3.0
    assert not beside_pedicles(behind, between).any()


def test_a_pedicles_root_is_left_out_of_the_wall():
    left = np.arange(-9, 9.1, 0.75)
    out = beside_pedicles(ridge(left, 2.0), np.ones((len(left), 6), dtype=bool))
    assert out[np.abs(left) > 8.3].all()
    assert not out[np.abs(left) < 5].any()
