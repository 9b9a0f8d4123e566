"""How does an image reach the network? At 2 mm along the patient's axes, with a normalised brightness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.model.frame import Grid
from vfa.model.volume import Volume

SPACING_MM = 2.0
CT_WINDOW_HU = (-250.0, 850.0)  # the window the network was trained with
MR_PERCENTILES = (1.0, 99.0)  # the middle of the range it was trained with
BONE_FROM_HU = 150.0  # bone, even thin, or contrast medium or metal; where a window holds none is no vertebra
SEEN_FROM_SIGNAL = 0.08  # of the normalised MR signal: anything but air
MOST_MR = 1.5  # brighter than this multiple of the upper percentile is cut off, as in training

FloatImage = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class NetworkInput:
    """An image as the network sees it.

    Args:
        image: (X, Y, Z) float32, about 0–1, 0 outside the image; x to the left, y to the back, z to the head.
        known: (X, Y, Z) bool: inside the image.
        grid: the 2 mm lattice, in LPS mm.
        seen_from: a brightness that some of any vertebra's voxels exceed; what stays below it need not be looked at.
        bone_from: a brightness that bone has even where it is thin, on CT; None on MR.
    """

    image: FloatImage
    known: NDArray[np.bool_]
    grid: Grid
    seen_from: float = SEEN_FROM_SIGNAL
    bone_from: float | None = None


def network_input(volume: Volume) -> NetworkInput:
    """Resample a volume to 2 mm along the LPS axes (averaging where it is finer) and normalise its brightness."""
    voxels, grid = _binned(volume)
    target = _lattice_around(grid)
    index_of = grid.ijk_from_lps @ target.lps_from_ijk
    resampled = ndimage.affine_transform(
        voxels, index_of[:3, :3], index_of[:3, 3], target.shape, order=1, mode="constant", cval=np.nan
    )
    known = np.isfinite(resampled)
    scaled = _window(resampled) if volume.modality.is_ct else _percentiles(resampled, known)
    image = np.where(known, scaled, 0).astype(np.float32)
    if not volume.modality.is_ct:
        return NetworkInput(image, known, target)
    bright = float(_window(np.float32(BONE_FROM_HU)))
    return NetworkInput(image, known, target, seen_from=bright, bone_from=bright)


def imaged_lattice(volume: Volume) -> Grid:
    """The part of the lattice in which a body's edge can be told from the image's edge.

    Planes of one and the same value at its ends are padding, no image; beside them, or at the very end, 2 mm are
    left out as well, since that is what the network sees as one voxel.
    """
    low, high = np.zeros(3, dtype=int), np.asarray(volume.grid.shape)
    for axis in range(3):
        planes = np.moveaxis(volume.voxels, axis, 0)
        blurred = int(SPACING_MM / volume.spacing_mm[axis])
        while low[axis] < len(planes) - 1 and np.ptp(planes[low[axis]]) == 0:
            low[axis] += 1
        while high[axis] > low[axis] + 1 and np.ptp(planes[high[axis] - 1]) == 0:
            high[axis] -= 1
        low[axis], high[axis] = low[axis] + blurred, high[axis] - blurred
    low = np.minimum(low, np.asarray(volume.grid.shape) - 1)
    high = np.maximum(high, low + 1)
    return volume.grid.crop(low, (int(high[0] - low[0]), int(high[1] - low[1]), int(high[2] - low[2])))


def _binned(volume: Volume) -> tuple[FloatImage, Grid]:
    """Average whole voxels along every axis that is finer than 2 mm, as the anti-aliasing before sampling."""
    factors = np.maximum(np.floor(SPACING_MM / np.asarray(volume.spacing_mm) + 1e-3).astype(int), 1)
    factors = np.minimum(factors, volume.grid.shape)
    shape = np.asarray(volume.grid.shape) // factors
    data = np.empty(shape, dtype=np.float32)
    slowest = int(np.argmax(np.abs(volume.voxels.strides)))  # walked along in thin slabs: in cache, and no large copy
    others = [axis for axis in range(3) if axis != slowest]
    ahead, result = np.moveaxis(volume.voxels, slowest, 0), np.moveaxis(data, slowest, 0)
    for number in range(shape[slowest]):
        first = number * factors[slowest]
        (a, b), (m, n) = factors[others], shape[others]
        slab = ahead[first, : a * m, : b * n].astype(np.float32)  # sums of strided parts: far faster than reductions
        for behind in range(first + 1, first + factors[slowest]):
            slab += ahead[behind, : a * m, : b * n]
        rows = sum((slab[part::a] for part in range(1, a)), start=slab[::a])
        result[number] = sum((rows[:, part::b] for part in range(1, b)), start=rows[:, ::b])
    data /= np.float32(np.prod(factors))
    affine = np.array(volume.lps_from_ijk)
    affine[:3, 3] = volume.grid.lps_of((factors - 1) / 2)
    affine[:3, :3] = affine[:3, :3] * factors
    return data, Grid((int(shape[0]), int(shape[1]), int(shape[2])), affine)


def _lattice_around(grid: Grid) -> Grid:
    """The 2 mm lattice along LPS that holds every voxel centre of another."""
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in grid.shape], indexing="ij")).reshape(3, -1).T
    places = grid.lps_of(corners)
    low, high = places.min(axis=0), places.max(axis=0)
    shape = np.floor((high - low) / SPACING_MM + 1e-6).astype(int) + 1
    return Grid.from_axes((int(shape[0]), int(shape[1]), int(shape[2])), (SPACING_MM,) * 3, low)


def _window(hounsfield: FloatImage | np.float32) -> FloatImage:
    low, high = CT_WINDOW_HU
    return np.asarray((np.clip(hounsfield, low, high) - low) / (high - low), dtype=np.float32)


def _percentiles(signal: FloatImage, known: NDArray[np.bool_]) -> FloatImage:
    if not known.any():
        return signal
    low, high = np.percentile(signal[known], MR_PERCENTILES)
    return np.asarray(np.clip((signal - low) / max(float(high - low), 1e-6), 0, MOST_MR), dtype=np.float32)
