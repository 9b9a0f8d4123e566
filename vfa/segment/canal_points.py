"""Where is the canal behind each body, and where is the back when no canal is seen?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vfa.model.frame import FloatArray
from vfa.model.spine import Spine
from vfa.segment.levels import local_cranial, spine_axis

SLAB_MM = 6.0  # canal voxels this far above or below a body's centre make its canal point
CANAL_WITHIN_MM = 45.0  # of the body's centre; half the depth of the largest body and the canal add up to less
LPS_BACK = np.array([0.0, 1.0, 0.0])


def canal_point(canal_lps: FloatArray, centre_lps: FloatArray, up: FloatArray) -> FloatArray | None:
    """(3,) middle of the canal at a body's height, from (N, 3) points of a canal or cord label; None if out of reach.

    Args:
        canal_lps: centres of the label's voxels, LPS mm.
        centre_lps: (3,) the body's centre.
        up: (3,) unit vector along the spine there.
    """
    if len(canal_lps) == 0:
        return None
    offset = canal_lps - centre_lps
    level = np.abs(offset @ up) <= SLAB_MM
    near = level & (np.linalg.norm(offset, axis=1) <= CANAL_WITHIN_MM)
    return np.asarray(canal_lps[near].mean(axis=0), dtype=np.float64) if near.any() else None


def carried_on(points_lps: Sequence[FloatArray | None], centres_lps: FloatArray) -> tuple[FloatArray | None, ...]:
    """Canal points with the missing ones between or beside known ones filled in.

    The vector from body to canal is interpolated between the nearest known ones above and below.

    Args:
        points_lps: for each body from head to foot its canal point, or None.
        centres_lps: (N, 3) the bodies' centres.
    """
    known = [index for index, point in enumerate(points_lps) if point is not None]
    if not known:
        return tuple(points_lps)
    to_canal = np.array([point - centres_lps[index] for index, point in enumerate(points_lps) if point is not None])
    filled = [
        np.array([np.interp(index, known, to_canal[:, axis]) for axis in range(3)]) + centres_lps[index]
        for index in range(len(points_lps))
    ]
    return tuple(point if point is not None else filled[index] for index, point in enumerate(points_lps))


def posterior_directions(spine: Spine) -> tuple[tuple[FloatArray, ...], str]:
    """For each vertebra the (3,) unit vector towards the back in LPS, perpendicular to the spine, and what it hangs on.

    Where a canal point is known, the back is where the canal is. Where none is known for the whole spine, it is the
    patient's posterior axis as the file states it, which says nothing about axial rotation.
    """
    centres = np.array([vertebra.centre_lps for vertebra in spine.vertebrae]).reshape(-1, 3)
    points = carried_on([vertebra.canal_lps for vertebra in spine.vertebrae], centres)
    seen = sum(vertebra.canal_lps is not None for vertebra in spine.vertebrae)
    directions = []
    for index, point in enumerate(points):
        up = local_cranial(centres, index)
        back = LPS_BACK if point is None else point - centres[index]
        across = back - (back @ up) * up
        if np.linalg.norm(across) < 1e-6:  # the spine runs along the stated posterior axis: a file with odd axes
            across = np.cross(up, np.cross(spine_axis(centres), [0.0, 0.0, 1.0]))
        directions.append(np.asarray(across / np.linalg.norm(across), dtype=np.float64))
    if seen == len(points):
        return tuple(directions), "the back is where the canal is"
    if seen:
        return tuple(directions), f"the back is where the canal is, known at {seen} of {len(points)} levels"
    return tuple(directions), "no canal is known: the back is the patient's posterior axis as the file states it"
