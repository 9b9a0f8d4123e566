"""Are the neural foramina that a vertebra bounds narrowed?

Each opening is held against its fellow on the other side and against the patient's nearest other levels; where both
sides are narrow the levels alone count. No share of the area that makes a stenosis was found in the literature: the
limit of one third is a design choice. In a hundred cadaver foramina roots were compressed in four of the five that were
15 mm high or less (L2–S1; Hasegawa 1995, 10.2106/00004623-199501000-00005), so none that low is called open. Bone alone
is judged; what a disc or a ligament takes is for MR, or a reader.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from vfa.measure.each_body import for_each
from vfa.measure.foramen import SIDES, Opening, Pillar, Side, opening_between
from vfa.model.anatomy import levels_apart
from vfa.model.estimate import Estimate, Measured, Unmeasurable, Why
from vfa.model.posterior_wall import Finding, Presence
from vfa.model.volume import Volume

NAME = "foraminal_stenosis"
NARROWED_FRACTION = 1 / 3
THICKEST_SLICE_MM = 3.0
LOW_MM = 15.0  # of a lumbar foramen's height
NEAREST_LEVELS = 2  # above and below: whose openings say how wide this one should be
ALIKE_FRACTION = 0.25  # left and right differ by less in most people; beyond it the wider one is taken for the usual
BOTH_NARROW_FRACTION = 0.22  # below the other levels: then the other side says nothing
LEVEL_SD_FRACTION = 0.20  # by which one level's opening differs from its neighbours'; cautious, unverified
SIDE_SD_FRACTION = 0.08  # by which one side's differs from the other's; plausible, unverified
SECTION_SD_FRACTION = 0.1  # of what is lost: a ridge takes more of one section than of another
OPENING_SD_FRACTION, OPENING_SD_MM2 = 0.05, 10.0  # of the measurement itself; checked on the phantom

Openings = Mapping[tuple[int, Side], Opening | str]


def find_foraminal_stenosis(pillars: Mapping[str, Pillar | Unmeasurable], volume: Volume) -> dict[str, Finding]:
    """Foraminal narrowing by bone at each level.

    Args:
        pillars: every body, from head to foot; a foramen is looked for between two whose names follow each other.
        volume: the image.
    """
    if not volume.modality.is_ct:
        because = "How far bone narrows a foramen is measured on CT only; a reader must say."
        return {level: Finding(NAME, Presence.NOT_ASSESSABLE, because) for level in pillars}
    if volume.slice_spacing_mm > THICKEST_SLICE_MM:
        because = f"Slices of {volume.slice_spacing_mm:g} mm are too thick to measure neural foramina."
        return {level: Finding(NAME, Presence.NOT_ASSESSABLE, because) for level in pillars}
    order = list(pillars)
    places: list[tuple[int, Side]] = [
        (place, side)
        for place, (upper, lower) in enumerate(itertools.pairwise(order))
        if levels_apart(upper, lower) in (1, None)  # None: names that only count
        for side in SIDES
    ]

    def opening(key: tuple[int, Side]) -> Opening | str:
        place, side = key
        return _opening(pillars[order[place]], pillars[order[place + 1]], side, volume)

    return judge_openings(order, dict(zip(places, for_each(opening, places), strict=True)))


def judge_openings(order: Sequence[str], openings: Openings) -> dict[str, Finding]:
    """What the foramina mean for each level.

    Args:
        order: the levels, from head to foot.
        openings: by the place in that order of the level above it and by side: what is open, or why it is not known.
    """
    narrowing = {key: _narrowing(key, openings, order) for key in openings}
    return {level: _finding(level, order, openings, narrowing) for level in order}


def _opening(above: Pillar | Unmeasurable, below: Pillar | Unmeasurable, side: Side, volume: Volume) -> Opening | str:
    if isinstance(above, Unmeasurable):
        return _why_not(above)
    return _why_not(below) if isinstance(below, Unmeasurable) else opening_between(volume, above, below, side)


def _why_not(body: Unmeasurable) -> str:
    return f"{body.level} could not be measured" + (f": {body.detail}" if body.detail else "")


def _narrowing(key: tuple[int, Side], openings: Openings, order: Sequence[str]) -> Measured:
    """1 − own area / the area that is expected here."""
    (place, side), own = key, openings[key]
    name = f"{order[place]} {side}"
    if isinstance(own, str):
        return Unmeasurable(name, "foraminal narrowing", Why.QUALITY_FAILED, own)
    usual = _usual_areas(openings)
    above = [other for other in sorted(usual, reverse=True) if other < place][:NEAREST_LEVELS]
    below = [other for other in sorted(usual) if other > place][:NEAREST_LEVELS]
    others = [usual[other] for other in (*above, *below)]
    if not others:
        detail = "no foramen of another level was measured to say how wide it should be"
        return Unmeasurable(name, "foraminal narrowing", Why.NO_VALID_REFERENCE, detail)
    expected, relative = _expected(others, openings[place, "right" if side == "left" else "left"])
    ratio = own.area_mm2 / expected
    section = SECTION_SD_FRACTION * max(1 - ratio, 0.0)
    sigma = float(np.linalg.norm([ratio * relative, _sigma_mm2(own.area_mm2) / expected, section]))
    return Estimate(1 - ratio, sigma, "fraction", f"1 − open area / that of the other side and {len(others)} levels")


def _expected(levels_mm2: Sequence[float], other_side: Opening | str) -> tuple[float, float]:
    """The area to be expected from other levels and the other side, mm², and its relative uncertainty."""
    level, level_sd = float(np.median(levels_mm2)), LEVEL_SD_FRACTION * float(np.sqrt(1 + 1 / len(levels_mm2)))
    if isinstance(other_side, str) or other_side.area_mm2 < (1 - BOTH_NARROW_FRACTION) * level:
        return level, level_sd
    side_sd = float(np.hypot(SIDE_SD_FRACTION, OPENING_SD_FRACTION))
    weight = level_sd**2 / (level_sd**2 + side_sd**2)
    logarithm = weight * np.log(other_side.area_mm2) + (1 - weight) * np.log(level)
    return float(np.exp(logarithm)), level_sd * side_sd / float(np.hypot(level_sd, side_sd))


def _usual_areas(openings: Openings) -> dict[int, float]:
    """By level, how wide a foramen usually is there: both sides' mean, or the wider where one is narrowed."""
    usual = {}
    for place in {place for place, _ in openings}:
        areas = [found.area_mm2 for side in SIDES if isinstance(found := openings[place, side], Opening)]
        if areas:
            alike = min(areas) >= (1 - ALIKE_FRACTION) * max(areas)
            usual[place] = float(np.mean(areas)) if alike else max(areas)
    return usual


def _finding(
    level: str, order: Sequence[str], openings: Openings, narrowing: Mapping[tuple[int, Side], Measured]
) -> Finding:
    """What the foramina above and below a vertebra mean for it."""
    place = order.index(level)
    wanted = [(where, side) for where in (place - 1, place) for side in SIDES]
    measures: dict[str, Measured] = {
        f"open_area_{side}": _area(openings[place, side], level) for side in SIDES if (place, side) in openings
    }
    found = {key: one for key in wanted if isinstance(one := narrowing.get(key), Estimate)}
    if not found:
        return Finding(NAME, Presence.NOT_ASSESSABLE, _why_none(level, wanted, narrowing), measures)
    worst = max(found, key=lambda key: found[key].value)
    measures["narrowing"] = found[worst]
    words = f"{_where(worst, order)} bone leaves {100 * (1 - found[worst].value):.0f} % of the opening that is expected"
    low = max(one.ci95[0] for one in found.values())
    high = max(one.ci95[1] for one in found.values())
    if low > NARROWED_FRACTION:
        return Finding(NAME, Presence.PRESENT, f"A neural foramen is narrowed: {words}.", measures)
    missing = [key for key in wanted if key not in found]
    if missing:
        measures.pop("narrowing")
        others = "Those that were measured are open" if high <= NARROWED_FRACTION else f"{words[0].upper()}{words[1:]}"
        because = f"{others}; {_why_one(missing[0], order, narrowing)}."
        return Finding(NAME, Presence.NOT_ASSESSABLE, f"Not every neural foramen was measured. {because}", measures)
    if high > NARROWED_FRACTION:
        because = f"{words[0].upper()}{words[1:]}, too uncertain to tell a narrowed foramen from a usual one."
        return Finding(NAME, Presence.NOT_ASSESSABLE, because, measures)
    low_ones = [key for key in wanted if _is_low(openings[key], order[key[0]])]
    if low_ones:
        because = (
            f"A foramen is low ({_where(low_ones[0], order)}): {LOW_MM:g} mm or less, where roots may be compressed."
        )
        return Finding(NAME, Presence.NOT_ASSESSABLE, because, measures)
    because = f"No neural foramen at this vertebra is narrowed by bone: at most, {words}. Discs are not judged."
    return Finding(NAME, Presence.ABSENT, because, measures)


def _area(opening: Opening | str, level: str) -> Measured:
    if isinstance(opening, str):
        return Unmeasurable(level, "open area of the foramen", Why.QUALITY_FAILED, opening)
    return Estimate(
        opening.area_mm2,
        _sigma_mm2(opening.area_mm2),
        "mm2",
        "sagittal sections outside the pedicle's inner border",
        0.0,
    )


def _sigma_mm2(area_mm2: float) -> float:
    return float(np.hypot(OPENING_SD_FRACTION * area_mm2, OPENING_SD_MM2))


def _is_low(opening: Opening | str, level: str) -> bool:
    return isinstance(opening, Opening) and level.startswith("L") and opening.height_mm <= LOW_MM


def _where(key: tuple[int, Side], order: Sequence[str]) -> str:
    place, side = key
    return f"between {order[place]} and {order[place + 1]} on the {side}"


def _why_none(level: str, wanted: Sequence[tuple[int, Side]], narrowing: Mapping[tuple[int, Side], Measured]) -> str:
    reasons = dict.fromkeys(one.detail for key in wanted if isinstance(one := narrowing.get(key), Unmeasurable))
    said = "; ".join(reasons) or "no neighbouring body is in view"
    return f"The neural foramina at {level} could not be measured: {said}."


def _why_one(key: tuple[int, Side], order: Sequence[str], narrowing: Mapping[tuple[int, Side], Measured]) -> str:
    one = narrowing.get(key)
    if isinstance(one, Unmeasurable):
        return f"that {_where(key, order)} could not be measured: {one.detail}"
    return f"those {'above' if key[0] < 0 else 'below'} it are not in view"
