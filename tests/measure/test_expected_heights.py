from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.measure.made_up import heights_of_three, three
from tests.measure.shapes import column_of_blocks
from vfa.measure import measure_spine
from vfa.measure.deformity import height_loss
from vfa.measure.expected_heights import Candidate, expect_all
from vfa.measure.height_course import INTACT_ABOVE, probability_intact
from vfa.model.estimate import Unmeasurable, Why
from vfa.model.findings import VertebraFindings
from vfa.model.morphometry import ExpectedHeights, HeightLoss
from vfa.model.spine import Spine, Vertebra


def measured(heights_mm: list[tuple[float, float]]) -> dict[str, VertebraFindings]:
    return {v.level: v for v in measure_spine(column_of_blocks(heights_mm), None)}


def loss_of(findings: VertebraFindings) -> float:
    assert isinstance(findings.height_loss, HeightLoss)
    return findings.height_loss.fraction.value


def test_an_intact_level_between_its_neighbours_has_lost_nothing() -> None:
    findings = measured([(25, 25), (26, 26), (27, 27)])["L2"]
    assert isinstance(findings.expected_heights, ExpectedHeights)
    assert findings.expected_heights.reference == "neighbours L1, L3"
    assert loss_of(findings) == pytest.approx(0, abs=0.03)


def test_a_crush_is_seen_against_its_neighbours() -> None:
    findings = measured([(26, 26), (17, 17), (26, 26)])["L2"]
    assert loss_of(findings) == pytest.approx(9 / 26, abs=0.03)


def test_a_fractured_neighbour_is_no_reference() -> None:
    findings = measured([(26, 26), (16, 20), (15, 20), (26, 26), (26, 26)])["L2"]
    assert isinstance(findings.expected_heights, ExpectedHeights)
    assert findings.expected_heights.reference == "L1, L4 and 1 more"
    assert [name for name, _ in findings.expected_heights.others] == ["neighbours L1, L4"]
    # At the anterior band's depth of 0.14 the wedge is 16 + 0.14 × 4 = 16.6 mm high.
    assert loss_of(findings) == pytest.approx(1 - 16.6 / 26, abs=0.04)


def test_a_level_at_the_end_of_the_scan_leans_on_all_valid_levels_with_a_wider_interval() -> None:
    findings = measured([(26, 26), (26, 26), (26, 26), (26, 26)])
    end, middle = findings["L1"].expected_heights, findings["L2"].expected_heights
    assert isinstance(end, ExpectedHeights)
    assert isinstance(middle, ExpectedHeights)
    assert end.reference == "all 3 valid levels"
    assert end.heights.middle.sigma > middle.heights.middle.sigma


def test_more_intact_levels_tell_more_than_two_neighbours() -> None:
    candidates = {
        level: Candidate(level, position, heights_of_three(26, 26, 26))
        for position, level in enumerate(("T11", "T12", "L1", "L2", "L3"))
    }
    expected = expect_all(candidates)["L1"]
    assert isinstance(expected, ExpectedHeights)
    ((beside, neighbours_alone),) = expected.others
    assert (expected.reference, beside) == ("T12, L2 and 2 more", "neighbours T12, L2")
    for column in ("anterior", "middle", "posterior"):
        assert expected.heights[column].sigma < neighbours_alone[column].sigma


def test_with_two_intact_levels_on_either_side_a_loss_of_28_percent_is_known_to_five_and_a_half_points() -> None:
    candidates = {
        level: Candidate(level, position, heights_of_three(26, 26, 26, sigma=0.12))
        for position, level in enumerate(("T11", "T12", "L1", "L2", "L3"))
    }
    expected = expect_all(candidates)["L1"]
    assert isinstance(expected, ExpectedHeights)
    before = expected.heights.anterior
    wedge = heights_of_three(0.72 * before.value, 0.9 * before.value, before.value, sigma=0.12)
    low, high = height_loss(wedge, expected).by_column["anterior"].ci95
    # What is left is people's own variation: 3 % of a height in front, three quarters of it at this loss.
    assert (high - low) / 2 == pytest.approx(0.053, abs=0.002)


def test_a_neighbour_that_has_collapsed_on_one_side_is_no_reference() -> None:
    candidates = {}
    for position, level in enumerate(("L1", "L2", "L3", "L4")):
        heights = heights_of_three(26, 26, 26)
        if level == "L3":
            heights = replace(heights, left=three(19, 19, 19))
        candidates[level] = Candidate(level, position, heights)
    expected = expect_all(candidates)["L2"]
    assert isinstance(expected, ExpectedHeights)
    assert expected.reference == "neighbours L1, L4"


def test_a_lone_vertebra_has_no_reference() -> None:
    findings = measured([(18, 26)])["L1"]
    for part in (findings.expected_heights, findings.height_loss, findings.deformity):
        assert isinstance(part, Unmeasurable)
        assert part.reason is Why.NO_VALID_REFERENCE


def test_a_cemented_neighbour_is_no_reference_and_gets_no_height() -> None:
    spine = column_of_blocks([(26, 26), (17, 17), (26, 26)])
    cemented = Vertebra("L3", None, spine["L3"].body, spine.grid, treated="cement")
    found = measure_spine(Spine((spine["L1"], spine["L2"], cemented), spine.grid, "test"), None)
    assert isinstance(found[2].heights, Unmeasurable)
    assert found[2].heights.reason is Why.TREATED
    assert isinstance(found[1].expected_heights, ExpectedHeights)
    assert found[1].expected_heights.reference == "neighbours L1"


def test_a_body_cut_by_the_edge_of_the_image_is_not_measured() -> None:
    spine = column_of_blocks([(26, 26), (26, 26)])
    cut = Vertebra("L2", None, spine["L2"].body, spine.grid, touches_border=True)
    found = measure_spine(Spine((spine["L1"], cut), spine.grid, "test"), None)[1]
    assert isinstance(found.heights, Unmeasurable)
    assert found.heights.reason is Why.TOUCHES_BORDER
    assert found.status == "unmeasurable"


@settings(deadline=None)
@given(
    lost=st.floats(0.0, 0.6),
    reference_mm=st.floats(20.0, 32.0),
)
def test_a_level_between_equal_neighbours_has_lost_what_it_lacks_of_them(lost: float, reference_mm: float) -> None:
    intact = heights_of_three(reference_mm, reference_mm, reference_mm)
    fallen = heights_of_three(*[reference_mm * (1 - lost)] * 3)
    candidates = {
        level: Candidate(level, position, heights)
        for position, (level, heights) in enumerate([("L1", intact), ("L2", fallen), ("L3", intact)])
    }
    expected = expect_all(candidates)["L2"]
    assert isinstance(expected, ExpectedHeights)
    for column in ("anterior", "middle", "posterior"):
        assert 1 - fallen.centre[column].value / expected.heights[column].value == pytest.approx(lost, abs=0.02)


def settled(heights_mm: dict[str, tuple[float, float, float]]) -> dict[str, bool]:
    positions = {level: number for number, level in enumerate(heights_mm)}
    found = probability_intact({level: np.array(h) for level, h in heights_mm.items()}, positions)
    return {level: probability > INTACT_ABOVE for level, probability in found.items()}


def test_most_of_a_spine_may_be_fractured_and_the_intact_levels_are_still_known() -> None:
    # T12, L2, L4 and L5 fractured; T11, L1 and L3 stand on one course.
    intact = settled(
        {
            "T11": (19.2, 17.7, 20.2),
            "T12": (12.6, 10.9, 13.6),
            "L1": (21.7, 19.9, 22.8),
            "L2": (18.5, 18.6, 23.3),
            "L3": (23.3, 21.2, 23.3),
            "L4": (19.4, 17.9, 21.6),
            "L5": (18.7, 18.6, 24.4),
        }
    )
    assert [level for level, is_intact in intact.items() if is_intact] == ["T11", "L1", "L3"]


def test_physiological_wedging_at_the_thoracolumbar_junction_is_no_fracture() -> None:
    # Normal wedging of 5.0°, 4.2° and 3.35° over 33 mm of depth: 2.9, 2.4 and 1.9 mm shorter in front.
    intact = settled(
        {
            "T11": (20.6, 20.5, 23.5),
            "T12": (22.3, 21.9, 24.7),
            "L1": (24.1, 23.2, 26.0),
            "L2": (25.3, 23.8, 26.2),
        }
    )
    assert all(intact.values())


def test_no_level_of_the_mean_lumbar_spine_of_87_patients_has_lost_height() -> None:
    # Clouthier et al., J Biomech 2023: their mean shape, along each body's own axis. L5's back is lower.
    mean_shape = {
        "L2": (28.7, 26.6, 27.9),
        "L3": (29.7, 26.6, 27.9),
        "L4": (29.6, 26.6, 27.4),
        "L5": (30.0, 25.3, 25.2),
    }
    bodies = {
        level: Candidate(level, position, heights_of_three(*heights))
        for position, (level, heights) in enumerate(mean_shape.items())
    }
    for level, expected in expect_all(bodies).items():
        assert isinstance(expected, ExpectedHeights)
        for column, height in zip(("anterior", "middle", "posterior"), mean_shape[level], strict=True):
            assert height == pytest.approx(expected.heights[column].value, rel=0.05)


def test_where_levels_have_no_names_the_last_of_a_chain_is_expected_less_surely() -> None:
    named, unnamed = (
        expect_all({level: Candidate(level, n, heights_of_three(26, 26, 26)) for n, level in enumerate(levels)})
        for levels in (("L1", "L2", "L3", "L4"), ("V1", "V2", "V3", "V4"))
    )
    ends = [found[end] for found, end in ((named, "L4"), (unnamed, "V4"))]
    sure, unsure = (found.heights.posterior.sigma for found in ends if isinstance(found, ExpectedHeights))
    assert unsure > 1.3 * sure


def test_two_crushed_neighbours_are_found_by_the_levels_around_them() -> None:
    intact = settled(
        {
            "T12": (24, 22.5, 25),
            "L1": (16, 15, 17),
            "L2": (17, 16, 17),
            "L3": (27, 25, 27),
            "L4": (27.5, 25, 26.5),
        }
    )
    assert [level for level, is_intact in intact.items() if not is_intact] == ["L1", "L2"]


@settings(deadline=None)
@given(factor=st.floats(0.7, 1.4))
def test_the_size_of_the_patient_does_not_matter(factor: float) -> None:
    spine = {"T12": (24.0, 22.5, 25.0), "L1": (17.0, 20.0, 25.5), "L2": (26.0, 24.0, 26.5), "L3": (27.0, 25.0, 27.0)}
    scaled = {level: (a * factor, m * factor, p * factor) for level, (a, m, p) in spine.items()}
    assert settled(scaled) == settled(spine) == {"T12": True, "L1": False, "L2": True, "L3": True}
