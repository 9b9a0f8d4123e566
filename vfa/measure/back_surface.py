"""Where does bone begin, seen from the canal?

Rays run forward from the middle of the canal to the posterior wall, in the body's own frame. The first bone they meet
is the wall, or whatever stands behind it. A thin cortex blurred by the scanner is met too early; the same blurred-shell
model that finds the endplates says by how much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vfa.measure.body_view import BodyView
from vfa.measure.endplates import Blur
from vfa.model.frame import FloatArray

RAY_STEP_MM = 0.25
IN_FRONT_OF_MARGIN_MM = 7.0  # the wall is hollow, and a wall that has given way lies deeper; farther in is marrow
CORTEX_MM = 0.6  # posterior cortex; 0.4–0.9 mm, like the endplates
PEAK_REACH_MM = 4.0  # around the posterior margin: where the cortex's brightness is looked for
CANAL_CORE_MM = 3.0  # around the canal's middle: soft tissue whatever lies beside
WHOLE_QUANTILE = 0.75  # of the wall's brightness: up to half of it may lack or stand elsewhere
EDGE_SHARE = 0.5  # of the way from soft tissue to cortex
LEAST_CONTRAST_HU = 60.0  # between canal and cortex; below it the two cannot be told apart


@dataclass(frozen=True)
class CanalLine:
    """The middle of the canal along a body, as a straight line in its frame.

    Args:
        left_mm: at the body's centre height.
        behind_mm: likewise, mm behind the body's centre.
        left_slope: mm to the left per mm towards the head.
        behind_slope: mm to the back per mm towards the head.
    """

    left_mm: float
    behind_mm: float
    left_slope: float
    behind_slope: float

    def left_at(self, cranial_mm: FloatArray) -> FloatArray:
        """Where it runs at these heights, across."""
        return self.left_mm + self.left_slope * cranial_mm

    def behind_at(self, cranial_mm: FloatArray) -> FloatArray:
        """Where it runs at these heights, in depth."""
        return self.behind_mm + self.behind_slope * cranial_mm


@dataclass(frozen=True)
class Levels:
    """Grey values that tell bone from what lies in the canal.

    Args:
        soft: median within the canal.
        marrow: median in front of the wall.
        cortex: brightness of the wall as the scanner shows it, where it is whole.
    """

    soft: float
    marrow: float
    cortex: float

    @property
    def edge(self) -> float:
        """The value from which a ray has met bone."""
        return self.soft + EDGE_SHARE * (self.cortex - self.soft)


@dataclass(frozen=True, eq=False)
class BackSurface:
    """The back of the bone, as a height field over left × cranial.

    Args:
        behind_mm: (L, C) where bone begins, mm behind the body's centre; NaN where a ray met none.
        levels: what was taken for bone.
    """

    behind_mm: FloatArray
    levels: Levels


def grey_levels(view: BodyView, canal: CanalLine, between: NDArray[np.bool_]) -> Levels | None:
    """Typical values of canal, marrow and cortex around one wall; None where canal and cortex look alike.

    Args:
        view: the image.
        canal: its middle.
        between: (L, C) rays that run between the pedicles and between the endplates.
    """
    margin = canal.behind_at(view.cranial_mm) - (canal.behind_mm - view.margin_mm)
    near = margin[None, :, None] + np.arange(-PEAK_REACH_MM, PEAK_REACH_MM, RAY_STEP_MM)
    shape = (len(view.left_mm), len(view.cranial_mm))
    peaks = view.along_rays(np.broadcast_to(near, (*shape, near.shape[-1]))).max(axis=2)[between]
    centre = canal.behind_at(view.cranial_mm)[None, :, None] + np.arange(-CANAL_CORE_MM, CANAL_CORE_MM, 0.5)
    core = np.abs(view.left_mm[:, None] - canal.left_at(view.cranial_mm)) <= CANAL_CORE_MM
    soft = view.along_rays(np.broadcast_to(centre, (*shape, centre.shape[-1])))[core & between]
    deeper = margin[None, :, None] + np.arange(-12.0, -6.0, 0.5)
    marrow = view.along_rays(np.broadcast_to(deeper, (*shape, deeper.shape[-1])))[between]
    if not peaks.size or not soft.size:
        return None
    levels = Levels(float(np.median(soft)), float(np.median(marrow)), float(np.quantile(peaks, WHOLE_QUANTILE)))
    return levels if levels.cortex - levels.soft >= LEAST_CONTRAST_HU else None


def back_surface(view: BodyView, canal: CanalLine, levels: Levels, blur: Blur) -> BackSurface:
    """March forward from the canal until bone is met.

    Args:
        view: the image.
        canal: where the rays start; where it lies within bone they start behind it.
        levels: what counts as bone.
        blur: of the image along the rays.
    """
    start = canal.behind_at(view.cranial_mm)
    farthest = view.behind_mm[-1]
    front = view.margin_mm + canal.behind_slope * view.cranial_mm - IN_FRONT_OF_MARGIN_MM
    steps = np.arange(0.0, float((start - front).max()) + RAY_STEP_MM, RAY_STEP_MM)
    shape = (len(view.left_mm), len(view.cranial_mm))
    begin = np.broadcast_to(start[None, :], shape)
    behind = np.arange(0.0, max(float((farthest - start).max()), 1.0), 2 * RAY_STEP_MM)
    backwards = view.along_rays(begin[..., None] + behind)
    free = backwards < levels.edge
    # A fragment may reach beyond the canal's middle: start where the bone around the start ends.
    begin = np.where(free.any(axis=2), begin + behind[free.argmax(axis=2)], begin)
    values = view.along_rays(begin[..., None] - steps)
    bone = values >= levels.edge
    first = bone.argmax(axis=2)
    met = bone.any(axis=2) & (first > 0)
    rows = np.indices(shape)
    inner = values[rows[0], rows[1], first]
    outer = values[rows[0], rows[1], np.maximum(first - 1, 0)]
    share = (levels.edge - outer) / np.maximum(inner - outer, 1.0)
    found = begin - (first - 1 + share) * RAY_STEP_MM
    reached = met & (found >= front[None, :])
    return BackSurface(np.where(reached, found - overshoot_mm(levels, blur), np.nan), levels)


def overshoot_mm(levels: Levels, blur: Blur) -> float:
    """How far outside a thin cortex's true surface a ray meets the edge value, by the blurred-shell model."""
    distance = np.arange(-3.0, 3.0, 0.02)
    outer, inner = blur.step(distance), blur.step(distance + CORTEX_MM)
    plain = levels.marrow * (1 - inner) + levels.soft * outer
    shell = inner - outer
    # How bright the shell itself is, for its blurred peak to be as bright as what was seen.
    brightness = float(np.min((levels.cortex - plain)[shell > 0.5 * shell.max()] / shell[shell > 0.5 * shell.max()]))
    profile = plain + max(brightness, 0.0) * shell
    beyond = np.nonzero(profile >= levels.edge)[0]
    return float(distance[beyond[-1]]) if beyond.size else 0.0
