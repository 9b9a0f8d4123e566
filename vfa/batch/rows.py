"""Which rows does one assessed study give to the cohort?"""

from __future__ import annotations

from typing import Any

from vfa.batch.columns import STUDIES, VERTEBRAE
from vfa.model.findings import StudyFindings
from vfa.report.contract import AssessmentFile, Missing, Vertebra
from vfa.report.measurements import measurement_row

Row = dict[str, Any]


def vertebra_rows(study_id: str, document: AssessmentFile, findings: StudyFindings) -> list[Row]:
    """One row per level, from head to foot."""
    key = {"study_instance_uid": study_id, "series_instance_uid": _series_uid(document)}
    rows = []
    for vertebra, measured in zip(document.vertebrae, findings.vertebrae, strict=True):
        row = {**measurement_row(measured), **_conclusions(vertebra), **key}
        rows.append({column.name: row[column.name] for column in VERTEBRAE})
    return rows


def study_row(study_id: str, patient: str, document: AssessmentFile) -> Row:
    """The study itself."""
    leading = document.series[0] if document.series else None
    grades = [
        vertebra.deformity.genant_grade
        for vertebra in document.vertebrae
        if not isinstance(vertebra.deformity, Missing) and vertebra.deformity.fracture == "present"
    ]
    measured = sum(vertebra.status == "measured" for vertebra in document.vertebrae)
    row: Row = {
        "study_instance_uid": study_id,
        "series_instance_uid": _series_uid(document),
        "patient_id": patient or None,
        "status": "measured" if measured else "nothing_measured",
        "modality": leading.modality if leading and isinstance(leading.modality, str) else None,
        "series_description": (leading.description if leading else "") or None,
        "slice_spacing_mm": leading.slice_spacing_mm
        if leading and isinstance(leading.slice_spacing_mm, float)
        else None,
        "vertebrae": len(document.vertebrae),
        "vertebrae_measured": measured,
        "fractures_present": len(grades),
        "fractures_indeterminate": _fractures(document, "indeterminate"),
        "highest_genant_grade": max(grades, default=None),
        "segmented_by": document.segmentation.produced_by,
        "level_naming": document.segmentation.naming,
        "profiles": ", ".join(document.profiles),
        "notes": " ".join((*(leading.corrections if leading else ()), *document.notes)) or None,
        "vfa_version": document.vfa_version,
    }
    return {column.name: row[column.name] for column in STUDIES}


def _series_uid(document: AssessmentFile) -> str:
    return document.series[0].series_instance_uid if document.series else ""


def _fractures(document: AssessmentFile, status: str) -> int:
    return sum(
        not isinstance(vertebra.deformity, Missing) and vertebra.deformity.fracture == status
        for vertebra in document.vertebrae
    )


def _conclusions(vertebra: Vertebra) -> Row:
    names = ("vertebroplasty", "kyphoplasty")
    return {name: one.conclusion if (one := vertebra.procedures.get(name)) else None for name in names}  # type: ignore[call-overload]
