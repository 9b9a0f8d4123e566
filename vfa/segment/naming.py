"""What are the bodies that the network found called, and what does that hang on?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from vfa.model.frame import FloatArray
from vfa.model.spine import Vertebra
from vfa.segment.levels import gaps_below, provisional_names
from vfa.segment.locate import SpineMaps
from vfa.segment.network_input import NetworkInput
from vfa.segment.numbering import Evidence, Numbering, number_bodies
from vfa.segment.ribs import Sight, see_ribs
from vfa.segment.sacrum import near_sacrum, sacrum_is_below, sacrum_points
from vfa.segment.second_look import MAY_BE_DISC

PROVISIONAL = "nothing in the image anchors the level names: vertebrae are counted from head to foot"
MISSED = 0.9  # probability that a gap in the chain is a vertebra that was missed
GAPS_AT_MOST = 2  # with more, what was found is too patchy to count along
# Certainty that ribs alone must give: on generated spines (8400000–8400058) what was named below it was named wrongly.
RIBS_ALONE_FROM = 0.8
BARE_AT_LEAST = 2  # bodies without ribs before the ribs are said to end
RIBS_IN_SIGHT = ("rib", "short rib")
UNKNOWN: tuple[Sight, Sight] = ("unknown", "unknown")
PELVIS_WITHIN_MM = 65.0  # of the sacrum: there the iliac wings reach the transverse processes and look like ribs


@dataclass(frozen=True)
class FoundNames:
    """Names for the bodies found, from head to foot.

    Args:
        levels: one per body.
        confidences: for each the probability that it is right; None for provisional ones.
        sentence: what they hang on.
        alternative: another plausible naming, level by level; empty if none.
        notes: sentences on unusual anatomy and missed bodies.
    """

    levels: tuple[str, ...]
    confidences: tuple[float | None, ...]
    sentence: str
    alternative: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def name_found(maps: SpineMaps, seen: NetworkInput, vertebrae: Sequence[Vertebra]) -> FoundNames:
    """Name bodies, given from head to foot, from the sacrum and the ribs; provisionally where they tell too little."""
    centres = np.array([vertebra.centre_lps for vertebra in vertebrae])
    sacrum = sacrum_points(maps)
    below = not vertebrae[-1].touches_border and sacrum_is_below(maps, sacrum, centres)
    ribs = _ribs(seen, sacrum, vertebrae, centres)
    ribs = ribs if below else without_lone_end(ribs)
    gaps = gaps_below(centres)
    notes = tuple(f"a vertebra seems to have been missed between the {n + 1}. and the {n + 2}. found" for n in gaps)
    discs = [n for n, vertebra in enumerate(vertebrae, start=1) if vertebra.unusable == MAY_BE_DISC]
    notes += tuple(f"the {n}. found may be a disc: names counted past it may be off by one" for n in discs)
    numbering = None
    if len(gaps) <= GAPS_AT_MOST:
        numbering = number_bodies(Evidence(_possible_steps(len(vertebrae), gaps), below, ribs))
    if numbering is None or not (below or max(numbering.confidences) >= RIBS_ALONE_FROM):
        names = provisional_names(len(vertebrae))
        return FoundNames(names, (None,) * len(names), PROVISIONAL, notes=notes)
    if numbering.transitional:
        notes = (*notes, _transitional_note(numbering))
    anchors = (*(["the sacrum right below the lowest free vertebra"] if below else []), *_last_ribs(numbering, ribs))
    return FoundNames(
        numbering.levels, numbering.confidences, _sentence(anchors, numbering), numbering.alternative, notes
    )


def _ribs(
    seen: NetworkInput, sacrum_lps: FloatArray, vertebrae: Sequence[Vertebra], centres_lps: FloatArray
) -> tuple[tuple[Sight, Sight], ...]:
    """What is seen beside each body; unknown on MR, at a body that the image's edge cuts, and beside the pelvis."""
    if seen.bone_from is None:
        return (UNKNOWN,) * len(vertebrae)
    sights = see_ribs(seen, seen.bone_from, centres_lps, [vertebra.canal_lps for vertebra in vertebrae])
    pelvis = near_sacrum(sacrum_lps, centres_lps, PELVIS_WITHIN_MM)
    return tuple(
        UNKNOWN if vertebra.touches_border or beside else sight
        for vertebra, beside, sight in zip(vertebrae, pelvis, sights, strict=True)
    )


def without_lone_end(ribs: Sequence[tuple[Sight, Sight]]) -> tuple[tuple[Sight, Sight], ...]:
    """The same sights; where fewer than two bodies show no rib, it is not known that they have none.

    A rib followed badly is lost on both sides alike, and a chest that ends there would be named as if its last rib were
    the twelfth. The ribs' end counts when a second body bears it out (or the sacrum, to whom this is not put).
    """
    bare = [index for index, sights in enumerate(ribs) if "none" in sights and not set(sights) & set(RIBS_IN_SIGHT)]
    if len(bare) >= BARE_AT_LEAST:
        return tuple(ribs)
    return tuple(UNKNOWN if index in bare else sights for index, sights in enumerate(ribs))


def _possible_steps(count: int, gaps: Sequence[int]) -> tuple[tuple[tuple[int, ...], float], ...]:
    """How many vertebrae below the first each body may stand, each gap holding a missed one or not."""
    possible = []
    for missed in product((1, 0), repeat=len(gaps)):
        extra = dict(zip(gaps, missed, strict=True))
        steps, probability = [0], 1.0
        for index in range(count - 1):
            steps.append(steps[-1] + 1 + extra.get(index, 0))
        for one in missed:
            probability *= MISSED if one else 1 - MISSED
        possible.append((tuple(steps), probability))
    return tuple(possible)


def _last_ribs(numbering: Numbering, ribs: Sequence[tuple[Sight, Sight]]) -> tuple[str, ...]:
    """Where the ribs end, in words; nothing when their end is not in sight."""
    bearing = [index for index, sights in enumerate(ribs) if any(sight in RIBS_IN_SIGHT for sight in sights)]
    if not bearing or bearing[-1] + 1 == len(ribs) or "none" not in ribs[bearing[-1] + 1]:
        return ()
    return (f"the last ribs at {numbering.levels[bearing[-1]]}",)


def _sentence(anchors: Sequence[str], numbering: Numbering) -> str:
    """What the names hang on; with one end of the count in sight also how often that is wrong, up or down alike."""
    by = f"counted from {' and '.join(anchors)}" if anchors else "named from the ribs in sight"
    if len(anchors) > 1:
        return by
    return (
        f"{by}; no count from the head confirms it, and {1 - min(numbering.confidences):.0%} of the spines that look "
        "like this are numbered otherwise, most of them one vertebra higher or lower"
    )


def _transitional_note(numbering: Numbering) -> str:
    sure = "This seems to be" if numbering.transitional_probability >= 0.5 else "This may be"
    return (
        f"{sure} a transitional spine, with {numbering.transitional} (probability "
        f"{numbering.transitional_probability:.0%}): check the names by counting from the head."
    )
