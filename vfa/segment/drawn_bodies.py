"""Which voxels of a label file are the bodies, and where is the canal behind each?

Three ways lead to a body: the labels hold bodies; sub-regions say what is body; whole vertebrae are cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vfa.errors import LabelsRefused
from vfa.model.frame import FloatArray
from vfa.segment.bodies import BodyMask, cropped, separate_bodies
from vfa.segment.body_cut import Canal, canal_beside, cut_body, find_canal
from vfa.segment.body_or_whole import body_or_whole
from vfa.segment.canal_points import canal_point, carried_on
from vfa.segment.label_files import LabelFile
from vfa.segment.label_schemes import (
    ASK,
    BODY_SUBREGIONS,
    CANAL_SUBREGIONS,
    Holds,
    LabelScheme,
)
from vfa.segment.levels import head_to_foot, local_cranial

SACRUM_AT_LEAST_ML = 70.0  # a label S1 of this size is the whole sacrum, not its first body (20–40 ml)
SLIVER_ML = 0.3  # less is no body, not even one cut by the edge
OPEN_RING = ("its ring is open in the mask: a neighbour's canal was carried on for the cut",)


@dataclass(frozen=True, eq=False)
class Drawn:
    """A body as somebody drew it.

    Args:
        label: its number in the file.
        level: its level as the file states it; empty when it states none.
        body: its mask.
        canal_lps: (3,) a point in the canal behind it; None when the file shows none.
        quality: sentences about the mask.
        unusable: why nothing may be measured of it; empty when it may.
        set_aside: why it is no vertebral body at all; empty when it is one.
    """

    label: int
    level: str
    body: BodyMask
    canal_lps: FloatArray | None = None
    quality: tuple[str, ...] = ()
    unusable: str = ""
    set_aside: str = ""


def bodies_of_vertebrae(file: LabelFile, scheme: LabelScheme, subregions: LabelFile | None) -> list[Drawn]:
    """The bodies in a file of single vertebrae, from head to foot.

    Raises:
        LabelsRefused: if two labels claim one level, or it is in doubt whether bodies or whole vertebrae are held.
    """
    labels = _one_per_level(file, scheme)
    regions = [file.regions[label] for label in labels]
    order = head_to_foot([region.centre_lps for region in regions])
    drawn = [Drawn(labels[index], scheme.levels.get(labels[index], ""), regions[index]) for index in order]
    if subregions is not None:
        drawn = [_judged_kind(one, Holds.BODY) for one in _by_subregions(drawn, subregions)]
        return _with_canals(drawn, _canal_voxels(file, subregions))
    holds = scheme.holds or _stated_holds(file, labels) or body_or_whole(regions, file.grid)
    if holds is None:
        raise LabelsRefused(
            f"{file.name}: whether its labels hold vertebral bodies or whole vertebrae cannot be told beyond doubt; "
            f"add :body or :whole to --labels {scheme.name}"
            if not file.meanings
            else f"{file.name}: its segments' names do not say whether they are bodies; name them 'L1 body' or {ASK}"
        )
    drawn = [_judged_kind(one, holds) for one in drawn]
    if holds is Holds.WHOLE:
        drawn = _cut_all(drawn)
    return _with_canals(drawn, _canal_voxels(file, None))


def bodies_of_subregions(file: LabelFile) -> list[Drawn]:
    """The bodies in a file of sub-regions alone: its pieces of body; from head to foot, without names."""
    voxels = np.concatenate([file.regions[label].points_lps for label in BODY_SUBREGIONS if label in file.regions])
    mask = np.zeros(file.grid.shape, dtype=bool)
    mask[tuple(np.rint(file.grid.ijk_of(voxels)).astype(int).T)] = True
    bodies = separate_bodies(mask, file.grid)
    if not bodies:
        raise LabelsRefused(f"{file.name}: its body sub-regions (49, 50) are specks only")
    order = head_to_foot([body.centre_lps for body in bodies])
    drawn = [Drawn(number, "", bodies[index]) for number, index in enumerate(order, start=1)]
    return _with_canals(drawn, _canal_voxels(file, file))


def _one_per_level(file: LabelFile, scheme: LabelScheme) -> list[int]:
    """Labels of vertebrae; where a level has a body and a whole vertebra, its body."""
    labels = [label for label in file.regions if scheme.is_vertebra(label)]
    kept: dict[str, int] = {}
    for label in labels:
        level = scheme.levels.get(label, f"label {label}")
        if level in kept:
            bodies = [n for n in (kept[level], label) if n in file.meanings and file.meanings[n].holds is Holds.BODY]
            if len(bodies) != 1:
                raise LabelsRefused(f"{file.name}: {level} is given twice (labels {kept[level]} and {label})")
            kept[level] = bodies[0]
        else:
            kept[level] = label
    return list(kept.values())


def _stated_holds(file: LabelFile, labels: Sequence[int]) -> Holds | None:
    stated = {file.meanings[label].holds for label in labels if label in file.meanings}
    return stated.pop() if len(stated) == 1 else None


def _judged_kind(one: Drawn, holds: Holds) -> Drawn:
    """Set aside what is no single body: the sacrum, the ring of C1."""
    if one.level == "S1" and (holds is Holds.WHOLE or one.body.volume_ml >= SACRUM_AT_LEAST_ML):
        return replace(one, set_aside="it is part of the sacrum")
    if one.level == "C1":
        return replace(one, set_aside="C1 has no body")
    return one


def _by_subregions(drawn: Sequence[Drawn], subregions: LabelFile) -> list[Drawn]:
    """Keep of each vertebra what the second file calls body at the same place; the rest shows where the canal is."""
    parts = [subregions.regions[label] for label in sorted(BODY_SUBREGIONS) if label in subregions.regions]
    centres = np.array([one.body.centre_lps for one in drawn])
    kept = []
    for index, one in enumerate(drawn):
        mask = np.zeros(one.body.grid.shape, dtype=bool)
        for part in parts:
            mask |= _covered(one.body, part)
        body = cropped(mask, one.body.grid)
        if body is None or body.volume_ml < SLIVER_ML:
            kept.append(replace(one, set_aside="the sub-regions show no body there"))
            continue
        canal = find_canal(one.body, local_cranial(centres, index), body.centre_lps)
        kept.append(replace(one, body=body, canal_lps=None if canal is None else canal.centre_lps))
    return kept


def _covered(body: BodyMask, part: BodyMask) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Which voxels of a body's mask lie in a part drawn on another lattice (nearest voxel)."""
    at = np.rint(part.grid.ijk_of(body.points_lps)).astype(int)
    inside = ((at >= 0) & (at < np.asarray(part.grid.shape))).all(axis=1)
    covered = np.zeros(len(at), dtype=bool)
    covered[inside] = part.mask[tuple(at[inside].T)]
    mask = np.zeros_like(body.mask)
    mask[body.mask] = covered
    return mask


def _cut_all(drawn: Sequence[Drawn]) -> list[Drawn]:
    """Cut the arches off; where a ring is open, the nearest neighbour's canal is carried on."""
    centres = np.array([one.body.centre_lps for one in drawn])
    canals = {
        index: canal
        for index, one in enumerate(drawn)
        if not one.set_aside and (canal := find_canal(one.body, local_cranial(centres, index))) is not None
    }
    done = []
    for index, one in enumerate(drawn):
        if one.set_aside:
            done.append(one)
        elif index in canals:
            done.append(_cut(one, canals[index]))
        elif canals:
            nearest = canals[min(canals, key=lambda other: abs(other - index))]
            done.append(replace(_cut(replace(one, quality=OPEN_RING), canal_beside(one.body, nearest)), canal_lps=None))
        else:
            done.append(replace(one, unusable="no canal was found, so the arch could not be cut off the body"))
    return done


def _cut(one: Drawn, canal: Canal) -> Drawn:
    body = cut_body(one.body, canal)
    if body is None or body.volume_ml < SLIVER_ML:
        return replace(one, set_aside="nothing of its body is in the mask")
    quality = (*one.quality, "the arch was cut off through the posterior wall")
    return replace(one, body=body, canal_lps=canal.beside(body.centre_lps), quality=quality)


def _canal_voxels(file: LabelFile, subregions: LabelFile | None) -> FloatArray:
    """(N, 3) LPS mm of what the files call canal or cord; empty when they show neither."""
    named = [file.regions[label] for label, meaning in file.meanings.items() if meaning.canal and label in file.regions]
    if subregions is not None:
        named += [subregions.regions[label] for label in CANAL_SUBREGIONS if label in subregions.regions]
    return np.concatenate([part.points_lps for part in named]) if named else np.empty((0, 3))


def _with_canals(drawn: Sequence[Drawn], canal_lps: FloatArray) -> list[Drawn]:
    """Give each body its canal point: from a canal label, from the cut, or carried on from its neighbours."""
    bodies = [one for one in drawn if not one.set_aside]
    centres = np.array([one.body.centre_lps for one in bodies]).reshape(-1, 3)
    points = [
        one.canal_lps if (near := canal_point(canal_lps, centres[n], local_cranial(centres, n))) is None else near
        for n, one in enumerate(bodies)
    ]
    filled = carried_on(points, centres)
    done = iter(
        replace(one, canal_lps=point, quality=(*one.quality, *_carried(seen, point)))
        for one, seen, point in zip(bodies, points, filled, strict=True)
    )
    return [one if one.set_aside else next(done) for one in drawn]


def _carried(seen: FloatArray | None, point: FloatArray | None) -> tuple[str, ...]:
    return ("its canal point is carried on from its neighbours",) if seen is None and point is not None else ()
