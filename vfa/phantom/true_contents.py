"""What does a body hold, exactly, beside sound bone? Volumes and shares, counted by coverage of small cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vfa.phantom.anatomy import PhantomVertebra

Points = NDArray[np.float32]

PITCH_MM = 0.4


@dataclass(frozen=True)
class TrueContents:
    """What is true of the inside of a body.

    Args:
        comminuted_fraction: share of the body's volume, as it was before it moved apart, that lies in pieces; 0 for a
            body in one piece.
        pieces: how many there are beside the part left whole.
        cleft_mm: width of the clefts between them, before the pieces moved; 0 for a body in one piece.
        spread_mm: how far each piece has moved.
    """

    comminuted_fraction: float
    pieces: int
    cleft_mm: float
    spread_mm: float


@dataclass(frozen=True, eq=False)
class Cells:
    """Small cells that fill a body's box, as points of its construction frame."""

    x: Points
    y: Points
    z: Points

    @classmethod
    def of(cls, vertebra: PhantomVertebra) -> Cells:
        """The cells around a body, fragment included."""
        low, high = vertebra.field.box_mm
        axes = [np.arange(low[n] - 1, high[n] + 1, PITCH_MM, dtype=np.float32) for n in range(3)]
        return cls(*(along.reshape([-1 if axis == n else 1 for n in range(3)]) for axis, along in enumerate(axes)))

    def volume_mm3(self, distance: Points) -> float:
        """Volume of a solid from its signed distance at the cells' centres."""
        coverage = np.clip(0.5 - distance / np.float32(PITCH_MM), 0, 1)
        return float(coverage.sum(dtype=float)) * PITCH_MM**3


def contents_of(vertebra: PhantomVertebra) -> TrueContents:
    """What is true of the inside of a vertebra's body."""
    comminution = vertebra.shape.comminution
    if comminution is None:
        return TrueContents(0.0, 0, 0.0, 0.0)
    cells = Cells.of(vertebra)
    body = vertebra.field.distances(cells.x, cells.y, cells.z).surface
    broken = np.maximum(body, vertebra.field.comminuted(cells.x, cells.y, cells.z))
    fraction = cells.volume_mm3(broken) / cells.volume_mm3(body)
    return TrueContents(fraction, comminution.pieces, comminution.cleft_mm, comminution.spread_mm)
