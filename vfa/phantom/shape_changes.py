"""What else, beside a fracture, changes the outer surface of a vertebral body?

Values only; the shape and its distance field work them in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vfa.phantom.inclusions import check_range

Field = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Bulge:
    """The posterior wall stands out smoothly, its cortex whole, as over a tumour: convex, no step.

    Args:
        depth_mm: how far behind its usual place the wall stands at most, in the midline at mid-height.
        half_width: how far to the sides it reaches, as a fraction of the body's half width.

    Raises:
        ValueError: if the depth is not positive or the width beyond the flat of the back.
    """

    depth_mm: float
    half_width: float = 0.7

    def __post_init__(self) -> None:
        if not 0 < self.depth_mm <= 8:
            raise ValueError(f"depth_mm: expected more than 0 and at most 8 mm, got {self.depth_mm}")
        if not 0.2 <= self.half_width <= 0.85:
            raise ValueError(f"half_width: expected 0.2–0.85, got {self.half_width}")

    def behind_mm(self, left_fraction: ArrayLike, y_mm: ArrayLike, height_fraction: ArrayLike) -> Field:
        """How far the wall stands behind its usual place, at places of the back half; 0 in front."""
        across = np.asarray(left_fraction) / self.half_width
        t = np.asarray(height_fraction)
        crown = np.clip(1 - across * across, 0, None) ** 2 * (4 * t * (1 - t))
        return np.asarray(np.where(np.asarray(y_mm) < 0, self.depth_mm * crown, 0.0))


@dataclass(frozen=True)
class Comminution:
    """The upper part of the body has burst into pieces, dark clefts between them.

    Upright planes run out from the middle of the body like spokes and cut its upper part into equal sectors. Each
    piece has moved outwards, none of them backwards: what goes into the canal is the fracture's fragment.

    Args:
        height_fraction: how much of the height, from the upper endplate down, lies in pieces; 1 is all of it.
        pieces: how many.
        cleft_mm: width of the clefts, before the pieces moved apart.
        spread_mm: how far each piece has moved.
        turn_deg: direction of the first plane, 0 to the left and 90 to the front; 2 pieces at 90 are a sagittal split.

    Raises:
        ValueError: if a measure is out of its range.
    """

    height_fraction: float = 0.6
    pieces: int = 4
    cleft_mm: float = 1.2
    spread_mm: float = 1.0
    turn_deg: float = 20.0

    def __post_init__(self) -> None:
        for name, low, high in (
            ("height_fraction", 0.1, 1.0),
            ("pieces", 2, 8),
            ("cleft_mm", 0.3, 5.0),
            ("spread_mm", 0.0, 5.0),
        ):
            check_range(name, getattr(self, name), low, high)

    def bounds_rad(self, piece: int) -> tuple[float, float]:
        """The directions of the planes at the two sides of a piece, from left (0) over front (π/2)."""
        each = 2 * np.pi / self.pieces
        start = float(np.radians(self.turn_deg)) + piece * each
        return start, start + each

    def shift_mm(self, piece: int) -> tuple[float, float]:
        """How far a piece has moved to the left and to the front."""
        middle = sum(self.bounds_rad(piece)) / 2
        return self.spread_mm * float(np.cos(middle)), self.spread_mm * max(float(np.sin(middle)), 0.0)

    def sector_mm(self, piece: int, x_mm: Field, y_mm: Field) -> Field:
        """Signed distance to the sector a piece was cut from, half a cleft drawn in; negative inside."""
        a, b = self.bounds_rad(piece)
        first = np.float32(np.sin(a)) * x_mm - np.float32(np.cos(a)) * y_mm
        second = np.float32(np.cos(b)) * y_mm - np.float32(np.sin(b)) * x_mm
        return np.asarray(np.maximum(first, second) + np.float32(self.cleft_mm / 2))


@dataclass(frozen=True)
class SchmorlNode:
    """A focal pit in an endplate, lined with bone and filled with disc; no fracture.

    Args:
        depth_mm: of the pit below the endplate.
        radius_mm: at its mouth.
        endplate: which one.
        left_fraction: where its middle lies, -1 to 1 across the body.
        depth_fraction: where it lies from the anterior (0) to the posterior margin (1).

    Raises:
        ValueError: if a measure is out of its range.
    """

    depth_mm: float = 4.0
    radius_mm: float = 5.0
    endplate: Literal["upper", "lower"] = "upper"
    left_fraction: float = 0.0
    depth_fraction: float = 0.55

    def __post_init__(self) -> None:
        for name, low, high in (
            ("depth_mm", 0.5, 10.0),
            ("radius_mm", 2.0, 12.0),
            ("left_fraction", -0.7, 0.7),
            ("depth_fraction", 0.1, 0.9),
        ):
            check_range(name, getattr(self, name), low, high)

    def pit_mm(self, depth_fraction: Field, left_fraction: Field, size_mm: tuple[float, float]) -> Field:
        """How deep the pit is at places of a body of this width and depth."""
        across = (left_fraction - self.left_fraction) * size_mm[0] / 2
        along = (depth_fraction - self.depth_fraction) * size_mm[1]
        square = (across**2 + along**2) / self.radius_mm**2
        return np.asarray(self.depth_mm * np.clip(1 - square, 0, None) ** 2)


@dataclass(frozen=True)
class Osteophyte:
    """A spur of bone at the rim of an endplate, bent a little over the disc's side.

    Args:
        turn_deg: where on the rim, 0 to the left, 90 in front, 180 to the right.
        length_mm: how far it stands out.
        thickness_mm: at its root.
        endplate: at which rim.

    Raises:
        ValueError: if a size is out of its range or it lies at the back, where the canal is.
    """

    turn_deg: float = 90.0
    length_mm: float = 5.0
    thickness_mm: float = 4.0
    endplate: Literal["upper", "lower"] = "upper"

    def __post_init__(self) -> None:
        for name, low, high in (("turn_deg", -10.0, 190.0), ("length_mm", 1.0, 15.0), ("thickness_mm", 1.5, 8.0)):
            check_range(name, getattr(self, name), low, high)


@dataclass(frozen=True)
class ShortBody:
    """A vertebra lower than its neighbours by nature, all of it alike; no fracture.

    Args:
        height_scale: of its height.

    Raises:
        ValueError: if the scale is not within 0.6–1.2.
    """

    height_scale: float

    def __post_init__(self) -> None:
        if not 0.6 <= self.height_scale <= 1.2:
            raise ValueError(f"height_scale: expected 0.6–1.2, got {self.height_scale}")


@dataclass(frozen=True)
class NarrowDisc:
    """The disc below a level is lower than usual.

    Args:
        height_scale: of its height; bodies never touch however small it is.

    Raises:
        ValueError: if the scale is not within 0.1–1.5.
    """

    height_scale: float

    def __post_init__(self) -> None:
        if not 0.1 <= self.height_scale <= 1.5:
            raise ValueError(f"height_scale: expected 0.1–1.5, got {self.height_scale}")
