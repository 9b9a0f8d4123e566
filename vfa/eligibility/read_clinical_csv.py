"""What does a cohort's clinical table say? A CSV with one row for each patient, or one for each level.

    patient_id,age_years,osteoporosis,level,level.pain,weeks_since_onset
    P7,74,yes,L1,yes,3
    P7,,,L3,no,

Columns `study_instance_uid` or `patient_id` say whom a row is about, `level` which vertebra. Every other column is a
key of the clinical file: `patient.pain` or `levels.L1.pain` in full; `level.pain` for the row's own level; a bare key
where it can mean only one of them. An empty cell is not stated. A column that is no key is named, never passed over.
Medicines are parted by semicolons, "none" says there are none. Columns parted by semicolons, as spreadsheets write them
where a comma is the decimal sign, may hold numbers such as 1,1.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vfa.eligibility.clinical_keys import (
    LEVEL_ANSWERS,
    LEVEL_NUMBERS,
    LEVEL_WORDS,
    PATIENT_ANSWERS,
    PATIENT_NUMBERS,
)
from vfa.eligibility.clinical_table import clinical_of
from vfa.eligibility.toml_file import nearest
from vfa.errors import ClinicalRefused
from vfa.model.clinical import ClinicalContext

MAX_BYTES = 200_000_000
_WHOSE = {"study_instance_uid", "studyinstanceuid", "patient_id", "patientid"}
_MEDICATIONS = "medications"
_OF_PATIENT = {*PATIENT_ANSWERS, *PATIENT_NUMBERS, _MEDICATIONS}
_OF_LEVEL = {*LEVEL_ANSWERS, *LEVEL_NUMBERS, *LEVEL_WORDS}
_NUMBERS = {*PATIENT_NUMBERS, *LEVEL_NUMBERS}


@dataclass(frozen=True)
class PatientAnswers:
    """What a cohort's table says about one patient or study.

    Args:
        study_instance_uid: empty when the table does not name it.
        patient_id: empty when the table does not name it.
        clinical: the answers of all rows together.
        lines: the lines they stand on.
    """

    study_instance_uid: str
    patient_id: str
    clinical: ClinicalContext
    lines: tuple[int, ...]


@dataclass(frozen=True)
class _Row:
    """One row: its line, whom it is about, and its answers by key path, with the column each came from."""

    line: int
    study: str
    patient: str
    answers: dict[tuple[str, ...], tuple[str, str]]  # key path → (cell, column)


@dataclass(frozen=True)
class _Cells:
    """Names the line and column of a key."""

    path: Path
    places: Mapping[tuple[str, ...], tuple[int, str]]
    line: int

    def refuse(self, keys: tuple[str, ...], sentence: str) -> ClinicalRefused:
        """The error for one key."""
        line, column = self.places.get(keys, (self.line, ""))
        where = f", column {column!r}" if column else ""
        return ClinicalRefused(f"{self.path}, line {line}{where}: {sentence}")


def read_clinical_cohort(path: Path) -> tuple[PatientAnswers, ...]:
    """Every patient of a clinical table, in the order of their first rows.

    Raises:
        ClinicalRefused: naming line and column, when it cannot be read, a column is no key, a cell is no possible
            answer, or two rows about the same patient disagree.
    """
    text = _text(path)
    first_line = text.partition("\n")[0]
    separator = ";" if first_line.count(";") > first_line.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header, path)
        rows = [
            _row(reader.line_num, _with_points(cells, separator), header, path)
            for cells in reader
            if any(cell.strip() for cell in cells)
        ]
    except csv.Error as error:
        raise ClinicalRefused(f"{path}, line {reader.line_num}: no well-formed CSV ({error})") from error
    by_patient: dict[tuple[str, str], list[_Row]] = {}
    for row in rows:
        by_patient.setdefault((row.study, row.patient), []).append(row)
    return tuple(_answers(path, study, patient, own) for (study, patient), own in by_patient.items())


def read_only_patient(path: Path) -> ClinicalContext:
    """The answers of a table that holds one patient.

    Raises:
        ClinicalRefused: also when it holds none or several.
    """
    patients = read_clinical_cohort(path)
    if len(patients) != 1:
        raise ClinicalRefused(
            f"{path}: expected the rows of one patient, got {len(patients)} patients; give one, or take vfa batch"
        )
    return patients[0].clinical


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ClinicalRefused(
                f"{path}: expected a CSV of at most {MAX_BYTES // 1_000_000} MB; is it the right file?"
            )
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ClinicalRefused(f"{path}: the clinical table cannot be read ({error}); give a CSV in UTF-8") from error


def _check_header(header: list[str], path: Path) -> None:
    if not _WHOSE & {name.lower() for name in header}:
        named = ", ".join(header) or "an empty file"
        tabs = "; columns are parted by commas or semicolons, not by tabs" if "\t" in named else ""
        raise ClinicalRefused(f"{path}, line 1: expected a column patient_id or study_instance_uid, got {named}{tabs}")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise ClinicalRefused(f"{path}, line 1: column given twice: {', '.join(twice)}")
    unknown = [name for name in header if not _is_known(name)]
    if unknown:
        hint = nearest(unknown[0].rpartition(".")[2], sorted(_OF_PATIENT | _OF_LEVEL))
        hint = hint if hint.startswith("did you mean") else "docs/rules.md lists the keys"
        raise ClinicalRefused(f"{path}, line 1: no key of the clinical file: {', '.join(unknown)}; {hint}")
    if "level" in {name.lower() for name in header}:
        for name in header:
            if name in _OF_PATIENT & _OF_LEVEL:
                raise ClinicalRefused(
                    f"{path}, line 1: {name!r} is the patient's or the level's? Write patient.{name} or level.{name}"
                )


def _is_known(name: str) -> bool:
    scope, _, key = name.rpartition(".")
    if not scope:
        return name.lower() in {*_WHOSE, "level"} or name in _OF_PATIENT | _OF_LEVEL
    return key in (_OF_PATIENT if scope == "patient" else _OF_LEVEL) and (
        scope in ("patient", "level") or (scope.startswith("levels.") and scope.count(".") == 1)
    )


def _row(line: int, cells: list[str], header: list[str], path: Path) -> _Row:
    if len(cells) != len(header):
        raise ClinicalRefused(
            f"{path}, line {line}: {len(cells)} cells under {len(header)} columns; quote cells that hold the separator"
        )
    given = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
    about = {name.lower().replace("_", ""): cell for name, cell in given.items() if name.lower() in {*_WHOSE, "level"}}
    answers: dict[tuple[str, ...], tuple[str, str]] = {}
    for name, cell in given.items():
        if name.lower() in {*_WHOSE, "level"}:
            continue
        keys = _keys(name, about.get("level", ""))
        if "" in keys:
            raise ClinicalRefused(
                f"{path}, line {line}, column {name!r}: an answer for a level, and the row names none"
            )
        answers[keys] = (cell, name)
    study, patient = about.get("studyinstanceuid", ""), about.get("patientid", "")
    if not study and not patient:
        raise ClinicalRefused(f"{path}, line {line}: the row names neither patient nor study")
    if "level" in about:
        answers.setdefault(("levels", about["level"]), ("", "level"))
    return _Row(line, study, patient, answers)


def _with_points(cells: list[str], separator: str) -> list[str]:
    """Cells with a decimal point where semicolons part them and a comma stands for it."""
    return [re.sub(r"^\s*(-?\d+),(\d+)\s*$", r"\1.\2", cell) for cell in cells] if separator == ";" else cells


def _keys(name: str, level: str) -> tuple[str, ...]:
    scope, _, key = name.rpartition(".")
    if scope.startswith("levels."):
        return ("levels", scope.removeprefix("levels."), key)
    if scope == "level" or (not scope and key not in _OF_PATIENT):
        return ("levels", level, key)
    return ("patient", key)


def _answers(path: Path, study: str, patient: str, rows: Iterable[_Row]) -> PatientAnswers:
    """One patient's rows as one table; two rows may not disagree."""
    said: dict[tuple[str, ...], str] = {}
    places: dict[tuple[str, ...], tuple[int, str]] = {}
    lines = []
    for row in rows:
        lines.append(row.line)
        for keys, (cell, column) in row.answers.items():
            if said.setdefault(keys, cell) != cell:
                before = places[keys][0]
                raise ClinicalRefused(
                    f"{path}, line {row.line}, column {column!r}: {cell}, but line {before}: {said[keys]}"
                )
            places.setdefault(keys, (row.line, column))
    clinical = clinical_of(_table(said), _Cells(path, places, lines[0]), f"{path}, line {lines[0]}")
    return PatientAnswers(study, patient, clinical, tuple(lines))


def _table(said: Mapping[tuple[str, ...], str]) -> dict[str, Any]:
    table: dict[str, Any] = {"patient": {}, "levels": {}}
    for keys, cell in said.items():
        at = table["patient"] if keys[0] == "patient" else table["levels"].setdefault(keys[1], {})
        if len(keys) == (2 if keys[0] == "patient" else 3):
            at[keys[-1]] = _value(keys[-1], cell)
    return table


def _value(key: str, cell: str) -> Any:
    if key == _MEDICATIONS:
        return [] if cell.lower() == "none" else [part.strip() for part in cell.split(";") if part.strip()]
    if key in _NUMBERS:
        try:
            return float(cell)
        except ValueError:
            return cell
    return cell.lower() if cell.lower() in ("yes", "no") else cell
