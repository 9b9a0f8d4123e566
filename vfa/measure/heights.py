"""How high is the body in front, in the middle and behind?

Heights are distances between the endplates along the cranial axis: the median over a band of the depth and over
the central third of the width (left and right thirds likewise). Depth runs from 0 at the anterior to 1 at the
posterior margin of each sagittal row, where both endplates exist.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.measure.lattice import ColumnLattice
from vfa.measure.uncertainty import HeightError
from vfa.model.estimate import Estimate, Unmeasurable, Why
from vfa.model.frame import FloatArray
from vfa.model.morphometry import COLUMN_BANDS, COLUMNS, RIM_MM, BodyHeights, HeightMap, ThreeHeights

FEWEST_COLUMNS = 4  # of the 1 mm lattice in a band; fewer say nothing
PIT_DEPTH_MM = 1.5  # a focal dent deeper than this is a Schmorl node, not height loss
PIT_WIDTH_MM = 12.0  # a wider dent is a biconcave deformity


def focal_pits(surface_mm: FloatArray, footprint: NDArray[np.bool_], outward: int) -> NDArray[np.bool_]:
    """(L, A): columns inside a narrow dent of an endplate; outward is +1 cranial, −1 caudal."""
    filled = np.where(footprint, outward * surface_mm, np.nan)
    values = np.where(footprint, filled, np.nanmin(filled[footprint]) - 50.0)
    size = int(PIT_WIDTH_MM) | 1
    # Closing a height field fills every dent narrower than the structuring element.
    closed = ndimage.grey_closing(values, footprint=_disc(size))
    dent = (closed - values > PIT_DEPTH_MM) & footprint
    labels, count = ndimage.label(dent)
    pits = np.zeros_like(footprint)
    for number in range(1, count + 1):
        pit = labels == number
        rows, columns = np.nonzero(pit)
        if max(np.ptp(rows), np.ptp(columns)) + 1 < PIT_WIDTH_MM and not _touches_rim(pit, footprint):
            pits |= ndimage.binary_dilation(pit, iterations=1) & footprint
    return pits


def heights_of(
    level: str, lattice: ColumnLattice, surfaces: HeightMap, error: HeightError
) -> BodyHeights | Unmeasurable:
    """Heights of the three thirds from both endplates; Unmeasurable when the central third has too few columns."""
    centre = _third(lattice, surfaces, "centre", error)
    if centre is None:
        return Unmeasurable(
            level, "body heights", Why.ENDPLATE_NOT_FOUND, "too little of both endplates was found in the central third"
        )
    left, right = (
        _third(lattice, surfaces, side, error)
        or Unmeasurable(level, f"heights of the {side} third", Why.ENDPLATE_NOT_FOUND)
        for side in ("left", "right")
    )
    lines = {column: _line(lattice, surfaces, column) for column in COLUMNS}
    return BodyHeights(centre, left, right, lines, surfaces)


def _third(lattice: ColumnLattice, surfaces: HeightMap, third: str, error: HeightError) -> ThreeHeights | None:
    """Three heights of one third of the width, or None when a band holds too few columns."""
    found: dict[str, Estimate] = {}
    for column in COLUMNS:
        band = _band(lattice, third, column) & ~surfaces.upper_pits & ~surfaces.lower_pits
        band &= np.isfinite(surfaces.height_mm)
        values = surfaces.height_mm[band]
        if values.size < FEWEST_COLUMNS:
            return None
        sigma = error.sigma_mm(third, column, _slope(lattice, surfaces, band))
        found[column] = Estimate(float(np.median(values)), sigma, "mm", error.method, at_least=0.0)
    return ThreeHeights(found["anterior"], found["middle"], found["posterior"])


def _slope(lattice: ColumnLattice, surfaces: HeightMap, band: NDArray[np.bool_]) -> float:
    """How steeply the height changes across a band, mm per mm, by a plane through it."""
    rows, columns = np.nonzero(band)
    design = np.column_stack([lattice.left_mm[rows], lattice.anterior_mm[columns], np.ones(len(rows))])
    slopes, *_ = np.linalg.lstsq(design, surfaces.height_mm[band], rcond=None)
    return float(np.hypot(slopes[0], slopes[1]))


def _band(lattice: ColumnLattice, third: str, column: str) -> NDArray[np.bool_]:
    """(L, A): the columns of one band of one third."""
    footprint = lattice.footprint
    rows = np.nonzero(footprint.any(axis=1))[0]
    low, high = lattice.left_mm[rows[0]], lattice.left_mm[rows[-1]]
    place = (lattice.left_mm - low) / max(high - low, 1e-9)
    rim = RIM_MM / max(high - low, 1e-9)
    share = {"right": (rim, 1 / 3), "centre": (1 / 3, 2 / 3), "left": (2 / 3, 1 - rim)}[third]
    in_third = (place >= share[0]) & (place <= share[1])
    depth = lattice.depth_fraction
    first, last = COLUMN_BANDS[column]
    with np.errstate(invalid="ignore"):
        return np.asarray(in_third[:, None] & (depth >= first) & (depth <= last) & lattice.inner)


def _line(lattice: ColumnLattice, surfaces: HeightMap, column: str) -> FloatArray:
    """(2, 3) LPS end points, caudal first, of the height line drawn in the middle of a band."""
    band = _band(lattice, "centre", column)
    left = float(np.mean(lattice.points_body(surfaces.upper_mm)[band][:, 0]))
    anterior = float(np.mean(lattice.points_body(surfaces.upper_mm)[band][:, 1]))
    ends = [float(np.nanmedian(surface[band])) for surface in (surfaces.lower_mm, surfaces.upper_mm)]
    return lattice.frame.lps_of([[left, anterior, ends[0]], [left, anterior, ends[1]]])


def _disc(size: int) -> NDArray[np.bool_]:
    reach = size // 2
    rows, columns = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    return np.asarray(rows**2 + columns**2 <= reach**2 + 0.5)


def _touches_rim(pit: NDArray[np.bool_], footprint: NDArray[np.bool_]) -> bool:
    """Whether a dent runs out over the margin of the endplate: then it is no pit but a lowered edge."""
    return bool((ndimage.binary_dilation(pit) & ~footprint).any())
