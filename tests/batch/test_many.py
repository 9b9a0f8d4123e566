"""The functions for programs of one's own: one input, many inputs, and a cohort."""

from __future__ import annotations

from pathlib import Path

import pytest

import vfa
from benchmarks import labels_beside
from tests.batch import boxes
from tests.batch.conftest import SmallExport
from vfa.batch.failure import Failure


def request(path: Path) -> vfa.AssessmentRequest:
    return vfa.AssessmentRequest(input=path, segmenter=labels_beside.NAME)


def test_one_input_is_assessed_by_request_or_refused_by_path(export: SmallExport, tmp_path: Path) -> None:
    result = vfa.assess(request(export.folder / export.studies[0].folder))
    assert tuple(found.level for found in result.assessment.findings.vertebrae) == boxes.LEVELS
    with pytest.raises(vfa.InputRefused):
        vfa.assess(tmp_path)
    with pytest.raises(vfa.UsageError):
        vfa.assess(str(tmp_path / "nowhere"))


def test_many_inputs_are_answered_each_once_failures_included(export: SmallExport, tmp_path: Path) -> None:
    good = [request(export.folder / one.folder) for one in export.studies[:2]]
    empty = tmp_path / "empty"
    empty.mkdir()
    answers = {one.request.input: one.result for one in vfa.assess_many([*good, empty], workers=2)}
    assert set(answers) == {*(one.input for one in good), empty}
    for one, study in zip(good, export.studies, strict=False):
        document = answers[one.input]
        assert isinstance(document, vfa.AssessmentFile)
        assert document.study_instance_uid == study.study_instance_uid
    refused = answers[empty]
    assert isinstance(refused, Failure)
    assert refused.reason == "not_an_image"
    assert refused.where == str(empty)


def test_no_inputs_give_no_answers() -> None:
    assert list(vfa.assess_many([])) == []


def test_a_cohort_is_read_from_what_the_batch_wrote(finished: dict[str, bytes], tmp_path: Path) -> None:
    cohort = vfa.read_cohort(tmp_path / "out")
    assert isinstance(cohort, vfa.Cohort)
    prevalence = cohort.vertebrae.groupby("level")["fracture"].apply(lambda found: (found == "present").mean())
    assert prevalence.to_dict() == {level: float(level == boxes.CRUSHED) for level in boxes.LEVELS}
