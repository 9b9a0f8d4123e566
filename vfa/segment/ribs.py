"""Which bodies bear ribs? Bone on CT that leaves the column sideways further than a transverse process does.

The answer is silent where it is not sure: on MR, where the image ends too near to the column, and where no canal tells
how a body is turned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import watershed

from vfa.model.frame import FloatArray, Grid
from vfa.segment.levels import local_cranial
from vfa.segment.network_input import SPACING_MM, NetworkInput

Sight = Literal["rib", "short rib", "none", "unknown"]
"""What is seen at one side of one body; "unknown" also where the image does not reach far enough to tell."""

BONE_BLUR_VOXELS = 0.5  # against noise
ROOT_MM = 24.0  # nearer to a body's middle bone is of the level beside it; further out it is followed from there
# Tips of transverse processes lie 35–50 mm from the middle, ribs end beyond 60 mm but for rudiments: the gap between
# is left unknown.
RIB_FROM_MM = 58.0
NONE_UP_TO_MM = 53.0
# Bone that ends nearer than this has not been followed to the tip of a transverse process: thin or noisy, it was lost
# on the way, and a rib may be lost with it (on phantoms thoracic bodies whose ribs were lost ended below 31 mm).
FOLLOWED_TO_MM = 34.0
LONG_FROM_MM = 80.0  # most twelfth ribs reach further; one that does not may be a thirteenth or a lumbar one
SEEN_TO_MM = {"rib": RIB_FROM_MM, "none": 66.0, "short rib": 88.0}  # how far the image must reach to say so
REACH_MM = 96.0  # further out nothing is looked at
FORWARD_MM = 5.0  # a rib's first part lies behind the body's middle; kidney, bowel and vessels lie in front
ABOVE_MM, BELOW_MM = 20.0, 55.0  # of the body's middle: ribs slope downwards
LEAST_VOXELS = 8  # of 2 mm, beyond `NONE_UP_TO_MM`
THICK_MM = 7.5  # a ball of this radius fits into no rib; into contrast-filled kidney and bowel it does
STEP_MM = 3.0  # of the row of places that must be inside the image


@dataclass(frozen=True, eq=False)
class _Frame:
    """A body's own axes: unit vectors in LPS, round its centre."""

    centre: FloatArray
    up: FloatArray
    back: FloatArray
    left: FloatArray

    def of(self, points_lps: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """How far (mm) to the left, behind and above the centre points (N, 3) lie."""
        offset = points_lps - self.centre
        return offset @ self.left, offset @ self.back, offset @ self.up


def see_ribs(
    seen: NetworkInput, bone_from: float, centres_lps: FloatArray, canal_lps: Sequence[FloatArray | None]
) -> tuple[tuple[Sight, Sight], ...]:
    """What is seen to the left and to the right of each body.

    Args:
        seen: the CT at 2 mm.
        bone_from: brightness of bone in it.
        centres_lps: (N, 3) centres of the bodies, from head to foot.
        canal_lps: for each a point in the canal behind it; None when unknown.
    """
    frames = [_frame(centres_lps, index, canal) for index, canal in enumerate(canal_lps)]
    if not any(frames):
        return (("unknown", "unknown"),) * len(frames)
    bone = ndimage.gaussian_filter(seen.image, BONE_BLUR_VOXELS) >= bone_from
    box = _box_round(seen.grid, centres_lps)
    voxels = np.argwhere(bone[box] & ~_thick(bone[box])) + [side.start for side in box]
    owner = _owners(voxels, bone.shape, seen.grid.lps_of(voxels), frames)
    points = seen.grid.lps_of(voxels)
    return tuple(
        ("unknown", "unknown") if frame is None else _sights(points[owner == number], frame, seen)
        for number, frame in enumerate(frames, start=1)
    )


def _frame(centres_lps: FloatArray, index: int, canal: FloatArray | None) -> _Frame | None:
    if canal is None:
        return None
    up = local_cranial(centres_lps, index)
    back = canal - centres_lps[index]
    back = back - (back @ up) * up
    length = float(np.linalg.norm(back))
    if length < SPACING_MM:
        return None
    back = back / length
    return _Frame(centres_lps[index], up, back, np.cross(back, up))


def _box_round(grid: Grid, centres_lps: FloatArray) -> tuple[slice, ...]:
    low = np.floor(grid.ijk_of(centres_lps.min(axis=0) - REACH_MM)).astype(int)
    high = np.ceil(grid.ijk_of(centres_lps.max(axis=0) + REACH_MM)).astype(int) + 1
    low, high = np.clip(low, 0, grid.shape), np.clip(high, 0, grid.shape)
    return tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))


def _thick(bone: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What of the bright voxels belongs to lumps too thick for a rib."""
    filled = ndimage.binary_closing(bone, np.ones((3, 3, 3)))  # noise leaves holes in them
    radius_mm = ndimage.distance_transform_edt(filled, sampling=SPACING_MM)
    core: NDArray[np.bool_] = np.asarray(radius_mm > THICK_MM)
    if not core.any():
        return core
    return np.asarray(ndimage.distance_transform_edt(~core, sampling=SPACING_MM) <= THICK_MM + SPACING_MM, dtype=bool)


def _owners(
    voxels: NDArray[np.intp], shape: tuple[int, ...], points: FloatArray, frames: Sequence[_Frame | None]
) -> NDArray[np.int32]:
    """(N,) the number (from 1) of the body to which each bone voxel is joined by the shortest way; 0 for none."""
    height = np.full(len(points), np.inf)
    root = np.zeros(len(points), dtype=np.int32)
    near = np.zeros(len(points), dtype=bool)
    for number, frame in enumerate(frames, start=1):
        if frame is None:
            continue
        left, behind, above = frame.of(points)
        level = (np.abs(above) < height) & (np.abs(above) < ABOVE_MM)
        height[level] = np.abs(above[level])
        root[level] = np.where((np.abs(left[level]) <= ROOT_MM) & (behind[level] >= -FORWARD_MM), number, 0)
        near |= (np.abs(left) <= REACH_MM) & (behind >= -FORWARD_MM) & (above <= ABOVE_MM) & (above >= -BELOW_MM)
    markers, mask = np.zeros(shape, dtype=np.int32), np.zeros(shape, dtype=bool)
    index = tuple(voxels.T)
    markers[index], mask[index] = root, near
    box = ndimage.find_objects(mask.astype(np.uint8))[0] if near.any() else (slice(0, 1),) * 3
    grown = np.zeros(shape, dtype=np.int32)
    grown[box] = watershed(np.zeros(mask[box].shape, np.uint8), markers[box], mask=mask[box], connectivity=3)
    return np.asarray(grown[index], dtype=np.int32)


def _sights(points: FloatArray, frame: _Frame, seen: NetworkInput) -> tuple[Sight, Sight]:
    left, behind, above = frame.of(points)
    own = (behind >= -FORWARD_MM) & (above <= ABOVE_MM) & (above >= -BELOW_MM)
    return _sight(left[own], frame, +1, seen), _sight(-left[own], frame, -1, seen)


def _sight(aside_mm: FloatArray, frame: _Frame, side: int, seen: NetworkInput) -> Sight:
    """What one side shows, from how far aside the bone joined to the body reaches."""
    tip_mm = float(np.sort(aside_mm)[-LEAST_VOXELS]) if len(aside_mm) >= LEAST_VOXELS else 0.0
    imaged_mm = _imaged_mm(frame, side, seen)
    if tip_mm >= RIB_FROM_MM:
        if tip_mm >= LONG_FROM_MM:
            return "rib"
        return "short rib" if imaged_mm >= SEEN_TO_MM["short rib"] else "rib"
    to_its_tip = FOLLOWED_TO_MM <= tip_mm <= NONE_UP_TO_MM
    return "none" if to_its_tip and imaged_mm >= SEEN_TO_MM["none"] else "unknown"


def _imaged_mm(frame: _Frame, side: int, seen: NetworkInput) -> float:
    """How far aside of a body the image reaches without a gap."""
    steps = np.arange(STEP_MM, REACH_MM, STEP_MM)
    row = frame.centre + 15.0 * frame.back + side * steps[:, None] * frame.left
    ijk = np.rint(seen.grid.ijk_of(row)).astype(int)
    inside: NDArray[np.bool_] = np.asarray(((ijk >= 0) & (ijk < np.asarray(seen.grid.shape))).all(axis=1))
    inside[inside] = seen.known[tuple(ijk[inside].T)]
    return float(steps[-1] if inside.all() else steps[np.argmin(inside)] - STEP_MM)
