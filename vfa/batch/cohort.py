"""How does a batch become a cohort? Three tables as Parquet and CSV, a data dictionary, and one page.

The tables hold nothing of the run that made them (no times, no paths of this machine), so that equal inputs give
equal files, byte for byte.
"""

from __future__ import annotations

import csv
import importlib
import importlib.util
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vfa.batch.columns import SORTED_BY, TABLES, Column
from vfa.batch.failure import Failure
from vfa.batch.rows import Row
from vfa.batch.work import StudyDone
from vfa.errors import InputRefused, UsageError
from vfa.model.anatomy import order
from vfa.report.cohort_html import CohortPage, render_cohort
from vfa.report.files import write_files

if TYPE_CHECKING:
    import pandas

FOLDER = "cohort"
PAGE = "cohort.html"
REPORT_NAMES = ("report.html", "assessment.json")
DICTIONARY = "data_dictionary.csv"
Tables = Mapping[str, list[Row]]

_ARROW_KIND = {"text": "string", "number": "float64", "whole": "int64", "truth": "bool_"}
_PANDAS_KIND = {"text": "string", "number": "Float64", "whole": "Int64", "truth": "boolean"}


def check_packages() -> None:
    """Say what is missing before a night's work, not after it.

    Raises:
        UsageError: without the packages of the extra `batch`.
    """
    missing = [name for name in ("pyarrow", "pandas") if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(f"a cohort needs {' and '.join(missing)}; install with pip install 'vfa[batch]'")


def tables_of(outcomes: Iterable[StudyDone | Failure]) -> dict[str, list[Row]]:
    """The three tables, sorted, every row with every column."""
    rows: dict[str, list[Row]] = {name: [] for name in TABLES}
    for outcome in outcomes:
        if isinstance(outcome, StudyDone):
            rows["studies"].append(outcome.study)
            rows["vertebrae"] += outcome.vertebrae
        else:
            rows["failures"].append({**vars(outcome), "what_to_do": outcome.what_to_do})
    for name, keys in SORTED_BY.items():
        rows[name].sort(key=lambda row, keys=keys: tuple(row[key] or "" for key in keys))  # type: ignore[misc]
    rows["vertebrae"].sort(key=lambda row: (row["study_instance_uid"], row["series_instance_uid"], order(row["level"])))
    return rows


def write_cohort(out: Path, outcomes: Iterable[StudyDone | Failure], open_studies: int) -> Path:
    """Write `OUT/cohort/` and return its path; every file appears by rename.

    Args:
        out: the batch's folder.
        outcomes: what became of each study.
        open_studies: how many are still to be done, said on the page.

    Raises:
        OSError: when it cannot be written.
    """
    tables = tables_of(outcomes)
    contents: dict[str, bytes] = {}
    for name, columns in TABLES.items():
        contents[f"{name}.parquet"] = _parquet(tables[name], columns)
        contents[f"{name}.csv"] = _csv(tables[name], [column.name for column in columns])
    contents[DICTIONARY] = data_dictionary()
    page = CohortPage(
        tables["studies"], tables["vertebrae"], tables["failures"], open_studies, _reports(out, tables["studies"])
    )
    contents[PAGE] = render_cohort(page).encode()
    write_files(out / FOLDER, contents)
    return out / FOLDER


def _reports(out: Path, studies: list[Row]) -> dict[str, str]:
    """Where each study's report lies, as seen from the page."""
    reports = {}
    for row in studies:
        study = row["study_instance_uid"]
        name = next((name for name in REPORT_NAMES if (out / "studies" / study / name).is_file()), "")
        if name:
            reports[study] = f"../studies/{study}/{name}"
    return reports


def data_dictionary() -> bytes:
    """Every column of every table with its type, unit and meaning, as CSV."""
    rows = [
        {"table": table, "column": column.name, "type": column.kind, "unit": column.unit, "meaning": column.meaning}
        for table, columns in TABLES.items()
        for column in columns
    ]
    return _csv(rows, list(rows[0]))


def _csv(rows: list[Row], names: list[str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _parquet(rows: list[Row], columns: tuple[Column, ...]) -> bytes:
    arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    fields = [
        arrow.field(column.name, getattr(arrow, _ARROW_KIND[column.kind])(), metadata=_metadata(column))
        for column in columns
    ]
    stream = io.BytesIO()
    parquet.write_table(arrow.Table.from_pylist(rows, schema=arrow.schema(fields)), stream)
    return stream.getvalue()


def _metadata(column: Column) -> dict[str, str]:
    return {"meaning": column.meaning, "unit": column.unit}


@dataclass(frozen=True, eq=False)
class Cohort:
    """A cohort's tables as pandas frames; units are in the column names, missing values are pandas.NA.

    Args:
        vertebrae: one row per level.
        studies: one row per study.
        failures: one row per study, file or clinical row that could not be taken.
        folder: where they were read from.
    """

    vertebrae: pandas.DataFrame
    studies: pandas.DataFrame
    failures: pandas.DataFrame
    folder: Path


def read_cohort(folder: Path | str) -> Cohort:
    """Read the cohort of a batch's output folder, or the cohort folder itself.

    Raises:
        InputRefused: if there is none.
        UsageError: without pandas and pyarrow.
    """
    check_packages()
    given = Path(folder)
    place = given if (given / "vertebrae.parquet").is_file() else given / FOLDER
    if not (place / "vertebrae.parquet").is_file():
        raise InputRefused(f"{given}: expected a folder written by vfa batch, found no {FOLDER}/vertebrae.parquet")
    frames: dict[str, Any] = {name: _frame(place / f"{name}.parquet", columns) for name, columns in TABLES.items()}
    return Cohort(**frames, folder=place)


def _frame(path: Path, columns: tuple[Column, ...]) -> pandas.DataFrame:
    import pandas

    try:
        table = importlib.import_module("pyarrow.parquet").read_table(path)
    except (OSError, ValueError) as error:  # ArrowInvalid is a ValueError
        raise InputRefused(f"{path}: cannot be read ({error}); run vfa batch again") from error
    kinds = {column.name: _PANDAS_KIND[column.kind] for column in columns if column.name in table.column_names}
    rows: dict[str, Any] = table.to_pydict()
    return pandas.DataFrame({name: pandas.array(rows[name], dtype=kind) for name, kind in kinds.items()})
