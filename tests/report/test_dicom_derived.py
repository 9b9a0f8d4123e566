"""Whose objects they are, and that the same answer is the same object."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pydicom
import pytest

from tests.report import dicom_study, made_up
from vfa.errors import InputRefused
from vfa.intake import load_volume
from vfa.report.dicom_derived import derived_from, derived_uid
from vfa.report.dicom_image import SAGITTAL, KeyPicture, secondary_capture
from vfa.report.dicom_objects import answer_source
from vfa.report.dicom_seg import segmentation
from vfa.report.figures import spine_figure

MADE_AT = dicom_study.MADE_AT


def test_a_uid_follows_from_words_and_is_valid() -> None:
    assert derived_uid("a", "b") == derived_uid("a", "b") != derived_uid("ab")
    assert pydicom.uid.UID(derived_uid("a")).is_valid


def test_the_same_answer_has_the_same_uids_and_another_has_not(tmp_path: Path) -> None:
    study = dicom_study.write_study(tmp_path, "axial CT")
    document = dicom_study.the_document()
    one, again = (answer_source(document, study.volume, study.spine, MADE_AT) for _ in range(2))
    other = answer_source(document.model_copy(update={"notes": ("new",)}), study.volume, study.spine, MADE_AT)
    assert one.uid("SR") == again.uid("SR") != other.uid("SR")
    assert len({one.uid(kind) for kind in ("SEG", "SR", "SEG series", "SR series")}) == 4
    assert one.tracking_uid("L1") == other.tracking_uid("L1") != one.tracking_uid("L2")


def test_a_mask_that_differs_in_one_voxel_is_another_answer(tmp_path: Path) -> None:
    study = dicom_study.write_study(tmp_path, "axial CT")
    document = dicom_study.the_document()
    before = answer_source(document, study.volume, study.spine, MADE_AT).uid("SEG")
    study.spine["L1"].body[3, 3, 3] ^= True
    assert answer_source(document, study.volume, study.spine, MADE_AT).uid("SEG") != before


def test_images_inside_a_zip_are_referred_to_like_any(tmp_path: Path) -> None:
    study = dicom_study.write_study(tmp_path / "study", "axial CT")
    with zipfile.ZipFile(tmp_path / "study.zip", "w") as archive:
        for path in sorted(study.folder.iterdir()):
            archive.write(path, f"deep/{path.name}")
    shutil.rmtree(study.folder)
    zipped = derived_from(load_volume(tmp_path / "study.zip"), b"", MADE_AT)
    assert [header.SOPInstanceUID for header in zipped.headers] == [
        header.SOPInstanceUID for header in study.source.headers
    ]


def test_an_image_that_is_no_dicom_has_no_study() -> None:
    with pytest.raises(InputRefused, match="no DICOM series"):
        derived_from(made_up.volume(), b"", MADE_AT)


@pytest.mark.parametrize("name", ["Bjørk^Åse", "山田^太郎"])
def test_a_de_identified_or_foreign_header_still_gives_valid_objects(tmp_path: Path, name: str) -> None:
    study = dicom_study.write_study(tmp_path / "study", "axial CT")
    for path in study.folder.iterdir():
        image = pydicom.dcmread(path)
        image.SpecificCharacterSet = ["", "ISO 2022 IR 87"] if name.startswith("山") else "ISO_IR 100"
        image.PatientName, image.PatientSex = name, "X"
        for keyword in ("AccessionNumber", "StudyID", "PatientBirthDate", "FrameOfReferenceUID", "StudyTime"):
            del image[keyword]
        image.save_as(path)
    study = dicom_study.read_study(study.folder)
    seg = segmentation(study.spine, study.volume, study.source)
    picture = spine_figure(None, study.spine, made_up.findings())
    capture = secondary_capture(KeyPicture("spine", 1, picture, "text", SAGITTAL), study.source)
    for made in (seg, capture):
        path = dicom_study.saved(made, tmp_path / "made.dcm")
        assert dicom_study.complaints(path) == []
        assert pydicom.dcmread(path).PatientName == name
