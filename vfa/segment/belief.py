"""What does the first network believe of one body and of those beside it? On the 2 mm lattice, round the body."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.model.frame import Grid
from vfa.segment.bodies import MARGIN_VOXELS, BodyMask
from vfa.segment.instances import BODY_AT_LEAST
from vfa.segment.locate import SpineMaps
from vfa.segment.network_input import SPACING_MM, FloatImage

REACH_MM = 6.0  # beyond its voxels at 2 mm, a body's smooth surface lies within this
BESIDE_MM = 16.0  # so far round it other bodies are looked at


@dataclass(frozen=True, eq=False)
class Belief:
    """What is believed (X, Y, Z) float32 on its lattice in LPS mm.

    `signed` is the probability of being this body, and minus the probability of being another where it is one of them.
    """

    signed: FloatImage
    grid: Grid

    @classmethod
    def of(cls, maps: SpineMaps, instances: NDArray[np.int32], number: int, others: Collection[int] = ()) -> Belief:
        """The probability of being body, each voxel to the nearest body's account if that is not far.

        Args:
            maps: what the network said.
            instances: (X, Y, Z) which voxel belongs to which body.
            number: of the body.
            others: numbers of those that are bodies too; what belongs to none of them is nothing.
        """
        box = ndimage.find_objects(instances)[number - 1]
        pad = int(np.ceil(BESIDE_MM / SPACING_MM)) + 1
        part = tuple(slice(max(s.start - pad, 0), s.stop + pad) for s in box)
        near = instances[part]
        away_mm, nearest = ndimage.distance_transform_edt(near == 0, sampling=SPACING_MM, return_indices=True)
        owner = near[tuple(nearest)]
        sign = ((owner == number) - 1.0 * np.isin(owner, list(others))) * (away_mm <= REACH_MM)
        signed = (sign * maps.body[part]).astype(np.float32)
        shape = (signed.shape[0], signed.shape[1], signed.shape[2])
        return cls(signed, maps.grid.crop([s.start for s in part], shape))

    def on(self, grid: Grid) -> FloatImage:
        """The same on another lattice, interpolated."""
        to_own = self.grid.ijk_from_lps @ grid.lps_from_ijk
        values = ndimage.affine_transform(
            self.signed, to_own[:3, :3], to_own[:3, 3], grid.shape, order=1, mode="nearest"
        )
        return np.asarray(values, dtype=np.float32)

    def mask_on(self, image: Grid) -> BodyMask | None:
        """The body on an image's own voxels, cut at one half; None if it is too small to see."""
        crop = covering(image, self.grid, np.zeros(3), np.asarray(self.grid.shape) - 1.0)
        mask = self.on(crop) >= BODY_AT_LEAST
        return BodyMask(mask, crop) if mask.any() else None


def covering(image: Grid, other: Grid, low: NDArray[np.float64], high: NDArray[np.float64]) -> Grid:
    """The part of an image's lattice that holds a box of voxels `low` to `high` of another lattice, and a margin."""
    corners = np.array(np.meshgrid(*zip(low, high, strict=True), indexing="ij")).reshape(3, -1).T
    inside = image.ijk_of(other.lps_of(corners))
    last = np.asarray(image.shape) - 1
    first = np.clip(np.floor(inside.min(axis=0)).astype(int) - MARGIN_VOXELS, 0, last)
    final = np.clip(np.ceil(inside.max(axis=0)).astype(int) + MARGIN_VOXELS, 0, last)
    size = final - first + 1
    return image.crop(first, (int(size[0]), int(size[1]), int(size[2])))
