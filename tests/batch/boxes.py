"""A spine of boxes whose heights are known by construction: L2–L4, 33 mm apart, one of them crushed.

Bone of 400 HU in soft tissue of 40 HU, a canal of 0 HU behind it; 1.5 mm pixels, slices of 3 mm. Small enough that an
assessment of it takes a fraction of a second.
"""

from __future__ import annotations

import numpy as np

from benchmarks.batch_export import Base
from vfa.model.frame import Grid
from vfa.model.spine import Spine, Vertebra
from vfa.model.volume import Modality, Volume

LEVELS = ("L2", "L3", "L4")
PIXEL_MM, SLICE_MM = 1.5, 3.0
INTACT_MM = 24.0
CRUSHED, CRUSHED_MM = "L3", 15.0
STEP_MM = 33.0
HALF_WIDTH_MM, HALF_DEPTH_MM = 21.0, 15.0


def base(levels: tuple[str, ...] = LEVELS) -> Base:
    """The volume and its true masks, of all levels or the first ones."""
    shape = (40, 54, 14 + 11 * (len(levels) - 1))
    grid = Grid.from_axes(shape, (PIXEL_MM, PIXEL_MM, SLICE_MM), (-29.25, -30.0, -STEP_MM * (len(levels) - 1) - 20.0))
    points = grid.lps_of(np.indices(shape).reshape(3, -1).T).reshape(*shape, 3)
    voxels = np.full(shape, 40, dtype=np.int16)
    behind = (np.abs(points[..., 0]) <= 10) & (points[..., 1] > 15) & (points[..., 1] < 31)
    voxels[behind] = 0
    vertebrae = []
    for number, level in enumerate(levels):
        height_mm = CRUSHED_MM if level == CRUSHED else INTACT_MM
        body = (
            (np.abs(points[..., 0]) <= HALF_WIDTH_MM)
            & (np.abs(points[..., 1]) <= HALF_DEPTH_MM)
            & (np.abs(points[..., 2] + STEP_MM * number) <= height_mm / 2)
        )
        voxels[body] = 400
        voxels[body & ~_shrunk(body)] = 700
        vertebrae.append(Vertebra(level, None, body, grid, canal_lps=np.array([0.0, 23.0, -STEP_MM * number])))
    return Base(Volume(voxels, grid, Modality.CT), Spine(tuple(vertebrae), grid, "boxes"))


def _shrunk(body: np.ndarray) -> np.ndarray:
    inner = body.copy()
    for axis in range(3):
        inner &= np.roll(body, 1, axis) & np.roll(body, -1, axis)
    return inner
