from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import vertebra
from tests.measure.made_up import heights_of_three, three
from vfa.measure.deformity import deformity, height_loss, lateral_loss
from vfa.measure.prior_study import compare_with_prior
from vfa.model.estimate import Unmeasurable, Why
from vfa.model.findings import VertebraFindings
from vfa.model.morphometry import Deformity, ExpectedHeights, FractureStatus, HeightLoss
from vfa.model.prior import PriorBody, PriorStudy
from vfa.model.volume import Modality

# A person's own pattern of heights, mm: anterior, middle, posterior.
SPINE = {
    "T12": (24.1, 22.9, 26.3),
    "L1": (26.0, 24.1, 27.0),
    "L2": (26.4, 25.6, 28.1),
    "L3": (28.3, 26.0, 28.2),
    "L4": (28.0, 27.1, 27.2),
}


def prior(
    heights: dict[str, tuple[float, float, float]] = SPINE, fracture: FractureStatus = FractureStatus.ABSENT
) -> PriorStudy:
    bodies = tuple(
        PriorBody(level, three(*mm), three(*mm), three(*mm), fracture, treated=False) for level, mm in heights.items()
    )
    return PriorStudy("1.2.3", Modality.CT, bodies)


def now(heights: dict[str, tuple[float, float, float]]) -> tuple[VertebraFindings, ...]:
    """Findings whose own neighbours say that nothing is known of them."""
    nothing = {
        name: Unmeasurable("", name, Why.NO_VALID_REFERENCE)
        for name in ("expected_heights", "height_loss", "lateral_loss", "deformity")
    }
    return tuple(replace(vertebra(level), heights=heights_of_three(*mm), **nothing) for level, mm in heights.items())


def compared(heights: dict[str, tuple[float, float, float]], before: PriorStudy) -> dict[str, VertebraFindings]:
    found, _ = compare_with_prior(now(heights), before)
    return {v.level: v for v in found}


def test_with_a_prior_on_thin_ct_a_wedge_of_28_percent_lies_wholly_below_one_third() -> None:
    sure = {level: three(*mm, 0.15) for level, mm in SPINE.items()}
    before = PriorStudy(
        "1.2.3",
        Modality.CT,
        tuple(PriorBody(level, h, h, h, FractureStatus.ABSENT, treated=False) for level, h in sure.items()),
    )
    wedge = replace(now(SPINE)[2], heights=heights_of_three(26.4 * 0.72, 25.0, 28.0, sigma=0.15))
    found, _ = compare_with_prior((*now(SPINE)[:2], wedge, *now(SPINE)[3:]), before)
    assert isinstance(found[2].height_loss, HeightLoss)
    low, high = found[2].height_loss.fraction.ci95
    assert 0.25 < low < 0.28 < high < 0.31


def test_what_was_lost_since_the_prior_study_is_read_against_it() -> None:
    collapsed = {**SPINE, "L2": (18.5, 22.0, 27.9)}
    l2 = compared(collapsed, prior())["L2"]
    assert isinstance(l2.height_loss, HeightLoss)
    assert l2.height_loss.column == "anterior"
    assert l2.height_loss.fraction.value == pytest.approx(1 - 18.5 / 26.4)
    assert isinstance(l2.expected_heights, ExpectedHeights)
    assert l2.expected_heights.reference == "the prior study"
    assert isinstance(l2.deformity, Deformity)
    assert l2.deformity.fracture is FractureStatus.PRESENT
    assert any("26.4 mm then, 18.5 now" in sentence for sentence in l2.quality)


def test_an_intact_level_that_no_neighbour_could_vouch_for_is_absent_against_its_prior_self() -> None:
    l3 = compared(SPINE, prior())["L3"]
    assert isinstance(l3.deformity, Deformity)
    assert l3.deformity.fracture is FractureStatus.ABSENT


def test_the_reference_of_this_scan_stands_beside_the_prior() -> None:
    beside = ExpectedHeights(three(25, 25, 25), three(25, 25, 25), three(25, 25, 25), "neighbours L1, L3")
    findings = []
    for one in now(SPINE):
        heights = one.heights
        assert not isinstance(heights, Unmeasurable)
        loss, lateral = height_loss(heights, beside), lateral_loss(heights, beside)
        meaning = deformity(loss, lateral, ("a sign",))
        findings.append(
            replace(one, expected_heights=beside, height_loss=loss, lateral_loss=lateral, deformity=meaning)
        )
    l2 = {v.level: v for v in compare_with_prior(findings, prior())[0]}["L2"]
    assert isinstance(l2.expected_heights, ExpectedHeights)
    assert l2.expected_heights.others[0][0] == "neighbours L1, L3"
    assert isinstance(l2.deformity, Deformity)
    assert l2.deformity.signs == ("a sign",)


@pytest.mark.parametrize("then", [FractureStatus.PRESENT, FractureStatus.INDETERMINATE])
def test_a_level_fractured_or_in_doubt_then_is_compared_but_is_no_reference(then: FractureStatus) -> None:
    l2 = compared(SPINE, prior(fracture=then))["L2"]
    assert isinstance(l2.expected_heights, Unmeasurable)
    assert "does not tell the height before" in l2.quality[-1]


def test_a_prior_whose_names_are_off_by_one_is_not_used_and_the_notes_say_so() -> None:
    names = ["T11", "T12", "L1", "L2", "L3"]
    shifted = dict(zip(names, SPINE.values(), strict=True))
    found, notes = compare_with_prior(now(SPINE), prior(shifted))
    assert all(isinstance(v.expected_heights, Unmeasurable) for v in found)
    assert "not used" in notes[0]
    assert "off by one" in notes[0]


def test_another_patients_heights_are_not_used() -> None:
    larger = {level: (a * 1.12, m * 1.12, p * 1.12) for level, (a, m, p) in SPINE.items()}
    _, notes = compare_with_prior(now(SPINE), prior(larger))
    assert "another patient" in notes[0]


def test_names_that_only_count_from_the_top_are_not_matched() -> None:
    counted = {f"V{n}": mm for n, mm in enumerate(SPINE.values(), start=1)}
    _, notes = compare_with_prior(now(counted), prior(counted))
    assert "no level is measured under the same name in both" in notes[0]


def test_a_prior_measured_on_masks_alone_leaves_the_posture_open() -> None:
    _, notes = compare_with_prior(now(SPINE), replace(prior(), modality=None))
    assert "lay or stood then is not known" in notes[0]
    _, notes = compare_with_prior(now(SPINE), prior())
    assert "taken lying" in notes[0]
