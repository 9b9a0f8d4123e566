"""What archives send beside the wanted series: kernels, reformats, phases, maps, stations; the right one is taken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.intake.written_series import AXIAL, SAGITTAL, field_slices, mr_slice, save_series
from vfa.intake import SeriesCandidate, StudyChoice, choose_study, list_series
from vfa.model.volume import Modality


def ct(folder: Path, uid: str, spacing_mm: float = 1.0, length_mm: float = 60.0, **attributes) -> None:
    positions = [(0, 0, spacing_mm * k) for k in range(int(length_mm / spacing_mm))]
    save_series(field_slices(positions, AXIAL, (0.5, 0.5), SeriesInstanceUID=uid, **attributes), folder / uid)


def mr(folder: Path, uid: str, times: tuple[int, int], head_mm: float = 36.0, rows: int = 10, **attributes) -> None:
    slices = [
        mr_slice(
            (4.0 * k, 0, head_mm),
            np.full((rows, 10), times[0], np.uint16),
            SeriesInstanceUID=uid,
            EchoTime=times[0],
            RepetitionTime=times[1],
            PixelSpacing=[4.0, 4.0],
            **{"ImageOrientationPatient": list(SAGITTAL), **attributes},
        )
        for k in range(11)
    ]
    save_series(slices, folder / uid)


T1, T2 = (10, 500), (100, 3500)


def chosen(folder: Path, uid: str | None = None) -> StudyChoice:
    return choose_study(list_series(folder), folder, uid)


def taken(folder: Path) -> str:
    return chosen(folder).primary.description


def candidate(folder: Path) -> SeriesCandidate:
    return list_series(folder).candidates[0]


def test_of_thick_and_thin_slices_the_thin_are_taken(tmp_path):
    ct(tmp_path, "1.2.1", 5.0, SeriesDescription="5 mm")
    ct(tmp_path, "1.2.2", 1.0, SeriesDescription="1 mm")
    assert taken(tmp_path) == "1 mm"


@pytest.mark.parametrize(
    "lung", [{"ConvolutionKernel": "B80f"}, {"ConvolutionKernel": "LUNG"}, {"SeriesDescription": "thorax lung 1.0"}]
)
def test_a_lung_reconstruction_is_passed_over_even_if_a_little_thinner(tmp_path, lung):
    ct(tmp_path, "1.2.1", 1.0, **{"SeriesDescription": "thorax 1.0", **lung})
    ct(tmp_path, "1.2.2", 1.5, SeriesDescription="thorax 1.5", ConvolutionKernel="B31f")
    assert taken(tmp_path) == "thorax 1.5"


def test_a_bone_kernel_is_welcome(tmp_path):
    ct(tmp_path, "1.2.1", 2.0, SeriesDescription="soft", ConvolutionKernel="Br40d")
    ct(tmp_path, "1.2.2", 1.0, SeriesDescription="bone", ConvolutionKernel="Br64d")
    assert taken(tmp_path) == "bone"


def test_an_original_goes_before_a_reformat_of_it_and_a_fine_reformat_before_a_coarse_original(tmp_path):
    reformat = {"SeriesDescription": "reformat", "ImageType": ["DERIVED", "SECONDARY", "MPR"]}
    ct(tmp_path, "1.2.1", 0.8, **reformat)
    ct(tmp_path, "1.2.2", 1.0, SeriesDescription="thin original")
    assert taken(tmp_path) == "thin original"
    ct(tmp_path / "other", "1.2.1", 0.8, **reformat)
    ct(tmp_path / "other", "1.2.2", 5.0, SeriesDescription="thick original")
    assert taken(tmp_path / "other") == "reformat"


def test_of_equal_phases_the_one_without_contrast_agent_is_taken(tmp_path):
    ct(tmp_path, "1.2.1", SeriesDescription="arterial", ContrastBolusAgent="Iomeprol")
    ct(tmp_path, "1.2.2", SeriesDescription="native")
    ct(tmp_path, "1.2.3", SeriesDescription="a plain one", ContrastBolusAgent="off")
    assert taken(tmp_path) in ("native", "a plain one")


@pytest.mark.parametrize("material", ["MAT_SPECIFIC", "IODINE", "ELECTRON_DENSITY"])
def test_a_material_map_is_no_ct(tmp_path, material):
    ct(tmp_path, "1.2.1", ImageType=["DERIVED", "PRIMARY", "AXIAL", material])
    assert "tell of a material" in candidate(tmp_path).reason


def test_of_stations_and_the_composed_whole_the_whole_is_taken(tmp_path):
    mr(tmp_path, "1.2.1", T2, SeriesDescription="t2 station 1")
    mr(
        tmp_path,
        "1.2.2",
        T2,
        head_mm=76.0,
        rows=20,
        SeriesDescription="t2 whole",
        ImageType=["DERIVED", "PRIMARY", "M"],
    )
    assert taken(tmp_path) == "t2 whole"


def test_of_two_stations_the_neck_is_passed_over_and_the_other_s_place_is_said(tmp_path):
    mr(tmp_path, "1.2.1", T2, head_mm=400.0, SeriesDescription="t2 c-spine")
    mr(tmp_path, "1.2.2", T2, SeriesDescription="t2 l-spine")
    choice = chosen(tmp_path)
    assert choice.primary.description == "t2 l-spine"
    assert choice.apart[0].reason == "it shows another region of the same kind; assess it by its own with --series"


def test_fat_suppressed_t2_is_read_as_stir_is(tmp_path):
    mr(tmp_path / "tag", "1.2.1", T2, ScanOptions="FS")
    mr(tmp_path / "word", "1.2.1", T2, SeriesDescription="t2_tse_fs_sag")
    mr(tmp_path / "t1", "1.2.1", T1, ScanOptions="FS")
    assert [candidate(tmp_path / name).kind for name in ("tag", "word", "t1")] == [
        Modality.STIR,
        Modality.STIR,
        Modality.MR,
    ]


def test_t1_after_contrast_agent_is_no_companion(tmp_path):
    mr(tmp_path, "1.2.1", T2)
    mr(tmp_path, "1.2.2", T1, ContrastBolusAgent="Gadobutrol")
    choice = chosen(tmp_path)
    assert choice.companions == ()
    assert "contrast agent" in choice.apart[0].reason


def test_a_subtraction_is_no_t1(tmp_path):
    mr(tmp_path, "1.2.1", T1, SeriesDescription="t1 sag SUB")
    assert candidate(tmp_path).kind is Modality.MR
