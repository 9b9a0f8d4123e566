"""What surrounds the bones, in its plainest form: trunk, muscles, fat and the great vessels.

Everything follows the spine's own course: a place is given relative to the middle of the bodies at the same height.
Proportions are plausible for an adult lying on the back; no measurement rests on them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vfa.model.frame import Grid
from vfa.phantom.anatomy import PhantomSpine
from vfa.phantom.materials import Tissue
from vfa.phantom.painting import Points, points_in

SLAB_VOXELS = 48  # slices worked on at once, to bound memory


@dataclass(frozen=True)
class _Ellipse:
    """An elliptic column along the spine: centre and half-sizes, mm left and anterior of the bodies' middle."""

    left_mm: float
    anterior_mm: float
    half_left_mm: float
    half_anterior_mm: float

    def inside(self, x: Points, y: Points) -> NDArray[np.bool_]:
        """Which points lie within it."""
        across = (x - np.float32(self.left_mm)) * np.float32(1 / self.half_left_mm)
        along = (y - np.float32(self.anterior_mm)) * np.float32(1 / self.half_anterior_mm)
        return np.asarray(across * across + along * along < 1)


TRUNK = (
    (Tissue.SKIN, _Ellipse(0, 38, 172, 124)),
    (Tissue.FAT, _Ellipse(0, 38, 170, 122)),
    (Tissue.MUSCLE, _Ellipse(0, 38, 148, 102)),
    (Tissue.FAT, _Ellipse(0, 66, 128, 66)),
    (Tissue.FAT, _Ellipse(0, 22, 50, 22)),
    (Tissue.ORGAN, _Ellipse(-66, 66, 46, 50)),
    (Tissue.ORGAN, _Ellipse(70, 76, 34, 36)),
    (Tissue.ORGAN, _Ellipse(6, 92, 30, 22)),
    (Tissue.FAT, _Ellipse(0, -50, 5, 30)),
    (Tissue.VESSEL, _Ellipse(9, 31, 9.5, 9.5)),
    (Tissue.VESSEL, _Ellipse(-16, 28, 12, 8)),
)
PSOAS = (_Ellipse(39, -2, 15, 18), _Ellipse(-39, -2, 15, 18))
PSOAS_FROM = "L2"  # it begins beside the thoracolumbar junction and is full below


def soft_tissue(spine: PhantomSpine, grid: Grid) -> NDArray[np.uint8]:
    """Labels (I, J, K) of everything but bones, discs and canal, by voxel centre."""
    labels = np.zeros(grid.shape, dtype=np.uint8)
    course, lowest_mm = _course(spine)
    psoas_below = max(
        (spine.patient.body_of(v.construction.centre_lps)[2] for v in spine.segments if v.level >= PSOAS_FROM),
        default=-np.inf,
    )
    for start in range(0, grid.shape[2], SLAB_VOXELS):
        slab = (slice(0, grid.shape[0]), slice(0, grid.shape[1]), slice(start, start + SLAB_VOXELS))
        slab = (slab[0], slab[1], slice(start, min(start + SLAB_VOXELS, grid.shape[2])))
        x, y, z = points_in(grid, slab, spine.patient)
        row = np.clip((z - np.float32(lowest_mm)).astype(np.int32), 0, course.shape[1] - 1)
        x, y = x - course[0].take(row), y - course[1].take(row)
        for tissue, ellipse in TRUNK:
            np.copyto(labels[slab], np.uint8(tissue), where=ellipse.inside(x, y))
        for ellipse in PSOAS:
            np.copyto(labels[slab], np.uint8(Tissue.MUSCLE), where=ellipse.inside(x, y) & (z < psoas_below))
    return labels


def _course(spine: PhantomSpine) -> tuple[NDArray[np.float32], float]:
    """The bodies' middle, mm left and anterior, at every mm of height in the patient's frame, and the lowest height."""
    centres = np.stack([spine.patient.body_of(segment.construction.centre_lps) for segment in spine.segments])
    rising = centres[np.argsort(centres[:, 2])]
    heights = np.arange(rising[0, 2] - 20, rising[-1, 2] + 20)
    left, anterior = (np.interp(heights, rising[:, 2], rising[:, axis]) for axis in (0, 1))
    return np.stack([left, anterior]).astype(np.float32), float(heights[0])
