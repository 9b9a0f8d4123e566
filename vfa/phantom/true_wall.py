"""Is the cortex of the posterior wall whole, exactly, and if not, where does it lack?

Lines run forward from the canal through the wall, a fifth of a millimetre apart, in the construction frame. Where a
line meets bone and finds less than half the cortex's thickness just below its surface, or meets none at all, the wall
is open there. What the basivertebral foramen opens in the same body when whole is no gap; a gap may run through it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from vfa.model.frame import FloatArray, Grid
from vfa.phantom.anatomy import PhantomVertebra
from vfa.phantom.features import of_kind
from vfa.phantom.inclusion_parts import opens_wall
from vfa.phantom.materials import Tissue
from vfa.phantom.painting import paint_labels
from vfa.phantom.tissues import body_parts
from vfa.phantom.wall_parts import least_cortex_mm
from vfa.phantom.wall_variants import WallVariant

Lines = NDArray[np.bool_]

PITCH_MM = 0.2
ALONG_MM = 0.1  # step along a line
HEIGHT_RANGE = (0.08, 0.94)  # between the endplates: their rounded edges are not the wall's
PEDICLE_MARGIN_MM = 1.0  # kept from the canal's sides, where the pedicles begin
BEFORE_WALL_MM = 4.0  # how far in front of the deepest place of the wall a line may still meet bone
LOOKED_INTO_MM = 1.5  # below the surface
CORTEX_SHARE = 0.5  # of its thickness; less is open
LEAST_GAP_MM2 = 1.0  # what is smaller is the lattice's own grain


@dataclass(frozen=True, eq=False)
class TrueGap:
    """One hole in the cortex of the posterior wall.

    Args:
        area_mm2: seen from behind, without what the foramen opens anyway.
        area_with_foramen_mm2: including it, where the gap runs through the foramen.
        centre_lps: (3,) its middle on the wall.
        left_mm: of its middle, from the body's midline.
        width_mm: from its right to its left edge.
        height_mm: from its lower to its upper edge.
    """

    area_mm2: float
    area_with_foramen_mm2: float
    centre_lps: FloatArray
    left_mm: float
    width_mm: float
    height_mm: float

    @property
    def through_foramen(self) -> bool:
        """Whether it runs through the basivertebral foramen."""
        return self.area_with_foramen_mm2 > self.area_mm2


@dataclass(frozen=True, eq=False)
class _Wall:
    """Lines through a wall: which count (X, Z), and the lattice (X, Y, Z) they run on, y forward."""

    vertebra: PhantomVertebra
    grid: Grid
    first: FloatArray
    counted: Lines

    def open(self, vertebra: PhantomVertebra) -> Lines:
        """Which lines (X, Z) find the cortex of this vertebra open."""
        labels = np.zeros(self.grid.shape, dtype=np.uint8)
        paint_labels(labels, body_parts(vertebra), self.grid)
        x, y, z = (
            (self.first[axis] + step * np.arange(size))
            .astype(np.float32)
            .reshape([-1 if axis == n else 1 for n in range(3)])
            for axis, (size, step) in enumerate(zip(self.grid.shape, (PITCH_MM, ALONG_MM, PITCH_MM), strict=True))
        )
        bone = vertebra.field.surface(x, y, z) < 0
        met = bone.argmax(axis=1)[:, None, :]
        steps = np.arange(self.grid.shape[1])[None, :, None]
        below = (steps >= met) & (steps < met + round(LOOKED_INTO_MM / ALONG_MM))
        cortex_mm = ALONG_MM * ((labels == Tissue.BODY_CORTEX) & below).sum(axis=1)
        return np.asarray(~bone.any(axis=1) | (cortex_mm < CORTEX_SHARE * least_cortex_mm(vertebra)))


def _wall(vertebra: PhantomVertebra) -> _Wall:
    shape = vertebra.shape
    half = vertebra.arch.canal_width_mm / 2 - PEDICLE_MARGIN_MM
    x = np.arange(-half, half + PITCH_MM / 2, PITCH_MM)
    wall = shape.posterior_wall_mm(x, 0.5)
    lower, upper = shape.lower_mm(x, wall + 2), shape.upper_mm(x, wall + 2)
    low, high = (lower + part * (upper - lower) for part in HEIGHT_RANGE)
    z = np.arange(low.min(), high.max(), PITCH_MM)
    first_y, last_y = vertebra.field.box_mm[0][1] - 1, wall.max() + BEFORE_WALL_MM
    first = np.array([x[0], first_y, z[0]])
    grid = Grid.from_axes(
        (x.size, int((last_y - first_y) / ALONG_MM), z.size),
        (PITCH_MM, ALONG_MM, PITCH_MM),
        vertebra.construction.lps_of(first),
        vertebra.construction.axes,
    )
    return _Wall(vertebra, grid, first, (z >= low[:, None]) & (z <= high[:, None]))


def wall_gaps(vertebra: PhantomVertebra) -> tuple[TrueGap, ...]:
    """Every gap in the cortex of a vertebra's posterior wall, the largest first; none for a whole one."""
    fracture = vertebra.shape.fracture
    broken = vertebra.shape.comminution is not None or (fracture is not None and fracture.retropulsion_mm > 0)
    if not (broken or any(opens_wall(inclusion) for inclusion in vertebra.inclusions)):
        return ()
    wall = _wall(vertebra)
    foramen = (
        wall.open(
            replace(vertebra, shape=vertebra.shape.whole_wall, inclusions=of_kind(vertebra.inclusions, WallVariant))
        )
        & wall.counted
    )
    opened = wall.open(vertebra) & wall.counted
    return tuple(sorted(_gaps(wall, opened, foramen), key=lambda gap: -gap.area_mm2))


def _gaps(wall: _Wall, opened: Lines, foramen: Lines) -> Iterator[TrueGap]:
    pieces, count = label(opened | foramen, structure=np.ones((3, 3)))
    for number in range(1, count + 1):
        piece = pieces == number
        beyond = piece & opened & ~foramen
        area_mm2 = float(beyond.sum()) * PITCH_MM**2
        if area_mm2 < LEAST_GAP_MM2:
            continue
        whole = piece if (piece & opened & foramen).any() else beyond
        places = np.argwhere(beyond)
        x, z = (wall.first[axis] + PITCH_MM * places[:, n].mean() for n, axis in enumerate((0, 2)))
        y = float(wall.vertebra.shape.posterior_wall_mm(x, 0.5))
        width, height = PITCH_MM * (places.max(axis=0) - places.min(axis=0) + 1)
        yield TrueGap(
            area_mm2,
            float(whole.sum()) * PITCH_MM**2,
            wall.vertebra.construction.lps_of((x, y, z)),
            float(x),
            float(width),
            float(height),
        )
