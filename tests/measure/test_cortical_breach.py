"""An opening is the vein's, a breach, or neither can be said: by its place, its size and the neighbours' veins."""

from __future__ import annotations

import pytest

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
    assert judge_openings([opening(11, 6)], [opening(10, 5)], 1.0).vein


def test_no_vein_is_as_wide_as_the_wall():
    assert judge_openings([opening(16, 6)], [opening(12, 5)], 1.0).gaps


def test_two_small_openings_on_either_side_of_the_midline_are_one_vein_that_leaves_twice():
    pair = [opening(4, 4, -5.0), opening(4, 5, 4.5)]
    assert len(judge_openings(pair, [], 1.0).vein) == 2
    assert len(looks_like_vein(pair)) == 2


def test_what_the_slices_are_too_thick_to_show_is_not_called():
    assert judge_openings([opening(5, 3, 9.0)], [], 1.0).gaps
    assert not judge_openings([opening(5, 3, 9.0)], [], 3.0).gaps
