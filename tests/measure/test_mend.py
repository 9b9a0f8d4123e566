from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.measure.shapes import column_of_blocks
from vfa.measure.mend import MENDED, mend
from vfa.model.spine import Vertebra


def split(vertebra: Vertebra, gap_mm: float) -> Vertebra:
    """The body with a cleft right through it at mid-height."""
    points = vertebra.grid.lps_of(np.argwhere(vertebra.body))
    gap = np.abs(points[:, 2] - vertebra.centre_lps[2]) < gap_mm / 2
    body = np.array(vertebra.body)
    body[tuple(np.argwhere(vertebra.body)[gap].T)] = False
    return replace(vertebra, body=body)


@pytest.mark.parametrize("spacing_mm", [(0.7, 0.7, 0.7), (0.5, 0.5, 2.0)])
@pytest.mark.parametrize("gap_mm", [2.5, 4.0])
def test_a_body_cut_through_is_one_again(spacing_mm: tuple[float, float, float], gap_mm: float) -> None:
    whole = column_of_blocks([(26, 26)], spacing_mm)["L1"]
    mended = mend(split(whole, gap_mm))
    assert mended.pieces == 2
    assert MENDED in mended.vertebra.quality
    volume_mm3 = mended.vertebra.body.sum() * mended.vertebra.grid.voxel_volume_mm3
    assert volume_mm3 == pytest.approx(whole.body.sum() * whole.grid.voxel_volume_mm3, rel=0.02)


def test_a_cleft_of_one_fine_voxel_is_seen_wherever_it_lies() -> None:
    whole = column_of_blocks([(26, 26)], (0.6, 0.6, 0.6))["L1"]
    for row in range(20, 24):
        body = np.array(whole.body)
        body[:, :, body.shape[2] // 2 - row + 20] = False
        assert mend(replace(whole, body=body)).pieces == 2


@pytest.mark.parametrize("spacing_mm", [(0.6, 0.6, 0.6), (0.8, 0.8, 3.0)])
def test_a_sound_body_stays_as_it_is(spacing_mm: tuple[float, float, float]) -> None:
    whole = column_of_blocks([(20, 28)], spacing_mm)["L1"]
    mended = mend(whole)
    assert mended.pieces == 1
    assert mended.vertebra is whole
