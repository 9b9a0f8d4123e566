"""What else, beside a fracture, changes the outer surface of a vertebral body?

Values only; the shape and its distance field work them in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
