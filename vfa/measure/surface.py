"""What is the smooth course of a height field, and how does it go on beyond its margin?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.model.frame import FloatArray


def smooth_surface(
    surface: FloatArray, where: NDArray[np.bool_], sigma_mm: float, weight: FloatArray | None = None
) -> FloatArray:
    """Gaussian-smooth a height field (L, A) about its own robust quadratic trend, extended beyond `where`."""
    weights = np.where(where & np.isfinite(surface), 1.0 if weight is None else weight, 0.0)
    trend = quadratic_trend(surface, weights)
    residual = np.where(weights > 0, surface - trend, 0.0)
    return np.asarray(trend + _local_line(residual, weights, sigma_mm))


def smooth_field(
    values: FloatArray, where: NDArray[np.bool_], sigma_mm: float, weight: FloatArray | None = None
) -> FloatArray:
    """Gaussian-smooth a field (L, A) known at `where`, with no trend of its own; it fades out far from there."""
    weights = np.where(where, 1.0 if weight is None else weight, 0.0)
    return _local_line(np.where(weights > 0, values, 0.0), weights, sigma_mm)


def _local_line(values: FloatArray, weights: FloatArray, sigma: float) -> FloatArray:
    """(L, A): at every place the height of a plane fitted around it with Gaussian weights.

    A plane, not a mean: at the margin, where all neighbours lie on one side, a mean would pull the rim inwards.
    """
    rows, columns = np.meshgrid(*[np.arange(n, dtype=float) for n in values.shape], indexing="ij")
    terms = np.stack([np.ones_like(values), rows, columns])
    pairs = [(0, 0), (1, 0), (2, 0), (1, 1), (2, 1), (2, 2)]
    fields = np.stack([*(terms[i] * terms[j] for i, j in pairs), *(terms * values)]) * weights
    around = np.asarray(ndimage.gaussian_filter(fields, (0, sigma, sigma), mode="constant"))
    normal = np.empty((*values.shape, 3, 3))
    for (i, j), field in zip(pairs, around, strict=False):
        normal[..., i, j] = normal[..., j, i] = field
    right = np.moveaxis(around[len(pairs) :], 0, -1)
    mass = normal[..., 0, 0]
    # The ridge, on slopes about the place itself, turns the plane into a mean where neighbours are too few.
    shift = np.zeros((*values.shape, 3, 3)) + np.eye(3)
    shift[..., 1, 0], shift[..., 2, 0] = -rows, -columns
    normal = shift @ normal @ np.swapaxes(shift, -1, -2)
    right = (shift @ right[..., None])[..., 0]
    ridge = np.maximum(mass, 1e-9)[..., None, None] * np.diag([1e-6, 0.05 * sigma**2, 0.05 * sigma**2])
    enough = mass > 1e-3 * max(float(mass.max()), 1e-12)
    solution = np.linalg.solve(normal + ridge + 1e-12 * np.eye(3), right[..., None])[..., 0, 0]
    return np.where(enough, solution, 0.0)


def quadratic_trend(surface: FloatArray, weights: FloatArray) -> FloatArray:
    """(L, A) quadratic fitted to the weighted height field, twice, the second time without outliers."""
    rows, columns = np.meshgrid(*[np.linspace(-1, 1, n) for n in surface.shape], indexing="ij")
    design = np.stack([np.ones_like(rows), rows, columns, rows**2, rows * columns, columns**2], axis=-1)
    weights = np.where(np.isfinite(surface), weights, 0.0)
    keep = weights > 0
    trend = np.zeros_like(surface)
    for _ in range(2):
        root = np.sqrt(weights[keep])
        solution, *_ = np.linalg.lstsq(design[keep] * root[:, None], surface[keep] * root, rcond=None)
        trend = design @ solution
        error = np.abs(surface - trend)
        keep = (weights > 0) & (error <= max(3 * 1.4826 * float(np.median(error[keep])), 0.5))
    return np.asarray(trend)
