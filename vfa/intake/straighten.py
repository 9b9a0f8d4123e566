"""How does a leaning or unevenly spaced stack become an upright, even one?

Both corrections interpolate linearly and in one direction at a time: nothing rings, nothing overshoots. Stacks
are indexed k, j, i here, as slices come from the reader.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Stack = NDArray[Any]


def move_slices(stack_kji: Stack, shifts_voxels: NDArray[np.float64], fill: float) -> tuple[Stack, tuple[int, int]]:
    """Move each slice within its plane, on a canvas wide enough that nothing is cut.

    Args:
        stack_kji: (K, J, I) slices.
        shifts_voxels: (K, 2) shift of each slice along i and j, in voxels.
        fill: value where no slice reaches.

    Returns:
        The canvas (K, J', I'), and how many voxels its first one lies before the unshifted slice's along i and j.
    """
    low = np.floor(shifts_voxels.min(axis=0)).astype(int)
    high = np.ceil(shifts_voxels.max(axis=0)).astype(int)
    count, rows, columns = stack_kji.shape
    width, height = columns + int(high[0] - low[0]), rows + int(high[1] - low[1])
    canvas = np.full((count, height, width), fill, dtype=stack_kji.dtype)
    for k in range(count):
        plane = np.full((height, width), fill, dtype=np.float32)
        whole = np.floor(shifts_voxels[k]).astype(int)
        i, j = whole - low
        plane[j : j + rows, i : i + columns] = stack_kji[k]
        rest = shifts_voxels[k] - whole
        canvas[k] = _as_type(_shifted(_shifted(plane, float(rest[0]), 1), float(rest[1]), 0), stack_kji.dtype)
    return canvas, (-int(low[0]), -int(low[1]))


def even_slices(stack_kji: Stack, offsets_mm: NDArray[np.float64], spacing_mm: float) -> Stack:
    """Resample slices at `offsets_mm` (K,) to an even spacing, from the first offset to within the last."""
    places = np.arange(0.0, offsets_mm[-1] + 1e-6, spacing_mm)
    above = np.clip(np.searchsorted(offsets_mm, places, side="right"), 1, len(offsets_mm) - 1)
    weights = (places - offsets_mm[above - 1]) / (offsets_mm[above] - offsets_mm[above - 1])
    even = np.empty((len(places), *stack_kji.shape[1:]), dtype=stack_kji.dtype)
    for k, (upper, weight) in enumerate(zip(above, weights, strict=True)):
        mixed = (1 - weight) * stack_kji[upper - 1] + weight * stack_kji[upper]
        even[k] = _as_type(mixed, stack_kji.dtype)
    return even


def _shifted(plane: NDArray[np.float32], fraction: float, axis: int) -> NDArray[np.float32]:
    """Shift by a fraction of a voxel towards higher indices; the first line stays (it is fill, or an edge)."""
    if fraction == 0:
        return plane
    before = np.roll(plane, 1, axis=axis)
    first = tuple(slice(0, 1) if n == axis else slice(None) for n in range(2))
    before[first] = plane[first]
    mixed: NDArray[np.float32] = (1 - fraction) * plane + fraction * before
    return mixed


def _as_type(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    return np.rint(values).astype(dtype) if np.issubdtype(dtype, np.integer) else values.astype(dtype)
