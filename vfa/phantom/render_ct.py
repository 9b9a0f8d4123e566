"""What would a CT scanner make of the phantom? A volume in Hounsfield units, exact below voxel size.

The spine is laid out on a fine lattice (0.4 mm or finer) by coverage, so that surfaces keep their place. The scanner
then is three matrices, one per voxel axis: Gaussian blur and averaging over the voxel in the slice's plane, and the
slice profile (a box as wide as the slice is thick) across slices. Noise comes last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from vfa.model.frame import Grid
from vfa.model.volume import Modality, Volume
from vfa.phantom.anatomy import PhantomSpine
from vfa.phantom.hounsfield import HounsfieldShading, background_hu
from vfa.phantom.painting import Part, Window, paint_image, window_of
from vfa.phantom.screws import add_streaks
from vfa.phantom.soft_tissue import soft_tissue
from vfa.phantom.tissues import spine_parts

FINE_MM = 0.4  # the coarsest fine lattice
SLAB_SLICES = 12  # slices rendered at once, to bound memory
BLUR_REACH = 3.5  # standard deviations of blur that are taken into account
NOISE_GRAIN_MM = 0.45  # standard deviation of the noise's own blur, as a soft kernel leaves
LEAST_HU, GREATEST_HU = -1024, 3071


@dataclass(frozen=True)
class CtScanner:
    """How the image is made.

    Args:
        in_plane_blur_mm: standard deviation of the Gaussian blur within a slice (0.45 soft to 0.3 sharp kernel).
        slice_thickness_mm: width of the box-shaped slice profile.
        noise_hu: standard deviation of the noise.
        trabecular_hu: mean of the marrow in the bodies.
        texture_hu: standard deviation of the marrow's texture; levels differ by a third of it.
        seed: of noise and texture.

    Raises:
        ValueError: if a length is not positive or the noise is negative.
    """

    in_plane_blur_mm: float = 0.45
    slice_thickness_mm: float = 1.0
    noise_hu: float = 15.0
    trabecular_hu: float = 120.0
    texture_hu: float = 22.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not (self.in_plane_blur_mm > 0 and self.slice_thickness_mm > 0):
            raise ValueError("in_plane_blur_mm and slice_thickness_mm: expected more than 0")
        if self.noise_hu < 0 or self.texture_hu < 0:
            raise ValueError("noise_hu and texture_hu: expected 0 or more")


def render_ct(
    spine: PhantomSpine, grid: Grid, scanner: CtScanner, background: NDArray[np.uint8] | None = None
) -> Volume:
    """Image the phantom on any lattice; slices are stacked along k.

    Args:
        spine: the phantom.
        grid: any lattice, oblique ones included.
        scanner: how the image is made.
        background: `Tissue` labels of what surrounds the spine, on the same lattice; the plain trunk when not given.

    Returns:
        int16 Hounsfield units.

    Raises:
        ValueError: if the background does not fit the grid.
    """
    labels = soft_tissue(spine, grid) if background is None else background
    if labels.shape != grid.shape:
        raise ValueError(f"background: shape {labels.shape} does not fit the grid {grid.shape}")
    shading = HounsfieldShading(scanner.trabecular_hu, scanner.texture_hu, scanner.seed)
    image = background_hu(labels)
    parts = spine_parts(spine)
    window = _window_of_all(parts, grid, scanner)
    if window is not None:
        sharp = image[window].copy()
    _blur_in_plane(image, grid, scanner.in_plane_blur_mm)
    if window is not None:
        image[window] = _imaged(parts, grid, window, sharp, scanner, shading)
    add_streaks(image, grid, parts)
    _add_noise(image, grid, scanner)
    voxels = np.clip(np.rint(image), LEAST_HU, GREATEST_HU).astype(np.int16)
    return Volume(voxels, grid, Modality.CT, slice_thickness_mm=scanner.slice_thickness_mm)


def _window_of_all(parts: list[Part], grid: Grid, scanner: CtScanner) -> Window | None:
    """The part of the lattice that the spine reaches, blur included."""
    margin_mm = BLUR_REACH * scanner.in_plane_blur_mm + scanner.slice_thickness_mm + max(grid.spacing_mm)
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


def _add_noise(image: NDArray[np.float32], grid: Grid, scanner: CtScanner) -> None:
    if scanner.noise_hu == 0:
        return
    rng = np.random.default_rng([scanner.seed, 2])
    for k in range(grid.shape[2]):
        grain = rng.standard_normal(grid.shape[:2], dtype=np.float32)
        for axis in (0, 1):
            grain = gaussian_filter1d(grain, NOISE_GRAIN_MM / grid.spacing_mm[axis], axis, mode="wrap", truncate=3)
        image[:, :, k] += grain * (scanner.noise_hu / grain.std())


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


def _imaged(
    parts: list[Part],
    grid: Grid,
    window: Window,
    sharp: NDArray[np.float32],
    scanner: CtScanner,
    shading: HounsfieldShading,
) -> NDArray[np.float32]:
    """The window as the scanner sees it, without noise; `sharp` is the background's HU there, unblurred."""
    i, j, k = grid.spacing_mm
    steps = _fine_steps(i), _fine_steps(j), _fine_steps(k)
    region = grid.crop([part.start for part in window], sharp.shape)
    across = [
        _blurred_means(sharp.shape[axis], steps[axis], scanner.in_plane_blur_mm / grid.spacing_mm[axis])
        for axis in (0, 1)
    ]
    thickness = scanner.slice_thickness_mm / grid.spacing_mm[2]
    halo = int(np.ceil(max(0.0, thickness - 1) / 2))
    image = np.empty(sharp.shape, dtype=np.float32)
    for start in range(0, sharp.shape[2], SLAB_SLICES):
        stop = min(start + SLAB_SLICES, sharp.shape[2])
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
