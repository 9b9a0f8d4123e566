"""Finding series in folders and zips of all sorts; nothing in them may stop the search."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import MediaStorageDirectoryStorage, SecondaryCaptureImageStorage, XRayRadiationDoseSRStorage

from tests.intake.written_series import (
    AXIAL,
    CORONAL,
    axial_slices,
    ct_slice,
    field_slices,
    mr_slice,
    save,
    save_series,
)
from vfa.errors import UsageError
from vfa.intake import list_series, load_volume
from vfa.model.volume import Modality


def reasons(folder: Path) -> dict[str, str]:
    return {Path(item.path).name: item.reason for item in list_series(folder).left_out}


def test_a_series_is_listed_with_what_its_header_says(tmp_path):
    found = list_series(save_series(axial_slices(5, BodyPartExamined="LSPINE"), tmp_path))
    (series,) = found.candidates
    assert series.usable
    assert (series.kind, series.plane, series.slices, series.body_part) == (Modality.CT, "axial", 5, "LSPINE")
    assert series.spacing_mm == pytest.approx((1, 1, 2))
    assert series.extent_lps_mm == pytest.approx((10, 12, 10))
    assert [Path(name).name for name in series.files] == [f"IM{n}.dcm" for n in range(5)]
    assert (series.study_instance_uid, series.series_instance_uid) == ("1.2.3.1", "1.2.3.1.1")
    assert found.left_out == ()


def test_series_are_parted_by_their_uid_in_one_folder(tmp_path):
    save_series(axial_slices(5), tmp_path / "mixed")
    for number, dataset in enumerate(axial_slices(4, SeriesInstanceUID="1.2.3.1.2")):
        save(dataset, tmp_path / "mixed" / f"other{number}")
    assert [series.slices for series in list_series(tmp_path).candidates] == [5, 4]


def test_what_is_no_ct_or_mr_image_is_left_out_with_the_reason(tmp_path):
    (tmp_path / "notes.txt").write_text("a text file of more than one hundred and thirty-two bytes" * 3)
    (tmp_path / "empty").write_bytes(b"")
    pixels = np.zeros((4, 4), np.uint16)
    save(ct_slice((0, 0, 0), pixels, SOPClassUID=SecondaryCaptureImageStorage), tmp_path / "capture.dcm")
    save(ct_slice((0, 0, 0), pixels, SOPClassUID=XRayRadiationDoseSRStorage), tmp_path / "dose.dcm")
    save(ct_slice((0, 0, 0), pixels, SamplesPerPixel=3), tmp_path / "colour.dcm")
    found = reasons(tmp_path)
    assert found["notes.txt"] == found["empty"] == "not a DICOM, NIfTI, NRRD or MetaImage file"
    assert "Secondary Capture" in found["capture.dcm"]
    assert "Radiation Dose" in found["dose.dcm"]
    assert "colour" in found["colour.dcm"]
    assert list_series(tmp_path).candidates == ()


def test_a_coronal_planning_image_inside_a_stack_is_split_off_and_said(tmp_path):
    slices = field_slices([(0, 0, 2.0 * k) for k in range(12)], AXIAL, (1, 1))
    planning = field_slices([(0, 5, 20)], CORONAL, (1, 1))
    found = list_series(save_series([*planning, *slices], tmp_path))
    (series,) = found.candidates
    assert (series.usable, series.slices) == (True, 12)
    assert [(Path(item.path).name, item.reason) for item in found.left_out] == [
        ("IM0.dcm", "a single coronal image inside a stack of another orientation")
    ]
    assert "planning" not in load_volume(tmp_path).source.files
    assert "coronal image" in load_volume(tmp_path).corrections[0]


def test_a_localizer_inside_a_stack_is_split_off(tmp_path):
    scout = axial_slices(1, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"], SOPInstanceUID="1.2.9")
    found = list_series(save_series([*axial_slices(12), *scout], tmp_path))
    assert (found.candidates[0].usable, found.candidates[0].slices) == (True, 12)
    assert "a localizer inside a stack" in found.left_out[0].reason


def test_several_orientations_of_few_slices_are_one_refused_series(tmp_path):
    slices = field_slices([(0, 0, 2.0 * k) for k in range(5)], AXIAL, (1, 1))
    slices += field_slices([(0, 40 + 2.0 * k, 0) for k in range(4)], CORONAL, (1, 1))
    (series,) = list_series(save_series(slices, tmp_path)).candidates
    assert not series.usable
    assert "9 images of 2 orientations" in series.reason


def test_two_full_stacks_in_one_series_are_two_candidates(tmp_path):
    slices = field_slices([(0, 0, 2.0 * k) for k in range(12)], AXIAL, (1, 1))
    slices += field_slices([(0, 40 + 2.0 * k, 0) for k in range(14)], CORONAL, (1, 1))
    found = list_series(save_series(slices, tmp_path))
    assert sorted((series.plane, series.slices, series.usable) for series in found.candidates) == [
        ("axial", 12, True),
        ("coronal", 14, True),
    ]


def test_two_echoes_of_one_series_are_not_stacked(tmp_path):
    pixels = np.zeros((4, 4), np.uint16)
    echoes = [
        mr_slice((k, 0, 0), pixels, EchoTime=echo, SOPInstanceUID=f"1.2.3.{echo}.{k + 1}")
        for echo in (20, 80)
        for k in range(11)
    ]
    found = list_series(save_series(echoes, tmp_path))
    assert [(series.slices, series.usable) for series in found.candidates] == [(11, True), (11, True)]
    assert {series.kind for series in found.candidates} == {Modality.MR, Modality.T2}


def test_two_acquisitions_at_the_same_positions_are_two_candidates(tmp_path):
    slices = [dataset for number in (1, 2) for dataset in axial_slices(12, AcquisitionNumber=number)]
    for number, dataset in enumerate(slices, start=1):
        dataset.SOPInstanceUID = f"1.2.8.{number}"
    found = list_series(save_series(slices, tmp_path))
    assert [(series.slices, series.usable) for series in found.candidates] == [(12, True), (12, True)]


def test_a_missing_slice_is_named_in_the_list(tmp_path):
    slices = axial_slices(6)
    del slices[3]
    (series,) = list_series(save_series(slices, tmp_path)).candidates
    assert "1 between IM2.dcm and IM3.dcm (a gap of 4.00 mm, expected 2.00 mm)" in series.reason


def test_a_slice_without_a_position_spoils_its_series(tmp_path):
    slices = axial_slices(5)
    del slices[2].ImagePositionPatient
    (series,) = list_series(save_series(slices, tmp_path)).candidates
    assert "IM2.dcm: ImagePositionPatient" in series.reason


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("ImagePositionPatient", [1e9, 0, 0]),
        ("PixelSpacing", [0, 0]),
        ("ImageOrientationPatient", [1, 0, 0, 1, 0, 0]),
        ("ImageOrientationPatient", [0, 0, 0, 0, 0, 0]),
        ("RescaleSlope", 0),
        ("Rows", 0),
        ("BitsAllocated", 12),
        ("NumberOfFrames", 7),
    ],
)
def test_impossible_headers_are_left_out_with_the_attribute_named(tmp_path, keyword, value):
    save(axial_slices(1, **{keyword: value})[0], tmp_path / "odd.dcm")
    reason = reasons(tmp_path)["odd.dcm"]
    assert keyword in reason or "frames" in reason


def test_a_number_with_a_damaged_point_is_left_out_and_not_read_as_ten_times_it(tmp_path):
    path = save(axial_slices(1)[0], tmp_path / "one.dcm")
    path.write_bytes(path.read_bytes().replace(b"1.0\\1.0 ", b"1.0\\1_0 "))
    (left,) = list_series(tmp_path).left_out
    assert "PixelSpacing" in left.reason


def test_a_zip_is_read_in_place_even_with_names_that_lead_outside(tmp_path):
    folder = save_series(axial_slices(5), tmp_path / "plain")
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.iterdir()):
            packed.write(path, f"../../../{path.name}")
    before = sorted(tmp_path.rglob("*"))
    volume = load_volume(archive)
    assert volume.voxels.shape == (10, 12, 5)
    assert np.array_equal(volume.voxels, load_volume(folder).voxels)
    assert volume.source.files[0] == f"{archive}!../../../IM0.dcm"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_zip_bomb_a_zip_in_a_zip_and_a_damaged_zip_are_left_out(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_BZIP2) as packed:
        packed.writestr("zeros.dcm", bytes(8 * 2**20))
        packed.writestr("inner.zip", b"PK\x03\x04")
    (tmp_path / "damaged.zip").write_bytes(b"PK\x03\x04 no more")
    found = reasons(tmp_path)
    assert "1000 times" in found["bomb.zip!zeros.dcm"]
    assert "zip inside a zip" in found["bomb.zip!inner.zip"]
    assert "damaged zip" in found["damaged.zip"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_and_circular_links_do_not_hang_the_search(tmp_path):
    save_series(axial_slices(4), tmp_path / "series")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    found = reasons(tmp_path)
    assert found == {"pipe": "not a regular file", "loop": "a link to a folder, which is not followed"}


def test_a_dicomdir_stands_for_its_folder_and_is_not_relied_on(tmp_path):
    save_series(axial_slices(4), tmp_path / "IMAGES")
    directory = axial_slices(1, SOPClassUID=MediaStorageDirectoryStorage)[0]
    path = save(directory, tmp_path / "DICOMDIR")
    assert load_volume(path).voxels.shape[2] == 4
    assert "lists no images; the files themselves are read" in reasons(path)["DICOMDIR"]


def test_progress_counts_every_file(tmp_path):
    seen = []
    list_series(save_series(axial_slices(5), tmp_path), lambda done, total: seen.append((done, total)))
    assert seen == [(n, 5) for n in range(1, 6)]


def test_a_path_that_does_not_exist_is_wrong_use(tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        list_series(tmp_path / "nowhere")
