"""Whose file it is, from its first kilobytes: plain, deflated, in a zip, long-headed, damaged, or something else."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian

from vfa.intake import FileOpener, FileOwner, LeftOut, StoredFile, owner_of
from vfa.intake.whose_file import START_BYTES
from vfa.model.frame import Grid
from vfa.model.volume import Modality, Volume
from vfa.phantom.write_dicom import StudyHeader, write_series

HEADER = StudyHeader(name_of_study="whose", patient_id="P 7")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    grid = Grid.from_axes((8, 8, 1), (1, 1, 1), (0, 0, 0))
    volume = Volume(np.zeros((8, 8, 1), np.int16), grid, Modality.CT)
    (path,) = write_series(volume, tmp_path, HEADER, "none")
    return path


def owner(path: Path, member: str = "") -> FileOwner | LeftOut:
    with FileOpener() as opener:
        return owner_of(StoredFile(path, member), opener)


def is_ours(found: FileOwner | LeftOut) -> bool:
    assert isinstance(found, FileOwner), found
    return (found.study_instance_uid, found.patient_id) == (str(HEADER.uid("study")), "P 7")


def test_a_plain_file_says_whose_it_is(image: Path) -> None:
    found = owner(image)
    assert is_ours(found)
    assert isinstance(found, FileOwner)
    assert (found.kind, found.size_bytes) == ("DICOM", image.stat().st_size)


def test_a_file_without_preamble_says_it_too(image: Path, tmp_path: Path) -> None:
    (tmp_path / "bare.dcm").write_bytes(image.read_bytes()[132:])
    assert is_ours(owner(tmp_path / "bare.dcm"))


def test_a_deflated_file_says_it_too(image: Path, tmp_path: Path) -> None:
    dataset = dcmread(image)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.save_as(tmp_path / "deflated.dcm")
    assert is_ours(owner(tmp_path / "deflated.dcm"))


def test_a_member_of_a_zip_says_it_too(image: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(image, "inside/x")
    assert is_ours(owner(tmp_path / "a.zip", "inside/x"))


def test_a_header_longer_than_what_is_read_at_first_is_read_whole(image: Path, tmp_path: Path) -> None:
    dataset = dcmread(image)
    dataset.add_new(0x00091001, "UN", b"\0" * (2 * START_BYTES))  # a private block before the patient's group
    dataset.add_new(0x00090010, "LO", "MAKER")
    dataset.save_as(tmp_path / "long.dcm")
    assert is_ours(owner(tmp_path / "long.dcm"))


def test_the_digest_follows_the_header(image: Path) -> None:
    before = owner(image)
    dataset = dcmread(image)
    dataset.SeriesDescription = "another"
    dataset.save_as(image)
    after = owner(image)
    assert isinstance(before, FileOwner)
    assert isinstance(after, FileOwner)
    assert before.start_digest != after.start_digest


def test_an_image_file_is_its_own_study(tmp_path: Path) -> None:
    (tmp_path / "a.nii.gz").write_bytes(b"anything")
    found = owner(tmp_path / "a.nii.gz")
    assert isinstance(found, FileOwner)
    assert (found.kind, found.study_instance_uid, found.patient_id) == ("image", "", "")


def test_other_files_are_left_out_as_sound_and_missing_ones_as_damaged(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    text, missing = owner(tmp_path / "a.txt"), owner(tmp_path / "gone")
    assert isinstance(text, LeftOut)
    assert isinstance(missing, LeftOut)
    assert (text.state, missing.state) == ("sound", "damaged")


def test_bytes_that_only_begin_like_dicom_never_raise(image: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    whole = bytearray(image.read_bytes())
    for trial in range(40):
        broken = bytearray(whole)
        for place in rng.integers(132, 900, 20):
            broken[place] = rng.integers(0, 256)
        (tmp_path / f"{trial}.dcm").write_bytes(bytes(broken[: int(rng.integers(140, len(broken)))]))
        assert isinstance(owner(tmp_path / f"{trial}.dcm"), FileOwner | LeftOut)
