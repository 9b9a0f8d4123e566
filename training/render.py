"""What would a scanner make of these tissues? Random contrast, texture, blur, thick slices, noise, field of view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from contrasts import Generator, ct_contrast, mr_contrast
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

FINE_MM, COARSE_MM = 1.0, 2.0
CT_WINDOW_HU = (-250.0, 850.0)  # the same in vfa.segment.built_in


@dataclass(frozen=True, eq=False)
class Rendering:
    """One image (X, Y, Z) float32 at 2 mm, about 0–1; `known` (X, Y, Z) bool is False outside the field of view."""

    image: FloatArray
    known: NDArray[np.bool_]
    kind: str  # "CT" or "MR"


def render(labels: NDArray[np.uint8], rng: Generator, mr_share: float = 0.5) -> Rendering:
    """An image at 2 mm of a label lattice at 1 mm (even sizes), as any CT or MR scanner might show it.

    Args:
        labels: (X, Y, Z) tissues.
        rng: decides everything.
        mr_share: how likely it is an MR scanner.
    """
    contrast = ct_contrast(rng) if rng.random() < 1 - mr_share else mr_contrast(rng)
    fine = contrast.mean[labels]
    fine += contrast.texture[labels] * mottle(labels.shape, rng)
    fine *= patches(labels.shape, rng, float(rng.uniform(0, 0.2)))
    shape = tuple(n // 2 for n in labels.shape)
    thick_axis = int(rng.choice([0, 1, 2], p=[0.15, 0.05, 0.8] if contrast.is_ct else [0.7, 0.1, 0.2]))
    thick_mm = float(rng.choice([1.0, 1.5, 2.0, 3.0, 4.0, 5.0], p=[0.2, 0.2, 0.15, 0.2, 0.1, 0.15]))
    if not contrast.is_ct:
        thick_mm = float(rng.choice([1.0, 2.0, 3.0, 4.0, 5.0], p=[0.1, 0.1, 0.25, 0.35, 0.2]))
    blur_mm = float(rng.uniform(0.4, 1.3))
    spread = [
        _slices(labels.shape[axis], thick_mm, rng) if axis == thick_axis else _smooth(labels.shape[axis], blur_mm)
        for axis in range(3)
    ]
    image = fine
    for axis, (blend, take) in enumerate(spread):
        image = along_axis(image, blend @ take, axis)
    noise = rng.standard_normal(
        tuple(spread[a][0].shape[1] if a == thick_axis else shape[a] for a in range(3)), dtype=np.float32
    )
    noise = along_axis(noise, spread[thick_axis][0], thick_axis)
    if contrast.is_ct:
        image += noise * float(np.exp(rng.uniform(np.log(4), np.log(70))))
        image = (np.clip(image, *CT_WINDOW_HU) - CT_WINDOW_HU[0]) / (CT_WINDOW_HU[1] - CT_WINDOW_HU[0])
        known = _field_of_view(shape, rng, "CT")
    else:
        image *= coil(shape, rng)
        sigma = float(np.exp(rng.uniform(np.log(0.005), np.log(0.08)))) * max(float(image.mean()), 0.05) * 3
        image = np.hypot(image + sigma * noise, sigma * rng.standard_normal(shape, dtype=np.float32))
        known = _field_of_view(shape, rng, "MR")
        image = _scale_mr(image, known, rng)
    image[~known] = 0.0
    return Rendering(image.astype(np.float32), known, "CT" if contrast.is_ct else "MR")


def along_axis(image: FloatArray, matrix: FloatArray, axis: int) -> FloatArray:
    moved = np.tensordot(matrix, image, axes=([1], [axis]))
    return np.ascontiguousarray(np.moveaxis(moved, 0, axis), dtype=np.float32)


def _smooth(size: int, sigma_mm: float) -> tuple[FloatArray, FloatArray]:
    """Gaussian blur from 1 mm voxels straight to 2 mm voxels, as (blend, take) with nothing to blend."""
    centres = (np.arange(size // 2) + 0.5) * COARSE_MM
    fine = (np.arange(size) + 0.5) * FINE_MM
    weights = np.exp(-0.5 * ((centres[:, None] - fine[None]) / max(sigma_mm, 0.6)) ** 2)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.eye(size // 2, dtype=np.float32), weights.astype(np.float32)


def _slices(size: int, thick_mm: float, rng: Generator) -> tuple[FloatArray, FloatArray]:
    """Slices of a thickness and spacing: `take` averages each slice, `blend` interpolates between them to 2 mm."""
    spacing = max(thick_mm * float(rng.choice([1.0, 1.1, 1.25, 0.6], p=[0.5, 0.25, 0.1, 0.15])), 1.0)
    fine = (np.arange(size) + 0.5) * FINE_MM
    slices = np.arange(-spacing + rng.uniform(0, spacing), size * FINE_MM + spacing, spacing)
    distance = np.abs(slices[:, None] - fine[None])
    take = np.clip((thick_mm + FINE_MM) / 2 - distance, 0, FINE_MM) + 1e-6 * np.exp(-distance)
    take /= take.sum(axis=1, keepdims=True)
    centres = (np.arange(size // 2) + 0.5) * COARSE_MM
    blend = np.clip(1 - np.abs(centres[:, None] - slices[None]) / spacing, 0, 1)
    blend /= blend.sum(axis=1, keepdims=True)
    return blend.astype(np.float32), take.astype(np.float32)


def _grown(coarse: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """A coarse random field, interpolated linearly to a lattice."""
    out = coarse
    for axis, size in enumerate(shape):
        at = np.linspace(0, coarse.shape[axis] - 1, size)
        low = np.minimum(at.astype(int), coarse.shape[axis] - 2)
        matrix = np.zeros((size, coarse.shape[axis]), np.float32)
        matrix[np.arange(size), low] = 1 - (at - low)
        matrix[np.arange(size), low + 1] = at - low
        out = along_axis(out, matrix, axis)
    return out


def mottle(shape: tuple[int, ...], rng: Generator) -> FloatArray:
    """Texture with unit spread: half fine, half of several millimetres."""
    field = rng.standard_normal(shape, dtype=np.float32)
    step = float(rng.uniform(3, 10))
    coarse = rng.standard_normal(tuple(int(n / step) + 2 for n in shape), dtype=np.float32)
    return np.float32(0.7) * field + np.float32(1.1) * _grown(coarse, shape)


def patches(shape: tuple[int, ...], rng: Generator, amount: float) -> FloatArray:
    """Slow factors round 1: oedema, sclerosis and loss of marrow differ from body to body."""
    coarse = rng.standard_normal(tuple(int(n / 25) + 2 for n in shape), dtype=np.float32)
    return np.clip(1 + np.float32(amount) * _grown(coarse, shape), 0.3, 2.0).astype(np.float32)


def coil(shape: tuple[int, ...], rng: Generator) -> FloatArray:
    """Receive sensitivity: smooth bias, often falling away from the back, sometimes a dark saturation band in front."""
    coarse = rng.standard_normal((4, 4, 4), dtype=np.float32) * np.float32(rng.uniform(0, 0.4))
    log = _grown(coarse, shape)
    y = np.linspace(0, 1, shape[1], dtype=np.float32)[None, :, None]
    if rng.random() < 0.6:
        log = log + np.float32(rng.uniform(0, 2.2)) * (y - 1)
    factor = np.exp(log)
    if rng.random() < 0.35:
        edge = rng.uniform(0.05, 0.45)
        factor = factor * np.where(y < edge, np.float32(rng.uniform(0.05, 0.5)), np.float32(1))
    return np.asarray(factor, dtype=np.float32)


def _field_of_view(shape: tuple[int, ...], rng: Generator, kind: str) -> NDArray[np.bool_]:
    """Which voxels were scanned: often all; sagittal MR is a slab; else a side is cut off."""
    known = np.ones(shape, dtype=bool)
    if kind == "MR" and rng.random() < 0.6:
        width = int(rng.integers(24, 56))
        middle = shape[0] // 2 + int(rng.integers(-10, 11))
        known[: max(middle - width // 2, 0)] = False
        known[middle + width // 2 :] = False
    if rng.random() < 0.5:
        axis, side = int(rng.integers(0, 3)), int(rng.integers(0, 2))
        cut = int(rng.uniform(0.05, 0.4) * shape[axis])
        index: list[slice] = [slice(None)] * 3
        index[axis] = slice(None, cut) if side == 0 else slice(-cut, None)
        known[tuple(index)] = False
    return known


def _scale_mr(image: FloatArray, known: NDArray[np.bool_], rng: Generator) -> FloatArray:
    """Robust percentiles to 0–1, with the spread that other fields of view would give them."""
    low, high = np.percentile(image[known][::7], [rng.uniform(0.2, 3), rng.uniform(96.5, 99.8)])
    scaled = (image - low) / max(float(high - low), 1e-6)
    gamma = float(np.exp(rng.normal(0, 0.15)))
    return np.asarray(np.clip(scaled, 0, 1.5) ** gamma, dtype=np.float32)
