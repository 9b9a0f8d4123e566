"""Objects made from headers without identifiers name nobody, and lie where those of the true headers lie."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from tests.report import dicom_study
from tests.report.dicom_study import MADE_AT, Study
from vfa.report.deidentified import KEPT, deidentified
from vfa.report.dicom_derived import derived_from, file_bytes
from vfa.report.dicom_seg import segmentation

SECRETS = {
    "PatientName": "Roe^Richard",
    "PatientID": "MRN4711",
    "InstitutionName": "St Elsewhere",
    "StationName": "CT4",
}


class Keyless:
    """Pseudonyms that a test can foretell."""

    def uid(self, uid: str) -> str:
        return f"2.25.9{abs(hash(uid))}" if uid else ""

    def name(self, kind: str, identifier: str) -> str:
        return f"{kind}-x" if identifier else ""


@pytest.fixture(params=["classic", "multi-frame"])
def study(request: pytest.FixtureRequest, tmp_path: Path) -> Study:
    dicom_study.write_study(tmp_path / "classic", "oblique CT")
    for path in (tmp_path / "classic").iterdir():
        dataset = pydicom.dcmread(path)
        for keyword, value in SECRETS.items():
            setattr(dataset, keyword, value)
        dataset.StudyDate = "19991231"
        dataset.private_block(0x0011, "ACME", create=True).add_new(1, "LO", "private Roe")
        dataset.save_as(path)
    if request.param == "classic":
        return dicom_study.read_study(tmp_path / "classic")
    return dicom_study.read_study(dicom_study.enhanced(tmp_path / "classic", tmp_path / "enhanced"))


def places(made: Dataset) -> np.ndarray:
    frames = made.PerFrameFunctionalGroupsSequence
    return np.array([frame.PlanePositionSequence[0].ImagePositionPatient for frame in frames], dtype=float)


def test_the_segmentation_names_nobody_and_lies_in_the_same_place(study: Study, tmp_path: Path) -> None:
    folder = tmp_path / "headers"
    folder.mkdir()
    plain = deidentified(study.volume, Keyless(), folder)
    made = segmentation(study.spine, plain, derived_from(plain, b"an answer", MADE_AT))
    true = segmentation(study.spine, study.volume, study.source)
    assert np.array_equal(places(made), places(true))
    assert made.PixelData == true.PixelData
    first = study.source.first
    uids = {str(first[name].value) for name in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")}
    uids |= {str(header.SOPInstanceUID) for header in study.source.headers}
    for content in (file_bytes(made), *(path.read_bytes() for path in folder.iterdir())):
        for secret in (*SECRETS.values(), "Roe", "19991231", "ACME"):
            assert secret.encode() not in content, secret
        for uid in uids:  # some are short, and a longer one made by chance may begin like one of them
            assert not re.search(re.escape(uid.encode()) + rb"(?![0-9.])", content), uid
    assert (made.PatientID, made.PatientIdentityRemoved) == ("patient-x", "YES")
    assert made.StudyInstanceUID == Keyless().uid(str(first.StudyInstanceUID))


def test_nothing_is_kept_that_says_when_where_or_who() -> None:
    telling = ("Date", "Time", "Name", "ID", "Institution", "Description", "Comments", "Number", "UID")
    allowed = {"SOPClassUID", "NumberOfFrames"}
    assert not [name for name in KEPT if name not in allowed and any(word in name for word in telling)]
