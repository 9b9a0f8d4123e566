"""Where does bone begin, seen from the canal?

Rays run forward from the middle of the canal to the posterior wall, in the body's own frame. The first bone they meet
is the wall, or whatever stands behind it. A thin cortex blurred by the scanner is met too early; the same blurred-shell
model that finds the endplates says by how much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.measure.blur import Blur
from vfa.measure.body_view import BEHIND_STEP_MM, LEFT_STEP_MM, BodyView
from vfa.model.frame import FloatArray

RAY_STEP_MM = 0.25
IN_FRONT_OF_MARGIN_MM = 7.0  # the wall is hollow, and a wall that has given way lies deeper; farther in is marrow
CORTEX_MM = 0.6  # posterior cortex; 0.4–0.9 mm, like the endplates
PEAK_REACH_MM = 4.0  # around the posterior margin: where the cortex's brightness is looked for
CANAL_CORE_MM = 3.0  # around the canal's middle: soft tissue whatever lies beside
WHOLE_QUANTILE = 0.75  # of the wall's brightness: up to half of it may lack or stand elsewhere
EDGE_SHARE = 0.5  # of the way from soft tissue to cortex
BRIGHTEST_DISC_HU = 110.0  # discs and ligaments 60–100: they stand behind the rims and are no bone
MARROW_SHARE = 0.65  # of the way from soft tissue to marrow, above veins and ligament
SMOOTH_STEPS = 0.7  # of the view: enough that single voxels neither close nor open the lumen
BEYOND_MIDDLE = 1.4  # of the way from the wall to the canal's middle: how far behind it the lumen may end
SHALLOWEST_MM = 3.0  # a lumen, where a fragment leaves least of it
PEDICLE_ROOT_MM = 4.5  # from the side: how far a pedicle's root may reach over the wall
ROOT_SHOULDER = 2  # rays at its foot, where wall and pedicle run into each other
STEEP_MM = 0.5  # from one ray to the next
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
        """The value from which a ray has met bone: thin cortex hardly outshines marrow, which is bone too."""
        bone = min(self.cortex, max(self.marrow, self.soft + LEAST_CONTRAST_HU))
        shell = self.soft + EDGE_SHARE * (self.cortex - self.soft)
        return min(max(self.soft + MARROW_SHARE * (bone - self.soft), BRIGHTEST_DISC_HU), shell)


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


def back_surface(view: BodyView, canal: CanalLine, levels: Levels, blur: Blur, half_mm: float) -> BackSurface:
    """Where the canal's lumen ends in front, on every ray.

    The lumen is what hangs together around the canal's middle, so that a ray beside a triangular canal's corner does
    not take the pedicle or the lamina for the wall.

    Args:
        view: the image.
        canal: its middle.
        levels: what counts as bone.
        blur: of the image along the rays.
        half_mm: from the canal's middle to the pedicles.
    """
    values = ndimage.gaussian_filter(view.values, SMOOTH_STEPS, mode="nearest")
    lumen = _lumen(view, values, canal, levels.edge, half_mm)
    first, length = _longest_run(lumen)
    rows = np.indices(first.shape)
    ahead = np.maximum(first - 1, 0)
    outer, inner = values[rows[0], first, rows[1]], values[rows[0], ahead, rows[1]]
    share = np.clip((levels.edge - outer) / np.maximum(inner - outer, 1.0), 0.0, 1.0)
    found = view.behind_mm[first] - share * BEHIND_STEP_MM
    front = view.margin_mm + canal.behind_slope * view.cranial_mm - IN_FRONT_OF_MARGIN_MM
    met = (length >= SHALLOWEST_MM / BEHIND_STEP_MM) & (first > 0) & (found > front[None, :] + BEHIND_STEP_MM)
    found = np.where(met, found - overshoot_mm(levels, blur), np.nan)
    return BackSurface(found, levels)


def _lumen(
    view: BodyView, values: NDArray[np.float32], canal: CanalLine, edge: float, half_mm: float
) -> NDArray[np.bool_]:
    """(L, D, C) what is no bone and hangs together around the canal's middle."""
    behind = view.behind_mm[None, :, None]
    middle = canal.behind_at(view.cranial_mm)[None, None, :]
    depth = canal.behind_mm - view.margin_mm
    aside = np.abs(view.left_mm[:, None] - canal.left_at(view.cranial_mm)[None, :])[:, None, :]
    front = (view.margin_mm + canal.behind_slope * view.cranial_mm - IN_FRONT_OF_MARGIN_MM)[None, None, :]
    within = (behind >= front) & (behind <= middle + BEYOND_MIDDLE * depth) & (aside <= half_mm)
    pieces, count = ndimage.label(within & (values < edge))
    if not count:
        return np.zeros(values.shape, dtype=bool)
    # A fragment may fill the canal's middle: what lies within a few millimetres of it and behind it counts too.
    core = (aside <= CANAL_CORE_MM) & (behind >= middle - CANAL_CORE_MM) & (behind <= middle + depth)
    sizes = np.bincount(pieces[np.broadcast_to(core, pieces.shape)], minlength=count + 1)
    sizes[0] = 0
    return np.asarray(pieces == int(np.argmax(sizes)))


def _longest_run(lumen: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(L, C) where the longest run of each ray begins, and how many steps it takes."""
    shape = (lumen.shape[0], lumen.shape[2])
    begin, best, length = (np.zeros(shape, dtype=np.intp) for _ in range(3))
    for step in range(lumen.shape[1]):
        length = np.where(lumen[:, step], length + 1, 0)
        longer = length > best
        best = np.where(longer, length, best)
        begin = np.where(longer, step - length + 1, begin)
    return begin, best


def beside_pedicles(behind_mm: FloatArray, between: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(L, C) rays at either side that meet a pedicle's root instead of the wall.

    A pedicle rises backwards, steeply and without coming down again, from some place near the side; the wall's own
    hollow rises gently. A hole in the wall is no pedicle: what lies deeper than the wall farther in counts as level.
    """
    found = np.zeros_like(between)
    reach = round(PEDICLE_ROOT_MM / LEFT_STEP_MM)
    for column in range(between.shape[1]):
        rows = np.nonzero(between[:, column])[0]
        for outward in (rows[::-1], rows):
            side = outward[: reach + 1]
            if len(side) < 2:
                continue
            met = np.isfinite(behind_mm[side, column])
            level = _level(behind_mm[outward[reach + 1 : 2 * reach + 1], column])
            standing = np.fmax(behind_mm[side, column], level)
            rise = standing[:-1] - standing[1:]
            steep = np.nonzero(rise >= STEEP_MM)[0]
            root = max(int(steep[-1]) + 1 if steep.size else 0, int(met.argmax()) if met.any() else len(side))
            if root:
                found[side[: root + ROOT_SHOULDER], column] = True
    return found


def _level(behind_mm: FloatArray) -> float:
    """The median of what was met; NaN where nothing was."""
    met = behind_mm[np.isfinite(behind_mm)]
    return float(np.median(met)) if met.size else np.nan


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
