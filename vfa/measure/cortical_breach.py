"""Is the cortex of the posterior wall whole?

At every place of the wall its cortex is as bright as the brightest of the image just there. A gap is a place where it
falls towards the marrow's brightness, wide enough both ways for the slices to show it. The opening of the basivertebral
vein is such a place in everyone: it is modelled (an ellipse near the midline, about mid-height, where it covers most of
the opening) and only what reaches beyond it counts, since most traumatic wall fractures run through it (68.5 %,
PMC7647501).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.measure.back_surface import CanalLine, Levels
from vfa.measure.body_view import CRANIAL_STEP_MM, LEFT_STEP_MM, BodyView
from vfa.model.frame import FloatArray

IN_FRONT_MM, BEHIND_MM = 1.75, 1.0  # of the wall's surface: where its cortex is looked for
RAY_STEP_MM = 0.25
GAP_SHARE = 0.42  # of the way from marrow to cortex: below it the cortex lacks
FORAMEN_HALF_WIDTH_MM = 4.6
FORAMEN_HALF_HEIGHT_MM = 3.4
FORAMEN_HEIGHT = 0.48  # of the posterior height, where it opens in a whole body; a collapse moves it
FORAMEN_HEIGHTS = (0.30, 0.85)
FORAMEN_WANDERS_MM = 2.0  # to either side of the midline
WANDER_COST = 0.6  # rays of opening that a millimetre away from the usual place must gain
LEAST_AREA_MM2 = 7.0
LEAST_SPAN_MM = 2.0
LEAST_SLICES = 1.5
FOLLOWS_MM = 1.5  # the surface that rays met is the wall when it lies this near the fitted one


@dataclass(frozen=True, eq=False)
class Gap:
    """One gap in the cortex.

    Args:
        area_mm2: beyond what the foramen opens.
        left_mm: of its middle, from the canal's midline.
        height_fraction: of its middle, 0 at the lower endplate.
        through_foramen: whether it runs into the foramen.
    """

    area_mm2: float
    left_mm: float
    height_fraction: float
    through_foramen: bool


def cortex_brightness(view: BodyView, wall_mm: FloatArray) -> FloatArray:
    """(L, C) how bright the cortex is at each place of the wall (L, C, mm behind the body's centre)."""
    around = np.arange(-IN_FRONT_MM, BEHIND_MM + RAY_STEP_MM, RAY_STEP_MM)
    brightest = view.along_rays(wall_mm[..., None] + around).max(axis=2)
    return np.asarray(ndimage.median_filter(brightest, size=3, mode="nearest"), dtype=np.float64)


def gaps(
    view: BodyView, line: CanalLine, levels: Levels, wall_mm: FloatArray, between: NDArray[np.bool_], slice_mm: float
) -> tuple[Gap, ...]:
    """Every gap that the image can show, the largest first.

    Args:
        view: the image.
        line: the canal's middle, which says where the midline is.
        levels: of marrow and cortex.
        wall_mm: (L, C) the wall that was found, mm behind the body's centre, without holes.
        between: (L, C) rays between the pedicles and the endplates.
        slice_mm: how far apart slices lie along the cranial axis.
    """
    bright = cortex_brightness(view, wall_mm)
    open_ = between & (bright < levels.marrow + GAP_SHARE * (levels.cortex - levels.marrow))
    left = view.left_mm[:, None] - line.left_at(view.cranial_mm)[None, :]
    foramen = _foramen(open_, left, view)
    pieces, count = ndimage.label(open_, structure=np.ones((3, 3)))
    found = []
    for number in range(1, count + 1):
        piece = pieces == number
        beyond = piece & ~foramen
        area = float(beyond.sum()) * LEFT_STEP_MM * CRANIAL_STEP_MM
        if area < LEAST_AREA_MM2 or not _spans(beyond, slice_mm):
            continue
        through = bool((piece & foramen).any())
        rows, columns = np.nonzero(beyond)
        middle = float(left[rows, columns].mean()), float(view.height_fraction[rows, columns].mean())
        found.append(Gap(area, *middle, through))
    return tuple(sorted(found, key=lambda gap: -gap.area_mm2))


def _foramen(open_: NDArray[np.bool_], left_mm: FloatArray, view: BodyView) -> NDArray[np.bool_]:
    """(L, C) the ellipse, near its usual place, that covers most of what is open."""
    height_mm = (view.upper_mm - view.lower_mm)[:, None]
    tall = float(height_mm.mean())
    best, chosen = -np.inf, np.zeros_like(open_)
    for height in np.arange(FORAMEN_HEIGHTS[0], FORAMEN_HEIGHTS[1], 0.75 / tall):
        up_mm = (view.height_fraction - height) * height_mm
        for aside in np.arange(-FORAMEN_WANDERS_MM, FORAMEN_WANDERS_MM + 0.1, 1.0):
            ellipse = ((left_mm - aside) / FORAMEN_HALF_WIDTH_MM) ** 2 + (up_mm / FORAMEN_HALF_HEIGHT_MM) ** 2 <= 1
            cost = WANDER_COST * np.hypot(aside, (height - FORAMEN_HEIGHT) * tall)
            score = float((open_ & ellipse).sum()) - cost
            if score > best:
                best, chosen = score, ellipse
    return chosen


def _spans(beyond: NDArray[np.bool_], slice_mm: float) -> bool:
    """Whether a gap is wide and high enough to be one, and not the edge of something thin."""
    rows, columns = np.nonzero(beyond)
    width = (np.ptp(rows) + 1) * LEFT_STEP_MM
    height = (np.ptp(columns) + 1) * CRANIAL_STEP_MM
    return bool(width >= LEAST_SPAN_MM and height >= max(LEAST_SPAN_MM, LEAST_SLICES * slice_mm))
