"""Every folder of real awkward DICOM does what its description asks: it loads, with which corrections, or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vfa.errors import GeometryRefused, NotAnImage, UsageError, VfaError
from vfa.intake import list_series, load_volume
from vfa.model.volume import Modality

# folder, shape, spacing in mm, what the corrections must speak of
LOADED = [
    ("enhanced_MR_hyperfine", (112, 138, 8), (1.59, 1.61, 5.0), ""),
    ("enhanced_MR_siemens", (256, 256, 8), (0.9375, 0.9375, 0.9), ""),
    ("gantrytilt_siemens", (512, 521, 4), (0.41797, 0.41797, 5 * np.cos(np.radians(14))), "14.0 degrees"),
    ("head_CT_tilt18_uniform_Philips", (512, 600, 54), (0.48242, 0.48242, 2.371), "18.5 degrees"),
    ("non_square_pixels_MR", (64, 28, 4), (6.4, 4.0, 0.5), ""),
    ("ts_rle", (256, 256, 4), (1, 1, 1), ""),
    ("ts_jpeg_lossless", (256, 256, 4), (1, 1, 1), ""),
    ("ts_jpegls", (256, 256, 4), (1, 1, 1), ""),
    ("ts_j2k", (256, 256, 4), (1, 1, 1), ""),
]
REFUSED = [
    ("mixed_orientation_MR", GeometryRefused, "4 images of 2 orientations"),
    ("same_position_not_a_volume", GeometryRefused, "4 images lie at one position"),
    ("single_slice_MR", GeometryRefused, "Got 1 slice"),
    ("two_slices_only_MR", GeometryRefused, "Got 2 slices"),
    ("slice_gap_GE_5_10mm", GeometryRefused, "a gap of 10.00 mm, expected 5.00 mm"),
    ("slice_gap_tilted_siemens", GeometryRefused, "1 between IM-0001-0003.dcm and IM-0001-0005.dcm"),
    ("single_files_pydicom_data", GeometryRefused, "none of its 3 series"),
]


@pytest.fixture
def awkward(shared_data: Path) -> Path:
    return shared_data / "robustness-dicom"


@pytest.fixture
def taichi(shared_data: Path) -> Path:
    return shared_data / "taichi-lspine-cc0" / "dicom"


@pytest.mark.parametrize(("folder", "shape", "spacing_mm", "said"), LOADED, ids=[case[0] for case in LOADED])
def test_a_folder_that_can_be_loaded_is_loaded_with_its_true_geometry(awkward, folder, shape, spacing_mm, said):
    volume = load_volume(awkward / folder)
    assert volume.voxels.shape == shape
    assert volume.spacing_mm == pytest.approx(spacing_mm, abs=1e-3)
    assert volume.voxels.min() < volume.voxels.max()
    assert said in " ".join(volume.corrections)
    assert bool(volume.corrections) == bool(said)


@pytest.mark.parametrize(("folder", "error", "said"), REFUSED, ids=[case[0] for case in REFUSED])
def test_a_folder_that_is_no_volume_is_refused_with_the_reason(awkward, folder, error, said):
    with pytest.raises(error) as refusal:
        load_volume(awkward / folder)
    assert said in str(refusal.value)


def test_every_awkward_folder_is_named_in_this_file(awkward):
    named = {case[0] for case in LOADED} | {case[0] for case in REFUSED} | {"dicomdirtests"}
    assert {path.name for path in awkward.iterdir() if path.is_dir()} == named


def test_the_four_compressions_of_one_series_give_the_same_voxels(awkward):
    volumes = [load_volume(awkward / folder) for folder in ("ts_rle", "ts_jpeg_lossless", "ts_jpegls", "ts_j2k")]
    for volume in volumes[1:]:
        assert np.array_equal(volume.voxels, volumes[0].voxels)


def test_the_tilted_head_stands_upright_once_straightened(awkward):
    """The phantom's two side walls are vertical plates: in an upright volume their place does not move with height."""
    volume = load_volume(awkward / "head_CT_tilt18_uniform_Philips")
    assert volume.slice_spacing_mm == pytest.approx(2.5 * np.cos(np.radians(18.5)), abs=1e-3)
    assert np.abs(volume.grid.axes.T @ volume.grid.axes - np.eye(3)).max() < 1e-9
    # the first pixel of the first slice, unmoved, keeps the value the file gives it: air
    corner_ijk = volume.grid.ijk_of([-123.5, -15.64097, 742.345191756896])
    assert np.abs(corner_ijk - np.rint(corner_ijk)).max() < 1e-6
    assert corner_ijk[2] == pytest.approx(0, abs=1e-6)


def test_the_dicomdir_samples_list_every_ct_and_mr_and_none_of_them_raises(awkward):
    found = list_series(awkward / "dicomdirtests")
    usable = [series for series in found.candidates if series.usable]
    assert [(series.description, series.slices) for series in usable] == [("SmartScore - Gated 0.5 sec", 5)]
    scouts = [series for series in found.candidates if "SCOUT" in series.description.upper()]
    assert all("localizer" in series.reason for series in scouts)
    assert len(scouts) == 1
    assert sum("DICOMDIR" in item.reason for item in found.left_out) == 8
    assert sum("Computed Radiography" in item.reason for item in found.left_out) == 3


def test_the_enhanced_ct_perfusion_map_is_not_taken_for_hounsfield_units(awkward):
    with pytest.raises(NotAnImage, match="no Hounsfield units"):
        load_volume(awkward / "single_files_pydicom_data" / "eCT_Supplemental.dcm")


def test_no_single_file_of_the_samples_ends_in_anything_but_a_volume_or_a_refusal(awkward):
    for path in sorted((awkward / "single_files_pydicom_data").iterdir()):
        with pytest.raises(VfaError):
            load_volume(path)


TAICHI = [
    ("CT_SAG_3mm", Modality.CT, (512, 512, 38), (0.633, 0.633, 3.0)),
    ("MR_TOSHIBA_T2_SAG", Modality.T2, (448, 498, 15), (0.6024, 0.6024, 4.8)),
    ("MR_TOSHIBA_T1_SAG", Modality.T1, (384, 426, 15), (0.7042, 0.7042, 4.8)),
    ("MR_TOSHIBA_T2_COR", Modality.T2, (320, 356, 5), (0.8427, 0.8427, 8.0)),
    ("MR_HITACHI_T2_SAG", Modality.T2, (512, 512, 11), (0.6836, 0.6836, 4.5)),
    ("MR_HITACHI_T1_SAG", Modality.T1, (512, 512, 11), (0.6836, 0.6836, 4.5)),
    ("MR_HITACHI_STIR_SAG", Modality.STIR, (512, 512, 11), (0.6836, 0.6836, 4.5)),
]


@pytest.mark.parametrize(("folder", "kind", "shape", "spacing_mm"), TAICHI, ids=[case[0] for case in TAICHI])
def test_a_lumbar_series_loads_as_what_its_folder_is_called(taichi, folder, kind, shape, spacing_mm):
    volume = load_volume(taichi / folder)
    assert (volume.modality, volume.voxels.shape) == (kind, shape)
    assert volume.spacing_mm == pytest.approx(spacing_mm, abs=2e-3)


def test_the_coronal_planning_image_of_the_sagittal_ct_is_left_out(taichi):
    found = list_series(taichi / "CT_SAG_3mm")
    assert [(Path(item.path).name, "coronal" in item.reason) for item in found.left_out] == [("CT000003.dcm", True)]
    assert (found.candidates[0].plane, found.candidates[0].slices) == ("sagittal", 38)


@pytest.mark.parametrize(
    ("folder", "error", "said"),
    [
        ("CT_TOPOGRAM", NotAnImage, "a localizer"),
        ("MR_TOSHIBA_AX_multiplane", GeometryRefused, "19 images of 5 orientations"),
    ],
)
def test_scouts_and_multi_angle_stacks_are_refused(taichi, folder, error, said):
    with pytest.raises(error, match=said):
        load_volume(taichi / folder)


def test_the_whole_export_holds_three_studies_and_asks_for_one(taichi):
    with pytest.raises(UsageError, match="3 studies"):
        load_volume(taichi)


def test_the_scan_table_lies_behind_the_patient(shared_data):
    """The thin abdominal CT lies supine: bone (the spine) is behind the middle of the body, liver on the right."""
    volume = load_volume(shared_data / "ircadb01-case17" / "PATIENT_DICOM")
    assert volume.voxels.shape == (512, 512, 119)
    assert volume.spacing_mm == pytest.approx((0.743, 0.743, 1.6), abs=1e-6)
    body, bone = (np.argwhere(volume.voxels[::8, ::8, ::8] > hu) * 8 for hu in (-200, 300))
    assert volume.grid.lps_of(bone)[:, 1].mean() > volume.grid.lps_of(body)[:, 1].mean() + 30


@pytest.mark.parametrize(("name", "kind"), [("example_ct", Modality.CT), ("example_mr_sm", Modality.MR)])
def test_untagged_files_are_told_apart_by_their_values(shared_data, name, kind):
    volume = load_volume(shared_data / "totalseg-example-ct" / f"{name}.nii.gz")
    assert volume.modality is kind
    assert "does not say what it holds" in volume.corrections[0]
