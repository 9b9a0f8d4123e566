"""Measured heights made up for tests of what is concluded from them."""

from __future__ import annotations

import numpy as np

from vfa.model.estimate import Estimate
from vfa.model.morphometry import BodyHeights, HeightMap, ThreeHeights


def three(anterior: float, middle: float, posterior: float, sigma: float = 0.2) -> ThreeHeights:
    """Three heights in mm with one uncertainty."""
    return ThreeHeights(*(Estimate(value, sigma, "mm", "made up", 0.0) for value in (anterior, middle, posterior)))


def heights_of_three(anterior: float, middle: float, posterior: float, sigma: float = 0.2) -> BodyHeights:
    """A body with the same heights in every third."""
    flat = np.zeros((1, 1))
    nothing = np.zeros((1, 1), dtype=bool)
    surfaces = HeightMap(np.zeros(1), np.zeros(1), flat, flat, nothing, nothing)
    heights = three(anterior, middle, posterior, sigma)
    return BodyHeights(heights, heights, heights, {}, surfaces)
