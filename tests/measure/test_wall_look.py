"""Which way a wall leans is told by the endplate that stands, and where its mask ends whatever the slices."""

from __future__ import annotations

import numpy as np
import pytest

from vfa.measure.back_surface import CanalLine
from vfa.measure.body_view import BodyView
from vfa.measure.wall_look import _mask_ends, square_to_lower_endplate
from vfa.model.frame import BodyFrame, Grid
from vfa.model.morphometry import HeightMap
from vfa.model.spine import Vertebra


@pytest.mark.parametrize("slope", [-0.1, 0.0, 0.2])
def test_a_wall_square_to_an_endplate_that_rises_forwards_leans_back(slope: float):
    """A plane that rises by `slope` per mm forwards has a normal that goes back by `slope` per mm upwards."""
    left, forwards = np.arange(-12.0, 13.0), np.arange(-15.0, 16.0)
    lower = np.broadcast_to(slope * forwards - 12.0, (len(left), len(forwards))).copy()
    lower[3, 5] = np.nan
    nothing = np.zeros(lower.shape, dtype=bool)
    surfaces = HeightMap(left, forwards, np.full(lower.shape, 12.0), lower, nothing, nothing)
    assert square_to_lower_endplate(surfaces) == pytest.approx(slope, abs=1e-6)


def test_where_the_mask_ends_is_found_on_slices_that_lie_aslant_and_far_apart():
    """A block from 15 mm in front of the centre to 15 mm behind it, on slices 3 mm apart that tilt by 10°."""
    tilt = np.radians(10.0)
    axes = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    grid = Grid.from_axes((60, 90, 26), (0.7, 0.7, 3.0), axes @ (-21.0, -31.5, -39.0), axes)
    points = grid.lps_of(np.argwhere(np.ones(grid.shape, dtype=bool)))
    inside = (np.abs(points) <= (18.0, 15.0, 12.0)).all(axis=1).reshape(grid.shape)
    frame = BodyFrame(np.zeros(3), np.array([0.0, 0.0, 1.0]), np.array([0.0, -1.0, 0.0]))
    left, cranial = np.arange(-9.0, 9.1, 0.75), np.arange(-9.0, 9.1, 0.75)
    behind = np.arange(0.0, 40.0, 0.5)
    ends = np.full(len(left), 12.0)
    values = np.zeros((len(left), len(behind), len(cranial)), dtype=np.float32)
    view = BodyView(frame, left, behind, cranial, values, ends, -ends, 15.0)
    found = _mask_ends(Vertebra("L1", None, inside, grid), view, CanalLine(0.0, 25.0, 0.0, 0.0))
    assert found[2:-2] == pytest.approx(np.full(len(cranial) - 4, 15.0), abs=0.8)  # the outermost rows see half a slice
