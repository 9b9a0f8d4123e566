"""A result folder holds what was asked for, assessment.json last."""

from __future__ import annotations

import json
from pathlib import Path

import pydicom
import pytest

from tests.report import dicom_study, made_up
from vfa.errors import UsageError
from vfa.report.document import to_document
from vfa.report.result_files import parse_formats, result_files


def test_formats_are_read_from_a_list_with_commas() -> None:
    assert parse_formats("json,html") == ("json", "html")
    assert parse_formats(" HTML , html") == ("html",)


@pytest.mark.parametrize("emit", ["xml", "json,", "", "json html", "dcm"])
def test_an_unknown_format_is_refused_with_the_known_ones(emit: str) -> None:
    with pytest.raises(UsageError, match="expected any of json, html"):
        parse_formats(emit)


def test_assessment_json_is_the_last_file_to_appear() -> None:
    made = made_up.assessment()
    contents = result_files(to_document(made), made.findings, (None, made_up.spine()), ("json", "html"))
    assert list(contents) == ["report.html", "assessment.json"]
    assert json.loads(contents["assessment.json"])["profiles"] == ["seed", "local"]
    assert b"data:image/png;base64," in contents["report.html"]


def test_a_study_without_vertebrae_has_a_page_without_a_picture() -> None:
    made = made_up.assessment(made_up.empty())
    contents = result_files(to_document(made), made.findings, (made_up.volume(), None), ("html",))
    assert b"No vertebra was found" in contents["report.html"]
    assert b"<img" not in contents["report.html"]


EVERYTHING = ("json", "html", "pdf", "seg", "sr", "sc")


def test_everything_asked_for_of_a_dicom_study_is_written(tmp_path: Path) -> None:
    study = dicom_study.write_study(tmp_path, "axial CT")
    contents = result_files(
        dicom_study.the_document(), made_up.findings(), (study.volume, study.spine), parse_formats(",".join(EVERYTHING))
    )
    pictures = ["dicom/sc-spine.dcm", "dicom/sc-L1-sagittal.dcm", "dicom/sc-L1-axial.dcm"]
    objects = ["dicom/seg.dcm", "dicom/sr.dcm", *pictures, "dicom/pdf.dcm"]
    assert sorted(contents) == sorted(["report.html", "report.pdf", "assessment.json", *objects])
    assert list(contents)[-1] == "assessment.json"
    read = [pydicom.dcmread(pydicom.filebase.DicomBytesIO(contents[name])) for name in objects]
    assert {one.StudyInstanceUID for one in read} == {study.source.first.StudyInstanceUID}
    assert len({one.SOPInstanceUID for one in read}) == 6
    assert len({one.SeriesInstanceUID for one in read}) == 4  # the pictures make one series
    assert [one.InstanceNumber for one in read[2:5]] == [1, 2, 3]
    assert [list(one.PatientOrientation) for one in read[2:5]] == [["P", "F"], ["P", "F"], ["L", "P"]]
    assert read[5].EncapsulatedDocument[: read[5].EncapsulatedDocumentLength] == contents["report.pdf"]


def test_a_structured_report_never_comes_without_the_segmentation_it_refers_to(tmp_path: Path) -> None:
    study = dicom_study.write_study(tmp_path, "axial CT")
    contents = result_files(
        dicom_study.the_document(), made_up.findings(), (study.volume, study.spine), parse_formats("sr")
    )
    assert list(contents) == ["dicom/seg.dcm", "dicom/sr.dcm"]


@pytest.mark.parametrize("wanted", ["seg", "sr", "sc"])
def test_a_dicom_object_of_an_image_without_a_study_is_wrong_use(wanted: str) -> None:
    with pytest.raises(UsageError, match=f"--emit {wanted}: .*no DICOM series"):
        result_files(
            dicom_study.the_document(), made_up.findings(), (made_up.volume(), made_up.spine()), ("json", wanted)
        )


def test_a_pdf_of_an_image_without_a_study_has_no_dicom_twin() -> None:
    images = (made_up.volume(), made_up.spine())
    assert list(result_files(dicom_study.the_document(), made_up.findings(), images, ("pdf",))) == ["report.pdf"]


def test_a_study_without_vertebrae_is_answered_by_the_report_alone(tmp_path: Path) -> None:
    study = dicom_study.write_study(tmp_path, "axial CT")
    none = made_up.assessment(made_up.empty())
    nothing = type(study.spine)((), study.spine.grid, "a segmenter")
    contents = result_files(to_document(none), none.findings, (study.volume, nothing), EVERYTHING)
    assert list(contents) == ["report.html", "report.pdf", "dicom/pdf.dcm", "assessment.json"]
