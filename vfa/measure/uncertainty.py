"""How sure is a height? Standard uncertainties from what was seen in the image and how coarsely it was sampled.

The constants are fitted on the digital phantom so that 95 % intervals cover 95 % of true heights; see
`benchmarks/accuracy.py`, which prints the coverage they give.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vfa.model.frame import FloatArray, Grid

# One height from a CT, in mm: endplate thickness and frame, then sampling along the cranial axis.
IMAGE_FLOOR_MM = 0.18
IMAGE_PER_STEP = 0.16
MR_FLOOR_MM = 0.6  # dark cortex against dark annulus: the convention alone is worth this much
MASK_FLOOR_MM = 0.3
MASK_PER_STEP = 0.35
LATERAL_FACTOR = 1.3  # the outer thirds lean on fewer columns, nearer the rim


@dataclass(frozen=True)
class HeightError:
    """The standard uncertainty of one body's heights.

    Args:
        floor_mm: what remains with the finest sampling.
        per_step: share of the sampling step along the cranial axis that stays unknown.
        step_mm: the sampling step along the cranial axis.
        roughness_mm: local scatter of the endplates found.
        method: in words.
    """

    floor_mm: float
    per_step: float
    step_mm: float
    roughness_mm: float
    method: str

    def sigma_mm(self, third: str) -> float:
        """Standard uncertainty of a height of this third (`left`, `centre` or `right`)."""
        factor = 1.0 if third == "centre" else LATERAL_FACTOR
        parts = (self.floor_mm, self.per_step * self.step_mm, 0.25 * self.roughness_mm)
        return factor * float(np.sqrt(sum(part**2 for part in parts)))


def step_along(grid: Grid, direction_lps: FloatArray) -> float:
    """How far apart samples lie along a direction, in mm: the voxel's extent projected on it."""
    return float(np.sqrt(((grid.axes.T @ direction_lps * np.asarray(grid.spacing_mm)) ** 2).sum()))
