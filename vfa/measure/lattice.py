"""Where does the mask of a body begin and end along its own cranial axis?

A vertebra's own lattice: columns over left × anterior, 1 mm apart, each running along the cranial axis. The two
height fields found here from the mask say where to look in the image; alone they are the measurement when there
is no image.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.measure.resample import resample
from vfa.measure.surface import quadratic_trend
from vfa.model.frame import BodyFrame, FloatArray
from vfa.model.morphometry import RIM_MM
from vfa.model.spine import Vertebra

COLUMN_STEP_MM = 1.0
RAY_STEP_MM = 0.5
MARGIN_MM = 3.0
CORE_MM = 5.0  # farther in than this the mask's ends are endplates
WALL_FALL_MM = 1.5  # a surface that falls this far below its own course has left the endplate
WALL_FALL_PER_STEP = 0.6  # and this share of a sampling step, since coarse masks have stairs
WALL_PASSES = 3
FEWEST_CORE_COLUMNS = 30  # a quadratic course needs some
NEARBY_COLUMNS = 8
CARRY_ROUNDS = 4  # each gains a digit, as slopes are small
NOWHERE_MM = -1e6  # stands outside the footprint, below everything


@dataclass(frozen=True, eq=False)
class ColumnLattice:
    """Columns along the cranial axis of one body.

    Args:
        frame: the body's axes.
        left_mm: (L,) column positions across.
        anterior_mm: (A,) column positions in depth.
        upper_mm: (L, A) where the mask ends cranially, NaN outside the body.
        lower_mm: (L, A) where it ends caudally.
    """

    frame: BodyFrame
    left_mm: FloatArray
    anterior_mm: FloatArray
    upper_mm: FloatArray
    lower_mm: FloatArray

    @cached_property
    def footprint(self) -> NDArray[np.bool_]:
        """(L, A): columns that have both endplates."""
        return np.isfinite(self.upper_mm) & np.isfinite(self.lower_mm)

    @cached_property
    def inner(self) -> NDArray[np.bool_]:
        """(L, A): the footprint without its outer rim, where lipping and osteophytes sit."""
        depth = ndimage.distance_transform_edt(np.pad(self.footprint, 1))[1:-1, 1:-1] * COLUMN_STEP_MM
        inside: NDArray[np.bool_] = depth > RIM_MM
        return inside

    @cached_property
    def depth_fraction(self) -> FloatArray:
        """(L, A): 0 at the anterior, 1 at the posterior margin of each sagittal row; NaN outside the footprint."""
        anterior = np.where(self.footprint, self.anterior_mm[None, :], np.nan)
        front = np.fmax.reduce(anterior, axis=1, keepdims=True)
        back = np.fmin.reduce(anterior, axis=1, keepdims=True)
        # The margin is the outer edge of the outermost column.
        return np.asarray((front + COLUMN_STEP_MM / 2 - anterior) / (front - back + COLUMN_STEP_MM))

    def points_body(self, cranial_mm: FloatArray) -> FloatArray:
        """(L, A, 3) points in the body frame for a height field (L, A)."""
        left, anterior = np.meshgrid(self.left_mm, self.anterior_mm, indexing="ij")
        return np.stack([left, anterior, cranial_mm], axis=-1)


def carried(lattice: ColumnLattice, surface_mm: FloatArray, other: ColumnLattice) -> FloatArray:
    """A height field (L, A) of one lattice on another one of the same body, both frames a few degrees apart."""
    turn = lattice.frame.axes.T @ other.frame.axes  # from the other body frame to this one
    shift = lattice.frame.body_of(other.frame.centre_lps)
    height = np.full((len(other.left_mm), len(other.anterior_mm)), float(np.median(surface_mm)))
    for _ in range(CARRY_ROUNDS):
        here = other.points_body(height) @ turn.T + shift
        places = [here[..., 0] - lattice.left_mm[0], here[..., 1] - lattice.anterior_mm[0]]
        course = ndimage.map_coordinates(surface_mm, np.array(places) / COLUMN_STEP_MM, order=1, mode="nearest")
        height = height + (course - here[..., 2]) / turn[2, 2]
    return np.asarray(height)


def column_lattice(vertebra: Vertebra, frame: BodyFrame) -> ColumnLattice:
    """Cast rays along the frame's cranial axis through the body mask.

    The mask's edge is where the linearly interpolated mask crosses one half, so it lies midway between the last
    voxel centre inside and the first outside.
    """
    inside = frame.body_of(vertebra.ends_lps)
    low, high = inside.min(axis=0) - MARGIN_MM, inside.max(axis=0) + MARGIN_MM
    left = _steps(low[0], high[0], COLUMN_STEP_MM)
    anterior = _steps(low[1], high[1], COLUMN_STEP_MM)
    cranial = _steps(low[2], high[2], RAY_STEP_MM)
    body = vertebra.body.astype(np.float32)
    occupancy = resample(body, vertebra.grid, frame, (left, anterior, cranial), beyond=0.0)
    upper = _last_crossing(occupancy, cranial)
    lower = -_last_crossing(occupancy[:, :, ::-1], -cranial[::-1])
    step_mm = float(np.sqrt(((vertebra.grid.axes.T @ frame.cranial * vertebra.grid.spacing_mm) ** 2).sum()))
    has_both = _without_walls(upper, lower, WALL_FALL_MM + WALL_FALL_PER_STEP * step_mm)
    return ColumnLattice(frame, left, anterior, np.where(has_both, upper, np.nan), np.where(has_both, lower, np.nan))


def _without_walls(upper: FloatArray, lower: FloatArray, fall_mm: float) -> NDArray[np.bool_]:
    """(L, A): columns that end at both endplates.

    A column near the margin may leave through the side wall of a tilted or waisted body, or through a fragment
    behind it: there the surface falls away from the course it has farther in.
    """
    footprint: NDArray[np.bool_] = np.isfinite(upper) & np.isfinite(lower)
    for _ in range(WALL_PASSES):
        depth = ndimage.distance_transform_edt(np.pad(footprint, 1))[1:-1, 1:-1] * COLUMN_STEP_MM
        core = depth > CORE_MM
        if core.sum() < FEWEST_CORE_COLUMNS:
            break
        fallen = np.zeros_like(footprint)
        for surface, outward in ((upper, 1), (lower, -1)):
            outer = np.where(footprint, outward * surface, NOWHERE_MM)
            course = outward * quadratic_trend(surface, core.astype(float))
            beside = ndimage.maximum_filter(outer, size=2 * NEARBY_COLUMNS + 1)
            # Both: an endplate that dips in the middle rises above its own course at the rim, and that is no wall.
            fallen |= (course - outer > fall_mm) & (beside - outer > fall_mm)
        # Only from the margin inwards: a dip that the rim encloses is a deformity of the endplate.
        outside = ndimage.binary_propagation(~footprint, mask=fallen | ~footprint)
        kept = ndimage.binary_opening(footprint & ~outside, iterations=1)
        labels, count = ndimage.label(kept)
        if count > 1:
            kept = labels == 1 + int(np.argmax(ndimage.sum_labels(kept, labels, range(1, count + 1))))
        if not kept.any() or (kept == footprint).all():
            break
        footprint = kept
    return footprint


def _steps(low: float, high: float, step: float) -> FloatArray:
    """Positions that are whole multiples of the step, so that a lattice does not move with its mask's extent."""
    return np.arange(np.floor(low / step), np.ceil(high / step) + 1) * step


def _last_crossing(occupancy: NDArray[np.float32], positions: FloatArray) -> FloatArray:
    """(L, A): the greatest position at which occupancy (L, A, Z) falls through one half; NaN where it never does."""
    inside = occupancy >= 0.5
    last = occupancy.shape[2] - 1 - np.argmax(inside[:, :, ::-1], axis=2)
    found = inside.any(axis=2) & (last < occupancy.shape[2] - 1)
    last = np.minimum(last, occupancy.shape[2] - 2)
    here = np.take_along_axis(occupancy, last[..., None], axis=2)[..., 0]
    beyond = np.take_along_axis(occupancy, last[..., None] + 1, axis=2)[..., 0]
    share = (here - 0.5) / np.maximum(here - beyond, 1e-6)
    step = positions[1] - positions[0]
    return np.where(found, positions[last] + share * step, np.nan)
