from __future__ import annotations

import numpy as np

from vfa.measure.resample import resample
from vfa.model.frame import BodyFrame, Grid


def test_a_value_that_grows_evenly_through_the_patient_is_read_where_it_lies() -> None:
    grid = Grid.from_axes((30, 26, 22), (0.7, 0.9, 1.3), (-10, -12, -14))
    index = np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape], indexing="ij"), axis=-1)
    slope = np.array([3.0, -2.0, 5.0])
    frame = BodyFrame.from_directions((0, 0, 0), (0.2, 0.1, 1), (0.1, -1, 0))
    lattice = (np.arange(-4, 5, 1.0), np.arange(3, -4, -0.5), np.arange(-2, 3, 0.25))
    read = resample((grid.lps_of(index) @ slope).astype(np.float32), grid, frame, lattice)
    places = np.stack(np.meshgrid(*lattice, indexing="ij"), axis=-1)
    np.testing.assert_allclose(read, frame.lps_of(places) @ slope, atol=1e-3)


def test_beyond_the_grid_lies_what_was_asked_for() -> None:
    grid = Grid.from_axes((5, 5, 5), (1, 1, 1), (-2, -2, -2))
    frame = BodyFrame.from_directions((0, 0, 0), (0, 0, 1), (0, -1, 0))
    lattice = (np.array([-9.0, 0.0, 9.0]), np.array([0.0]), np.array([0.0]))
    ones = np.ones(grid.shape, dtype=np.int16)
    assert resample(ones, grid, frame, lattice, beyond=-2000.0).ravel().tolist() == [-2000, 1, -2000]
    assert resample(ones, grid, frame, lattice).ravel().tolist() == [1, 1, 1]
