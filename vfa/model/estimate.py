"""What is a measured number, and what stands in its place when it could not be had?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

NORMAL_95 = 1.959963984540054  # two-sided 95 % quantile of the normal distribution


class Why(str, Enum):
    """Why a quantity could not be measured."""

    TOUCHES_BORDER = "touches_border"  # the volume's edge cuts the body
    TREATED = "treated"  # cement or an implant inside the body
    NO_IMAGE = "no_image"  # a mask alone was given
    NO_VALID_REFERENCE = "no_valid_reference"  # no intact level to say what the height was before
    ENDPLATE_NOT_FOUND = "endplate_not_found"
    CANAL_NOT_FOUND = "canal_not_found"
    SLICES_TOO_THICK = "slices_too_thick"
    MODALITY_INSUFFICIENT = "modality_insufficient"
    QUALITY_FAILED = "quality_failed"  # the mask is implausible, merged, or of low confidence
    LOW_CONFIDENCE = "low_confidence"


@dataclass(frozen=True)
class Unmeasurable:
    """A quantity that could not be had; never 0, NaN, None or a default.

    Args:
        level: the vertebra.
        quantity: what was wanted, in words.
        reason: the token other programs read.
        detail: the sentence a reader reads.
    """

    level: str
    quantity: str
    reason: Why
    detail: str = ""


@dataclass(frozen=True)
class Estimate:
    """A number with its standard uncertainty.

    Args:
        value: the best estimate.
        sigma: standard uncertainty, same unit, ≥ 0.
        unit: "mm", "fraction", "HU", "deg", "mm2", "mm3".
        method: how it was obtained, in words.
        at_least: the smallest value that is possible, if there is one (the interval is cut there).

    Raises:
        ValueError: for a value or uncertainty that is not finite, or a negative uncertainty.
    """

    value: float
    sigma: float
    unit: str
    method: str
    at_least: float | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.value) or not math.isfinite(self.sigma) or self.sigma < 0:
            raise ValueError(f"expected a finite value and uncertainty ≥ 0, got {self.value} ± {self.sigma}")

    @property
    def ci95(self) -> tuple[float, float]:
        """The 95 % interval."""
        low, high = self.value - NORMAL_95 * self.sigma, self.value + NORMAL_95 * self.sigma
        if self.at_least is not None:
            low, high = max(low, self.at_least), max(high, self.at_least)
        return low, high

    def probability_above(self, limit: float) -> float:
        """Probability that the true value exceeds the limit; with no uncertainty, 1 only when it is above."""
        if self.sigma == 0:
            return 1.0 if self.value > limit else 0.0
        return 0.5 * math.erfc((limit - self.value) / (self.sigma * math.sqrt(2)))


Measured = Estimate | Unmeasurable
