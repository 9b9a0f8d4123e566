from __future__ import annotations

import numpy as np
import pytest

from vfa.model.frame import Grid
from vfa.segment.sampling import too_coarse

UP, BACK = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])
SHAPE = (20, 20, 20)


def _tilted(degrees: float) -> tuple[np.ndarray, np.ndarray]:
    angle = np.radians(degrees)
    return np.array([0.0, -np.sin(angle), np.cos(angle)]), np.array([0.0, np.cos(angle), np.sin(angle)])


@pytest.mark.parametrize(
    "spacing_mm",
    [(0.7, 0.7, 1.0), (0.8, 0.8, 5.0), (4.8, 0.6, 0.6), (8.0, 0.7, 0.7)],
    ids=["thin CT", "thick CT", "sagittal MR", "thick sagittal MR"],
)
def test_images_that_show_endplates_and_bands_are_fine_enough(spacing_mm: tuple[float, float, float]) -> None:
    grid = Grid.from_axes(SHAPE, spacing_mm, (0.0, 0.0, 0.0))
    assert too_coarse(grid, UP, BACK) == ""
    assert too_coarse(grid, *_tilted(35)) == ""


@pytest.mark.parametrize(
    ("spacing_mm", "words"),
    [((0.8, 0.8, 8.0), "8 mm along the column"), ((0.8, 8.0, 0.8), "8 mm from front to back")],
    ids=["axial MR", "coronal MR"],
)
def test_coarser_ones_are_refused_with_the_step_and_the_limit(
    spacing_mm: tuple[float, float, float], words: str
) -> None:
    reason = too_coarse(Grid.from_axes(SHAPE, spacing_mm, (0.0, 0.0, 0.0)), UP, BACK)
    assert words in reason
    assert "or less" in reason


def test_a_tilted_body_is_judged_along_its_own_axes() -> None:
    grid = Grid.from_axes(SHAPE, (0.8, 0.8, 7.0), (0.0, 0.0, 0.0))
    assert too_coarse(grid, UP, BACK) != ""
    assert "front to back" in too_coarse(grid, *_tilted(75))
