"""How high is a body, exactly? The heights of design.md, worked out on the analytic endplates.

Height at a place of the body frame's left × anterior plane is the distance between the endplates along the cranial
axis. Each sagittal column has its own depth from 0 (its anterior limit where both endplates exist) to 1 (its posterior
one); a height is the median over a band of that depth and a third of the width.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vfa.model.frame import BodyFrame, FloatArray
from vfa.phantom.body_shape import BodyShape
from vfa.phantom.true_frame import centre_in_construction, cranial_in_construction

DEPTH_BANDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"anterior": (0.08, 0.20), "middle": (0.42, 0.58), "posterior": (0.80, 0.92)}
)
# Thirds of the width as fractions from the right margin (0) to the left one (1).
WIDTH_THIRDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"right": (0.0, 1 / 3), "centre": (1 / 3, 2 / 3), "left": (2 / 3, 1.0)}
)
PITCH_MM = 0.25
ROUNDS = 6  # of the search for where a line meets an endplate; each gains about a digit


@dataclass(frozen=True)
class ColumnHeights:
    """Heights of one third of a body, in mm."""

    anterior_mm: float
    middle_mm: float
    posterior_mm: float

    def __post_init__(self) -> None:
        for name in ("anterior_mm", "middle_mm", "posterior_mm"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise ValueError(f"{name}: expected a positive height, got {getattr(self, name)}")

    def loss_from(self, intact: ColumnHeights) -> tuple[float, float, float]:
        """Height loss of the anterior, middle and posterior column as fractions of the intact heights."""
        return (
            1 - self.anterior_mm / intact.anterior_mm,
            1 - self.middle_mm / intact.middle_mm,
            1 - self.posterior_mm / intact.posterior_mm,
        )


def frame_in_construction(shape: BodyShape, canal_centre_mm: tuple[float, float, float]) -> BodyFrame:
    """The body's own frame with the construction frame (x left, y front, z head) in the place of LPS."""
    centre = np.asarray(centre_in_construction(shape))
    up = np.asarray(cranial_in_construction(shape))
    return BodyFrame.from_directions(centre, up, centre - np.asarray(canal_centre_mm))


def height_map(shape: BodyShape, frame: BodyFrame, left: FloatArray, anterior: FloatArray) -> FloatArray:
    """Distance between the endplates along the frame's cranial axis over (left, anterior), mm.

    Args:
        shape: the body.
        frame: from `frame_in_construction`.
        left: (L,) places along the frame's left axis, mm from its centre.
        anterior: (A,) places along its anterior axis.

    Returns:
        (L, A) heights; NaN where not both endplates exist.
    """
    # The construction axes are left-handed as (x, y, z), so the left axis is taken from the frame's other two.
    sideways = -frame.left
    places = frame.centre_lps + left[:, None, None] * sideways + anterior[None, :, None] * frame.anterior

    def crossing(surface: Any, start_mm: float) -> tuple[FloatArray, NDArray[np.bool_]]:
        along = np.full(places.shape[:2], start_mm)
        for _ in range(ROUNDS):
            point = places + along[..., None] * frame.cranial
            along = along - (point[..., 2] - surface(point[..., 0], point[..., 1])) / frame.cranial[2]
        point = places + along[..., None] * frame.cranial
        return along, shape.within_rims(point[..., 0], point[..., 1])

    half = shape.centre_height_mm / 2
    top, top_exists = crossing(shape.upper_mm, half)
    bottom, bottom_exists = crossing(shape.lower_mm, -half)
    return np.where(top_exists & bottom_exists, top - bottom, np.nan)


@lru_cache(maxsize=256)
def heights_of(shape: BodyShape, canal_centre_mm: tuple[float, float, float]) -> Mapping[str, ColumnHeights]:
    """The true heights of each third ("right", "centre", "left") of a body's width; a pit does not lower them."""
    shape = shape.without_pits
    reach_left, reach_anterior = 0.6 * shape.width_mm + 2, 0.65 * shape.depth_mm + 2
    left = np.arange(-reach_left, reach_left, PITCH_MM)
    anterior = np.arange(-reach_anterior, reach_anterior, PITCH_MM)
    heights = height_map(shape, frame_in_construction(shape, canal_centre_mm), left, anterior)
    return MappingProxyType({third: _band_heights(heights, third) for third in WIDTH_THIRDS})


def _band_heights(heights: FloatArray, third: str) -> ColumnHeights:
    """Medians over the three depth bands of one third; `heights` (L, A) with NaN outside."""
    exists = np.isfinite(heights)
    columns = np.flatnonzero(exists.any(axis=1))
    low, high = WIDTH_THIRDS[third]
    width_fraction = (columns - columns[0] + 0.5) / (columns[-1] - columns[0] + 1)
    pools: dict[str, list[FloatArray]] = {band: [] for band in DEPTH_BANDS}
    for column in columns[(width_fraction >= low) & (width_fraction < high)]:
        rows = np.flatnonzero(exists[column])
        depth_fraction = (rows[-1] - rows + 0.5) / (rows[-1] - rows[0] + 1)
        for band, (front, back) in DEPTH_BANDS.items():
            pools[band].append(heights[column, rows[(depth_fraction >= front) & (depth_fraction <= back)]])
    medians = {band: float(np.median(np.concatenate(pool))) for band, pool in pools.items()}
    return ColumnHeights(medians["anterior"], medians["middle"], medians["posterior"])
