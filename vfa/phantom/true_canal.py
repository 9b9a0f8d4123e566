"""How wide is the canal behind a body, exactly, and how far does bone stand in it?

The bony canal of a level is the arch's inner outline together with what lies between it and the posterior wall, cut
square to the body's cranial axis; its diameter is taken in the mid-sagittal plane. Both are least values over the
body's height. Retropulsion is the greatest distance, along the body's posterior axis, from the wall the body would have
without its fragment back to the bone that stands behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vfa.model.frame import BodyFrame
from vfa.phantom.body_field import BodyField
from vfa.phantom.body_shape import BodyShape
from vfa.phantom.solids import EllipticTube
from vfa.phantom.true_heights import frame_in_construction

Points = NDArray[np.float32]

PITCH_MM = 0.25
LEVEL_STEP_MM = 0.5
HEIGHT_RANGE = (0.10, 0.95)  # of the posterior height: the rounded rims and the disc's bulge are not the canal's
MIDLINE_MM = 0.5  # half-width of what counts as the mid-sagittal plane


@dataclass(frozen=True)
class TrueCanal:
    """The bony canal behind one body."""

    ap_mm: float
    area_mm2: float


@dataclass(frozen=True, eq=False)
class _Sections:
    """Points (S, L, A) of sections square to the cranial axis, as coordinates of the construction frame."""

    x: Points
    y: Points
    z: Points


def _sections(shape: BodyShape, frame: BodyFrame, canal: EllipticTube) -> _Sections:
    """From the pedicles' inner side to the other's, from 12 mm in front of the wall to behind the canal."""
    wall_y = float(shape.posterior_wall_mm(0.0, 0.5))
    upper = float(shape.upper_mm(0.0, wall_y + 2))
    lower = float(shape.lower_mm(0.0, wall_y + 2))
    low, high = (lower + part * (upper - lower) for part in HEIGHT_RANGE)
    half = canal.half_mm[0]
    left = np.arange(-half, half + PITCH_MM / 2, PITCH_MM)
    level = np.arange(low, high, LEVEL_STEP_MM)
    # A body whose axis leans carries its upper and lower sections forwards and backwards along the canal.
    lean = float(np.abs(level).max() * np.abs(frame.cranial[1] / frame.cranial[2])) + canal.half_mm[1] * (
        1 / abs(float(frame.cranial[2])) - 1
    )
    depth = np.arange(canal.centre_mm[1] - canal.half_mm[1] - 1 - 2 * lean, wall_y + 12 + lean, PITCH_MM)
    # Sections are stacked where the wall is, since a tilted section through the centre would leave the body there.
    start = np.array([0.0, wall_y, 0.0])
    sideways = -frame.left  # the construction axes are left-handed as (x, y, z)
    points = (
        start
        + (level[:, None] * frame.cranial / frame.cranial[2])[:, None, None, :]
        + left[None, :, None, None] * sideways
        + (depth - wall_y)[None, None, :, None] * frame.anterior
    )
    x, y, z = np.moveaxis(points.astype(np.float32), -1, 0)
    return _Sections(x, y, z)


def _lumen(field: BodyField, canal: EllipticTube, at: _Sections) -> NDArray[np.bool_]:
    """Which points (S, L, A) lie in the bony canal."""
    centre_y = np.float32(canal.centre_mm[1])
    # Going back from within the body, the canal begins behind the last bone.
    bone = field.surface(at.x, at.y, at.z) < 0
    behind_bone = np.cumsum(bone, axis=2) == 0
    arch = canal.section_distance(at.x, at.y) < 0
    return np.asarray(behind_bone & (arch | (at.y > centre_y)))


@lru_cache(maxsize=256)
def canal_behind(shape: BodyShape, canal: EllipticTube) -> TrueCanal:
    """The bony canal's least mid-sagittal diameter and least area."""
    frame = frame_in_construction(shape, (canal.centre_mm[0], canal.centre_mm[1], 0.0))
    at = _sections(shape, frame, canal)
    lumen = _lumen(BodyField(shape), canal, at)
    midline = np.abs(at.x[0, :, 0]) <= MIDLINE_MM
    diameter_mm = lumen[:, midline].sum(axis=2).min() * PITCH_MM
    return TrueCanal(float(diameter_mm), float(lumen.sum(axis=(1, 2)).min()) * PITCH_MM**2)


def _last_bone_mm(field: BodyField, at: _Sections) -> NDArray[np.float64]:
    """(S, L): how far along each line, from its back end, bone begins; NaN where there is none."""
    distance = field.surface(at.x, at.y, at.z).astype(float)
    inside = distance < 0
    first = np.maximum(inside.argmax(axis=2), 1)
    s, line = np.indices(first.shape)
    outer, inner = distance[s, line, first - 1], distance[s, line, first]
    begins = (first - 1 + outer / np.maximum(outer - inner, 1e-6)) * PITCH_MM
    return np.where(inside.any(axis=2), begins, np.nan)


@lru_cache(maxsize=256)
def retropulsion_mm(shape: BodyShape, canal: EllipticTube) -> float:
    """How far bone stands behind the body's own wall; 0 for a body with neither fragment nor bulge."""
    if shape.bulge is None and (shape.fracture is None or shape.fracture.retropulsion_mm == 0):
        return 0.0
    frame = frame_in_construction(shape, (canal.centre_mm[0], canal.centre_mm[1], 0.0))
    at = _sections(shape, frame, canal)
    bone, wall = _last_bone_mm(BodyField(shape), at), _last_bone_mm(BodyField(shape.without_fragment), at)
    return float(np.nanmax(wall - bone))
