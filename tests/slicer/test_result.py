from __future__ import annotations

import json

import pytest
from VertebralFractureAssessmentLib.Parameters import Answers, Edits, MovedLine, Request
from VertebralFractureAssessmentLib.Result import COLUMN_HEADINGS, GREY, VIOLET, Result

from tests.slicer.players import FOUND
from vfa.eligibility.read_clinical import read_clinical

RESULT = Result(json.dumps(FOUND))


def test_a_row_says_every_number_with_its_interval_and_unit() -> None:
    row = dict(zip((heading for heading, _ in COLUMN_HEADINGS), RESULT.row("L1"), strict=True))
    assert row["Anterior height"] == "18.2 (17.6–18.8)"
    assert row["Height loss"] == "31.0 (27.0 to 35.0) anterior"
    assert row["Fracture"] == "present"
    assert row["Genant grade"] == "2 wedge"
    assert dict(COLUMN_HEADINGS)["Height loss"] == "%"


def test_what_was_not_measured_is_a_word_and_never_a_number() -> None:
    row = RESULT.row("T11")
    assert row[1:8] == ("not measured",) * 7
    assert RESULT.colour("T11") == GREY
    assert RESULT.height_lines("T11") == {}
    assert RESULT.wall("T11") == []


def test_an_undecided_fracture_has_a_colour_of_its_own() -> None:
    doubtful = json.loads(json.dumps(FOUND))
    doubtful["vertebrae"][2]["deformity"]["fracture"] = "indeterminate"
    assert Result(json.dumps(doubtful)).colour("L1") == VIOLET


def test_reasons_are_escaped_and_complete() -> None:
    hostile = json.loads(json.dumps(FOUND))
    hostile["vertebrae"][2]["quality"] = ["<script>"]
    said = Result(json.dumps(hostile)).explained("L1")
    assert "<script>" not in said
    for procedure, judged in FOUND["vertebrae"][2]["procedures"].items():
        assert procedure.capitalize() in said
        for outcome in judged["outcomes"]:
            if outcome["verdict"] == "UNKNOWN":
                assert outcome["id"] in said


def test_the_remarks_hold_what_the_names_hang_on_and_the_notice() -> None:
    assert FOUND["intended_use"] in RESULT.remarks()
    assert any(FOUND["segmentation"]["naming"] in remark for remark in RESULT.remarks())


def test_anything_else_than_an_assessment_is_refused() -> None:
    with pytest.raises(ValueError, match="assessment"):
        Result("{}")


def test_answers_make_a_clinical_file_that_vfa_reads(tmp_path) -> None:
    answers = (
        Answers().stating("patient", "inr", "1.2").stating("L1", "pain", "yes").stating("L1", "intent", "treatment")
    )
    answers = answers.stating("patient", "osteoporosis", "no").stating("patient", "malignancy", "not stated")
    path = tmp_path / "clinical.json"
    path.write_text(json.dumps(answers.clinical_file()), encoding="utf-8")
    told = read_clinical(path)
    assert told.patient_numbers["inr"] == 1.2
    assert told.level_answers["L1"]["pain"].value == "yes"
    assert told.level_words["L1"]["intent"] == "treatment"
    assert "malignancy" not in told.patient_answers


def test_medicines_are_read_one_by_one(tmp_path) -> None:
    answers = Answers().stating("patient", "medications", "warfarin, vitamin E")
    path = tmp_path / "clinical.json"
    path.write_text(json.dumps(answers.clinical_file()), encoding="utf-8")
    assert read_clinical(path).medications == ("warfarin", "vitamin E")


def test_a_request_comes_back_from_a_scene_as_it_was() -> None:
    edits = Edits((MovedLine("L1", "anterior", (0.1, 2.0, 1 / 3), (0.0, 0.0, 9.0)),), ("L1", "L2"), ("T12",), "/tmp/x")
    request = Request("v", "s", "CT", Answers((("L1", "pain", "yes"),)), edits)
    back = Request.from_text(request.to_text(), "v", "s")
    assert back.answers == request.answers
    assert back.edits.lines == edits.lines
    assert (back.edits.renamed, back.edits.bodies) == (("L1", "L2"), ("T12",))
    assert back.edits.bodies_file == ""  # written anew from the scene
