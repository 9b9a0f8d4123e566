"""Is a FHIR R4 bundle read by the mapping table alone, with everything else listed and every mistake placed?"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.builders import clear_vertebra, study
from vfa.eligibility import judge, load_profile, read_clinical
from vfa.eligibility.clinical_keys import PATIENT_ANSWERS, PATIENT_NUMBERS
from vfa.eligibility.fhir_codes import ALLERGIES, CONDITIONS, OBSERVATIONS
from vfa.errors import ClinicalRefused, UsageError
from vfa.model.clinical import Answer, ClinicalContext

SNOMED, LOINC, ICD10CM = "http://snomed.info/sct", "http://loinc.org", "http://hl7.org/fhir/sid/icd-10-cm"
PATIENT = {"reference": "Patient/7"}


def concept(system: str, code: str, display: str = "") -> dict[str, Any]:
    coding = {"system": system, "code": code, **({"display": display} if display else {})}
    return {"coding": [coding]}


def condition(system: str, code: str, verified: str = "confirmed", clinical: str = "active") -> dict[str, Any]:
    made = {"resourceType": "Condition", "id": "c", "subject": PATIENT, "code": concept(system, code)}
    if verified:
        made["verificationStatus"] = concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", verified)
    if clinical:
        made["clinicalStatus"] = concept("http://terminology.hl7.org/CodeSystem/condition-clinical", clinical)
    return made


def observation(code: str, value: float, unit: str, when: str = "2026-01-02", status: str = "final") -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": "o",
        "status": status,
        "code": concept(LOINC, code),
        "subject": PATIENT,
        "effectiveDateTime": when,
        "valueQuantity": {"value": value, "code": unit, "system": "http://unitsofmeasure.org"},
    }


def allergy(system: str, code: str, text: str = "", verified: str = "confirmed") -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance",
        "patient": PATIENT,
        "code": {**concept(system, code), **({"text": text} if text else {})},
        "verificationStatus": concept(
            "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", verified
        ),
    }


def medicine(name: str, status: str = "active") -> dict[str, Any]:
    return {
        "resourceType": "MedicationStatement",
        "status": status,
        "medicationCodeableConcept": {"text": name},
        "subject": PATIENT,
    }


def bundle(folder: Path, *resources: Any) -> Path:
    path = folder / "bundle.json"
    entries = [{"resource": resource} for resource in resources]
    path.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}), "utf-8")
    return path


def read(folder: Path, *resources: Any) -> ClinicalContext:
    return read_clinical(bundle(folder, *resources))


def refused(folder: Path, *resources: Any) -> str:
    with pytest.raises(ClinicalRefused) as caught:
        read(folder, *resources)
    assert "\n" not in str(caught.value)
    assert "bundle.json" in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("system", "code", "keys"),
    [
        (SNOMED, "64859006", {"osteoporosis"}),
        (ICD10CM, "M81.0", {"osteoporosis"}),
        ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "M80.08", {"osteoporosis"}),
        ("http://hl7.org/fhir/sid/icd-10", "C50.9", {"malignancy"}),
        (ICD10CM, "C90.00", {"multiple_myeloma", "malignancy"}),
        (SNOMED, "109989006", {"multiple_myeloma", "malignancy"}),
        (ICD10CM, "D66", {"bleeding_disorder"}),
        (ICD10CM, "D696", {"bleeding_disorder"}),
        (SNOMED, "91302008", {"septicaemia", "systemic_infection"}),
    ],
)
def test_a_confirmed_diagnosis_answers_its_keys_with_yes(tmp_path: Path, system: str, code: str, keys: set[str]):
    told = read(tmp_path, condition(system, code))
    assert told.patient_answers == dict.fromkeys(keys, Answer.YES)
    assert told.not_read == ()


def test_a_tendency_to_thrombosis_is_no_bleeding_disorder(tmp_path: Path):
    told = read(tmp_path, condition(ICD10CM, "D68.51"))
    assert told.patient_answers == {}
    assert "its code stands for no key" in told.not_read[0]


def test_what_a_bundle_does_not_mention_is_not_stated(tmp_path: Path):
    told = read(tmp_path)
    assert (told.patient_answers, told.patient_numbers, told.medications) == ({}, {}, None)


@pytest.mark.parametrize("verified", ["provisional", "differential", "unconfirmed", "entered-in-error"])
def test_a_diagnosis_that_is_not_confirmed_is_listed_and_not_taken(tmp_path: Path, verified: str):
    told = read(tmp_path, condition(SNOMED, "64859006", verified=verified))
    assert told.patient_answers == {}
    assert told.not_read == (f"entry 1 (Condition/c) “64859006”: it is {verified}",)


@pytest.mark.parametrize("clinical", ["resolved", "inactive", "remission"])
def test_a_diagnosis_of_the_past_is_listed_and_not_taken(tmp_path: Path, clinical: str):
    assert read(tmp_path, condition(SNOMED, "91302008", clinical=clinical)).patient_answers == {}


def test_a_refuted_diagnosis_is_a_no_only_where_its_code_says_all_that_the_key_says(tmp_path: Path):
    told = read(
        tmp_path, condition(SNOMED, "64859006", verified="refuted"), condition(ICD10CM, "C50.9", verified="refuted")
    )
    assert told.patient_answers == {"osteoporosis": Answer.NO}
    assert "it is refuted" in told.not_read[0]


@pytest.mark.parametrize(
    ("code", "value", "unit", "key", "expected"),
    [
        ("6301-6", 1.1, "{INR}", "inr", 1.1),
        ("34714-6", 2.0, "1", "inr", 2.0),
        ("777-3", 200.0, "10*3/uL", "platelets_10e9_per_l", 200.0),
        ("26515-7", 48000.0, "/uL", "platelets_10e9_per_l", 48.0),
        ("1988-5", 1.2, "mg/dL", "crp_mg_per_l", 12.0),
        ("72514-3", 8.0, "{score}", "pain_score_0_10", 8.0),
    ],
)
def test_a_number_is_brought_to_the_keys_unit(
    tmp_path: Path, code: str, value: float, unit: str, key: str, expected: float
):
    assert read(tmp_path, observation(code, value, unit)).patient_numbers == pytest.approx({key: expected})


def test_of_several_values_the_newest_counts_and_the_others_are_listed(tmp_path: Path):
    told = read(
        tmp_path,
        observation("6301-6", 2.4, "1", "2026-01-05T08:00:00+01:00"),
        observation("6301-6", 1.2, "1", "2026-01-09"),
        observation("6301-6", 3.0, "1", "2025-12-01"),
    )
    assert told.patient_numbers == {"inr": 1.2}
    assert len(told.not_read) == 2
    assert all("an older value for inr" in sentence for sentence in told.not_read)


def test_two_values_of_one_time_are_neither_taken(tmp_path: Path):
    told = read(tmp_path, observation("6301-6", 1.2, "1"), observation("6301-6", 2.4, "1"))
    assert told.patient_numbers == {}
    assert "no date parts them" in told.not_read[0]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"status": "preliminary"}, "its status is preliminary"),
        ({"valueQuantity": {"value": 5, "comparator": "<", "code": "mg/L"}}, "it has no exact number"),
        ({"valueQuantity": {"value": 5, "code": "nmol/L"}}, "its unit 'nmol/L' is none of mg/L, mg/dL"),
        ({"code": concept(LOINC, "2160-0", "Creatinine")}, "its code stands for no key"),
    ],
)
def test_a_number_that_cannot_be_taken_is_listed_with_the_reason(tmp_path: Path, change: dict[str, Any], why: str):
    told = read(tmp_path, {**observation("1988-5", 5.0, "mg/L"), **change})
    assert told.patient_numbers == {}
    assert why in told.not_read[0]


def test_allergies_to_cement_and_opacifier_are_told_by_their_names(tmp_path: Path):
    assert read(tmp_path, allergy("urn:x", "1", "Bone cement (PMMA)")).patient_answers == {"allergy_pmma": Answer.YES}
    contrast = read(tmp_path, allergy("urn:x", "1", "Iodinated contrast medium"))
    assert contrast.patient_answers == {"allergy_opacifier": Answer.YES}
    other = read(tmp_path, allergy("urn:x", "1", "Penicillin"))
    assert (other.patient_answers, len(other.not_read)) == ({}, 1)


def test_no_known_allergy_is_a_no_to_both(tmp_path: Path):
    told = read(tmp_path, allergy(SNOMED, "716186003"))
    assert told.patient_answers == {"allergy_pmma": Answer.NO, "allergy_opacifier": Answer.NO}


def test_medicines_taken_are_named_and_those_stopped_are_listed(tmp_path: Path):
    told = read(tmp_path, medicine("Warfarin 5 mg"), medicine("Garlic"), medicine("Heparin", status="stopped"))
    assert told.medications == ("Warfarin 5 mg", "Garlic")
    assert told.not_read == ("entry 3 (MedicationStatement) “Heparin”: its status is stopped",)


def test_what_is_not_read_is_noted_with_the_assessment(tmp_path: Path):
    told = read(tmp_path, {"resourceType": "Immunization", "id": "i", "status": "completed"})
    assert told.not_read == ("entry 1 (Immunization/i): this kind of resource is not read",)
    notes = judge(study(clear_vertebra()), told, [load_profile("seed")]).notes
    assert any("1 entry of bundle.json" in note for note in notes)


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        ([{"resourceType": "Condition", "code": 3}], ("entry 1 (Condition)", "no well-formed Condition")),
        ([{**condition(SNOMED, "64859006"), "onsetDateTime": "yesterday"}], ("entry 1 (Condition/c)",)),
        ([observation("6301-6", 1, "1"), {"resourceType": 7}], ("entry 2", "resourceType")),
        (["text"], ("entry 1", "resourceType")),
        ([observation("6301-6", 300, "1")], ("entry 1 (Observation/o)", "0.3 to 30")),
        (
            [allergy(SNOMED, "716186003"), allergy("urn:x", "1", "PMMA")],
            ("entry 2", "allergy_pmma would be yes", "entry 1 (AllergyIntolerance) says no"),
        ),
        (
            [condition(SNOMED, "64859006"), {**condition(SNOMED, "91302008"), "subject": {"reference": "Patient/8"}}],
            ("one patient", "Patient/7, Patient/8"),
        ),
        (
            [condition(SNOMED, "363346000", verified="refuted"), condition(ICD10CM, "C50.9")],
            ("entry 2", "malignancy would be yes"),
        ),
    ],
)
def test_a_mistake_is_named_with_its_entry(tmp_path: Path, resources: list[Any], said: tuple[str, ...]):
    sentence = refused(tmp_path, *resources)
    for words in said:
        assert words in sentence


@pytest.mark.parametrize("text", ['{"resourceType": "Patient"}', '{"resourceType": "Bundle", "entry": 3}'])
def test_what_is_no_bundle_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "bundle.json"
    path.write_text(text, "utf-8")
    with pytest.raises(ClinicalRefused, match=r"bundle\.json: "):
        read_clinical(path)


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "fhir.resources.R4B.condition", None)
    with pytest.raises(UsageError, match=r"vfa\[fhir\]"):
        read(tmp_path, condition(SNOMED, "64859006"))


def test_the_table_maps_to_keys_that_exist():
    for condition_code in CONDITIONS:
        assert set(condition_code.keys) <= set(PATIENT_ANSWERS)
        assert condition_code.refuted == "not stated" or len(condition_code.keys) == 1
    assert {one.key for one in OBSERVATIONS} <= set(PATIENT_NUMBERS)
    assert set(ALLERGIES) <= set(PATIENT_ANSWERS)
