"""A body's interior made up for tests of what is looked for inside: a column of bone between two flat endplates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vfa.measure.body_interior import BodyInterior
from vfa.model.frame import Grid
from vfa.model.volume import Modality, Volume

SHAPE = (48, 40, 40)  # left × anterior × cranial cells of 1 mm
MARGIN = 4  # cells beside the footprint
LOWER, UPPER = 8, 32  # first and last cranial cell of the body
BONE_HU, DISC_HU = 150.0, 80.0


def interior_with(*places: tuple[NDArray[np.bool_], float], noise_hu: float = 15.0) -> BodyInterior:
    """Bone between two discs; each place (cells, HU) is painted over it."""
    cranial = np.arange(SHAPE[2])
    above = np.broadcast_to(np.maximum(cranial - UPPER, LOWER - cranial).astype(float), SHAPE)
    footprint = np.zeros(SHAPE, dtype=bool)
    footprint[MARGIN:-MARGIN, MARGIN:-MARGIN] = True
    inside = footprint & (above <= 0)
    values = np.where(inside, BONE_HU, DISC_HU).astype(np.float32)
    for cells, hu in places:
        values[cells] = hu
    values += np.random.default_rng(5).normal(0, noise_hu, SHAPE).astype(np.float32)
    fraction = np.broadcast_to((cranial - LOWER) / (UPPER - LOWER), SHAPE)
    return BodyInterior(values, inside, fraction, np.where(footprint, above, np.inf))


def ball(centre: tuple[int, int, int], radii: tuple[float, float, float]) -> NDArray[np.bool_]:
    """Cells within an ellipsoid."""
    axes = np.meshgrid(*[np.arange(n) for n in SHAPE], indexing="ij")
    return np.asarray(sum(((x - c) / r) ** 2 for x, c, r in zip(axes, centre, radii, strict=True)) <= 1)


def ct_of(slice_mm: float = 1.0) -> Volume:
    """An image whose spacing is what matters."""
    return Volume(
        np.zeros((2, 2, 2), np.int16), Grid.from_axes((2, 2, 2), (0.7, 0.7, slice_mm), (0, 0, 0)), Modality.CT
    )
