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
COARSE_MM = 1.5  # voxels of the quick look; a cleft of one fine voxel still shows in them
LEAST_FILLED_FRACTION = 0.02  # of the body; what closing fills in a sound mask is the stairs of its surface
MENDED = "the mask is in pieces; it was closed over the clefts between them"


@dataclass(frozen=True, eq=False)
class Mended:
    """A body as one, and whether it had to be put together."""

    vertebra: Vertebra
    pieces: int


def mend(vertebra: Vertebra) -> Mended:
    """The body with clefts in its mask closed; unchanged when there are none."""
    if not _may_have_clefts(vertebra):
        return Mended(vertebra, 1)
    spacing = np.asarray(vertebra.grid.spacing_mm)
    padded, clefts, margin = _closed(vertebra.body, spacing, CLEFT_MM / 2)
    if clefts.sum() < LEAST_FILLED_FRACTION * padded.sum():
        return Mended(vertebra, 1)
    _, pieces = ndimage.label(ndimage.binary_erosion(padded))
    matrix = np.array(vertebra.grid.lps_from_ijk)
    matrix[:3, 3] = vertebra.grid.lps_of(-margin)
    grid = Grid((padded.shape[0], padded.shape[1], padded.shape[2]), matrix)
    whole = replace(vertebra, body=padded | clefts, grid=grid, quality=(*vertebra.quality, MENDED))
    return Mended(whole, max(int(pieces), 2))


def _may_have_clefts(vertebra: Vertebra) -> bool:
    """A quick look at coarser voxels, body only where all of theirs are: clefts look wider there, never narrower."""
    spacing = np.asarray(vertebra.grid.spacing_mm)
    block = np.maximum((COARSE_MM / spacing).astype(int), 1)
    if block.max() == 1:
        return True
    body = np.pad(vertebra.body, [(0, int(-n % b)) for n, b in zip(vertebra.body.shape, block, strict=True)])
    i, j, k = (n // b for n, b in zip(body.shape, block, strict=True))
    coarse = np.asarray(body.reshape(i, block[0], j, block[1], k, block[2]).all(axis=(1, 3, 5)))
    padded, clefts, _ = _closed(coarse, spacing * block, CLEFT_MM / 2 + float((spacing * block).max()))
    return bool(clefts.sum() >= LEAST_FILLED_FRACTION * padded.sum())


def _closed(
    body: NDArray[np.bool_], spacing: NDArray[np.float64], radius_mm: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int_]]:
    """The body with room around it, what closing it by a ball fills of clefts and holes, and the room in voxels."""
    margin = np.ceil(2 * radius_mm / spacing).astype(int) + 1
    padded = np.pad(body, [(int(n), int(n)) for n in margin])
    grown = ndimage.distance_transform_edt(~padded, sampling=spacing) <= radius_mm
    closed = ndimage.distance_transform_edt(grown, sampling=spacing) > radius_mm
    closed = ndimage.binary_fill_holes(closed | padded)
    return padded, _clefts(closed & ~padded, spacing), margin


def _clefts(filled: NDArray[np.bool_], spacing: NDArray[np.float64]) -> NDArray[np.bool_]:
    """What was filled, without the thin skin that closing lays on a hollow surface."""
    labels, count = ndimage.label(filled)
    if not count:
        return filled
    large = np.bincount(labels.ravel()) * float(np.prod(spacing)) >= 60.0
    large[0] = False
    return np.asarray(large[labels])
