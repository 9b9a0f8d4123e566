"""A batch from export to cohort: resumed, redone, locked, stopped, killed, and the same in the end."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import labels_beside
from tests.batch import boxes
from tests.batch.conftest import METHOD, SmallExport, tables
from vfa.batch import run as run_module
from vfa.batch.cohort import read_cohort, write_cohort
from vfa.batch.failure import Failure
from vfa.batch.journal import JOURNAL, only_one_batch
from vfa.batch.retry import Retry
from vfa.batch.run import BatchSummary
from vfa.batch.stop import ExportGone, NoSpaceLeft
from vfa.batch.work import RECORD, StudyWork, assess_study
from vfa.batch.worker import WorkerLimits
from vfa.errors import InputRefused, UsageError
from vfa.report.files import write_files
from vfa.report.json import read_assessment

Run = Callable[..., BatchSummary]
Tables = dict[str, bytes]


def counts(summary: BatchSummary) -> tuple[int, int, int]:
    return summary.done, summary.failed, summary.plan.kept


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Work without worker processes, for tests of what is done and not of who does it; lists the studies started."""
    started: list[str] = []

    def here(works: Any, function: Any, pool: Any, limits: Any, on_start: Any) -> Any:
        for work in works:
            on_start(work)
            started.append(work.study_id)
            yield run_module.Ended(work, function(work))

    monkeypatch.setattr("vfa.batch.run.work_off", here)
    return started


def test_every_study_is_assessed_and_stands_in_the_cohort(
    finished: Tables, finished_once: tuple[Path, BatchSummary], export: SmallExport, tmp_path: Path
) -> None:
    assert counts(finished_once[1]) == (3, 0, 0)
    cohort = read_cohort(tmp_path / "out")
    uids = sorted(study.study_instance_uid for study in export.studies)
    assert list(cohort.studies["study_instance_uid"]) == uids
    assert list(cohort.vertebrae["level"]) == list(boxes.LEVELS) * 3
    crushed = cohort.vertebrae[cohort.vertebrae["level"] == boxes.CRUSHED]
    assert (crushed["middle_mm"] < boxes.INTACT_MM - 5).all()
    assert (crushed["fracture"] == "present").all()
    assert set(cohort.studies["fractures_present"]) == {1}
    assert cohort.failures.empty
    for uid in uids:
        document = read_assessment(tmp_path / "out" / "studies" / uid)
        assert document.study_instance_uid == uid
        heights = {v.level: v.heights_mm.middle.value for v in document.vertebrae if v.status == "measured"}  # type: ignore[union-attr]
        rows = cohort.vertebrae[cohort.vertebrae["study_instance_uid"] == uid]
        assert dict(zip(rows["level"], rows["middle_mm"], strict=True)) == heights


def test_a_second_run_does_nothing_and_writes_the_same_tables(
    run: Run, finished: Tables, in_this_process: list[str], tmp_path: Path
) -> None:
    assert counts(run()) == (0, 0, 3)
    assert in_this_process == []
    assert tables(tmp_path / "out") == finished


def test_a_changed_file_a_new_setting_or_a_lost_result_is_done_again_and_said(
    run: Run, finished: Tables, export: SmallExport, in_this_process: list[str], tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(export.folder, copy)
    changed, lost = export.studies[0], export.studies[1]
    shutil.rmtree(tmp_path / "out" / "studies" / lost.study_instance_uid)
    os.utime(next((copy / changed.folder).glob("*.dcm")), ns=(1, 1))
    summary = run(export=copy)
    assert summary.plan.reasons == {"its input changed": 1, "its files are gone": 1}
    assert counts(summary) == (2, 0, 1)
    summary = run(export=copy, method=replace(METHOD, profiles=("seed-residual-one-third",)))
    assert summary.plan.reasons == {"the settings changed": 3}


def test_a_study_that_left_the_export_leaves_the_cohort(
    run: Run, finished: Tables, export: SmallExport, in_this_process: list[str], tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(export.folder, copy)
    shutil.rmtree(copy / export.studies[2].folder)
    assert counts(run(export=copy)) == (0, 0, 2)
    left = read_cohort(tmp_path / "out").studies["study_instance_uid"]
    assert export.studies[2].study_instance_uid not in set(left)
    assert len(left) == 2


def test_a_failed_study_stays_failed_until_it_is_asked_for(
    run: Run, export: SmallExport, in_this_process: list[str], tmp_path: Path
) -> None:
    export.trouble(1).write_text("fault")
    assert counts(run()) == (2, 1, 0)
    (failure,) = read_cohort(tmp_path / "out").failures.to_dict("records")
    assert failure["study_instance_uid"] == export.studies[1].study_instance_uid
    assert failure["reason"] == "fault_of_vfa"
    assert failure["why"] == "ZeroDivisionError: float division by zero"
    assert failure["where"] == export.studies[1].folder.as_posix()
    assert failure["what_to_do"]
    export.trouble(1).unlink()
    assert counts(run()) == (0, 0, 3)
    assert counts(run(retry=Retry.FAILED)) == (1, 0, 2)
    assert read_cohort(tmp_path / "out").failures.empty


def test_a_study_without_space_is_a_row_and_the_next_run_does_it_without_being_asked(
    run: Run, export: SmallExport, in_this_process: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("vfa.batch.work.write_files", full_at(1, tmp_path))
        summary = run()
    assert counts(summary) == (2, 1, 0)
    assert summary.failures == {"disk_full": 1}
    (failure,) = read_cohort(tmp_path / "out").failures.to_dict("records")
    assert (failure["reason"], failure["why"]) == ("disk_full", "no space left on the disk to write its results")
    assert failure["where"] in {study.folder.as_posix() for study in export.studies}
    assert "repeat the command" in failure["what_to_do"]
    summary = run()
    assert (counts(summary), summary.plan.reasons) == ((1, 0, 2), {"failed before": 1})
    assert read_cohort(tmp_path / "out").failures.empty


def test_study_after_study_without_space_stops_the_batch(
    run: Run, export: SmallExport, in_this_process: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("vfa.batch.work.write_files", full_at(3, tmp_path))
        with pytest.raises(NoSpaceLeft, match="repeat the command, which resumes"):
            run()
    assert set(read_cohort(tmp_path / "out").failures["reason"]) == {"disk_full"}
    assert counts(run()) == (3, 0, 0)


def full_at(studies: int, folder: Path) -> Callable[[Path, Any], Any]:
    """A `write_files` that finds no space for so many studies, and then some."""
    left = [studies]

    def write(to: Path, contents: Any) -> Any:
        if not left[0]:
            return write_files(to, contents)
        left[0] -= 1
        raise OSError(errno.ENOSPC, "No space left on device", str(folder))

    return write


def test_an_export_that_vanishes_stops_the_batch_and_no_study_counts_as_failed(
    run: Run, export: SmallExport, in_this_process: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    copy = tmp_path / "drive"
    shutil.copytree(export.folder, copy)

    def unplugged(work: StudyWork) -> Any:
        if len(in_this_process) == 2:
            copy.rename(tmp_path / "elsewhere")
            copy.mkdir()  # the place where it was mounted
            return Failure("assess", "unreadable_file", "no such file", work.place, work.study_id)
        return assess_study(work)

    with monkeypatch.context() as patch:
        patch.setattr("vfa.batch.run.assess_study", unplugged)
        with pytest.raises(ExportGone, match="bring it back and repeat the command"):
            run(export=copy)
    assert len(read_cohort(tmp_path / "out").studies) == 1
    copy.rmdir()
    (tmp_path / "elsewhere").rename(copy)
    assert counts(run(export=copy)) == (2, 0, 1)


def test_a_table_held_open_elsewhere_stops_no_batch(
    run: Run, in_this_process: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Windows refuses to replace a file that a spreadsheet has open."""
    held = [True]

    def refused(*arguments: Any) -> Any:
        if held[0]:
            raise PermissionError(errno.EACCES, "Permission denied", "vertebrae.csv")
        return write_cohort(*arguments)

    monkeypatch.setattr("vfa.batch.run.write_cohort", refused)
    monkeypatch.setattr("vfa.batch.run.COHORT_EVERY_S", 0.0)
    with pytest.raises(UsageError, match="close what holds it open"):
        run()
    assert len(in_this_process) == 3
    held[0] = False
    assert counts(run()) == (0, 0, 3)


def test_results_finished_though_not_entered_are_adopted(
    run: Run, finished: Tables, in_this_process: list[str], tmp_path: Path
) -> None:
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / "out" / f"{JOURNAL}{suffix}").unlink(missing_ok=True)
    assert counts(run()) == (0, 0, 3)
    assert in_this_process == []
    assert tables(tmp_path / "out") == finished


def test_a_result_half_replaced_by_a_kill_is_never_taken_for_finished(
    run: Run, finished: Tables, in_this_process: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(METHOD, profiles=("seed-residual-one-third",))

    def killed_halfway(folder: Path, contents: Any) -> Any:
        (folder / "assessment.json").write_bytes(contents["assessment.json"])
        raise KeyboardInterrupt  # the record of the second method was not yet written

    with monkeypatch.context() as patch:
        patch.setattr("vfa.batch.work.write_files", killed_halfway)
        with pytest.raises(KeyboardInterrupt):
            run(method=other)
    del in_this_process[:]
    run()
    assert len(in_this_process) == 1
    assert tables(tmp_path / "out") == finished


def test_two_batches_never_share_a_folder(run: Run, tmp_path: Path) -> None:
    with only_one_batch(tmp_path / "out"), pytest.raises(UsageError, match="another batch is working there"):
        run()


def test_a_folder_that_holds_something_else_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / JOURNAL).write_text("my shopping list " * 100)
    with pytest.raises(UsageError, match="no journal of vfa batch"):
        run()


def test_results_may_not_lie_within_the_export(run: Run, export: SmallExport) -> None:
    for out in (export.folder, export.folder / "A" / "result"):
        with pytest.raises(UsageError, match="lies within the export"):
            run(out=out)
    assert not (export.folder / "A" / "result").exists()


def test_an_export_without_studies_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    with pytest.raises(InputRefused, match="no study among 0 files"):
        run(export=tmp_path / "nothing")
    with pytest.raises(UsageError, match="does not exist"):
        run(export=tmp_path / "nowhere")


@pytest.mark.slow
def test_hanging_dying_and_devouring_studies_are_a_row_each(run: Run, export: SmallExport, tmp_path: Path) -> None:
    """The limit holds for the hanging study alone, so that a slow machine fails no sound one."""

    def row(study: int, trouble: str, **options: Any) -> dict[str, str]:
        export.trouble(study).write_text(trouble)
        assert counts(run(retry=Retry.FAILED, **options))[1] == 1
        (found,) = read_cohort(tmp_path / "out").failures.to_dict("records")
        assert found["study_instance_uid"] == export.studies[study].study_instance_uid
        assert found["where"] == export.studies[study].folder.as_posix()
        return found

    killed = row(0, "die", workers=2)
    assert (killed["reason"], killed["why"]) == ("worker_killed", "the worker process ended without an answer")
    assert "use fewer workers" in killed["what_to_do"]
    hanging = row(0, "hang", limits=WorkerLimits(seconds=3.0))
    assert (hanging["reason"], "Raise --time-limit" in hanging["what_to_do"]) == ("time_limit", True)
    devouring = row(0, "eat memory", limits=WorkerLimits(memory_bytes=2 * 2**30))
    assert (devouring["reason"], "--memory-limit" in devouring["what_to_do"]) == ("out_of_memory", True)
    export.trouble(0).unlink()
    assert counts(run(retry=Retry.FAILED)) == (1, 0, 2)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_batch_killed_again_and_again_ends_with_the_same_tables_and_does_nothing_twice(
    finished: Tables, export: SmallExport, tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    command = [sys.executable, "-m", "vfa", "batch", str(export.folder), "--out", str(out), "--workers", "1"]
    command += ["--segmenter", labels_beside.NAME, "--emit", "json", "--progress", "none"]
    kept: dict[Path, int] = {}
    for wanted in (1, 2):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        wait_until_done(out, wanted)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert all(path.stat().st_mtime_ns == made for path, made in kept.items())
        kept = {path: path.stat().st_mtime_ns for path in out.glob(f"studies/*/{RECORD}")}
        assert len(kept) >= wanted
        assert all(json.loads(path.read_text())["stamp"] for path in kept)
    last = subprocess.run(command, capture_output=True, text=True, check=False)
    assert last.returncode == 0, last.stderr
    assert tables(out) == finished
    assert all(path.stat().st_mtime_ns == made for path, made in kept.items())
    assert not list(out.rglob("*.tmp"))


def done_in(out: Path) -> int:
    if not (out / JOURNAL).exists():
        return 0
    database = sqlite3.connect(out / JOURNAL)
    try:
        return int(database.execute("SELECT count(*) FROM study WHERE state = 'done'").fetchone()[0])
    except sqlite3.OperationalError:
        return 0  # asked before its tables were made
    finally:
        database.close()


def wait_until_done(out: Path, studies: int) -> None:
    end = time.monotonic() + 300.0
    while done_in(out) < studies:
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)
