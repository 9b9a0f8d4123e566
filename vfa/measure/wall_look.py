"""What was seen of one posterior wall and its canal, before anything is concluded from it?

One body's view, where its canal runs, where bone begins on every ray, and the wall that would be expected. Looking
again with the waist and hollow of intact neighbours changes only what is expected.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.measure.back_surface import (
    BackSurface,
    CanalLine,
    Levels,
    back_surface,
    beside_pedicles,
    grey_levels,
    overshoot_mm,
)
from vfa.measure.blur import blur_along
from vfa.measure.body_view import CRANIAL_STEP_MM, BodyView, view_body
from vfa.measure.canal import ArchOutline, arch_outline, half_widths
from vfa.measure.expected_wall import FLAT_BY_NATURE, Usual, WallShape, fit_wall, vein_zone
from vfa.model.estimate import Unmeasurable, Why
from vfa.model.frame import BodyFrame, FloatArray
from vfa.model.morphometry import HeightMap
from vfa.model.spine import Spine, Vertebra
from vfa.model.volume import Volume

WALL_RANGE = (0.10, 0.94)  # of the posterior height: beyond it the rims are rounded and discs bulge
CLEAR_OF_PEDICLE_MM = 1.75
USUAL_HALF_WIDTH_MM = 8.0  # between the pedicles of the narrowest levels, where they were not found
MIDDLE_MM = 6.0  # to either side of the midline: where mask and wall are compared
NEAR_WALL_MM = 1.5  # bone that rays met this near the fitted wall is the wall
SINGLE_RAYS = (5, 3)  # across and along: what is narrower than half of it is the pedicle's edge or noise
RAYS_ACROSS_MM = 30.0  # neighbours farther apart say nothing of the canal's course


@dataclass(frozen=True, eq=False)
class WallLook:
    """What was seen of one wall.

    Args:
        level: of the vertebra.
        view: the image in the body's axes.
        line: the middle of its canal, along its wall.
        lean_mm: how far a wall square to the lower endplate leans back from the body's centre to its upper endplate.
        levels: grey values of canal, marrow and cortex.
        surface: where bone begins.
        between: (L, C) rays between the pedicles and the endplates.
        whole: (L, C) the same with those that may have met a pedicle's root: bone too, and no hole may hide there.
        arch: the canal's outline; None where no arch is in view.
        shape: the wall that is expected.
        blur_mm: standard deviation of the image's blur across the wall.
        mask_behind_mm: (C,) where the mask ends behind in the midline, mm behind the body's centre; NaN for none.
    """

    level: str
    view: BodyView
    line: CanalLine
    lean_mm: float
    levels: Levels
    surface: BackSurface
    between: NDArray[np.bool_]
    whole: NDArray[np.bool_]
    arch: ArchOutline | None
    shape: WallShape
    blur_mm: float
    mask_behind_mm: FloatArray

    @property
    def mask_off_mm(self) -> float:
        """How far behind the expected wall the mask ends, in the middle of the wall; 0 where neither says."""
        aside = ~((np.abs(self.from_midline_mm) <= MIDDLE_MM) & self.between)
        wall, front = (
            np.ma.masked_array(surface, aside).mean(axis=0).filled(np.nan)
            for surface in (self.shape.behind_mm, np.maximum(self.front_mm, self.shape.behind_mm))
        )
        # A mask may or may not hold a fragment that stands behind the wall.
        off = np.maximum(self.mask_behind_mm - front, 0.0) + np.minimum(self.mask_behind_mm - wall, 0.0)
        return float(np.nanmedian(off)) if np.isfinite(off).any() else 0.0

    @property
    def height_mm(self) -> float:
        """The body's posterior height between the pedicles."""
        return _height_mm(self.view)

    @property
    def from_midline_mm(self) -> FloatArray:
        """(L, C) places across, from the canal's midline."""
        return np.asarray(self.view.left_mm[:, None] - self.line.left_at(self.view.cranial_mm)[None, :])

    @property
    def vein(self) -> NDArray[np.bool_]:
        """(L, C) where the basivertebral vein may open."""
        return np.asarray(vein_zone(self.from_midline_mm, self.view.height_fraction))

    @property
    def behind_wall_mm(self) -> FloatArray:
        """(L, C) how far bone stands behind the expected wall, single rays smoothed away; 0 where none was met."""
        return self.behind_of(self.shape.behind_mm)

    def behind_of(self, wall_mm: FloatArray) -> FloatArray:
        """(L, C) the same behind another wall, (L, C) mm behind the body's centre."""
        away = self.surface.behind_mm - wall_mm
        filled = np.where(np.isfinite(away) & (away > -NEAR_WALL_MM), away, 0.0)
        return np.asarray(ndimage.median_filter(np.where(self.between, filled, 0.0), size=SINGLE_RAYS, mode="nearest"))

    @property
    def front_mm(self) -> FloatArray:
        """(L, C) the canal's front: bone where rays met it, else the expected wall."""
        near = self.surface.behind_mm > self.shape.behind_mm - NEAR_WALL_MM
        return np.where(near, self.surface.behind_mm, self.shape.behind_mm)

    def learning_from(self, neighbours: list[WallShape]) -> WallLook:
        """The same, its expected wall fitted with what neighbours say of waist and hollow."""
        if not neighbours or self.level in FLAT_BY_NATURE:
            return self
        usual = Usual.of_anyone(self.lean_mm).learning_from(neighbours)
        shape = _expected(self.view, self.line, self.surface, self.between, usual)
        return self if shape is None else replace(self, shape=shape)


def look_at_wall(
    spine: Spine, vertebra: Vertebra, volume: Volume, frame: BodyFrame, surfaces: HeightMap
) -> WallLook | Unmeasurable:
    """Look at one wall on CT; Unmeasurable where its canal is not known or nothing stands out from it."""
    level = vertebra.level
    line = canal_line(spine, vertebra, frame)
    if line is None:
        return Unmeasurable(level, "posterior wall", Why.CANAL_NOT_FOUND, "where the canal lies is not known")
    view = view_body(volume, frame, surfaces)
    levels = grey_levels(view, line, _between(view, line, USUAL_HALF_WIDTH_MM))
    if levels is None:
        detail = "the posterior cortex does not stand out from the canal"
        return Unmeasurable(level, "posterior wall", Why.QUALITY_FAILED, detail)
    blur = blur_along(volume, frame.anterior)
    outside = overshoot_mm(levels, blur)
    halves = half_widths(view, line, levels, outside)
    half = USUAL_HALF_WIDTH_MM
    if halves is not None:
        line = replace(line, left_mm=line.left_mm + (halves[0] - halves[1]) / 2)
        half = sum(halves) / 2
    whole = _between(view, line, half - CLEAR_OF_PEDICLE_MM)
    surface = back_surface(view, line, levels, blur, half)
    between = whole & ~beside_pedicles(surface.behind_mm, whole)
    # L5 is wedged by nature, the lower rim drawn to the front: its wall does not follow the lower endplate.
    lean = 0.0 if level in FLAT_BY_NATURE else square_to_lower_endplate(surfaces) * _height_mm(view) / 2
    shape = _expected(view, line, surface, between, Usual.of_anyone(lean))
    if shape is None:
        return Unmeasurable(level, "posterior wall", Why.QUALITY_FAILED, "too little of the posterior wall was found")
    arch = None
    if halves is not None:
        own = replace(line, behind_slope=_slope(shape, view))
        arch = arch_outline(view, own, levels, outside, (half, half))
        line = own
    mask = _mask_ends(vertebra, view, line)
    return WallLook(level, view, line, lean, levels, surface, between, whole, arch, shape, blur.sd_mm, mask)


def square_to_lower_endplate(surfaces: HeightMap) -> float:
    """How far a wall that stands square on the lower endplate leans back, mm per mm towards the head.

    In a wedge the body's axis halves the angle between the endplates, and the wall leans by half of it. It is the upper
    endplate that comes down as a rule; the wall stays as the lower one has it.
    """
    middle = np.abs(surfaces.left_mm - np.median(surfaces.left_mm)) <= np.ptp(surfaces.left_mm) / 4
    lower = surfaces.lower_mm[middle]
    known = np.isfinite(lower)
    forwards = np.broadcast_to(surfaces.anterior_mm, lower.shape)[known]
    return float(np.polynomial.Polynomial.fit(forwards, lower[known], 1).convert().coef[1]) if known.any() else 0.0


def _mask_ends(vertebra: Vertebra, view: BodyView, line: CanalLine) -> FloatArray:
    """(C,) how far behind the body's centre its mask reaches near the midline, height by height."""
    left, anterior, cranial = view.frame.body_of(vertebra.grid.lps_of(np.argwhere(vertebra.body))).T
    row = np.round((cranial - view.cranial_mm[0]) / CRANIAL_STEP_MM).astype(int)
    kept = (np.abs(left - line.left_at(cranial)) <= MIDDLE_MM) & (row >= 0) & (row < len(view.cranial_mm))
    ends = np.full(len(view.cranial_mm), -np.inf)
    np.maximum.at(ends, row[kept], -anterior[kept])
    # Slices are coarser than the rows: a row between two of them holds few voxels, or none near the wall.
    rows_in_a_slice = int(np.ceil(max(vertebra.grid.spacing_mm) / CRANIAL_STEP_MM)) | 1
    ends = ndimage.maximum_filter1d(ends, rows_in_a_slice, mode="nearest")
    return np.where(np.isfinite(ends), ends, np.nan)


def canal_line(spine: Spine, vertebra: Vertebra, frame: BodyFrame) -> CanalLine | None:
    """The canal's course along one body, from its own point and the neighbours'; None where its own is not known."""
    if vertebra.canal_lps is None:
        return None
    index = spine.vertebrae.index(vertebra)
    beside = [
        frame.body_of(other.canal_lps)
        for other in spine.vertebrae[max(index - 1, 0) : index + 2]
        if other.canal_lps is not None
    ]
    own = frame.body_of(vertebra.canal_lps)
    step = beside[0] - beside[-1]
    if len(beside) < 2 or abs(step[2]) < 10.0 or np.hypot(step[0], step[1]) > RAYS_ACROSS_MM:
        step = np.array([0.0, 0.0, 1.0])
    slope = step / step[2]
    return CanalLine(
        float(own[0] - slope[0] * own[2]), float(slope[1] * own[2] - own[1]), float(slope[0]), float(-slope[1])
    )


def _between(view: BodyView, line: CanalLine, half_mm: float) -> NDArray[np.bool_]:
    """(L, C) rays between the pedicles and between the endplates."""
    across = np.abs(view.left_mm[:, None] - line.left_at(view.cranial_mm)[None, :]) <= half_mm
    return np.asarray(across & (view.height_fraction >= WALL_RANGE[0]) & (view.height_fraction <= WALL_RANGE[1]))


def _height_mm(view: BodyView) -> float:
    return float(np.mean(view.upper_mm - view.lower_mm))


def _slope(shape: WallShape, view: BodyView) -> float:
    """How far the expected wall leans back, mm per mm towards the head."""
    return float(2 * shape.terms_mm[1] / _height_mm(view))


def _expected(
    view: BodyView, line: CanalLine, surface: BackSurface, between: NDArray[np.bool_], usual: Usual
) -> WallShape | None:
    return fit_wall(surface.behind_mm, between, view.left_mm - line.left_mm, view.height_fraction, usual)
