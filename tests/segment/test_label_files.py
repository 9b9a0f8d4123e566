import itertools
from pathlib import Path

import highdicom
import numpy as np
import pytest
import SimpleITK
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from tests.intake.written_series import ct_slice, save
from tests.segment.made_up import BOX_ML, column, column_centre, column_grid, save_nifti
from vfa.errors import LabelsRefused, UsageError
from vfa.model.frame import Grid
from vfa.segment.label_files import Extent, read_label_file
from vfa.segment.label_schemes import Holds

ORIENTATIONS = [
    np.array([[sign if axis == row else 0 for axis, sign in zip(order, signs, strict=True)] for row in range(3)])
    for order in itertools.permutations(range(3))
    for signs in itertools.product((1, -1), repeat=3)
]


def save_itk(path: Path, labels: np.ndarray, grid: Grid, **metadata: str) -> Path:
    image = SimpleITK.GetImageFromArray(labels.T)
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(grid.lps_of([0, 0, 0]).tolist())
    image.SetDirection(grid.axes.ravel().tolist())
    for key, value in metadata.items():
        image.SetMetaData(key, value)
    SimpleITK.WriteImage(image, str(path))
    return path


@pytest.mark.parametrize("axes", ORIENTATIONS, ids=lambda axes: "".join(f"{v:+d}" for v in axes.ravel() if v))
def test_all_48_orientations_give_the_same_place(tmp_path, axes):
    grid = column_grid(2, (2, 2, 2), axes)
    file = read_label_file(save_nifti(tmp_path / "labels.nii.gz", column([20, 21], grid), grid))
    for index, label in enumerate((20, 21)):
        assert file.regions[label].centre_lps == pytest.approx(column_centre(index), abs=0.01)
        assert file.regions[label].volume_ml == pytest.approx(BOX_ML, rel=1e-6)


@pytest.mark.parametrize("ending", [".nii", ".nrrd", ".mha"])
def test_other_formats_give_the_same_place(tmp_path, ending):
    grid = column_grid(2, (1, 2, 2))
    file = read_label_file(save_itk(tmp_path / f"labels{ending}", column([20, 21], grid), grid))
    assert sorted(file.regions) == [20, 21]
    assert file.regions[21].centre_lps == pytest.approx(column_centre(1), abs=0.01)


def test_whole_numbers_stored_as_fractions_are_labels(tmp_path):
    grid = column_grid(2)
    path = save_nifti(tmp_path / "labels.nii.gz", column([20, 21], grid).astype(np.float32), grid)
    assert sorted(read_label_file(path).regions) == [20, 21]


def test_an_image_is_not_taken_for_labels(tmp_path):
    grid = column_grid(1)
    image = np.random.default_rng(0).normal(0, 300, grid.shape).astype(np.float32)
    with pytest.raises(LabelsRefused, match="image"):
        read_label_file(save_nifti(tmp_path / "ct.nii.gz", image, grid))
    with pytest.raises(LabelsRefused, match="image"):
        read_label_file(save_nifti(tmp_path / "ct.nii.gz", image.astype(np.int16), grid))
    grey = (np.abs(image) % 251).astype(np.uint8)
    with pytest.raises(LabelsRefused, match="image"):
        read_label_file(save_nifti(tmp_path / "mr.nii.gz", grey, grid))


def test_an_empty_label_volume_is_refused(tmp_path):
    grid = column_grid(1)
    with pytest.raises(LabelsRefused, match="no label at all"):
        read_label_file(save_nifti(tmp_path / "none.nii.gz", np.zeros(grid.shape, np.uint8), grid))


def test_a_nifti_without_any_orientation_is_refused(tmp_path):
    grid = column_grid(1)
    path = save_nifti(tmp_path / "labels.nii", column([20], grid), grid)
    raw = bytearray(path.read_bytes())
    raw[252:256] = bytes(4)  # qform_code, sform_code
    path.write_bytes(raw)
    with pytest.raises(LabelsRefused, match="where it lies"):
        read_label_file(path)


def test_what_is_no_label_file_is_refused_in_one_sentence(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("L1 is fractured")
    broken = tmp_path / "broken.nii.gz"
    broken.write_bytes(b"not gzip")
    for path in (text, broken):
        with pytest.raises(LabelsRefused) as refusal:
            read_label_file(path)
        assert path.name in str(refusal.value)
        assert "\n" not in str(refusal.value)
    with pytest.raises(UsageError, match="no such file"):
        read_label_file(tmp_path / "absent.nii.gz")


def test_a_slicer_segmentation_names_its_segments(tmp_path):
    grid = column_grid(2)
    path = save_itk(
        tmp_path / "spine.seg.nrrd",
        column([3, 1], grid),
        grid,
        Segment0_ID="a",
        Segment0_Name="L2 body",
        Segment0_LabelValue="1",
        Segment0_Layer="0",
        Segment1_ID="b",
        Segment1_Name="L1 body",
        Segment1_LabelValue="3",
        Segment1_Layer="0",
    )
    file = read_label_file(path)
    assert {label: meaning.level for label, meaning in file.meanings.items()} == {1: "L2", 3: "L1"}
    assert file.regions[3].centre_lps == pytest.approx(column_centre(0), abs=0.01)
    assert file.extent is Extent.CROP


def test_overlapping_slicer_segments_are_kept_apart(tmp_path):
    grid = column_grid(2)
    layers = np.stack([column([1, 0], grid), column([1, 1], grid)])
    image = SimpleITK.GetImageFromArray(layers.transpose(3, 2, 1, 0).copy(), isVector=True)
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(grid.lps_of([0, 0, 0]).tolist())
    for number, (name, layer) in enumerate([("L1 body", 0), ("vertebral canal", 1)]):
        for key, value in (("Name", name), ("ID", str(number)), ("LabelValue", "1"), ("Layer", str(layer))):
            image.SetMetaData(f"Segment{number}_{key}", value)
    SimpleITK.WriteImage(image, str(tmp_path / "two.seg.nrrd"))
    file = read_label_file(tmp_path / "two.seg.nrrd")
    assert file.meanings[1].level == "L1"
    assert file.meanings[2].canal == "canal"
    assert file.regions[2].volume_ml == pytest.approx(2 * file.regions[1].volume_ml)


def seg_file(folder: Path, labels: np.ndarray, grid: Grid, descriptions: list) -> Path:
    """A DICOM SEG on made-up CT slices along +k, written by highdicom; empty frames are left out."""
    sources = [
        ct_slice(
            grid.lps_of([0, 0, k]),
            np.zeros((grid.shape[1], grid.shape[0]), np.uint16),
            PixelSpacing=[grid.spacing_mm[1], grid.spacing_mm[0]],
            InstanceNumber=k + 1,
            PatientID="1",
            PatientName="Phantom^Digital",
            PatientBirthDate="",
            PatientSex="O",
            StudyDate="20200101",
            StudyTime="000000",
            AccessionNumber="1",
            StudyID="1",
            ReferringPhysicianName="",
        )
        for k in range(grid.shape[2])
    ]
    seg = highdicom.seg.Segmentation(
        source_images=sources,
        pixel_array=labels.transpose(2, 1, 0),
        segmentation_type="BINARY",
        segment_descriptions=descriptions,
        series_instance_uid="1.2.3.7",
        series_number=2,
        sop_instance_uid="1.2.3.7.1",
        instance_number=1,
        manufacturer="Maker",
        manufacturer_model_name="Model",
        software_versions="1",
        device_serial_number="1",
    )
    return save(seg, folder / "seg.dcm")


def description(number: int, label: str, kind: Code, region: Code | None = None) -> highdicom.seg.SegmentDescription:
    return highdicom.seg.SegmentDescription(
        number,
        label,
        codes.SCT.AnatomicalStructure,
        kind,
        "MANUAL",
        anatomic_regions=None if region is None else [region],
    )


def test_a_dicom_seg_gives_levels_by_code_and_place_by_position(tmp_path):
    grid = column_grid(2, (2, 1, 2))
    body = Code("3572006", "SCT", "Vertebral body")
    path = seg_file(
        tmp_path,
        column([1, 2], grid),
        grid,
        [description(1, "one", body, codes.SCT.L3Vertebra), description(2, "two", codes.SCT.L4Vertebra)],
    )
    file = read_label_file(path)
    assert file.meanings[1].level == "L3"
    assert file.meanings[1].holds is Holds.BODY
    assert file.meanings[2].level == "L4"
    for index, label in enumerate((1, 2)):
        assert file.regions[label].centre_lps == pytest.approx(column_centre(index), abs=0.01)
        assert file.regions[label].volume_ml == pytest.approx(BOX_ML, rel=1e-6)
    assert file.extent is Extent.CROP
    assert "Maker" in file.producer


def test_dicom_that_is_no_seg_is_refused_by_its_kind(tmp_path):
    path = save(ct_slice((0, 0, 0), np.zeros((4, 4), np.uint16)), tmp_path / "ct.dcm")
    with pytest.raises(LabelsRefused, match="CT"):
        read_label_file(path)
