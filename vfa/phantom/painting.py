"""How are solids laid onto a lattice of voxels, cheaply?

A part knows its own frame, the box that holds it, and layers: tissues with the signed distance to each. Parts are
painted in order, later ones over earlier ones. Only voxels within a part's box are visited, so what lies outside the
lattice costs nothing. Labels go by voxel centre; images by coverage: the distance tells how much of a voxel is inside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vfa.model.frame import BodyFrame, FloatArray, Grid
from vfa.phantom.materials import Tissue

Points = NDArray[np.float32]
Window = tuple[slice, slice, slice]
Layers = Iterable[tuple[Tissue, Points]]


class Part(Protocol):
    """A solid with its layers."""

    @property
    def frame(self) -> BodyFrame:
        """The frame in which the part is described."""

    @property
    def box_mm(self) -> tuple[FloatArray, FloatArray]:
        """The lowest and the highest (x, y, z) in that frame, each (3,)."""

    def layers(self, x: Points, y: Points, z: Points) -> Layers:
        """Tissues in painting order, each with its signed distance (mm, negative inside) at points of the frame."""


class Shading(Protocol):
    """What value a tissue has in an image."""

    def value(self, part: Part, tissue: Tissue, points: tuple[Points, Points, Points]) -> Points | float:
        """The value at points (x, y, z) of the part's frame, or one value for all of them."""


def window_of(grid: Grid, frame: BodyFrame, low: FloatArray, high: FloatArray, margin_mm: float = 0.0) -> Window | None:
    """The voxels whose centres may lie within a box of a frame; None if there are none."""
    corners = np.array(np.meshgrid(*zip(low - margin_mm, high + margin_mm, strict=True), indexing="ij"))
    ijk = grid.ijk_of(frame.lps_of(corners.reshape(3, -1).T))
    first = np.clip(np.ceil(ijk.min(axis=0)), 0, grid.shape).astype(int)
    last = np.clip(np.floor(ijk.max(axis=0)) + 1, 0, grid.shape).astype(int)
    if (last <= first).any():
        return None
    return slice(first[0], last[0]), slice(first[1], last[1]), slice(first[2], last[2])


def points_in(grid: Grid, window: Window, frame: BodyFrame) -> tuple[Points, Points, Points]:
    """The (x, y, z) of a window's voxel centres in a frame, as float32; an axis they share may have length 1."""
    matrix = frame.axes.T @ grid.lps_from_ijk[:3, :3]
    start = np.array([part.start for part in window])
    origin = frame.body_of(grid.lps_of(start))
    sizes = [part.stop - part.start for part in window]
    steps = [np.arange(size).reshape([-1 if axis == n else 1 for n in range(3)]) for axis, size in enumerate(sizes)]

    def along(row: int) -> Points:
        total = np.full((1, 1, 1), origin[row], dtype=np.float32)
        for axis in range(3):
            if abs(matrix[row, axis]) * sizes[axis] > 1e-6:  # less than a nanometre over the whole window
                total = total + (matrix[row, axis] * steps[axis]).astype(np.float32)
        return total

    return along(0), along(1), along(2)


def _visited(parts: Sequence[Part], grid: Grid, margin_mm: float) -> Iterator[tuple[Part, Window, Any]]:
    for part in parts:
        window = window_of(grid, part.frame, *part.box_mm, margin_mm)
        if window is not None:
            yield part, window, points_in(grid, window, part.frame)


def paint_labels(labels: NDArray[np.uint8], parts: Sequence[Part], grid: Grid) -> None:
    """Write each part's tissues into `labels` (I, J, K) where voxel centres lie inside."""
    for part, window, points in _visited(parts, grid, 0.0):
        for tissue, distance in part.layers(*points):
            np.copyto(labels[window], np.uint8(tissue), where=distance < 0)


def paint_image(image: NDArray[np.float32], parts: Sequence[Part], grid: Grid, shading: Shading) -> None:
    """Blend each part's tissue values into `image` (I, J, K) by how much of each voxel they cover.

    Coverage rises linearly across the surface over the voxel's own extent there, so that what a row of voxels adds up
    to does not depend on where between their centres the surface lies: surfaces keep their place below voxel size.
    """
    reach_mm = float(np.linalg.norm(grid.spacing_mm))
    for part, window, points in _visited(parts, grid, reach_mm):
        target = image[window]
        for tissue, distance in part.layers(*points):
            value = shading.value(part, tissue, points)
            full = np.broadcast_to(distance, target.shape)
            inside, edge = full <= -reach_mm, np.nonzero(np.abs(full) < reach_mm)
            np.copyto(target, np.asarray(value, dtype=np.float32), where=inside)
            here = value if isinstance(value, float | int) else np.broadcast_to(value, target.shape)[edge]
            before = target[edge]
            target[edge] = before + _coverage(full, edge) * (here - before)


def _coverage(distance: Points, voxels: tuple[NDArray[np.intp], ...]) -> Points:
    """How much of each named voxel lies inside, from the signed distance (I, J, K) there and beside it."""
    extent = np.zeros(voxels[0].shape, dtype=np.float32)
    for axis, size in enumerate(distance.shape):
        if size == 1:
            continue
        before, after = list(voxels), list(voxels)
        before[axis], after[axis] = np.maximum(voxels[axis] - 1, 0), np.minimum(voxels[axis] + 1, size - 1)
        apart = (after[axis] - before[axis]).astype(np.float32)
        extent += np.abs(distance[tuple(after)] - distance[tuple(before)]) / apart
    return np.asarray(np.clip(0.5 - distance[voxels] / np.maximum(extent, np.float32(1e-3)), 0, 1))
