"""What are the bodies called, how sure is that, and what else could they be called?

One hidden thing decides every name at once: which spine this is (most have twelve rib-bearing and five lumbar
vertebrae, about one in eight has not) and where in it the bodies found stand. Every such numbering is weighed by what
is seen: a sacrum right below the lowest body, and ribs. A name's confidence is the share of the numberings, by weight,
that give that name to that body.

How often spines are unusual is rounded from series that counted from the head: 226 CT (Insights Imaging 2014,
PMC3948909: lumbarised 6.2 %, sacralised 2.7 %, lumbar ribs 5.8 %, of regular counts 1 %), 418 MRI (Tins et al.,
Insights Imaging 2016: one vertebra more 4.3 %, one less 3.3 %, transitional ones 3.3 %), 293 radiographs (Yan et al.,
J Orthop Surg Res 2018: six lumbar with twelve thoracic 3.8 %, with eleven 1.7 %) and 551 CT (Skeletal Radiol 2025, doi
10.1007/s00256-025-04952-z: sacralised 12.3 %, lumbarised 4.0 %, lumbar ribs 1.5 %). Eleven rib-bearing and five lumbar
vertebrae (4.1 % in Yan et al.) look like a regular spine from below and are named like one: only a count from the head
would tell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from vfa.segment.ribs import Sight

THORACIC = tuple(f"T{n}" for n in range(1, 13))
LUMBAR = tuple(f"L{n}" for n in range(1, 6))

NAMED_FROM = 0.5  # a numbering less probable than this names nothing
PLAUSIBLE_FROM = 0.03  # a second numbering at least this probable is told
TRANSITIONAL_FROM = 0.07  # an unusual kind of spine at least this probable is told

SACRUM_BELOW_LAST = 0.95  # probability of seeing a sacrum right below a body that is the last free one
SACRUM_BELOW_OTHER = 0.004  # … below one that is not
SACRUM_BELOW_S1 = 0.005  # … below the sacrum's first segment, taken for a free body
# Both sides of a body, and bodies beside each other, fail together (noise, a curve, a field of view that ends), so
# that what one sight says is toned down by this exponent.
INDEPENDENCE = 0.7


@dataclass(frozen=True)
class Variant:
    """One kind of spine.

    Args:
        levels: the free vertebrae from head to foot.
        ribs_to: the lowest level that bears ribs.
        stunted: whether those ribs are rudiments.
        share: of people.
        sentence: what it is, for the report; empty for the usual one.
    """

    levels: tuple[str, ...]
    ribs_to: str
    stunted: str
    share: float
    sentence: str = ""


VARIANTS = (
    Variant((*THORACIC, *LUMBAR), "T12", "", 0.87),
    Variant((*THORACIC, *LUMBAR, "L6"), "T12", "", 0.045, "six lumbar vertebrae (L6, or a lumbarised S1)"),
    Variant((*THORACIC, *LUMBAR[:-1]), "T12", "", 0.045, "four free lumbar vertebrae (a sacralised L5)"),
    Variant((*THORACIC, "T13", *LUMBAR), "T13", "stunted", 0.015, "thirteen rib-bearing vertebrae (T13)"),
    Variant((*THORACIC, *LUMBAR), "T11", "", 0.0125, "no ribs at the twelfth thoracic vertebra"),
    Variant((*THORACIC, *LUMBAR), "L1", "stunted", 0.0125, "ribs at the first lumbar vertebra"),
)

# Probability of each sight, by what is truly there.
SIGHTS: dict[str, dict[Sight, float]] = {
    "rib": {"rib": 0.90, "short rib": 0.05, "none": 0.05},
    "last rib": {"rib": 0.83, "short rib": 0.13, "none": 0.04},
    "stunted": {"rib": 0.08, "short rib": 0.77, "none": 0.15},
    "no rib": {"rib": 0.02, "short rib": 0.02, "none": 0.96},
}


@dataclass(frozen=True)
class Evidence:
    """What is seen of the bodies found, from head to foot.

    Args:
        steps: how many vertebrae below the first each stands (0, 1, 2 …), with the probability of that count; more
            than one where a vertebra may have been missed in between.
        sacrum_below: whether the sacrum begins right below the lowest one.
        ribs: for each what is seen to its left and to its right.
    """

    steps: tuple[tuple[tuple[int, ...], float], ...]
    sacrum_below: bool
    ribs: tuple[tuple[Sight, Sight], ...]


@dataclass(frozen=True)
class Numbering:
    """Names of the bodies, from head to foot.

    Args:
        levels: the most probable ones.
        confidences: for each body the probability that its name is right.
        alternative: the second most probable naming where it is plausible; else empty.
        transitional: what kind of unusual spine this may be; empty when nothing speaks for one.
        transitional_probability: of that kind.
    """

    levels: tuple[str, ...]
    confidences: tuple[float, ...]
    alternative: tuple[str, ...]
    transitional: str = ""
    transitional_probability: float = 0.0


def number_bodies(evidence: Evidence) -> Numbering | None:
    """The most probable numbering; None when no numbering stands out, since nothing anchors the names."""
    weights: defaultdict[tuple[str, ...], float] = defaultdict(float)
    kinds: defaultdict[str, float] = defaultdict(float)
    for variant, (steps, probability) in product(VARIANTS, evidence.steps):
        ladder = (*variant.levels, "S1")
        for first in range(len(ladder) - steps[-1]):
            names = tuple(ladder[first + step] for step in steps)
            weight = probability * variant.share * _likelihood(evidence, variant, names)
            weights[names] += weight
            kinds[variant.sentence] += weight
    if not weights:
        return None
    total = sum(weights.values())
    ranked = sorted(weights, key=lambda names: -weights[names])
    best = ranked[0]
    if weights[best] < NAMED_FROM * total:
        return None
    confidences = tuple(
        sum(weight for names, weight in weights.items() if names[index] == best[index]) / total
        for index in range(len(best))
    )
    plausible = len(ranked) > 1 and weights[ranked[1]] >= PLAUSIBLE_FROM * total
    kind = max((sentence for sentence in kinds if sentence), key=kinds.__getitem__)
    flagged = kinds[kind] >= TRANSITIONAL_FROM * total
    return Numbering(
        best,
        confidences,
        ranked[1] if plausible else (),
        kind if flagged else "",
        kinds[kind] / total if flagged else 0.0,
    )


def _likelihood(evidence: Evidence, variant: Variant, names: Sequence[str]) -> float:
    """How probable what is seen would be if these were the names in this kind of spine."""
    likelihood = 1.0
    if evidence.sacrum_below:
        lowest = names[-1]
        likelihood *= (
            SACRUM_BELOW_S1
            if lowest == "S1"
            else SACRUM_BELOW_LAST
            if lowest == variant.levels[-1]
            else SACRUM_BELOW_OTHER
        )
    ladder = (*variant.levels, "S1")
    for name, sights in zip(names, evidence.ribs, strict=True):
        truth = _ribs_at(variant, ladder.index(name) - ladder.index(variant.ribs_to))
        for sight in sights:
            if sight != "unknown":
                likelihood *= SIGHTS[truth][sight] ** INDEPENDENCE
    return likelihood


def _ribs_at(variant: Variant, below_last: int) -> str:
    if below_last > 0:
        return "no rib"
    if below_last < 0:
        return "rib"
    return variant.stunted or "last rib"
