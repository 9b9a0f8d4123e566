"""Where is there no bone just below the posterior wall's surface?

A dim cortex is no hole: real posterior cortex is 0.25–0.8 mm thick, and blurred by the scanner it may hardly outshine
the marrow. What a hole has and a thin cortex has not is soft tissue in the place of bone. So each place of the wall is
asked how bright the first two millimetres below its surface are, on a scale from the canal (0) to sound marrow (1); a
place well below 1 is open. So is one less than half as bright as the rest of its own wall: a tumour may be as bright as
thin marrow, but no cortex hides it; only where the vein opens anyway does that say nothing. The surface follows the
wall around the place, so that no hollow or slope passes for a hole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.measure.back_surface import Levels
from vfa.measure.body_view import CRANIAL_STEP_MM, LEFT_STEP_MM, BodyView
from vfa.measure.expected_wall import vein_zone
from vfa.model.frame import FloatArray

BELOW_MM = (-1.75, 0.0)  # in front of the surface: what is asked
RAY_STEP_MM = 0.25
FOLLOWS_MM = (14.0, 12.0)  # across and along: half of this is as wide as an opening gets
COURSE_OFF_MM = 0.5  # by which the followed course may lie behind the wall
OPEN_SHARE = 0.5  # of the way from canal to marrow
EDGE_SHARE = 0.6  # up to here an opening reaches, blurred as its edges are
SHELL_SHARE = 0.4  # of a typical place's brightness: the least that counts as bone where marrow is as dark as the canal
DIM_SHARE, DIM_EDGE_SHARE = 0.45, 0.55  # of it: beside the vein no thin place of a whole cortex is as dim
PIT_MM, PIT_SHARE = 1.0, 0.8  # deeper than the wall's course, and not bright: a gap blurred between thick slices
IN_FRONT_MM = (-12.0, -6.0)  # of the surface: the vein is narrow there, and what lies around it is marrow
LEAST_MARROW_HU = 60.0  # above the canal: thinner marrow is not told from its loss by a smaller difference
GAS_HU = -50.0  # darker than marrow of any kind: a cleft's gas, no tumour in the place of bone
AROUND_MM = 2.0  # an opening: where marrow in front of it is asked for
CHANNEL_MM = (-4.5, -2.0)  # of the surface: below any cortex, where a vein's channel is still wide
BESIDE_MM = 1.5  # an opening's edges: from there on the marrow beside a channel begins
BESIDE_REACH_MM = 6.0  # and so far it is asked for
THINNEST_CHANNEL_MM = 1.0  # that the image could show
CHANNEL_DARKER = 0.3  # of sound marrow: by how much the middle of a channel is darker than what lies beside it
LEAST_MARROW_SIGMAS = 2.5  # of the noise: with less contrast a channel that is not seen may be there
SMOOTHED_OVER = 3  # rays each way; 2 mm
LEAST_AREA_MM2 = 6.0
GRAIN_MM = 0.8  # correlation length of CT noise


@dataclass(frozen=True, eq=False)
class Opening:
    """One place of the wall without bone.

    Args:
        area_mm2: of it.
        left_mm: of its middle, from the canal's midline.
        height_fraction: of its middle, 0 at the lower endplate.
        width_mm: from side to side.
        height_mm: from its lower to its upper edge.
        in_front: how bright the marrow in front of it is; 0 as the canal, 1 as sound marrow.
        darker_than: what told it: darker than marrow, or only than the rest of its own wall.
        channel_mm: how wide and how high the channel is that leads from it into the marrow, 0 for none; None where the
            marrow is too thin, or the noise too strong, to show one.
    """

    area_mm2: float
    left_mm: float
    height_fraction: float
    width_mm: float
    height_mm: float
    in_front: float = 1.0
    darker_than: Literal["marrow", "wall"] = "marrow"
    channel_mm: tuple[float, float] | None = None

    @property
    def wider_than_channel(self) -> float | None:
        """How often the channel goes into the mouth, the larger of across and along; None where none could be seen."""
        if self.channel_mm is None:
            return None
        wide, high = (max(mm, THINNEST_CHANNEL_MM) for mm in self.channel_mm)
        return max(self.width_mm / wide, self.height_mm / high)


@dataclass(frozen=True, eq=False)
class BoneBelow:
    """What lies just below the wall's surface.

    Args:
        share: (L, C) 0 as in the canal, 1 as in marrow, more where cortex is.
        typical: the share of this wall's usual place.
        in_front: (L, C) the share some millimetres in front of the wall.
        channel: (L, C) the share just below the cortex; None where a vein's channel would not stand out.
        pit: (L, C) places where rays from the canal go on into the body before they meet bone.
        sigma: what the image's noise makes of a share.
        counted: (L, C) places that were asked.
    """

    share: FloatArray
    typical: float
    in_front: FloatArray
    channel: FloatArray | None
    pit: NDArray[np.bool_]
    sigma: float
    counted: NDArray[np.bool_]

    def below(self, share: float, of_typical: float, beside_vein: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(L, C) places darker than a share of marrow or, beside the vein, than a share of the wall's usual place."""
        dim = beside_vein & (self.share < of_typical * self.typical)
        return np.asarray(self.counted & ((self.share < share) | dim | self.pit))


def bone_below(
    view: BodyView,
    levels: Levels,
    surface_mm: FloatArray,
    expected_mm: FloatArray,
    known: NDArray[np.bool_],
    counted: NDArray[np.bool_],
) -> BoneBelow:
    """Ask every place of the wall how much bone lies just below its surface.

    Args:
        view: the image.
        levels: grey values of canal and of sound marrow.
        surface_mm: (L, C) where bone begins, mm behind the body's centre; NaN where none was met.
        expected_mm: (L, C) the wall that is expected.
        known: (L, C) places whose surface is the wall's, and no pedicle's.
        counted: (L, C) places between pedicles and endplates: all of them are asked.
    """
    around = expected_mm + _followed(surface_mm - expected_mm, known)
    means = [_mean_between(view, around - off, BELOW_MM) for off in (0.0, COURSE_OFF_MM)]
    above = ndimage.uniform_filter(np.maximum(*means), SMOOTHED_OVER, mode="nearest") - levels.soft
    typical = float(np.median(above[counted])) if counted.any() else 0.0
    whole = max(min(levels.marrow - levels.soft, typical), SHELL_SHARE * typical, 1.0)
    noise = image_noise(view)
    smoothed = np.sqrt(GRAIN_MM / (BELOW_MM[1] - BELOW_MM[0])) * GRAIN_MM / (SMOOTHED_OVER * LEFT_STEP_MM)
    marrow = max(levels.marrow - levels.soft, LEAST_MARROW_HU)
    ahead = _mean_between(view, around, IN_FRONT_MM)
    in_front = 1 - np.where(ahead > GAS_HU, np.maximum(levels.marrow - ahead, 0.0), 0.0) / marrow
    share = above / whole
    deep = known & ~(surface_mm - around > -PIT_MM) & (share < PIT_SHARE)
    pit = ndimage.median_filter(deep, size=SMOOTHED_OVER, mode="nearest")
    below = ndimage.uniform_filter(_mean_between(view, around, CHANNEL_MM), SMOOTHED_OVER, mode="nearest")
    seen = levels.marrow - levels.soft >= max(LEAST_MARROW_HU, LEAST_MARROW_SIGMAS * noise)
    channel = (below - levels.soft) / marrow if seen else None
    return BoneBelow(share, typical / whole, in_front, channel, pit, float(noise * smoothed / whole), counted)


def _mean_between(view: BodyView, surface_mm: FloatArray, reach_mm: tuple[float, float]) -> FloatArray:
    """(L, C) mean of the image between two distances behind a surface (L, C)."""
    steps = np.arange(*reach_mm, RAY_STEP_MM) + RAY_STEP_MM / 2
    return np.asarray(view.along_rays(surface_mm[..., None] + steps).mean(axis=-1, dtype=np.float64))


def openings(bone: BoneBelow, view: BodyView, left_mm: FloatArray) -> tuple[Opening, ...]:
    """Every place without bone, the largest first.

    Args:
        bone: what lies below the surface.
        view: the image.
        left_mm: (L, C) places across, from the canal's midline.
    """
    beside_vein = ~vein_zone(left_mm, view.height_fraction)
    pieces, count = ndimage.label(bone.below(EDGE_SHARE, DIM_EDGE_SHARE, beside_vein), structure=np.ones((3, 3)))
    opened = set(np.unique(pieces[bone.below(OPEN_SHARE, DIM_SHARE, beside_vein)]).tolist())
    found = []
    for number in range(1, count + 1):
        if number not in opened:
            continue
        rows, columns = np.nonzero(pieces == number)
        area = len(rows) * LEFT_STEP_MM * CRANIAL_STEP_MM
        if area < LEAST_AREA_MM2:
            continue
        found.append(
            Opening(
                area,
                float(left_mm[rows, columns].mean()),
                float(view.height_fraction[rows, columns].mean()),
                float(np.ptp(rows) + 1) * LEFT_STEP_MM,
                float(np.ptp(columns) + 1) * CRANIAL_STEP_MM,
                _in_front(bone, pieces == number),
                "marrow" if (bone.share[rows, columns] < OPEN_SHARE).any() else "wall",
                None if bone.channel is None else _channel_mm(bone.channel, rows, columns),
            )
        )
    return tuple(sorted(found, key=lambda one: -one.area_mm2))


def _in_front(bone: BoneBelow, opened: NDArray[np.bool_]) -> float:
    around = ndimage.binary_dilation(opened, iterations=round(AROUND_MM / LEFT_STEP_MM))
    return float(bone.in_front[around].mean())


def _channel_mm(share: FloatArray, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> tuple[float, float]:
    """How wide and how high the channel in front of an opening is, at half of how much darker than marrow it is."""
    reach = round(BESIDE_MM / LEFT_STEP_MM), round((BESIDE_MM + BESIDE_REACH_MM) / LEFT_STEP_MM)
    first, last = int(rows.min()), int(rows.max())
    beside = [*range(max(first - reach[1], 0), max(first - reach[0], 0)), *range(last + reach[0], last + reach[1])]
    beside = [row for row in beside if row < len(share)]
    darkest = int(np.argmin(share[rows, columns]))
    row, column = int(rows[darkest]), int(columns[darkest])
    if not beside:
        return 0.0, 0.0
    around = float(np.median(share[beside][:, columns.min() : columns.max() + 1]))
    deep = around - float(share[row, column])
    if deep < CHANNEL_DARKER:
        return 0.0, 0.0
    dark = share < around - deep / 2
    return _run(dark[:, column], row) * LEFT_STEP_MM, _run(dark[row], column) * CRANIAL_STEP_MM


def _run(dark: NDArray[np.bool_], at: int) -> int:
    """How many places in a row are dark around one that is."""
    pieces, _ = ndimage.label(dark)
    return int((pieces == pieces[at]).sum())


def image_noise(view: BodyView) -> float:
    """Standard deviation of the noise in and behind the canal: of what a mean over 2 mm leaves."""
    behind = view.values[:, len(view.behind_mm) // 2 :]
    rough = behind - ndimage.uniform_filter(behind, SMOOTHED_OVER, mode="nearest")
    # 1.4826 makes a median deviation a standard one; a third of white noise goes with the mean.
    return float(1.4826 * np.median(np.abs(rough)) * 1.3)


def _followed(away_mm: FloatArray, counted: NDArray[np.bool_]) -> FloatArray:
    """(L, C) the wall's course around each place: a running median that holes do not move."""
    known = counted & np.isfinite(away_mm)
    if not known.any():
        return np.zeros_like(away_mm)
    nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    filled = away_mm[tuple(nearest)]
    size = round(FOLLOWS_MM[0] / LEFT_STEP_MM) | 1, round(FOLLOWS_MM[1] / CRANIAL_STEP_MM) | 1
    course = ndimage.median_filter(filled, size=size, mode="nearest")
    return np.asarray(ndimage.gaussian_filter(course, 1.5, mode="nearest"))
