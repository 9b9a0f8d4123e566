"""One row per level; an empty cell always has its reason beside it."""

from __future__ import annotations

import csv
import importlib.util
import io
import json

import pytest

from tests.report import made_up
from vfa.errors import UsageError
from vfa.report.measurements import measurement_file, measurement_row


def rows() -> dict[str, dict[str, str]]:
    text = measurement_file(made_up.findings(), ".csv").decode()
    return {row["level"]: row for row in csv.DictReader(io.StringIO(text))}


def test_every_level_has_a_row_with_its_numbers_from_head_to_foot() -> None:
    table = rows()
    assert list(table) == ["T11", "T12", "L1", "L2"]
    l1 = table["L1"]
    assert float(l1["anterior_mm"]) == 18.2
    assert float(l1["anterior_mm_ci95_low"]) == pytest.approx(17.6)
    assert float(l1["posterior_mm"]) == 26.4
    assert float(l1["expected_anterior_mm"]) == 26.4
    assert float(l1["height_loss_fraction"]) == 0.31
    assert float(l1["height_loss_fraction_ci95_high"]) == pytest.approx(0.35)
    assert (l1["height_loss_column"], l1["fracture"], l1["genant_grade"], l1["shape"]) == (
        "anterior",
        "present",
        "2",
        "wedge",
    )
    assert (l1["posterior_wall"], float(l1["retropulsion_mm"])) == ("intact", 0.4)


def test_an_empty_number_has_its_reason_beside_it() -> None:
    t11 = rows()["T11"]
    assert (t11["anterior_mm"], t11["heights_unmeasurable"]) == ("", "touches_border")
    assert (t11["height_loss_fraction"], t11["height_loss_fraction_unmeasurable"]) == ("", "touches_border")
    assert (t11["fracture"], t11["deformity_unmeasurable"]) == ("", "touches_border")
    assert rows()["L1"]["heights_unmeasurable"] == ""


def test_all_rows_have_the_same_columns() -> None:
    columns = {tuple(measurement_row(vertebra)) for vertebra in made_up.findings().vertebrae}
    assert len(columns) == 1


def test_every_length_says_its_unit_in_the_column_name() -> None:
    for name, cell in measurement_row(made_up.wedge_at_l1()).items():
        if isinstance(cell, float):
            assert any(unit in name for unit in ("_mm", "_fraction", "_hu", "_confidence")), name


def test_the_json_file_leaves_empty_cells_out() -> None:
    written = json.loads(measurement_file(made_up.findings(), ".json"))
    assert [row["level"] for row in written] == ["T11", "T12", "L1", "L2"]
    assert "anterior_mm" not in written[0]
    assert written[0]["heights_unmeasurable"] == "touches_border"
    assert written[2]["anterior_mm"] == 18.2


def test_another_ending_is_refused_with_the_endings_that_are_known() -> None:
    with pytest.raises(UsageError, match=r"\.csv, \.json, \.parquet, got \.xlsx"):
        measurement_file(made_up.findings(), ".xlsx")


def test_parquet_without_pyarrow_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="pip install"):
        measurement_file(made_up.findings(), ".parquet")
