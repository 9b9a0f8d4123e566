"""What may be found in or at a vertebra that does not change the outer surface of its body?

Values only, placed in fractions of the body: left from -1 (right margin) to +1 (left margin), depth from 0 (anterior
margin) to 1 (posterior margin), height from 0 (lower endplate) to 1 (upper endplate).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Filling = Literal["blood", "tumour"]


def check_fraction(name: str, value: float, low: float = 0.0, high: float = 1.0) -> None:
    """Raise ValueError unless the value lies within the limits."""
    if not low <= value <= high:
        raise ValueError(f"{name}: expected {low:g}–{high:g}, got {value}")


def check_positive(name: str, value: float) -> None:
    """Raise ValueError unless the value is a positive number."""
    if not 0 < value < float("inf"):
        raise ValueError(f"{name}: expected more than 0, got {value}")


@dataclass(frozen=True)
class WallGap:
    """A hole in the cortex of the posterior wall, a rectangle seen from behind.

    Args:
        width_mm: across, before it is turned.
        height_mm: along the wall, before it is turned.
        left_fraction: where its middle lies across; 0 is the midline, where the basivertebral foramen opens.
        height_fraction: where its middle lies between the endplates; the foramen opens at about 0.5.
        turn_deg: turn in the plane of the wall; 45 is an oblique fracture line.
        filling: what fills it.

    Raises:
        ValueError: if a size is not positive or a place lies outside the wall.
    """

    width_mm: float
    height_mm: float
    left_fraction: float = 0.0
    height_fraction: float = 0.5
    turn_deg: float = 0.0
    filling: Filling = "blood"

    def __post_init__(self) -> None:
        check_positive("width_mm", self.width_mm)
        check_positive("height_mm", self.height_mm)
        check_fraction("left_fraction", self.left_fraction, -0.8, 0.8)
        check_fraction("height_fraction", self.height_fraction)

    @property
    def area_mm2(self) -> float:
        """Of the hole, seen from behind."""
        return self.width_mm * self.height_mm


Inclusion = WallGap
