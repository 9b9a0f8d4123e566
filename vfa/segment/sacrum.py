"""Where is the sacrum, and does it begin right below the lowest body?"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from vfa.model.frame import FloatArray
from vfa.segment.instances import BODY_AT_LEAST
from vfa.segment.levels import local_cranial
from vfa.segment.locate import SpineMaps
from vfa.segment.network_input import SPACING_MM

SACRUM_AT_LEAST_ML = 12.0  # a whole adult sacrum has 150–250 ml; less than this is no sight of it
SACRUM_BELOW_MM = (8.0, 48.0)  # from the lowest body's centre to the nearest sacrum below it
DISC_AT_LEAST = 0.3  # probability, somewhere on the way from the lowest body to the sacrum


def sacrum_points(maps: SpineMaps) -> FloatArray:
    """(N, 3) the voxels of the sacrum, in LPS mm; none when what was found is too little to be one."""
    labels, count = ndimage.label(maps.sacrum > BODY_AT_LEAST)
    if count == 0:
        return np.zeros((0, 3))
    sizes_ml = np.bincount(labels.ravel())[1:] * SPACING_MM**3 / 1000
    if sizes_ml.max() < SACRUM_AT_LEAST_ML:
        return np.zeros((0, 3))
    return maps.grid.lps_of(np.argwhere(labels == np.argmax(sizes_ml) + 1))


def sacrum_is_below(maps: SpineMaps, sacrum_lps: FloatArray, centres_lps: FloatArray) -> bool:
    """Whether the sacrum begins one disc below the lowest of (N, 3) centres given from head to foot."""
    offset = sacrum_lps - centres_lps[-1]
    below = offset[offset @ local_cranial(centres_lps, len(centres_lps) - 1) < 0]
    if not len(below):
        return False
    nearest = below[np.argmin(np.linalg.norm(below, axis=1))]
    way = maps.grid.ijk_of(centres_lps[-1] + np.linspace(0, 1, 24)[:, None] * nearest).T
    disc_between = float(ndimage.map_coordinates(maps.disc, way, order=1).max())
    return SACRUM_BELOW_MM[0] <= float(np.linalg.norm(nearest)) <= SACRUM_BELOW_MM[1] and disc_between >= DISC_AT_LEAST


def near_sacrum(sacrum_lps: FloatArray, centres_lps: FloatArray, within_mm: float) -> tuple[bool, ...]:
    """For each of (N, 3) centres whether some of the sacrum lies within a distance."""
    if not len(sacrum_lps):
        return (False,) * len(centres_lps)
    return tuple(bool(np.linalg.norm(sacrum_lps - centre, axis=1).min() <= within_mm) for centre in centres_lps)
