"""The picture and the page as DICOM: what a viewer shows is the picture itself, the notice burned in."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pydicom
import pytest
from matplotlib.image import imread

from tests.report import dicom_study, made_up
from tests.report.dicom_study import KINDS, Study
from vfa.intended_use import NOTICE
from vfa.report.dicom_image import SAGITTAL, KeyPicture, encapsulated_pdf, secondary_capture
from vfa.report.figures import spine_figure


@pytest.fixture(scope="module", params=list(KINDS))
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return dicom_study.write_study(tmp_path_factory.mktemp("study"), request.param)


@pytest.fixture(scope="module")
def picture(study: Study) -> bytes:
    return spine_figure(study.volume, study.spine, made_up.findings())


@pytest.fixture(scope="module")
def capture(study: Study, picture: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dicom_study.saved(
        secondary_capture(KeyPicture("spine", 1, picture, NOTICE, SAGITTAL), study.source),
        tmp_path_factory.mktemp("sc") / "sc.dcm",
    )


def test_the_pixels_are_the_pictures_with_a_caption_below(capture: Path, picture: bytes) -> None:
    shown = pydicom.dcmread(capture).pixel_array
    drawn = np.rint(imread(io.BytesIO(picture), format="png")[..., :3] * 255).astype(np.uint8)
    rows, columns = drawn.shape[:2]
    assert np.array_equal(shown[:rows, :columns], drawn)
    caption = shown[rows:]
    assert (caption > 128).mean() > 0.02  # letters
    assert caption[:, -3:].max() < 128  # that end before the edge
    assert caption[:, :3].max() < 128


def test_a_secondary_capture_has_no_error_and_dcmtk_reads_it(capture: Path, tmp_path: Path) -> None:
    assert dicom_study.complaints(capture) == []
    dicom_study.dcmtk("dcmj2pnm", "+on", capture, tmp_path / "sc.png")
    assert (tmp_path / "sc.png").stat().st_size > 1000


def test_a_secondary_capture_stands_in_the_study_and_refers_to_every_image(capture: Path, study: Study) -> None:
    read = pydicom.dcmread(capture)
    assert read.StudyInstanceUID == study.source.first.StudyInstanceUID
    assert (read.Modality, read.BodyPartExamined, read.ImageComments) == ("OT", "SPINE", NOTICE)
    assert read.BurnedInAnnotation == "NO"
    referred = read.ReferencedSeriesSequence[0]
    assert referred.SeriesInstanceUID == study.source.first.SeriesInstanceUID
    assert [item.ReferencedSOPInstanceUID for item in referred.ReferencedInstanceSequence] == [
        header.SOPInstanceUID for header in study.source.headers
    ]


@pytest.mark.parametrize("length", [1000, 1001])
def test_an_encapsulated_pdf_gives_back_its_bytes(study: Study, tmp_path: Path, length: int) -> None:
    pdf = b"%PDF-1.4" + b"x" * (length - 14) + b"%%EOF\n"
    path = dicom_study.saved(encapsulated_pdf(pdf, "A title", study.source), tmp_path / "pdf.dcm")
    read = pydicom.dcmread(path)
    assert read.EncapsulatedDocument[: read.EncapsulatedDocumentLength] == pdf
    assert (read.Modality, read.MIMETypeOfEncapsulatedDocument) == ("DOC", "application/pdf")
    assert dicom_study.complaints(path) == []
    dicom_study.dcmtk("dcm2pdf", path, tmp_path / "out.pdf")
    assert (tmp_path / "out.pdf").read_bytes()[:length] == pdf
