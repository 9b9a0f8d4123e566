from __future__ import annotations

import numpy as np
import pytest

from vfa.model.frame import Grid
from vfa.model.volume import Modality, Volume
from vfa.segment.network_input import imaged_lattice, network_input

TILT = np.radians(20)
ORIENTATIONS = {
    "axial": np.eye(3),
    "sagittal": np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
    "flipped": np.diag([-1.0, 1.0, -1.0]),
    "oblique": np.array([[1, 0, 0], [0, np.cos(TILT), -np.sin(TILT)], [0, np.sin(TILT), np.cos(TILT)]]),
}


@pytest.mark.parametrize("name", ORIENTATIONS)
def test_brightness_stays_at_its_place_in_the_patient_whatever_the_orientation(name: str) -> None:
    grid = Grid.from_axes((90, 80, 30), (0.7, 0.9, 3.1), (-20.0, 30.0, 400.0), ORIENTATIONS[name])
    places = grid.lps_of(np.moveaxis(np.indices(grid.shape), 0, -1))
    slope, base = np.array([2.0, -1.5, 1.0]), 100.0
    centre = grid.centre_lps
    volume = Volume(((places - centre) @ slope + base).astype(np.float32), grid, Modality.CT)
    seen = network_input(volume)
    assert seen.grid.spacing_mm == pytest.approx((2.0, 2.0, 2.0))
    np.testing.assert_allclose(seen.grid.axes, np.eye(3), atol=1e-12)
    expected = (seen.grid.lps_of(np.moveaxis(np.indices(seen.grid.shape), 0, -1)) - centre) @ slope + base
    scaled = (np.clip(expected, -250, 850) + 250) / 1100
    assert seen.known.sum() > 1000
    np.testing.assert_allclose(seen.image[seen.known], scaled[seen.known], atol=2e-3)
    assert (seen.image[~seen.known] == 0).all()


def test_an_mr_image_is_scaled_by_itself_so_that_its_unit_does_not_matter() -> None:
    grid = Grid.from_axes((40, 40, 40), (2.0, 2.0, 2.0), (0.0, 0.0, 0.0))
    signal = np.random.default_rng(0).uniform(50, 900, grid.shape).astype(np.float32)
    one = network_input(Volume(signal, grid, Modality.T2)).image
    other = network_input(Volume(signal * 37 + 1000, grid, Modality.T2)).image
    np.testing.assert_allclose(one, other, atol=1e-4)
    assert 0 <= one.min() < 0.01
    assert 0.9 < np.percentile(one, 99) < 1.1


def test_padding_at_the_ends_of_an_image_is_not_counted_as_imaged() -> None:
    grid = Grid.from_axes((20, 30, 40), (1.0, 1.0, 4.0), (5.0, 6.0, 7.0))
    voxels = np.full(grid.shape, -1024, dtype=np.int16)
    voxels[:, 4:27, 3:] = np.random.default_rng(0).integers(-50, 50, (20, 23, 37))
    imaged = imaged_lattice(Volume(voxels, grid, Modality.CT))
    # 2 mm at each end cannot be told from the edge: two voxels along i and j, none along k.
    assert imaged.shape == (20 - 4, 23 - 4, 37)
    np.testing.assert_allclose(imaged.lps_of((0, 0, 0)), grid.lps_of((2, 4 + 2, 3)))
