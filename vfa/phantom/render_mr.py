"""What would an MR scanner make of the phantom? A volume of the same anatomy in the contrast of a sequence.

Water and fat are imaged apart and put together with fat shifted along the frequency axis. Then the coil's uneven
sensitivity, and noise as magnitudes have it. Slices are stacked along k: for the usual sagittal series, let k run
across the patient. Metal and cement are voids, without the distortion metal causes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import shift

from vfa.model.frame import Grid
from vfa.model.volume import Modality, Volume
from vfa.phantom.anatomy import PhantomSpine
from vfa.phantom.body_parts import BodyPart
from vfa.phantom.hounsfield import marrow_texture
from vfa.phantom.imaging import Optics, imaged, plain_values
from vfa.phantom.materials import Tissue
from vfa.phantom.mr_signal import POOLS, SEQUENCES, Pool, signals
from vfa.phantom.painting import Part, Points
from vfa.phantom.soft_tissue import soft_tissue
from vfa.phantom.tissues import spine_parts

FULL_SIGNAL = 2500.0  # stored value of a signal of 1, within the twelve bits of a DICOM image
GREATEST = 4095
BIAS_WAVES = 4
BIAS_WAVELENGTH_MM = (180.0, 420.0)
LEVEL_SHARE = 0.5  # how much the marrow of one level differs from the next, relative to the texture


@dataclass(frozen=True)
class MrScanner:
    """How the image is made.

    Args:
        weighting: T1, T2 or STIR; MR is a gradient echo.
        slice_thickness_mm: width of the box-shaped slice profile; less than the slice spacing leaves gaps.
        in_plane_blur_mm: standard deviation of the Gaussian blur within a slice.
        fat_shift_mm: chemical shift of fat along the frequency axis, 0 to 2 mm as bandwidths go, either way.
        frequency_axis: the voxel axis within the slice along which fat is shifted.
        bias: greatest relative deviation of the coil's sensitivity from its mean.
        noise: standard deviation of the noise in each channel, relative to a signal of 1.
        contrast_spread: how much tissues differ from their usual contrast (standard deviation of the logarithm).
        texture: standard deviation of the marrow's texture, relative to its signal.
        seed: of all that varies by chance.

    Raises:
        ValueError: if the weighting is CT or a measure is out of its range.
    """

    weighting: Modality = Modality.T2
    slice_thickness_mm: float = 4.0
    in_plane_blur_mm: float = 0.4
    fat_shift_mm: float = 0.8
    frequency_axis: Literal["i", "j"] = "j"
    bias: float = 0.15
    noise: float = 0.012
    contrast_spread: float = 0.08
    texture: float = 0.08
    seed: int = 0

    def __post_init__(self) -> None:
        if self.weighting.is_ct:
            raise ValueError("weighting: expected T1, T2, STIR or MR, got CT")
        if not (self.slice_thickness_mm > 0 and self.in_plane_blur_mm > 0):
            raise ValueError("slice_thickness_mm and in_plane_blur_mm: expected more than 0")
        if not 0 <= self.bias < 0.9:
            raise ValueError(f"bias: expected 0–0.9, got {self.bias}")
        if min(self.noise, self.contrast_spread, self.texture) < 0:
            raise ValueError("noise, contrast_spread and texture: expected 0 or more")
        if not abs(self.fat_shift_mm) <= 5:
            raise ValueError(f"fat_shift_mm: expected at most 5 mm either way, got {self.fat_shift_mm}")

    @property
    def optics(self) -> Optics:
        """How sharply it sees."""
        return Optics(self.in_plane_blur_mm, self.slice_thickness_mm)

    def signals(self, pool: Pool) -> dict[Tissue, float]:
        """The signal (0–1) of each tissue's water or fat."""
        return dict(signals(SEQUENCES[self.weighting], pool, self.contrast_spread, self.seed))


@dataclass(frozen=True, eq=False)
class _PoolShading:
    """What one pool of each tissue measures; the marrow of bodies with its texture."""

    scanner: MrScanner
    signals: dict[Tissue, float]

    def value(self, part: Part, tissue: Tissue, points: tuple[Points, Points, Points]) -> Points | float:
        mean = self.signals[tissue]
        if self.scanner.texture == 0 or not POOLS[tissue].trabecular or not isinstance(part, BodyPart):
            return mean
        offset, grain = marrow_texture(self.scanner.seed, part.vertebra.level, points)
        relative = 1 + np.float32(self.scanner.texture) * (grain + np.float32(LEVEL_SHARE * offset))
        return np.asarray(np.float32(mean) * np.maximum(relative, 0))


def render_mr(
    spine: PhantomSpine, grid: Grid, scanner: MrScanner, background: NDArray[np.uint8] | None = None
) -> Volume:
    """Image the phantom on any lattice; slices are stacked along k.

    Args:
        spine: the phantom.
        grid: any lattice, oblique ones included.
        scanner: how the image is made.
        background: `Tissue` labels of what surrounds the spine, on the same lattice; the plain trunk when not given.

    Returns:
        int16 magnitudes, 0–4095.

    Raises:
        ValueError: if the background does not fit the grid.
    """
    labels = soft_tissue(spine, grid) if background is None else background
    if labels.shape != grid.shape:
        raise ValueError(f"background: shape {labels.shape} does not fit the grid {grid.shape}")
    parts = spine_parts(spine)
    pools = {}
    for pool in ("water", "fat"):
        values = scanner.signals(pool)
        pools[pool] = imaged(plain_values(labels, values), parts, grid, scanner.optics, _PoolShading(scanner, values))
    image = (pools["water"] + _fat_shifted(pools["fat"], grid, scanner)) * _sensitivity(spine, grid, scanner)
    _add_noise(image, scanner)
    voxels = np.clip(np.rint(FULL_SIGNAL * image), 0, GREATEST).astype(np.int16)
    return Volume(voxels, grid, scanner.weighting, slice_thickness_mm=scanner.slice_thickness_mm)


def _fat_shifted(fat: NDArray[np.float32], grid: Grid, scanner: MrScanner) -> NDArray[np.float32]:
    """The fat image moved along the frequency axis, linearly between voxels."""
    axis = "ij".index(scanner.frequency_axis)
    by = [0.0, 0.0, 0.0]
    by[axis] = scanner.fat_shift_mm / grid.spacing_mm[axis]
    return np.asarray(shift(fat, by, order=1, mode="nearest", output=np.float32))


def _sensitivity(spine: PhantomSpine, grid: Grid, scanner: MrScanner) -> NDArray[np.float32]:
    """(I, J, K) the coil's relative sensitivity: a few long waves through the patient, at most `bias` from 1."""
    field = np.zeros(grid.shape, dtype=np.float32)
    if scanner.bias == 0:
        return field + 1
    rng = np.random.default_rng([scanner.seed, 6])
    steps = [np.arange(size, dtype=np.float32) for size in grid.shape]
    origin = spine.patient.body_of(grid.lps_of((0, 0, 0)))
    turn = spine.patient.axes.T @ grid.lps_from_ijk[:3, :3]
    for _ in range(BIAS_WAVES):
        direction = rng.standard_normal(3)
        wave = 2 * np.pi / rng.uniform(*BIAS_WAVELENGTH_MM) * direction / np.linalg.norm(direction)
        along = wave @ turn
        phase = wave @ origin + rng.uniform(0, 2 * np.pi)
        i, j, k = (np.float32(along[axis]) * steps[axis] for axis in range(3))
        field += np.cos(i[:, None, None] + j[None, :, None] + k[None, None, :] + np.float32(phase))
    return np.asarray(1 + np.float32(scanner.bias / BIAS_WAVES) * field)


def _add_noise(image: NDArray[np.float32], scanner: MrScanner) -> None:
    """Turn an image into the magnitude of itself with noise in both channels (Rician)."""
    if scanner.noise == 0:
        return
    rng = np.random.default_rng([scanner.seed, 7])
    for k in range(image.shape[2]):
        real, imaginary = np.float32(scanner.noise) * rng.standard_normal((2, *image.shape[:2]), dtype=np.float32)
        image[:, :, k] = np.hypot(image[:, :, k] + real, imaginary)
