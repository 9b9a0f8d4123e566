"""Which voxels tell where an endplate lies, each with its own distance from a reference surface?

Voxels near a surface are not interpolated: each keeps its place in the body's axes. They are summed into bins of
distance, column by column, which is all that fitting a model along the cranial axis needs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.measure.lattice import ColumnLattice
from vfa.model.frame import FloatArray
from vfa.model.volume import Volume

REACH_MM = 5.0  # voxels this far from the reference surface take part
FARTHEST_MM = 3.5  # how far a reference surface may move from the first one
BIN_MM = 0.25


@dataclass(frozen=True, eq=False)
class Evidence:
    """Grey values by column and distance: sums over the voxels around each of N columns.

    Args:
        distance_mm: (M,) outward from the reference surface.
        mass: (N, M) how many voxels.
        first: (N, M) sum of their values.
        second: (N,) sum of the squares of all of them.
    """

    distance_mm: FloatArray
    mass: FloatArray
    first: FloatArray
    second: FloatArray


@dataclass(frozen=True, eq=False)
class GreySamples:
    """Voxels of the crop around a body that lie over its footprint.

    Args:
        lattice: the body's columns.
        place: (2, N) row and column on the lattice, with fractions.
        cell: (N,) index of the nearest column.
        cranial_mm: (N,) in the body frame.
        value: (N,) grey values.
    """

    lattice: ColumnLattice
    place: FloatArray
    cell: NDArray[np.intp]
    cranial_mm: FloatArray
    value: FloatArray

    @classmethod
    def near(cls, volume: Volume, lattice: ColumnLattice, foreign: NDArray[np.bool_]) -> GreySamples:
        """Voxels of the crop over the footprint that are not of another body."""
        frame = lattice.frame
        turn = (frame.axes.T @ volume.grid.lps_from_ijk[:3, :3]).astype(np.float32)
        origin = frame.body_of(volume.grid.lps_of((0, 0, 0)))
        steps = np.ogrid[tuple(slice(0, n) for n in volume.voxels.shape)]

        def along(axis: int) -> NDArray[np.float32]:
            by_step = [np.float32(turn[axis, n]) * steps[n].astype(np.float32) for n in range(3)]
            return np.asarray(by_step[0] + by_step[1] + by_step[2] + np.float32(origin[axis]))

        near, places = ~foreign, []
        for axis, positions in ((0, lattice.left_mm), (1, lattice.anterior_mm)):
            places.append(along(axis) - np.float32(positions[0]))
            near &= (places[axis] >= -0.5) & (places[axis] <= len(positions) - 0.5)
        chosen = np.flatnonzero(near)
        place = np.stack([field.ravel()[chosen] for field in places]).astype(np.float64)
        row, column = (
            np.clip(np.round(p).astype(np.intp), 0, n - 1) for p, n in zip(place, lattice.footprint.shape, strict=True)
        )
        over = lattice.footprint[row, column]
        cell = row[over] * lattice.footprint.shape[1] + column[over]
        chosen = chosen[over]
        cranial = along(2).ravel()[chosen].astype(np.float64)
        return cls(lattice, place[:, over], cell, cranial, volume.voxels.ravel()[chosen].astype(np.float64))

    def close_to(self, reference: FloatArray) -> GreySamples:
        """Those whose distance from a surface (L, A) may come to matter."""
        courses = reference[self.lattice.footprint]
        reach = REACH_MM + FARTHEST_MM
        kept = (self.cranial_mm >= courses.min() - reach) & (self.cranial_mm <= courses.max() + reach)
        return replace(
            self,
            place=self.place[:, kept],
            cell=self.cell[kept],
            cranial_mm=self.cranial_mm[kept],
            value=self.value[kept],
        )

    def binned(self, reference: FloatArray, outward: int, aggregate_mm: float, where: NDArray[np.bool_]) -> Evidence:
        """Sum the voxels into bins of distance from the reference, then over the columns around each of `where`."""
        exact = ndimage.map_coordinates(reference, self.place, order=1, mode="nearest")
        distance = outward * (self.cranial_mm - exact)
        near = np.abs(distance) < REACH_MM
        bins = round(2 * REACH_MM / BIN_MM)
        cell, value = self.cell[near], self.value[near]
        flat = cell * bins + np.floor((distance[near] + REACH_MM) / BIN_MM).astype(np.intp)

        def summed(index: NDArray[np.intp], depth: int, weights: FloatArray | None) -> FloatArray:
            sums = np.bincount(index, weights=weights, minlength=reference.size * depth)
            return np.asarray(sums.reshape(*reference.shape, depth), dtype=np.float64)

        sums = np.concatenate([summed(flat, bins, None), summed(flat, bins, value), summed(cell, 1, value**2)], axis=-1)
        pooled = ndimage.gaussian_filter(sums, (aggregate_mm, aggregate_mm, 0), mode="constant", truncate=2.5)[where]
        centres = (np.arange(bins, dtype=np.float64) + 0.5) * BIN_MM - REACH_MM
        return Evidence(centres, pooled[:, :bins], pooled[:, bins : 2 * bins], pooled[:, -1])
