"""On real series, as scanners send them, the objects are valid and the segmentation lands on the image's lattice."""

from __future__ import annotations

from pathlib import Path

import highdicom
import numpy as np
import pytest

from tests.report import dicom_study, made_up
from vfa.intake import load_volume
from vfa.model.frame import Grid
from vfa.model.spine import Spine, Vertebra
from vfa.report.dicom_derived import derived_from
from vfa.report.dicom_image import SAGITTAL, KeyPicture, encapsulated_pdf, secondary_capture
from vfa.report.dicom_seg import segmentation
from vfa.report.dicom_sr import structured_report
from vfa.report.figures import spine_figure

SERIES = (
    "ircadb01-case17/PATIENT_DICOM",
    "taichi-lspine-cc0/dicom/CT_SAG_3mm",
    "taichi-lspine-cc0/dicom/MR_HITACHI_T2_SAG",
    "robustness-dicom/enhanced_MR_siemens",
    "robustness-dicom/gantrytilt_siemens",
    "robustness-dicom/ts_jpegls",
)


def blobs(grid: Grid) -> Spine:
    """Four made-up bodies of a few voxels along the third axis, in a volume of any content."""
    vertebrae = []
    size = [max(1, n // 8) for n in grid.shape]
    for number, level in enumerate(made_up.CENTRES_LPS):
        start = [grid.shape[0] // 3, number * size[1], grid.shape[2] // 3]
        shape = (size[0], size[1], min(size[2], grid.shape[2] - start[2]))
        vertebrae.append(Vertebra(level, None, np.ones(shape, dtype=bool), grid.crop(start, shape)))
    return Spine(tuple(vertebrae), grid, "labels made up")


@pytest.mark.parametrize("name", SERIES)
def test_every_object_of_a_real_series_is_valid_and_the_bodies_are_where_they_were(
    shared_data: Path, tmp_path: Path, name: str
) -> None:
    volume = load_volume(shared_data / name)
    spine = blobs(volume.grid)
    source = derived_from(volume, b"an answer", dicom_study.MADE_AT)
    seg = segmentation(spine, volume, source)
    picture = spine_figure(None, made_up.spine(), made_up.findings())
    made = {
        "seg": seg,
        "sr": structured_report(dicom_study.the_document(), seg, source),
        "sc": secondary_capture(KeyPicture("spine", 1, picture, "caption", SAGITTAL), source),
        "pdf": encapsulated_pdf(b"%PDF-1.4\n%%EOF\n", "title", source),
    }
    for kind, one in made.items():
        assert (kind, dicom_study.complaints(dicom_study.saved(one, tmp_path / f"{kind}.dcm"))) == (kind, [])
    assert lattice_of(tmp_path / "seg.dcm", volume.grid, spine)


def lattice_of(file: Path, grid: Grid, spine: Spine) -> bool:
    """Whether every body read back covers the same points in the patient, to a hundredth of a millimetre."""
    read = highdicom.seg.segread(file)
    for number, vertebra in enumerate(spine.vertebrae, start=1):
        volume = read.get_volume(segment_numbers=[number], combine_segments=True, relabel=True)
        found = np.argwhere(volume.array > 0)
        points = found @ volume.affine[:3, :3].T + volume.affine[:3, 3]
        expected = vertebra.grid.lps_of(np.argwhere(vertebra.body))
        assert len(points) == len(expected)
        gaps = np.abs(np.sort(points, axis=0) - np.sort(expected, axis=0))
        assert gaps.max() < 0.01
    return True
