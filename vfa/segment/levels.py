"""Which vertebra is which: the order from head to foot, names by anchor, and names when nothing tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vfa.errors import LabelsRefused, UsageError
from vfa.model.anatomy import LEVELS, REGULAR_LEVELS, is_provisional, levels_apart, order
from vfa.model.frame import FloatArray
from vfa.model.spine import Spine
from vfa.segment.bodies import BodyMask

ANCHOR_WITHIN_MM = 10.0  # a point set by hand in a body's margin or the disc beside it still means that body
GAP_RATIO = 1.6  # a step this much longer than the steps beside it hides a vertebra


@dataclass(frozen=True, eq=False)
class Anchor:
    """A reader's word that the body at this point is this level.

    Args:
        level: an anatomical level.
        point_lps: (3,) a point in or near the body, LPS mm.
    """

    level: str
    point_lps: FloatArray

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise ValueError(f"level: expected C1–C7, T1–T13, L1–L6 or S1, got {self.level!r}")
        point = np.array(self.point_lps, dtype=float)
        if point.shape != (3,) or not np.isfinite(point).all():
            raise ValueError(f"point_lps: expected three finite numbers, got {self.point_lps!r}")
        object.__setattr__(self, "point_lps", point)


def parse_anchor(text: str) -> Anchor:
    """Read `LEVEL@X,Y,Z` (LPS mm), as `--anchor` takes it.

    Raises:
        UsageError: if it is not of that form.
    """
    level, _, place = text.partition("@")
    try:
        return Anchor(level.strip().upper(), np.array([float(part) for part in place.split(",")]))
    except ValueError as fault:
        raise UsageError(
            f"--anchor: expected LEVEL@X,Y,Z in LPS mm, for example L1@12.5,-30,410; got {text!r}"
        ) from fault


def spine_axis(centres_lps: ArrayLike) -> FloatArray:
    """(3,) unit vector along the column through (N, 3) centres, towards the head; LPS +z for a single centre."""
    centres = np.asarray(centres_lps, dtype=float)
    if len(centres) < 2:
        return np.array([0.0, 0.0, 1.0])
    _, _, directions = np.linalg.svd(centres - centres.mean(axis=0))
    axis: FloatArray = np.asarray(directions[0], dtype=np.float64)
    return axis if axis[2] >= 0 else -axis


def head_to_foot(centres_lps: ArrayLike) -> NDArray[np.intp]:
    """Indices that put (N, 3) centres in order from head to foot along the column's own axis."""
    return np.argsort(-(np.asarray(centres_lps, dtype=float) @ spine_axis(centres_lps)), kind="stable")


def local_cranial(centres_lps: FloatArray, index: int) -> FloatArray:
    """(3,) unit vector along the column at one of (N, 3) centres given from head to foot, towards the head."""
    if len(centres_lps) < 2:
        return spine_axis(centres_lps)
    above, below = max(index - 1, 0), min(index + 1, len(centres_lps) - 1)
    along = centres_lps[above] - centres_lps[below]
    return np.asarray(along / np.linalg.norm(along), dtype=np.float64)


def gaps_below(centres_lps: FloatArray) -> tuple[int, ...]:
    """Indices of bodies, from head to foot, below which a vertebra seems to be missing."""
    steps_mm = np.linalg.norm(np.diff(centres_lps, axis=0), axis=1)
    if len(steps_mm) < 3:
        return ()
    beside = [
        max(steps_mm[max(n - 1, 0) : n].max(initial=0), steps_mm[n + 1 : n + 2].max(initial=0))
        for n in range(len(steps_mm))
    ]
    return tuple(n for n, step in enumerate(steps_mm) if step > GAP_RATIO * beside[n])


def provisional_names(count: int) -> tuple[str, ...]:
    """V1, V2, … from head to foot."""
    return tuple(f"V{number}" for number in range(1, count + 1))


def name_by_anchor(spine: Spine, anchor: Anchor) -> Spine:
    """Give every vertebra the name that follows from a reader's word about one of them.

    The steps between vertebrae are those of the names they have, so that a vertebra left out stays left out.

    Args:
        spine: named or provisionally named.
        anchor: a reader's word.

    Raises:
        LabelsRefused: if the anchor meets no body, or the count runs past C1 or S1.
    """
    if not spine.vertebrae:
        raise LabelsRefused(f"--anchor {anchor.level}: no vertebra was found that it could name")
    at = anchored_body([BodyMask(vertebra.body, vertebra.grid) for vertebra in spine.vertebrae], anchor)
    old = spine.levels
    names = old if old[at] == anchor.level else count_from(anchor.level, steps_from(old, at))
    kept = names == old and not is_provisional(old[at])
    vertebrae = tuple(
        replace(vertebra, level=name, level_confidence=vertebra.level_confidence if kept else None)
        for vertebra, name in zip(spine.vertebrae, names, strict=True)
    )
    vertebrae = (*vertebrae[:at], replace(vertebrae[at], level_confidence=1.0), *vertebrae[at + 1 :])
    naming = f"{anchor.level} was pointed out by the user, the others are counted from it"
    if not is_provisional(old[at]):
        naming += "" if kept else f"; before, that body was named {old[at]}"
    return replace(spine, vertebrae=vertebrae, naming=naming, alternative_naming=())


def steps_from(levels: Sequence[str], at: int) -> tuple[int, ...]:
    """How many vertebrae below (negative: above) one of them each stands; by place where the names do not tell."""
    steps = [levels_apart(levels[at], level) for level in levels]
    known = [step for step in steps if step is not None]
    in_order = len(known) == len(levels) and all(one < two for one, two in pairwise(known))
    return tuple(known) if in_order else tuple(range(-at, len(levels) - at))


def anchored_body(bodies: Sequence[BodyMask], anchor: Anchor) -> int:
    """Index of the body that the anchor's point lies in, or is nearest to within 10 mm.

    Raises:
        LabelsRefused: if there is none.
    """
    distances_mm = [distance_to_body_mm(body, anchor.point_lps) for body in bodies]
    nearest = int(np.argmin(distances_mm))
    if distances_mm[nearest] > ANCHOR_WITHIN_MM:
        place = ", ".join(f"{value:.0f}" for value in anchor.point_lps)
        raise LabelsRefused(
            f"--anchor {anchor.level}: the point ({place}) LPS mm lies {distances_mm[nearest]:.0f} mm from the nearest "
            f"body; give a point inside the body of {anchor.level} (LPS: x to the left, y to the back, z to the head)"
        )
    return nearest


def distance_to_body_mm(body: BodyMask, point_lps: FloatArray) -> float:
    """Distance from a point to the nearest voxel centre of a body."""
    return float(np.linalg.norm(body.points_lps - point_lps, axis=1).min())


def count_from(level: str, steps_below: Sequence[int]) -> tuple[str, ...]:
    """Names of vertebrae that stand so many steps below (negative: above) a named one, in a regular spine.

    T13 and L6 are counted only when the named one is one of them.

    Raises:
        LabelsRefused: if the count runs past C1 or S1.
    """
    ladder = [name for name in LEVELS if name in REGULAR_LEVELS or name == level]
    start = ladder.index(level)
    if start + min(steps_below) < 0 or start + max(steps_below) >= len(ladder):
        raise LabelsRefused(
            f"--anchor {level}: {-min(steps_below)} bodies above and {max(steps_below)} below it were found, which "
            f"runs past {'C1' if start + min(steps_below) < 0 else 'S1'}; check the level and the point"
        )
    return tuple(ladder[start + step] for step in steps_below)


def out_of_order(levels: Sequence[str]) -> tuple[int, ...]:
    """Indices of named levels, listed from head to foot by position, that stand out of anatomical order.

    The longest run that is in order is taken to be right; the others are returned.
    """
    ranks = [order(level) for level in levels]
    best: list[list[int]] = []
    for index, rank in enumerate(ranks):
        before = [chain for chain in best if ranks[chain[-1]] < rank]
        best.append([*max(before, key=len, default=[]), index])
    right = max(best, key=len, default=[])
    return tuple(index for index in range(len(levels)) if index not in right)
