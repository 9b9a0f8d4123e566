"""What does the clinical file say? TOML or JSON; every answer is "yes", "no" or left out, and a mistake is named.

[patient]
age_years = 74
osteoporosis = "yes"
medications = ["warfarin"]
[levels.L1]
pain = "yes"
weeks_since_onset = 3
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

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
from vfa.eligibility.toml_file import ReadFile, nearest, read_table
from vfa.errors import ClinicalRefused
from vfa.model.anatomy import LEVELS, check_level
from vfa.model.clinical import Answer, ClinicalContext

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


def read_clinical(path: str | Path) -> ClinicalContext:
    """Read a clinical file.

    Raises:
        ClinicalRefused: with the place, for a file that is malformed, has an unknown key, an answer that is neither
            "yes" nor "no", a number out of range, or answers that contradict each other.
    """
    file = read_table(Path(path), "clinical file")
    for key in file.table:
        if key not in ("patient", "levels"):
            raise file.refuse((key,), f"unknown key {key!r}; {nearest(key, ('patient', 'levels'))}")
    patient = _checked(file, ("patient",), _Patient, file.table.get("patient", {}))
    levels = file.table.get("levels", {})
    if not isinstance(levels, dict):
        raise file.refuse(("levels",), f"levels: expected tables such as [levels.L1], got {levels!r}")
    by_level = {_level(file, name): _checked(file, ("levels", name), _Level, raw) for name, raw in levels.items()}
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
        source=str(path),
    )
    refuse_contradictions(clinical)
    return clinical


def _level(file: ReadFile, name: str) -> str:
    try:
        return check_level(name)
    except ValueError as error:
        raise file.refuse(("levels", name), f"unknown level {name!r}; {nearest(name.upper(), LEVELS)}") from error


def _checked(file: ReadFile, keys: tuple[str, ...], shape: type[BaseModel], raw: Any) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise file.refuse(keys, f"{'.'.join(keys)}: expected a table of answers, got {raw!r}")
    try:
        return shape.model_validate(raw).model_dump(exclude_none=True)
    except ValidationError as error:
        raise _refusal(file, keys, shape, error) from error


def _refusal(file: ReadFile, keys: tuple[str, ...], shape: type[BaseModel], error: ValidationError) -> ClinicalRefused:
    """One sentence on the first problem, with its place, and how many more there are."""
    problems = error.errors(include_url=False)
    first = problems[0]
    key = str(first["loc"][0])
    where = ".".join((*keys, key))
    if first["type"] == "extra_forbidden":
        sentence = f"unknown key {where!r}; {nearest(key, shape.model_fields)}"
    else:
        sentence = f"{where}: expected {_expected(key, keys[0])}, got {first['input']!r}"
    others = len({problem["loc"][0] for problem in problems} - {first["loc"][0]})
    more = f" ({others} more to correct)" if others else ""
    return file.refuse((*keys, key), f"{sentence}{more}")


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
