"""Do findings and answers come back from a result as the rules need them?"""

from __future__ import annotations

import random

import pytest

from tests.eligibility.random_cases import draw
from tests.report import made_up
from vfa.model.clinical import Answer, ClinicalContext
from vfa.model.estimate import Estimate, Unmeasurable
from vfa.model.findings import VertebraFindings
from vfa.model.posterior_wall import PosteriorWall
from vfa.report import contract as c
from vfa.report.document import to_document
from vfa.report.json import to_bytes
from vfa.report.read_back import clinical_table, findings_of


def through_a_file(document: c.AssessmentFile) -> c.AssessmentFile:
    return c.AssessmentFile.model_validate_json(to_bytes(document))


def same(was: Estimate | Unmeasurable, now: Estimate | Unmeasurable) -> bool:
    if isinstance(was, Unmeasurable) or isinstance(now, Unmeasurable):
        return isinstance(was, Unmeasurable) and isinstance(now, Unmeasurable) and was.reason is now.reason
    return now.value == was.value and now.sigma == pytest.approx(was.sigma) and now.ci95 == pytest.approx(was.ci95)


def test_what_rules_look_at_comes_back() -> None:
    study = made_up.findings()
    back = findings_of(through_a_file(to_document(made_up.assessment(study))))
    assert back.series[0].slice_spacing_mm == 1.5
    assert back.modalities == study.modalities
    assert [one.level for one in back.vertebrae] == ["T11", "T12", "L1", "L2"]
    for was, now in zip(study.vertebrae, back.vertebrae, strict=True):
        assert (now.touches_border, now.treated, now.level_confidence) == (
            was.touches_border,
            was.treated,
            was.level_confidence,
        )
        assert same(was.marrow_mean_hu, now.marrow_mean_hu)
        assert {name: one.presence for name, one in now.findings.items()} == {
            name: one.presence for name, one in was.findings.items()
        }
        _same_parts(was, now)


def _same_parts(was: VertebraFindings, now: VertebraFindings) -> None:
    if isinstance(was.height_loss, Unmeasurable):
        assert isinstance(now.height_loss, Unmeasurable)
        return
    assert not isinstance(now.height_loss, Unmeasurable)
    assert same(was.height_loss.fraction, now.height_loss.fraction)
    assert now.height_loss.column == was.height_loss.column
    assert now.deformity == was.deformity
    assert isinstance(was.posterior_wall, PosteriorWall)
    assert isinstance(now.posterior_wall, PosteriorWall)
    assert now.posterior_wall.status is was.posterior_wall.status
    assert now.posterior_wall.outline == was.posterior_wall.outline
    assert same(was.posterior_wall.retropulsion_mm, now.posterior_wall.retropulsion_mm)


def test_what_a_result_does_not_hold_is_unmeasurable_and_says_why() -> None:
    l1 = findings_of(to_document(made_up.assessment()))["L1"]
    for part in (l1.frame, l1.heights, l1.expected_heights):
        assert isinstance(part, Unmeasurable)
        assert "no surfaces" in part.detail


def test_answers_come_back_under_their_keys_for_any_patient() -> None:
    dice = random.Random(5)
    for _ in range(50):
        drawn = draw(dice)
        told = ClinicalContext(
            patient_answers=drawn.clinical.patient_answers,
            patient_numbers={"inr": 1.1},
            medications=("warfarin",),
            level_answers=drawn.clinical.level_answers,
            level_numbers=drawn.clinical.level_numbers,
            level_words=drawn.clinical.level_words,
        )
        assessment = made_up.assessment()
        document = to_document(
            type(assessment)(assessment.findings, assessment.judged, assessment.checklist, (), clinical=told)
        )
        table = clinical_table(through_a_file(document))
        stated = {key: value for key, value in drawn.patient.items() if value != Answer.NOT_STATED.value}
        assert table["patient"] == {**stated, "inr": 1.1, "medications": ["warfarin"]}
        expected = {**drawn.level, **({} if drawn.weeks is None else {"weeks_since_onset": drawn.weeks})}
        expected |= {} if drawn.intent is None else {"intent": drawn.intent}
        assert table["levels"] == ({"L1": expected} if expected else {})
