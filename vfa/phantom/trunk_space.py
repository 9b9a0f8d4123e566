"""Where is a voxel relative to the column, and how is a shape painted there?

A `TrunkRecipe` names the curve of the column, and everything is painted in coordinates that follow it: `left` and
`behind` mm from the column, `above` mm from the lumbosacral junction, for a person of scale 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vfa.model.frame import FloatArray, Grid

Labels = NDArray[np.uint8]
Field = NDArray[np.float32]


class Surrounding(IntEnum):
    """What a voxel outside the spine is made of; the numbers stay clear of the spine's own tissues."""

    AIR = 100
    FAT = 101
    MUSCLE = 102
    LIVER = 103
    SPLEEN = 104
    KIDNEY = 105
    LUNG = 106
    ARTERY = 107
    VEIN = 108
    CALCIUM = 109
    BOWEL_WALL = 110
    BOWEL_FLUID = 111
    GAS = 112
    STOOL = 113
    CONTRAST = 114
    BONE_CORTEX = 115
    BONE_MARROW = 116
    METAL = 117
    TABLE = 118
    HEART = 119


EXTRAS = ("table", "arms", "hip prosthesis", "aortic calcium")
REACH_MM = 40.0  # a curved or tilted column moves a structure by at most this much from where it was looked for


@dataclass(frozen=True, eq=False)
class TrunkRecipe:
    """A trunk around a column.

    Args:
        seed: decides everything that varies.
        column_lps: (N, 3) points of the column's curve in LPS mm, in order of height, N ≥ 2.
        lumbosacral_z_mm: height (LPS z) of the junction of the last lumbar vertebra and the sacrum.
        scale: size of the person, 1 for an average adult.
        extras: some of `EXTRAS`.

    Raises:
        ValueError: for a curve that is none, a scale that is no person's, or an unknown extra.
    """

    seed: int
    column_lps: FloatArray
    lumbosacral_z_mm: float
    scale: float = 1.0
    extras: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        curve = np.asarray(self.column_lps, dtype=float)
        if curve.ndim != 2 or curve.shape[1] != 3 or len(curve) < 2 or not np.isfinite(curve).all():
            raise ValueError(f"column_lps: expected (N, 3) finite points with N ≥ 2, got shape {curve.shape}")
        if not 0.4 <= self.scale <= 1.8:
            raise ValueError(f"scale: expected 0.4–1.8, got {self.scale}")
        unknown = self.extras - set(EXTRAS)
        if unknown:
            raise ValueError(f"extras: expected some of {', '.join(EXTRAS)}, got {', '.join(sorted(unknown))}")
        object.__setattr__(self, "column_lps", curve[np.argsort(curve[:, 2])])


@dataclass(frozen=True, eq=False)
class Place:
    """A lattice seen from the column: how far left, behind and above each voxel lies, in mm divided by the scale.

    The three fields broadcast against each other to the lattice's shape.
    """

    grid: Grid
    recipe: TrunkRecipe
    left: Field
    behind: Field
    above: Field

    @classmethod
    def of(cls, grid: Grid, recipe: TrunkRecipe) -> Place:
        """Work out the fields for a lattice."""
        x, y, z = (_coordinate(grid, axis) for axis in range(3))
        curve = recipe.column_lps
        scale = np.float32(recipe.scale)
        return cls(
            grid,
            recipe,
            left=((x - np.interp(z, curve[:, 2], curve[:, 0])) / scale).astype(np.float32),
            behind=((y - np.interp(z, curve[:, 2], curve[:, 1])) / scale).astype(np.float32),
            above=((z - recipe.lumbosacral_z_mm) / scale).astype(np.float32),
        )

    def box(self, centre: ArrayLike, reach_mm: float) -> tuple[slice, slice, slice] | None:
        """The index box round a ball of `reach_mm` at (left, behind, above); None if it is off the lattice."""
        at, scale = np.asarray(centre, dtype=float), self.recipe.scale
        curve = self.recipe.column_lps
        z = at[2] * scale + self.recipe.lumbosacral_z_mm
        here = [
            at[0] * scale + np.interp(z, curve[:, 2], curve[:, 0]),
            at[1] * scale + np.interp(z, curve[:, 2], curve[:, 1]),
            z,
        ]
        around = np.asarray(self.grid.spacing_mm)
        middle = self.grid.ijk_of(here)
        low = np.floor(middle - (reach_mm * scale + REACH_MM) / around).astype(int)
        high = np.ceil(middle + (reach_mm * scale + REACH_MM) / around).astype(int) + 1
        low, high = np.maximum(low, 0), np.minimum(high, self.grid.shape)
        if (low >= high).any():
            return None
        return slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2])

    def within(self, box: tuple[slice, slice, slice]) -> tuple[Field, Field, Field]:
        """The three fields inside an index box."""
        cut = []
        for values in (self.left, self.behind, self.above):
            index = tuple(s if n > 1 else slice(None) for s, n in zip(box, values.shape, strict=True))
            cut.append(values[index])
        return cut[0], cut[1], cut[2]


def _coordinate(grid: Grid, axis: int) -> FloatArray:
    """One LPS coordinate of all voxels, as small as broadcasting allows."""
    total = np.full((1, 1, 1), grid.lps_from_ijk[axis, 3])
    for index in range(3):
        step = grid.lps_from_ijk[axis, index]
        if abs(step) > 1e-9:
            shape = [1, 1, 1]
            shape[index] = grid.shape[index]
            total = total + step * np.arange(grid.shape[index]).reshape(shape)
    return np.asarray(total, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Ellipsoid:
    """An ellipsoid at (left, behind, above) mm; `axes` are unit vectors as columns, along the three radii.

    Painted with `skin` to a depth of `skin_mm`, and `inside` beneath it.
    """

    centre: tuple[float, float, float]
    radii_mm: tuple[float, float, float]
    inside: int
    skin: int | None = None
    skin_mm: float = 0.0
    axes: FloatArray = field(default_factory=lambda: np.eye(3))


def paint(labels: Labels, place: Place, shape: Ellipsoid) -> None:
    """Write an ellipsoid into a label lattice."""
    box = place.box(shape.centre, max(shape.radii_mm))
    if box is None:
        return
    offsets = [a - np.float32(c) for a, c in zip(place.within(box), shape.centre, strict=True)]
    axes, radii = np.asarray(shape.axes, dtype=np.float32), np.asarray(shape.radii_mm, dtype=np.float32)
    total: Field | float = 0.0
    for column, radius in enumerate(radii):
        along = sum(offsets[row] * axes[row, column] for row in range(3) if abs(axes[row, column]) > 1e-6)
        total = total + (along / radius) ** 2
    view = labels[box]
    distance = np.broadcast_to(np.asarray(total), view.shape)
    if shape.skin is not None:
        view[distance <= 1] = shape.skin
        rim = 1 - shape.skin_mm / float(radii.min())
        view[distance <= max(rim, 0.0) ** 2] = shape.inside
    else:
        view[distance <= 1] = shape.inside


@dataclass(frozen=True)
class Rod:
    """A capsule between two places (left, behind, above), painted with a skin like `Ellipsoid`."""

    start: tuple[float, float, float]
    end: tuple[float, float, float]
    radius_mm: float
    inside: int
    skin: int | None = None
    skin_mm: float = 0.0


def paint_rod(labels: Labels, place: Place, rod: Rod) -> None:
    """Write a capsule into a label lattice."""
    start, end = np.asarray(rod.start, dtype=np.float32), np.asarray(rod.end, dtype=np.float32)
    length = float(np.linalg.norm(end - start)) + 1e-6
    box = place.box((start + end) / 2, length / 2 + rod.radius_mm)
    if box is None:
        return
    direction = (end - start) / np.float32(length)
    offsets = [a - s for a, s in zip(place.within(box), start, strict=True)]
    along = np.clip(sum(o * d for o, d in zip(offsets, direction, strict=True)), 0, length)
    squared = sum((o - along * d) ** 2 for o, d in zip(offsets, direction, strict=True))
    view = labels[box]
    distance = np.broadcast_to(np.asarray(squared), view.shape)
    if rod.skin is not None:
        view[distance <= rod.radius_mm**2] = rod.skin
        view[distance <= max(rod.radius_mm - rod.skin_mm, 0.0) ** 2] = rod.inside
    else:
        view[distance <= rod.radius_mm**2] = rod.inside
