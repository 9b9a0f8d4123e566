"""How are a vertebral body, its burst fragment and a disc painted?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import cast

import numpy as np
from numpy.typing import NDArray

from vfa.model.frame import BodyFrame, FloatArray
from vfa.phantom.anatomy import PhantomVertebra
from vfa.phantom.features import of_kind
from vfa.phantom.fractures import Fracture
from vfa.phantom.inclusions import Oedema, VacuumDisc
from vfa.phantom.materials import Tissue
from vfa.phantom.solids import Bar
from vfa.phantom.wall_parts import cortex_mm, vein_funnels

Points = NDArray[np.float32]

IMPACTED_BAND_MM = 3.5  # thickness of the packed trabeculae under a fractured endplate
FRACTURE_LINE_MM = 0.8  # gap around a fragment
OVERLAP_MM = 0.4  # by which neighbouring tissues of one solid overlap inside it, about a fine voxel
WALL_OPENED_MM = 3.0  # in front of the old wall: up to here the fragment's marrow replaces what the wall was
DISC_BULGE_MM = 1.0  # how far a disc stands out beyond the rims
GAS_CLEAR_MM = 0.3  # what remains of a disc between its gas and the endplates
NUCLEUS_SHARE = 0.45  # of the half-width and half-depth

SACRAL_NAMES: Mapping[Tissue, Tissue] = MappingProxyType(
    {
        Tissue.BODY_CORTEX: Tissue.SACRUM_CORTEX,
        Tissue.ENDPLATE: Tissue.SACRUM_CORTEX,
        Tissue.BODY_MARROW: Tissue.SACRUM_MARROW,
    }
)


@dataclass(frozen=True, eq=False)
class BodyPart:
    """A vertebral body: wall, endplates, marrow, and the opening of the basivertebral vein.

    Args:
        vertebra: whose body it is.
        names: tissues to paint under another name (the sacrum's first body).
    """

    vertebra: PhantomVertebra
    names: Mapping[Tissue, Tissue] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def frame(self) -> BodyFrame:
        """The construction frame."""
        return self.vertebra.construction

    @property
    def box_mm(self) -> tuple[FloatArray, FloatArray]:
        """The body's box."""
        return self.vertebra.field.box_mm

    @cached_property
    def _veins(self) -> tuple[Bar, ...]:
        """The funnels that open in the posterior wall."""
        return vein_funnels(self.vertebra)

    def layers(self, x: Points, y: Points, z: Points) -> Iterator[tuple[Tissue, Points]]:
        """The body as one, or blood where it was and each of its pieces where it is."""
        field = self.vertebra.field
        if self.vertebra.shape.comminution is None:
            yield from self._whole(x, y, z)
            return
        yield Tissue.FLUID, field.distances(x, y, z).surface + np.float32(OVERLAP_MM)
        for piece in field.pieces(x, y, z):
            for tissue, distance in self._whole(*piece.at):
                yield tissue, np.maximum(distance, piece.cut)

    def _whole(self, x: Points, y: Points, z: Points) -> Iterator[tuple[Tissue, Points]]:
        """The shell as wall and endplates, the marrow within it, then the vein.

        Where coverage is blended, each face of the shell must be painted once only; so wall and endplates share it
        out, and so do plain and packed marrow. They overlap a little inside, or what lies below would show between.
        """
        shape = self.vertebra.shape
        distances = self.vertebra.field.distances(x, y, z)
        surface = distances.surface
        within_wall = distances.wall + cortex_mm(self.vertebra, x, y, z)
        core = np.maximum(distances.endplate + np.float32(shape.endplate_mm), within_wall)
        yield self._name(Tissue.BODY_CORTEX), np.maximum(surface, -within_wall - np.float32(OVERLAP_MM))
        yield self._name(Tissue.ENDPLATE), np.maximum(surface, within_wall)
        upper, lower = self.vertebra.field.endplate_heights(x, y)
        plain = core
        if shape.fracture is None or shape.fracture.band == "none":
            yield self._name(Tissue.BODY_MARROW), core
        else:
            above_band = np.float32(IMPACTED_BAND_MM) - (upper - z)
            plain = np.maximum(core, above_band - np.float32(OVERLAP_MM))
            yield Tissue.BODY_MARROW, plain
            yield Tissue.IMPACTED_MARROW, np.maximum(core, -above_band)
        for oedema in of_kind(self.vertebra.inclusions, Oedema):
            below = upper - np.float32(oedema.height_fraction) * (upper - lower) - z
            yield Tissue.OEDEMA, np.maximum(plain + np.float32(2 * OVERLAP_MM), below)
        for vein in () if self.names else self._veins:
            yield Tissue.VESSEL, np.maximum(vein.distance(x, y, z), surface)

    def _name(self, tissue: Tissue) -> Tissue:
        return self.names.get(tissue, tissue)


@dataclass(frozen=True, eq=False)
class FragmentPart:
    """The piece of the posterior wall that a burst fracture drove into the canal, with the gap around it."""

    vertebra: PhantomVertebra

    @property
    def frame(self) -> BodyFrame:
        """The construction frame."""
        return self.vertebra.construction

    @cached_property
    def box_mm(self) -> tuple[FloatArray, FloatArray]:
        """The posterior half of the body and as much of the canal as the fragment takes."""
        low, high = self.vertebra.field.box_mm
        return low, np.array([high[0], 0.0, high[2]])

    @cached_property
    def _wall_y(self) -> float:
        return float(self.vertebra.shape.posterior_wall_mm(0.0, 0.8))

    def layers(self, x: Points, y: Points, z: Points) -> Iterator[tuple[Tissue, Points]]:
        """Its wall where it stands out of the body, its marrow (open where it broke), then the fracture line."""
        fracture = cast("Fracture", self.vertebra.shape.fracture)
        whole, broken = self.vertebra.field.fragment(x, y, z)
        body = self.vertebra.field.distances(x, y, z).surface
        cortex = np.float32(self.vertebra.shape.cortex_mm)
        opened = y - np.float32(self._wall_y + WALL_OPENED_MM)
        if not fracture.fragment.is_straight:
            left_behind = np.maximum(self.vertebra.field.fragment_cut(x, y, z), body - np.float32(OVERLAP_MM))
            yield Tissue.FLUID, np.maximum(left_behind, opened)
        yield Tissue.BODY_CORTEX, np.maximum(whole, -body - np.float32(OVERLAP_MM))
        if fracture.fragment.edge == "closed":
            yield Tissue.BODY_MARROW, np.maximum(whole + cortex, opened)
            return
        core = self.vertebra.field.before_driven_back(x, y, z).surface + cortex
        behind = np.maximum(core, broken)
        yield Tissue.BODY_MARROW, np.maximum(behind, opened)
        line = np.abs(broken) - np.float32(FRACTURE_LINE_MM / 2)
        yield Tissue.FLUID, np.maximum(line, np.maximum(body, core))


@dataclass(frozen=True, eq=False)
class SpurPart:
    """The osteophytes of a body: cortex over marrow, open to the body."""

    vertebra: PhantomVertebra

    @property
    def frame(self) -> BodyFrame:
        """The construction frame."""
        return self.vertebra.construction

    @property
    def box_mm(self) -> tuple[FloatArray, FloatArray]:
        """The body's box, spurs included."""
        return self.vertebra.field.box_mm

    def layers(self, x: Points, y: Points, z: Points) -> Iterator[tuple[Tissue, Points]]:
        """Cortex where it stands out of the body, then its marrow."""
        cortex = np.float32(self.vertebra.shape.cortex_mm)
        body = self.vertebra.field.distances(x, y, z).surface
        for bar in self.vertebra.field.spurs:
            spur = bar.distance(x, y, z)
            yield Tissue.BODY_CORTEX, np.maximum(spur, -body)
            yield Tissue.BODY_MARROW, np.maximum(spur + cortex, -body - 2 * cortex)


@dataclass(frozen=True, eq=False)
class DiscPart:
    """The disc between two vertebrae: annulus and nucleus. Bodies are painted over it."""

    above: PhantomVertebra
    below: PhantomVertebra

    @property
    def frame(self) -> BodyFrame:
        """The lower vertebra's construction frame."""
        return self.below.construction

    @cached_property
    def box_mm(self) -> tuple[FloatArray, FloatArray]:
        """From within the lower body up to within the upper one."""
        low, high = self.below.field.box_mm
        bottom = self.frame.body_of(self.above.construction.centre_lps)
        lowest = float(np.asarray(self.below.shape.upper_mm(0.0, 0.0))) - 12.0
        return np.array([low[0], low[1], lowest]), np.array([high[0], high[1], float(bottom[2])])

    def _plates(self, x: Points, y: Points, z: Points) -> tuple[Points, Points, Points]:
        """The floor in the lower frame, how far points lie above the roof, and distance to the rims' common outline."""
        upper = self.above.construction
        turn = (upper.axes.T @ self.frame.axes).astype(np.float32)
        shift = upper.body_of(self.frame.centre_lps).astype(np.float32)
        x2, y2, z2 = (turn[row, 0] * x + turn[row, 1] * y + turn[row, 2] * z + shift[row] for row in range(3))
        floor, _ = self.below.field.endplate_heights(x, y)
        _, roof = self.above.field.endplate_heights(x2, y2)
        rim = (self.below.field.rim_distance(x, y) + self.above.field.rim_distance(x2, y2)) / 2
        return floor, np.asarray(z2 - roof), np.asarray(rim, dtype=np.float32)

    def layers(self, x: Points, y: Points, z: Points) -> Iterator[tuple[Tissue, Points]]:
        """Annulus, nucleus, then gas if there is any."""
        floor, above_roof, rim = self._plates(x, y, z)
        between = np.maximum(floor - np.float32(0.5) - z, above_roof - np.float32(0.5))
        yield Tissue.DISC, np.asarray(np.maximum(between, rim - np.float32(DISC_BULGE_MM)))

        def ellipse(share: float) -> tuple[Points, Points]:
            """Reach of a place, 1 at the edge of an ellipse with a share of the disc's size, and distance to it."""
            half_x, half_y = (np.float32(share * size / 2) for size in (self.below.width_mm, self.below.depth_mm))
            reach = np.sqrt((x / half_x) ** 2 + ((y + 2) / half_y) ** 2)
            return np.asarray(reach), np.asarray((reach - 1) * half_y)

        yield Tissue.DISC_NUCLEUS, np.asarray(np.maximum(between + np.float32(0.8), ellipse(NUCLEUS_SHARE)[1]))
        for gas in of_kind(self.above.inclusions, VacuumDisc):
            reach, outline = ellipse(gas.share)
            lens = np.float32(gas.thickness_mm / 2) * np.sqrt(np.clip(1 - reach * reach, 0, 1))
            within = np.maximum(np.abs(z - floor + above_roof) / 2 - lens, outline)
            clear = np.float32(GAS_CLEAR_MM) + np.maximum(floor - z, above_roof)
            yield Tissue.GAS, np.asarray(np.maximum(within, clear))
