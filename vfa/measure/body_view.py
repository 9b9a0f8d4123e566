"""What does the image show around the posterior wall, seen along the body's own axes?

The posterior wall, the canal and the pieces between them are all looked for in one resampled block: left × behind ×
cranial, in mm of the body frame, from within the body to behind the arch. A voxel is read once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vfa.measure.resample import resample
from vfa.model.frame import BodyFrame, FloatArray
from vfa.model.morphometry import HeightMap
from vfa.model.volume import Volume

LEFT_STEP_MM = 0.75
BEHIND_STEP_MM = 0.5
CRANIAL_STEP_MM = 0.75
HALF_WIDTH_MM = 24.0  # the widest lumbar canal is 30 mm; its pedicles begin beside it
WITHIN_BODY_MM = 16.0  # in front of the wall: as deep as a burst fragment reaches
BEHIND_WALL_MM = 32.0  # the deepest canal is 24 mm; behind it the arch
BEYOND_ENDPLATE_MM = 3.0
OUTSIDE_HU = -2000.0  # below any tissue: the image does not reach there
MARGIN_COLUMNS = 3  # of the endplates' lattice, next to the posterior margin


@dataclass(frozen=True, eq=False)
class BodyView:
    """The image around a posterior wall, in the body frame.

    Args:
        frame: the body's axes.
        left_mm: (L,) positions across, towards the patient's left.
        behind_mm: (D,) positions behind the body's centre, towards the back.
        cranial_mm: (C,) positions along the cranial axis.
        values: (L, D, C) grey values (HU on CT), linearly interpolated; OUTSIDE_HU beyond the image.
        upper_mm: (L,) where the upper endplate ends at the posterior margin, along the cranial axis.
        lower_mm: (L,) the lower endplate likewise.
        margin_mm: the posterior margin of the endplates in the midline, mm behind the centre.
    """

    frame: BodyFrame
    left_mm: FloatArray
    behind_mm: FloatArray
    cranial_mm: FloatArray
    values: NDArray[np.float32]
    upper_mm: FloatArray
    lower_mm: FloatArray
    margin_mm: float

    @property
    def height_fraction(self) -> FloatArray:
        """(L, C): 0 at the lower endplate's posterior margin, 1 at the upper's."""
        height = np.maximum(self.upper_mm - self.lower_mm, 1.0)
        return np.asarray((self.cranial_mm[None, :] - self.lower_mm[:, None]) / height[:, None])

    def lps_of(self, left_mm: FloatArray, behind_mm: FloatArray, cranial_mm: FloatArray) -> FloatArray:
        """(..., 3) LPS mm of places in the view."""
        return self.frame.lps_of(np.stack(np.broadcast_arrays(left_mm, -behind_mm, cranial_mm), axis=-1))

    def along_rays(self, behind_mm: FloatArray) -> NDArray[np.float32]:
        """(L, C, M) values at M places behind the centre on each ray, given as (L, C, M); held within the view."""
        place = (behind_mm - self.behind_mm[0]) / BEHIND_STEP_MM
        place = np.clip(place, 0, len(self.behind_mm) - 1.001)
        first = place.astype(np.intp)
        share = (place - first).astype(np.float32)
        rays = np.moveaxis(self.values, 1, 2)
        here = np.take_along_axis(rays, first, axis=2)
        return np.asarray(here + share * (np.take_along_axis(rays, first + 1, axis=2) - here))


def view_body(volume: Volume, frame: BodyFrame, surfaces: HeightMap) -> BodyView:
    """Resample the image around one body's posterior wall and canal.

    Args:
        volume: the whole image.
        frame: the body's own axes.
        surfaces: its endplates, which say where the wall begins and ends.
    """
    left = _steps(-HALF_WIDTH_MM, HALF_WIDTH_MM, LEFT_STEP_MM)
    upper, lower, margin = _posterior_ends(surfaces, left)
    behind = _steps(margin - WITHIN_BODY_MM, margin + BEHIND_WALL_MM, BEHIND_STEP_MM)
    cranial = _steps(float(lower.min()) - BEYOND_ENDPLATE_MM, float(upper.max()) + BEYOND_ENDPLATE_MM, CRANIAL_STEP_MM)
    values = resample(volume.voxels, volume.grid, frame, (left, -behind, cranial), beyond=OUTSIDE_HU)
    return BodyView(frame, left, behind, cranial, values, upper, lower, margin)


def _posterior_ends(surfaces: HeightMap, left_mm: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Both endplates along the posterior margin at (L,) positions across, and the margin's depth in the midline.

    A parabola across the width carries the course over rows that have no endplate.
    """
    both = np.isfinite(surfaces.upper_mm) & np.isfinite(surfaces.lower_mm)
    rows = np.nonzero(both.sum(axis=1) >= MARGIN_COLUMNS)[0]
    last = [np.nonzero(both[row])[0][:MARGIN_COLUMNS] for row in rows]
    across = surfaces.left_mm[rows]
    ends = [
        np.array([float(np.median(surface[row, columns])) for row, columns in zip(rows, last, strict=True)])
        for surface in (surfaces.upper_mm, surfaces.lower_mm)
    ]
    courses = [np.polynomial.Polynomial.fit(across, end, 2, domain=(across[0], across[-1])) for end in ends]
    within = np.clip(left_mm, across[0], across[-1])
    depth = np.array([-float(surfaces.anterior_mm[columns[0]]) for columns in last])
    middle = np.abs(across - (across[0] + across[-1]) / 2) <= np.ptp(across) / 4
    return courses[0](within), courses[1](within), float(np.median(depth[middle]))


def _steps(low: float, high: float, step: float) -> FloatArray:
    """Positions that are whole multiples of the step."""
    return np.arange(np.floor(low / step), np.ceil(high / step) + 1) * step
