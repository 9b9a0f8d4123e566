"""Which number means which vertebra, in the label files people have, and which of those conventions is this file's?

    verse        VerSe: 1–7 C1–C7, 8–19 T1–T12, 20–25 L1–L6, 26 sacrum, 27 coccyx, 28 T13
    totalseg     TotalSegmentator v2, task `total`: 26 S1, 27 L5 … 31 L1, 32 T12 … 43 T1, 44 C7 … 50 C1
    totalseg-pp  TotalSegmentator, tasks `vertebrae_pp` and `vertebrae_pp_refined`: 1–24 C1–L5
    tptbox       TPTBox and SPINEPS: instances with VerSe ids (100 + i discs, 200 + i endplates); sub-regions 41–50
                 in a second file, body = 49 + 50, 60 cord, 61 canal
    count        1 is the lowest vertebra, counted upwards; the names come from `--anchor`

A convention is recognised only when exactly one reading of the file fits: every number is known to it, the levels
run from head to foot as it says, and the sizes are those of the levels. Else the user is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import pairwise

import numpy as np

from vfa.errors import LabelsRefused, UsageError
from vfa.model.anatomy import LEVEL_OF_VERSE_ID, LEVELS, REGULAR_LEVELS, levels_apart, order
from vfa.model.frame import FloatArray
from vfa.segment.levels import head_to_foot

BODY_SUBREGIONS = frozenset({49, 50})  # border and core of the body
ARCH_SUBREGIONS = frozenset(range(41, 49))  # arch, spinous, transverse and articular processes
CANAL_SUBREGIONS = frozenset({60, 61})  # cord, canal
SUBREGIONS = BODY_SUBREGIONS | ARCH_SUBREGIONS | CANAL_SUBREGIONS | {26, 62, 100}

# Volume (ml) of a region's labels, bodies or whole vertebrae, fractured or not: the median stays below the second
# number and the largest above the first. Wide enough for anybody, and still no lumbar column passes as a cervical one.
REGION_ML: dict[str, tuple[float, float]] = {"C": (1, 28), "T": (3, 80), "L": (12, 150)}
STEP_MM = (7.0, 90.0)  # between the middles of neighbours: child's neck to L5 and the whole sacrum
COLUMN_AT_LEAST = 3  # vertebrae that outweigh a reading without them


class Holds(str, Enum):
    """What a label covers."""

    BODY = "body"
    WHOLE = "whole"


@dataclass(frozen=True)
class LabelScheme:
    """What the numbers of a label file mean.

    Args:
        name: verse, totalseg, totalseg-pp, tptbox, count, or "named segments".
        levels: level of each number; empty where numbers only count.
        others: numbers the convention also uses, for what is no vertebra.
        holds: bodies or whole vertebrae; None when the file's shapes must tell.
        counts: the number from which on up no vertebra is counted, for a convention that counts; else 0.
    """

    name: str
    levels: Mapping[int, str] = field(default_factory=dict)
    others: frozenset[int] = frozenset()
    holds: Holds | None = None
    counts: int = 0

    def is_vertebra(self, label: int) -> bool:
        """Whether this number stands for a vertebra."""
        return 0 < label < self.counts if self.counts else label in self.levels

    def knows(self, label: int) -> bool:
        """Whether this convention uses the number at all."""
        return self.is_vertebra(label) or label in self.others


@dataclass(frozen=True, eq=False)
class LabelFact:
    """One number found in a file: its volume, and (3,) where its middle is in LPS mm."""

    label: int
    volume_ml: float
    centre_lps: FloatArray


_VERSE_IDS = {number: level for number, level in LEVEL_OF_VERSE_ID.items()}
_TOTALSEG_IDS = {26 + step: level for step, level in enumerate(reversed(REGULAR_LEVELS))}
_DISCS_AND_ENDPLATES = frozenset(range(101, 129)) | frozenset(range(201, 229))

VERSE = LabelScheme("verse", _VERSE_IDS, frozenset({27}))
TOTALSEG = LabelScheme("totalseg", _TOTALSEG_IDS, frozenset(range(1, 118)))
TOTALSEG_PP = LabelScheme("totalseg-pp", {n: level for n, level in _VERSE_IDS.items() if n <= 24})
TPTBOX = LabelScheme("tptbox", _VERSE_IDS, frozenset({27}) | _DISCS_AND_ENDPLATES)
COUNT = LabelScheme("count", counts=100, others=frozenset(range(100, 1000)))
SCHEMES: dict[str, LabelScheme] = {s.name: s for s in (VERSE, TOTALSEG, TOTALSEG_PP, TPTBOX, COUNT)}

ASK = f"say which with --labels ({', '.join(SCHEMES)}), adding :body or :whole for what each label covers"


def parse_labels(text: str) -> LabelScheme:
    """Read `SCHEME` or `SCHEME:body` or `SCHEME:whole`, as `--labels` takes it.

    Raises:
        UsageError: if there is no such scheme.
    """
    name, colon, covers = text.strip().lower().partition(":")
    if name not in SCHEMES or (colon and covers not in {part.value for part in Holds}):
        raise UsageError(f"--labels {text}: expected one of {', '.join(SCHEMES)}, with :body or :whole if you like")
    return replace(SCHEMES[name], holds=Holds(covers) if colon else None)


def are_subregions(labels: Sequence[int]) -> bool:
    """Whether these are the numbers of a sub-region file (TPTBox, SPINEPS) rather than of single vertebrae."""
    present = set(labels)
    return present <= SUBREGIONS and bool(present & BODY_SUBREGIONS) and bool(present & ARCH_SUBREGIONS)


def recognise(facts: Sequence[LabelFact]) -> LabelScheme:
    """Tell the convention of a file from its numbers, their places and their sizes.

    Raises:
        LabelsRefused: if none fits, or two fit and give different names.
    """
    fitting = _not_outdone([scheme for scheme in SCHEMES.values() if _fits(scheme, facts)], facts)
    vertebrae = [{f.label: s.levels.get(f.label) for f in facts if s.is_vertebra(f.label)} for s in fitting]
    if fitting and all(names == vertebrae[0] for names in vertebrae):
        return fitting[0]
    present = _ranges(sorted(fact.label for fact in facts))
    if not fitting:
        raise LabelsRefused(f"the labels {present} fit no known convention beyond doubt; {ASK}")
    names = " or ".join(scheme.name for scheme in fitting)
    raise LabelsRefused(f"the labels {present} may be {names}; {ASK}")


def _not_outdone(fitting: Sequence[LabelScheme], facts: Sequence[LabelFact]) -> list[LabelScheme]:
    """Leave out a reading that takes for organs what another reads as a column of vertebrae."""
    read = [{fact.label for fact in facts if scheme.is_vertebra(fact.label)} for scheme in fitting]
    return [
        scheme
        for scheme, own in zip(fitting, read, strict=True)
        if not any(own < other and len(other) - len(own) >= COLUMN_AT_LEAST for other in read)
    ]


def _fits(scheme: LabelScheme, facts: Sequence[LabelFact]) -> bool:
    vertebrae = [fact for fact in facts if scheme.is_vertebra(fact.label)]
    if not vertebrae or not all(scheme.knows(fact.label) for fact in facts):
        return False
    down = [vertebrae[index] for index in head_to_foot([fact.centre_lps for fact in vertebrae])]
    if scheme.counts:
        # Three in a row, from 1, upwards: fewer may be anything.
        return len(down) >= 3 and [fact.label for fact in down] == list(range(len(down), 0, -1))
    ranks = [order(scheme.levels[fact.label]) for fact in down]
    in_order = ranks == sorted(ranks) and _one_column(scheme, down)
    return in_order and all(_right_size(scheme, vertebrae, region) for region in REGION_ML)


def _one_column(scheme: LabelScheme, down: Sequence[LabelFact]) -> bool:
    """Whether each vertebra stands a vertebra's step from the next, as no set of organs does."""
    for above, below in pairwise(down):
        steps = levels_apart(scheme.levels[above.label], scheme.levels[below.label]) or 1
        step_mm = float(np.linalg.norm(below.centre_lps - above.centre_lps)) / steps
        if not STEP_MM[0] <= step_mm <= STEP_MM[1]:
            return False
    return True


def _right_size(scheme: LabelScheme, vertebrae: Sequence[LabelFact], region: str) -> bool:
    volumes_ml = [fact.volume_ml for fact in vertebrae if scheme.levels[fact.label].startswith(region)]
    low_ml, high_ml = REGION_ML[region]
    if volumes_ml and float(np.median(volumes_ml)) > high_ml:
        return False
    return len(volumes_ml) < 3 or max(volumes_ml) >= low_ml  # one or two may be small because the edge cuts them


def _ranges(labels: Sequence[int]) -> str:
    """1–5, 7 for 1, 2, 3, 4, 5, 7."""
    runs: list[list[int]] = []
    for label in labels:
        if runs and label == runs[-1][-1] + 1:
            runs[-1].append(label)
        else:
            runs.append([label])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def check_direction(scheme: LabelScheme, facts: Sequence[LabelFact]) -> None:
    """Refuse a convention, asked for by the user, whose levels would all run from foot to head.

    Raises:
        LabelsRefused: if at least three vertebrae stand in exactly the reverse of anatomical order.
    """
    vertebrae = [fact for fact in facts if fact.label in scheme.levels]
    down = [vertebrae[index] for index in head_to_foot([fact.centre_lps for fact in vertebrae])] if vertebrae else []
    ranks = [order(scheme.levels[fact.label]) for fact in down]
    if len(ranks) >= 3 and ranks == sorted(ranks, reverse=True):
        names = [LEVELS[rank] for rank in ranks]
        raise LabelsRefused(
            f"read as {scheme.name}, the labels would run {names[0]}, {names[1]} … {names[-1]} from head to foot, "
            f"which is upside down; {ASK}"
        )
