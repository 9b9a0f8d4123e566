"""What was measured, as a plain table for a spreadsheet or a data frame: one row per level, units in column names.

A number that could not be had leaves its cells empty, and the reason stands in the column `<quantity>_unmeasurable`,
so that an empty cell is never mistaken for zero and never goes unexplained.
"""

from __future__ import annotations

import csv
import importlib
import importlib.util
import io
import json

from vfa.errors import UsageError
from vfa.model.estimate import Estimate, Measured, Unmeasurable
from vfa.model.findings import StudyFindings, VertebraFindings
from vfa.model.morphometry import (
    COLUMNS,
    BodyHeights,
    Deformity,
    ExpectedHeights,
    HeightLoss,
    LateralLoss,
    ThreeHeights,
)

Cell = str | float | int | bool | None
Row = dict[str, Cell]

SUFFIXES = (".csv", ".json", ".parquet")


def measurement_file(findings: StudyFindings, suffix: str) -> bytes:
    """The table of all levels as a file of this kind.

    Args:
        findings: what was measured.
        suffix: ".csv", ".json" (a list of rows; empty cells are left out) or ".parquet".

    Raises:
        UsageError: for another kind, or for Parquet without pyarrow.
    """
    rows = [measurement_row(vertebra) for vertebra in findings.vertebrae]
    if suffix == ".csv":
        return _csv(rows)
    if suffix == ".json":
        filled = [{name: cell for name, cell in row.items() if cell is not None} for row in rows]
        return (json.dumps(filled, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
    if suffix == ".parquet":
        return _parquet(rows)
    raise UsageError(f"--out: expected a name ending in {', '.join(SUFFIXES)}, got {suffix or 'no ending'}")


def measurement_row(vertebra: VertebraFindings) -> Row:
    """One level; every row has the same columns in the same order."""
    x, y, z = (float(value) for value in vertebra.centre_lps)
    wall = vertebra.posterior_wall
    return {
        "level": vertebra.level,
        "level_confidence": vertebra.level_confidence,
        "status": vertebra.status,
        "centre_lps_x_mm": x,
        "centre_lps_y_mm": y,
        "centre_lps_z_mm": z,
        "touches_border": bool(vertebra.touches_border),
        "treated_with": vertebra.treated or None,
        **_heights(vertebra.heights),
        **_expected(vertebra.expected_heights),
        **_losses(vertebra),
        **_deformity(vertebra.deformity),
        "posterior_wall": None if isinstance(wall, Unmeasurable) else wall.status.value,
        "posterior_wall_unmeasurable": _why(wall),
        **_estimate("retropulsion_mm", wall if isinstance(wall, Unmeasurable) else wall.retropulsion_mm),
        **_estimate("canal_ap_mm", wall if isinstance(wall, Unmeasurable) else wall.canal_ap_mm),
        **_estimate("marrow_mean_hu", vertebra.marrow_mean_hu),
    }


def _why(part: object) -> str | None:
    return part.reason.value if isinstance(part, Unmeasurable) else None


def _estimate(name: str, measured: Measured) -> Row:
    """A number, the bounds of its 95 % interval, and why there is none."""
    return {**_bounds(name, measured), f"{name}_unmeasurable": _why(measured)}


def _bounds(name: str, measured: Measured) -> Row:
    names = (name, f"{name}_ci95_low", f"{name}_ci95_high")
    if isinstance(measured, Estimate):
        return dict(zip(names, (float(measured.value), *(float(bound) for bound in measured.ci95)), strict=True))
    return dict.fromkeys(names)


def _columns(prefix: str, heights: ThreeHeights | Unmeasurable) -> Row:
    row: Row = {}
    for column in COLUMNS:
        row |= _bounds(f"{prefix}{column}_mm", heights if isinstance(heights, Unmeasurable) else heights[column])
    return row


def _heights(heights: BodyHeights | Unmeasurable) -> Row:
    centre = heights if isinstance(heights, Unmeasurable) else heights.centre
    return {**_columns("", centre), "heights_unmeasurable": _why(heights)}


def _expected(expected: ExpectedHeights | Unmeasurable) -> Row:
    return {
        **_columns("expected_", expected if isinstance(expected, Unmeasurable) else expected.heights),
        "expected_heights_reference": None if isinstance(expected, Unmeasurable) else expected.reference,
        "expected_heights_unmeasurable": _why(expected),
    }


def _losses(vertebra: VertebraFindings) -> Row:
    loss: HeightLoss | Unmeasurable = vertebra.height_loss
    lateral: LateralLoss | Unmeasurable = vertebra.lateral_loss
    return {
        **_estimate("height_loss_fraction", loss if isinstance(loss, Unmeasurable) else loss.fraction),
        "height_loss_column": None if isinstance(loss, Unmeasurable) else loss.column,
        **_estimate("lateral_loss_fraction", lateral if isinstance(lateral, Unmeasurable) else lateral.fraction),
        "lateral_loss_side": None if isinstance(lateral, Unmeasurable) else lateral.side,
    }


def _deformity(deformity: Deformity | Unmeasurable) -> Row:
    if isinstance(deformity, Unmeasurable):
        facts: Row = dict.fromkeys(("fracture", "genant_grade", "shape"))
    else:
        facts = {
            "fracture": deformity.fracture.value,
            "genant_grade": deformity.genant_grade,
            "shape": deformity.shape.value,
        }
    return {**facts, "deformity_unmeasurable": _why(deformity)}


def _csv(rows: list[Row]) -> bytes:
    text = io.StringIO(newline="")
    names = list(rows[0]) if rows else ["level"]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _parquet(rows: list[Row]) -> bytes:
    if importlib.util.find_spec("pyarrow") is None:
        raise UsageError(
            "--out: Parquet needs pyarrow; install it with pip install 'vfa[batch]', or write .csv or .json"
        )
    arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    stream = io.BytesIO()
    parquet.write_table(arrow.Table.from_pylist(rows), stream)
    return stream.getvalue()
