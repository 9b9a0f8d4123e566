"""What does the image show inside a body and just beyond its endplates?

The body's own columns, resampled along the cranial axis between and a little beyond both endplates: what is looked for
inside (gas, soft tissue in the place of bone) is told from what lies in the discs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.measure.resample import resample
from vfa.model.frame import BodyFrame, FloatArray
from vfa.model.morphometry import HeightMap
from vfa.model.volume import Volume

CRANIAL_STEP_MM = 1.0  # as the columns lie 1 mm apart, cells are cubes of 1 mm³
BEYOND_MM = 7.0  # into the discs
CELL_MM3 = 1.0


@dataclass(frozen=True, eq=False)
class BodyInterior:
    """A body in cells of 1 mm³ of its own frame.

    Args:
        values: (L, A, K) grey values.
        inside: (L, A, K) cells between both endplates.
        height_fraction: (L, A, K) 0 at the lower, 1 at the upper endplate; NaN outside the footprint.
        above_mm: (L, A, K) how far a cell lies outside the nearer endplate; negative inside.
    """

    values: NDArray[np.float32]
    inside: NDArray[np.bool_]
    height_fraction: FloatArray
    above_mm: FloatArray

    @cached_property
    def depth_mm(self) -> FloatArray:
        """(L, A, K) distance of inside cells to the nearest cell outside; 0 outside."""
        return np.asarray(ndimage.distance_transform_edt(np.pad(self.inside, 1))[1:-1, 1:-1, 1:-1], dtype=np.float64)


def body_interior(volume: Volume, frame: BodyFrame, surfaces: HeightMap) -> BodyInterior:
    """Resample the image inside one body."""
    low, high = float(np.nanmin(surfaces.lower_mm)) - BEYOND_MM, float(np.nanmax(surfaces.upper_mm)) + BEYOND_MM
    cranial = np.arange(np.floor(low), np.ceil(high) + 1) * CRANIAL_STEP_MM
    values = resample(volume.voxels, volume.grid, frame, (surfaces.left_mm, surfaces.anterior_mm, cranial))
    upper, lower = surfaces.upper_mm[..., None], surfaces.lower_mm[..., None]
    with np.errstate(invalid="ignore"):
        above = np.maximum(cranial - upper, lower - cranial)
        inside = above <= 0
        fraction = (cranial - lower) / np.maximum(upper - lower, 1.0)
    return BodyInterior(values, inside & np.isfinite(above), fraction, np.where(np.isfinite(above), above, np.inf))
