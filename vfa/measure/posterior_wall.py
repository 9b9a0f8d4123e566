"""Does the posterior wall stand?

The status is that of the cortex alone: a smooth bulge with its cortex is an intact wall. It is breached where soft
tissue lies in the place of bone, beyond what the vein's opening explains, or where a fragment's edge makes a step; and
not assessable, with the reason, wherever the image could not have shown either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from vfa.measure.canal import CanalSize, canal_size, compromise
from vfa.measure.cortical_breach import (
    WITNESSES,
    Around,
    Judged,
    judge_openings,
    looks_like_vein,
    place,
    words_of_place,
)
from vfa.measure.each_body import for_each
from vfa.measure.retropulsion import CLEARLY_BEHIND_MM, PushedBack, greatest_mm, pushed_back
from vfa.measure.wall_look import WallLook
from vfa.measure.wall_openings import BoneBelow, Opening, bone_below, openings
from vfa.model.estimate import Estimate, Measured, Unmeasurable, Why
from vfa.model.frame import FloatArray
from vfa.model.posterior_wall import PosteriorWall, WallStatus
from vfa.model.volume import Volume

THICKEST_SLICE_MM = 3.0  # beyond it a gap of 12 mm² disappears between two slices
THICKEST_TO_CLEAR_MM = 2.0  # as the rules have it: farther apart they cannot show that a wall is whole
NOISIEST_SHARE = 0.15  # of the way from canal to marrow; openings are told at one half
METAL_HU = 2800.0  # its streaks pass for gaps and close others
INTACT_NEIGHBOUR_MM = 1.0
NEIGHBOURS = 3  # levels looked at above and below
SOUND_MARROW = 0.7  # of the median level's contrast to the canal: a body with less has lost bone

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class _Seen:
    """One wall as it was seen, before it is held against its neighbours."""

    look: WallLook
    behind: PushedBack
    bone: BoneBelow
    openings: tuple[Opening, ...]
    size: CanalSize


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
    intact = {level: look.shape for level, look in seen.items() if greatest_mm(look) < INTACT_NEIGHBOUR_MM}
    marrow = float(np.median([look.levels.marrow - look.levels.soft for look in seen.values()])) if seen else 0.0

    def settle(level: str) -> _Seen:
        return _see(seen[level].learning_from(_nearest(order, level, intact)), SOUND_MARROW * marrow, volume)

    settled = dict(zip(seen, for_each(settle, seen), strict=True))
    found: dict[str, PosteriorWall | Unmeasurable] = {}
    for level, look in looks.items():
        if isinstance(look, Unmeasurable):
            found[level] = look
        else:
            # A canal that bone stands in is no reference for another, nor is a fractured wall's opening.
            sound = {name: settled[name] for name in intact if not settled[name].behind.doubt}
            witnesses = _witnesses(order, level, sound)
            found[level] = _wall(settled[level], volume, _nearest(order, level, sound), witnesses)
    return found


def _nearest(order: list[str], level: str, known: Mapping[str, T]) -> list[T]:
    """What is known of the nearest level above and of the nearest below, at most three levels away."""
    place = order.index(level)
    above = [known[name] for name in reversed(order[max(place - NEIGHBOURS, 0) : place]) if name in known]
    below = [known[name] for name in order[place + 1 : place + 1 + NEIGHBOURS] if name in known]
    return [*above[:1], *below[:1]]


def _witnesses(order: list[str], level: str, known: Mapping[str, T]) -> list[T]:
    """What is known of the nearest levels on any side, at most three levels away."""
    own = order.index(level)
    near = sorted((abs(n - own), n) for n, name in enumerate(order) if name in known and name != level)
    return [known[order[n]] for away, n in near if away <= NEIGHBOURS][:WITNESSES]


def _see(look: WallLook, sound_marrow: float, volume: Volume) -> _Seen:
    """`sound_marrow`: how much brighter than the canal a body's marrow is at least, unless bone is lost in it."""
    in_plane = max(spacing for axis, spacing in enumerate(volume.spacing_mm) if axis != volume.slice_axis)
    size = canal_size(look.level, look.view, look.line, look.arch, look.front_mm, in_plane)
    levels = replace(look.levels, marrow=max(look.levels.marrow, look.levels.soft + sound_marrow))
    bone = bone_below(look.view, levels, look.surface.behind_mm, look.shape.behind_mm, look.between, look.whole)
    behind = pushed_back(look, volume.slice_spacing_mm)
    return _Seen(look, behind, bone, openings(bone, look.view, look.from_midline_mm), size)


def _wall(seen: _Seen, volume: Volume, beside: Sequence[_Seen], witnesses: Sequence[_Seen]) -> PosteriorWall:
    """`beside`: intact levels above and below; `witnesses`: the nearest intact ones on any side."""
    look, behind = seen.look, seen.behind
    veins = [looks_like_vein(other.openings) for other in witnesses]
    kept = min(1.0, *(look.height_mm / other.look.height_mm for other in witnesses)) if witnesses else 1.0
    judged = judge_openings(seen.openings, Around(veins, kept, volume.slice_spacing_mm))
    reason = behind.doubt or _why_not_assessable(seen, volume)
    status, because = _status(behind, judged, reason)
    if status is WallStatus.INTACT and volume.slice_spacing_mm > THICKEST_TO_CLEAR_MM:
        thick = f"slices of {volume.slice_spacing_mm:g} mm show a gap only where it is large; none is seen"
        status, because = WallStatus.NOT_ASSESSABLE, f"{thick}, but it cannot be said that {because}"
    return PosteriorWall(
        status=status,
        because=because,
        retropulsion_mm=behind.retropulsion_mm,
        outline=behind.outline,
        breach_area_mm2=_breach_area(look.level, status, judged, because),
        canal_ap_mm=_believed(look.level, seen.size.ap_mm, behind.doubt),
        canal_area_mm2=_believed(look.level, seen.size.area_mm2, behind.doubt),
        diameter_compromise=_held_against(look.level, seen.size.ap_mm, [s.size.ap_mm for s in beside], behind.doubt),
        area_compromise=_held_against(look.level, seen.size.area_mm2, [s.size.area_mm2 for s in beside], behind.doubt),
        wall_lps=_drawn(look),
        retropulsion_line_lps=behind.line_lps,
        canal_ap_line_lps=None if behind.doubt else seen.size.ap_line_lps,
        canal_outline_lps=None if behind.doubt else seen.size.outline_lps,
    )


def _believed(level: str, size: Measured, doubt: str) -> Measured:
    return Unmeasurable(level, "canal", Why.QUALITY_FAILED, doubt) if doubt else size


def _held_against(level: str, own: Measured, beside: list[Measured], doubt: str) -> Measured:
    return compromise(level, _believed(level, own, doubt), [one for one in beside if isinstance(one, Estimate)])


def _why_not_assessable(seen: _Seen, volume: Volume) -> str:
    """Why the cortex cannot be judged on this image; empty when it can."""
    if volume.slice_spacing_mm > THICKEST_SLICE_MM:
        thin = f"{THICKEST_SLICE_MM:g} mm or thinner show them"
        return f"slices of {volume.slice_spacing_mm:g} mm hide gaps in the cortex; {thin}"
    if float(seen.look.view.values.max()) >= METAL_HU:
        return "metal beside the body throws streaks across the wall"
    if seen.bone.sigma > NOISIEST_SHARE:
        return "noise is too strong for what little the bone outshines the canal"
    return ""


def _status(behind: PushedBack, judged: Judged, reason: str) -> tuple[WallStatus, str]:
    """The state of the cortex, with the sentence why."""
    if reason:
        return WallStatus.NOT_ASSESSABLE, reason
    behind_it = ""
    if isinstance(behind.retropulsion_mm, Estimate) and behind.retropulsion_mm.value >= CLEARLY_BEHIND_MM:
        where = words_of_place(behind.left_mm, behind.height_fraction)
        behind_it = f"; bone stands {behind.retropulsion_mm.value:.1f} mm behind the expected wall, {where}"
    if behind.is_fragment:
        return WallStatus.BREACHED, f"the wall ends in a step: a fragment has been pushed back{behind_it}"
    if judged.gaps:
        area = sum(gap.area_mm2 for gap in judged.gaps)
        where = place(judged.gaps[0])
        return WallStatus.BREACHED, f"bone lacks in the posterior wall over {area:.0f} mm², {where}{behind_it}"
    if judged.unclear:
        return WallStatus.NOT_ASSESSABLE, judged.because + behind_it
    if behind.outline == "angular":
        return WallStatus.NOT_ASSESSABLE, f"the wall is uneven, too little to tell whether it is broken{behind_it}"
    bulge = f", with a smooth bulge{behind_it}" if behind.outline == "smooth" else ""
    return WallStatus.INTACT, f"bone closes the posterior wall {_beside_vein(judged)}{bulge}"


def _beside_vein(judged: Judged) -> str:
    if not judged.vein:
        return "throughout"
    widths = " and ".join(f"{one.width_mm:.0f} × {one.height_mm:.0f} mm" for one in judged.vein)
    return f"beside the vein's opening ({widths})"


def _breach_area(level: str, status: WallStatus, judged: Judged, because: str) -> Measured:
    if status is WallStatus.NOT_ASSESSABLE:
        return Unmeasurable(level, "breach area", Why.QUALITY_FAILED, because)
    if status is WallStatus.BREACHED and not judged.gaps:
        detail = "the wall ends in a step; the gap beside the fragment is not seen from behind"
        return Unmeasurable(level, "breach area", Why.LOW_CONFIDENCE, detail)
    area = float(sum(gap.area_mm2 for gap in judged.gaps))
    return Estimate(area, float(np.hypot(3.0, 0.2 * area)), "mm2", "wall without bone beyond the vein", at_least=0.0)


def _drawn(look: WallLook) -> FloatArray:
    """(N, 3) points of the wall in the canal's mid-plane, head to foot."""
    view = look.view
    row = int(np.argmin(np.abs(view.left_mm - look.line.left_mm)))
    within = (view.height_fraction[row] >= 0) & (view.height_fraction[row] <= 1)
    columns = np.nonzero(within)[0][::-1]
    left = np.full(len(columns), view.left_mm[row])
    return view.lps_of(left, look.front_mm[row, columns], view.cranial_mm[columns])
