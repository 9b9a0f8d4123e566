"""The cohort's tables: every measured column is there and explained, types hold in empty tables, the page is whole."""

from __future__ import annotations

import csv
import errno
from pathlib import Path

import pandas
import pytest

from tests.report import made_up
from vfa.batch.cohort import read_cohort, tables_of, write_cohort
from vfa.batch.columns import TABLES, VERTEBRAE
from vfa.batch.failure import WHAT_TO_DO, Failure, reason_of
from vfa.batch.rows import study_row, vertebra_rows
from vfa.batch.work import StudyDone
from vfa.errors import GeometryRefused, InputRefused, NotAnImage, UsageError
from vfa.report.cohort_html import CohortPage, level_lines, study_lines, wilson_interval
from vfa.report.document import to_document
from vfa.report.measurements import measurement_row


def done(study: str = "1.2.3") -> StudyDone:
    assessment = made_up.assessment()
    document = to_document(assessment)
    return StudyDone(study_row(study, "P1", document), vertebra_rows(study, document, assessment.findings))


def test_every_measured_column_stands_in_the_dictionary_and_no_other() -> None:
    measured = list(measurement_row(made_up.findings().vertebrae[0]))
    ours = [column.name for column in VERTEBRAE]
    keys = ["study_instance_uid", "series_instance_uid", "vertebroplasty", "kyphoplasty"]
    assert sorted(ours) == sorted([*measured, *keys])
    assert all(column.meaning for columns in TABLES.values() for column in columns)


def test_rows_say_what_the_assessment_says() -> None:
    outcome = done()
    by_level = {row["level"]: row for row in outcome.vertebrae}
    assert list(by_level) == ["T11", "T12", "L1", "L2"]
    wedge = by_level["L1"]
    assert (wedge["anterior_mm"], wedge["fracture"], wedge["genant_grade"], wedge["shape"]) == (
        18.2,
        "present",
        2,
        "wedge",
    )
    assert (wedge["vertebroplasty"], wedge["kyphoplasty"]) == ("indeterminate", "contraindicated")
    cut = by_level["T11"]
    assert (cut["status"], cut["anterior_mm"], cut["heights_unmeasurable"]) == ("unmeasurable", None, "touches_border")
    study = outcome.study
    assert (study["vertebrae"], study["vertebrae_measured"], study["fractures_present"]) == (4, 3, 1)
    assert (study["modality"], study["patient_id"], study["highest_genant_grade"]) == ("CT", "P1", 2)


def test_tables_are_sorted_whatever_the_order_of_the_outcomes(tmp_path: Path) -> None:
    failures = [Failure("scan", "unreadable_file", "cut", name) for name in ("b", "a")]
    one, other = [done("1.2"), done("1.1"), *failures], [*failures[::-1], done("1.1"), done("1.2")]
    assert tables_of(one) == tables_of(other)
    write_cohort(tmp_path / "one", one, 0)
    write_cohort(tmp_path / "other", other, 0)
    for path in (tmp_path / "one" / "cohort").iterdir():
        assert path.read_bytes() == (tmp_path / "other" / "cohort" / path.name).read_bytes()


def test_frames_have_types_and_missing_values_even_when_empty(tmp_path: Path) -> None:
    write_cohort(tmp_path / "empty", [], 0)
    write_cohort(tmp_path / "full", [done()], 0)
    empty, full = read_cohort(tmp_path / "empty"), read_cohort(tmp_path / "full" / "cohort")
    for name in TABLES:
        assert getattr(empty, name).dtypes.to_dict() == getattr(full, name).dtypes.to_dict()
        assert getattr(empty, name).empty
    assert full.vertebrae["anterior_mm"][0] is pandas.NA
    assert full.vertebrae["genant_grade"].dtype == "Int64"


def test_csv_and_parquet_hold_the_same(tmp_path: Path) -> None:
    write_cohort(tmp_path, [done()], 0)
    rows = list(csv.DictReader((tmp_path / "cohort" / "vertebrae.csv").read_text().splitlines()))
    frame = read_cohort(tmp_path).vertebrae
    assert list(rows[0]) == list(frame.columns)
    assert [float(row["anterior_mm"]) for row in rows if row["anterior_mm"]] == list(frame["anterior_mm"].dropna())


def test_the_page_counts_links_and_escapes(tmp_path: Path) -> None:
    (tmp_path / "studies" / "1.2.3").mkdir(parents=True)
    (tmp_path / "studies" / "1.2.3" / "report.html").touch()
    hostile = Failure("assess", "not_an_image", "<script>alert(1)</script>", "x")
    write_cohort(tmp_path, [done(), hostile], 7)
    page = (tmp_path / "cohort" / "cohort.html").read_text(encoding="utf-8")
    assert "1 study, 4 vertebrae" in page
    assert "7 studies still to be done" in page
    assert "L1 (grade 2)" in page
    assert 'href="../studies/1.2.3/report.html"' in page
    assert "not an image" in page
    assert "<script>" not in page
    assert "://" not in page


def test_the_page_lists_first_what_wants_looking_at_and_pools_bodies_without_a_name(tmp_path: Path) -> None:
    calm, broken, open_ = done("1.1"), done("1.2"), done("1.3")
    for one, fracture in ((calm, "absent"), (open_, "indeterminate")):
        one.study.update(fractures_present=0, highest_genant_grade=None)
        for row in one.vertebrae:
            row.update(fracture=fracture)
    for row, level in zip(calm.vertebrae, ("V1", "V2", "V3", "V4"), strict=True):
        row.update(level=level)
    all_ = (calm, broken, open_)
    page = CohortPage([one.study for one in all_], [row for one in all_ for row in one.vertebrae], [], 0, {})
    assert [line.row["study_instance_uid"] for line in study_lines(page)] == ["1.2", "1.3", "1.1"]
    assert [line.level for line in level_lines(page.vertebrae)] == ["T11", "T12", "L1", "L2", "not named"]


def test_the_interval_of_a_share_is_wilsons() -> None:
    """Newcombe, Stat Med 1998;17:857–872, table I: 81 of 263 and 0 of 20 by the score method."""
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=0.00005)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=0.00005)


def test_a_folder_without_a_cohort_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="expected a folder written by vfa batch"):
        read_cohort(tmp_path)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NotAnImage("x"), "not_an_image"),
        (GeometryRefused("x"), "geometry_refused"),
        (UsageError("x"), "wrong_use"),
        (MemoryError(), "out_of_memory"),
        (RuntimeError("std::bad_alloc"), "out_of_memory"),
        (PermissionError("x"), "unreadable_file"),
        (OSError(errno.ENOSPC, "x"), "disk_full"),
        (KeyError("x"), "fault_of_vfa"),
    ],
)
def test_every_error_has_a_reason_with_advice(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason
    assert WHAT_TO_DO[reason]
