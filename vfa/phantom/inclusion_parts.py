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
from vfa.phantom.inclusions import Cement, Cleft, Inclusion, LyticLesion, WallGap
from vfa.phantom.lobes import Cells, Lobes, place_of
from vfa.phantom.materials import Tissue
from vfa.phantom.painting import Part
from vfa.phantom.solids import ellipse_distance
from vfa.phantom.wall_variants import WallVariant

Points = NDArray[np.float32]

BEYOND_SURFACE_MM = 0.6  # what takes the cortex's place stands this far out, so that no cortex shows at its face
GAP_DEPTH_MM = 1.8  # from the wall's outer surface inwards
CLEAR_OF_SHELL_MM = 1.5  # of the body's surface, for what lies within the shell
FILLINGS = {"blood": Tissue.FLUID, "tumour": Tissue.TUMOUR}


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


@dataclass(frozen=True, eq=False)
class CleftPart:
    """A hollow within the body and what fills it; the shell stays whole."""

    vertebra: PhantomVertebra
    cleft: Cleft

    @property
    def frame(self) -> BodyFrame:
        """The construction frame."""
        return self.vertebra.construction

    @property
    def box_mm(self) -> tuple[FloatArray, FloatArray]:
        """The body's box."""
        return self.vertebra.field.box_mm

    def distance(self, x: Points, y: Points, z: Points) -> Points:
        """Signed distance to the hollow."""
        centre = place_of(self.vertebra, self.cleft.spot)
        half = np.array([self.cleft.width_mm, self.cleft.depth_mm, self.cleft.height_mm]) / 2
        scaled = [(p - np.float32(c)) / np.float32(h) for p, c, h in zip((x, y, z), centre, half, strict=True)]
        once = np.sqrt(sum(np.square(part) for part in scaled))
        twice = np.sqrt(sum(np.square(part / np.float32(h)) for part, h in zip(scaled, half, strict=True)))
        hollow = ellipse_distance(once, twice, float(half.min()))
        body = self.vertebra.field.distances(x, y, z).surface
        return np.asarray(np.maximum(hollow, body + np.float32(CLEAR_OF_SHELL_MM)))

    def layers(self, x: Points, y: Points, z: Points) -> Iterator[tuple[Tissue, Points]]:
        """Gas or fluid."""
        yield (Tissue.GAS if self.cleft.filling == "gas" else Tissue.FLUID), self.distance(x, y, z)


@dataclass(frozen=True, eq=False)
class CementPart:
    """Cement in lobes, clear of the shell."""

    vertebra: PhantomVertebra
    cement: Cement

    @property
    def hu(self) -> float:
        """Its brightness on CT."""
        return self.cement.hu

    @property
    def frame(self) -> BodyFrame:
        """The construction frame."""
        return self.vertebra.construction

    @property
    def box_mm(self) -> tuple[FloatArray, FloatArray]:
        """The body's box."""
        return self.vertebra.field.box_mm

    @cached_property
    def _lobes(self) -> Lobes:
        lobes = Lobes.around(place_of(self.vertebra, self.cement.spot), self.cement.seed)
        return lobes.grown_to(self.cement.volume_mm3, self.vertebra, -CLEAR_OF_SHELL_MM)

    def distance(self, x: Points, y: Points, z: Points) -> Points:
        """Signed distance to the cement."""
        body = self.vertebra.field.distances(x, y, z).surface
        return np.asarray(np.maximum(self._lobes.distance(x, y, z), body + np.float32(CLEAR_OF_SHELL_MM)))

    def layers(self, x: Points, y: Points, z: Points) -> Iterator[tuple[Tissue, Points]]:
        """The cement."""
        yield Tissue.CEMENT, self.distance(x, y, z)


@dataclass(frozen=True, eq=False)
class LesionPart:
    """Soft tissue in the place of bone, through the shell where it reaches it."""

    vertebra: PhantomVertebra
    lesion: LyticLesion

    @property
    def frame(self) -> BodyFrame:
        """The construction frame."""
        return self.vertebra.construction

    @property
    def box_mm(self) -> tuple[FloatArray, FloatArray]:
        """The body's box."""
        return self.vertebra.field.box_mm

    @cached_property
    def _lobes(self) -> Lobes:
        lobes = Lobes.around(place_of(self.vertebra, self.lesion.spot), self.lesion.seed)
        cells = Cells.of(self.vertebra)
        whole = cells.volume_mm3(self.vertebra.field.surface(cells.x, cells.y, cells.z))
        return lobes.grown_to(self.lesion.fraction * whole, self.vertebra, 0.0)

    def distance(self, x: Points, y: Points, z: Points) -> Points:
        """Signed distance to what it has taken of the body."""
        body = self.vertebra.field.surface(x, y, z)
        return np.asarray(np.maximum(self._lobes.distance(x, y, z), body))

    def layers(self, x: Points, y: Points, z: Points) -> Iterator[tuple[Tissue, Points]]:
        """The tumour, a little beyond the surface it has destroyed."""
        body = self.vertebra.field.surface(x, y, z) - np.float32(BEYOND_SURFACE_MM)
        yield Tissue.TUMOUR, np.asarray(np.maximum(self._lobes.distance(x, y, z), body))


def inclusion_parts(vertebra: PhantomVertebra) -> list[Part]:
    """What is painted over a body, in order."""
    held = vertebra.inclusions
    parts: list[Part] = [LesionPart(vertebra, lesion) for lesion in of_kind(held, LyticLesion)]
    parts += [WallGapPart(vertebra, gap) for gap in of_kind(held, WallGap)]
    parts += [CleftPart(vertebra, cleft) for cleft in of_kind(held, Cleft)]
    parts += [CementPart(vertebra, cement) for cement in of_kind(held, Cement)]
    return parts


def opens_wall(inclusion: Inclusion | WallVariant) -> bool:
    """Whether this kind of thing may open the posterior wall's cortex."""
    return isinstance(inclusion, WallGap | LyticLesion)
