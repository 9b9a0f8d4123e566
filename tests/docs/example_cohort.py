"""A made-up cohort of 40 patients and a reader's table of it, for the pages of docs/ that need one.

Run it to write both into a folder: python -m tests.docs.example_cohort FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from vfa.batch.cohort import write_cohort
from vfa.batch.columns import STUDIES, VERTEBRAE
from vfa.batch.failure import Failure
from vfa.batch.work import StudyDone
from vfa.model.morphometry import genant_grade

LEVELS = ("T11", "T12", "L1", "L2", "L3", "L4", "L5")
FRACTURE_SHARE = (0.05, 0.15, 0.25, 0.1, 0.05, 0.05, 0.0)
PATIENTS = 40
EXPECTED_MM = 26.0
READ_STUDIES = 20


def write_example(folder: Path) -> None:
    """Write `export-result/` as vfa batch does, and `readings.csv`, a reader's values at some of its levels."""
    rng = np.random.default_rng(4)
    outcomes: list[StudyDone | Failure] = []
    readings = ["study_instance_uid,level,anterior_mm,genant_grade"]
    for number in range(PATIENTS):
        study = f"2.25.{1000 + number}"
        rows = [_vertebra(rng, study, level, share) for level, share in zip(LEVELS, FRACTURE_SHARE, strict=True)]
        outcomes.append(StudyDone(_study(study, rows), rows))
        if number < READ_STUDIES:
            readings += [_reading(rng, row) for row in rows]
    outcomes.append(Failure("assess", "geometry_refused", "Slices are missing.", "archive/7", "2.25.7"))
    write_cohort(folder / "export-result", outcomes, 0)
    (folder / "readings.csv").write_text("\n".join(readings) + "\n", encoding="utf-8")


def _vertebra(rng: np.random.Generator, study: str, level: str, share: float) -> dict[str, object]:
    is_fractured = bool(rng.random() < share)
    loss = float(rng.uniform(0.22, 0.5) if is_fractured else rng.normal(0, 0.03))
    row: dict[str, object] = dict.fromkeys(column.name for column in VERTEBRAE)
    return {
        **row,
        "study_instance_uid": study,
        "series_instance_uid": f"{study}.1",
        "level": level,
        "status": "measured",
        "anterior_mm": EXPECTED_MM * (1 - loss),
        "height_loss_fraction": loss,
        "fracture": "present" if is_fractured else "absent",
        "genant_grade": genant_grade(loss),
        "touches_border": False,
    }


def _study(study: str, rows: list[dict[str, object]]) -> dict[str, object]:
    present = sum(row["fracture"] == "present" for row in rows)
    known: dict[str, object] = {
        "study_instance_uid": study,
        "series_instance_uid": f"{study}.1",
        "patient_id": f"P{study}",
        "status": "measured",
        "modality": "CT",
        "vertebrae": len(rows),
        "vertebrae_measured": len(rows),
        "fractures_present": present,
        "fractures_indeterminate": 0,
    }
    return {**dict.fromkeys(column.name for column in STUDIES), **known}


def _reading(rng: np.random.Generator, row: dict[str, object]) -> str:
    anterior_mm = float(row["anterior_mm"]) + rng.normal(0.3, 0.9)  # type: ignore[arg-type]
    grade = genant_grade(1 - anterior_mm / EXPECTED_MM)
    return f"{row['study_instance_uid']},{row['level']},{anterior_mm:.1f},{grade}"


if __name__ == "__main__":
    write_example(Path(sys.argv[1]))
