"""What are arch, ribs and sacrum made of? Tapered bars of elliptic section with a shell and a core."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vfa.model.frame import BodyFrame, FloatArray
from vfa.phantom.materials import Tissue

Points = NDArray[np.float32]
Vector = tuple[float, float, float]


def ellipse_distance(scaled: Points, scaled_twice: Points, least_half_mm: Points | float) -> Points:
    """Signed distance to an ellipsoid from |p/r| and |p/r²|: exact on the surface and to first order near it.

    Amid the ellipsoid, where both vanish, it goes to minus the least half-size.
    """
    tiny = np.float32(1e-3)
    reach = (scaled + tiny) / (scaled_twice + tiny / np.asarray(least_half_mm, dtype=np.float32))
    return np.asarray((scaled - 1) * reach)


@dataclass(frozen=True)
class Bar:
    """A bar from one point to another, its elliptic section given by two half-sizes at each end.

    Args:
        start: (x, y, z) mm in the frame it is used in.
        end: likewise, elsewhere.
        start_half_mm: half-size towards `side`, and square to it, at the start.
        end_half_mm: likewise at the end.
        side: the direction of the first half-size; what of it lies along the bar is ignored.
    """

    start: Vector
    end: Vector
    start_half_mm: tuple[float, float]
    end_half_mm: tuple[float, float]
    side: Vector = (0.0, 0.0, 1.0)

    @cached_property
    def _axes(self) -> tuple[FloatArray, float, FloatArray, FloatArray]:
        """Unit axis, length, and the two unit directions of the section."""
        axis = np.subtract(self.end, self.start)
        length = float(np.linalg.norm(axis))
        axis = axis / length
        first = np.asarray(self.side) - (np.asarray(self.side) @ axis) * axis
        first = first / np.linalg.norm(first)
        return axis, length, first, np.cross(axis, first)

    @cached_property
    def box_mm(self) -> tuple[FloatArray, FloatArray]:
        """The lowest and the highest (x, y, z) of the bar."""
        reach = max(*self.start_half_mm, *self.end_half_mm)
        ends = np.array([self.start, self.end])
        return ends.min(axis=0) - reach, ends.max(axis=0) + reach

    def distance(self, x: Points, y: Points, z: Points) -> Points:
        """Signed distance (mm, negative inside) of points to the bar's surface."""
        axis, length, first, second = self._axes
        dx, dy, dz = (p - np.float32(s) for p, s in zip((x, y, z), self.start, strict=True))

        def along(direction: FloatArray) -> Points:
            a, b, c = (np.float32(part) for part in direction)
            return np.asarray(a * dx + b * dy + c * dz)

        u, v, w = along(axis), along(first), along(second)
        t = np.clip(u * np.float32(1 / length), 0, 1)
        beyond = u - t * np.float32(length)
        half_v = np.float32(self.start_half_mm[0]) + t * np.float32(self.end_half_mm[0] - self.start_half_mm[0])
        half_w = np.float32(self.start_half_mm[1]) + t * np.float32(self.end_half_mm[1] - self.start_half_mm[1])
        cap = np.minimum(half_v, half_w)
        vs, ws, us = v / half_v, w / half_w, beyond / cap
        scaled = np.sqrt(vs * vs + ws * ws + us * us)
        twice = np.sqrt((vs / half_v) ** 2 + (ws / half_w) ** 2 + (us / cap) ** 2)
        return ellipse_distance(scaled, twice, cap)


@dataclass(frozen=True)
class EllipticTube:
    """An elliptic cylinder along z: the spinal canal in a vertebra's frame.

    Args:
        centre_mm: (x, y) of its axis.
        half_mm: half-sizes along x and y.
        z_mm: where it begins and ends.
    """

    centre_mm: tuple[float, float]
    half_mm: tuple[float, float]
    z_mm: tuple[float, float]

    def shrunk(self, by_mm: float) -> EllipticTube:
        """A narrower tube of the same length."""
        return EllipticTube(self.centre_mm, (self.half_mm[0] - by_mm, self.half_mm[1] - by_mm), self.z_mm)

    @property
    def box_mm(self) -> tuple[FloatArray, FloatArray]:
        """The lowest and the highest (x, y, z) of the tube."""
        (cx, cy), (a, b) = self.centre_mm, self.half_mm
        return np.array([cx - a, cy - b, self.z_mm[0]]), np.array([cx + a, cy + b, self.z_mm[1]])

    def section_distance(self, x: Points, y: Points) -> Points:
        """Signed distance in the plane square to the tube, negative inside."""
        xs = (x - np.float32(self.centre_mm[0])) / np.float32(self.half_mm[0])
        ys = (y - np.float32(self.centre_mm[1])) / np.float32(self.half_mm[1])
        scaled = np.sqrt(xs * xs + ys * ys)
        twice = np.sqrt((xs / np.float32(self.half_mm[0])) ** 2 + (ys / np.float32(self.half_mm[1])) ** 2)
        return ellipse_distance(scaled, twice, min(self.half_mm))

    def distance(self, x: Points, y: Points, z: Points) -> Points:
        """Signed distance to the tube and its flat ends."""
        ends = np.maximum(np.float32(self.z_mm[0]) - z, z - np.float32(self.z_mm[1]))
        return np.asarray(np.maximum(self.section_distance(x, y), ends))


@dataclass(frozen=True, eq=False)
class BarPart:
    """One bar painted as one tissue, drawn in by the shell's thickness when it is a core.

    Args:
        frame: where the bar lies.
        bar: its shape in that frame.
        tissue: what it is painted as.
        inset_mm: how far below the bar's surface the painted solid begins.
        around: a canal that it keeps clear of by the same inset; None for none.
    """

    frame: BodyFrame
    bar: Bar
    tissue: Tissue
    inset_mm: float = 0.0
    around: EllipticTube | None = None

    @property
    def box_mm(self) -> tuple[FloatArray, FloatArray]:
        """The bar's box."""
        return self.bar.box_mm

    def layers(self, x: Points, y: Points, z: Points) -> Iterator[tuple[Tissue, Points]]:
        """The one tissue."""
        distance: NDArray[Any] = self.bar.distance(x, y, z) + np.float32(self.inset_mm)
        if self.around is not None:
            distance = np.maximum(distance, np.float32(self.inset_mm) - self.around.section_distance(x, y))
        yield self.tissue, distance


@dataclass(frozen=True, eq=False)
class TubePart:
    """A tube painted as one tissue."""

    frame: BodyFrame
    tube: EllipticTube
    tissue: Tissue

    @property
    def box_mm(self) -> tuple[FloatArray, FloatArray]:
        """The tube's box."""
        return self.tube.box_mm

    def layers(self, x: Points, y: Points, z: Points) -> Iterator[tuple[Tissue, Points]]:
        """The one tissue."""
        yield self.tissue, self.tube.distance(x, y, z)
