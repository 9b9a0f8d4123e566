"""How wide are the neural foramina, and how are they narrowed?

A foramen is looked at in the sagittal plane through the middle of the pedicles: between the pedicle above and the one
below, behind bodies and disc, in front of the articular processes of the vertebra below. Bone that narrows it grows
from the front, an upright ridge as wide as the pedicle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from vfa.model.frame import BodyFrame, FloatArray, Grid
from vfa.phantom.anatomy import PhantomSpine, PhantomVertebra
from vfa.phantom.body_parts import BodyPart, DiscPart
from vfa.phantom.features import of_kind
from vfa.phantom.inclusions import ForaminalNarrowing
from vfa.phantom.materials import Tissue
from vfa.phantom.painting import paint_labels
from vfa.phantom.posterior_elements import arch_parts, canal_tube, outer_reach_mm

Points = NDArray[np.float32]
Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")

PITCH_MM = 0.25
DEEPEST_MM = 6.0  # in front of the posterior margin: how far ahead the section begins
BACK_SHARE = 0.5  # of the canal's depth behind the posterior margin: where the lower articular process stands
RIDGE_MARGIN_MM = 1.0  # by which a ridge is wider than the pedicle and reaches into the bone it grows from


@dataclass(frozen=True)
class TrueForamen:
    """What is true of a neural foramen.

    Args:
        level: of the vertebra whose pedicle is its roof.
        side: left or right.
        open_mm2: area of its section that is open.
        narrowing_fraction: share of its area that bone grown into it has taken.
    """

    level: str
    side: Side
    open_mm2: float
    narrowing_fraction: float


@dataclass(frozen=True, eq=False)
class _Foramen:
    """The section of one foramen in the upper vertebra's construction frame."""

    above: PhantomVertebra
    below: PhantomVertebra
    side: Side

    @cached_property
    def x_mm(self) -> float:
        """Of the pedicle's middle."""
        arch = self.above.arch
        return (1 if self.side == "left" else -1) * (arch.canal_width_mm + arch.pedicle_width_mm) / 2

    @cached_property
    def open(self) -> NDArray[np.bool_]:
        """(Y, Z): where the section is open, before anything has grown into it."""
        labels = np.zeros(self.grid.shape, dtype=np.uint8)
        parts = [DiscPart(self.above, self.below)]
        bodies = [BodyPart(self.above), BodyPart(self.below)]
        arches = [
            part for one in (self.above, self.below) for part in arch_parts(one, canal_tube(one, outer_reach_mm(one)))
        ]
        paint_labels(labels, [*parts, *bodies, *arches], self.grid)
        pieces, _ = label(labels[0] == 0)
        y, z = self._middle
        middle = pieces[np.argmin(np.abs(self.y_mm - y)), np.argmin(np.abs(self.z_mm - z))]
        if middle == 0:
            raise ValueError(f"foramen: none is open below {self.above.level} on the {self.side}")
        return np.asarray(pieces == middle)

    @cached_property
    def _pedicles_z(self) -> tuple[float, float]:
        """Heights of the middles of the lower pedicle and of the upper one, in the upper vertebra's frame."""
        shape = self.below.shape
        place = (self.x_mm, -shape.depth_mm / 2 - 3, 0.24 * shape.posterior_height_mm)
        lower = self.above.construction.body_of(self.below.construction.lps_of(place))
        return float(lower[2]), 0.24 * self.above.shape.posterior_height_mm

    @cached_property
    def _back_mm(self) -> float:
        return -self.above.shape.depth_mm / 2 - BACK_SHARE * self.above.arch.canal_depth_mm

    @cached_property
    def _middle(self) -> tuple[float, float]:
        """A place (y, z) within: halfway between the pedicles, a little behind the posterior margin."""
        return -self.above.shape.depth_mm / 2 - 4.0, sum(self._pedicles_z) / 2

    @cached_property
    def y_mm(self) -> FloatArray:
        """(Y,) places from back to front."""
        return np.arange(self._back_mm, -self.above.shape.depth_mm / 2 + DEEPEST_MM, PITCH_MM)

    @cached_property
    def z_mm(self) -> FloatArray:
        """(Z,) places from the lower pedicle up to the upper one."""
        return np.arange(*self._pedicles_z, PITCH_MM)

    @cached_property
    def grid(self) -> Grid:
        """The section as a lattice one voxel thick."""
        frame = self.above.construction
        first = frame.lps_of((self.x_mm, self.y_mm[0], self.z_mm[0]))
        return Grid.from_axes((1, self.y_mm.size, self.z_mm.size), (PITCH_MM,) * 3, first, frame.axes)

    @property
    def area_mm2(self) -> float:
        """Before anything has grown into it."""
        return float(self.open.sum()) * PITCH_MM**2

    def behind_mm(self, share: float) -> float:
        """The y behind which all but this share of the area lies."""
        places = np.sort(self.y_mm[np.nonzero(self.open)[0]])
        return float(places[round((1 - share) * (places.size - 1))])


def _foramina(spine: PhantomSpine) -> Iterator[_Foramen]:
    for above, below in spine.discs:
        for side in SIDES:
            if below.level != "S1":
                yield _Foramen(above, below, side)


def _narrowing(foramen: _Foramen) -> float:
    """The share of its area that is taken; 0 for none."""
    found = [n for n in of_kind(foramen.above.inclusions, ForaminalNarrowing) if n.side == foramen.side]
    return max((narrowing.share for narrowing in found), default=0.0)


@dataclass(frozen=True, eq=False)
class RidgePart:
    """Bone that has grown from the front into a foramen."""

    foramen: _Foramen
    share: float

    @property
    def frame(self) -> BodyFrame:
        """The upper vertebra's construction frame."""
        return self.foramen.above.construction

    @cached_property
    def box_mm(self) -> tuple[FloatArray, FloatArray]:
        """As wide as the pedicle, as high as the foramen, from its back edge into the bone in front."""
        place = self.foramen
        half = place.above.arch.pedicle_width_mm / 2 + RIDGE_MARGIN_MM
        heights = place.z_mm[np.nonzero(place.open)[1]]
        low = [place.x_mm - half, place.behind_mm(self.share) - PITCH_MM / 2, heights.min() - RIDGE_MARGIN_MM]
        high = [place.x_mm + half, place.y_mm[-1], heights.max() + RIDGE_MARGIN_MM]
        return np.array(low), np.array(high)

    def layers(self, x: Points, y: Points, z: Points) -> Iterator[tuple[Tissue, Points]]:
        """Cortex, then marrow."""
        low, high = self.box_mm
        sides = [
            np.maximum(np.float32(a) - part, part - np.float32(b))
            for part, a, b in zip((x, y, z), low, high, strict=True)
        ]
        distance = np.maximum(np.maximum(sides[0], sides[1]), sides[2])
        yield Tissue.POSTERIOR_BONE, distance
        yield Tissue.POSTERIOR_MARROW, distance + np.float32(self.foramen.above.arch.cortex_mm)


def ridge_parts(spine: PhantomSpine) -> list[RidgePart]:
    """What has grown into the foramina of a spine; to be painted before arches and bodies."""
    narrowed = {v.level for v in spine.vertebrae if of_kind(v.inclusions, ForaminalNarrowing)}
    found = [foramen for foramen in _foramina(spine) if foramen.above.level in narrowed]
    return [RidgePart(foramen, _narrowing(foramen)) for foramen in found if _narrowing(foramen) > 0]


def true_foramina(spine: PhantomSpine) -> Mapping[tuple[str, Side], TrueForamen]:
    """Each foramen by the level whose pedicle is its roof and by its side; the lumbosacral ones are left out.

    Raises:
        ValueError: if bone closes a foramen altogether.
    """
    found = {}
    for foramen in _foramina(spine):
        share, key = _narrowing(foramen), (foramen.above.level, foramen.side)
        found[key] = TrueForamen(*key, foramen.area_mm2 * (1 - share), share)
    return MappingProxyType(found)
