"""Do these labels hold vertebral bodies or whole vertebrae? Told by shape, and only when beyond doubt.

A body fills most of its convex hull (0.64–0.82 on seven masks of bodies, 54 in all); a vertebra with its arch and
processes fills less than half (0.29–0.52 of 45), and its arch closes a ring around the canal.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull

from vfa.model.frame import FloatArray, Grid
from vfa.segment.bodies import BodyMask, reaches_edge
from vfa.segment.body_cut import find_canal
from vfa.segment.label_schemes import Holds
from vfa.segment.levels import head_to_foot, local_cranial

BODY_SOLIDITY = 0.60  # at least, and no ring
WHOLE_SOLIDITY = 0.56  # at most, and a ring
LOOKED_AT = 5  # labels whose shape is looked at: the largest, which are the least likely to be cut


def body_or_whole(regions: Sequence[BodyMask], lattice: Grid) -> Holds | None:
    """What the labels hold; None when their shapes leave a doubt.

    Args:
        regions: the masks of all vertebra labels.
        lattice: the whole label volume's lattice; regions that reach its edge are passed over while there are others.
    """
    down = [regions[index] for index in head_to_foot([region.centre_lps for region in regions])]
    centres = np.array([region.centre_lps for region in down])
    whole_view = [index for index, region in enumerate(down) if not reaches_edge(region, lattice)]
    candidates = whole_view or list(range(len(down)))
    looked_at = sorted(candidates, key=lambda index: -down[index].volume_ml)[:LOOKED_AT]
    solidity = float(np.median([solidity_of(down[index]) for index in looked_at]))
    rings = sum(find_canal(down[index], local_cranial(centres, index)) is not None for index in looked_at)
    if solidity >= BODY_SOLIDITY and rings == 0:
        return Holds.BODY
    if solidity <= WHOLE_SOLIDITY and rings > len(looked_at) / 2:
        return Holds.WHOLE
    return None


def solidity_of(region: BodyMask) -> float:
    """Volume of a mask over that of its convex hull, 0–1; the hull is drawn around whole voxels."""
    padded = np.pad(region.mask, 1)
    surface = region.mask & ~ndimage.binary_erosion(padded)[1:-1, 1:-1, 1:-1]
    half = np.array(np.meshgrid([-0.5, 0.5], [-0.5, 0.5], [-0.5, 0.5])).reshape(3, 8).T
    corners: FloatArray = (np.argwhere(surface)[:, np.newaxis, :] + half).reshape(-1, 3)
    hull_mm3 = ConvexHull(region.grid.lps_of(np.unique(corners, axis=0))).volume
    return float(region.mask.sum() * region.grid.voxel_volume_mm3 / hull_mm3)
