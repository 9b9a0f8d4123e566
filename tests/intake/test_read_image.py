"""NIfTI, NRRD and MetaImage; truth is nibabel's and NRRD's own reading of the frame, worked by hand."""

from __future__ import annotations

import zipfile

import nibabel
import numpy as np
import pytest
import SimpleITK

from tests.intake.written_series import axial_slices, save_series
from vfa.errors import GeometryRefused, NotAnImage, UsageError
from vfa.intake import list_series, load_volume
from vfa.model.volume import Modality

RAS_FROM_IJK = np.array([[0, 0, -2.5, 30], [-0.8, 0, 0, 40], [0, 1.2, 0, -50], [0, 0, 0, 1.0]])


def field_values(shape=(5, 6, 7), lowest=-1000):
    """Whole numbers, each voxel its own, so that a swapped or turned axis shows."""
    values = np.arange(np.prod(shape), dtype=np.int16).reshape(shape) - 90
    values[0, 0, 0] = lowest
    return values


def save_nifti(path, values, qform=RAS_FROM_IJK, sform=RAS_FROM_IJK, codes=(1, 1)):
    image = nibabel.Nifti1Image(values, None)
    image.set_qform(qform, code=codes[0])
    image.set_sform(sform, code=codes[1])
    nibabel.save(image, path)
    return path


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_a_nifti_file_lies_in_lps(tmp_path, ending):
    values = field_values()
    volume = load_volume(save_nifti(tmp_path / f"ct{ending}", values))
    assert np.array_equal(volume.voxels, values)
    assert volume.lps_from_ijk == pytest.approx(np.diag([-1, -1, 1, 1]) @ RAS_FROM_IJK, abs=1e-5)
    assert volume.spacing_mm == pytest.approx((0.8, 1.2, 2.5))
    assert (volume.slice_axis, volume.slice_thickness_mm) == (2, None)


def test_whole_numbers_with_air_are_taken_for_ct_and_it_is_said(tmp_path):
    volume = load_volume(save_nifti(tmp_path / "a.nii", field_values()))
    assert (volume.modality, volume.voxels.dtype) == (Modality.CT, np.int16)
    assert "taken for Hounsfield units" in volume.corrections[0]


def test_values_without_air_are_taken_for_mr_and_it_is_said(tmp_path):
    volume = load_volume(save_nifti(tmp_path / "a.nii", np.abs(field_values())))
    assert volume.modality is Modality.MR
    assert "taken for MR" in volume.corrections[0]


def test_a_label_map_is_no_image_and_the_message_says_where_it_belongs(tmp_path):
    labels = np.zeros((20, 20, 12), dtype=np.int16)
    labels[4:16, 4:16, 1:5], labels[4:16, 4:16, 7:11] = 20, 21
    with pytest.raises(NotAnImage, match="labels, not an image; give it with --segmentation"):
        load_volume(save_nifti(tmp_path / "labels.nii", labels))


def test_the_callers_modality_is_taken_without_a_remark(tmp_path):
    volume = load_volume(save_nifti(tmp_path / "a.nii", np.abs(field_values())), modality=Modality.T2)
    assert (volume.modality, volume.corrections) == (Modality.T2, ())


def test_ct_below_air_is_clamped_and_said(tmp_path):
    volume = load_volume(save_nifti(tmp_path / "a.nii", field_values(lowest=-3024)))
    assert volume.voxels.min() == -1024
    assert "below -1024 HU" in volume.corrections[1]


def test_two_geometries_that_disagree_are_reported_with_the_distance(tmp_path):
    moved = RAS_FROM_IJK.copy()
    moved[2, 3] += 4
    path = save_nifti(tmp_path / "a.nii", field_values(), qform=RAS_FROM_IJK, sform=moved)
    volume = load_volume(path)
    assert "up to 4.0 mm apart" in volume.corrections[0]
    used = "sform" if volume.lps_from_ijk[2, 3] == pytest.approx(moved[2, 3]) else "qform"
    assert f"its {used} was used" in volume.corrections[0]


def test_two_geometries_that_agree_are_not_remarked_upon(tmp_path):
    assert len(load_volume(save_nifti(tmp_path / "a.nii", field_values())).corrections) == 1


def test_a_nifti_file_without_orientation_is_refused(tmp_path):
    path = save_nifti(tmp_path / "a.nii.gz", field_values(), codes=(0, 0))
    with pytest.raises(GeometryRefused, match="states no orientation"):
        load_volume(path)


def test_a_sheared_nifti_file_is_refused(tmp_path):
    sheared = RAS_FROM_IJK.copy()
    sheared[0, 0] = 0.4
    path = save_nifti(tmp_path / "a.nii", field_values(), sform=sheared, codes=(0, 2))
    with pytest.raises(GeometryRefused, match="not perpendicular"):
        load_volume(path)


def test_a_time_series_is_refused(tmp_path):
    path = tmp_path / "a.nii"
    nibabel.save(nibabel.Nifti1Image(np.zeros((4, 4, 4, 3), np.int16), RAS_FROM_IJK), path)
    with pytest.raises(GeometryRefused, match="4 dimensions"):
        load_volume(path)


def test_a_fourth_axis_of_one_is_dropped(tmp_path):
    path = tmp_path / "a.nii"
    nibabel.save(nibabel.Nifti1Image(field_values()[..., None], RAS_FROM_IJK), path)
    assert np.array_equal(load_volume(path).voxels, field_values())


@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".nrrd", ".mha"])
def test_a_truncated_file_is_refused(tmp_path, ending):
    rng = np.random.default_rng(1)
    image = SimpleITK.GetImageFromArray(rng.integers(-1000, 1000, (9, 9, 9)).astype(np.int16))
    path = tmp_path / f"a{ending}"
    SimpleITK.WriteImage(image, str(path))
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(NotAnImage, match=r"cut short|ended before the end"):
        load_volume(path)


def test_a_damaged_compressed_file_is_refused(tmp_path):
    rng = np.random.default_rng(1)
    path = save_nifti(tmp_path / "a.nii.gz", rng.integers(-1000, 1000, (9, 9, 9)).astype(np.int16))
    content = bytearray(path.read_bytes())
    content[-5] ^= 0xFF  # within the checksum gzip ends with
    path.write_bytes(content)
    with pytest.raises(NotAnImage, match="cannot be read as an image"):
        load_volume(path)


def test_a_nifti_header_that_claims_too_much_is_refused_without_reserving_it(tmp_path):
    path = save_nifti(tmp_path / "a.nii", field_values())
    content = bytearray(path.read_bytes())
    content[42:48] = np.array([30000, 30000, 30000], "<i2").tobytes()
    path.write_bytes(content)
    with pytest.raises(GeometryRefused, match="more than can be held"):
        load_volume(path)


def test_values_that_are_not_finite_are_refused(tmp_path):
    values = np.ones((4, 4, 4), np.float32)
    values[1, 1, 1] = np.nan
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(values), str(tmp_path / "a.nrrd"))
    with pytest.raises(NotAnImage, match="not finite"):
        load_volume(tmp_path / "a.nrrd")


@pytest.mark.parametrize("ending", [".nrrd", ".mha", ".mhd"])
def test_nrrd_and_metaimage_files_lie_in_lps(tmp_path, ending):
    values = field_values()
    image = SimpleITK.GetImageFromArray(values.T)
    lps_from_ijk = np.diag([-1, -1, 1, 1]) @ RAS_FROM_IJK
    image.SetSpacing((0.8, 1.2, 2.5))
    image.SetOrigin(lps_from_ijk[:3, 3].tolist())
    image.SetDirection((lps_from_ijk[:3, :3] / [0.8, 1.2, 2.5]).ravel().tolist())
    SimpleITK.WriteImage(image, str(tmp_path / f"ct{ending}"))
    volume = load_volume(tmp_path / f"ct{ending}")
    assert np.array_equal(volume.voxels, values)
    assert volume.lps_from_ijk == pytest.approx(lps_from_ijk)


def test_a_nifti_file_in_a_zip_is_read(tmp_path):
    path = save_nifti(tmp_path / "ct.nii.gz", field_values())
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as packed:
        packed.write(path, "../ct.nii.gz")
    volume = load_volume(tmp_path / "all.zip")
    assert np.array_equal(volume.voxels, field_values())
    assert volume.source.files == (f"{tmp_path / 'all.zip'}!../ct.nii.gz",)


def test_the_listing_shows_shape_and_spacing_but_no_kind(tmp_path):
    save_nifti(tmp_path / "ct.nii", field_values())
    (series,) = list_series(tmp_path).candidates
    assert (series.kind, series.usable, series.shape) == (None, True, (5, 6, 7))
    assert series.spacing_mm == pytest.approx((0.8, 1.2, 2.5))
    assert series.plane == "sagittal"  # slices 2.5 mm apart run from right to left


def test_a_tagged_series_goes_before_an_untagged_file_beside_it(tmp_path):
    save_series(axial_slices(4), tmp_path / "dicom")
    save_nifti(tmp_path / "mask.nii", field_values())
    assert load_volume(tmp_path).source.series_instance_uid == "1.2.3.1.1"


def test_two_untagged_files_must_be_chosen_from(tmp_path):
    save_nifti(tmp_path / "a.nii", field_values())
    save_nifti(tmp_path / "b.nii", field_values())
    with pytest.raises(UsageError, match="2 studies"):
        load_volume(tmp_path)
