"""Does the image itself change along a chain of bodies? A rod of even brightness is no spine, whatever a network sees.

Shown a long bright rod, as test phantoms hold them, the network tells evenly spaced bodies with discs between them. In
a spine the endplates at least look different from what they bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy import ndimage

from vfa.model.frame import FloatArray
from vfa.segment.instances import Candidate
from vfa.segment.network_input import NetworkInput

CORE_MM = 8.5  # radius of what is averaged round the line from one body's middle to the next
STEP_MM = 1.0  # along that line
# Range of that average between two bodies, in the network's brightness (1 is 1100 HU on CT). In rods it was below 0.006
# and between neighbours on 59 generated volumes (8400000–8400058), CT and MR, never below 0.08.
CHANGES_AT_LEAST = 0.02


def changes_along(seen: NetworkInput, chain: Sequence[Candidate]) -> bool:
    """Whether the image changes between neighbours, at most places at least; true for a single body.

    Args:
        seen: the image at 2 mm.
        chain: bodies from head to foot.
    """
    centres = [candidate.centre_lps for candidate in chain]
    ranges = [_range(seen, one, other) for one, other in pairwise(centres)]
    return not ranges or float(np.median(ranges)) >= CHANGES_AT_LEAST


def _range(seen: NetworkInput, one: FloatArray, other: FloatArray) -> float:
    """How far the brightness of the column's core ranges from one body's middle to the next."""
    way = other - one
    length_mm = np.linalg.norm(way)
    across = np.cross(way, [1.0, 0.0, 0.0])
    across = across / np.linalg.norm(across)
    beside = np.cross(way, across) / length_mm
    places = np.arange(-CORE_MM, CORE_MM + 1, 2.0)
    u, v = (part.ravel() for part in np.meshgrid(places, places))
    core = np.hypot(u, v) <= CORE_MM
    steps = np.linspace(0, 1, int(length_mm / STEP_MM) + 2)
    points = one + steps[:, None, None] * way + u[core][:, None] * across + v[core][:, None] * beside
    values = ndimage.map_coordinates(seen.image, np.moveaxis(seen.grid.ijk_of(points), -1, 0), order=1, mode="nearest")
    return float(np.ptp(values.mean(axis=1)))
