"""Pixels → Volume: values, places, every transfer syntax, and what must be refused.

Truth is the linear field the slices were filled with: wherever a voxel is said to lie, its value must be the
field's value there.
"""

from __future__ import annotations

import itertools
import shutil
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)
from scipy.spatial.transform import Rotation

from tests.intake.written_series import (
    AXIAL,
    SAGITTAL,
    axial_slices,
    enhanced_ct,
    field_slices,
    linear_field,
    mr_slice,
    save,
    save_series,
)
from vfa.errors import GeometryRefused, NotAnImage, VfaError
from vfa.intake import load_volume
from vfa.model.volume import Modality, Volume


def check_field(volume: Volume, tolerance: float = 0.51) -> None:
    """Every voxel inside the slices holds the field's value at the place the volume gives it."""
    ijk = np.argwhere(volume.voxels > -1000)
    expected = linear_field(volume.grid.lps_of(ijk))
    assert np.abs(volume.voxels[tuple(ijk.T)] - expected).max() <= tolerance


def test_a_ct_series_becomes_hounsfield_units_at_their_places(tmp_path):
    volume = load_volume(save_series(axial_slices(5), tmp_path))
    assert volume.voxels.shape == (10, 12, 5)
    assert volume.voxels.dtype == np.int16
    assert volume.modality is Modality.CT
    assert volume.spacing_mm == pytest.approx((1, 1, 2))
    assert volume.grid.lps_of([0, 0, 0]) == pytest.approx([-5, -6, -4])
    assert (volume.slice_axis, volume.slice_thickness_mm, volume.frame_of_reference_uid) == (2, 2.0, "1.2.3.9")
    assert volume.corrections == ()
    check_field(volume)


def test_the_source_names_study_series_and_files_in_slice_order(tmp_path):
    source = load_volume(save_series(axial_slices(4)[::-1], tmp_path)).source
    assert (source.study_instance_uid, source.series_instance_uid) == ("1.2.3.1", "1.2.3.1.1")
    assert [Path(name).name for name in source.files] == ["IM3.dcm", "IM2.dcm", "IM1.dcm", "IM0.dcm"]
    assert (source.description, source.patient_position) == ("made up", "HFS")


def test_pixel_spacing_gives_the_distance_between_rows_first(tmp_path):
    slices = field_slices([(0, 0, 3.0 * k) for k in range(4)], AXIAL, (0.5, 0.8))
    volume = load_volume(save_series(slices, tmp_path))
    assert volume.spacing_mm == pytest.approx((0.8, 0.5, 3))
    check_field(volume)


SIGNED_AXES = [
    np.array([sign * np.eye(3)[axis] for sign, axis in zip(signs, axes, strict=True)])
    for axes in itertools.permutations(range(3))
    for signs in itertools.product((1.0, -1.0), repeat=3)
]


@pytest.mark.parametrize("axes", SIGNED_AXES, ids=lambda axes: str(axes.astype(int).ravel().tolist()))
def test_each_of_the_48_orientations_gives_the_same_millimetres(tmp_path, axes):
    check_orientation(tmp_path, axes, (0.75, 1.25, 3.5), tilt_deg=0)


rotations = st.tuples(*[st.floats(-1, 1) for _ in range(4)]).filter(lambda q: np.linalg.norm(q) > 0.1)
in_plane_mm = st.floats(0.3, 2)


@given(
    st.sampled_from(SIGNED_AXES), rotations, st.tuples(in_plane_mm, in_plane_mm, st.floats(0.5, 5)), st.floats(-30, 30)
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_rotation_spacing_and_tilt_gives_the_same_millimetres(tmp_path, axes, quaternion, spacing_mm, tilt_deg):
    rotation = Rotation.from_quat(quaternion).as_matrix()
    check_orientation(tmp_path, axes @ rotation.T, spacing_mm, tilt_deg)


def check_orientation(folder: Path, axes: np.ndarray, spacing_mm: tuple[float, float, float], tilt_deg: float) -> None:
    row, column, step = axes
    step = spacing_mm[2] * (step + np.tan(np.radians(tilt_deg)) * column)
    slices = field_slices([k * step for k in range(5)], [*row, *column], spacing_mm[:2])
    shutil.rmtree(folder / "series", ignore_errors=True)
    volume = load_volume(save_series(slices, folder / "series"))
    assert volume.spacing_mm == pytest.approx((spacing_mm[1], spacing_mm[0], spacing_mm[2]))
    assert np.linalg.det(volume.grid.axes) == pytest.approx(1)
    if tilt_deg == 0:
        assert volume.voxels.size == 12 * 10 * 5
        check_field(volume)
    elif volume.corrections:
        check_field(_without_rim(volume), tolerance=1.01)  # stored and resampled values are both rounded
    else:
        check_field(volume, tolerance=0.51 + 0.1 * 18.5)  # an unseen drift below 0.1 mm, times the field's slope


def _without_rim(volume: Volume) -> Volume:
    """Air where a voxel or its neighbour in the slice has no image, so that half-filled ones do not count."""
    inside = volume.voxels > -1000
    for axis in (0, 1):
        inside = inside & np.roll(inside, 1, axis) & np.roll(inside, -1, axis)
    inside[[0, -1]] = inside[:, [0, -1]] = False
    assert inside.sum() > 200
    return Volume(np.where(inside, volume.voxels, -1024), volume.grid, volume.modality)


def test_a_tilted_stack_keeps_every_slice_whole_and_says_what_was_done(tmp_path):
    tilt = np.radians(18.5)
    cosines = [1, 0, 0, 0, np.cos(tilt), -np.sin(tilt)]
    volume = load_volume(save_series(field_slices([(0, 0, 2.5 * k) for k in range(8)], cosines, (1, 1)), tmp_path))
    assert volume.slice_spacing_mm == pytest.approx(2.5 * np.cos(tilt))  # 2.371
    assert "18.5 degrees" in volume.corrections[0]
    assert ((volume.voxels > -1000).sum(axis=(0, 1)) >= 12 * 10).all()
    check_field(_without_rim(volume), tolerance=1.01)


def test_slices_that_change_from_two_to_three_mm_are_resampled_at_their_true_places(tmp_path):
    slices = field_slices([(0, 0, z) for z in (0, 2, 4, 6, 9, 12, 15)], AXIAL, (1, 1))
    volume = load_volume(save_series(slices, tmp_path))
    assert (volume.slice_spacing_mm, volume.voxels.shape[2]) == (pytest.approx(3), 6)
    assert "resampled" in volume.corrections[0]
    check_field(volume, tolerance=1.01)


def test_exact_duplicates_are_dropped_and_said(tmp_path):
    slices = axial_slices(5)
    twin = axial_slices(5)[2]
    twin.SOPInstanceUID = "1.2.3.4.5"
    volume = load_volume(save_series([*slices, twin], tmp_path))
    assert volume.voxels.shape[2] == 5
    assert volume.corrections == ("1 exact duplicates of slices were dropped.",)


def test_the_same_file_exported_twice_counts_once(tmp_path):
    save_series(axial_slices(5), tmp_path / "a")
    volume = load_volume(save_series(axial_slices(5), tmp_path / "b").parent)
    assert volume.voxels.shape[2] == 5
    assert "second copy" in volume.corrections[0]


def test_two_different_images_at_one_position_are_refused_by_name(tmp_path):
    slices = axial_slices(5)
    other = axial_slices(5)[2]
    other.SOPInstanceUID = "1.2.3.4.5"
    other.PixelData = bytes(len(other.PixelData))
    with pytest.raises(GeometryRefused, match=r"IM2.dcm and IM5.dcm lie at one position and differ"):
        load_volume(save_series([*slices, other], tmp_path))


@pytest.mark.parametrize("padding", [63536, -2000])
def test_padding_becomes_air_however_its_sign_is_written(tmp_path, padding):
    slices = axial_slices(4, PixelRepresentation=1, PixelPaddingValue=None)
    for dataset in slices:
        pixels = np.frombuffer(dataset.PixelData, np.int16).copy()
        pixels[:12] = -2000
        dataset.PixelData = pixels.tobytes()
        dataset.add_new("PixelPaddingValue", "SS" if padding < 0 else "US", padding)
    volume = load_volume(save_series(slices, tmp_path))
    assert (volume.voxels == -1024).sum() == 4 * 12
    assert volume.corrections == ("Padding (10.0 % of voxels) was set to air or no signal.",)
    check_field(volume)


def test_values_below_air_are_clamped_and_said(tmp_path):
    slices = axial_slices(4, PixelRepresentation=1)
    for dataset in slices:
        pixels = np.frombuffer(dataset.PixelData, np.int16).copy()
        pixels[:6] = -2000  # −3024 HU, as seen outside the field of view
        dataset.PixelData = pixels.tobytes()
    volume = load_volume(save_series(slices, tmp_path))
    assert volume.voxels.min() == -1024
    assert "below -1024 HU (5.0 % of voxels)" in volume.corrections[0]


def test_a_padding_value_that_means_tissue_is_not_followed(tmp_path):
    slices = axial_slices(4)
    stored = int(np.frombuffer(slices[0].PixelData, np.uint16)[0])
    for dataset in slices:
        dataset.add_new("PixelPaddingValue", "US", stored)
    volume = load_volume(save_series(slices, tmp_path))
    assert "not followed" in volume.corrections[0]
    check_field(volume)


def test_fractional_slopes_give_floating_point_hounsfield_units(tmp_path):
    volume = load_volume(save_series(axial_slices(4, RescaleSlope="0.5", RescaleIntercept="-1024"), tmp_path))
    plain = load_volume(save_series(axial_slices(4), tmp_path / "plain"), series_uid="1.2.3.1.1")
    assert volume.voxels.dtype == np.float32
    assert volume.voxels == pytest.approx((plain.voxels.astype(float) + 1024) / 2 - 1024)


def test_values_beyond_sixteen_bits_do_not_wrap_around(tmp_path):
    slices = axial_slices(4, RescaleSlope=40)
    volume = load_volume(save_series(slices, tmp_path))
    assert volume.voxels.min() > 0
    assert "above 32767 HU" in volume.corrections[0]


@pytest.mark.parametrize("missing", ["RescaleSlope", "RescaleIntercept"])
def test_ct_without_rescale_tags_is_refused(tmp_path, missing):
    with pytest.raises(NotAnImage, match="no Hounsfield units"):
        load_volume(save_series(axial_slices(4, **{missing: None}), tmp_path))


def test_mr_keeps_its_stored_values(tmp_path):
    pixels = np.arange(48, dtype=np.uint16).reshape(6, 8)
    slices = [mr_slice((4.5 * k, -10, 20), pixels + k) for k in range(4)]
    volume = load_volume(save_series(slices, tmp_path))
    assert (volume.modality, volume.voxels.dtype) == (Modality.T2, np.uint16)
    assert volume.spacing_mm == pytest.approx((1, 1, 4.5))
    assert volume.grid.axes[:, 0] == pytest.approx(SAGITTAL[:3])
    # sagittal rows run to posterior, columns to the feet: their normal points to the right, so slices are reversed
    assert volume.voxels[3, 2, 0] == pixels[2, 3] + 3
    assert volume.grid.lps_of([0, 0, 0]) == pytest.approx([13.5, -10, 20])


def test_mr_that_states_a_rescaling_is_rescaled_slice_by_slice(tmp_path):
    pixels = np.full((6, 8), 10, np.uint16)
    slices = [mr_slice((-k, 0, 0), pixels, RescaleSlope=1 + k, RescaleIntercept=0.5) for k in range(4)]
    volume = load_volume(save_series(slices, tmp_path))
    assert volume.voxels[0, 0].tolist() == [10.5, 20.5, 30.5, 40.5]


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_other_encodings_give_the_same_volume(tmp_path, syntax):
    slices = axial_slices(4)
    for dataset in slices:
        dataset.file_meta.TransferSyntaxUID = syntax
    check_field(load_volume(save_series(slices, tmp_path)))


def test_big_endian_gives_the_same_volume(tmp_path):
    slices = axial_slices(4)
    for dataset in slices:
        dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
        dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()
    check_field(load_volume(save_series(slices, tmp_path)))


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_compressed_slices_give_the_same_volume(tmp_path, syntax):
    slices = field_slices([(0, 0, 2.0 * k) for k in range(4)], AXIAL, (1, 1), shape=(40, 48))
    for dataset in slices:
        dataset.compress(syntax, generate_instance_uid=False)
    check_field(load_volume(save_series(slices, tmp_path)))


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_a_compressed_image_whose_own_stream_was_cut_is_refused(tmp_path, syntax):
    slices = field_slices([(0, 0, 2.0 * k) for k in range(4)], AXIAL, (1, 1), shape=(40, 48))
    for dataset in slices:
        dataset.compress(syntax, generate_instance_uid=False)
    whole = get_frame(slices[1].PixelData, 0, number_of_frames=1)
    slices[1].PixelData = encapsulate([whole[: len(whole) // 4 * 2]])
    with pytest.raises(NotAnImage, match=r"IM1\.dcm"):
        load_volume(save_series(slices, tmp_path))


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless])
def test_a_compressed_image_of_another_size_than_its_header_is_refused_before_decoding(tmp_path, syntax):
    slices = field_slices([(0, 0, 2.0 * k) for k in range(4)], AXIAL, (1, 1), shape=(40, 48))
    for dataset in slices:
        dataset.compress(syntax, generate_instance_uid=False)
        dataset.Rows = 20
    with pytest.raises(NotAnImage, match="is of 40 × 48 pixels, expected the 20 × 48"):
        load_volume(save_series(slices, tmp_path))


@pytest.mark.parametrize("implicit", ["explicit", "implicit"])
def test_files_without_preamble_and_meta_header_are_read(tmp_path, implicit):
    for number, dataset in enumerate(axial_slices(4)):
        if implicit == "implicit":
            dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
        path = save(dataset, tmp_path / f"{number}")
        content = path.read_bytes()
        meta_length = int.from_bytes(content[140:144], "little")
        path.write_bytes(content[144 + meta_length :])
    check_field(load_volume(tmp_path))


def test_an_enhanced_multi_frame_object_is_one_volume(tmp_path):
    slices = axial_slices(6)
    path = save(enhanced_ct([slices[k] for k in (3, 0, 5, 1, 4, 2)]), tmp_path / "enhanced.dcm")
    volume = load_volume(path)
    assert volume.voxels.shape == (10, 12, 6)
    assert volume.slice_thickness_mm == 2
    assert volume.source.files == (str(path),)
    check_field(volume)


def test_overlay_bits_above_bits_stored_are_dropped(tmp_path):
    slices = axial_slices(4, BitsStored=12, HighBit=11)
    for dataset in slices:
        pixels = np.frombuffer(dataset.PixelData, np.uint16).copy()
        assert pixels.max() < 4096
        pixels[::3] |= 0x8000
        dataset.PixelData = pixels.tobytes()
    check_field(load_volume(save_series(slices, tmp_path)))


def test_lossy_compression_is_said(tmp_path):
    volume = load_volume(save_series(axial_slices(4, LossyImageCompression="01"), tmp_path))
    assert "with loss" in volume.corrections[-1]


def test_a_file_whose_pixels_are_cut_short_is_refused_before_decoding(tmp_path):
    folder = save_series(axial_slices(5), tmp_path)
    path = folder / "IM4.dcm"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(NotAnImage, match=r"IM4.dcm: its pixel data are cut short \(140 of 240 bytes\)"):
        load_volume(folder)


def test_a_file_cut_within_its_header_is_refused(tmp_path):
    path = save(axial_slices(1)[0], tmp_path / "cut.dcm")
    path.write_bytes(path.read_bytes()[:600])
    with pytest.raises(VfaError, match="export it again"):
        load_volume(path)


def test_a_header_that_claims_gigabytes_is_refused_without_reserving_them(tmp_path):
    slices = axial_slices(4, Rows=16384, Columns=16384)
    with pytest.raises(NotAnImage, match="cut short"):
        load_volume(save_series(slices, tmp_path))


def test_a_deflated_dataset_that_unpacks_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("vfa.intake.dicom_file._MAX_INFLATED_BYTES", 2**20)
    path = save(axial_slices(1)[0], tmp_path / "bomb.dcm")
    content = path.read_bytes()
    dataset_at = 144 + int.from_bytes(content[140:144], "little")
    meta = content[:dataset_at].replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99")
    meta = meta.replace(b"UI\x14\x001.2.840.10008.1.2.1.99", b"UI\x16\x001.2.840.10008.1.2.1.99")
    meta = meta[:140] + (dataset_at + 2 - 144).to_bytes(4, "little") + meta[144:]
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = b"".join(packer.compress(bytes(2**20)) for _ in range(3)) + packer.flush()
    path.write_bytes(meta + body)
    with pytest.raises(NotAnImage, match="unpacks to more than 1 MiB"):
        load_volume(path)


def test_rescaling_that_differs_between_ct_slices_is_said(tmp_path):
    slices = axial_slices(4)
    slices[1].RescaleIntercept = -1000
    assert "differ between slices" in load_volume(save_series(slices, tmp_path)).corrections[0]
