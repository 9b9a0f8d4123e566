"""What do all pictures share? Colours, the grey window, and how heights, posterior wall and canal are drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from vfa.model.frame import FloatArray
from vfa.model.morphometry import COLUMNS, BodyHeights, ExpectedHeights, FractureStatus
from vfa.model.posterior_wall import PosteriorWall, WallStatus
from vfa.model.volume import Volume

BONE_WINDOW_HU = (-500.0, 1300.0)  # level 400, width 1800, the usual bone window
MR_WINDOW_PERCENTILES = (1.0, 99.5)

MEASURED, EXPECTED, WALL, OUTLINE = "#5ad1ff", "#ffb347", "#ff6fae", "#c8c8c8"
CANAL, BEHIND = "#9be564", "#fff59d"
IN_PLANE_MM = 1.5  # what lies farther from the picture's plane is drawn broken
COLOUR_OF_FRACTURE = {
    FractureStatus.PRESENT: "#ff5c5c",
    FractureStatus.INDETERMINATE: "#ffd75c",
    FractureStatus.ABSENT: "#ffffff",
}

Projection: TypeAlias = Callable[[ArrayLike], FloatArray]  # (..., 3) LPS mm to (..., 2) mm in the picture


def grey_window(volume: Volume) -> tuple[float, float]:
    """The value shown black and the one shown white."""
    if volume.modality.is_ct:
        return BONE_WINDOW_HU
    darkest, brightest = (float(value) for value in np.percentile(volume.voxels, MR_WINDOW_PERCENTILES))
    return darkest, max(brightest, darkest + 1)


def draw_heights(axes: Axes, project: Projection, heights: BodyHeights, expected: object) -> None:
    """The measured heights as lines, the expected ones dotted under them: they show where they are longer."""
    for column in COLUMNS:
        caudal, cranial = heights.lines_lps[column]
        if isinstance(expected, ExpectedHeights):
            direction = (cranial - caudal) / np.linalg.norm(cranial - caudal)
            _draw_line(axes, project([caudal, caudal + direction * expected.heights[column].value]), EXPECTED)
        _draw_line(axes, project([caudal, cranial]), MEASURED)


def _draw_line(axes: Axes, ends: FloatArray, colour: str) -> None:
    style, width = ("-", 1.3) if colour == MEASURED else (":", 1.4)
    axes.plot(ends[:, 0], ends[:, 1], color=colour, linestyle=style, linewidth=width, marker="_", markersize=6)


def draw_wall(axes: Axes, project: Projection, wall: object) -> None:
    """The posterior wall as it was traced, where it was; dotted where it could not be judged."""
    if isinstance(wall, PosteriorWall) and wall.wall_lps is not None and len(wall.wall_lps) > 1:
        points = project(wall.wall_lps)
        style = ":" if wall.status is WallStatus.NOT_ASSESSABLE else "-"
        axes.plot(points[:, 0], points[:, 1], color=WALL, linestyle=style, linewidth=1.2)


def draw_retropulsion(axes: Axes, project: Projection, wall: object, from_plane_mm: float) -> None:
    """From the expected wall to the bone farthest behind it, where that is clearly behind; broken off the plane."""
    if isinstance(wall, PosteriorWall) and isinstance(wall.outline, str) and wall.retropulsion_line_lps is not None:
        foot, tip = project(wall.retropulsion_line_lps)
        style = "-" if abs(from_plane_mm) <= IN_PLANE_MM else (0, (2, 1.2))
        axes.plot([foot[0], tip[0]], [foot[1], tip[1]], color=BEHIND, linestyle=style, linewidth=2.0)
        axes.plot([tip[0]], [tip[1]], color=BEHIND, marker="o", markersize=4)


def draw_canal(axes: Axes, project: Projection, wall: object) -> None:
    """The canal where it is narrowest: from front to back, and around it where the picture lies across."""
    if not isinstance(wall, PosteriorWall):
        return
    if wall.canal_outline_lps is not None:
        around = project(np.concatenate([wall.canal_outline_lps, wall.canal_outline_lps[:1]]))
        axes.plot(around[:, 0], around[:, 1], color=CANAL, linewidth=1.0)
    if wall.canal_ap_line_lps is not None:
        ends = project(wall.canal_ap_line_lps)
        axes.plot(ends[:, 0], ends[:, 1], color=CANAL, linewidth=1.6, marker="o", markersize=3)


def draw_scale(axes: Axes, right: float, bottom: float, unit: float) -> None:
    """A bar of 20 mm that ends at the lower right corner; `unit` is the picture's mm for one mm of a full-size one."""
    axes.plot([right - 20 - 4 * unit, right - 4 * unit], [bottom + 5 * unit] * 2, color="white", linewidth=2)
    axes.text(right - 10 - 4 * unit, bottom + 6.5 * unit, "20 mm", color="white", fontsize=8, ha="center", va="bottom")
