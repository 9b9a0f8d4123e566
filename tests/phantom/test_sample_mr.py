from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom

from vfa.intake import load_volume
from vfa.model.volume import Modality, Volume
from vfa.phantom.anatomy import build_spine
from vfa.phantom.sample import SHIPPED
from vfa.phantom.sample_mr import mr_grid, with_oedema

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"


def _mean_in_core(volume: Volume, level: str) -> float:
    centre = build_spine(SHIPPED.recipe)[level].construction.centre_lps
    i, j, k = np.rint(volume.grid.ijk_of(centre)).astype(int)
    return float(volume.voxels[i - 4 : i + 5, j - 3 : j + 4, k].mean())


def test_the_shipped_mr_is_of_the_ct_s_study_and_in_its_frame_of_reference() -> None:
    ct, *mr = (pydicom.dcmread(min((SAMPLE / folder).glob("*.dcm"))) for folder in ("study", "mr/t1", "mr/stir"))
    assert {str(file.StudyInstanceUID) for file in mr} == {str(ct.StudyInstanceUID)}
    assert {str(file.FrameOfReferenceUID) for file in mr} == {str(ct.FrameOfReferenceUID)}
    assert len({str(file.SeriesInstanceUID) for file in (ct, *mr)}) == 3


def test_it_is_a_few_hundred_kilobytes() -> None:
    assert sum(path.stat().st_size for path in (SAMPLE / "mr").rglob("*.dcm")) < 800_000


def test_the_fractured_bodies_are_bright_on_stir_and_dark_on_t1() -> None:
    stir, t1 = (load_volume(SAMPLE / "mr" / name) for name in ("stir", "t1"))
    assert (stir.modality, t1.modality) == (Modality.STIR, Modality.T1)
    assert _mean_in_core(stir, "L1") > 1.5 * _mean_in_core(stir, "L2")
    assert _mean_in_core(t1, "L1") < 0.9 * _mean_in_core(t1, "L2")


def test_every_fractured_level_is_oedematous_and_shows_on_the_slices() -> None:
    recipe = with_oedema(SHIPPED.recipe)
    assert set(recipe.features) >= set(recipe.fractures)
    spine = build_spine(recipe)
    grid = mr_grid(spine)
    for vertebra in spine.vertebrae:
        ijk = grid.ijk_of(vertebra.construction.centre_lps)
        assert (ijk > 2).all()
        assert (ijk < np.array(grid.shape) - 3).all()
