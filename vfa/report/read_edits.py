"""How are a reader's edits read? A file of the same shape as `assessment.json`, holding what was changed.

Each vertebra in it says by `edited_by_reader` what a person changed: "height_lines.anterior" (its ends stand in
`geometry`), "body" (its mask comes with `--segmentation`), "level" (`renamed_to`). Everything else in the file is only
carried along, so a copy of a result with one line moved is a file of edits too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from vfa.errors import EditsRefused
from vfa.model.edits import BODY_EDITED, LEVEL_EDITED, LevelEdit, Provenance, ReaderEdits, line_edited
from vfa.report.contract import Column, EditedPart, Missing, Segmentation, Vector


class _Loose(BaseModel):
    """Part of a file that may hold more than is looked at."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Geometry(_Loose):
    height_lines_lps_mm: dict[Column, tuple[Vector, Vector]] | Missing = {}


class _Vertebra(_Loose):
    level: str
    centre_lps_mm: Vector
    level_confidence: float | Missing | None = None
    edited_by_reader: tuple[EditedPart, ...] = ()
    renamed_to: str = ""
    geometry: _Geometry = _Geometry()
    reason: str = ""
    detail: str = ""


class _EditsFile(_Loose):
    schema_version: Literal["1.0"]
    study_instance_uid: str = ""
    segmentation: Segmentation | None = None
    vertebrae: tuple[_Vertebra, ...]


def read_edits(path: Path) -> ReaderEdits:
    """Read a file of edits.

    Raises:
        EditsRefused: if it cannot be read, is not of this shape, or changes nothing.
    """
    try:
        file = _EditsFile.model_validate_json(path.read_bytes())
        levels = tuple(_level(one) for one in file.vertebrae if one.edited_by_reader or one.renamed_to)
    except OSError as error:
        raise EditsRefused(f"--edits {path}: cannot be read ({error})") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"]) or "the file"
        raise EditsRefused(f"--edits {path}: {place} does not fit ({first['msg']})") from error
    except ValueError as error:
        raise EditsRefused(f"--edits {path}: {error}") from error
    if not levels:
        raise EditsRefused(
            f"--edits {path}: no vertebra in it says by edited_by_reader or renamed_to what was changed; "
            "leave --edits out where nothing was"
        )
    return ReaderEdits(levels, file.study_instance_uid, _provenance(file))


def _level(one: _Vertebra) -> LevelEdit:
    given = {} if isinstance(one.geometry.height_lines_lps_mm, Missing) else one.geometry.height_lines_lps_mm
    parts = [part for part in one.edited_by_reader if part not in (BODY_EDITED, LEVEL_EDITED)]
    lines = {str(column): np.array(line) for column, line in given.items() if line_edited(column) in parts}
    if len(lines) < len(set(parts)):
        raise ValueError(f"{one.level}: {', '.join(sorted(parts))} edited, but geometry.height_lines_lps_mm lacks it")
    if LEVEL_EDITED in one.edited_by_reader and not one.renamed_to:
        raise ValueError(f"{one.level}: its level is edited, but renamed_to does not say to what")
    return LevelEdit(one.level, np.array(one.centre_lps_mm), lines, one.renamed_to, BODY_EDITED in one.edited_by_reader)


def _provenance(file: _EditsFile) -> Provenance | None:
    if file.segmentation is None:
        return None
    redrawn = {one.level for one in file.vertebrae if BODY_EDITED in one.edited_by_reader}
    return Provenance(
        segmented_by=file.segmentation.produced_by,
        naming=file.segmentation.naming,
        alternative_naming=file.segmentation.alternative_naming,
        confidences={
            one.level: None if isinstance(one.level_confidence, Missing) else one.level_confidence
            for one in file.vertebrae
        },
        unusable={
            one.level: one.detail or one.reason
            for one in file.vertebrae
            if one.reason == "quality_failed" and one.level not in redrawn
        },
    )
