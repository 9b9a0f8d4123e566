"""What does the spine look like, with what was measured drawn on it? A sagittal picture as PNG.

Anterior is at the left, the head up, millimetres are equal along both axes.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy import ndimage

from vfa.model.findings import StudyFindings, VertebraFindings
from vfa.model.frame import FloatArray, Grid
from vfa.model.morphometry import BodyHeights, Deformity, FractureStatus, HeightLoss
from vfa.model.posterior_wall import PosteriorWall
from vfa.model.spine import Spine
from vfa.model.volume import Volume
from vfa.report.picture_parts import (
    COLOUR_OF_FRACTURE,
    EXPECTED,
    MEASURED,
    OUTLINE,
    WALL,
    draw_heights,
    draw_scale,
    draw_wall,
    grey_window,
)
from vfa.report.sagittal_plane import SagittalPlane, plane_through

PIXEL_MM = 0.4
MARGIN_ANTERIOR_MM, MARGIN_POSTERIOR_MM, MARGIN_VERTICAL_MM = 60.0, 75.0, 30.0
NAME_ANTERIOR_MM = 24.0  # in front of the body, whose half depth is 15–20 mm
INCHES_PER_MM = 1 / 30  # of the patient, on the page
DPI = 110


@dataclass(frozen=True, eq=False)
class _Picture:
    """A lattice of picture positions: posterior_mm (W,) rightwards, cranial_mm (H,) upwards."""

    plane: SagittalPlane
    posterior_mm: FloatArray
    cranial_mm: FloatArray

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, bottom, top edge, as imshow takes it."""
        half = PIXEL_MM / 2
        return (
            self.posterior_mm[0] - half,
            self.posterior_mm[-1] + half,
            self.cranial_mm[0] - half,
            self.cranial_mm[-1] + half,
        )

    def sample(self, voxels: np.ndarray, grid: Grid, outside: float, order: int) -> FloatArray:
        """(H, W) values of an (I, J, K) array on the surface; `outside` beyond the array."""
        across, up = np.meshgrid(self.posterior_mm, self.cranial_mm)
        points_ijk = grid.ijk_of(self.plane.lps_of(np.stack([across, up], axis=-1)))
        sampled: FloatArray = ndimage.map_coordinates(
            voxels, np.moveaxis(points_ijk, -1, 0), order=order, output=float, mode="constant", cval=outside
        )
        return sampled


def spine_figure(volume: Volume | None, spine: Spine | None, findings: StudyFindings) -> bytes:
    """The mid-sagittal picture as PNG, with height lines, expected heights, the posterior wall and level names.

    Args:
        volume: the image; without it the masks' outlines are drawn.
        spine: the masks, for outlines where there is no image or no measurement.
        findings: what was measured.

    Raises:
        ValueError: if there is no vertebra.
    """
    picture = _frame_picture(plane_through(findings.vertebrae), findings)
    left, right, bottom, top = picture.extent
    figure = Figure(figsize=((right - left) * INCHES_PER_MM, (top - bottom) * INCHES_PER_MM), dpi=DPI)
    FigureCanvasAgg(figure)
    figure.patch.set_facecolor("black")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    if volume is not None:
        _draw_image(axes, picture, volume)
    for vertebra in findings.vertebrae:
        measured = isinstance(vertebra.heights, BodyHeights)
        if spine is not None and (volume is None or not measured):
            _draw_outline(axes, picture, spine, vertebra.level)
        _draw_vertebra(axes, picture.plane, vertebra)
    _draw_legend(axes, picture, findings)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.set_aspect("equal")
    stream = io.BytesIO()
    figure.savefig(stream, format="png", facecolor="black", metadata={"Software": None})
    return stream.getvalue()


def _frame_picture(plane: SagittalPlane, findings: StudyFindings) -> _Picture:
    centres = plane.picture_of([vertebra.centre_lps for vertebra in findings.vertebrae])
    low, high = centres.min(axis=0), centres.max(axis=0)
    return _Picture(
        plane,
        np.arange(low[0] - MARGIN_ANTERIOR_MM, high[0] + MARGIN_POSTERIOR_MM, PIXEL_MM),
        np.arange(low[1] - MARGIN_VERTICAL_MM, high[1] + MARGIN_VERTICAL_MM, PIXEL_MM),
    )


def _draw_image(axes: Axes, picture: _Picture, volume: Volume) -> None:
    darkest, brightest = grey_window(volume)
    shown = picture.sample(volume.voxels, volume.grid, outside=darkest, order=1)
    axes.imshow(
        shown,
        cmap="gray",
        vmin=darkest,
        vmax=brightest,
        extent=picture.extent,
        origin="lower",
        interpolation="bilinear",
    )


def _draw_outline(axes: Axes, picture: _Picture, spine: Spine, level: str) -> None:
    if level not in spine.levels:
        return
    vertebra = spine[level]
    inside = picture.sample(vertebra.body.astype(np.float32), vertebra.grid, outside=0.0, order=1)
    if inside.max() > 0.5 > inside.min():
        axes.contour(
            picture.posterior_mm, picture.cranial_mm, inside, levels=[0.5], colors=OUTLINE, linewidths=0.9, alpha=0.8
        )


def _draw_vertebra(axes: Axes, plane: SagittalPlane, vertebra: VertebraFindings) -> None:
    if isinstance(vertebra.heights, BodyHeights):
        draw_heights(axes, plane.picture_of, vertebra.heights, vertebra.expected_heights)
    draw_wall(axes, plane.picture_of, vertebra.posterior_wall)
    _draw_name(axes, plane, vertebra)


def _draw_name(axes: Axes, plane: SagittalPlane, vertebra: VertebraFindings) -> None:
    deformity, loss = vertebra.deformity, vertebra.height_loss
    fracture = deformity.fracture if isinstance(deformity, Deformity) else FractureStatus.ABSENT
    text = vertebra.level
    if not isinstance(vertebra.heights, BodyHeights):
        text = f"{vertebra.level}\nnot measured"
    elif isinstance(loss, HeightLoss) and fracture is not FractureStatus.ABSENT:
        text = f"{vertebra.level}\n−{100 * loss.fraction.value:.1f} %"
    across, up = plane.picture_of(vertebra.centre_lps)
    axes.text(
        across - NAME_ANTERIOR_MM,
        up,
        text,
        color=COLOUR_OF_FRACTURE[fracture],
        fontsize=9,
        fontweight="bold",
        ha="right",
        va="center",
        bbox={"facecolor": "black", "alpha": 0.55, "linewidth": 0, "pad": 1.5},
    )


def _draw_legend(axes: Axes, picture: _Picture, findings: StudyFindings) -> None:
    left, right, bottom, top = picture.extent
    for text, place, align in (("A", left + 3, "left"), ("P", right - 3, "right")):
        axes.text(place, (bottom + top) / 2, text, color="white", fontsize=11, ha=align, va="center")
    entries = [("measured height", MEASURED), ("expected height", EXPECTED)]
    walls = [vertebra.posterior_wall for vertebra in findings.vertebrae]
    if any(isinstance(wall, PosteriorWall) and wall.wall_lps is not None for wall in walls):
        entries.append(("posterior wall", WALL))
    for line, (text, colour) in enumerate(entries):
        axes.text(left + 3, bottom + 4 + 6 * line, text, color=colour, fontsize=8, ha="left", va="bottom")
    draw_scale(axes, right, bottom, 1.0)
