"""How much height is lost, and is that a fracture?"""

from __future__ import annotations

from vfa.model.estimate import Estimate, Unmeasurable
from vfa.model.morphometry import (
    COLUMNS,
    GENANT_LIMITS,
    BodyHeights,
    Deformity,
    ExpectedHeights,
    FractureStatus,
    HeightLoss,
    LateralLoss,
    Shape,
    ThreeHeights,
    genant_grade,
)

FRACTURE_LOSS_FRACTION = GENANT_LIMITS[0]
ALL_COLUMNS_FRACTION = 0.15  # a crush has lost this much in every column
# The lowest of six outer columns is some 6 % lower than expected in intact bodies; from here on it may be a collapse.
DOUBTED_LATERAL_FRACTION = 0.15
SAME_LOSS_FRACTION = 0.07  # columns this close to the greatest loss share it
TOO_TALL_FRACTION = 0.05  # a column surely this much higher than expected was not read, or not expected, rightly


def height_loss(heights: BodyHeights, expected: ExpectedHeights) -> HeightLoss:
    """The loss of each column of the central third; the greatest decides."""
    losses = _losses(heights.centre, expected.heights, expected.reference)
    column = max(COLUMNS, key=lambda name: losses[name].value)
    return HeightLoss(losses[column], column, losses)


def lateral_loss(heights: BodyHeights, expected: ExpectedHeights) -> LateralLoss | Unmeasurable:
    """The greatest loss in the left or right third: with the centre spared, the sign of a lateral collapse."""
    sides: list[LateralLoss] = []
    for side, third, before in (("left", heights.left, expected.left), ("right", heights.right, expected.right)):
        if isinstance(third, Unmeasurable):
            return third
        if isinstance(before, Unmeasurable):
            return before
        losses = _losses(third, before, expected.reference)
        column = max(COLUMNS, key=lambda name: losses[name].value)
        sides.append(LateralLoss(losses[column], side, column))
    return max(sides, key=lambda loss: loss.fraction.value)


def deformity(loss: HeightLoss, lateral: LateralLoss | Unmeasurable, signs: tuple[str, ...]) -> Deformity:
    """Grade and shape, and whether the intervals of the losses let a fracture be called present or absent."""
    status, because = _status(loss.fraction, f"{loss.column} height loss")
    if status is not FractureStatus.PRESENT and isinstance(lateral, LateralLoss):
        # A body that has collapsed on one side keeps its height in the centre.
        sideways, about = _status(lateral.fraction, f"height loss of the {lateral.side} third")
        doubted = sideways is FractureStatus.INDETERMINATE and lateral.fraction.value >= DOUBTED_LATERAL_FRACTION
        if sideways is FractureStatus.PRESENT or (status is FractureStatus.ABSENT and doubted):
            status, because = sideways, about
    if status is FractureStatus.ABSENT and (tall := _too_tall(loss)):
        status, because = FractureStatus.INDETERMINATE, tall
    return Deformity(
        fracture=status,
        because=because,
        genant_grade=genant_grade(loss.fraction.value),
        grade_probabilities=_grade_probabilities(loss.fraction),
        shape=_shape(loss, lateral),
        signs=signs,
    )


def _status(fraction: Estimate, what: str) -> tuple[FractureStatus, str]:
    """What one loss alone says, and the sentence why."""
    low, high = fraction.ci95
    percent = f"{100 * fraction.value:.0f} % ({100 * low:.0f} to {100 * high:.0f} %)"
    if low >= FRACTURE_LOSS_FRACTION:
        return FractureStatus.PRESENT, f"the {what} of {percent} lies above 20 %"
    if high < FRACTURE_LOSS_FRACTION:
        return FractureStatus.ABSENT, f"the greatest height loss, {percent}, lies below 20 %"
    return FractureStatus.INDETERMINATE, f"the {what} of {percent} reaches across 20 %; a reader must decide"


def _too_tall(loss: HeightLoss) -> str:
    """Why a body that reads higher than it can be says nothing; empty where it does not."""
    column = min(COLUMNS, key=lambda name: loss.by_column[name].ci95[1])
    gained = loss.by_column[column]
    if gained.ci95[1] >= -TOO_TALL_FRACTION:
        return ""
    return (
        f"the {column} height reads {-100 * gained.value:.0f} % higher than expected: an endplate may have been looked "
        "for beyond the disc, or the levels it is compared with have lost height; a reader must decide"
    )


def _losses(third: ThreeHeights, expected: ThreeHeights, reference: str) -> dict[str, Estimate]:
    """1 − H / H_expected per column, with the uncertainty of both."""
    losses: dict[str, Estimate] = {}
    for column in COLUMNS:
        height, before = third[column], expected[column]
        ratio = height.value / before.value
        sigma = ((height.sigma / before.value) ** 2 + (ratio * before.sigma / before.value) ** 2) ** 0.5
        losses[column] = Estimate(1 - ratio, sigma, "fraction", f"1 − height / expected ({reference})")
    return losses


def _grade_probabilities(fraction: Estimate) -> tuple[float, float, float, float]:
    """Probability of each Genant grade under a normal error."""
    above = [fraction.probability_above(limit) for limit in GENANT_LIMITS]
    return 1 - above[0], above[0] - above[1], above[1] - above[2], above[2]


def _shape(loss: HeightLoss, lateral: LateralLoss | Unmeasurable) -> Shape:
    """Wedge: anterior lowest; biconcave: middle lowest; crush: posterior or all; lateral: one side only."""
    greatest = loss.fraction.value
    if greatest < FRACTURE_LOSS_FRACTION:
        sideways = not isinstance(lateral, Unmeasurable) and lateral.fraction.value >= FRACTURE_LOSS_FRACTION
        return Shape.LATERAL if sideways else Shape.NONE
    by_column = {column: loss.by_column[column].value for column in COLUMNS}
    lost_everywhere = min(by_column.values()) >= max(ALL_COLUMNS_FRACTION, greatest - 2 * SAME_LOSS_FRACTION)
    if lost_everywhere or loss.column == "posterior":
        return Shape.CRUSH
    return Shape.WEDGE if loss.column == "anterior" else Shape.BICONCAVE
