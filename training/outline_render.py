"""What would a scanner make of a piece of a spine? Images on the scanner's own lattice, thin or thick slices.

Tissues are as bright as `contrasts` draws them. What decides where a surface seems to lie is drawn as well: how thick
the dark or bright shell of a body is, ligament and cartilage on it, fat shifted against water, kernels, noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from contrasts import GROUPS, MARROWS, Contrast, ct_contrast, mr_contrast
from numpy.typing import NDArray
from render import along_axis, coil, mottle, patches

from vfa.model.frame import Grid
from vfa.phantom.materials import Tissue

Generator = np.random.Generator
FloatImage = NDArray[np.float32]

FINE_MM = 0.75
LIGAMENT, CARTILAGE = 200, 201  # labels that exist only here: dark bands outside a body
MARROW_LABELS = tuple(label for name in ("marrow", *MARROWS, "impacted") for label in GROUPS[name])
FAT_LABELS = GROUPS["fat"]
DISC_LABELS = (Tissue.DISC, Tissue.DISC_NUCLEUS)
DISC_SPREAD = 0.35  # of the logarithm of their brightness, from one disc to the next
CT_SLICES = [0.7, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0], [0.15, 0.2, 0.1, 0.15, 0.1, 0.18, 0.05, 0.07]  # mm, share
MR_SLICES = [1.0, 2.0, 3.0, 3.5, 4.0, 4.5, 5.0], [0.12, 0.08, 0.2, 0.15, 0.25, 0.1, 0.1]


@dataclass(frozen=True, eq=False)
class Scene:
    """Tissue labels (uint8) and distance (mm) to the nearest body's surface, both (X, Y, Z) on `grid` of FINE_MM."""

    labels: NDArray[np.uint8]
    distance_mm: FloatImage
    grid: Grid


@dataclass(frozen=True, eq=False)
class Picture:
    """An image on its own lattice, HU or MR signal, finer axes already averaged to about 1 mm."""

    image: FloatImage
    grid: Grid
    is_ct: bool
    slice_axis: int
    slice_mm: float


def render_scene(scene: Scene, rng: Generator, mr_share: float = 0.5) -> Picture:
    """One image of a scene; that share of them is MR."""
    contrast = mr_contrast(rng) if rng.random() < mr_share else ct_contrast(rng)
    labels = _with_shells(scene, contrast, rng)
    fine = contrast.mean[labels]
    fine += contrast.texture[labels] * mottle(labels.shape, rng)
    fine *= patches(labels.shape, rng, float(rng.uniform(0, 0.2)))
    if not contrast.is_ct:
        discs = np.isin(labels, DISC_LABELS)
        fine[discs] *= _from_disc_to_disc(labels.shape, rng)[discs]
        fine = _fat_shifted(fine, labels, rng)
    return _scanned(fine, scene.grid, contrast, rng)


def _with_shells(scene: Scene, contrast: Contrast, rng: Generator) -> NDArray[np.uint8]:
    """The labels with a shell of a random thickness; new brightness is written into the contrast's table."""
    labels = scene.labels.copy()
    dark = float(contrast.mean[Tissue.BODY_CORTEX])
    muscle, disc = float(contrast.mean[Tissue.MUSCLE]), float(contrast.mean[Tissue.DISC])
    if contrast.is_ct:
        inner = float(rng.uniform(0, 1.4)) if rng.random() < 0.5 else 0.0
        shell = (scene.distance_mm > -inner) & (labels == Tissue.BODY_MARROW)
        labels[shell & (scene.distance_mm <= 0)] = Tissue.BODY_CORTEX
        return labels
    inner, ligament, cartilage = (float(rng.uniform(0, most)) for most in (1.3, 1.6, 1.5))
    contrast.mean[LIGAMENT] = dark + float(rng.uniform(0, 0.7)) * (muscle - dark)
    contrast.mean[CARTILAGE] = dark + float(rng.uniform(0, 1.3)) * (disc - dark)
    outside = scene.distance_mm > 0
    labels[(scene.distance_mm > -inner) & ~outside & (labels == Tissue.BODY_MARROW)] = Tissue.BODY_CORTEX
    in_disc = (labels == Tissue.DISC) | (labels == Tissue.DISC_NUCLEUS)
    labels[outside & in_disc & (scene.distance_mm < cartilage)] = CARTILAGE
    labels[outside & ~in_disc & (scene.distance_mm < ligament) & (labels != Tissue.POSTERIOR_MARROW)] = LIGAMENT
    return labels


def _from_disc_to_disc(shape: tuple[int, ...], rng: Generator) -> FloatImage:
    """How bright each disc is beside the mean of all, along the column."""
    knots = rng.normal(0, DISC_SPREAD, 6)
    along = np.interp(np.linspace(0, 5, shape[2]), np.arange(6), knots)
    return np.broadcast_to(np.exp(along).astype(np.float32), shape)


def _fat_shifted(fine: FloatImage, labels: NDArray[np.uint8], rng: Generator) -> FloatImage:
    """Fat's share of the signal, moved along one axis by up to 2.2 mm: it thickens one endplate and hides the other."""
    steps = int(rng.choice([-3, -2, -1, 0, 1, 2, 3], p=[0.07, 0.13, 0.2, 0.2, 0.2, 0.13, 0.07]))
    if steps == 0:
        return fine
    share = np.zeros(256, dtype=np.float32)
    share[list(FAT_LABELS)] = 0.95
    share[list(MARROW_LABELS)] = float(rng.uniform(0.1, 0.8))
    fat = fine * share[labels]
    return np.asarray(fine - fat + np.roll(fat, steps, axis=int(rng.choice([1, 2, 0], p=[0.45, 0.45, 0.1]))))


def _scanned(fine: FloatImage, grid: Grid, contrast: Contrast, rng: Generator) -> Picture:
    is_ct = contrast.is_ct
    slice_axis = int(rng.choice([0, 1, 2], p=[0.1, 0.08, 0.82] if is_ct else [0.75, 0.08, 0.17]))
    choices, shares = CT_SLICES if is_ct else MR_SLICES
    thick_mm = float(rng.choice(choices, p=shares))
    step_mm = max(thick_mm * float(rng.choice([1.0, 1.1, 1.25, 0.6], p=[0.5, 0.25, 0.1, 0.15])), 0.7)
    pixel_mm, sigma_mm = float(rng.uniform(0.6, 1.2)), float(rng.uniform(0.3, 0.95))
    sharp = float(rng.uniform(0, 0.8)) if rng.random() < 0.3 else 0.0
    image, spacing, first = fine, np.full(3, pixel_mm), np.zeros(3)
    for axis in range(3):
        if axis == slice_axis:
            spacing[axis] = step_mm
            first[axis] = float(rng.uniform(0, step_mm))
            places = np.arange(first[axis], fine.shape[axis] * FINE_MM, step_mm)
            matrix = _slices(fine.shape[axis], places, thick_mm)
        else:
            first[axis] = pixel_mm / 2
            places = np.arange(first[axis], fine.shape[axis] * FINE_MM, pixel_mm)
            matrix = _kernel(fine.shape[axis], places, sigma_mm)
            if sharp:
                matrix = (1 + sharp) * matrix - sharp * _kernel(fine.shape[axis], places, 2.5 * sigma_mm)
        image = along_axis(image, matrix.astype(np.float32), axis)
    noise = _noise(image.shape, slice_axis, rng)
    if is_ct:
        image = image + noise * float(np.exp(rng.uniform(np.log(4), np.log(75))))
    else:
        image = image * coil(image.shape, rng)
        sigma = float(np.exp(rng.uniform(np.log(0.005), np.log(0.07)))) * max(float(image.mean()), 0.05) * 3
        other = rng.standard_normal(image.shape, dtype=np.float32)
        image = np.hypot(image + sigma * noise, sigma * other)
    origin = grid.lps_of(first / FINE_MM - 0.5)
    shape = (image.shape[0], image.shape[1], image.shape[2])
    return Picture(image.astype(np.float32), Grid.from_axes(shape, spacing, origin), is_ct, slice_axis, thick_mm)


def _kernel(size: int, places_mm: NDArray[np.float64], sigma_mm: float) -> NDArray[np.float64]:
    fine = (np.arange(size) + 0.5) * FINE_MM
    weights = np.exp(-0.5 * ((places_mm[:, None] - fine[None]) / max(sigma_mm, 0.35)) ** 2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _slices(size: int, places_mm: NDArray[np.float64], thick_mm: float) -> NDArray[np.float64]:
    fine = (np.arange(size) + 0.5) * FINE_MM
    distance = np.abs(places_mm[:, None] - fine[None])
    weights = np.clip((thick_mm + FINE_MM) / 2 - distance, 0, FINE_MM) + 1e-6 * np.exp(-distance)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _noise(shape: tuple[int, ...], slice_axis: int, rng: Generator) -> FloatImage:
    """White, or with the grain of a smooth kernel within the slices; unit spread."""
    noise = rng.standard_normal(shape, dtype=np.float32)
    if rng.random() < 0.5:
        width = float(rng.uniform(0.4, 1.0))
        taps = np.exp(-0.5 * ((np.arange(-2, 3)) / width) ** 2).astype(np.float32)
        taps /= np.sqrt((taps**2).sum())
        for axis in (a for a in range(3) if a != slice_axis):
            matrix = sum(tap * np.eye(shape[axis], k=k, dtype=np.float32) for k, tap in enumerate(taps, start=-2))
            noise = along_axis(noise, np.asarray(matrix, dtype=np.float32), axis)
    return noise
