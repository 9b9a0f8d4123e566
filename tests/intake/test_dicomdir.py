"""A DICOMDIR is held against the files: what it lists and is not there is said, and nothing else hangs on it."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import MediaStorageDirectoryStorage

from tests.intake.written_series import axial_slices, save, save_series
from vfa.intake import list_series, load_volume
from vfa.intake.dicom_file import quiet


def write_directory(path: Path, file_ids: list[list[str]], kind: str = "IMAGE") -> Path:
    """A DICOMDIR of image records alone, each naming one file."""
    directory = axial_slices(1, SOPClassUID=MediaStorageDirectoryStorage)[0]
    records = []
    with quiet():  # the names are not all of the kind the standard allows, nor are those of real media
        for parts in file_ids:
            record = Dataset()
            record.DirectoryRecordType = kind
            record.ReferencedFileID = parts
            records.append(record)
        directory.DirectoryRecordSequence = Sequence(records)
        return save(directory, path)


def said_of(folder: Path, name: str = "DICOMDIR") -> str:
    (reason,) = [item.reason for item in list_series(folder).left_out if Path(item.path).name == name]
    return reason


def test_a_complete_directory_is_said_to_be_complete(tmp_path):
    save_series(axial_slices(5), tmp_path / "SERIES")
    write_directory(tmp_path / "DICOMDIR", [["SERIES", f"IM{n}.dcm"] for n in range(5)])
    assert said_of(tmp_path) == "a DICOMDIR, used as a hint only: the 5 images it lists are there"
    assert load_volume(tmp_path).corrections == ()


def test_missing_images_are_counted_and_the_series_in_their_folder_says_so(tmp_path):
    save_series(axial_slices(5), tmp_path / "SERIES")
    save_series(axial_slices(4, SeriesInstanceUID="1.2.7"), tmp_path / "OTHER")
    write_directory(tmp_path / "DICOMDIR", [["SERIES", f"IM{n}.dcm"] for n in range(8)])
    assert "of the 8 images it lists, 3 are missing, IM5.dcm the first" in said_of(tmp_path)
    notes = {series.slices: series.notes for series in list_series(tmp_path).candidates}
    assert notes[4] == ()
    assert notes[5] == (
        "The DICOMDIR lists images in the same folder that are not there (3, IM5.dcm the first); the stack may lack "
        "its end.",
    )


def test_names_in_capitals_with_a_version_are_the_same_names(tmp_path):
    for number, dataset in enumerate(axial_slices(4)):
        save(dataset, tmp_path / "series" / f"im{number}")
    write_directory(tmp_path / "DICOMDIR", [["SERIES", f"IM{n};1"] for n in range(4)])
    assert "the 4 images it lists are there" in said_of(tmp_path)


def test_files_it_omits_are_read_all_the_same(tmp_path):
    save_series(axial_slices(6), tmp_path / "SERIES")
    write_directory(tmp_path / "DICOMDIR", [["SERIES", "IM0.dcm"]])
    assert load_volume(tmp_path).voxels.shape[2] == 6
    assert "the 1 image it lists is there" in said_of(tmp_path)


@pytest.mark.parametrize("parts", [["..", "..", "secret.dcm"], ["/etc/passwd"], ["..\\secret.dcm"], ["C:", "secret"]])
def test_a_name_that_leads_outside_is_missing_and_never_opened(tmp_path, parts, monkeypatch):
    inner = tmp_path / "medium" / "inner"
    save_series(axial_slices(4), inner / "SERIES")
    save(axial_slices(1)[0], tmp_path / "secret.dcm")
    write_directory(inner / "DICOMDIR", [parts])
    opened: list[str] = []
    plain_open = Path.open
    monkeypatch.setattr(Path, "open", lambda self, *given: (opened.append(str(self)), plain_open(self, *given))[1])
    assert "1 are missing" in said_of(inner)
    assert opened
    assert all(Path(path).is_relative_to(inner) for path in opened)


def test_a_directory_in_a_zip_is_compared_with_the_members_beside_it(tmp_path):
    folder = save_series(axial_slices(4), tmp_path / "plain")
    path = write_directory(tmp_path / "DICOMDIR", [["SER", f"IM{n}.dcm"] for n in range(5)])
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as packed:
        packed.write(path, "CD/DICOMDIR")
        for file in folder.iterdir():
            packed.write(file, f"CD/SER/{file.name}")
    found = list_series(tmp_path / "export.zip")
    assert "1 are missing, IM4.dcm" in found.left_out[0].reason
    assert "DICOMDIR lists images" in found.candidates[0].notes[0]


def test_a_directory_whose_records_are_cut_off_hinders_nothing(tmp_path):
    save_series(axial_slices(4), tmp_path / "SERIES")
    path = write_directory(tmp_path / "DICOMDIR", [["SERIES", f"IM{n}.dcm"] for n in range(40)])
    for length in range(400, path.stat().st_size, 97):
        whole = path.read_bytes()
        path.write_bytes(whole[:length])
        assert load_volume(tmp_path).voxels.shape[2] == 4
        path.write_bytes(whole)


@pytest.fixture
def medium(shared_data: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "medium"
    shutil.copytree(shared_data / "robustness-dicom" / "dicomdirtests", folder, ignore=lambda *_: ["TINY_ALPHA"])
    for path in [folder, *folder.rglob("*")]:
        os.chmod(path, 0o755 if path.is_dir() else 0o644)
    return folder


@pytest.mark.parametrize("name", ["", "-bigEnd", "-implicit", "-nooffset", "-nopatient", "-reordered"])
def test_every_variant_of_the_sample_directory_lists_its_31_images(medium, name):
    assert said_of(medium, f"DICOMDIR{name}") == "a DICOMDIR, used as a hint only: the 31 images it lists are there"


def test_the_empty_sample_directory_is_said_to_list_nothing(medium):
    assert "lists no images" in said_of(medium, "DICOMDIR-empty.dcm")


def test_a_slice_never_copied_from_the_sample_medium_is_missed(medium):
    """The last slice of a stack, whose loss no gap shows."""
    (series,) = list_series(medium).usable
    last = Path(series.files[-1])
    last.unlink()
    (fewer,) = list_series(medium).usable
    assert fewer.slices == series.slices - 1
    assert any(f"(1, {last.name} the first)" in note for note in fewer.notes)
