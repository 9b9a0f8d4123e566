"""What does a FHIR R4 bundle say about one patient? Diagnoses, laboratory values, allergies and medicines.

Only what the mapping table (`fhir_codes`) names is taken; everything else is listed as not read. A diagnosis that is
provisional, resolved or refuted is no "yes", and what a bundle does not mention is never a "no". Resources are read
with fhir.resources (its R4B models, which hold every R4 resource used here).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vfa.eligibility.clinical_table import clinical_of
from vfa.eligibility.fhir_codes import (
    ALLERGIES,
    CONFIRMED,
    LOINC,
    MEDICATION_TAKEN,
    NO_KNOWN_ALLERGY,
    OBSERVATION_DONE,
    SNOMED,
    STILL_PRESENT,
    ObservationCode,
    condition_codes,
    observation_code,
)
from vfa.eligibility.toml_file import ReadFile
from vfa.errors import ClinicalRefused, UsageError
from vfa.model.clinical import ClinicalContext

Coding = tuple[str, str, str]  # system, code, display


@dataclass(frozen=True)
class _Number:
    """A measured number with its date, which decides between several."""

    value: float
    when: str
    entry: str


@dataclass
class _Gathered:
    """What the entries said so far, each with the entry it came from."""

    file: Path
    answers: dict[str, tuple[str, str]] = field(default_factory=dict)  # key → (answer, entry)
    numbers: dict[str, list[_Number]] = field(default_factory=dict)
    medicines: list[str] | None = None
    not_read: list[str] = field(default_factory=list)

    def answer(self, key: str, answer: str, entry: str) -> None:
        said, before = self.answers.setdefault(key, (answer, entry))
        if said != answer:
            raise ClinicalRefused(f"{self.file}, {entry}: {key} would be {answer}, but {before} says {said}")

    def leave(self, entry: str, name: str, why: str) -> None:
        self.not_read.append(f"{entry}{f' “{name}”' if name else ''}: {why}")

    def refuse(self, keys: tuple[str, ...], sentence: str) -> ClinicalRefused:
        entry = self.answers[keys[-1]][1] if keys[-1] in self.answers else ""
        entry = entry or next((one.entry for one in self.numbers.get(keys[-1], ())), "")
        return ClinicalRefused(f"{self.file}{f', {entry}' if entry else ''}: {sentence}")


def is_fhir(table: Mapping[str, Any]) -> bool:
    """Whether a JSON object is a FHIR resource."""
    return "resourceType" in table


def read_fhir(file: ReadFile) -> ClinicalContext:
    """The answers of a bundle, with what was not read of it.

    Raises:
        ClinicalRefused: naming the entry, when it is no bundle, an entry is malformed, two entries contradict each
            other, or the entries are about several patients.
        UsageError: without the extra `fhir`.
    """
    if file.table.get("resourceType") != "Bundle":
        raise ClinicalRefused(f"{file.path}: expected a FHIR Bundle, got a {file.table.get('resourceType')!r}")
    entries = file.table.get("entry", [])
    if not isinstance(entries, list):
        raise ClinicalRefused(f"{file.path}: entry: expected a list, got {entries!r}")
    gathered, readers, subjects = _Gathered(file.path), _readers(), set[str]()
    for number, entry in enumerate(entries, start=1):
        raw = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(raw, dict) or not isinstance(raw.get("resourceType"), str):
            raise ClinicalRefused(
                f"{file.path}, entry {number}: expected a resource with a resourceType, got {entry!r:.80}"
            )
        kind = raw["resourceType"]
        place = f"entry {number} ({'/'.join([kind, str(raw['id'])] if 'id' in raw else [kind])})"
        if kind not in readers:
            gathered.leave(place, "", "this kind of resource is not read")
            continue
        resource = _resource(kind, raw, f"{file.path}, {place}")
        subjects |= _subject(raw)
        readers[kind](resource, place, gathered)
    if len(subjects) > 1:
        raise ClinicalRefused(f"{file.path}: expected one patient, got {len(subjects)}: {', '.join(sorted(subjects))}")
    return replace(clinical_of(_table(gathered), gathered, str(file.path)), not_read=tuple(gathered.not_read))


def _table(gathered: _Gathered) -> dict[str, Any]:
    patient: dict[str, Any] = {key: answer for key, (answer, _) in gathered.answers.items()}
    for key, numbers in gathered.numbers.items():
        newest = max(number.when for number in numbers)
        latest = [number for number in numbers if number.when == newest]
        if len({number.value for number in latest}) == 1:
            patient[key] = latest[0].value
        else:
            gathered.leave(
                ", ".join(one.entry for one in latest), "", f"several values for {key}, and no date parts them"
            )
        for old in numbers:
            if old not in latest:
                gathered.leave(old.entry, "", f"an older value for {key}")
    if gathered.medicines is not None:
        patient["medications"] = gathered.medicines
    return {"patient": patient}


def _resource(kind: str, raw: dict[str, Any], place: str) -> Any:
    from pydantic import ValidationError

    try:
        return _MODELS()[kind].model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the resource"
        raise ClinicalRefused(f"{place}: no well-formed {kind}: {where}: {first['msg']}") from error


def _MODELS() -> dict[str, Any]:  # noqa: N802 - a table that is only there with the extra
    try:
        from fhir.resources.R4B.allergyintolerance import AllergyIntolerance
        from fhir.resources.R4B.condition import Condition
        from fhir.resources.R4B.medicationstatement import MedicationStatement
        from fhir.resources.R4B.observation import Observation
    except ImportError as error:
        raise UsageError("--clinical: a FHIR bundle needs fhir.resources; pip install 'vfa[fhir]'") from error
    return {
        "AllergyIntolerance": AllergyIntolerance,
        "Condition": Condition,
        "MedicationStatement": MedicationStatement,
        "Observation": Observation,
    }


def _readers() -> dict[str, Callable[[Any, str, _Gathered], None]]:
    return {
        "AllergyIntolerance": _allergy,
        "Condition": _condition,
        "MedicationStatement": _medicine,
        "Observation": _observation,
    }


def _subject(raw: Mapping[str, Any]) -> set[str]:
    about = raw.get("subject") or raw.get("patient") or {}
    reference = about.get("reference", "") if isinstance(about, dict) else ""
    return {str(reference)} if reference else set()


def _codings(concept: Any) -> Iterator[Coding]:
    for coding in getattr(concept, "coding", None) or ():
        yield str(coding.system or ""), str(coding.code or ""), str(coding.display or "")


def _name(concept: Any) -> str:
    text = str(getattr(concept, "text", None) or "")
    return text or next((display or code for _, code, display in _codings(concept)), "")


def _status(concept: Any) -> str:
    return next((code for _, code, _ in _codings(concept)), "")


def _condition(resource: Any, place: str, gathered: _Gathered) -> None:
    name = _name(resource.code)
    mapped = [entry for system, code, _ in _codings(resource.code) for entry in condition_codes(system, code)]
    if not mapped:
        return gathered.leave(place, name, "its code stands for no key")
    verified, clinical = _status(resource.verificationStatus), _status(resource.clinicalStatus)
    if verified == "refuted" and all(entry.refuted == "no" for entry in mapped):
        for entry in mapped:
            gathered.answer(entry.keys[0], "no", place)
        return None
    if verified not in CONFIRMED:
        return gathered.leave(place, name, f"it is {verified}")
    if clinical not in STILL_PRESENT:
        return gathered.leave(place, name, f"it is {clinical}; state whether it still counts")
    for entry in mapped:
        for key in entry.keys:
            gathered.answer(key, "yes", place)
    return None


def _observation(resource: Any, place: str, gathered: _Gathered) -> None:
    name, quantity = _name(resource.code), resource.valueQuantity
    known = next((o for s, code, _ in _codings(resource.code) if s == LOINC and (o := observation_code(code))), None)
    if known is None:
        return gathered.leave(place, name, "its code stands for no key")
    if resource.status not in OBSERVATION_DONE:
        return gathered.leave(place, name, f"its status is {resource.status}")
    if quantity is None or quantity.value is None or quantity.comparator:
        if resource.valueInteger is None:
            return gathered.leave(place, name, "it has no exact number")
        return _number(known, float(resource.valueInteger), "", resource, place, gathered)
    unit = str(quantity.code or quantity.unit or "")
    return _number(known, float(quantity.value), unit, resource, place, gathered)


def _number(known: ObservationCode, value: float, unit: str, resource: Any, place: str, gathered: _Gathered) -> None:
    if unit not in known.factor_of_unit:
        expected = ", ".join(one for one in known.factor_of_unit if one) or "none"
        return gathered.leave(place, _name(resource.code), f"its unit {unit!r} is none of {expected}")
    when = str(resource.effectiveDateTime or resource.issued or "")
    gathered.numbers.setdefault(known.key, []).append(_Number(value * known.factor_of_unit[unit], when, place))
    return None


def _allergy(resource: Any, place: str, gathered: _Gathered) -> None:
    name, verified = _name(resource.code), _status(resource.verificationStatus)
    if any((system, code) == (SNOMED, NO_KNOWN_ALLERGY) for system, code, _ in _codings(resource.code)):
        for key in ALLERGIES:
            gathered.answer(key, "no", place)
        return None
    written = " ".join([name, *(display for _, _, display in _codings(resource.code))]).casefold()
    keys = [key for key, words in ALLERGIES.items() if any(word in written for word in words)]
    if not keys:
        return gathered.leave(place, name, "an allergy to neither cement nor opacifier by its name")
    if verified not in (*CONFIRMED, "refuted"):
        return gathered.leave(place, name, f"it is {verified}")
    if verified != "refuted" and _status(resource.clinicalStatus) not in STILL_PRESENT:
        return gathered.leave(place, name, f"it is {_status(resource.clinicalStatus)}")
    for key in keys:
        gathered.answer(key, "no" if verified == "refuted" else "yes", place)
    return None


def _medicine(resource: Any, place: str, gathered: _Gathered) -> None:
    name = _name(resource.medicationCodeableConcept) or str(
        getattr(resource.medicationReference, "display", None) or ""
    )
    if resource.status not in MEDICATION_TAKEN:
        return gathered.leave(place, name, f"its status is {resource.status}")
    if not name:
        return gathered.leave(place, name, "it names no medicine")
    gathered.medicines = [*(gathered.medicines or []), name]
    return None
