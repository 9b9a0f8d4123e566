"""assessment.json holds what the assessment holds, to the contract."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.report import made_up
from vfa.errors import InputRefused
from vfa.intended_use import NOTICE
from vfa.model.estimate import Estimate, Why
from vfa.model.findings import StudyFindings
from vfa.report.document import to_document
from vfa.report.json import read_assessment, to_bytes, to_json, write_assessment
from vfa.report.schema import SCHEMA_PATH, json_schema

# Word for word the keys of the contract in the design, level by level.
TOP_KEYS = """schema_version vfa_version intended_use study_instance_uid profiles series segmentation vertebrae
alignment readiness"""
SERIES_KEYS = "role modality series_instance_uid spacing_mm corrections"
VERTEBRA_KEYS = """level level_confidence status centre_lps_mm touches_border treated heights_mm expected_heights_mm
height_loss lateral_loss deformity posterior_wall fragmentation cleft geometry marrow procedures"""
WALL_KEYS = "status retropulsion_mm outline breach_area_mm2 canal_ap_mm canal_area_mm2 canal_compromise"


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    return to_json(made_up.assessment())


def vertebra(document: dict[str, Any], level: str) -> dict[str, Any]:
    return next(one for one in document["vertebrae"] if one["level"] == level)


def leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA_PATH.read_text(encoding="utf-8")))


def test_the_shipped_schema_is_the_one_the_models_give() -> None:
    shipped = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    assert shipped == json.loads(json.dumps(json_schema())), "run python -m vfa.report.schema"
    Draft202012Validator.check_schema(shipped)


def test_what_is_written_validates_against_the_shipped_schema(written: dict[str, Any]) -> None:
    assert list(validator().iter_errors(written)) == []


def test_a_study_in_which_nothing_could_be_measured_validates_too() -> None:
    assert list(validator().iter_errors(to_json(made_up.nothing_measured()))) == []


@pytest.mark.parametrize(
    ("place", "spoiled"),
    [
        ("schema_version", "2.0"),
        ("vertebrae", [{"level": "L1", "status": "measured"}]),
        ("study_instance_uid", None),
        ("series", [{"role": "morphometry"}]),
    ],
)
def test_the_schema_refuses_what_is_not_the_contract(written: dict[str, Any], place: str, spoiled: object) -> None:
    assert list(validator().iter_errors({**written, place: spoiled}))


def test_every_key_of_the_contract_is_there(written: dict[str, Any]) -> None:
    assert set(TOP_KEYS.split()) <= set(written)
    assert set(SERIES_KEYS.split()) <= set(written["series"][0])
    for one in written["vertebrae"]:
        assert set(VERTEBRA_KEYS.split()) <= set(one)
    l1 = vertebra(written, "L1")
    assert set(WALL_KEYS.split()) <= set(l1["posterior_wall"])
    assert set(l1["posterior_wall"]["canal_compromise"]) == {"diameter_fraction", "area_fraction"}
    assert set(l1["deformity"]) >= {"fracture", "genant_grade", "grade_probabilities", "shape", "signs"}
    assert set(l1["geometry"]) == {
        "frame",
        "height_lines_lps_mm",
        "posterior_wall_lps_mm",
        "retropulsion_line_lps_mm",
        "canal_ap_line_lps_mm",
        "canal_outline_lps_mm",
    }
    assert set(l1["geometry"]["frame"]) == {"centre_lps_mm", "cranial", "anterior", "left"}
    outcome = l1["procedures"]["vertebroplasty"]["outcomes"][0]
    assert set(outcome) >= {"id", "verdict", "reason", "because", "evidence", "source"}


def test_numbers_stand_with_their_interval(written: dict[str, Any]) -> None:
    l1 = vertebra(written, "L1")
    assert l1["heights_mm"]["anterior"] == {"value": 18.2, "ci95": pytest.approx([17.6, 18.8])}
    assert l1["height_loss"]["fraction"] == 0.31
    assert l1["height_loss"]["ci95"] == pytest.approx([0.27, 0.35])
    assert l1["height_loss"]["column"] == "anterior"
    assert l1["lateral_loss"]["side"] == "left"
    assert l1["posterior_wall"]["retropulsion_mm"]["ci95"] == pytest.approx(
        [0.0, 1.1]
    )  # cut at 0: no negative distance
    assert l1["marrow"]["mean_hu"]["value"] == 112.0
    assert l1["expected_heights_mm"]["reference"] == "neighbours T12, L2"
    assert l1["level_confidence"] == 0.93


def test_a_height_line_runs_from_its_caudal_end_and_is_as_long_as_the_height(written: dict[str, Any]) -> None:
    lines = vertebra(written, "L1")["geometry"]["height_lines_lps_mm"]
    for column, height_mm in zip(("anterior", "middle", "posterior"), made_up.HEIGHTS_MM["L1"], strict=True):
        caudal, cranial = lines[column]
        assert cranial[2] - caudal[2] == pytest.approx(height_mm)
    assert vertebra(written, "L1")["geometry"]["frame"]["left"] == [1.0, 0.0, 0.0]


def test_what_could_not_be_measured_is_an_object_with_the_reason(written: dict[str, Any]) -> None:
    t11 = vertebra(written, "T11")
    assert t11["status"] == "unmeasurable"
    assert t11["reason"] == "touches_border"
    for key in ("heights_mm", "expected_heights_mm", "height_loss", "lateral_loss", "deformity", "posterior_wall"):
        assert t11[key] == {"unmeasurable": "touches_border", "detail": ""}
    assert t11["marrow"]["mean_hu"]["unmeasurable"] == "touches_border"
    assert t11["geometry"]["height_lines_lps_mm"]["unmeasurable"] == "touches_border"
    assert t11["level_confidence"]["unmeasurable"] == "not_stated"


def test_what_nobody_looked_for_is_not_called_absent(written: dict[str, Any]) -> None:
    l1 = vertebra(written, "L1")
    assert l1["fragmentation"]["status"] == "absent"
    assert l1["cleft"] == {"unmeasurable": "quality_failed", "detail": "cleft was not looked for"}
    assert l1["other_findings"]["destruction"]["status"] == "not_assessable"


def test_the_first_profile_leads_and_the_others_stand_by_name(written: dict[str, Any]) -> None:
    l1 = vertebra(written, "L1")
    assert written["profiles"] == ["seed", "local"]
    assert l1["procedures"]["vertebroplasty"]["conclusion"] == "indeterminate"
    assert l1["procedures"]["vertebroplasty"]["would_settle"] == [
        ["patient.bleeding_disorder"],
        ["levels.L1.pain", "posterior_wall"],
    ]
    assert l1["procedures"]["kyphoplasty"]["conclusion"] == "contraindicated"
    assert set(l1["other_profiles"]) == {"local"}


def test_a_decided_rule_has_no_reason_key(written: dict[str, Any]) -> None:
    procedures = vertebra(written, "L1")["procedures"]
    assert procedures["vertebroplasty"]["outcomes"][0]["reason"] == "straddles_threshold"
    assert "reason" not in procedures["kyphoplasty"]["outcomes"][0]
    assert "ci95" not in procedures["kyphoplasty"]["outcomes"][0]["evidence"][0]


def test_the_notice_and_the_version_stand_in_the_file(written: dict[str, Any]) -> None:
    assert written["intended_use"] == NOTICE
    assert written["schema_version"] == "1.0"


def test_no_null_and_no_number_that_is_not_finite_is_written(written: dict[str, Any]) -> None:
    for leaf in leaves(written):
        assert leaf is not None
        assert not isinstance(leaf, float) or math.isfinite(leaf)


@given(
    value=st.floats(-1e6, 1e6),
    sigma=st.floats(0, 1e6),
    reason=st.sampled_from(list(Why)),
)
def test_any_estimate_and_any_reason_end_in_valid_json(value: float, sigma: float, reason: Why) -> None:
    study = made_up.findings()
    l1 = dataclasses.replace(
        study["L1"],
        marrow_mean_hu=Estimate(value, sigma, "HU", "drawn"),
        deformity=made_up.unmeasurable("L1", "deformity", reason, "drawn"),
    )
    drawn = made_up.assessment(StudyFindings(study.series, study.segmented_by, study.naming, (l1,)))
    text = to_bytes(to_document(drawn)).decode()
    assert "NaN" not in text
    assert "Infinity" not in text
    read = json.loads(text)
    assert list(validator().iter_errors(read)) == []
    assert read["vertebrae"][0]["marrow"]["mean_hu"]["value"] == value
    assert read["vertebrae"][0]["deformity"]["unmeasurable"] == reason.value


def test_a_geometry_that_is_not_finite_cannot_be_written() -> None:
    study = made_up.findings()
    broken = dataclasses.replace(study["L1"], centre_lps=np.array([np.nan, 0.0, 0.0]))
    with pytest.raises(ValueError, match="finite"):
        to_json(made_up.assessment(StudyFindings(study.series, "", "", (broken,))))


def test_what_was_written_is_read_back_the_same(tmp_path: Path) -> None:
    made = made_up.assessment()
    path = write_assessment(made, tmp_path / "result")
    assert path.name == "assessment.json"
    assert read_assessment(path) == to_document(made)
    assert read_assessment(tmp_path / "result") == to_document(made)


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "does not fit"), ("[]", "does not fit"), ('{"schema_version": "9.9"}', "schema_version"), ("\xff", "read")],
)
def test_a_file_that_is_no_assessment_is_refused_in_one_sentence(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "assessment.json"
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(InputRefused, match=said):
        read_assessment(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"expected an assessment\.json"):
        read_assessment(tmp_path / "nowhere" / "assessment.json")


def test_the_places_of_canal_and_retropulsion_stand_as_points_as_far_apart_as_their_numbers_say(
    written: dict[str, Any],
) -> None:
    l1 = vertebra(written, "L1")
    for line, number in (("canal_ap_line_lps_mm", "canal_ap_mm"), ("retropulsion_line_lps_mm", "retropulsion_mm")):
        front, back = l1["geometry"][line]
        assert back[1] - front[1] == pytest.approx(l1["posterior_wall"][number]["value"])
    assert l1["geometry"]["canal_outline_lps_mm"][0] == [-9.0, 15.0, 6.0]
    assert "unmeasurable" in vertebra(written, "T11")["geometry"]["canal_ap_line_lps_mm"]
