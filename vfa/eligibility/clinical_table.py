"""Are answers under the keys of the clinical file possible ones? Checked the same way wherever they come from.

TOML, JSON, a row of a CSV, a FHIR bundle, a what-if and a result all end as one table of this shape:

    {"patient": {"age_years": 74, "osteoporosis": "yes"}, "levels": {"L1": {"pain": "yes", "weeks_since_onset": 3}}}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from vfa.eligibility.clinical_keys import (
    LEVEL_ANSWERS,
    LEVEL_NUMBERS,
    LEVEL_WORDS,
    PATIENT_ANSWERS,
    PATIENT_NUMBERS,
    NumberKey,
)
from vfa.eligibility.contradictions import refuse_contradictions
from vfa.eligibility.toml_file import nearest
from vfa.errors import ClinicalRefused
from vfa.model.anatomy import LEVELS, check_level
from vfa.model.clinical import Answer, ClinicalContext


class Place(Protocol):
    """Where answers were written, so that a mistake in them is named with its place."""

    def refuse(self, keys: tuple[str, ...], sentence: str) -> ClinicalRefused:
        """The error for one key such as ("levels", "L1", "pain")."""


_STRICT = ConfigDict(extra="forbid", strict=True)


def _number(key: NumberKey) -> Any:
    return (Annotated[float, Field(ge=key.lowest, le=key.highest, allow_inf_nan=False)] | None, None)


def _shape(answers: dict[str, str], numbers: dict[str, NumberKey], others: dict[str, Any]) -> type[BaseModel]:
    """A table in which every key may be left out and no other key may stand."""
    fields: dict[str, Any] = {key: (Literal["yes", "no"] | None, None) for key in answers}
    fields |= {key: _number(number) for key, number in numbers.items()}
    fields |= {key: (kind | None, None) for key, kind in others.items()}
    return create_model("Answers", __config__=_STRICT, **fields)


_Patient = _shape(PATIENT_ANSWERS, PATIENT_NUMBERS, {"medications": list[str]})
_Level = _shape(LEVEL_ANSWERS, LEVEL_NUMBERS, {key: Literal[words] for key, words in LEVEL_WORDS.items()})


def clinical_of(table: Mapping[str, Any], place: Place, source: str) -> ClinicalContext:
    """The answers of a table.

    Args:
        table: with the keys `patient` and `levels`, both of which may be missing.
        place: names the place of a mistake.
        source: names the answers in messages.

    Raises:
        ClinicalRefused: with the place, for an unknown key, an answer that is neither "yes" nor "no", a number out of
            range, or answers that contradict each other.
    """
    for key in table:
        if key not in ("patient", "levels"):
            raise place.refuse((key,), f"unknown key {key!r}; {nearest(key, ('patient', 'levels'))}")
    patient = _checked(place, ("patient",), _Patient, table.get("patient", {}))
    levels = table.get("levels", {})
    if not isinstance(levels, dict):
        raise place.refuse(("levels",), f"levels: expected tables such as [levels.L1], got {levels!r}")
    by_level = {_level(place, name): _checked(place, ("levels", name), _Level, raw) for name, raw in levels.items()}
    clinical = ClinicalContext(
        patient_answers=_answers(patient, PATIENT_ANSWERS),
        patient_numbers={key: float(patient[key]) for key in PATIENT_NUMBERS if key in patient},
        medications=tuple(patient["medications"]) if "medications" in patient else None,
        level_answers={level: _answers(given, LEVEL_ANSWERS) for level, given in by_level.items()},
        level_numbers={
            level: {key: float(given[key]) for key in LEVEL_NUMBERS if key in given}
            for level, given in by_level.items()
        },
        level_words={
            level: {key: given[key] for key in LEVEL_WORDS if key in given} for level, given in by_level.items()
        },
        source=source,
    )
    refuse_contradictions(clinical)
    return clinical


def _level(place: Place, name: str) -> str:
    try:
        return check_level(name)
    except ValueError as error:
        raise place.refuse(("levels", name), f"unknown level {name!r}; {nearest(name.upper(), LEVELS)}") from error


def _checked(place: Place, keys: tuple[str, ...], shape: type[BaseModel], raw: Any) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise place.refuse(keys, f"{'.'.join(keys)}: expected a table of answers, got {raw!r}")
    try:
        return shape.model_validate(raw).model_dump(exclude_none=True)
    except ValidationError as error:
        raise _refusal(place, keys, shape, error) from error


def _refusal(place: Place, keys: tuple[str, ...], shape: type[BaseModel], error: ValidationError) -> ClinicalRefused:
    """One sentence on the first problem, with its place, and how many more there are."""
    problems = error.errors(include_url=False)
    first = problems[0]
    key = str(first["loc"][0])
    where = ".".join((*keys, key))
    if first["type"] == "extra_forbidden":
        sentence = f"unknown key {where!r}; {_where_it_belongs(key, keys[0]) or nearest(key, shape.model_fields)}"
    else:
        sentence = f"{where}: expected {_expected(key, keys[0])}, got {first['input']!r}"
    others = len({problem["loc"][0] for problem in problems} - {first["loc"][0]})
    more = f" ({others} more to correct)" if others else ""
    return place.refuse((*keys, key), f"{sentence}{more}")


def _where_it_belongs(key: str, scope: str) -> str:
    """A hint when the key is known, but not there."""
    if scope == "levels" and key in _Patient.model_fields:
        return "it belongs to the patient, under [patient]"
    if scope == "patient" and key in _Level.model_fields:
        return "it belongs to a level, under a table such as [levels.L1]"
    return ""


def _expected(key: str, scope: str) -> str:
    numbers = PATIENT_NUMBERS if scope == "patient" else LEVEL_NUMBERS
    if key in numbers:
        number = numbers[key]
        return f"a number from {number.lowest:g} to {number.highest:g} ({number.sentence})"
    if key in LEVEL_WORDS and scope == "levels":
        return " or ".join(f'"{word}"' for word in LEVEL_WORDS[key])
    if key == "medications":
        return 'a list of names such as ["warfarin"], [] for none'
    return '"yes" or "no", or the key left out'


def _answers(given: dict[str, Any], known: dict[str, str]) -> dict[str, Answer]:
    return {key: Answer(given[key]) for key in known if key in given}
