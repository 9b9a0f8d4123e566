"""Which readings of which levels did a reader make, and what did vfa find at the same levels?

A table of readings is a CSV with `study_instance_uid` and `level`, and any of `anterior_mm`, `middle_mm`,
`posterior_mm`, `height_loss_fraction` (or `height_loss_percent`), `genant_grade` (0–3) and `fracture` (present or
absent). An empty cell is no reading.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vfa.batch.cohort import Cohort
from vfa.errors import InputRefused
from vfa.model.anatomy import check_level

QUANTITIES = {"anterior_mm": "mm", "middle_mm": "mm", "posterior_mm": "mm", "height_loss_fraction": "fraction"}
GRADE, FRACTURE = "genant_grade", "fracture"
GRADES = (0.0, 1.0, 2.0, 3.0)
FRACTURE_WORDS = {"absent": 0.0, "no": 0.0, "present": 1.0, "yes": 1.0}


@dataclass(frozen=True)
class Reading:
    """A reader's values at one level, by column name; what was not read is not there."""

    study: str
    level: str
    values: dict[str, float]


@dataclass(frozen=True)
class Pair:
    """One level seen by both."""

    study: str
    level: str
    by_vfa: float
    by_reader: float


@dataclass(frozen=True)
class Matched:
    """What can be compared.

    Args:
        pairs: by column, levels with both values.
        not_measured: by column, readings at levels where vfa has no value.
        unmatched: readings of levels that the cohort does not hold, as "study level".
    """

    pairs: dict[str, tuple[Pair, ...]]
    not_measured: dict[str, int]
    unmatched: tuple[str, ...]


def read_readings(path: Path) -> tuple[Reading, ...]:
    """The readings of a CSV.

    Raises:
        InputRefused: with the line, when it is malformed, holds nothing to compare, or reads a level twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputRefused(f"{path}: the readings cannot be read ({error}); give a CSV in UTF-8") from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    columns = [name.strip() for name in reader.fieldnames or ()]
    reader.fieldnames = columns
    known = {*QUANTITIES, "height_loss_percent", GRADE, FRACTURE}
    if not {"study_instance_uid", "level"} <= set(columns) or not known & set(columns):
        raise InputRefused(
            f"{path}: expected the columns study_instance_uid, level and any of {', '.join(sorted(known))}; "
            f"got {', '.join(columns) or 'none'}"
        )
    readings = tuple(_reading(raw, f"{path}, line {reader.line_num}") for raw in reader)
    _refuse_twice(readings, path)
    return readings


def _reading(raw: dict[str, Any], place: str) -> Reading:
    cells = {name: (cell or "").strip() for name, cell in raw.items() if isinstance(cell, str)}
    level = cells.get("level", "").upper()
    try:
        check_level(level)
    except ValueError as error:
        raise InputRefused(f"{place}: {error}") from error
    values = {name: _number(name, cells[name], place) for name in QUANTITIES if cells.get(name)}
    if cells.get("height_loss_percent") and "height_loss_fraction" not in values:
        percent = _number("height_loss_percent", cells["height_loss_percent"], place)
        values["height_loss_fraction"] = percent / 100
    if cells.get(GRADE):
        values[GRADE] = _number(GRADE, cells[GRADE], place)
        if values[GRADE] not in GRADES:
            raise InputRefused(f"{place}: {GRADE} is {cells[GRADE]}, expected 0, 1, 2 or 3")
    if cells.get(FRACTURE):
        word = cells[FRACTURE].lower()
        if word not in FRACTURE_WORDS:
            raise InputRefused(f"{place}: {FRACTURE} is {word!r}, expected present, absent or an empty cell")
        values[FRACTURE] = FRACTURE_WORDS[word]
    return Reading(cells.get("study_instance_uid", ""), level, values)


def _number(name: str, cell: str, place: str) -> float:
    try:
        value = float(cell)
    except ValueError as error:
        raise InputRefused(f"{place}: {name} is {cell!r}, expected a number") from error
    if not math.isfinite(value):
        raise InputRefused(f"{place}: {name} is {cell!r}, expected a number")
    return value


def _refuse_twice(readings: Sequence[Reading], path: Path) -> None:
    seen: set[tuple[str, str]] = set()
    for reading in readings:
        key = (reading.study, reading.level)
        if key in seen:
            raise InputRefused(f"{path}: {reading.level} of study {reading.study} is read twice; give one reader")
        seen.add(key)


def match(cohort: Cohort, readings: Sequence[Reading]) -> Matched:
    """Put readings and measurements of the same study and level side by side."""
    columns = (*QUANTITIES, GRADE, FRACTURE)
    frame = cohort.vertebrae.astype(object).where(cohort.vertebrae.notna(), None)
    known: dict[tuple[str, str], dict[Any, Any]] = {
        (row["study_instance_uid"], row["level"]): row for row in frame.to_dict("records")
    }
    pairs: dict[str, list[Pair]] = {name: [] for name in columns}
    not_measured = dict.fromkeys(columns, 0)
    unmatched = []
    for reading in readings:
        row = known.get((reading.study, reading.level))
        if row is None:
            unmatched.append(f"{reading.study} {reading.level}")
            continue
        for name, value in reading.values.items():
            by_vfa = FRACTURE_WORDS.get(row[name] or "") if name == FRACTURE else row[name]
            if by_vfa is None:  # not measured, or indeterminate: never taken for a no
                not_measured[name] += 1
            else:
                pairs[name].append(Pair(reading.study, reading.level, float(by_vfa), value))
    return Matched({name: tuple(found) for name, found in pairs.items()}, not_measured, tuple(unmatched))
