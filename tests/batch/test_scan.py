"""Which studies an export holds: folders mean nothing, files do; and every damage has its reason."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from pydicom import dcmread

from benchmarks.batch_export import DAMAGES, write_export
from tests.batch import boxes
from tests.batch.conftest import METHOD, SmallExport
from vfa.batch.cohort import read_cohort
from vfa.batch.pseudonyms import Pseudonyms
from vfa.batch.run import BatchRequest, BatchSummary, run_batch
from vfa.batch.scan import scan_export


def ids(folder: Path) -> list[str]:
    return [study.study_id for study in scan_export(folder).studies]


def test_studies_are_told_by_their_files_wherever_these_lie(written_export: SmallExport, tmp_path: Path) -> None:
    jumbled = tmp_path / "jumbled"
    jumbled.mkdir()
    for number, path in enumerate(sorted(written_export.folder.rglob("*.dcm"))):
        folder = jumbled / str(number % 3)
        folder.mkdir(exist_ok=True)
        shutil.copy2(path, folder / f"{number}.bin")
    scan = scan_export(jumbled)
    assert [study.study_id for study in scan.studies] == sorted(
        one.study_instance_uid for one in written_export.studies
    )
    assert {study.patient_id for study in scan.studies} == {one.patient_id for one in written_export.studies}
    assert scan.files == 3 * 36
    assert scan.failures == ()


def test_a_zip_holds_the_same_studies_as_its_folder(written_export: SmallExport, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for path in written_export.folder.rglob("*.dcm"):
            archive.write(path, path.relative_to(written_export.folder))
    assert ids(tmp_path / "export.zip") == ids(written_export.folder)


def test_the_fingerprint_follows_contents_sizes_times_and_places(written_export: SmallExport, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(written_export.folder, copy)

    def prints() -> dict[str, str]:
        return {study.study_id: study.fingerprint for study in scan_export(copy).studies}

    before = prints()
    assert before == {study.study_id: study.fingerprint for study in scan_export(written_export.folder).studies}
    first, second, third = (one.study_instance_uid for one in written_export.studies)
    path = next((copy / written_export.studies[0].folder).glob("*.dcm"))
    stamp = path.stat().st_mtime_ns
    dataset = dcmread(path)
    dataset.SeriesDescription = dataset.SeriesDescription[::-1]  # the same length
    dataset.save_as(path)
    os.utime(path, ns=(stamp, stamp))
    (copy / written_export.studies[1].folder).rename(copy / "elsewhere")
    after = prints()
    assert (after[first] == before[first], after[second] == before[second]) == (False, False)
    assert after[third] == before[third]


def test_image_files_without_a_study_are_studies_of_their_own(tmp_path: Path) -> None:
    for name in ("a.nii.gz", "b.nrrd"):
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(np.zeros((4, 5, 6), np.int16)), str(tmp_path / name))
    found = ids(tmp_path)
    assert len(found) == 2
    assert all(study.startswith("file-") for study in found)
    moved = tmp_path / "moved"
    moved.mkdir()
    shutil.copy2(tmp_path / "a.nii.gz", moved / "a.nii.gz")
    assert set(ids(moved)) < set(found)  # named by the place within the export, not by the export's own


def test_a_uid_that_is_none_names_no_folder(written_export: SmallExport, tmp_path: Path) -> None:
    path = next(written_export.folder.rglob("*.dcm"))
    uid = str(dcmread(path).StudyInstanceUID).encode()
    (tmp_path / "a.dcm").write_bytes(path.read_bytes().replace(uid, b"../../../../etc".ljust(len(uid), b"\0")))
    (found,) = ids(tmp_path)
    assert found.startswith("study-")
    assert "/" not in found


def test_a_study_whose_files_name_two_patients_is_nobodys(
    export: SmallExport, written_export: SmallExport, tmp_path: Path
) -> None:
    """Assessed, it would put one patient's spine beside the other's answers."""
    shutil.copytree(written_export.folder / written_export.studies[0].folder, tmp_path / "in" / "mixed")
    path = next((tmp_path / "in" / "mixed").glob("*.dcm"))
    dataset = dcmread(path)
    dataset.PatientID = "somebody else"
    dataset.save_as(path)
    summary = run_batch(BatchRequest(tmp_path / "in", tmp_path / "out", METHOD))
    assert (summary.done, summary.failed) == (0, 0)
    (failure,) = read_cohort(tmp_path / "out").failures.to_dict("records")
    assert (failure["reason"], failure["why"]) == ("patients_disagree", "its files name 2 different patients")
    assert failure["study_instance_uid"] == export.studies[0].study_instance_uid


def test_what_cannot_be_opened_is_a_failure_and_never_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user without the right to read; the root of a build machine has it, so the system is asked to refuse."""
    for name in ("open/image", "closed/image"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("no image")
    scandir, open_file = os.scandir, Path.open

    def refuse(path: str) -> None:
        if Path(path) in (tmp_path / "closed", tmp_path / "open" / "image"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", lambda path: (refuse(path), scandir(path))[1])
    monkeypatch.setattr(Path, "open", lambda path, *mode: (refuse(str(path)), open_file(path, *mode))[1])
    scan = scan_export(tmp_path)
    found = {(failure.where, failure.reason, failure.why) for failure in scan.failures}
    assert found == {
        ("closed", "unreadable_file", "cannot be opened (Permission denied)"),
        ("open/image", "unreadable_file", "cannot be opened (Permission denied)"),
    }


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such file names")
@pytest.mark.parametrize("key", [None, Pseudonyms(b"k" * 32)])
def test_names_in_latin_1_stop_nothing(export: SmallExport, tmp_path: Path, key: Pseudonyms | None) -> None:
    study = export.studies[0]
    place = os.fsencode(tmp_path / "in") + b"/M\xfcller"
    shutil.copytree(os.fsencode(export.folder / study.folder), place)
    Path(os.fsdecode(place + b"/\xe4.dcm")).write_text("no image")
    method = replace(METHOD, formats=("json", "html"), pseudonyms=key)
    summary = run_batch(BatchRequest(tmp_path / "in", tmp_path / "out", method))
    assert (summary.done, summary.failed) == (1, 0)
    (where,) = read_cohort(tmp_path / "out").failures["where"]
    assert where == (r"M\xfcller/\xe4.dcm" if key is None else where)


def test_whatever_is_broken_is_in_the_failures_with_the_right_reason(export: SmallExport, tmp_path: Path) -> None:
    written = write_export(
        tmp_path / "in", tmp_path / "labels", [boxes.base(boxes.LEVELS[:1])], len(DAMAGES), len(DAMAGES)
    )
    summary: BatchSummary = run_batch(BatchRequest(tmp_path / "in", tmp_path / "out", METHOD, workers=2))
    failures = read_cohort(tmp_path / "out").failures.to_dict("records")
    assert summary.done == 0
    for study in written:
        own = [row for row in failures if row["where"].startswith(study.folder.as_posix())]
        assert own, study.damage
        assert {row["reason"] for row in own} & set(study.reasons), study.damage
        assert all(str(tmp_path) not in row["why"] for row in own), study.damage
        assert all(row["what_to_do"] for row in own)
