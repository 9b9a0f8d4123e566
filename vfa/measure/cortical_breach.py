"""Is an opening in the posterior wall the vein's, a breach, or can that not be told?

The basivertebral vein opens near the midline at mid-height in everyone, as one opening or two, in some as wide as a
fracture. Most traumatic fractures of the wall run through it (68.5 %, PMC7647501), so its place is not left out: a
small opening there is the vein's, a larger one only when the neighbours' are as large, and between that and the
impossible nothing is asserted. An opening elsewhere is a breach, or left open where the slices show too little of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vfa.measure.wall_openings import Opening

# Where the vein opens: from the midline, mm, and of the posterior height. Two openings stand to either side.
VEIN_ASIDE_MM = 3.0
VEIN_HEIGHTS = (0.30, 0.72)
ONE_OF_TWO_ASIDE_MM = 7.5
ONE_OF_TWO_WIDTH_MM = 6.0
SMALL_WIDTH_MM, SMALL_HEIGHT_MM = 6.0, 6.5  # of the vein's opening: no larger than it is in most people
WIDEST_MM, HIGHEST_MM = 13.0, 10.5  # beyond it no vein is known to open; a streak higher than wide is left open
LIKE_NEIGHBOUR = 1.3  # how much larger than each neighbour's an opening may be and still be the vein's
LEAST_GAP_MM2 = 8.0
LEAST_SPAN_MM = 2.0
LEAST_SLICES = 1.5


@dataclass(frozen=True)
class Judged:
    """The openings of one wall, by what they are.

    Args:
        vein: the vein's.
        gaps: breaches of the cortex.
        unclear: those of which neither can be said.
    """

    vein: tuple[Opening, ...]
    gaps: tuple[Opening, ...]
    unclear: tuple[Opening, ...]


def judge_openings(openings: Sequence[Opening], neighbours: Sequence[Sequence[Opening]], slice_mm: float) -> Judged:
    """Sort the openings of one wall.

    Args:
        openings: of this wall.
        neighbours: for each of the nearest other levels, what is taken for its vein's opening.
        slice_mm: how far apart slices lie.
    """
    # The smaller of two neighbours: the larger may itself be broken through its vein.
    width = min((max((one.width_mm for one in beside), default=0.0) for beside in neighbours), default=0.0)
    height = min((max((one.height_mm for one in beside), default=0.0) for beside in neighbours), default=0.0)
    sorted_: dict[str, list[Opening]] = {"vein": [], "gap": [], "unclear": []}
    for one in openings:
        if at_the_vein(one, openings):
            kind = _kind_at_the_vein(one, width, height)
        else:
            kind = "gap" if spans(one, slice_mm) else "unclear"
        sorted_[kind].append(one)
    return Judged(tuple(sorted_["vein"]), tuple(sorted_["gap"]), tuple(sorted_["unclear"]))


def looks_like_vein(openings: Sequence[Opening]) -> tuple[Opening, ...]:
    """Openings at the vein's place that no vein is too small for, before neighbours are known."""
    return tuple(one for one in openings if at_the_vein(one, openings) and _possible(one))


def spans(one: Opening, slice_mm: float) -> bool:
    """Whether an opening is large enough both ways for the slices to show it."""
    tall = one.height_mm >= max(LEAST_SPAN_MM, LEAST_SLICES * slice_mm)
    return one.area_mm2 >= LEAST_GAP_MM2 and one.width_mm >= LEAST_SPAN_MM and tall


def at_the_vein(one: Opening, openings: Sequence[Opening]) -> bool:
    """Whether an opening lies where the vein leaves, alone or as one of two."""
    if not VEIN_HEIGHTS[0] <= one.height_fraction <= VEIN_HEIGHTS[1]:
        return False
    if abs(one.left_mm) <= VEIN_ASIDE_MM:
        return True
    # One of two openings, its fellow on the other side.
    small = one.width_mm <= ONE_OF_TWO_WIDTH_MM and abs(one.left_mm) <= ONE_OF_TWO_ASIDE_MM
    return small and any(
        other is not one
        and other.left_mm * one.left_mm < 0
        and VEIN_HEIGHTS[0] <= other.height_fraction <= VEIN_HEIGHTS[1]
        for other in openings
    )


def _possible(one: Opening) -> bool:
    return one.width_mm <= WIDEST_MM and one.height_mm <= HIGHEST_MM


def _kind_at_the_vein(one: Opening, beside_width_mm: float, beside_height_mm: float) -> str:
    if one.width_mm > WIDEST_MM:
        return "gap"
    narrow = one.width_mm <= max(SMALL_WIDTH_MM, LIKE_NEIGHBOUR * beside_width_mm)
    low = one.height_mm <= min(max(SMALL_HEIGHT_MM, LIKE_NEIGHBOUR * beside_height_mm), HIGHEST_MM)
    return "vein" if narrow and low else "unclear"
