"""Is the mask of this body in pieces, and what is the whole?

A comminuted body's mask may follow its fracture clefts and fall apart. Measured piece by piece it would lose its
endplates; closed over clefts of a few millimetres it is one body again. Sound masks stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.model.frame import Grid
from vfa.model.spine import Vertebra

CLEFT_MM = 5.0  # the widest that is closed
LEAST_FILLED_FRACTION = 0.02  # of the body; what closing fills in a sound mask is the stairs of its surface
MENDED = "the mask is in pieces; it was closed over the clefts between them"


@dataclass(frozen=True, eq=False)
class Mended:
    """A body as one, and whether it had to be put together."""

    vertebra: Vertebra
    pieces: int


def mend(vertebra: Vertebra) -> Mended:
    """The body with clefts in its mask closed; unchanged when there are none."""
    spacing = np.asarray(vertebra.grid.spacing_mm)
    margin = np.ceil(CLEFT_MM / spacing).astype(int) + 1
    padded = np.pad(vertebra.body, [(int(n), int(n)) for n in margin])
    grown = ndimage.distance_transform_edt(~padded, sampling=spacing) <= CLEFT_MM / 2
    closed = ndimage.distance_transform_edt(grown, sampling=spacing) > CLEFT_MM / 2
    closed = ndimage.binary_fill_holes(closed | padded)
    clefts = _clefts(closed & ~padded, spacing)
    if clefts.sum() < LEAST_FILLED_FRACTION * padded.sum():
        return Mended(vertebra, 1)
    _, pieces = ndimage.label(ndimage.binary_erosion(padded))
    start = vertebra.grid.lps_of(-margin)
    matrix = np.array(vertebra.grid.lps_from_ijk)
    matrix[:3, 3] = start
    grid = Grid((closed.shape[0], closed.shape[1], closed.shape[2]), matrix)
    whole = replace(vertebra, body=padded | clefts, grid=grid, quality=(*vertebra.quality, MENDED))
    return Mended(whole, max(int(pieces), 2))


def _clefts(filled: NDArray[np.bool_], spacing: NDArray[np.float64]) -> NDArray[np.bool_]:
    """What was filled, without the thin skin that closing lays on a hollow surface."""
    labels, count = ndimage.label(filled)
    if not count:
        return filled
    large = np.bincount(labels.ravel()) * float(np.prod(spacing)) >= 60.0
    large[0] = False
    return np.asarray(large[labels])
