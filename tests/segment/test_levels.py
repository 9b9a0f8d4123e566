import numpy as np
import pytest

from tests.segment.made_up import box_body, box_spine, column_centre
from vfa.errors import LabelsRefused, UsageError
from vfa.segment.levels import (
    Anchor,
    anchored_body,
    count_from,
    distance_to_body_mm,
    gaps_below,
    head_to_foot,
    local_cranial,
    name_by_anchor,
    out_of_order,
    parse_anchor,
    provisional_names,
    spine_axis,
)


def test_an_anchor_is_read_as_it_is_typed():
    anchor = parse_anchor("l1@12.5,-30,410")
    assert anchor.level == "L1"
    assert anchor.point_lps.tolist() == [12.5, -30, 410]


@pytest.mark.parametrize("text", ["L1", "L1@1,2", "L9@1,2,3", "V2@1,2,3", "L1@1,2,x", "L1@1,2,nan", "@1,2,3", ""])
def test_anything_else_is_refused_with_the_form_expected(text):
    with pytest.raises(UsageError, match="LEVEL@X,Y,Z"):
        parse_anchor(text)


def test_bodies_are_ordered_along_a_column_that_lies_nearly_flat():
    along = np.array([0.2, 0.97, 0.14]) / np.linalg.norm([0.2, 0.97, 0.14])
    centres = np.array([along * 34 * step for step in (2, 0, 3, 1)])
    assert head_to_foot(centres).tolist() == [2, 0, 3, 1]
    assert spine_axis(centres) == pytest.approx(along, abs=1e-6)


def test_a_strong_kyphosis_does_not_upset_the_order():
    angles = np.radians(np.linspace(-50, 50, 12))  # 100 degrees over twelve bodies
    centres = np.column_stack([np.zeros(12), -150 * np.cos(angles), 150 * np.sin(angles)])
    shuffled = np.random.default_rng(1).permutation(12)
    order = head_to_foot(centres[shuffled])
    assert shuffled[order].tolist() == list(range(11, -1, -1))


def test_the_local_axis_follows_the_bend():
    centres = np.array([[0, 0, 100.0], [0, 0, 50.0], [0, 50.0, 0]])
    assert local_cranial(centres, 0) == pytest.approx([0, 0, 1])
    assert local_cranial(centres, 2) == pytest.approx([0, -np.sqrt(0.5), np.sqrt(0.5)])


def test_a_single_body_stands_upright():
    assert spine_axis([[1, 2, 3]]).tolist() == [0, 0, 1]
    assert local_cranial(np.array([[1.0, 2, 3]]), 0).tolist() == [0, 0, 1]


def test_a_long_step_hides_a_vertebra():
    heights = np.array([0, -34, -68, -136, -170, -204.0])
    centres = np.column_stack([np.zeros(6), np.zeros(6), heights])
    assert gaps_below(centres) == (2,)
    assert gaps_below(centres[[0, 1, 2]]) == ()


def test_steps_that_grow_towards_the_foot_hide_none():
    heights = -np.cumsum([0, 22, 24, 26, 28, 31, 34, 37, 39])
    assert gaps_below(np.column_stack([np.zeros(9), np.zeros(9), heights])) == ()


def test_counting_from_an_anchor_follows_a_regular_spine():
    assert count_from("L1", [-2, -1, 0, 1, 4, 5]) == ("T11", "T12", "L1", "L2", "L5", "S1")
    assert count_from("T1", [-1, 0]) == ("C7", "T1")


def test_a_supernumerary_vertebra_is_counted_only_when_named():
    assert count_from("T13", [-1, 0, 1]) == ("T12", "T13", "L1")
    assert count_from("L6", [-1, 0, 1]) == ("L5", "L6", "S1")


@pytest.mark.parametrize(("level", "steps", "end"), [("L5", [0, 1, 2], "S1"), ("C2", [-2, -1, 0], "C1")])
def test_a_count_that_runs_off_the_spine_is_refused(level, steps, end):
    with pytest.raises(LabelsRefused, match=end):
        count_from(level, steps)


def test_an_anchor_names_the_body_it_lies_in_and_counts_from_there():
    spine = box_spine(list(provisional_names(4)))
    named = name_by_anchor(spine, Anchor("L3", column_centre(2) + np.array([15, 10, -8])))
    assert named.levels == ("L1", "L2", "L3", "L4")
    assert [vertebra.level_confidence for vertebra in named.vertebrae] == [None, None, 1.0, None]
    assert "pointed out by the user" in named.naming


def test_a_vertebra_left_out_of_the_labels_stays_left_out_of_the_count():
    named = name_by_anchor(box_spine(["V1", "V2", "V4"]), Anchor("T12", column_centre(0)))
    assert named.levels == ("T12", "L1", "L3")


def test_the_users_word_wins_over_the_labels_and_it_is_said():
    named = name_by_anchor(box_spine(["T12", "L1", "L2"]), Anchor("L2", column_centre(1)))
    assert named.levels == ("L1", "L2", "L3")
    assert "named L1" in named.naming


def test_an_anchor_that_agrees_changes_no_name():
    named = name_by_anchor(box_spine(["T12", "T13", "L1"]), Anchor("L1", column_centre(2)))
    assert named.levels == ("T12", "T13", "L1")
    assert named["L1"].level_confidence == 1.0


def test_an_anchor_beside_the_spine_is_refused_with_its_distance():
    bodies = [box_body(0), box_body(1)]
    assert anchored_body(bodies, Anchor("L1", column_centre(1) + np.array([0, 20, 0]))) == 1
    with pytest.raises(LabelsRefused, match=r"6[45] mm"):
        anchored_body(bodies, Anchor("L1", column_centre(1) + np.array([0, 80, 0])))
    assert distance_to_body_mm(bodies[0], column_centre(0) + np.array([0, 80, 0])) == pytest.approx(64.5, abs=0.1)


def test_an_anchor_where_nothing_was_found_is_refused():
    empty = box_spine(["L1"])
    nothing = type(empty)((), empty.grid, "made up")
    with pytest.raises(LabelsRefused, match="no vertebra"):
        name_by_anchor(nothing, Anchor("L1", np.zeros(3)))


@pytest.mark.parametrize(
    ("levels", "odd"),
    [
        (["T12", "L1", "L2", "L3"], ()),
        (["T12", "L3", "L1", "L2"], (1,)),
        (["T12", "L1", "L4", "L2", "L3"], (2,)),
        (["T12", "T13", "L1"], ()),
    ],
)
def test_the_levels_that_break_the_order_are_the_ones_pointed_out(levels, odd):
    assert out_of_order(levels) == odd


def test_of_two_levels_changed_over_one_is_pointed_out():
    assert out_of_order(["L1", "T12", "L2", "L3"]) in {(0,), (1,)}
