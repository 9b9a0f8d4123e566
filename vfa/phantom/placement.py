"""Where does each body stand? The spine is stacked from the lowest level up, disc upon body.

A rim frame is a frame on an endplate's rim plane, its cranial axis square to that plane. Each step turns it by half
the body's wedging, moves it up a body or a disc, and turns it by the disc's own angle. Where a fracture has lowered
the upper rim, the spine above follows: it comes down and tilts with most of the rim's tilt, the disc taking the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vfa.model.frame import BodyFrame, FloatArray
from vfa.phantom.body_shape import BodyShape
from vfa.phantom.true_frame import plane_slopes

TILT_FOLLOWED = 0.7  # share of a fractured endplate's tilt that the spine above follows; plausible
LEAST_DISC_MM = 2.0  # what is left of a disc at its thinnest place


def _no_degrees() -> Mapping[str, float]:
    return MappingProxyType({})


@dataclass(frozen=True)
class SpineCurve:
    """How the spine bends beyond the average, in degrees at the disc below each named level.

    Args:
        lordosis_scale: multiplies every disc's average lordosis.
        extra_lordosis_deg: by level, positive opens the disc forward.
        left_bend_deg: by level, positive tilts everything above to the left (scoliosis).
        left_turn_deg: by level, positive turns everything above to the left.
    """

    lordosis_scale: float = 1.0
    extra_lordosis_deg: Mapping[str, float] = field(default_factory=_no_degrees)
    left_bend_deg: Mapping[str, float] = field(default_factory=_no_degrees)
    left_turn_deg: Mapping[str, float] = field(default_factory=_no_degrees)

    def __post_init__(self) -> None:
        for name in ("extra_lordosis_deg", "left_bend_deg", "left_turn_deg"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))


@dataclass(frozen=True)
class Pose:
    """How the whole spine lies in the scanner.

    Args:
        rotation_deg: turns about the LPS x, y and z axes through the spine's middle, in this order.
        translation_mm: where the spine's middle lies in LPS.
    """

    rotation_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    translation_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def rotation(self) -> FloatArray:
        """(3, 3) rotation in LPS."""
        total = np.eye(3)
        for axis, degrees in enumerate(self.rotation_deg):
            cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
            turn = np.eye(3)
            a, b = (axis + 1) % 3, (axis + 2) % 3
            turn[a, a], turn[a, b], turn[b, a], turn[b, b] = cos, -sin, sin, cos
            total = turn @ total
        return total

    def placed(self, frame: BodyFrame) -> BodyFrame:
        """The frame after the pose."""
        rotation = self.rotation
        return BodyFrame.from_directions(
            rotation @ frame.centre_lps + np.asarray(self.translation_mm),
            rotation @ frame.cranial,
            rotation @ frame.anterior,
        )


@dataclass(frozen=True)
class Disc:
    """The measures of a disc: height at its centre and the angles between the rims it joins."""

    height_mm: float
    lordosis_deg: float
    left_bend_deg: float = 0.0
    left_turn_deg: float = 0.0


def turned(frame: BodyFrame, forward_deg: float = 0.0, left_deg: float = 0.0, axial_deg: float = 0.0) -> BodyFrame:
    """The frame tilted forward, then to the left, then turned to the left about its cranial axis."""
    left, anterior, cranial = frame.left, frame.anterior, frame.cranial
    a = np.radians(forward_deg)
    cranial, anterior = np.cos(a) * cranial + np.sin(a) * anterior, np.cos(a) * anterior - np.sin(a) * cranial
    b = np.radians(left_deg)
    cranial, left = np.cos(b) * cranial + np.sin(b) * left, np.cos(b) * left - np.sin(b) * cranial
    c = np.radians(axial_deg)
    anterior = np.cos(c) * anterior + np.sin(c) * left
    return BodyFrame.from_directions(frame.centre_lps, cranial, anterior)


def moved(frame: BodyFrame, up_mm: float) -> BodyFrame:
    """The frame moved along its cranial axis."""
    return BodyFrame.from_directions(frame.centre_lps + up_mm * frame.cranial, frame.cranial, frame.anterior)


def wedge_half_deg(shape: BodyShape) -> float:
    """Half the angle between the rims of the intact body, positive when the front is lower."""
    return float(np.degrees(np.arctan(shape.rim_slope)))


def body_on(lower_rim: BodyFrame, shape: BodyShape) -> BodyFrame:
    """The construction frame of a body whose lower rim plane is given."""
    return moved(turned(lower_rim, forward_deg=wedge_half_deg(shape)), shape.centre_height_mm / 2)


def upper_rim_of(construction: BodyFrame, shape: BodyShape) -> BodyFrame:
    """The rim frame on top of a body: its intact rim, lowered and tilted as far as the spine above follows."""
    rim = turned(moved(construction, shape.centre_height_mm / 2), forward_deg=wedge_half_deg(shape))
    if shape.fracture is None:
        return rim
    x, y = _places(shape)
    ring = shape.within_rims(x, y, 0.0) & ~shape.within_rims(x, y, shape.rim_mm)
    drop_mm = shape.intact.upper_mm(x, y) - shape.upper_mm(x, y)
    a, b, c = plane_slopes(x[ring], y[ring], drop_mm[ring])
    forward, left = np.degrees(np.arctan(TILT_FOLLOWED * np.array([c, b])))
    return turned(moved(rim, -a), forward_deg=float(forward), left_deg=float(left))


def lower_rim_over(upper_rim: BodyFrame, disc: Disc) -> BodyFrame:
    """The rim frame on top of a disc, where the next body stands."""
    halfway = turned(upper_rim, -disc.lordosis_deg / 2, disc.left_bend_deg / 2)
    above = moved(halfway, disc.height_mm)
    return turned(above, -disc.lordosis_deg / 2, disc.left_bend_deg / 2, disc.left_turn_deg)


def thinnest_disc_mm(lower: tuple[BodyFrame, BodyShape], upper: tuple[BodyFrame, BodyShape]) -> float:
    """The least distance between two neighbouring bodies' endplates, along the lower body's cranial axis."""
    (frame, shape), (frame_above, shape_above) = lower, upper
    x, y = _places(shape_above)
    kept = shape_above.within_rims(x, y)
    bottom = np.stack([x[kept], y[kept], shape_above.lower_mm(x[kept], y[kept])], axis=-1)
    inside = frame.body_of(frame_above.lps_of(bottom))
    over = shape.within_rims(inside[:, 0], inside[:, 1])
    gap = inside[over, 2] - shape.upper_mm(inside[over, 0], inside[over, 1])
    return float(gap.min())


def _places(shape: BodyShape) -> tuple[NDArray[Any], NDArray[Any]]:
    xs = np.linspace(-0.55, 0.55, 45) * shape.width_mm
    ys = np.linspace(-0.55, 0.55, 35) * shape.depth_mm
    x, y = np.meshgrid(xs, ys, indexing="ij")
    return x, y


def stacked(shapes: Mapping[str, BodyShape], discs: Mapping[str, Disc], base: BodyFrame) -> dict[str, BodyFrame]:
    """Construction frames by level.

    Args:
        shapes: from the lowest level up.
        discs: by the level above each disc; the lowest level needs none.
        base: the rim frame on which the lowest level stands.
    """
    frames: dict[str, BodyFrame] = {}
    rim = base
    below: tuple[BodyFrame, BodyShape] | None = None
    for level, shape in shapes.items():
        if below is not None:
            rim = lower_rim_over(upper_rim_of(*below), discs[level])
        frame = body_on(rim, shape)
        if below is not None:
            short_mm = LEAST_DISC_MM - thinnest_disc_mm(below, (frame, shape))
            if short_mm > 0:
                frame = BodyFrame.from_directions(
                    frame.centre_lps + short_mm * below[0].cranial, frame.cranial, frame.anterior
                )
        frames[level] = frame
        below = frame, shape
    return frames
