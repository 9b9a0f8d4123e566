"""Where are the edges of an image, and which way do they face? What CT and every MR contrast have in common.

Bone is bright on CT and dark on MR, but its surface lies at the same place and faces the same way. Each voxel gets
the direction of its intensity gradient, its length between 0 (flat) and 1 (a clear edge), after local contrasts have
been evened, so that neither a coil's bright side nor the skin outweighs the vertebrae. Two such fields are compared
by the square of the cosine between them, which does not ask which side is the brighter one (normalised gradient
fields: Haber and Modersitzki, Methods Inf Med 2007).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK
from numpy.typing import NDArray
from scipy import ndimage

from vfa.model.frame import FloatArray, Grid
from vfa.model.volume import Volume

Field = NDArray[np.float32]

CT_WINDOW_HU = (-200.0, 700.0)  # fat to cortical bone: beyond are lungs, metal, air
BRIGHTEST_PERCENT = 99.5  # of MR signal: vessels and skin at the coil lie above
LOCAL_MEAN_MM, LOCAL_CONTRAST_MM = 12.0, 20.0  # a vertebral body's half and whole depth
NOISE_FRACTION = 0.05  # of the strongest local contrast: below it, differences are taken for noise
SLICE_BLUR = 0.42  # of the target spacing: sigma of a Gaussian as wide as one sample


@dataclass(frozen=True, eq=False)
class EdgeField:
    """Edge directions on a lattice along the LPS axes.

    Args:
        direction: (3, I, J, K) gradient direction along x, y, z; length 0–1.
        known: (I, J, K) bool: inside the image, away from its edge.
        grid: the lattice, in LPS mm.
    """

    direction: Field
    known: NDArray[np.bool_]
    grid: Grid


def edge_field(volume: Volume, spacing_mm: float) -> EdgeField:
    """The edges of a volume on a lattice of this spacing.

    Args:
        volume: CT or MR.
        spacing_mm: of the lattice, in all three directions.
    """
    values, inside, grid = _evenly_sampled(volume, spacing_mm)
    mean = _mean_inside(values, inside, LOCAL_MEAN_MM / spacing_mm)
    difference = np.where(inside, values - mean, 0)
    contrast = np.sqrt(_mean_inside(difference**2, inside, LOCAL_CONTRAST_MM / spacing_mm))
    floor = NOISE_FRACTION * float(np.percentile(np.abs(difference[inside]), 99)) if inside.any() else 0.0
    evened = ndimage.gaussian_filter(difference / np.maximum(contrast, max(floor, 1e-6)), 0.7)
    gradient = np.stack(np.gradient(evened))
    known = ndimage.binary_erosion(inside, np.ones((3, 3, 3)))
    squared = (gradient**2).sum(axis=0)
    usual = float(np.median(squared[known])) if known.any() else 1.0
    direction = np.where(known, gradient / np.sqrt(squared + max(usual, 1e-12)), 0)
    return EdgeField(direction.astype(np.float32), known, grid)


def _mean_inside(values: Field, inside: NDArray[np.bool_], sigma_voxels: float) -> Field:
    weight = ndimage.gaussian_filter(inside.astype(np.float32), sigma_voxels)
    total = ndimage.gaussian_filter(np.where(inside, values, 0).astype(np.float32), sigma_voxels)
    mean: Field = total / np.maximum(weight, 1e-3)
    return mean


def _evenly_sampled(volume: Volume, spacing_mm: float) -> tuple[Field, NDArray[np.bool_], Grid]:
    """The image on a lattice along the LPS axes that holds all of it, and where that lattice is inside it."""
    image = _as_image(_windowed(volume), volume.grid)
    for axis, step in enumerate(volume.spacing_mm):
        if step < spacing_mm / 1.2 and volume.grid.shape[axis] >= 4:  # ITK's recursive filter asks for four samples
            image = SimpleITK.RecursiveGaussian(image, sigma=SLICE_BLUR * spacing_mm, direction=axis)
    corners = np.array(np.meshgrid(*[(-0.5, n - 0.5) for n in volume.grid.shape], indexing="ij")).reshape(3, -1).T
    low, high = volume.grid.lps_of(corners).min(axis=0), volume.grid.lps_of(corners).max(axis=0)
    i, j, k = (max(int(n), 1) for n in np.ceil((high - low) / spacing_mm))
    grid = Grid.from_axes((i, j, k), (spacing_mm,) * 3, low + spacing_mm / 2)
    values = _resampled(image, grid, SimpleITK.sitkLinear)
    inside = _resampled(_as_image(np.ones(volume.grid.shape, np.float32), volume.grid), grid, SimpleITK.sitkLinear)
    return values, inside > 0.5, grid


def _windowed(volume: Volume) -> Field:
    low, high = CT_WINDOW_HU if volume.modality.is_ct else (0.0, float(np.percentile(volume.voxels, BRIGHTEST_PERCENT)))
    windowed: Field = np.clip(volume.voxels, low, high).astype(np.float32)
    return windowed


def _as_image(values: Field, grid: Grid) -> SimpleITK.Image:
    image = SimpleITK.GetImageFromArray(np.ascontiguousarray(values.T))
    image.SetOrigin([float(x) for x in grid.lps_of([0, 0, 0])])
    image.SetSpacing(grid.spacing_mm)
    image.SetDirection([float(x) for x in grid.axes.ravel()])
    return image


def _resampled(image: SimpleITK.Image, grid: Grid, interpolator: int) -> Field:
    """(I, J, K) float32 values of the image at the lattice's points, 0 outside."""
    origin: FloatArray = grid.lps_of([0, 0, 0])
    resampled = SimpleITK.Resample(
        image,
        grid.shape,
        SimpleITK.Transform(),
        interpolator,
        [float(x) for x in origin],
        grid.spacing_mm,
        [float(x) for x in grid.axes.ravel()],
        0.0,
    )
    return np.array(SimpleITK.GetArrayViewFromImage(resampled).T, dtype=np.float32)
