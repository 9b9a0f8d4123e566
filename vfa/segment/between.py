"""How much room lies between two neighbouring bodies: a disc's, a missed body's, or none at all?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vfa.model.frame import FloatArray
from vfa.segment.bodies import BodyMask

TUBE_MM = 9.0  # round the line between the centres: inside the rims of the smallest bodies
OUTERMOST = 0.02  # share of the voxels in the tube that may lie beyond a body's end


@dataclass(frozen=True, eq=False)
class Between:
    """What lies between a body and the one below it.

    Args:
        gap_mm: from surface to surface along the line between their centres; negative where they overlap.
        middle_lps: (3,) halfway between the surfaces.
        cranial: (3,) unit vector along that line, towards the head.
        heights_mm: of the upper and of the lower body, along it.
    """

    gap_mm: float
    middle_lps: FloatArray
    cranial: FloatArray
    heights_mm: tuple[float, float]

    @classmethod
    def of(cls, upper: BodyMask, lower: BodyMask) -> Between:
        """Measure it; the bodies hold no stray pieces."""
        top, bottom = upper.centre_lps, lower.centre_lps
        length_mm = float(np.linalg.norm(top - bottom))
        cranial = (top - bottom) / max(length_mm, 1e-6)
        (above, below), (reach, foot) = _ends(upper, top, cranial), _ends(lower, bottom, cranial)
        gap_mm = length_mm + below - reach
        return cls(gap_mm, top + cranial * (below - gap_mm / 2), cranial, (above - below, reach - foot))


def _ends(body: BodyMask, centre_lps: FloatArray, cranial: FloatArray) -> tuple[float, float]:
    """How far (mm) a body reaches up and, negative, down from its centre in the middle."""
    offset = body.points_lps - centre_lps
    along = offset @ cranial
    inside = np.linalg.norm(offset - along[:, None] * cranial, axis=1) <= TUBE_MM
    if not inside.any():
        return 0.0, 0.0
    low, high = np.quantile(along[inside], [OUTERMOST, 1 - OUTERMOST])
    half_mm = float((np.abs(body.grid.axes.T @ cranial) * body.grid.spacing_mm).max()) / 2  # of a voxel, along the line
    return float(high) + half_mm, float(low) - half_mm
