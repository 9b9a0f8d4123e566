"""What would a CT scanner make of the phantom? A volume in Hounsfield units, exact below voxel size.

What the spine's tissues measure, seen through the scanner's optics; then the streaks of metal, and noise last.
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
from vfa.phantom.imaging import Optics, imaged
from vfa.phantom.screws import add_streaks
from vfa.phantom.soft_tissue import soft_tissue
from vfa.phantom.tissues import spine_parts

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

    @property
    def optics(self) -> Optics:
        """How sharply it sees."""
        return Optics(self.in_plane_blur_mm, self.slice_thickness_mm)


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
    parts = spine_parts(spine)
    image = imaged(background_hu(labels), parts, grid, scanner.optics, shading)
    add_streaks(image, grid, parts)
    _add_noise(image, grid, scanner)
    voxels = np.clip(np.rint(image), LEAST_HU, GREATEST_HU).astype(np.int16)
    return Volume(voxels, grid, Modality.CT, slice_thickness_mm=scanner.slice_thickness_mm)


def _add_noise(image: NDArray[np.float32], grid: Grid, scanner: CtScanner) -> None:
    if scanner.noise_hu == 0:
        return
    rng = np.random.default_rng([scanner.seed, 2])
    for k in range(grid.shape[2]):
        grain = rng.standard_normal(grid.shape[:2], dtype=np.float32)
        for axis in (0, 1):
            grain = gaussian_filter1d(grain, NOISE_GRAIN_MM / grid.spacing_mm[axis], axis, mode="wrap", truncate=3)
        image[:, :, k] += grain * (scanner.noise_hu / grain.std())
