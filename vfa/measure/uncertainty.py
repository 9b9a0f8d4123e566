"""How sure is a height? Standard uncertainties from what was seen in the image and how coarsely it was sampled.

The constants are fitted on digital phantoms so that 95 % intervals cover 95 % of true heights; `benchmarks/accuracy.py`
prints the coverage they give on others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vfa.model.frame import FloatArray, Grid
from vfa.model.volume import Modality

# Endplate thickness, kernel and frame, in mm; then sampling along the cranial axis, in mm per mm. The rim, where walls
# and lipping begin, is known less well than the middle.
CT_FLOOR_MM = {"anterior": 0.04, "middle": 0.06, "posterior": 0.04}
# Dark cortex against dark annulus; fat, imaged up to 1.2 mm off, hides one of the endplates and widens the other. An
# unknown contrast may show neither.
MR_FLOOR_MM = {Modality.T1: 0.35, Modality.T2: 0.35, Modality.STIR: 0.35}
OTHER_MR_FLOOR_MM = 1.1
IMAGE_PER_STEP = {"anterior": 0.09, "middle": 0.055, "posterior": 0.07}
MASK_FLOOR_MM = 0.3
MASK_PER_STEP = 0.35
LATERAL_FACTOR = 1.7  # the outer thirds lean on fewer columns, nearer the rim
BAND_PLACE_MM = 0.55  # a body's margins, and so the bands between them, are known to this
MOVED_SHARE = 0.8  # of the way the image moved an endplate from where the mask had it; one of the two is wrong …
MOVED_FREE_MM = 0.3  # … beyond what any mask's stairs need
MOVED_FREE_PER_STEP = 0.1
ROUGHNESS_SHARE = 0.25


@dataclass(frozen=True)
class HeightError:
    """What limits one body's heights.

    Args:
        floor_mm: by column, what remains with the finest sampling.
        per_step: by column, share of the sampling step along the cranial axis that stays unknown.
        step_mm: the sampling step along the cranial axis.
        roughness_mm: local scatter of the endplates found.
        moved_mm: how far the image moved the endplates from where the mask had them (median, both together).
        outline_mm: how far the outline may have led astray, as its maker knows it; 0 for a mask taken as given.
        method: in words.
    """

    floor_mm: dict[str, float]
    per_step: dict[str, float]
    step_mm: float
    roughness_mm: float
    moved_mm: float
    outline_mm: float
    method: str

    def sigma_mm(self, third: str, column: str, slope: float) -> float:
        """Standard uncertainty of a height.

        Args:
            third: `left`, `centre` or `right`.
            column: `anterior`, `middle` or `posterior`.
            slope: how steeply the height changes across the band, mm per mm.
        """
        factor = 1.0 if third == "centre" else LATERAL_FACTOR
        moved = max(self.moved_mm - MOVED_FREE_MM - MOVED_FREE_PER_STEP * self.step_mm, 0.0)
        found = (
            self.floor_mm[column],
            self.per_step[column] * self.step_mm,
            ROUGHNESS_SHARE * self.roughness_mm,
            MOVED_SHARE * moved,
        )
        return math.hypot(factor * float(np.linalg.norm(found)), slope * BAND_PLACE_MM, self.outline_mm)


def step_along(grid: Grid, direction_lps: FloatArray) -> float:
    """How far apart samples lie along a direction, in mm: the voxel's extent projected on it."""
    return float(np.sqrt(((grid.axes.T @ direction_lps * np.asarray(grid.spacing_mm)) ** 2).sum()))
