"""Does the posterior wall stand, and how far has bone been pushed back into the canal?

Retropulsion is the greatest distance of bone behind the expected wall, along the body's posterior axis. An angular
fragment ends in a step and a smooth bulge does not: they are two findings with two meanings. The cortex is judged by
itself; a bulge whose cortex is whole is an intact wall.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from vfa.measure.canal import CanalSize, canal_size, compromise
from vfa.measure.cortical_breach import Gap, gaps
from vfa.measure.expected_wall import WallShape
from vfa.measure.wall_look import WallLook
from vfa.model.estimate import Estimate, Measured, Unmeasurable, Why
from vfa.model.frame import FloatArray
from vfa.model.posterior_wall import PosteriorWall, WallStatus
from vfa.model.volume import Volume

THICKEST_SLICE_MM = 3.0  # beyond it a gap of 12 mm² disappears between two slices
LEAST_CONTRAST_HU = 80.0  # between cortex and marrow, for a gap to be told
METAL_HU = 2800.0  # its streaks pass for gaps and close others
STEP_MM = 1.3  # a wall that jumps by this much from one ray to the next but one has an edge
STEP_SHARE = 0.45  # of the retropulsion, in one step: an edge, not a slope
RAYS_APART = 2
CLEARLY_BEHIND_MM = 1.5  # bone less far behind the wall has no outline worth a name
INTACT_NEIGHBOUR_MM = 1.0
NEIGHBOURS = 3  # levels looked at above and below
# Standard uncertainty of a retropulsion, fitted on the phantom (benchmarks/posterior_wall.py).
FLOOR_MM = 0.35
PER_SLICE = 0.08
FRAGMENT_SIGMA_FRACTION = 0.05


def posterior_walls(
    looks: Mapping[str, WallLook | Unmeasurable], volume: Volume
) -> dict[str, PosteriorWall | Unmeasurable]:
    """Every wall that was looked at, each held against its nearest intact neighbours.

    Args:
        looks: by level, from head to foot.
        volume: the CT they were seen on.
    """
    seen = {level: look for level, look in looks.items() if isinstance(look, WallLook)}
    order = list(looks)
    intact = {level: look.shape for level, look in seen.items() if _retropulsion_mm(look) < INTACT_NEIGHBOUR_MM}
    settled = {level: look.learning_from(_nearest(order, level, intact)) for level, look in seen.items()}
    sizes = {level: _size(look, volume) for level, look in settled.items()}
    found: dict[str, PosteriorWall | Unmeasurable] = {}
    for level, look in looks.items():
        if isinstance(look, Unmeasurable):
            found[level] = look
        else:
            # A canal that bone stands in is no reference for another.
            beside = _nearest(order, level, {name: sizes[name] for name in intact})
            found[level] = _wall(settled[level], volume, sizes[level], beside)
    return found


def _nearest(order: list[str], level: str, known: Mapping[str, WallShape] | Mapping[str, CanalSize]) -> list:  # type: ignore[type-arg]
    """What is known of the nearest level above and of the nearest below, at most three levels away."""
    place = order.index(level)
    above = [known[name] for name in reversed(order[max(place - NEIGHBOURS, 0) : place]) if name in known]
    below = [known[name] for name in order[place + 1 : place + 1 + NEIGHBOURS] if name in known]
    return [*above[:1], *below[:1]]


def _size(look: WallLook, volume: Volume) -> CanalSize:
    in_plane = max(spacing for axis, spacing in enumerate(volume.spacing_mm) if axis != volume.slice_axis)
    return canal_size(look.level, look.view, look.line, look.arch, look.front_mm, in_plane)


def _retropulsion_mm(look: WallLook) -> float:
    return max(float(np.where(look.between, look.behind_wall_mm, 0.0).max()), 0.0)


def _wall(look: WallLook, volume: Volume, size: CanalSize, beside: list[CanalSize]) -> PosteriorWall:
    retropulsion = _retropulsion(look, volume)
    outline = _outline(look, retropulsion)
    reason = _why_not_assessable(look, volume)
    slice_mm = volume.slice_spacing_mm
    holes = () if reason else gaps(look.view, look.line, look.levels, look.front_mm, look.between, slice_mm)
    status, because = _status(look, retropulsion, outline, holes, reason)
    return PosteriorWall(
        status=status,
        because=because,
        retropulsion_mm=retropulsion,
        outline=outline,
        breach_area_mm2=_breach_area(look.level, status, holes, reason),
        canal_ap_mm=size.ap_mm,
        canal_area_mm2=size.area_mm2,
        diameter_compromise=_held_against(look.level, size.ap_mm, [s.ap_mm for s in beside]),
        area_compromise=_held_against(look.level, size.area_mm2, [s.area_mm2 for s in beside]),
        wall_lps=_drawn(look),
    )


def _held_against(level: str, own: Measured, beside: list[Measured]) -> Measured:
    return compromise(level, own, [one for one in beside if isinstance(one, Estimate)])


def _retropulsion(look: WallLook, volume: Volume) -> Estimate:
    value = _retropulsion_mm(look)
    behind = np.where(look.between, look.behind_wall_mm, -np.inf)
    expected = float(look.shape.sigma_mm.flat[int(np.argmax(behind))])
    parts = (FLOOR_MM, PER_SLICE * volume.slice_spacing_mm, FRAGMENT_SIGMA_FRACTION * value, expected)
    sigma = float(np.sqrt(sum(part**2 for part in parts)))
    return Estimate(value, sigma, "mm", "greatest distance of bone behind the expected wall", at_least=0.0)


def _outline(look: WallLook, retropulsion: Estimate) -> str | Unmeasurable:
    """Whether what stands behind the wall ends in an edge."""
    if retropulsion.value < CLEARLY_BEHIND_MM:
        detail = "no bone stands clearly behind the expected wall"
        return Unmeasurable(look.level, "outline of the posterior wall", Why.LOW_CONFIDENCE, detail)
    step = _greatest_step_mm(look.behind_wall_mm, look.between)
    return "angular" if step >= max(STEP_MM, STEP_SHARE * retropulsion.value) else "smooth"


def _greatest_step_mm(behind_mm: FloatArray, between: NDArray[np.bool_]) -> float:
    """The greatest jump between rays two apart, across or along."""
    greatest = 0.0
    for axis in (0, 1):
        ahead = np.roll(behind_mm, -RAYS_APART, axis)
        both = between & np.roll(between, -RAYS_APART, axis)
        edge = [slice(None), slice(None)]
        edge[axis] = slice(-RAYS_APART, None)
        both[tuple(edge)] = False
        if both.any():
            greatest = max(greatest, float(np.abs(ahead - behind_mm)[both].max()))
    return greatest


def _why_not_assessable(look: WallLook, volume: Volume) -> str:
    """Why the cortex cannot be judged; empty when it can."""
    if volume.slice_spacing_mm > THICKEST_SLICE_MM:
        thin = f"{THICKEST_SLICE_MM:g} mm or thinner show them"
        return f"slices of {volume.slice_spacing_mm:g} mm hide gaps in the cortex; {thin}"
    if look.levels.cortex - look.levels.marrow < LEAST_CONTRAST_HU:
        return "the cortex is hardly brighter than the marrow, so that a gap would not show"
    if float(look.view.values.max()) >= METAL_HU:
        return "metal beside the body throws streaks across the wall"
    return ""


def _status(
    look: WallLook, retropulsion: Estimate, outline: str | Unmeasurable, holes: tuple[Gap, ...], reason: str
) -> tuple[WallStatus, str]:
    """The state of the cortex, with the sentence why."""
    place = _place(look) if retropulsion.value >= CLEARLY_BEHIND_MM else ""
    if holes:
        area = sum(hole.area_mm2 for hole in holes)
        where = (
            "through the basivertebral foramen"
            if holes[0].through_foramen
            else _words(holes[0].left_mm, holes[0].height_fraction)
        )
        return WallStatus.BREACHED, f"the posterior cortex lacks over {area:.0f} mm², {where}{place}"
    if outline == "angular" and not reason and retropulsion.ci95[0] > 0:
        return WallStatus.BREACHED, f"the wall ends in a step: a fragment has been pushed back{place}"
    if reason:
        return WallStatus.NOT_ASSESSABLE, f"{reason}{place}"
    bulge = f", with a smooth bulge{place}" if outline == "smooth" else ""
    return WallStatus.INTACT, f"the posterior cortex is whole beside the basivertebral foramen{bulge}"


def _place(look: WallLook) -> str:
    behind = np.where(look.between, look.behind_wall_mm, -np.inf)
    row, column = np.unravel_index(int(np.argmax(behind)), behind.shape)
    left = float(look.view.left_mm[row] - look.line.left_at(look.view.cranial_mm)[column])
    where = _words(left, float(look.view.height_fraction[row, column]))
    return f"; bone stands {behind[row, column]:.1f} mm behind the expected wall, {where}"


def _words(left_mm: float, height_fraction: float) -> str:
    side = "in the midline" if abs(left_mm) <= 3.0 else "on the left" if left_mm > 0 else "on the right"
    third = "lower" if height_fraction < 1 / 3 else "middle" if height_fraction < 2 / 3 else "upper"
    return f"{side}, in the {third} third"


def _breach_area(level: str, status: WallStatus, holes: tuple[Gap, ...], reason: str) -> Measured:
    if reason:
        return Unmeasurable(level, "breach area", Why.QUALITY_FAILED, reason)
    area = float(sum(hole.area_mm2 for hole in holes))
    if status is WallStatus.BREACHED and not holes:
        detail = "the wall ends in a step; the gap beside the fragment is not seen from behind"
        return Unmeasurable(level, "breach area", Why.LOW_CONFIDENCE, detail)
    return Estimate(area, float(np.hypot(3.0, 0.2 * area)), "mm2", "cortex lacking beyond the foramen", at_least=0.0)


def _drawn(look: WallLook) -> FloatArray:
    """(N, 3) points of the wall in the canal's mid-plane, head to foot."""
    view = look.view
    row = int(np.argmin(np.abs(view.left_mm - look.line.left_mm)))
    within = (view.height_fraction[row] >= 0) & (view.height_fraction[row] <= 1)
    columns = np.nonzero(within)[0][::-1]
    left = np.full(len(columns), view.left_mm[row])
    return view.lps_of(left, look.front_mm[row, columns], view.cranial_mm[columns])
