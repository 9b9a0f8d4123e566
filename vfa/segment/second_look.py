"""Was a body missed between those outlined, and is one of them none?

Two collapsed neighbours can be one body to the first network; the second then outlines one of them, and the other
lies bare. Or the first network saw too little in a place where a body fits. There the second is asked too, and what it
draws is taken in when the first agrees and when it is none of the others over again. And where two bodies touch, the
lower of the two may be the disc.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.model.frame import FloatArray, Grid
from vfa.model.volume import Volume
from vfa.segment.belief import Belief
from vfa.segment.between import Between
from vfa.segment.bodies import BodyMask, separate_bodies
from vfa.segment.instances import BODY_AT_LEAST, CANDIDATE_AT_LEAST_ML, VOXEL_ML, Candidate, canal_behind
from vfa.segment.locate import SpineMaps
from vfa.segment.network_input import SPACING_MM
from vfa.segment.outline import guessed_frame
from vfa.segment.outlined import OutlinedBody, outlined_body

RIM_VOXELS = 1  # of 2 mm round an outline, that the coarser network takes for body too
BESIDE_MM = 20.0  # what is bare lies within this of the line from one body to the next
AGREE_AT_LEAST = 0.6  # Dice of the two networks on what is bare
SHARED_AT_MOST = 0.15  # of its voxels, with the bodies that are there already
SMALLEST_SHARE = 0.2  # of the volume of the bodies beside it

# A gap may hold a body when it is this wide, and wide beside the heights of its neighbours: discs stay below 15 mm.
ROOM_MM, ROOM_SHARE = 12.0, 0.6
DISC_MM, SOFT_MM = 3.5, 1.5
HINT_AT_LEAST = 0.25  # mean probability where a body would be, or the second network is not asked
FILLED_AT_LEAST = 0.5  # Dice of what the second network draws with what it was told; else it sees none there
BODY_IN_GAP = 0.45  # mean probability by the first network; in discs it was 0.12–0.35, and that of disc above 0.6
FROM_GAP = "this body was found on a second look only, from the place that its neighbours leave to it"

# Bodies with a disc between them stand 4 mm apart and more on generated images; a disc taken for a body touches.
TOUCHING_MM = 0.5
MAY_BE_DISC = "this body touches the one beside it, where a disc should be: it may be that disc"


def with_overlooked(volume: Volume, maps: SpineMaps, found: Sequence[OutlinedBody]) -> list[OutlinedBody]:
    """The bodies, from head to foot, with those that were missed between them and at the ends.

    Args:
        volume: the image.
        maps: what the first network says of it.
        found: the bodies outlined, from head to foot.
    """
    taken = list(found)
    for belief, candidate in _bare(maps, found):
        above = _above(candidate.centre_lps, taken)
        if above is None:
            continue
        between = Between.of(taken[above].body, taken[above + 1].body)
        body = _asked(volume, maps, belief, candidate, between.cranial)
        if body is not None and body.agreement >= AGREE_AT_LEAST and _is_another(body, taken, above):
            taken.insert(above + 1, body)
    for above in reversed(range(len(taken) - 1)):
        between = Between.of(taken[above].body, taken[above + 1].body)
        if between.gap_mm >= max(ROOM_MM, ROOM_SHARE * float(np.mean(between.heights_mm))):
            taken[above + 1 : above + 1] = _in_the_gap(volume, maps, between, taken, above)
    while len(taken) > 1 and (more := _in_the_gap(volume, maps, _above_the_top(taken), taken, 0)):
        taken = [*more, *taken]
    while len(taken) > 1 and (more := _in_the_gap(volume, maps, _below_the_last(taken), taken, len(taken) - 2)):
        taken = [*taken, *more]
    return taken


def doubted_where_touching(found: Sequence[OutlinedBody]) -> list[OutlinedBody]:
    """The same bodies; of two that touch in the middle, where a disc should be, the lower one is doubted."""
    doubted = list(found)
    for above in range(len(found) - 1):
        between = Between.of(found[above].body, found[above + 1].body)
        if between.gap_mm < TOUCHING_MM:
            low = above + int(np.argmin(between.heights_mm))
            doubted[low] = replace(doubted[low], doubt=doubted[low].doubt or MAY_BE_DISC)
    return doubted


def _asked(
    volume: Volume, maps: SpineMaps, belief: Belief, candidate: Candidate, cranial: FloatArray
) -> OutlinedBody | None:
    """What the second network makes of a place: one piece, since two may be two bodies."""
    canal = canal_behind(maps, candidate.centre_lps, cranial)
    frame = guessed_frame(candidate.centre_lps, cranial, canal)
    body = outlined_body(volume, frame, belief, candidate, canal)
    pieces = () if body is None else separate_bodies(body.body.mask, body.body.grid)
    return replace(body, body=pieces[0]) if body is not None and pieces else None


def _beyond(last: OutlinedBody, before: OutlinedBody, cranial: FloatArray, height_mm: float) -> Between:
    """Where one more body would be beyond the last one, as far from it as it is from the one before."""
    step = last.body.centre_lps - before.body.centre_lps
    return Between(height_mm + 2 * DISC_MM, last.body.centre_lps + step, cranial, (height_mm, height_mm))


def _above_the_top(taken: Sequence[OutlinedBody]) -> Between:
    """Where one more body would be above the others."""
    between = Between.of(taken[0].body, taken[1].body)
    return _beyond(taken[0], taken[1], between.cranial, between.heights_mm[0])


def _below_the_last(taken: Sequence[OutlinedBody]) -> Between:
    """Where one more body would be below the others."""
    between = Between.of(taken[-2].body, taken[-1].body)
    return _beyond(taken[-1], taken[-2], between.cranial, between.heights_mm[1])


def _in_the_gap(
    volume: Volume, maps: SpineMaps, between: Between, taken: Sequence[OutlinedBody], above: int
) -> list[OutlinedBody]:
    """What the second network draws when it is told that a body fills the gap, if the first takes it for body too."""
    belief = _filling(maps, between, (taken[above].body, taken[above + 1].body))
    if belief is None:
        return []
    place = Candidate(0, between.middle_lps, 0.0, 0.0, 0.0)
    body = _asked(volume, maps, belief, place, between.cranial)
    if body is None or body.agreement < FILLED_AT_LEAST or not _is_another(body, taken, above):
        return []
    places = maps.grid.ijk_of(body.body.points_lps).T
    bone, disc, sacrum = (
        float(ndimage.map_coordinates(part, places, order=1).mean()) for part in (maps.body, maps.disc, maps.sacrum)
    )
    return [replace(body, doubt=FROM_GAP)] if bone >= BODY_IN_GAP and bone > max(disc, sacrum) else []


def _filling(maps: SpineMaps, between: Between, beside: Sequence[BodyMask]) -> Belief | None:
    """A body as broad as its neighbours in the middle of the gap: soft edges, and room for a disc on either side.

    None where the first network sees nothing of a body.
    """
    canal = canal_behind(maps, between.middle_lps, between.cranial)
    frame = guessed_frame(between.middle_lps, between.cranial, canal)
    half_mm = np.min([np.ptp(body.points_lps @ frame.axes, axis=0) / 2 for body in beside], axis=0)
    reach = np.ceil(half_mm.max() / SPACING_MM) + 8
    middle = maps.grid.ijk_of(between.middle_lps)
    low = np.clip(np.floor(middle - reach).astype(int), 0, np.asarray(maps.grid.shape) - 2)
    high = np.clip(np.ceil(middle + reach).astype(int), low + 1, maps.grid.shape)
    grid = maps.grid.crop(low, tuple((high - low).tolist()))
    offset = (grid.lps_of(np.moveaxis(np.indices(grid.shape), 0, -1)) - between.middle_lps) @ frame.axes
    left, front, up = np.moveaxis(offset, -1, 0)
    aside_mm = (np.hypot(left / half_mm[0], front / half_mm[1]) - 1) * half_mm.min()
    outside_mm = np.maximum(aside_mm, np.abs(up) - max(between.gap_mm / 2 - DISC_MM, SPACING_MM))
    filling = 1 / (1 + np.exp(np.clip(outside_mm / SOFT_MM, -30, 30)))
    seen = maps.body[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    if (seen * filling).sum() < HINT_AT_LEAST * filling.sum():
        return None
    return Belief(filling.astype(np.float32), grid)


def _bare(maps: SpineMaps, found: Sequence[OutlinedBody]) -> Iterator[tuple[Belief, Candidate]]:
    """What the first network takes for body and no outline holds, piece by piece."""
    claimed = np.zeros(maps.body.shape, dtype=bool)
    for one in found:
        _claim(claimed, maps.grid, one.body)
    claimed = ndimage.binary_dilation(claimed, iterations=RIM_VOXELS)
    bare = replace(maps, body=np.where(claimed, 0, maps.body).astype(np.float32))
    pieces, _ = ndimage.label(bare.body >= BODY_AT_LEAST)
    for number, box in enumerate(ndimage.find_objects(pieces), start=1):
        own = pieces[box] == number
        volume_ml = float(own.sum()) * VOXEL_ML
        if volume_ml < CANDIDATE_AT_LEAST_ML:
            continue
        centre = maps.grid.lps_of(np.argwhere(own).mean(axis=0) + [side.start for side in box])
        peak, mean = float(maps.centre[box][own].max()), float(maps.body[box][own].mean())
        yield Belief.of(bare, pieces, number), Candidate(number, centre, volume_ml, peak, mean)


def _claim(claimed: NDArray[np.bool_], grid: Grid, body: BodyMask) -> None:
    """Mark the voxels of a lattice that lie in a body, in place."""
    points = grid.ijk_of(body.points_lps)
    low = np.clip(np.floor(points.min(axis=0)).astype(int), 0, claimed.shape)
    high = np.clip(np.ceil(points.max(axis=0)).astype(int) + 1, 0, claimed.shape)
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    part = grid.crop(low, tuple((high - low).tolist()))
    to_body = body.grid.ijk_from_lps @ part.lps_from_ijk
    claimed[box] |= ndimage.affine_transform(body.mask, to_body[:3, :3], to_body[:3, 3], part.shape, order=0)


def _above(centre_lps: FloatArray, found: Sequence[OutlinedBody]) -> int | None:
    """Index of the body that a place lies right below; None when it lies between no two bodies."""
    for index in range(len(found) - 1):
        upper = found[index].body.centre_lps
        way = found[index + 1].body.centre_lps - upper
        along = float((centre_lps - upper) @ way / (way @ way))
        if 0 < along < 1 and np.linalg.norm(centre_lps - upper - along * way) <= BESIDE_MM:
            return index
    return None


def _is_another(body: OutlinedBody, taken: Sequence[OutlinedBody], above: int) -> bool:
    """Whether it is large enough beside its neighbours and none of the bodies there already."""
    if body.body.volume_ml < SMALLEST_SHARE * min(taken[n].body.volume_ml for n in (above, above + 1)):
        return False
    points = body.body.points_lps
    shared = np.zeros(len(points), dtype=bool)
    for one in taken:
        shared |= _holds(one.body, points)
    return float(shared.mean()) <= SHARED_AT_MOST


def _holds(body: BodyMask, points_lps: FloatArray) -> NDArray[np.bool_]:
    """(N,) which of the points lie in a body."""
    ijk = np.rint(body.grid.ijk_of(points_lps)).astype(int)
    inside: NDArray[np.bool_] = np.asarray(((ijk >= 0) & (ijk < np.asarray(body.grid.shape))).all(axis=1))
    inside[inside] = body.mask[tuple(ijk[inside].T)]
    return inside
