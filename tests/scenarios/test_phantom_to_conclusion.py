"""From a thin phantom CT with every answer given to a conclusion: not everything may end in "indeterminate"."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from benchmarks.phantom_cases import grid_around, true_spine
from tests.builders import all_answered
from vfa.eligibility import judge, load_profile
from vfa.measure import compare_with_prior
from vfa.model.assessment import Conclusion, ProcedureAssessment, RuleKind, Verdict
from vfa.model.estimate import Unmeasurable
from vfa.model.findings import StudyFindings
from vfa.model.posterior_wall import WallStatus
from vfa.model.study import Study
from vfa.phantom.anatomy import SpineRecipe, build_spine
from vfa.phantom.features import Feature
from vfa.phantom.fractures import fracture_of
from vfa.phantom.inclusions import WallGap
from vfa.phantom.render_ct import CtScanner, render_ct
from vfa.pipeline import study_findings
from vfa.report.document import to_document
from vfa.report.read_back import prior_of

HEIGHT_MM = 24.0
ARCH_MM = 32.0  # behind the bodies: the canal and the arch that closes it
GAP = WallGap(width_mm=6.0, height_mm=5.0, left_fraction=0.26, height_fraction=0.35)
SEED = load_profile("seed")
# Every answer given; of what the images show, a reader's only on the foramina, at the ends of the scan.
TOLD = all_answered(level={"foraminal_stenosis": "no", "fracture_confirmed": "yes"})


@cache
def measured(loss: float, *features: Feature) -> StudyFindings:
    """The study of a patient with so deep a wedge at L1, or none."""
    fractures = {"L1": fracture_of("wedge", loss, HEIGHT_MM)} if loss else {}
    recipe = SpineRecipe(seed=5, levels=("T12", "L1", "L2", "S1"), fractures=fractures, features={"L1": features})
    spine = build_spine(recipe)
    grid = grid_around(spine, (0.8, 0.8, 1.0), behind_mm=ARCH_MM)
    return study_findings(true_spine(spine, grid), Study(render_ct(spine, grid, CtScanner())), lambda step, share: None)


def judged(findings: StudyFindings, level: str = "L1") -> dict[str, ProcedureAssessment]:
    return {one.procedure: one for one in judge(findings, TOLD, [SEED]).judged["seed"][level]}


def met_against(assessment: ProcedureAssessment) -> list[str]:
    against = [o for o in assessment.outcomes if o.kind is RuleKind.CONTRAINDICATION]
    return [o.criterion_id for o in against if o.verdict is Verdict.MET]


@pytest.mark.slow
def test_a_wedge_of_28_percent_is_excluded_from_neither_procedure() -> None:
    findings = measured(0.265)
    loss = findings["L1"].height_loss
    assert not isinstance(loss, Unmeasurable)
    assert loss.fraction.value == pytest.approx(0.28, abs=0.03)
    for assessment in judged(findings).values():
        assert assessment.conclusion is Conclusion.NO_EXCLUSION_FOUND, assessment.because


@pytest.mark.slow
def test_beside_a_study_from_before_it_a_wedge_of_30_percent_is_excluded_from_neither_procedure() -> None:
    """Alone it cannot be told from one third: people's own vertebrae differ too much. What L1 was settles it."""
    alone = measured(0.28)
    before = prior_of(to_document(judge(measured(0.0), TOLD, [SEED])))
    vertebrae, _ = compare_with_prior(alone.vertebrae, before)
    beside = replace(alone, vertebrae=vertebrae)
    loss = beside["L1"].height_loss
    assert not isinstance(loss, Unmeasurable)
    assert loss.fraction.value == pytest.approx(0.295, abs=0.01)
    assert judged(alone)["vertebroplasty"].conclusion is Conclusion.INDETERMINATE
    for assessment in judged(beside).values():
        assert assessment.conclusion is Conclusion.NO_EXCLUSION_FOUND, assessment.because


@pytest.mark.slow
def test_a_wedge_of_more_than_half_is_excluded_from_vertebroplasty_by_its_height_alone() -> None:
    procedures = judged(measured(0.52))
    assert procedures["vertebroplasty"].conclusion is Conclusion.CONTRAINDICATED
    assert met_against(procedures["vertebroplasty"]) == ["VP-C4"]
    assert procedures["kyphoplasty"].conclusion is Conclusion.NO_EXCLUSION_FOUND, procedures["kyphoplasty"].because


@pytest.mark.slow
def test_intact_levels_of_the_same_patient_have_no_indication() -> None:
    for level in ("T12", "L2"):
        for assessment in judged(measured(0.24), level).values():
            assert assessment.conclusion is Conclusion.NO_INDICATION


@pytest.mark.slow
def test_a_breached_wall_stands_against_kyphoplasty_though_no_reader_spoke_of_it() -> None:
    findings = measured(0.24, GAP)
    wall = findings["L1"].posterior_wall
    assert not isinstance(wall, Unmeasurable)
    assert wall.status is WallStatus.BREACHED, wall.because
    kyphoplasty = judged(findings)["kyphoplasty"]
    assert kyphoplasty.conclusion is Conclusion.CONTRAINDICATED
    assert met_against(kyphoplasty) == ["KP-C8"]
