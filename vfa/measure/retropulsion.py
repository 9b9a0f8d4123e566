"""How far has bone been pushed back into the canal, and may that number be believed?

Read on the bone surface that the image shows, in the body's own frame: the greatest distance behind the expected wall.
An angular fragment ends in a step and a smooth bulge does not. The expected wall rests on the part of the wall that
stands; where too little of it was seen, or mask and image disagree on where the body ends, nothing is measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.measure.expected_wall import FLAT_BY_NATURE
from vfa.measure.wall_look import WallLook
from vfa.model.estimate import Estimate, Measured, Unmeasurable, Why
from vfa.model.frame import FloatArray

STEP_MM = 1.3  # a wall that jumps by this much from one ray to the next but one has an edge
STEP_SHARE = 0.45  # of the retropulsion, in one step: an edge, not a slope
RAYS_APART = 2
VEIN_RAYS = (11, 9)  # across and along: what is narrower may be the vein's opening
FRAGMENT_MM = 2.0  # a step of less is not told from an uneven wall
CLEARLY_BEHIND_MM = 1.5  # bone less far behind the wall has no outline worth a name
# Standard uncertainty, checked on the phantom (python -m benchmarks.wall).
FLOOR_MM = 0.45
PER_SLICE = 0.08
FRAGMENT_SIGMA_FRACTION = 0.2  # the expected wall may have followed a fragment
# Bone this far behind the wall that a smooth bulge was taken off: 1.8 mm between two intact neighbours, 2.5 beside one.
BULGE_SAYS_SIGMAS = 3.9
BULGE_UNSURE = 1.6  # below it: standard uncertainty per mm by which the two walls disagree
NOTHING_BEHIND = "no bone stands clearly behind the expected wall"
# When the number is not believed.
MASK_OFF_MM = 4.0  # the mask's end from the wall of the image
LEAST_FOUND_SHARE = 0.75  # of the rays beside the vein must have met a wall
LEAST_STANDING_SHARE = 0.3  # of them must lie on the expected wall
LEAST_RAYS = 120  # about 70 mm²
LARGEST_SMOOTH_SHARE = 0.3  # of the wall: more of it behind, without an edge, is a wall that was not understood
COARSEST_MM = 0.9  # blur across the wall, standard deviation


@dataclass(frozen=True, eq=False)
class PushedBack:
    """What stands behind one wall.

    Args:
        retropulsion_mm: how far; Unmeasurable with the reason.
        outline: "angular", "smooth", or Unmeasurable where nothing stands clearly behind.
        fitted_mm: how far by the best fit alone, which no bulge makes larger.
        left_mm: of the farthest place, from the canal's midline.
        height_fraction: of the farthest place.
        doubt: why the wall cannot be judged at all; empty when it can.
        line_lps: (2, 3) from the expected wall to that place, as long as `retropulsion_mm`; None for no length.
    """

    retropulsion_mm: Measured
    outline: str | Unmeasurable
    fitted_mm: float
    left_mm: float
    height_fraction: float
    doubt: str
    line_lps: FloatArray | None = None

    @property
    def is_fragment(self) -> bool:
        """Whether bone stands behind the wall with an edge, clearly enough to be no unevenness of the wall."""
        behind = self.retropulsion_mm
        far = isinstance(behind, Estimate) and self.fitted_mm >= FRAGMENT_MM and behind.ci95[0] > 0
        return self.outline == "angular" and far


def pushed_back(look: WallLook, slice_mm: float) -> PushedBack:
    """Measure what stands behind one wall.

    Args:
        look: what was seen of it.
        slice_mm: how far apart slices lie.
    """
    behind = np.where(look.between, look.behind_wall_mm, -np.inf)
    row, column = np.unravel_index(int(np.argmax(behind)), behind.shape)
    fitted = greatest_mm(look)
    left = float(look.from_midline_mm[row, column])
    height = float(look.view.height_fraction[row, column])
    doubt = _doubt(look)
    if doubt:
        missing = Unmeasurable(look.level, "retropulsion", Why.QUALITY_FAILED, doubt)
        return PushedBack(missing, _no_outline(look, doubt), fitted, left, height, doubt)
    outline = _outline(look, fitted)
    value, lean = _held_against_others(look, fitted, outline)
    if outline != "angular":
        outline = "smooth" if value >= CLEARLY_BEHIND_MM else _no_outline(look, NOTHING_BEHIND)
    parts = (
        lean,
        FLOOR_MM,
        PER_SLICE * slice_mm,
        FRAGMENT_SIGMA_FRACTION * value,
        float(look.shape.sigma_mm[row, column]),
    )
    sigma = float(np.sqrt(sum(part**2 for part in parts)))
    estimate = Estimate(value, sigma, "mm", "greatest distance of bone behind the expected wall", at_least=0.0)
    return PushedBack(estimate, outline, fitted, left, height, "", _line(look, (int(row), int(column)), value))


def _held_against_others(look: WallLook, fitted_mm: float, outline: str | Unmeasurable) -> tuple[float, float]:
    """The distance behind the wall, and how far it leans on the wall that was chosen, mm.

    The best fit may follow what stands behind the wall. A fragment seldom moves the lower rim; a bulge is told from the
    wall by the waist and hollow that its neighbours have. What these say moves the number only where it is more than an
    uneven wall; it always widens the interval.
    """
    if outline == "angular" and fitted_mm >= FRAGMENT_MM:
        foot = float(look.behind_of(look.shape.from_foot_mm)[look.between].max())
        lean = max(foot - fitted_mm, 0.0)
        if look.level in FLAT_BY_NATURE:  # the back of their lower rim stands out, which passes for a wall far in front
            return fitted_mm, lean
        return fitted_mm + lean / 2, lean
    bulge = float(look.behind_of(look.shape.under_bulge_mm)[look.between].max())
    lean = max(bulge - fitted_mm, 0.0)
    told = bulge >= BULGE_SAYS_SIGMAS * look.shape.bulge_sd_mm and lean > 0 and look.level not in FLAT_BY_NATURE
    return (bulge, lean) if told else (fitted_mm, BULGE_UNSURE * lean)


def _line(look: WallLook, place: tuple[int, int], value_mm: float) -> FloatArray | None:
    """(2, 3) LPS: from the expected wall to the bone behind it on the ray (L, C) where it stands farthest."""
    if value_mm <= 0:
        return None
    row, column = place
    tip = look.shape.behind_mm[place] + look.behind_wall_mm[place]
    ends = np.array([tip - value_mm, tip])
    return look.view.lps_of(np.full(2, look.view.left_mm[row]), ends, np.full(2, look.view.cranial_mm[column]))


def greatest_mm(look: WallLook) -> float:
    """The greatest distance of bone behind the expected wall; 0 where none stands behind it."""
    return max(float(np.where(look.between, look.behind_wall_mm, 0.0).max()), 0.0)


def _doubt(look: WallLook) -> str:
    """Why the wall cannot be judged; empty when it can."""
    if look.blur_mm > COARSEST_MM:
        return f"the image is too coarse across the wall (blur {look.blur_mm:.1f} mm) to show its cortex"
    asked = look.between & ~look.vein
    if asked.sum() < LEAST_RAYS:
        return "too little of the posterior wall lies between the pedicles in view"
    if abs(look.mask_off_mm) > MASK_OFF_MM:
        return f"mask and image disagree by {abs(look.mask_off_mm):.0f} mm on where the body ends behind"
    if np.isfinite(look.surface.behind_mm[asked]).mean() < LEAST_FOUND_SHARE:
        return "too little of the posterior wall was found between the pedicles"
    if look.shape.believed[asked].mean() < LEAST_STANDING_SHARE:
        return "too little of the posterior wall stands to say where the rest of it should be"
    behind = look.behind_wall_mm
    smooth = _outline(look, greatest_mm(look)) == "smooth"
    if smooth and (behind[asked] > CLEARLY_BEHIND_MM).mean() > LARGEST_SMOOTH_SHARE:
        return "the course of the posterior wall was not understood"
    return ""


def _outline(look: WallLook, value_mm: float) -> str | Unmeasurable:
    """Whether what stands behind the wall ends in an edge."""
    if value_mm < CLEARLY_BEHIND_MM:
        return _no_outline(look, NOTHING_BEHIND)
    behind = look.behind_wall_mm
    # The vein's opening in a bulge is no edge of a fragment.
    closed = np.where(look.vein, ndimage.grey_closing(behind, size=VEIN_RAYS, mode="nearest"), behind)
    step = _greatest_step_mm(closed, look.between)
    return "angular" if step >= max(STEP_MM, STEP_SHARE * value_mm) else "smooth"


def _no_outline(look: WallLook, detail: str) -> Unmeasurable:
    return Unmeasurable(look.level, "outline of the posterior wall", Why.LOW_CONFIDENCE, detail)


def _greatest_step_mm(behind_mm: FloatArray, between: NDArray[np.bool_]) -> float:
    """The greatest jump between rays two apart, across or along."""
    greatest = 0.0
    for axis in (0, 1):
        ahead = np.roll(behind_mm, -RAYS_APART, axis)
        both = between & np.roll(between, -RAYS_APART, axis)
        edge = [slice(None), slice(None)]
        edge[axis] = slice(-RAYS_APART, None)
        both[tuple(edge)] = False
        if both.any():
            greatest = max(greatest, float(np.abs(ahead - behind_mm)[both].max()))
    return greatest
