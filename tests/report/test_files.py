"""Files stand complete or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vfa.report import files
from vfa.report.files import write_files


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_files_are_written_in_the_order_given_and_nothing_else_is_left(tmp_path: Path) -> None:
    written = write_files(tmp_path / "a" / "b", {"report.html": b"page", "assessment.json": b"{}"})
    assert [path.name for path in written] == ["report.html", "assessment.json"]
    assert written[0].read_bytes() == b"page"
    assert names(tmp_path / "a" / "b") == {"report.html", "assessment.json"}


def test_a_file_of_an_earlier_run_is_replaced_and_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / "assessment.json").write_text("old")
    (tmp_path / "notes.txt").write_text("mine")
    write_files(tmp_path, {"assessment.json": b"new"})
    assert (tmp_path / "assessment.json").read_bytes() == b"new"
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_crash_while_the_second_file_is_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []

    def full_on_the_second(descriptor: int) -> None:
        flushed.append(descriptor)
        if len(flushed) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full_on_the_second)
    with pytest.raises(OSError, match="No space left"):
        write_files(tmp_path / "result" / "deep", {"report.html": b"page", "assessment.json": b"{}"})
    assert names(tmp_path) == set()


def test_a_crash_leaves_the_earlier_result_untouched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, {"assessment.json": b"old"})

    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_files(tmp_path, {"assessment.json": b"new"})
    assert names(tmp_path) == {"assessment.json"}
    assert (tmp_path / "assessment.json").read_bytes() == b"old"


def test_content_is_on_the_disk_before_its_name_appears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    real_fsync, real_replace = os.fsync, os.replace
    monkeypatch.setattr(files.os, "fsync", lambda handle: (steps.append("flush"), real_fsync(handle))[1])
    monkeypatch.setattr(files.os, "replace", lambda a, b: (steps.append("rename"), real_replace(a, b))[1])
    write_files(tmp_path, {"assessment.json": b"{}"})
    assert steps[:2] == ["flush", "rename"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits for groups")
def test_a_result_can_be_read_by_whom_the_umask_allows(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        (path,) = write_files(tmp_path, {"assessment.json": b"{}"})
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_name_may_lead_into_a_folder_below(tmp_path: Path) -> None:
    written = write_files(tmp_path / "r", {"dicom/seg.dcm": b"seg", "assessment.json": b"{}"})
    assert written == (tmp_path / "r" / "dicom" / "seg.dcm", tmp_path / "r" / "assessment.json")
    assert names(tmp_path / "r" / "dicom") == {"seg.dcm"}


def test_a_crash_removes_the_folders_below_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_files(tmp_path / "r", {"dicom/seg.dcm": b"seg", "assessment.json": b"{}"})
    assert names(tmp_path) == set()
