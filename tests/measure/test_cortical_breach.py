"""An opening is the vein's, a breach, or neither can be said: by its place, its size and the neighbours' veins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from vfa.measure.back_surface import beside_pedicles
from vfa.measure.cortical_breach import Around, Judged, judge_openings, looks_like_vein
from vfa.measure.wall_openings import Opening


def opening(
    width_mm: float, height_mm: float, left_mm: float = 0.0, height_fraction: float = 0.5, in_front: float = 1.0
) -> Opening:
    return Opening(0.8 * width_mm * height_mm, left_mm, height_fraction, width_mm, height_mm, in_front)


def judged(
    openings: list[Opening], veins: Sequence[list[Opening]] = (), height_kept: float = 1.0, slice_mm: float = 1.0
) -> Judged:
    return judge_openings(openings, Around(veins, height_kept, slice_mm))


def test_an_opening_of_usual_size_at_mid_height_in_the_midline_is_the_vein():
    found = judged([opening(6, 5)])
    assert len(found.vein) == 1
    assert not found.gaps
    assert not found.unclear
    assert not found.because


@pytest.mark.parametrize(("left_mm", "height_fraction"), [(9.0, 0.5), (0.0, 0.85), (-6.0, 0.5)])
def test_the_same_opening_elsewhere_is_a_breach(left_mm: float, height_fraction: float):
    assert len(judged([opening(6, 5, left_mm, height_fraction)]).gaps) == 1


def test_an_opening_a_little_beside_the_veins_place_is_left_open():
    found = judged([opening(6, 5, 3.6)])
    assert found.unclear
    assert "near the vein's place" in found.because


def test_a_wide_opening_at_the_veins_place_is_left_open():
    found = judged([opening(11, 6)])
    assert found.unclear
    assert "look alike" in found.because


def test_a_wide_opening_is_the_vein_where_two_neighbours_are_as_wide():
    assert judged([opening(11, 6)], [[opening(10, 5)], [opening(9, 5)]]).vein
    assert judged([opening(11, 6)], [[opening(10, 5)]]).unclear, "one neighbour may be broken itself"


def test_an_opening_more_than_twice_as_wide_as_both_neighbours_veins_is_a_breach():
    assert judged([opening(11, 6)], [[opening(4, 4)], [opening(5, 4)]]).gaps
    assert judged([opening(11, 6)], [[opening(4, 4)], []]).gaps
    assert judged([opening(11, 6)], [[opening(4, 4)]]).unclear
    assert judged([opening(11, 6)], [[opening(4, 4)], [opening(7, 4)]]).unclear


def test_a_neighbours_vein_that_leaves_twice_counts_from_edge_to_edge():
    twice = [opening(4, 4, -4.0), opening(4, 4, 4.0)]
    assert judged([opening(11, 6)], [twice, twice]).unclear


def with_channel(one: Opening, width_mm: float, height_mm: float) -> Opening:
    return replace(one, channel_mm=(width_mm, height_mm))


def test_a_channel_as_wide_as_a_wide_opening_does_not_clear_it_since_a_torn_vein_has_one_too():
    assert judged([with_channel(opening(10, 6), 8, 5)]).unclear


@pytest.mark.parametrize("channel_mm", [(0.0, 0.0), (3.75, 3.75), (8.0, 2.25)])
def test_a_wide_opening_with_no_channel_or_a_far_narrower_one_is_a_breach(channel_mm: tuple[float, float]):
    assert judged([with_channel(opening(10, 6), *channel_mm)]).gaps


def test_beside_the_veins_place_a_wide_opening_with_no_channel_is_a_breach_too():
    beside = opening(10, 6, 3.6)
    assert judged([with_channel(beside, 0, 0)]).gaps
    assert judged([with_channel(beside, 8, 5)]).unclear


def test_a_channel_narrower_than_its_mouth_by_as_much_as_some_veins_narrow_leaves_it_open():
    assert judged([with_channel(opening(10, 6), 6, 5)]).unclear


def test_a_channel_that_ends_early_says_nothing_where_a_neighbours_ends_as_early():
    shallow = with_channel(opening(6, 5), 2, 2)
    assert judged([with_channel(opening(10, 6), 3, 3)], [[shallow], [opening(6, 5)]]).unclear


def test_a_channel_that_is_not_seen_says_nothing_of_a_mouth_that_a_shallow_vein_may_have():
    assert judged([with_channel(opening(8, 5), 0, 0)]).unclear


def test_a_channel_that_is_not_seen_says_nothing_in_a_body_that_has_lost_height():
    assert judged([with_channel(opening(10, 6), 0, 0)], height_kept=0.85).unclear


def test_a_small_opening_at_the_veins_place_needs_no_channel():
    assert judged([with_channel(opening(6, 5), 0, 0)]).vein


def test_no_vein_is_as_wide_as_the_wall():
    assert judged([opening(16, 6)], [[opening(12, 5)]]).gaps


def test_two_small_openings_on_either_side_of_the_midline_are_one_vein_that_leaves_twice():
    pair = [opening(4, 4, -5.0), opening(4, 5, 4.5)]
    assert len(judged(pair).vein) == 2
    assert len(looks_like_vein(pair)) == 2


def test_a_hole_beside_a_vein_in_the_midline_is_no_second_vein():
    found = judged([opening(4, 4), opening(4.5, 5, 5.0, 0.31)])
    assert len(found.vein) == 1
    assert len(found.gaps) == 1


def test_a_large_opening_at_the_veins_place_needs_every_neighbour_to_be_as_large():
    """A lytic lesion through the vein opens 7 × 8 mm; a neighbour broken the same way is no witness for it."""
    lesion = opening(7, 8)
    assert judged([lesion]).unclear
    assert judged([lesion], [[opening(4, 4)], [opening(12, 9)]]).unclear
    assert judged([lesion], [[opening(6.5, 7)], [opening(7, 7)]]).vein


def test_a_small_opening_with_no_marrow_in_front_of_it_is_not_called_the_vein():
    found = judged([opening(5, 5, in_front=0.3)])
    assert found.unclear
    assert "marrow is missing" in found.because
    assert judged([opening(9, 6, in_front=0.3)]).gaps


def test_in_a_body_that_has_lost_height_the_vein_lies_nearer_to_an_endplate():
    moved = opening(5, 3, 0.5, 0.82)
    assert judged([moved], height_kept=0.6).vein
    assert judged([moved], height_kept=1.0).gaps


def test_what_the_slices_are_too_thick_to_show_is_left_open():
    assert judged([opening(5, 3, 9.0)]).gaps
    thick = judged([opening(5, 3, 9.0)], slice_mm=3.0)
    assert not thick.gaps
    assert thick.unclear


def test_a_small_place_that_is_only_dimmer_than_its_own_wall_is_left_open():
    dim = replace(opening(4, 4, 9.0), darker_than="wall")
    assert judged([dim]).unclear
    assert judged([replace(dim, area_mm2=40.0)]).gaps


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
