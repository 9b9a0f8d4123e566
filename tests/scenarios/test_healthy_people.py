"""Real spines without a known fracture: nothing is said to be fractured, breached or pushed back."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import vfa
from vfa.model.estimate import Estimate
from vfa.model.findings import VertebraFindings
from vfa.model.morphometry import Deformity, FractureStatus, HeightLoss
from vfa.model.posterior_wall import PosteriorWall, WallStatus

pytestmark = pytest.mark.slow

CT = ("taichi-lspine-cc0/dicom/CT_SAG_3mm", "ircadb01-case17", "totalseg-example-ct/example_ct.nii.gz")
MR = ("taichi-lspine-cc0/dicom/MR_TOSHIBA_T1_SAG", "mr-bodies/VB2_02_img.nii.gz")
MOST_LOSS = 0.15  # no more than people differ
MOST_BEHIND_MM = 2.0


@pytest.mark.parametrize("series", CT + MR)
def test_no_level_of_a_healthy_spine_is_fractured_or_far_below_its_expected_height(shared_data: Path, series: str):
    levels = measured(shared_data / series)
    assert len(levels) >= 5
    for level in levels:
        assert isinstance(level.deformity, Deformity)
        assert level.deformity.fracture is not FractureStatus.PRESENT
        assert isinstance(level.height_loss, HeightLoss)
        assert level.height_loss.fraction.value < MOST_LOSS, level.level
    absent = [level for level in levels if level.deformity.fracture is FractureStatus.ABSENT]
    assert len(absent) >= len(levels) - 1


@pytest.mark.parametrize("series", CT)
def test_no_wall_of_a_healthy_spine_is_breached_and_no_bone_stands_behind_one(shared_data: Path, series: str):
    for level in measured(shared_data / series):
        wall = level.posterior_wall
        if isinstance(wall, PosteriorWall):
            assert wall.status is not WallStatus.BREACHED
            if isinstance(wall.retropulsion_mm, Estimate):
                assert wall.retropulsion_mm.value <= MOST_BEHIND_MM, level.level


@cache
def measured(series: Path) -> list[VertebraFindings]:
    """The levels whose heights were measured."""
    found = vfa.assess(series).assessment.findings.vertebrae
    return [level for level in found if isinstance(level.height_loss, HeightLoss)]
