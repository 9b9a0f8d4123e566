"""How does a scanner's sharpness turn solids into voxels, exact below voxel size?

The spine is laid out on a fine lattice (0.4 mm or finer) by coverage, so that surfaces keep their place. The scanner
then is three matrices, one per voxel axis: Gaussian blur and averaging over the voxel in the slice's plane, and the
slice profile (a box as wide as the slice is thick) across slices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from vfa.model.frame import Grid
from vfa.phantom.materials import Tissue
from vfa.phantom.painting import Part, Shading, Window, paint_image, window_of

FINE_MM = 0.4  # the coarsest fine lattice
SLAB_SLICES, SLAB_LAYERS = 12, 48  # slices, and fine layers of them, rendered at once at most, to bound memory
BLUR_REACH = 3.5  # standard deviations of blur that are taken into account


@dataclass(frozen=True)
class Optics:
    """How sharply a scanner sees; slices are stacked along k.

    Args:
        in_plane_blur_mm: standard deviation of the Gaussian blur within a slice.
        slice_thickness_mm: width of the box-shaped slice profile.
    """

    in_plane_blur_mm: float
    slice_thickness_mm: float


def plain_values(labels: NDArray[np.uint8], values: Mapping[Tissue, float]) -> NDArray[np.float32]:
    """The value (I, J, K) of each voxel's tissue.

    Raises:
        ValueError: if a label is no `Tissue` that has a value.
    """
    strangers = sorted(set(np.unique(labels).tolist()) - {int(tissue) for tissue in values})
    if strangers:
        raise ValueError(f"labels: expected tissues of vfa.phantom.materials, got also {strangers}")
    table = np.zeros(256, dtype=np.float32)
    for tissue, value in values.items():
        table[tissue] = value
    return np.asarray(table[labels])


def imaged(
    image: NDArray[np.float32], parts: Sequence[Part], grid: Grid, optics: Optics, shading: Shading
) -> NDArray[np.float32]:
    """What a scanner makes of solids before a background, without noise.

    Args:
        image: (I, J, K) values of the background; changed in place.
        parts: the solids, later ones over earlier ones.
        grid: the lattice of the image.
        optics: how sharply the scanner sees.
        shading: what each tissue of each part measures.

    Returns:
        The image.
    """
    window = _window_of_all(parts, grid, optics)
    if window is not None:
        sharp = image[window].copy()
    _blur_in_plane(image, grid, optics.in_plane_blur_mm)
    if window is not None:
        image[window] = _window_imaged(
            parts, grid.crop([part.start for part in window], sharp.shape), sharp, optics, shading
        )
    return image


def _window_of_all(parts: Sequence[Part], grid: Grid, optics: Optics) -> Window | None:
    """The part of the lattice that the spine reaches, blur included."""
    margin_mm = BLUR_REACH * optics.in_plane_blur_mm + optics.slice_thickness_mm + max(grid.spacing_mm)
    windows = [window_of(grid, part.frame, *part.box_mm, margin_mm) for part in parts]
    hit = [window for window in windows if window is not None]
    if not hit:
        return None
    first = [min(window[axis].start for window in hit) for axis in range(3)]
    last = [max(window[axis].stop for window in hit) for axis in range(3)]
    return slice(first[0], last[0]), slice(first[1], last[1]), slice(first[2], last[2])


def _blur_in_plane(image: NDArray[np.float32], grid: Grid, blur_mm: float) -> None:
    for axis in (0, 1):
        gaussian_filter1d(image, blur_mm / grid.spacing_mm[axis], axis, output=image, mode="nearest", truncate=3)


def _fine_steps(spacing_mm: float) -> int:
    """How many fine cells one voxel is cut into along an axis."""
    return max(1, int(np.ceil(spacing_mm / FINE_MM)))


def _cut_finer(grid: Grid, steps: tuple[int, int, int]) -> Grid:
    """The lattice whose cells cut each voxel into steps along each axis."""
    matrix = np.array(grid.lps_from_ijk)
    matrix[:3, :3] = matrix[:3, :3] / np.asarray(steps)
    matrix[:3, 3] = grid.lps_of([-0.5 + 0.5 / n for n in steps])
    (i, j, k), (a, b, c) = grid.shape, steps
    return Grid((i * a, j * b, k * c), matrix)


def _window_imaged(
    parts: Sequence[Part], region: Grid, sharp: NDArray[np.float32], optics: Optics, shading: Shading
) -> NDArray[np.float32]:
    """A window as the scanner sees it; `sharp` is the background's values there, unblurred, on the lattice `region`."""
    i, j, k = region.spacing_mm
    steps = _fine_steps(i), _fine_steps(j), _fine_steps(k)
    across = [
        _blurred_means(sharp.shape[axis], steps[axis], optics.in_plane_blur_mm / region.spacing_mm[axis])
        for axis in (0, 1)
    ]
    thickness = optics.slice_thickness_mm / region.spacing_mm[2]
    halo = int(np.ceil(max(0.0, thickness - 1) / 2))
    image = np.empty(sharp.shape, dtype=np.float32)
    slab_slices = max(1, min(SLAB_SLICES, SLAB_LAYERS // steps[2]))
    for start in range(0, sharp.shape[2], slab_slices):
        stop = min(start + slab_slices, sharp.shape[2])
        slices = np.clip(np.arange(start - halo, stop + halo), 0, sharp.shape[2] - 1)
        slab = region.crop((0, 0, start - halo), (*region.shape[:2], slices.size))
        fine = _repeated(sharp[:, :, slices], steps)
        paint_image(fine, parts, _cut_finer(slab, steps), shading)
        profile = _slice_profile(stop - start, halo, steps[2], thickness)
        thin = fine @ profile.T
        thin = np.einsum("if,fjk->ijk", across[0], thin, optimize=True)
        image[:, :, start:stop] = np.matmul(across[1], thin)
    return image


def _repeated(image: NDArray[np.float32], steps: tuple[int, ...]) -> NDArray[np.float32]:
    for axis, n in enumerate(steps):
        image = np.repeat(image, n, axis=axis)
    return np.ascontiguousarray(image)


def _blurred_means(size: int, steps: int, blur_voxels: float) -> NDArray[np.float32]:
    """(size, size · steps): from fine cells to voxels, Gaussian blur and the voxel's own width in one."""
    voxel = np.arange(size)[:, None]
    fine = (np.arange(size * steps)[None, :] + 0.5) / steps - 0.5
    inner = (np.arange(steps) + 0.5) / steps - 0.5
    weights = np.zeros((size, size * steps))
    for offset in inner:
        away = (fine - voxel - offset) / blur_voxels
        weights += np.where(np.abs(away) <= BLUR_REACH, np.exp(-0.5 * np.minimum(away**2, 100.0)), 0.0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)


def _slice_profile(count: int, halo: int, steps: int, thickness: float) -> NDArray[np.float32]:
    """(count, fine cells): each slice as the mean over its thickness, which is given in slice spacings."""
    slices = np.arange(count)[:, None] + halo
    lower = np.arange((count + 2 * halo) * steps)[None, :] / steps - 0.5
    covered = np.minimum(lower + 1 / steps, slices + thickness / 2) - np.maximum(lower, slices - thickness / 2)
    weights = np.clip(covered, 0, None)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)
