"""How are the things found in or at a vertebra painted?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vfa.model.frame import BodyFrame, FloatArray
from vfa.phantom.anatomy import PhantomVertebra
from vfa.phantom.features import of_kind
from vfa.phantom.inclusions import Inclusion, WallGap
from vfa.phantom.materials import Tissue
from vfa.phantom.painting import Part

Points = NDArray[np.float32]

BEYOND_SURFACE_MM = 0.6  # what takes the cortex's place stands this far out, so that no cortex shows at its face
GAP_DEPTH_MM = 1.8  # from the wall's outer surface inwards
FILLINGS = {"blood": Tissue.FLUID, "tumour": Tissue.TUMOUR}


def place_in_body(vertebra: PhantomVertebra, left: float, depth: float, height: float) -> tuple[float, float, float]:
    """The (x, y, z) in the construction frame of a place given in fractions of the body."""
    shape = vertebra.shape
    x, y = left * shape.width_mm / 2, (0.5 - depth) * shape.depth_mm
    lower, upper = float(shape.lower_mm(x, y)), float(shape.upper_mm(x, y))
    return x, y, lower + height * (upper - lower)


@dataclass(frozen=True, eq=False)
class WallGapPart:
    """A hole in the posterior cortex and what fills it."""

    vertebra: PhantomVertebra
    gap: WallGap

    @property
    def frame(self) -> BodyFrame:
        """The construction frame."""
        return self.vertebra.construction

    @cached_property
    def centre_mm(self) -> tuple[float, float, float]:
        """Its middle, on the wall."""
        shape, gap = self.vertebra.shape, self.gap
        x = gap.left_fraction * shape.width_mm / 2
        y = float(shape.posterior_wall_mm(x, gap.height_fraction))
        # At the wall the endplates' edges are rounded off, so heights are taken 2 mm in front of it.
        lower, upper = float(shape.lower_mm(x, y + 2)), float(shape.upper_mm(x, y + 2))
        return x, y, lower + gap.height_fraction * (upper - lower)

    @property
    def box_mm(self) -> tuple[FloatArray, FloatArray]:
        """As far as it may reach however it is turned, and as deep as the wall's hollow varies."""
        reach = np.hypot(self.gap.width_mm, self.gap.height_mm) / 2 + 1
        half = np.array([reach, GAP_DEPTH_MM + 3, reach])
        return self.centre_mm - half, self.centre_mm + half

    def layers(self, x: Points, y: Points, z: Points) -> Iterator[tuple[Tissue, Points]]:
        """What fills it, from a little behind the wall to a little below its cortex."""
        gap, (x0, _, z0) = self.gap, self.centre_mm
        cos, sin = np.float32(np.cos(np.radians(gap.turn_deg))), np.float32(np.sin(np.radians(gap.turn_deg)))
        dx, dz = x - np.float32(x0), z - np.float32(z0)
        across = np.abs(cos * dx + sin * dz) - np.float32(gap.width_mm / 2)
        along = np.abs(cos * dz - sin * dx) - np.float32(gap.height_mm / 2)
        surface = self.vertebra.field.surface(x, y, z)
        wall = np.maximum(surface - np.float32(BEYOND_SURFACE_MM), -surface - np.float32(GAP_DEPTH_MM))
        yield FILLINGS[gap.filling], np.asarray(np.maximum(np.maximum(across, along), wall))


def inclusion_parts(vertebra: PhantomVertebra) -> list[Part]:
    """What is painted over a body, in order."""
    parts: list[Part] = [WallGapPart(vertebra, gap) for gap in of_kind(vertebra.inclusions, WallGap)]
    return parts


def opens_wall(inclusion: Inclusion) -> bool:
    """Whether this kind of thing may open the posterior wall's cortex."""
    return isinstance(inclusion, WallGap)
