"""The structured report says what assessment.json says, to the last printed digit, and points to the right segments."""

from __future__ import annotations

import math
from pathlib import Path

import highdicom
import pydicom
import pytest
from pydicom.dataset import Dataset

from tests.report import dicom_study, made_up
from tests.report.dicom_study import Study
from vfa.intended_use import NOTICE
from vfa.report import words
from vfa.report.dicom_codes import PRIVATE
from vfa.report.dicom_seg import segmentation
from vfa.report.dicom_sr import structured_report
from vfa.report.document import to_document

Groups = dict[str, highdicom.sr.VolumetricROIMeasurementsAndQualitativeEvaluations]
MEANT = {  # what the made-up L1 says, by private code: value, unit (chosen by hand in made_up.py)
    "HA": ("18.2", "mm"),
    "HM": ("21.9", "mm"),
    "HP": ("26.4", "mm"),
    "HA-EXPECTED": ("26.4", "mm"),
    "HM-EXPECTED": ("25.6", "mm"),
    "HP-EXPECTED": ("27.0", "mm"),
    "LOSS": ("31.0", "%"),
    "LATERAL-LOSS": ("20.0", "%"),
    "MARROW": ("112.0", "[hnsf'U]"),
}


@pytest.fixture(scope="module", params=["axial CT", "sagittal MR"])
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return dicom_study.write_study(tmp_path_factory.mktemp("study"), request.param)


@pytest.fixture(scope="module")
def drawn(study: Study) -> Dataset:
    return segmentation(study.spine, study.volume, study.source)


@pytest.fixture(scope="module")
def file(study: Study, drawn: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = structured_report(dicom_study.the_document(), drawn, study.source)
    return dicom_study.saved(made, tmp_path_factory.mktemp("sr") / "sr.dcm")


@pytest.fixture(scope="module")
def groups(file: Path) -> Groups:
    read = highdicom.sr.srread(file).content.get_volumetric_roi_measurement_groups()
    return {group.tracking_identifier.split()[0]: group for group in read}


def numbers(group: highdicom.sr.VolumetricROIMeasurementsAndQualitativeEvaluations) -> dict[str, tuple[str, str]]:
    return {one.name.value: (words.number(one.value), one.unit.value) for one in group.get_measurements()}


def evaluations(group: highdicom.sr.VolumetricROIMeasurementsAndQualitativeEvaluations) -> dict[str, str]:
    return {one.name.value: one.value.value for one in group.get_qualitative_evaluations()}


def reasons(group: highdicom.sr.VolumetricROIMeasurementsAndQualitativeEvaluations) -> dict[str, str]:
    return {
        item.ConceptNameCodeSequence[0].CodeValue: item.ContentSequence[0].TextValue
        for item in group[0].ContentSequence
        if item.ValueType == "CODE" and "ContentSequence" in item
    }


def test_there_is_one_group_for_each_vertebra_from_head_to_foot(groups: Groups) -> None:
    assert list(groups) == ["T11", "T12", "L1", "L2"]


def test_the_numbers_are_those_chosen_by_hand(groups: Groups) -> None:
    said = numbers(groups["L1"])
    assert {code: said[code] for code in MEANT} == MEANT
    assert said["RETROPULSION"] == ("0.4", "mm")
    assert said["CANAL-AP"] == ("15.6", "mm")
    assert said["CANAL-AP-LOSS"] == ("2.0", "%")
    assert evaluations(groups["L1"])["BREACH-AREA"] == "NOT-MEASURED"


def test_every_number_is_the_documents_own_to_the_last_bit(groups: Groups) -> None:
    for vertebra in dicom_study.the_document().vertebrae:
        if vertebra.status == "measured":
            read = {one.name.value: one.value for one in groups[vertebra.level].get_measurements()}
            assert read["HA"] == vertebra.heights_mm.anterior.value
            assert read["HP-EXPECTED"] == vertebra.expected_heights_mm.posterior.value
            assert read["LOSS"] == 100 * vertebra.height_loss.fraction


def test_an_awkward_number_survives_the_decimal_string(study: Study, drawn: Dataset, tmp_path: Path) -> None:
    document = dicom_study.the_document()
    (l1,) = [one for one in document.vertebrae if one.level == "L1"]
    third = math.pi * 10 / 3
    heights = l1.heights_mm.model_copy(update={"anterior": l1.heights_mm.anterior.model_copy(update={"value": third})})
    changed = document.model_copy(
        update={
            "vertebrae": tuple(
                one.model_copy(update={"heights_mm": heights}) if one.level == "L1" else one
                for one in document.vertebrae
            )
        }
    )
    path = dicom_study.saved(structured_report(changed, drawn, study.source), tmp_path / "sr.dcm")
    for group in highdicom.sr.srread(path).content.get_volumetric_roi_measurement_groups():
        if group.tracking_identifier.startswith("L1"):
            (height,) = [one.value for one in group.get_measurements() if one.name.value == "HA"]
            assert height == third


def test_every_number_carries_its_interval(groups: Groups) -> None:
    for group in groups.values():
        for one in group.get_measurements():
            low, high = (item.MeasuredValueSequence[0] for item in one[0].ContentSequence)
            assert float(low.FloatingPointValue) <= one.value <= float(high.FloatingPointValue)
            assert low.MeasurementUnitsCodeSequence[0].CodeValue == one.unit.value
    (height,) = [one for one in groups["L1"].get_measurements() if one.name.value == "HA"]
    bounds = [words.number(item.MeasuredValueSequence[0].FloatingPointValue) for item in height[0].ContentSequence]
    assert bounds == ["17.6", "18.8"]


def test_fracture_grade_shape_and_wall_are_coded(groups: Groups) -> None:
    said = evaluations(groups["L1"])
    assert said["FRACTURE"] == "52101004"  # SNOMED CT: present
    assert said["RDE1003"] == "RDE1003.3"  # RadElement: grade 2
    assert (said["SHAPE"], said["LOSS-COLUMN"], said["WALL"]) == ("WEDGE", "ANTERIOR", "INTACT")
    assert evaluations(groups["T12"])["FRACTURE"] == "272519000"  # SNOMED CT: absent


def test_conclusions_and_rules_stand_with_their_reasons(groups: Groups) -> None:
    said, why = evaluations(groups["L1"]), reasons(groups["L1"])
    assert (said["VP"], said["KP"]) == ("INDETERMINATE", "CONTRAINDICATED")
    assert (said["VP-C4"], said["KP-C6"]) == ("UNKNOWN", "MET")
    assert why["VP-C4"] == "the interval lies on both sides of one third"
    assert why["KP"] == "There is a neurological deficit."


def test_what_was_not_measured_says_so_and_why_and_has_no_number(groups: Groups) -> None:
    assert groups["T11"].get_measurements() == []
    said, why = evaluations(groups["T11"]), reasons(groups["T11"])
    for code in ("HA", "HM", "HP", "LOSS", "FRACTURE", "WALL"):
        assert (said[code], why[code]) == ("NOT-MEASURED", "the image's edge cuts it")


def test_each_group_points_to_its_own_segment_by_number_and_tracking_uid(groups: Groups, drawn: Dataset) -> None:
    segments = {int(item.SegmentNumber): item for item in drawn.SegmentSequence}
    for level, group in groups.items():
        reference = group.referenced_segment
        assert reference.referenced_sop_instance_uid == drawn.SOPInstanceUID
        segment = segments[int(reference.referenced_segment_numbers[0])]
        assert segment.SegmentLabel == f"{level} body"
        assert segment.TrackingUID == group.tracking_uid


def test_it_is_unverified_and_names_its_algorithm_scheme_and_limits(file: Path, study: Study) -> None:
    read = pydicom.dcmread(file)
    assert (read.CompletionFlag, read.VerificationFlag) == ("COMPLETE", "UNVERIFIED")
    assert read.CodingSchemeIdentificationSequence[0].CodingSchemeDesignator == "99VFA"
    assert said_in(read)["NOTICE"] == NOTICE
    assert said_in(read)["111001"] == "vfa"  # DCM: Algorithm Name
    assert read.StudyInstanceUID == study.source.first.StudyInstanceUID
    evidence = read.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    assert study.source.first.SeriesInstanceUID in {item.SeriesInstanceUID for item in evidence}


def test_no_image_library_is_carried_along(file: Path) -> None:
    names = {item.value[0].CodeValue for item in pydicom.dcmread(file).iterall() if item.tag == 0x0040A043}
    assert "HA" in names
    assert "111028" not in names  # DCM: Image Library


def test_every_private_code_that_is_used_is_explained(file: Path) -> None:
    used = codes_in(pydicom.dcmread(file))
    rules = {"VP-C4", "KP-C6"}
    assert {code: meaning for code, meaning in used.items() if code not in rules}.items() <= PRIVATE.items()


def said_in(data: Dataset) -> dict[str, str]:
    """The last sentence under each concept."""
    items = [item for element in data.iterall() if element.keyword == "ContentSequence" for item in element.value]
    return {item.ConceptNameCodeSequence[0].CodeValue: item.TextValue for item in items if item.ValueType == "TEXT"}


def codes_in(data: Dataset) -> dict[str, str]:
    found = {}
    for element in data.iterall():
        if element.VR == "SQ":
            found |= {
                item.CodeValue: item.CodeMeaning
                for item in element.value
                if item.get("CodingSchemeDesignator") == "99VFA" and "CodeValue" in item
            }
    return found


def test_dciodvfy_finds_no_error(file: Path) -> None:
    assert dicom_study.complaints(file) == []


def test_dcmtk_reads_it_and_prints_the_height(file: Path) -> None:
    printed = dicom_study.dcmtk("dsrdump", file)
    assert '"Anterior height of vertebral body")="18.2" (mm,UCUM,"mm")' in printed


def test_hostile_words_from_a_header_come_through_as_words(study: Study, drawn: Dataset, tmp_path: Path) -> None:
    findings = made_up.findings()
    hostile = made_up.assessment(
        type(findings)(findings.series, made_up.HOSTILE, "", findings.vertebrae, (), ("line\none", "Ω ≤ 三"))
    )
    path = dicom_study.saved(structured_report(to_document(hostile), drawn, study.source), tmp_path / "sr.dcm")
    assert dicom_study.complaints(path) == []
    assert '"Ω ≤ 三"' in dicom_study.dcmtk("dsrdump", "+U8", "+Pl", path)


def test_a_vertebra_without_a_segment_is_a_mistake(study: Study, drawn: Dataset) -> None:
    short = Dataset()
    short.update(drawn)
    short.SegmentSequence = drawn.SegmentSequence[:2]
    with pytest.raises(ValueError, match="none for L1, L2"):
        structured_report(dicom_study.the_document(), short, study.source)
