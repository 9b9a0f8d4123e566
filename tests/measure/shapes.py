"""Simple bodies with known heights, as masks: truth by construction."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

from vfa.model.frame import FloatArray, Grid
from vfa.model.spine import Spine, Vertebra

WIDTH_MM, DEPTH_MM = 44.0, 32.0


def block_mask(grid: Grid, centre_lps: FloatArray, anterior_mm: float, posterior_mm: float) -> NDArray[np.bool_]:
    """A body 44 mm wide and 32 mm deep whose height runs linearly from its anterior to its posterior margin."""
    index = np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape], indexing="ij"), axis=-1)
    left, posterior, cranial = np.moveaxis(grid.lps_of(index) - centre_lps, -1, 0)
    share = np.clip(posterior / DEPTH_MM + 0.5, 0, 1)
    height = anterior_mm + (posterior_mm - anterior_mm) * share
    return (np.abs(left) <= WIDTH_MM / 2) & (np.abs(posterior) <= DEPTH_MM / 2) & (np.abs(cranial) <= height / 2)


def column_of_blocks(
    heights_mm: list[tuple[float, float]], spacing_mm: tuple[float, float, float] = (0.8, 0.8, 0.8)
) -> Spine:
    """Blocks with the given (anterior, posterior) heights, L1 downwards, 8 mm of disc between them."""
    total = sum(max(pair) for pair in heights_mm) + 8.0 * (len(heights_mm) + 1)
    shape = (round(60 / spacing_mm[0]), round(80 / spacing_mm[1]), round(total / spacing_mm[2]))
    grid = Grid.from_axes(shape, spacing_mm, (-30, -30, -total))
    vertebrae, top = [], -8.0
    for number, (anterior, posterior) in enumerate(heights_mm, start=1):
        centre = np.array([0.0, 0.0, top - max(anterior, posterior) / 2])
        mask = block_mask(grid, centre, anterior, posterior)
        vertebrae.append(Vertebra(f"L{number}", None, mask, grid, canal_lps=centre + np.array([0, 26, 0])))
        top -= max(anterior, posterior) + 8.0
    return Spine(tuple(vertebrae), grid, "made for a test")


def all_orientations() -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """The 48 ways to lay an array's axes along the patient's: an order of axes and a flip of each."""
    return [(order, flips) for order in permutations(range(3)) for flips in product((1, -1), repeat=3)]


def reoriented(
    array: NDArray[np.generic], grid: Grid, order: tuple[int, ...], flips: tuple[int, ...]
) -> tuple[NDArray[np.generic], Grid]:
    """The same image with its voxel axes permuted and flipped: another array, the same place in the patient."""
    turned = np.transpose(array, order)
    matrix = np.array(grid.lps_from_ijk)
    matrix[:3, :3] = matrix[:3, list(order)]
    for axis, flip in enumerate(flips):
        if flip < 0:
            matrix[:3, 3] += matrix[:3, axis] * (turned.shape[axis] - 1)
            matrix[:3, axis] *= -1
            turned = np.flip(turned, axis)
    return np.ascontiguousarray(turned), Grid(turned.shape, matrix)
