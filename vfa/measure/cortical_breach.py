"""Is an opening in the posterior wall the vein's, a breach, or can that not be told?

The basivertebral vein opens near the midline at mid-height in everyone, as one opening or two, in some as wide as a
fracture. Most traumatic fractures of the wall run through it (68.5 %, PMC7647501), so its place is not left out: a
small opening there is the vein's, a larger one only when the neighbours' are as large; one far wider than every
neighbour's, or than the channel that leads from it into the marrow, is a breach, and between these nothing is asserted:
a gap torn into a vein's own opening has the vein's channel in front of it. An opening elsewhere is a breach, or left
open where the slices show too little of it or where the vein may have come to lie in a body that has lost height.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vfa.measure.wall_openings import Opening

# Where the vein opens: from the midline, mm, and of the posterior height. Two openings stand to either side.
VEIN_ASIDE_MM = 3.0
VEIN_HEIGHTS = (0.30, 0.72)
MOVED_HEIGHTS = (0.36, 0.64)  # of the height the body had, from the endplate that still stands
HEIGHT_LOST = 0.9  # of the neighbours' posterior height; with less an endplate has come down
NEAR_VEIN_MM = 4.0  # from the midline: a vein's blurred edges may put its middle so far off
ONE_OF_TWO_ASIDE_MM = 7.5
ONE_OF_TWO_WIDTH_MM = 6.0
PAIR_OFF_MM, PAIR_OFF_HEIGHT = 1.5, 0.12  # two openings of one vein: their middle from the midline, their heights apart
SMALL_WIDTH_MM, SMALL_HEIGHT_MM = 6.0, 6.5  # of the vein's opening: no larger than it is in most people
WIDEST_MM, HIGHEST_MM = 13.0, 10.5  # beyond it no vein is known to open; a streak higher than wide is left open
LIKE_NEIGHBOUR = 1.3  # how much larger than each neighbour's an opening may be and still be the vein's
# A plausible limit: neighbouring levels' veins differ by less than half. A small vein may not be seen at all.
FAR_WIDER, UNSEEN_VEIN_MM = 2.0, 4.5
# A vein narrows evenly to its end. Its channel is 12.4 ± 2.1 mm deep, its mouth 7.8 ± 1.6 by 5.4 ± 1.1 mm (lumbar CT of
# 107 patients, doi 10.13418/j.issn.1001-165x.2023.3.07): 3.25 mm below the wall a mean one is 1.36 times narrower than
# its mouth, one at three standard deviations 2.1 times. Dried spines had channels of 12–22 % of the body's depth
# (doi 10.1007/s00276-021-02690-0): where a neighbour's ends as early, or the mouth is within one standard deviation of
# the usual, its own says nothing.
USUAL_WIDTH_MM, USUAL_HEIGHT_MM = 9.4, 6.5
NO_VEIN_NARROWS = 2.1
WITNESSES = 2  # neighbours that must agree; one alone may be broken itself
MARROW_IN_FRONT = 0.6  # of sound marrow: with less in front of it an opening is no vein's alone
LEAST_GAP_MM2 = {"marrow": 8.0, "wall": 15.0}  # by what told it
LEAST_SPAN_MM = 2.0
LEAST_SLICES = 1.5
MIDLINE_MM = 5.0  # a fragment's back is broad and flat: nearer than this no side is named


@dataclass(frozen=True)
class Judged:
    """The openings of one wall, by what they are.

    Args:
        vein: the vein's.
        gaps: breaches of the cortex.
        unclear: those of which neither can be said.
        because: of the first of the unclear ones, why; empty for none.
    """

    vein: tuple[Opening, ...]
    gaps: tuple[Opening, ...]
    unclear: tuple[Opening, ...]
    because: str = ""


@dataclass(frozen=True)
class Around:
    """What is known beside one wall's own openings.

    Args:
        veins: for each of the nearest other levels, what is taken for its vein's opening.
        height_kept: this body's posterior height as a share of theirs, at most 1; where height is lost the vein may
            lie nearer to an endplate.
        slice_mm: how far apart slices lie.
    """

    veins: Sequence[Sequence[Opening]]
    height_kept: float
    slice_mm: float


def judge_openings(openings: Sequence[Opening], around: Around) -> Judged:
    """Sort the openings of one wall."""
    sorted_: dict[str, list[Opening]] = {"vein": [], "gap": [], "unclear": []}
    reasons = []
    for one in openings:
        kind, because = _judge(one, openings, around)
        sorted_[kind].append(one)
        reasons.append(because)
    because = next((reason for reason in reasons if reason), "")
    return Judged(tuple(sorted_["vein"]), tuple(sorted_["gap"]), tuple(sorted_["unclear"]), because)


def looks_like_vein(openings: Sequence[Opening]) -> tuple[Opening, ...]:
    """Openings at the vein's place that no vein is too small for, before neighbours are known."""
    return tuple(one for one in openings if at_the_vein(one, openings) and _possible(one))


def spans(one: Opening, slice_mm: float) -> bool:
    """Whether an opening is large enough both ways for the slices to show it."""
    tall = one.height_mm >= max(LEAST_SPAN_MM, LEAST_SLICES * slice_mm)
    return one.area_mm2 >= LEAST_GAP_MM2[one.darker_than] and one.width_mm >= LEAST_SPAN_MM and tall


def at_the_vein(one: Opening, openings: Sequence[Opening]) -> bool:
    """Whether an opening lies where the vein leaves, alone or as one of two."""
    return VEIN_HEIGHTS[0] <= one.height_fraction <= VEIN_HEIGHTS[1] and _in_the_middle(one, openings)


def _in_the_middle(one: Opening, openings: Sequence[Opening]) -> bool:
    if abs(one.left_mm) <= VEIN_ASIDE_MM:
        return True
    small = one.width_mm <= ONE_OF_TWO_WIDTH_MM and abs(one.left_mm) <= ONE_OF_TWO_ASIDE_MM
    return small and any(
        other is not one
        and abs(other.left_mm + one.left_mm) / 2 <= PAIR_OFF_MM
        and abs(other.height_fraction - one.height_fraction) <= PAIR_OFF_HEIGHT
        for other in openings
    )


def _moved_vein(one: Opening, openings: Sequence[Opening], height_kept: float) -> bool:
    """Whether an opening lies where the vein has come to lie in a body that has lost height at one endplate."""
    if height_kept > HEIGHT_LOST or not _in_the_middle(one, openings):
        return False
    from_standing = one.height_fraction * height_kept, (1 - one.height_fraction) * height_kept
    return any(MOVED_HEIGHTS[0] <= fraction <= MOVED_HEIGHTS[1] for fraction in from_standing)


def _may_be_the_vein(one: Opening, openings: Sequence[Opening], height_kept: float) -> bool:
    """Whether the vein may have come to lie here: a little aside, or nearer to an endplate that has come down."""
    low, high = 1 - (1 - VEIN_HEIGHTS[0]) / height_kept, VEIN_HEIGHTS[1] / height_kept
    moved = low <= one.height_fraction <= high
    return moved and (_in_the_middle(one, openings) or abs(one.left_mm) <= NEAR_VEIN_MM)


def _possible(one: Opening) -> bool:
    return one.width_mm <= WIDEST_MM and one.height_mm <= HIGHEST_MM


def _judge(one: Opening, openings: Sequence[Opening], around: Around) -> tuple[str, str]:
    """What an opening is, and why nothing is said where it is unclear."""
    size = f"{one.width_mm:.0f} × {one.height_mm:.0f} mm"
    if at_the_vein(one, openings) or _moved_vein(one, openings, around.height_kept):
        return _judge_at_the_vein(one, around, size)
    may_be = _possible(one) and _may_be_the_vein(one, openings, around.height_kept)
    if may_be and not _wider_than_any_vein(one, around):
        return "unclear", f"an opening of {size} lies near the vein's place: its own, or a gap"
    if spans(one, around.slice_mm):
        return "gap", ""
    return "unclear", f"an opening of {size}, {place(one)}, is too small to tell a gap from a thin place"


def _judge_at_the_vein(one: Opening, around: Around, size: str) -> tuple[str, str]:
    neighbours = around.veins
    if one.in_front < MARROW_IN_FRONT:
        lost = f"marrow is missing before an opening of {size} at the vein's place: a wide vein, or bone lost there"
        as_wide = one.width_mm <= LIKE_NEIGHBOUR * SMALL_WIDTH_MM and one.height_mm <= LIKE_NEIGHBOUR * SMALL_HEIGHT_MM
        return ("unclear", lost) if as_wide else ("gap", "")
    known = neighbours if len(neighbours) >= WITNESSES else ()
    widths = [max((beside.width_mm for beside in veins), default=0.0) for veins in known]
    heights = [max((beside.height_mm for beside in veins), default=0.0) for veins in known]
    reach = max((_reach_mm(veins) for veins in known), default=WIDEST_MM)
    if one.width_mm > min(WIDEST_MM, FAR_WIDER * max(reach, UNSEEN_VEIN_MM)):
        return "gap", ""
    if _wider_than_any_vein(one, around):
        return "gap", ""
    # The smaller of the neighbours: the larger may itself be broken through its vein.
    narrow = one.width_mm <= max(SMALL_WIDTH_MM, LIKE_NEIGHBOUR * min(widths, default=0.0))
    low = one.height_mm <= min(max(SMALL_HEIGHT_MM, LIKE_NEIGHBOUR * min(heights, default=0.0)), HIGHEST_MM)
    wide = "a wide vein and a fracture through it look alike"
    larger = f"an opening of {size} at the vein's place is larger than usual: {wide}"
    return ("vein", "") if narrow and low else ("unclear", larger)


def _wider_than_any_vein(one: Opening, around: Around) -> bool:
    """Whether a large opening is wider than the channel in front of it would make a vein's.

    In a body that has lost height the channel may have been crushed: that it is not seen says nothing.
    """
    narrows = one.wider_than_channel
    if narrows is None or narrows <= NO_VEIN_NARROWS:
        return False
    shallow = any((vein.wider_than_channel or 0.0) > NO_VEIN_NARROWS for veins in around.veins for vein in veins)
    crushed = around.height_kept <= HEIGHT_LOST
    usual = one.width_mm <= USUAL_WIDTH_MM and one.height_mm <= USUAL_HEIGHT_MM
    return not (shallow or crushed or usual)


def _reach_mm(veins: Sequence[Opening]) -> float:
    """From the right edge of the rightmost opening to the left edge of the leftmost."""
    if not veins:
        return 0.0
    return max(one.left_mm + one.width_mm / 2 for one in veins) - min(one.left_mm - one.width_mm / 2 for one in veins)


def place(one: Opening) -> str:
    """Where an opening lies, in words."""
    return words_of_place(one.left_mm, one.height_fraction)


def words_of_place(left_mm: float, height_fraction: float) -> str:
    """A place of the wall in words."""
    side = "in the midline" if abs(left_mm) <= MIDLINE_MM else "on the left" if left_mm > 0 else "on the right"
    third = "lower" if height_fraction < 1 / 3 else "middle" if height_fraction < 2 / 3 else "upper"
    return f"{side}, in the {third} third"
