"""How wide is the spinal canal behind this body?

Square to the body's cranial axis, between the pedicles: from the posterior wall, or what stands behind it, back to the
arch. The arch closes the canal only at some heights, so its inner outline is gathered over the body's height along the
canal's own course. Diameter is mid-sagittal; both are the least over the height. Compromise is held against the
neighbours' mean (area form: 10.1371/journal.pone.0135735).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.measure.back_surface import CanalLine, Levels
from vfa.measure.body_view import BEHIND_STEP_MM, LEFT_STEP_MM, OUTSIDE_HU, BodyView
from vfa.model.estimate import Estimate, Measured, Unmeasurable, Why
from vfa.model.frame import FloatArray

WALL_RANGE = (0.10, 0.95)  # of the posterior height: beyond it the rims are rounded and discs bulge
SIDEWAYS_STEP_MM = 0.25
PEDICLES_AHEAD = 0.45  # of the way from its middle to the wall: where the pedicles stand beside it
NARROWEST_MM, WIDEST_MM = 5.0, 18.0  # half-widths of a canal
LEAST_SHARE_CLOSED = 0.6  # of the places across that must meet the arch
LOW_SHARE = 0.2  # the arch's inner outline: a low quantile, not the least, of what the rays meet
MIDLINE_MM = 1.0
SHAPE_SIGMA_MM = 0.4  # arch and wall, each found to about 0.25 mm; checked on the phantom (python -m benchmarks.wall)
UNEVEN_MM, UNEVEN_SHARE = 2.0, 0.4  # from the midline: where a fragment's edge leaves open which line is the diameter
PER_STEP = 0.1  # of the in-plane voxel size
AREA_SIGMA_FRACTION = 0.055
NEIGHBOUR_SD_FRACTION = 0.06  # by which a level's canal differs from its neighbours' mean in people


@dataclass(frozen=True, eq=False)
class ArchOutline:
    """The canal's outline as the arch makes it, along the canal's own course.

    Args:
        half_left_mm: from the canal's middle to the left pedicle.
        half_right_mm: to the right one.
        behind_line_mm: (L,) from the line through the canal's middle back to the arch; NaN where none was met.
    """

    half_left_mm: float
    half_right_mm: float
    behind_line_mm: FloatArray


@dataclass(frozen=True, eq=False)
class CanalSize:
    """What was measured of one canal.

    Args:
        ap_mm: least mid-sagittal diameter.
        area_mm2: least area.
        ap_line_lps: (2, 3) from front to back where the diameter is least; None where it was not measured.
        outline_lps: (N, 3) the canal across at that height, once around.
    """

    ap_mm: Measured
    area_mm2: Measured
    ap_line_lps: FloatArray | None = None
    outline_lps: FloatArray | None = None


def half_widths(view: BodyView, line: CanalLine, levels: Levels, overshoot_mm: float) -> tuple[float, float] | None:
    """From the canal's middle to the left and right pedicles, mm; None where they are not met on both sides."""
    depth = line.behind_mm - view.margin_mm
    behind = line.behind_at(view.cranial_mm) - PEDICLES_AHEAD * depth
    reach = np.arange(0.0, WIDEST_MM, SIDEWAYS_STEP_MM)
    found = []
    rows = np.nonzero((view.cranial_mm > np.median(view.lower_mm)) & (view.cranial_mm < np.median(view.upper_mm)))[0]
    for sign in (1.0, -1.0):
        left = line.left_at(view.cranial_mm)[rows, None] + sign * reach
        place = np.stack(
            [
                (left - view.left_mm[0]) / LEFT_STEP_MM,
                np.broadcast_to(((behind[rows] - view.behind_mm[0]) / BEHIND_STEP_MM)[:, None], left.shape),
                np.broadcast_to(rows[:, None].astype(float), left.shape),
            ]
        )
        values = ndimage.map_coordinates(view.values, place, order=1, mode="nearest")
        bone = values >= levels.edge
        met = bone.any(axis=1)
        where = reach[bone.argmax(axis=1)]
        where = where[met & (where >= NARROWEST_MM)]
        if len(where) < 3:
            return None
        found.append(float(np.quantile(where, LOW_SHARE)) + overshoot_mm)
    return found[0], found[1]


def arch_outline(
    view: BodyView, line: CanalLine, levels: Levels, overshoot_mm: float, halves: tuple[float, float]
) -> ArchOutline:
    """Rays back from the canal's middle to the arch, gathered over the body's height."""
    steps = np.arange(0.0, float(view.behind_mm[-1] - line.behind_at(view.cranial_mm).min()), SIDEWAYS_STEP_MM)
    begin = line.behind_at(view.cranial_mm)[None, :, None]
    shape = (len(view.left_mm), len(view.cranial_mm), len(steps))
    values = view.along_rays(np.broadcast_to(begin + steps, shape))
    bone = values >= levels.edge
    first = bone.argmax(axis=2)
    rows = np.indices(first.shape)
    inner = values[rows[0], rows[1], first]
    outer = values[rows[0], rows[1], np.maximum(first - 1, 0)]
    share = (levels.edge - outer) / np.maximum(inner - outer, 1.0)
    met = bone.any(axis=2) & (first > 0)
    away = np.where(met, (first - 1 + share) * SIDEWAYS_STEP_MM + overshoot_mm, np.nan)
    within = (view.height_fraction > 0) & (view.height_fraction < 1)
    away = np.where(within & (outer > OUTSIDE_HU / 2), away, np.nan)
    behind = np.full(len(view.left_mm), np.nan)
    for row in np.nonzero((np.isfinite(away)).sum(axis=1) >= 3)[0]:
        behind[row] = float(np.nanquantile(away[row], LOW_SHARE))
    return ArchOutline(halves[0], halves[1], behind)


def canal_size(
    level: str, view: BodyView, line: CanalLine, arch: ArchOutline | None, front_mm: FloatArray, in_plane_mm: float
) -> CanalSize:
    """Least mid-sagittal diameter and least area over the body's height.

    Args:
        level: of the vertebra.
        view: the image.
        line: the canal's middle.
        arch: its outline; None where none was found.
        front_mm: (L, C) where bone begins in front of the canal, mm behind the body's centre, no gaps.
        in_plane_mm: voxel size across the slices' plane.
    """
    if arch is None:
        missing = Unmeasurable(level, "canal", Why.CANAL_NOT_FOUND, "no arch closes the canal behind this body in view")
        return CanalSize(missing, missing)
    left = view.left_mm - line.left_mm
    across = (left <= arch.half_left_mm) & (left >= -arch.half_right_mm)
    behind = arch.behind_line_mm.copy()
    seen = np.isfinite(behind)
    if (seen & across).sum() < LEAST_SHARE_CLOSED * across.sum():
        missing = Unmeasurable(level, "canal", Why.CANAL_NOT_FOUND, "too little of the arch was found behind this body")
        return CanalSize(missing, missing)
    behind = np.interp(left, left[seen], behind[seen])
    depth = line.behind_at(view.cranial_mm)[None, :] + behind[:, None] - front_mm
    depth = ndimage.median_filter(np.maximum(depth, 0.0), size=3, mode="nearest")
    fraction = np.median(view.height_fraction[np.abs(left) <= MIDLINE_MM + LEFT_STEP_MM], axis=0)
    rows = (fraction >= WALL_RANGE[0]) & (fraction <= WALL_RANGE[1])
    middle = depth[np.abs(left) <= MIDLINE_MM][:, rows].mean(axis=0)
    share = np.clip((arch.half_left_mm - left) / LEFT_STEP_MM + 0.5, 0, 1)
    share = share * np.clip((arch.half_right_mm + left) / LEFT_STEP_MM + 0.5, 0, 1)
    areas = (depth[:, rows] * share[:, None]).sum(axis=0) * LEFT_STEP_MM
    ap, area = float(middle.min()), float(areas.min())
    height = int(np.nonzero(rows)[0][np.argmin(middle)])
    back = line.behind_at(view.cranial_mm)[height] + behind
    uneven = UNEVEN_SHARE * float(np.ptp(depth[np.abs(left) <= UNEVEN_MM, height]))
    sigma = float(np.sqrt(SHAPE_SIGMA_MM**2 + (PER_STEP * in_plane_mm) ** 2 + uneven**2))
    method = "from the wall back to the arch, least over the body's height"
    return CanalSize(
        Estimate(ap, sigma, "mm", method, 0.0),
        Estimate(area, float(np.hypot(AREA_SIGMA_FRACTION * area, sigma * 4)), "mm2", method, 0.0),
        _ap_line(view, line, (back - depth[:, height], back), height),
        _outline(view, across, (back - depth[:, height], back), height),
    )


def _ap_line(view: BodyView, line: CanalLine, ends: tuple[FloatArray, FloatArray], height: int) -> FloatArray:
    """(2, 3) LPS: the diameter in the midline; `ends` are the canal's front and back, (L,) mm behind the centre."""
    middle = np.abs(view.left_mm - line.left_mm) <= MIDLINE_MM
    behind = np.array([end[middle].mean() for end in ends])
    return view.lps_of(np.full(2, view.left_mm[middle].mean()), behind, np.full(2, view.cranial_mm[height]))


def _outline(view: BodyView, across: NDArray[np.bool_], ends: tuple[FloatArray, FloatArray], height: int) -> FloatArray:
    """(N, 3) LPS: along the canal's front from right to left and along its back again."""
    left = view.left_mm[across]
    behind = np.concatenate([ends[0][across], ends[1][across][::-1]])
    return view.lps_of(np.concatenate([left, left[::-1]]), behind, np.full(behind.shape, view.cranial_mm[height]))


def compromise(level: str, own: Measured, neighbours: Sequence[Estimate]) -> Measured:
    """1 − own / mean of the neighbours, with people's differences between levels."""
    if isinstance(own, Unmeasurable):
        return own
    if not neighbours:
        detail = "no neighbouring canal was measured to say how wide it should be"
        return Unmeasurable(level, "canal compromise", Why.NO_VALID_REFERENCE, detail)
    expected = float(np.mean([n.value for n in neighbours]))
    if expected <= 0:
        return Unmeasurable(level, "canal compromise", Why.NO_VALID_REFERENCE, "the neighbouring canals are closed")
    ratio = own.value / expected
    spread = NEIGHBOUR_SD_FRACTION / np.sqrt(len(neighbours)) + NEIGHBOUR_SD_FRACTION / 2
    relative = float(np.hypot(spread, np.mean([n.sigma for n in neighbours]) / expected))
    sigma = float(np.hypot(own.sigma / expected, ratio * relative))
    return Estimate(1 - ratio, sigma, "fraction", f"1 − own / mean of {len(neighbours)} neighbouring levels")
