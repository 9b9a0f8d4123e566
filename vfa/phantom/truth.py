"""What is true of a phantom? Frames, heights, losses, canal and volume of every vertebra, and the label volume."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vfa.model.anatomy import VERSE_IDS
from vfa.model.frame import BodyFrame, Grid
from vfa.phantom.anatomy import PhantomSpine, PhantomVertebra
from vfa.phantom.fractures import FragmentMotion
from vfa.phantom.lobes import Cells
from vfa.phantom.painting import points_in, window_of
from vfa.phantom.posterior_elements import canal_tube, outer_reach_mm
from vfa.phantom.true_canal import TrueCanal, canal_behind, retropulsion_mm
from vfa.phantom.true_contents import TrueContents, contents_of
from vfa.phantom.true_heights import ColumnHeights, heights_of
from vfa.phantom.true_wall import TrueGap, wall_gaps

Outline = Literal["flush", "angular", "smooth"]

L6_ID = 25  # VerSe's number of the extra lumbar vertebra
SACRUM_ID = VERSE_IDS["S1"]


@dataclass(frozen=True, eq=False)
class TrueWall:
    """What is true of a posterior wall.

    Args:
        outline: "angular" where a fragment stands behind it, "smooth" where it bulges, else "flush".
        gaps: holes in its cortex, the largest first.
        driven_back_mm: how far the fragment was driven back before it was lifted and turned; 0 for no fragment.
        motion: how the fragment was lifted and turned; None for no fragment.
    """

    outline: Outline
    gaps: tuple[TrueGap, ...]
    driven_back_mm: float
    motion: FragmentMotion | None

    @property
    def status(self) -> Literal["intact", "breached"]:
        """Breached where its cortex has a gap or ends in a step; a smooth bulge or a healed fragment is intact."""
        stepped = self.motion is not None and self.motion.edge == "open"
        return "breached" if self.gaps or stepped else "intact"


@dataclass(frozen=True, eq=False)
class TrueVertebra:
    """What is true of one vertebra.

    Args:
        level: its name.
        frame: the body's own frame in LPS.
        heights: by third of the width ("right", "centre", "left"), mm.
        intact_heights: the same before the fracture.
        retropulsion_mm: how far bone stands behind the body's own posterior wall.
        canal: the bony canal behind it.
        intact_canal: the same before the fracture.
        volume_mm3: of the body, fragment included.
        wall: the state of its posterior wall.
        contents: what the body holds beside sound bone.
    """

    level: str
    frame: BodyFrame
    heights: Mapping[str, ColumnHeights]
    intact_heights: Mapping[str, ColumnHeights]
    retropulsion_mm: float
    canal: TrueCanal
    intact_canal: TrueCanal
    volume_mm3: float
    wall: TrueWall
    contents: TrueContents

    @property
    def column_losses(self) -> tuple[float, float, float]:
        """Height loss (0–1) of the anterior, middle and posterior column over the central third."""
        return self.heights["centre"].loss_from(self.intact_heights["centre"])

    @property
    def height_loss_fraction(self) -> float:
        """The greatest of the three column losses."""
        return max(self.column_losses)

    @property
    def lateral_loss_fraction(self) -> Mapping[str, float]:
        """The greatest column loss of the left and of the right third."""
        return MappingProxyType(
            {side: max(self.heights[side].loss_from(self.intact_heights[side])) for side in ("left", "right")}
        )


def true_wall(vertebra: PhantomVertebra) -> TrueWall:
    """The state of a vertebra's posterior wall."""
    fracture = vertebra.shape.fracture
    gaps = wall_gaps(vertebra)
    if fracture is not None and fracture.retropulsion_mm > 0:
        return TrueWall("angular", gaps, fracture.retropulsion_mm, fracture.fragment)
    return TrueWall("flush" if vertebra.shape.bulge is None else "smooth", gaps, 0.0, None)


def true_vertebra(vertebra: PhantomVertebra) -> TrueVertebra:
    """What is true of one vertebra of a phantom."""
    shape, canal_centre = vertebra.shape, vertebra.canal_centre_mm
    tube = canal_tube(vertebra, outer_reach_mm(vertebra))
    return TrueVertebra(
        level=vertebra.level,
        frame=vertebra.frame,
        heights=heights_of(shape, canal_centre),
        intact_heights=heights_of(shape.intact, canal_centre),
        retropulsion_mm=retropulsion_mm(shape, tube),
        canal=canal_behind(shape, tube),
        intact_canal=canal_behind(shape.intact, tube),
        volume_mm3=body_volume_mm3(vertebra),
        wall=true_wall(vertebra),
        contents=contents_of(vertebra),
    )


def truth_of(spine: PhantomSpine) -> tuple[TrueVertebra, ...]:
    """What is true of each free vertebra, from head to foot."""
    return tuple(true_vertebra(vertebra) for vertebra in spine.vertebrae)


def body_volume_mm3(vertebra: PhantomVertebra) -> float:
    """Volume of the body, fragment included, by coverage of small cells."""
    cells = Cells.of(vertebra)
    return cells.volume_mm3(vertebra.field.surface(cells.x, cells.y, cells.z))


def body_labels(spine: PhantomSpine, grid: Grid) -> NDArray[np.uint8]:
    """VerSe numbers (I, J, K) of the vertebral bodies: T1–T12 8–19, T13 28, L1–L5 20–24, L6 25, first of the sacrum 26.

    A voxel belongs to a body when its centre lies inside the body's true outer surface. No arches, no discs; of the
    sacrum only its first body, since a label names a vertebral body.
    """
    labels = np.zeros(grid.shape, dtype=np.uint8)
    for vertebra in spine.segments:
        window = window_of(grid, vertebra.construction, *vertebra.field.box_mm)
        if window is not None:
            inside = vertebra.field.surface(*points_in(grid, window, vertebra.construction)) < 0
            number = L6_ID if vertebra.level == "L6" else VERSE_IDS[vertebra.level]
            np.copyto(labels[window], np.uint8(number), where=inside)
    return labels
