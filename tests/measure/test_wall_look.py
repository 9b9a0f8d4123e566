"""Which way a wall leans is told by the endplate that stands."""

from __future__ import annotations

import numpy as np
import pytest

from vfa.measure.wall_look import square_to_lower_endplate
from vfa.model.morphometry import HeightMap


@pytest.mark.parametrize("slope", [-0.1, 0.0, 0.2])
def test_a_wall_square_to_an_endplate_that_rises_forwards_leans_back(slope: float):
    """A plane that rises by `slope` per mm forwards has a normal that goes back by `slope` per mm upwards."""
    left, forwards = np.arange(-12.0, 13.0), np.arange(-15.0, 16.0)
    lower = np.broadcast_to(slope * forwards - 12.0, (len(left), len(forwards))).copy()
    lower[3, 5] = np.nan
    nothing = np.zeros(lower.shape, dtype=bool)
    surfaces = HeightMap(left, forwards, np.full(lower.shape, 12.0), lower, nothing, nothing)
    assert square_to_lower_endplate(surfaces) == pytest.approx(slope, abs=1e-6)
