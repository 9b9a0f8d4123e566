"""What does the clinical table say about each study? One CSV for a whole export.

Columns `study_instance_uid` and `patient_id` (or StudyInstanceUID and PatientID) say whom a row is about; a study
takes the rows that name it, and those that name its patient without a study. Every other column is a key of the
clinical file: `patient.osteoporosis` or `osteoporosis` for the patient, `levels.L1.pain` for a level, or, in a table
with a column `level`, `level.pain` for that row's level. Empty cells are not stated. Several medications are parted
by semicolons.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vfa.batch.failure import Failure
from vfa.batch.scan import StudyFiles
from vfa.eligibility import read_clinical
from vfa.errors import ClinicalRefused

_WHOSE = {"studyinstanceuid": "study", "patientid": "patient", "level": "level"}
FOLDER = "clinical"


@dataclass(frozen=True)
class ClinicalRow:
    """One row: its line in the file, whom it is about, and answers by dotted key (`patient.pain`, `levels.L1.pain`)."""

    line: int
    study: str
    patient: str
    answers: dict[str, str]

    @property
    def place(self) -> str:
        """How a message names it."""
        return f"row {self.line} of the clinical table"


@dataclass(frozen=True)
class ClinicalAnswers:
    """The clinical files of studies, and what is wrong.

    Args:
        files: by study id, where its clinical file lies.
        digests: by study id, hash of the answers, part of the study's fingerprint.
        refused: studies whose rows cannot be used.
        unmatched: rows that belong to no study of the export.
    """

    files: dict[str, Path]
    digests: dict[str, str]
    refused: dict[str, Failure]
    unmatched: tuple[Failure, ...]


def read_table(path: Path) -> tuple[ClinicalRow, ...]:
    """The rows of a clinical table.

    Raises:
        ClinicalRefused: when it cannot be read, or names neither study nor patient.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ClinicalRefused(f"{path}: the clinical table cannot be read ({error}); give a CSV in UTF-8") from error
    separator = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    names = {name: _whose(name) for name in reader.fieldnames or ()}
    if not {"study", "patient"} & set(names.values()):
        raise ClinicalRefused(
            f"{path}: expected a column study_instance_uid or patient_id, got {', '.join(names) or 'an empty file'}"
        )
    return tuple(_row(reader.line_num, raw, names, path) for raw in reader if any(raw.values()))


def _whose(name: str) -> str:
    return _WHOSE.get(name.strip().lower().replace("_", "").replace(" ", ""), "")


def _row(line: int, raw: dict[str, Any], names: dict[str, str], path: Path) -> ClinicalRow:
    if None in raw:
        raise ClinicalRefused(f"{path}, line {line}: more cells than columns; quote cells that hold the separator")
    cells = {name: (cell or "").strip() for name, cell in raw.items()}
    about = {kind: cells[name] for name, kind in names.items() if kind}
    level = about.get("level", "")
    answers = {_key(name, level): cell for name, cell in cells.items() if cell and not names[name]}
    return ClinicalRow(line, about.get("study", ""), about.get("patient", ""), answers)


def _key(name: str, level: str) -> str:
    name = name.strip()
    if name.startswith("level."):
        return f"levels.{level}.{name.removeprefix('level.')}"
    return name if name.startswith(("patient.", "levels.")) else f"patient.{name}"


def join(rows: Sequence[ClinicalRow], studies: Sequence[StudyFiles], folder: Path) -> ClinicalAnswers:
    """Write each study's clinical file into a folder.

    Raises:
        OSError: when it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, Path] = {}
    digests: dict[str, str] = {}
    refused: dict[str, Failure] = {}
    used: set[int] = set()
    for study in studies:
        own = [row for row in rows if _is_about(row, study)]
        used |= {row.line for row in own}
        if not own:
            continue
        try:
            text = json.dumps(_merged(own), indent=1, ensure_ascii=False, sort_keys=True)
            digests[study.study_id] = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
            files[study.study_id] = _written(folder, text, digests[study.study_id])
        except ClinicalRefused as error:
            lines = ", ".join(row.place for row in own)
            refused[study.study_id] = Failure("clinical", "clinical_refused", str(error), lines, study.study_id)
    unmatched = tuple(_unmatched(row) for row in rows if row.line not in used)
    return ClinicalAnswers(files, digests, refused, unmatched)


def _is_about(row: ClinicalRow, study: StudyFiles) -> bool:
    if row.study:
        return row.study == study.study_id and row.patient in ("", study.patient_id)
    return bool(row.patient) and row.patient == study.patient_id


def _unmatched(row: ClinicalRow) -> Failure:
    return Failure("clinical", "clinical_unmatched", "no study of the export has this study and patient", row.place)


def _merged(rows: Sequence[ClinicalRow]) -> dict[str, Any]:
    """The clinical file of several rows; two rows may not disagree."""
    said: dict[str, str] = {}
    for row in rows:
        for key, cell in row.answers.items():
            if said.setdefault(key, cell) != cell:
                raise ClinicalRefused(f"{key} is {said[key]!r} in one row and {cell!r} in {row.place}")
    tables: dict[str, Any] = {}
    for key, cell in said.items():
        *path, name = key.split(".")
        if "" in path:
            raise ClinicalRefused(f"{key}: the row has an answer for a level and no level")
        table = tables
        for step in path:
            table = table.setdefault(step, {})
        table[name] = _value(name, cell)
    return tables


def _value(name: str, cell: str) -> Any:
    if name == "medications":
        return [part.strip() for part in cell.split(";") if part.strip()]
    try:
        return float(cell)
    except ValueError:
        return cell.lower() if cell.lower() in ("yes", "no") else cell


def _written(folder: Path, text: str, digest: str) -> Path:
    """The file, checked; named by its contents, so that it is never another study's."""
    path = folder / f"{digest}.json"
    if not path.exists():
        partial = path.with_suffix(".partial.json")
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    try:
        read_clinical(path)
    except ClinicalRefused as error:
        path.unlink()
        raise ClinicalRefused(str(error).removeprefix(f"{path}: ")) from error
    return path
