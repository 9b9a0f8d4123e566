"""How do the endplates of the spine stand to each other?

Angles lie between planes fitted to endplates (their rim and pits left out), projected on the sagittal or coronal
plane of the bodies between them. Different papers call different angles "kyphosis"; each here is told with its
landmarks: vertebral (both endplates of one body), local (from the vertebra above), segmental (from the vertebra above
to the one below).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from vfa.model.alignment import AlignmentMeasure
from vfa.model.anatomy import levels_apart
from vfa.model.estimate import Estimate
from vfa.model.findings import VertebraFindings
from vfa.model.frame import BodyFrame, FloatArray
from vfa.model.morphometry import RIM_MM, BodyHeights

FRAME_SIGMA_DEG = 0.5  # the axis of projection is known to a few degrees, which moves an angle by this


@dataclass(frozen=True, eq=False)
class _Plate:
    """A plane fitted to one endplate: LPS normal towards the head, slope uncertainty, posterior corner."""

    name: str
    normal_lps: FloatArray
    sigma_deg: float
    posterior_corner_lps: FloatArray
    frame: BodyFrame


def align(vertebrae: tuple[VertebraFindings, ...]) -> tuple[AlignmentMeasure, ...]:
    """Every angle and slip that the measured levels allow, from head to foot."""
    plates = {v.level: _plates(v) for v in vertebrae}
    levels = [v.level for v in vertebrae]
    measures: list[AlignmentMeasure] = []
    for number, level in enumerate(levels):
        own = plates[level]
        if own is None:
            continue
        above = plates[levels[number - 1]] if number and _adjacent(levels[number - 1], level) else None
        after = number + 1
        below = plates[levels[after]] if after < len(levels) and _adjacent(level, levels[after]) else None
        measures.append(_angle("vertebral_kyphosis", level, own[0], own[1]))
        measures.append(_angle("coronal_wedge", level, own[0], own[1]))
        if above:
            measures.append(_angle("local_kyphosis", level, above[0], own[1]))
            measures.append(_slip(above[1], own[0], level))
        if above and below:
            measures.append(_angle("segmental_kyphosis", level, above[0], below[1]))
    lumbar = [plates.get("L1"), plates.get("L5")]
    if lumbar[0] and lumbar[1]:
        measures.append(_angle("lordosis", "L5", lumbar[0][0], lumbar[1][1]))
    return tuple(measures)


def _adjacent(cranial: str, caudal: str) -> bool:
    return levels_apart(cranial, caudal) == 1


def _plates(vertebra: VertebraFindings) -> tuple[_Plate, _Plate] | None:
    """Superior and inferior endplate of a measured vertebra."""
    if not isinstance(vertebra.heights, BodyHeights) or not isinstance(vertebra.frame, BodyFrame):
        return None
    surfaces, frame = vertebra.heights.height_map, vertebra.frame
    both = np.isfinite(surfaces.height_mm)
    inner = ndimage.distance_transform_edt(np.pad(both, 1))[1:-1, 1:-1] > RIM_MM
    found = []
    for name, surface, pits in (
        ("superior", surfaces.upper_mm, surfaces.upper_pits),
        ("inferior", surfaces.lower_mm, surfaces.lower_pits),
    ):
        rows, columns = np.nonzero(inner & ~pits)
        left, anterior = surfaces.left_mm[rows], surfaces.anterior_mm[columns]
        design = np.column_stack([left, anterior, np.ones_like(left)])
        slope, *_ = np.linalg.lstsq(design, surface[rows, columns], rcond=None)
        normal = frame.axes @ np.array([-slope[0], -slope[1], 1.0])
        back = float(anterior.min())
        middle = float(np.median(left))
        corner = frame.lps_of([middle, back, slope[0] * middle + slope[1] * back + slope[2]])
        # Half of a height's variance belongs to each endplate; the slope leans on it at both ends of the depth.
        each = vertebra.heights.middle.sigma / np.sqrt(2)
        sigma = float(np.degrees(np.arctan2(each * np.sqrt(2), max(float(np.ptp(anterior)), 1.0))))
        unit = normal / np.linalg.norm(normal)
        found.append(_Plate(f"{name} endplate of {vertebra.level}", unit, sigma, corner, frame))
    return found[0], found[1]


def _angle(name: str, level: str, upper: _Plate, lower: _Plate) -> AlignmentMeasure:
    """Angle between two endplates in the sagittal plane (coronal for a coronal wedge) of the bodies between them."""
    across = upper.frame.left + lower.frame.left
    if name == "coronal_wedge":
        across = -(upper.frame.anterior + lower.frame.anterior)
    across = across / np.linalg.norm(across)
    first, second = (n - (n @ across) * across for n in (upper.normal_lps, lower.normal_lps))
    turn = float(np.degrees(np.arctan2(np.cross(second, first) @ across, first @ second)))
    sigma = float(np.sqrt(upper.sigma_deg**2 + lower.sigma_deg**2 + FRAME_SIGMA_DEG**2))
    # A turn about the left axis that carries the upper plate's normal forward is kyphosis.
    return AlignmentMeasure(
        name, level, upper.name, lower.name, Estimate(turn, sigma, "deg", "planes of both endplates")
    )


def _slip(upper: _Plate, lower: _Plate, level: str) -> AlignmentMeasure:
    """How far the upper body's postero-inferior corner stands before the lower one's postero-superior corner."""
    forward = lower.frame.anterior - (lower.frame.anterior @ lower.normal_lps) * lower.normal_lps
    forward = forward / np.linalg.norm(forward)
    slip = float((upper.posterior_corner_lps - lower.posterior_corner_lps) @ forward)
    estimate = Estimate(slip, 1.0, "mm", "posterior margins of the facing endplates, each known to 0.7 mm")
    return AlignmentMeasure("listhesis", level, upper.name, lower.name, estimate)
