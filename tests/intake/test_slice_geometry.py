"""Sorting, spacing, gaps, tilt and duplicates; truth is worked by hand from the positions given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfa.errors import GeometryRefused
from vfa.intake.slice_geometry import SliceStack, stack_slices

ROW, COLUMN = np.array([1.0, 0, 0]), np.array([0, 1.0, 0])


def stack_at(offsets_mm: list[float], sideways_mm: list[float] | None = None) -> SliceStack:
    sideways = [0.0] * len(offsets_mm) if sideways_mm is None else sideways_mm
    positions = [(3.0, 4.0 + y, 5.0 + z) for z, y in zip(offsets_mm, sideways, strict=True)]
    return stack_slices(positions, ROW, COLUMN, [f"slice {n}" for n in range(len(positions))])


def test_slices_are_sorted_along_their_normal_whatever_the_order_of_the_files():
    stack = stack_at([4, 0, 6, 2])
    assert stack.order == (1, 3, 0, 2)
    assert stack.spacing_mm == pytest.approx(2)
    assert stack.origin_lps == pytest.approx([3, 4, 5])
    assert (stack.drift, stack.spacing_kind, stack.notes) == ((0, 0), "regular", ())


def test_a_missing_slice_is_refused_and_its_neighbours_are_named():
    with pytest.raises(GeometryRefused, match=r"1 between slice 1 and slice 2 \(a gap of 4.00 mm, expected 2.00 mm\)"):
        stack_at([0, 2, 6, 8, 10])


def test_three_missing_in_a_row_are_counted():
    with pytest.raises(GeometryRefused, match="3 between slice 2 and slice 3"):
        stack_at([0, 1, 2, 6, 7, 8])


def test_missing_slices_are_seen_where_most_gaps_are_too_wide():
    with pytest.raises(GeometryRefused, match="missing"):
        stack_at([0, 1, 2, 4, 6, 8, 10])


def test_a_missing_slice_of_a_tilted_stack_is_refused_as_well():
    with pytest.raises(GeometryRefused, match="1 between slice 2 and slice 3"):
        stack_at([0, 1, 2, 4], [0, 0.3, 0.6, 1.2])


def test_a_tilt_of_fifteen_degrees_brings_planes_two_mm_of_table_apart_to_one_point_nine_three():
    tilt = np.radians(15)
    row, column = np.array([1.0, 0, 0]), np.array([0, np.cos(tilt), -np.sin(tilt)])
    stack = stack_slices([(0, 0, 2.0 * k) for k in range(6)], row, column, [str(k) for k in range(6)])
    assert stack.spacing_mm == pytest.approx(2 * np.cos(tilt))  # 1.9319
    assert stack.tilt_deg == pytest.approx(15)
    assert "tilt of 15.0 degrees" in stack.notes[0]
    assert "1.932 mm apart, table positions 2.000 mm" in stack.notes[0]


def test_jitter_of_a_hundredth_of_a_millimetre_is_evened_and_said():
    stack = stack_at([0, 2.01, 4, 6.01, 8])
    assert stack.spacing_kind == "regular"
    assert stack.offsets_mm == pytest.approx([0, 2, 4, 6, 8])
    assert "evened" in stack.notes[0]


def test_positions_rounded_to_a_tenth_still_form_one_stack():
    stack = stack_at([round(0.625 * k, 1) for k in range(33)])
    assert stack.spacing_kind == "regular"
    assert stack.spacing_mm == pytest.approx(0.625, abs=0.002)


def test_spacing_that_changes_from_two_to_three_is_resampled_to_the_widest():
    stack = stack_at([0, 2, 4, 6, 9, 12, 15])
    assert (stack.spacing_kind, stack.spacing_mm) == ("variable", 3)
    assert "2.00 to 3.00 mm apart" in stack.notes[0]


def test_wildly_uneven_slices_are_refused():
    with pytest.raises(GeometryRefused, match=r"unevenly spaced, 1.00 to 2.60 mm"):
        stack_at([0, 1, 2.3, 3.3, 5.9, 7])


def test_slices_at_the_place_of_another_are_reported_as_duplicates():
    stack = stack_at([0, 2, 2, 4, 6, 6])
    assert stack.order == (0, 1, 3, 4)
    assert stack.duplicates == ((1, 2), (4, 5))


def test_images_at_one_position_are_no_stack():
    with pytest.raises(GeometryRefused, match="4 images lie at one position"):
        stack_at([1, 1, 1, 1])


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_than_three_slices_are_refused(count):
    with pytest.raises(GeometryRefused, match=f"Got {count} slice"):
        stack_at([2.0 * k for k in range(count)])


def test_a_slice_shifted_sideways_alone_is_refused_by_name():
    with pytest.raises(GeometryRefused, match=r"slice 2 by .* mm"):
        stack_at([0, 2, 4, 6, 8], [0, 0, 3, 0, 0])


def test_slices_side_by_side_are_no_stack():
    with pytest.raises(GeometryRefused, match="more beside than behind"):
        stack_at([0, 1, 2, 3], [0, 2, 4, 6])


directions = st.tuples(*[st.floats(-1, 1) for _ in range(6)]).filter(
    lambda v: np.linalg.norm(np.cross(v[:3], v[3:])) > 0.2
)


@given(directions, st.integers(3, 40), st.floats(0.3, 8), st.floats(-30, 30), st.randoms(use_true_random=False))
def test_any_direction_tilt_and_order_gives_the_same_plane_spacing(vectors, count, spacing, tilt_deg, random):
    row = np.array(vectors[:3]) / np.linalg.norm(vectors[:3])
    column = np.array(vectors[3:]) - (np.array(vectors[3:]) @ row) * row
    column /= np.linalg.norm(column)
    step = spacing * (np.cross(row, column) + np.tan(np.radians(tilt_deg)) * column)
    steps = list(range(count))
    random.shuffle(steps)
    stack = stack_slices([k * step for k in steps], row, column, [str(k) for k in steps])
    assert [steps[index] for index in stack.order] == list(range(count))
    assert stack.spacing_mm == pytest.approx(spacing, rel=1e-6)
    drifts_visibly = abs(np.tan(np.radians(tilt_deg))) * spacing * (count - 1) > 0.1001
    if drifts_visibly:
        assert stack.tilt_deg == pytest.approx(abs(tilt_deg), abs=1e-6)
