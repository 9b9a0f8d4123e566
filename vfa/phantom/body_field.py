"""How far is each of millions of points from a body's surface, quickly?

The analytic shape is laid down once in tables over (x, y) with a fine pitch; a point then costs a few look-ups. The
nearest entry is at most 0.1 mm away sideways, which on endplates sloping by a fifth is 0.02 mm in height, without bias.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vfa.phantom.body_shape import BodyShape
from vfa.phantom.osteophytes import spur_bar
from vfa.phantom.solids import Bar
from vfa.phantom.true_frame import cranial_in_construction

Points = NDArray[np.float32]

PITCH_MM = 0.15
MARGIN_MM = 6.0
STEEPEST_SLOPE = 1.5  # beyond it (the rounded edge) the wall is the nearer surface
FRAGMENT_HALF_WIDTH = 0.24  # of the body's width
FRAGMENT_DEPTH_MM = 9.0  # how much of the body in front of the wall goes with the fragment
FRAGMENT_LOWEST = 0.42  # height fraction at which its bevelled underside starts
FRAGMENT_REACH_MM = 12.0  # how far a turned fragment's corners reach beyond where they were, at most
BEVEL = (0.8, 0.6)  # the underside's normal: down and back


class Distances(NamedTuple):
    """Signed distances in mm, negative inside: to the nearer endplate and to the wall."""

    endplate: Points
    wall: Points

    @property
    def surface(self) -> Points:
        """To the whole body's outer surface."""
        return np.asarray(np.maximum(self.endplate, self.wall))


class Piece(NamedTuple):
    """One piece of a body: points of space as they lay in the whole body, and the signed distance to its cuts."""

    at: tuple[Points, Points, Points]
    cut: Points


@dataclass(frozen=True)
class _Tables:
    """Values over a lattice of (x, y) with PITCH_MM."""

    first_mm: tuple[float, float]
    shape: tuple[int, int]
    upper: Points
    lower: Points
    upper_cos: Points
    lower_cos: Points
    rim: Points
    rim_lower: Points
    inset: Points

    def index(self, x: Points, y: Points) -> NDArray[Any]:
        """The flat position of the entry nearest to each (x, y), held within the table."""
        per_mm = np.float32(1 / PITCH_MM)
        column = ((x - np.float32(self.first_mm[0] - PITCH_MM / 2)) * per_mm).astype(np.int32)
        row = ((y - np.float32(self.first_mm[1] - PITCH_MM / 2)) * per_mm).astype(np.int32)
        column = np.clip(column, 0, self.shape[0] - 1)
        row = np.clip(row, 0, self.shape[1] - 1)
        return np.asarray(column * np.int32(self.shape[1]) + row)


def _tabulate(shape: BodyShape) -> _Tables:
    half_x = shape.width_mm / 2 * max(1.0, shape.lower_scale) + MARGIN_MM
    half_y = shape.depth_mm / 2 * max(1.0, shape.lower_scale) + MARGIN_MM
    if shape.bulge is not None:
        half_y += shape.bulge.depth_mm
    xs, ys = np.arange(-half_x, half_x, PITCH_MM), np.arange(-half_y, half_y, PITCH_MM)
    x, y = np.meshgrid(xs, ys, indexing="ij")
    rim, rim_lower = shape.rim_distance_mm(x, y), shape.lower_rim_distance_mm(x, y)
    upper, lower = shape.upper_mm(x, y, rim), shape.lower_mm(x, y, rim_lower)

    def cosine(surface: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        along_x, along_y = np.gradient(surface, PITCH_MM)
        return np.asarray(1 / np.sqrt(1 + np.minimum(along_x**2 + along_y**2, STEEPEST_SLOPE**2)))

    fields = (upper, lower, cosine(upper), cosine(lower), rim, rim_lower, shape.waist_inset_mm(x, y))
    flat = [np.ascontiguousarray(field, dtype=np.float32).ravel() for field in fields]
    return _Tables((float(xs[0]), float(ys[0])), (xs.size, ys.size), *flat)


@dataclass(frozen=True, eq=False)
class BodyField:
    """Signed distances to one vertebral body, for arrays of float32 points in its construction frame."""

    shape: BodyShape

    @cached_property
    def _tables(self) -> _Tables:
        return _tabulate(self.shape)

    @cached_property
    def box_mm(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The lowest and the highest (x, y, z) of the body, fragment included."""
        shape = self.shape
        scale = max(1.0, shape.lower_scale)
        tallest = max(shape.anterior_height_mm, shape.posterior_height_mm) / 2
        half = np.array([shape.width_mm / 2 * scale + 2, shape.depth_mm / 2 * scale + 2, tallest + 1])
        if shape.spurs:
            half[:2] += max(spur.length_mm for spur in shape.spurs)
            half[2] += max(spur.thickness_mm for spur in shape.spurs)
        if shape.comminution is not None:
            half[:2] += shape.comminution.spread_mm
        low, high = -half, half.copy()
        if shape.bulge is not None:
            low[1] -= shape.bulge.depth_mm
        if shape.fracture is not None and shape.fracture.retropulsion_mm > 0:
            low[1] -= shape.fracture.retropulsion_mm
            motion = shape.fracture.fragment
            if not motion.is_straight:
                reach = FRAGMENT_REACH_MM * np.sin(np.radians(np.abs([motion.tilt_deg, motion.turn_deg]))).max()
                low[1] -= reach
                high[2] += reach + abs(motion.lift_mm)
        return low, high

    def distances(self, x: Points, y: Points, z: Points) -> Distances:
        """To the endplates and to the wall, without any fragment; exact near the surface."""
        tables = self._tables
        at = tables.index(x, y)
        upper, lower = tables.upper.take(at), tables.lower.take(at)
        above, below = z - upper, lower - z
        height = np.clip(-below / np.maximum(upper - lower, np.float32(0.5)), 0, 1)
        endplate = np.maximum(above * tables.upper_cos.take(at), below * tables.lower_cos.take(at))
        rim_lower = tables.rim_lower.take(at)
        wall = rim_lower + (tables.rim.take(at) - rim_lower) * height
        wall += np.float32(4) * height * (1 - height) * tables.inset.take(at)
        if self.shape.bulge is not None:
            across = x * np.float32(2 / self.shape.width_mm)
            wall = wall - self.shape.bulge.behind_mm(across, y, height).astype(np.float32)
        return Distances(endplate, wall)

    def rim_distance(self, x: Points, y: Points) -> Points:
        """Distance to the upper rim's outline in its plane, negative inside."""
        return self._tables.rim.take(self._tables.index(x, y))

    def endplate_heights(self, x: Points, y: Points) -> tuple[Points, Points]:
        """Heights z of the upper and the lower endplate over (x, y)."""
        at = self._tables.index(x, y)
        return self._tables.upper.take(at), self._tables.lower.take(at)

    def _fragment_at_rest(self, x: Points, y: Points, z: Points) -> tuple[Points, Points, Points]:
        """Points of the fragment as if it had only been driven straight back: its lift and turns undone."""
        fracture = self.shape.fracture
        if fracture is None or fracture.fragment.is_straight:
            return x, y, z
        motion = fracture.fragment
        wall_y, lowest, highest = self._fragment_place
        middle = wall_y - fracture.retropulsion_mm + FRAGMENT_DEPTH_MM / 2, (lowest + highest) / 2
        dx, dy, dz = x, y - np.float32(middle[0]), z - np.float32(middle[1] + motion.lift_mm)
        cos, sin = np.cos(np.radians(motion.turn_deg)), np.sin(np.radians(motion.turn_deg))
        dx, dy = np.float32(cos) * dx - np.float32(sin) * dy, np.float32(sin) * dx + np.float32(cos) * dy
        cos, sin = np.cos(np.radians(motion.tilt_deg)), np.sin(np.radians(motion.tilt_deg))
        dy, dz = np.float32(cos) * dy + np.float32(sin) * dz, np.float32(cos) * dz - np.float32(sin) * dy
        return dx, dy + np.float32(middle[0]), dz + np.float32(middle[1])

    def before_driven_back(self, x: Points, y: Points, z: Points) -> Distances:
        """Distances of points of the fragment from where they were in the body, before it was driven back."""
        by_mm = 0.0 if self.shape.fracture is None else self.shape.fracture.retropulsion_mm
        _, forward, up = cranial_in_construction(self.shape)
        anterior = by_mm * np.array([up, -forward]) / np.hypot(forward, up)
        x, y, z = self._fragment_at_rest(x, y, z)
        return self.distances(x, y + np.float32(anterior[0]), z + np.float32(anterior[1]))

    @cached_property
    def _fragment_place(self) -> tuple[float, float, float]:
        """The y of the wall it came from, and the z of its lower edge and of the endplate there."""
        shape = self.shape
        wall_y = float(shape.posterior_wall_mm(0.0, 1.0))
        lower, upper = shape.lower_mm(0.0, wall_y + 2), shape.upper_mm(0.0, wall_y + 2)
        return wall_y, float(lower + FRAGMENT_LOWEST * (upper - lower)), float(upper)

    def fragment_cut(self, x: Points, y: Points, z: Points) -> Points:
        """Signed distance to the planes that cut the fragment out of a body, at rest; negative within them."""
        wall_y, lowest, _ = self._fragment_place
        bevel = np.float32(BEVEL[0]) * (np.float32(lowest) - z) + np.float32(BEVEL[1]) * (np.float32(wall_y) - y)
        sides = np.abs(x) - np.float32(FRAGMENT_HALF_WIDTH * self.shape.width_mm)
        front = y - np.float32(wall_y + FRAGMENT_DEPTH_MM)
        return np.asarray(np.maximum(np.maximum(sides, bevel), front))

    def fragment(self, x: Points, y: Points, z: Points) -> tuple[Points, Points]:
        """Signed distance to the fragment driven into the canal, and to its broken sides alone.

        The fragment is the middle of the upper posterior wall, moved straight back in the body's own frame by the
        retropulsion, so its wall stands exactly that far behind where it was; then it may be lifted, tilted and
        turned about its own middle. Its bevelled underside makes it angular.

        Raises:
            ValueError: if the body has no fragment.
        """
        shape = self.shape
        if shape.fracture is None or shape.fracture.retropulsion_mm == 0:
            raise ValueError("fragment: this body has none")
        moved = self.before_driven_back(x, y, z).surface
        broken = self.fragment_cut(*self._fragment_at_rest(x, y, z))
        return np.asarray(np.maximum(broken, moved)), broken

    def surface(self, x: Points, y: Points, z: Points) -> Points:
        """Signed distance to the outer surface of the body, with its pieces where they are and its fragment."""
        if self.shape.comminution is None:
            body = self.distances(x, y, z).surface
        else:
            pieces = [np.maximum(self.distances(*piece.at).surface, piece.cut) for piece in self.pieces(x, y, z)]
            body = np.minimum.reduce(pieces)
        for spur in self.spurs:
            body = np.minimum(body, spur.distance(x, y, z))
        if self.shape.fracture is None or self.shape.fracture.retropulsion_mm == 0:
            return body
        return np.asarray(np.minimum(body, self.fragment(x, y, z)[0]))

    @cached_property
    def spurs(self) -> tuple[Bar, ...]:
        """The osteophytes, each a bar that tapers outwards from just inside the rim."""
        return tuple(spur_bar(self.shape, spur) for spur in self.shape.spurs)

    def comminuted(self, x: Points, y: Points, z: Points) -> Points:
        """Signed distance to the lower border of the part in pieces, negative above it; the body must be comminuted."""
        share = 1.0 if self.shape.comminution is None else self.shape.comminution.height_fraction
        upper, lower = self.endplate_heights(x, y)
        return np.asarray(lower + np.float32(1 - share) * (upper - lower) - z)

    def pieces(self, x: Points, y: Points, z: Points) -> Iterator[Piece]:
        """What a comminuted body consists of, each piece as it lay before it moved; first the part left whole."""
        comminution = self.shape.comminution
        if comminution is None:
            return
        half_cleft = np.float32(comminution.cleft_mm / 2)
        if comminution.height_fraction < 1:
            yield Piece((x, y, z), half_cleft - self.comminuted(x, y, z))
        for number in range(comminution.pieces):
            left_mm, front_mm = comminution.shift_mm(number)
            at = x - np.float32(left_mm), y - np.float32(front_mm), z
            cut = comminution.sector_mm(number, at[0], at[1])
            if comminution.height_fraction < 1:
                cut = np.maximum(cut, self.comminuted(*at) + half_cleft)
            yield Piece(at, np.asarray(cut, dtype=np.float32))
