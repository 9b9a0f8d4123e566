"""What would the rules say if an answer were another? A result, judged once more with answers put in their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vfa.errors import ClinicalRefused, UsageError

if TYPE_CHECKING:
    from vfa.report.contract import AssessmentFile

NOT_STATED = "not stated"


@dataclass(frozen=True)
class Supposition:
    """One answer put in place of what was stated.

    Args:
        keys: where it stands in the clinical file: ("patient", "inr") or ("levels", "L1", "pain").
        value: "yes", "no", a number, a word, a list of medicines; None takes the answer away.
    """

    keys: tuple[str, ...]
    value: str | float | list[str] | None

    @property
    def dotted(self) -> str:
        """The key as --if takes it."""
        return ".".join(self.keys)

    def refuse(self, keys: tuple[str, ...], sentence: str) -> ClinicalRefused:
        """The error for a key, as the checks of the clinical file give it."""
        return ClinicalRefused(sentence)


def parse_supposition(text: str, level: str) -> Supposition:
    """The answer of "clinical.bleeding_disorder=no", "patient.inr=1.1" or "levels.L1.pain=not stated".

    `clinical.KEY` and a bare `KEY` mean the level that is asked about where the key is a level's, else the patient.

    Raises:
        UsageError: when it is no KEY=ANSWER, or the key does not exist.
    """
    from vfa.eligibility.clinical_keys import (
        LEVEL_ANSWERS,
        LEVEL_NUMBERS,
        LEVEL_WORDS,
        PATIENT_ANSWERS,
        PATIENT_NUMBERS,
    )
    from vfa.eligibility.toml_file import nearest

    dotted, equals, answer = (part.strip() for part in text.partition("="))
    if not equals or not dotted or not answer:
        raise UsageError(f"--if {text!r}: expected KEY=ANSWER such as clinical.bleeding_disorder=no")
    of_level = {*LEVEL_ANSWERS, *LEVEL_NUMBERS, *LEVEL_WORDS}
    of_patient = {*PATIENT_ANSWERS, *PATIENT_NUMBERS, "medications"}
    scope, _, key = dotted.rpartition(".")
    if scope in ("", "clinical"):
        keys = ("levels", level, key) if key in of_level else ("patient", key)
    elif scope.startswith("levels."):
        keys = ("levels", scope.removeprefix("levels."), key)
    else:
        keys = (scope, key)
    known = {"levels": of_level, "patient": of_patient}.get(keys[0], set())
    if key not in known:
        hint = nearest(key, sorted(known or of_patient | of_level))
        raise UsageError(f"--if {dotted}: no such key of the clinical file; {hint}")
    return Supposition(keys, _value(key, answer, {*LEVEL_NUMBERS, *PATIENT_NUMBERS}))


def _value(key: str, answer: str, numbers: set[str]) -> str | float | list[str] | None:
    if answer.lower() == NOT_STATED:
        return None
    if key == "medications":
        return [] if answer.lower() == "none" else [name.strip() for name in answer.split(";")]
    if key in numbers:
        try:
            return float(answer)
        except ValueError:
            return answer
    return answer.lower()


def judged_again(document: AssessmentFile, profile: str, supposed: Sequence[Supposition]) -> AssessmentFile:
    """The result as it would be with other answers, by one profile.

    Args:
        document: the result.
        profile: name of a shipped profile, or the file of another.
        supposed: the answers put in place.

    Raises:
        UsageError: when an answer is impossible or contradicts another, or the profile cannot be loaded.
    """
    from vfa.eligibility import judge, load_profile
    from vfa.eligibility.clinical_table import clinical_of
    from vfa.report.document import to_document
    from vfa.report.read_back import clinical_table, findings_of

    table: dict[str, dict[str, Any]] = clinical_table(document)
    for one in supposed:
        _put(table, one)
    last = supposed[-1] if supposed else Supposition(("patient",), None)
    try:
        clinical = clinical_of(table, last, "the answers")
        return to_document(judge(findings_of(document), clinical, [load_profile(profile)]))
    except ClinicalRefused as error:
        raise UsageError(f"--if: {error}") from error


def _put(table: dict[str, dict[str, Any]], one: Supposition) -> None:
    at = table["patient"] if one.keys[0] == "patient" else table["levels"].setdefault(one.keys[1], {})
    if one.value is None:
        at.pop(one.keys[-1], None)
    else:
        at[one.keys[-1]] = one.value
