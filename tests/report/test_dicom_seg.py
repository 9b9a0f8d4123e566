"""The segmentation holds every body voxel for voxel where it lies in the patient, in any orientation."""

from __future__ import annotations

from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest

from tests.report import dicom_study
from tests.report.dicom_study import KINDS, Study
from vfa.errors import InputRefused
from vfa.intended_use import NOTICE
from vfa.model.frame import Grid
from vfa.model.spine import Spine, Vertebra
from vfa.report.dicom_derived import derived_from
from vfa.report.dicom_seg import label_volume, segmentation
from vfa.segment import read_segmentation


@pytest.fixture(scope="module", params=[*KINDS, "enhanced CT"])
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("study")
    if request.param != "enhanced CT":
        return dicom_study.write_study(folder / "classic", request.param)
    dicom_study.write_study(folder / "classic", "oblique CT")
    return dicom_study.read_study(dicom_study.enhanced(folder / "classic", folder / "enhanced"))


@pytest.fixture(scope="module")
def file(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = segmentation(study.spine, study.volume, study.source)
    return dicom_study.saved(made, tmp_path_factory.mktemp("seg") / "seg.dcm")


def test_read_back_on_the_images_lattice_it_is_the_mask_voxel_for_voxel(study: Study, file: Path) -> None:
    read = highdicom.seg.segread(file)
    affine = np.eye(4)
    affine[:3, :3] = study.volume.lps_from_ijk[:3, [2, 1, 0]]
    affine[:3, 3] = study.volume.lps_from_ijk[:3, 3]
    lattice = highdicom.VolumeGeometry(
        affine, study.volume.grid.shape[::-1], "PATIENT", frame_of_reference_uid=read.FrameOfReferenceUID
    )
    for number, level in enumerate(study.spine.levels, start=1):
        volume = read.get_volume(segment_numbers=[number], combine_segments=True, relabel=True)
        back = volume.match_geometry(lattice).array.transpose(2, 1, 0)
        assert np.array_equal(back > 0, dicom_study.whole_mask(study, level)), level


def test_its_frames_lie_where_the_source_images_do(study: Study, file: Path) -> None:
    read = pydicom.dcmread(file, stop_before_pixels=True)
    planes = {tuple(study.volume.grid.lps_of([0, 0, k]).round(3)) for k in range(study.volume.grid.shape[2])}
    for frame in read.PerFrameFunctionalGroupsSequence:
        at = tuple(np.round([float(x) for x in frame.PlanePositionSequence[0].ImagePositionPatient], 3))
        assert min(np.abs(np.array(at) - plane).max() for plane in planes) < 0.01
        referred = frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        assert referred in {header.SOPInstanceUID for header in study.source.headers}


def test_dciodvfy_finds_no_error(file: Path) -> None:
    assert dicom_study.complaints(file) == []


def test_dcmtk_reads_it(study: Study, file: Path) -> None:
    printed = dicom_study.dcmtk("dcmdump", "+P", "SegmentLabel", file)
    assert [line.split("[")[1].split("]")[0] for line in printed.splitlines()] == [
        f"{level} body" for level in study.spine.levels
    ]


def test_vfa_reads_its_own_segmentation_again(study: Study, file: Path) -> None:
    spine = read_segmentation((file,), None, None, study.volume)
    assert spine.levels == study.spine.levels
    for level in spine.levels:
        assert np.array_equal(
            label_volume(Spine((spine[level],), spine.grid, "read"), study.volume.grid) == 1,
            dicom_study.whole_mask(study, level),
        )


def test_it_stands_in_the_study_and_says_what_it_is(study: Study, file: Path) -> None:
    read, first = pydicom.dcmread(file), study.source.first
    for keyword in ("StudyInstanceUID", "PatientID", "PatientName", "StudyDate", "AccessionNumber"):
        assert read[keyword].value == first[keyword].value
    assert read.ReferencedSeriesSequence[0].SeriesInstanceUID == first.SeriesInstanceUID
    assert read.SeriesInstanceUID != first.SeriesInstanceUID
    assert read.FrameOfReferenceUID == first.FrameOfReferenceUID
    assert (read.BodyPartExamined, read.ImageComments) == ("SPINE", NOTICE)
    assert read.SegmentationType == "BINARY"


def test_each_segment_has_its_levels_code_and_a_tracking_uid_of_its_own(study: Study, file: Path) -> None:
    segments = pydicom.dcmread(file).SegmentSequence
    codes = [item.AnatomicRegionSequence[0].CodeValue for item in segments]
    # T11, T12, L1, L2 of the DICOM anatomical dictionary (PS3.16)
    assert codes == ["12989004", "23215003", "66794005", "14293000"]
    assert len({item.TrackingUID for item in segments}) == 4
    assert {item.SegmentedPropertyTypeCodeSequence[0].CodeValue for item in segments} == {"3572006"}


def test_a_mask_on_another_lattice_lands_where_it_lies() -> None:
    coarse = Grid.from_axes((4, 4, 4), (2, 2, 2), (0.5, 0.5, 0.5))
    fine = Grid.from_axes((8, 8, 8), (1, 1, 1), (0, 0, 0))
    body = np.zeros(coarse.shape, dtype=bool)
    body[1, 2, 3] = True  # covers 1.5–3.5 × 3.5–5.5 × 5.5–7.5 mm
    labels = label_volume(Spine((Vertebra("L1", None, body, coarse),), coarse, "test"), fine)
    assert {tuple(voxel) for voxel in np.argwhere(labels)} == {
        (i, j, k) for i in (2, 3) for j in (4, 5) for k in (6, 7)
    }


def test_what_lies_outside_of_the_image_is_left_out() -> None:
    grid = Grid.from_axes((4, 4, 4), (1, 1, 1), (0, 0, 0))
    away = Grid.from_axes((4, 4, 4), (1, 1, 1), (2, 0, 100))
    here = Grid.from_axes((4, 4, 4), (1, 1, 1), (2, 0, 0))
    for where, expected in ((away, 0), (here, 32)):
        spine = Spine((Vertebra("L1", None, np.ones((4, 4, 4), dtype=bool), where),), where, "test")
        assert int((label_volume(spine, grid) == 1).sum()) == expected


def test_a_voxel_that_two_bodies_claim_belongs_to_the_upper_one() -> None:
    grid = Grid.from_axes((3, 3, 3), (1, 1, 1), (0, 0, 0))
    full = np.ones(grid.shape, dtype=bool)
    spine = Spine((Vertebra("L1", None, full, grid), Vertebra("L2", None, full, grid)), grid, "test")
    assert set(np.unique(label_volume(spine, grid))) == {1}


def test_a_level_without_a_code_of_its_own_keeps_its_name(tmp_path: Path) -> None:
    study = dicom_study.write_study(tmp_path, "axial CT")
    renamed = [
        Vertebra(level, None, one.body, one.grid)
        for level, one in zip(("L5", "L6", "V1", "V2"), study.spine.vertebrae, strict=True)
    ]
    made = segmentation(Spine(tuple(renamed), study.spine.grid, "a network"), study.volume, study.source)
    assert [item.SegmentLabel for item in made.SegmentSequence] == ["L5 body", "L6 body", "V1 body", "V2 body"]
    assert [item.AnatomicRegionSequence[0].CodeValue for item in made.SegmentSequence] == [
        *("49668003", "51282000", "51282000", "51282000")
    ]
    assert {item.SegmentAlgorithmType for item in made.SegmentSequence} == {"AUTOMATIC"}


def test_a_spine_without_bodies_is_nothing_to_write(tmp_path: Path) -> None:
    study = dicom_study.write_study(tmp_path, "axial CT")
    with pytest.raises(ValueError, match="at least one body"):
        segmentation(Spine((), study.spine.grid, "nobody"), study.volume, study.source)


def test_images_whose_files_are_gone_are_refused_in_one_sentence(tmp_path: Path) -> None:
    study = dicom_study.write_study(tmp_path, "axial CT")
    next(tmp_path.iterdir()).unlink()
    with pytest.raises(InputRefused, match="cannot be read any more"):
        derived_from(study.volume, b"", dicom_study.MADE_AT)
