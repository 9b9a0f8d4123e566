"""How does one body look, cut through its own middle? A sagittal and an axial close-up as PNG.

Both are cut along the body's own axes, not the scanner's: the sagittal one in its mid-plane, the axial one across it
where its canal is narrowest, at half its height where that is not known. Anterior is at the left of the sagittal and at
the top of the axial one, whose left is the patient's right, as radiologists hang them. Posterior wall, retropulsion and
canal are drawn where they were measured; retropulsion beside the plane is drawn broken.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from scipy import ndimage

from vfa.model.estimate import Measured, Unmeasurable
from vfa.model.findings import StudyFindings, VertebraFindings
from vfa.model.frame import BodyFrame, FloatArray, Grid
from vfa.model.morphometry import COLUMNS, BodyHeights, ExpectedHeights
from vfa.model.posterior_wall import PosteriorWall, WallStatus
from vfa.model.spine import Spine
from vfa.model.volume import Volume
from vfa.report.picture_parts import (
    CANAL,
    EXPECTED,
    MEASURED,
    OUTLINE,
    WALL,
    draw_canal,
    draw_heights,
    draw_retropulsion,
    draw_scale,
    draw_wall,
    grey_window,
)
from vfa.report.words import NOT_MEASURED, interval, number, status

AT_MOST = 8  # levels; a picture takes about 0.1 s
PIXEL_MM = 0.25
SIDE_MM = 92.0
DPI = 110
INCHES_PER_MM = 1 / 21  # of the patient, on the page
BEHIND_MM = 18.0  # how far behind the body's centre the axial picture is centred, so that the canal lies in its middle


@dataclass(frozen=True)
class LevelPictures:
    """The two close-ups of one level, as PNG."""

    sagittal: bytes
    axial: bytes


@dataclass(frozen=True, eq=False)
class _Plane:
    """A square in LPS: a centre and two unit vectors, rightwards and upwards in the picture."""

    centre_lps: FloatArray
    right: FloatArray
    up: FloatArray

    def picture_of(self, points_lps: ArrayLike) -> FloatArray:
        """(..., 2) mm rightwards and upwards from the centre, of LPS points (..., 3)."""
        offset = np.asarray(points_lps, dtype=float) - self.centre_lps
        return np.stack([offset @ self.right, offset @ self.up], axis=-1)

    def sample(self, voxels: np.ndarray, grid: Grid, outside: float) -> FloatArray:
        """(H, W) values of an (I, J, K) array, rows from the bottom upwards."""
        across, up = np.meshgrid(_STEPS_MM, _STEPS_MM)
        points_lps = self.centre_lps + across[..., None] * self.right + up[..., None] * self.up
        sampled: FloatArray = ndimage.map_coordinates(
            voxels,
            np.moveaxis(grid.ijk_of(points_lps), -1, 0),
            order=1,
            output=float,
            mode="constant",
            cval=outside,
        )
        return sampled


_STEPS_MM = np.arange(-SIDE_MM / 2, SIDE_MM / 2 + PIXEL_MM / 2, PIXEL_MM)


def level_pictures(
    volume: Volume | None, spine: Spine | None, findings: StudyFindings, levels: Sequence[str]
) -> dict[str, LevelPictures]:
    """The close-ups of these levels, of at most AT_MOST of them; a level without a frame of its own has none."""
    if volume is None:
        return {}
    window = grey_window(volume)
    framed = [findings[level] for level in levels if isinstance(findings[level].frame, BodyFrame)]
    return {
        vertebra.level: LevelPictures(_sagittal(volume, window, vertebra), _axial(volume, window, spine, vertebra))
        for vertebra in framed[:AT_MOST]
    }


def _sagittal(volume: Volume, window: tuple[float, float], vertebra: VertebraFindings) -> bytes:
    frame = vertebra.frame
    assert isinstance(frame, BodyFrame)
    plane = _Plane(frame.centre_lps, -frame.anterior, frame.cranial)
    figure, axes = _canvas(volume, window, plane)
    if isinstance(vertebra.heights, BodyHeights):
        draw_heights(axes, plane.picture_of, vertebra.heights, vertebra.expected_heights)
        _write_heights(axes, plane, vertebra.heights, vertebra.expected_heights)
    wall = vertebra.posterior_wall
    draw_wall(axes, plane.picture_of, wall)
    if isinstance(wall, PosteriorWall):
        _draw_in(axes, plane, replace(wall, canal_outline_lps=None))
    _say(axes, _wall_in_short(wall), WALL)
    _letter(axes, f"{vertebra.level} sagittal", ("A", "P"))
    return _png(figure)


def _axial(volume: Volume, window: tuple[float, float], spine: Spine | None, vertebra: VertebraFindings) -> bytes:
    frame = vertebra.frame
    assert isinstance(frame, BodyFrame)
    wall = vertebra.posterior_wall
    height_mm = _narrowest_mm(frame, wall)
    centre = frame.centre_lps - BEHIND_MM * frame.anterior + height_mm * frame.cranial
    plane = _Plane(centre, frame.left, frame.anterior)
    figure, axes = _canvas(volume, window, plane)
    if spine is not None and vertebra.level in spine.levels:
        drawn = spine[vertebra.level]
        inside = plane.sample(drawn.body.astype(np.float32), drawn.grid, outside=0.0)
        if inside.max() > 0.5 > inside.min():
            axes.contour(_STEPS_MM, _STEPS_MM, inside, levels=[0.5], colors=OUTLINE, linewidths=0.9, alpha=0.8)
    _draw_crossing(axes, plane, frame, wall)
    if isinstance(wall, PosteriorWall):
        _draw_in(axes, plane, wall)
    _say(axes, _canal_in_short(wall), CANAL)
    _letter(axes, f"{vertebra.level} axial{_at(height_mm)}", ("R", "L"))
    return _png(figure)


def _narrowest_mm(frame: BodyFrame, wall: PosteriorWall | Unmeasurable) -> float:
    """How far above the body's centre its canal is narrowest; 0 where that is not known."""
    if isinstance(wall, Unmeasurable) or wall.canal_ap_line_lps is None:
        return 0.0
    return float(frame.body_of(wall.canal_ap_line_lps)[:, 2].mean())


def _at(height_mm: float) -> str:
    rounded = round(abs(height_mm))
    return f", {rounded} mm {'above' if height_mm > 0 else 'below'} its middle" if rounded else ""


def _draw_in(axes: Axes, plane: _Plane, wall: PosteriorWall) -> None:
    """Canal and retropulsion, as seen on this plane."""
    draw_canal(axes, plane.picture_of, wall)
    if wall.retropulsion_line_lps is not None:
        away = (wall.retropulsion_line_lps - plane.centre_lps) @ np.cross(plane.right, plane.up)
        draw_retropulsion(axes, plane.picture_of, wall, float(away.mean()))


def _canvas(volume: Volume, window: tuple[float, float], plane: _Plane) -> tuple[Figure, Axes]:
    side = SIDE_MM * INCHES_PER_MM
    figure = Figure(figsize=(side, side), dpi=DPI, facecolor="black")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    darkest, brightest = window
    half = SIDE_MM / 2
    axes.imshow(
        plane.sample(volume.voxels, volume.grid, outside=darkest),
        cmap="gray",
        vmin=darkest,
        vmax=brightest,
        extent=(-half, half, -half, half),
        origin="lower",
        interpolation="bilinear",
    )
    draw_scale(axes, half, -half, 0.7)
    axes.set_xlim(-half, half)
    axes.set_ylim(-half, half)
    return figure, axes


def _write_heights(axes: Axes, plane: _Plane, heights: BodyHeights, expected: object) -> None:
    """Each column's height under its line, and what it should be above it."""
    for column in COLUMNS:
        caudal, cranial = heights.lines_lps[column]
        low, high = plane.picture_of([caudal, cranial])
        _number(axes, (float(low[0]), float(low[1]) - 1.5), f"{heights.centre[column].value:.1f}", MEASURED)
        if isinstance(expected, ExpectedHeights):
            before = expected.heights[column].value
            top = max(float(high[1]), float(low[1]) + before) + 7.0
            _number(axes, (float(high[0]), top), f"{before:.1f}", EXPECTED)


def _draw_crossing(axes: Axes, plane: _Plane, frame: BodyFrame, wall: PosteriorWall | Unmeasurable) -> None:
    """Where the traced wall meets this plane, as a dot, hollow where the wall could not be judged."""
    if isinstance(wall, Unmeasurable) or wall.wall_lps is None:
        return
    cranial = frame.body_of(wall.wall_lps)[:, 2]
    order = np.argsort(cranial)
    height = float(frame.body_of(plane.centre_lps)[2])
    if not len(order) or not cranial[order[0]] <= height <= cranial[order[-1]]:
        return
    points = plane.picture_of(wall.wall_lps)[order]
    across, up = (float(np.interp(height, cranial[order], points[:, axis])) for axis in (0, 1))
    inside = "none" if wall.status is WallStatus.NOT_ASSESSABLE else WALL
    axes.plot([across], [up], marker="o", markersize=6, markeredgecolor=WALL, markerfacecolor=inside)


def _wall_in_short(wall: PosteriorWall | Unmeasurable) -> tuple[str, ...]:
    if isinstance(wall, Unmeasurable):
        return (f"posterior wall: {NOT_MEASURED}",)
    behind = f"retropulsion {_in_short(wall.retropulsion_mm)}"
    return f"posterior wall: {status(wall.status.value)}", behind


def _canal_in_short(wall: PosteriorWall | Unmeasurable) -> tuple[str, ...]:
    if isinstance(wall, Unmeasurable):
        return (f"canal: {NOT_MEASURED}",)
    return "canal front to back, narrowest:", _in_short(wall.canal_ap_mm)


def _in_short(measured: Measured) -> str:
    if isinstance(measured, Unmeasurable):
        return NOT_MEASURED
    return f"{number(measured.value)} mm ({interval(measured.ci95)})"


def _say(axes: Axes, lines: tuple[str, ...], colour: str) -> None:
    """Words at the lower left."""
    half = SIDE_MM / 2
    box = {"facecolor": "black", "alpha": 0.6, "linewidth": 0, "pad": 1.5}
    axes.text(
        -half + 2, -half + 2, "\n".join(lines), color=colour, fontsize=11, fontweight="bold", va="bottom", bbox=box
    )


def _number(axes: Axes, place: tuple[float, float], text: str, colour: str) -> None:
    axes.text(
        *place,
        text,
        color=colour,
        fontsize=12,
        fontweight="bold",
        ha="center",
        va="top",
        bbox={"facecolor": "black", "alpha": 0.6, "linewidth": 0, "pad": 1.0},
    )


def _letter(axes: Axes, title: str, sides: tuple[str, str]) -> None:
    half = SIDE_MM / 2
    axes.text(-half + 2, half - 2, title, color="white", fontsize=14, fontweight="bold", ha="left", va="top")
    for text, place, align in ((sides[0], -half + 2, "left"), (sides[1], half - 2, "right")):
        axes.text(place, 0, text, color="white", fontsize=14, ha=align, va="center")


def _png(figure: Figure) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", facecolor="black", metadata={"Software": None})
    return stream.getvalue()
