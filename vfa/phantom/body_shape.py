"""What does one vertebral body look like?

Everything is given in the construction frame: x to the left, y to the front, z to the head, in mm, from the middle of
the body before any fracture. Two height fields over (x, y) are the outer endplate surfaces, a closed curve in (x, y)
is the outline of the rim, and the wall between the endplates is the outline drawn in at mid-height (the waist).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vfa.phantom.fractures import Fracture
from vfa.phantom.shape_changes import Bulge, Comminution, Osteophyte, SchmorlNode

Field = NDArray[np.floating[Any]]

FRONT_SHARE_OF_DEPTH = 0.56  # the widest place lies a little behind the middle
FRONT_EXPONENT = 2.25  # superellipse: 2 is an ellipse, more is squarer
BACK_EXPONENT = 3.2
HOLLOW_WIDTH = 0.24  # of the width: how far to the sides the posterior hollow reaches
OUTLINE_POINTS = 1440
DISH_CENTRE_BEHIND = 0.04  # of the depth: endplates are deepest a little behind the middle
LEAST_BONE_MM = 3.0  # a fracture that leaves less between the endplates is refused


@dataclass(frozen=True)
class BodyShape:
    """The measures of one vertebral body, in mm.

    Args:
        width_mm: of the upper rim, left to right.
        depth_mm: of the upper rim, front to back (at the corners of the posterior wall).
        anterior_height_mm: between the rims at the anterior margin.
        posterior_height_mm: between the rims at the posterior margin.
        lower_scale: size of the lower rim relative to the upper.
        upper_concavity_mm: how deep the upper endplate lies below its rim.
        lower_concavity_mm: how deep the lower endplate lies above its rim.
        posterior_concavity_mm: how far the posterior wall recedes in the midline.
        waist_mm: how far the wall is drawn in at mid-height, in front.
        rim_mm: width of the flat rim (ring apophysis).
        edge_radius_mm: radius of the rounded edge of the rim.
        cortex_mm: thickness of the wall.
        endplate_mm: thickness of the bony endplates.
        fracture: what has happened to it; None for an intact body.
        bulge: of the posterior wall, smooth and with its cortex; None for the usual hollow.
        comminution: the pieces its upper part has burst into; None for a body in one piece. They move square to the
            body's height and are left out of the endplate surfaces given here.
        pits: Schmorl nodes; the endplates sink into them, heights and own frame are taken without.
        spurs: osteophytes at the rims, outside of every surface given here.

    Raises:
        ValueError: if a measure is not positive, or the fracture leaves less than 3 mm of bone.
    """

    width_mm: float
    depth_mm: float
    anterior_height_mm: float
    posterior_height_mm: float
    lower_scale: float = 1.04
    upper_concavity_mm: float = 1.2
    lower_concavity_mm: float = 1.8
    posterior_concavity_mm: float = 1.5
    waist_mm: float = 2.8
    rim_mm: float = 3.0
    edge_radius_mm: float = 0.8
    cortex_mm: float = 0.6
    endplate_mm: float = 0.6
    fracture: Fracture | None = None
    bulge: Bulge | None = None
    comminution: Comminution | None = None
    pits: tuple[SchmorlNode, ...] = ()
    spurs: tuple[Osteophyte, ...] = ()

    def __post_init__(self) -> None:
        for name in ("width_mm", "depth_mm", "anterior_height_mm", "posterior_height_mm", "lower_scale"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}: expected more than 0, got {getattr(self, name)}")
        x, y = np.meshgrid(np.linspace(-0.4, 0.4, 41) * self.width_mm, np.linspace(-0.4, 0.4, 41) * self.depth_mm)
        least = float((self.upper_mm(x, y) - self.lower_mm(x, y)).min())
        if least < LEAST_BONE_MM:
            raise ValueError(
                f"fracture: leaves {least:.1f} mm between the endplates, expected at least {LEAST_BONE_MM} mm"
            )

    @property
    def intact(self) -> BodyShape:
        """The same body before anything happened to it."""
        return replace(self, fracture=None, bulge=None, comminution=None)

    @property
    def without_pits(self) -> BodyShape:
        """The same body with its endplates as they were before any Schmorl node, and no osteophytes."""
        return replace(self, pits=(), spurs=()) if self.pits or self.spurs else self

    @property
    def without_fragment(self) -> BodyShape:
        """The same body, its endplates as the fracture left them, with no fragment or bulge in the canal."""
        return replace(self.whole_wall, bulge=None)

    @property
    def whole_wall(self) -> BodyShape:
        """The same body in one piece, with no fragment; a bulge keeps its cortex and stays."""
        if self.fracture is None:
            return replace(self, comminution=None)
        return replace(self, comminution=None, fracture=replace(cast("Any", self.fracture), retropulsion_mm=0.0))

    @property
    def centre_height_mm(self) -> float:
        """Height between the rim planes at mid-depth."""
        return (self.anterior_height_mm + self.posterior_height_mm) / 2

    @property
    def rim_slope(self) -> float:
        """How much each rim plane falls towards the front, in mm per mm (both endplates share the wedging)."""
        return (self.posterior_height_mm - self.anterior_height_mm) / (2 * self.depth_mm)

    @cached_property
    def _rim(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Polar form of the upper rim, evenly from -π up: radius (mm), cosine of the wall's lean against it."""
        turn = np.linspace(-np.pi, np.pi, OUTLINE_POINTS, endpoint=False)
        cos, sin = np.cos(turn), np.sin(turn)
        front = sin >= 0
        exponent = np.where(front, FRONT_EXPONENT, BACK_EXPONENT)
        half_depth = np.where(front, FRONT_SHARE_OF_DEPTH, 1 - FRONT_SHARE_OF_DEPTH) * self.depth_mm
        x = self.width_mm / 2 * np.sign(cos) * np.abs(cos) ** (2 / exponent)
        y = half_depth * np.sign(sin) * np.abs(sin) ** (2 / exponent)
        y = y + (0.5 - FRONT_SHARE_OF_DEPTH) * self.depth_mm
        y = np.where(front, y, self._hollowed(x, y))
        angle = np.arctan2(y, x)
        rank = np.argsort(angle)
        angle, radius = angle[rank], np.hypot(x, y)[rank]
        even = np.linspace(-np.pi, np.pi, OUTLINE_POINTS, endpoint=False)
        radius = np.interp(even, angle, radius, period=2 * np.pi)
        lean = np.gradient(np.concatenate([radius[-1:], radius, radius[:1]]))[1:-1] / (even[1] - even[0])
        return radius, 1 / np.sqrt(1 + (lean / radius) ** 2)

    def _hollowed(self, x: Field, y: Field) -> Field:
        """The back of the outline, its midline drawn in so far that it lies the concavity in front of the corners."""
        dent = np.clip(-y / (self.depth_mm / 2), 0, 1) ** 2 * np.exp(-((x / (HOLLOW_WIDTH * self.width_mm)) ** 2))
        amount = self.posterior_concavity_mm
        hollow = y
        for _ in range(12):
            hollow = y + amount * dent
            hollow = hollow * (-self.depth_mm / 2 / hollow.min())  # the corners end the depth, not the midline
            reached = hollow[np.argmin(np.abs(x) + 1e3 * (y > 0))] + self.depth_mm / 2
            amount += self.posterior_concavity_mm - float(reached)
        return hollow

    def rim_distance_mm(self, x_mm: ArrayLike, y_mm: ArrayLike) -> Field:
        """Distance of (x, y) to the upper rim's outline in its plane, negative inside; good near the outline."""
        x, y = np.asarray(x_mm, dtype=float), np.asarray(y_mm, dtype=float)
        radius, lean = self._rim
        turn = np.arctan2(y, x) * (OUTLINE_POINTS / (2 * np.pi)) + OUTLINE_POINTS / 2
        before = turn.astype(np.intp)
        part = turn - before
        before %= OUTLINE_POINTS
        after = (before + 1) % OUTLINE_POINTS
        at = radius[before] + part * (radius[after] - radius[before])
        return np.asarray((np.sqrt(x * x + y * y) - at) * lean[before])

    def lower_rim_distance_mm(self, x_mm: ArrayLike, y_mm: ArrayLike) -> Field:
        """Likewise, to the lower rim's outline."""
        x, y = np.asarray(x_mm, dtype=float), np.asarray(y_mm, dtype=float)
        return self.rim_distance_mm(x / self.lower_scale, y / self.lower_scale) * self.lower_scale

    def waist_inset_mm(self, x_mm: ArrayLike, y_mm: ArrayLike) -> Field:
        """How far the wall is drawn in at mid-height in the direction of (x, y): most in front, least behind.

        A collapsed body bulges instead: the wall comes out by a tenth of the height lost, 1.5 mm at most.
        """
        x, y = np.asarray(x_mm, dtype=float), np.asarray(y_mm, dtype=float)
        frontness = y / np.maximum(np.hypot(x, y), 1e-6)
        bulge = 0.0 if self.fracture is None else min(1.5, 0.1 * self.fracture.loss_mm)
        return np.asarray(self.waist_mm * (0.72 + 0.28 * frontness) - bulge * (0.5 + 0.5 * frontness))

    def _fractions(self, x: Field, y: Field) -> tuple[Field, Field]:
        """Depth fraction (0 in front) and left fraction (-1…1) of each place, held within the body."""
        depth = np.clip(0.5 - y / self.depth_mm, 0.0, 1.0)
        return depth, np.clip(2 * x / self.width_mm, -1.0, 1.0)

    def _dish(self, x: Field, y: Field) -> Field:
        """0 on the rim, 1 at the deepest place; flat-bottomed and smooth."""
        behind = DISH_CENTRE_BEHIND * self.depth_mm
        across = self.width_mm / 2 - self.rim_mm
        forward, backward = self.depth_mm / 2 - self.rim_mm + behind, self.depth_mm / 2 - self.rim_mm - behind
        along = y + behind
        square = (x / across) ** 2 + (along / np.where(along > 0, forward, backward)) ** 2
        return np.asarray(np.clip(1 - square * np.sqrt(square), 0.0, 1.0) ** 2)

    def _edge_mm(self, rim_distance: Field) -> Field:
        """How far the rounded edge lies below the rim."""
        inside = np.clip(self.edge_radius_mm + rim_distance, 0.0, self.edge_radius_mm)
        return np.asarray(self.edge_radius_mm - np.sqrt(self.edge_radius_mm**2 - inside**2))

    def _pits_mm(self, endplate: str, x: Field, y: Field) -> Field | float:
        """How deep the pits of one endplate are."""
        size = self.width_mm, self.depth_mm
        return sum((p.pit_mm(*self._fractions(x, y), size) for p in self.pits if p.endplate == endplate), 0.0)

    def upper_mm(self, x_mm: ArrayLike, y_mm: ArrayLike, rim_distance: Field | None = None) -> Field:
        """Height z of the upper endplate's outer surface over (x, y); `rim_distance` saves working it out again."""
        x, y = np.asarray(x_mm, dtype=float), np.asarray(y_mm, dtype=float)
        rim = self.rim_distance_mm(x, y) if rim_distance is None else rim_distance
        plane = self.centre_height_mm / 2 - self.rim_slope * y
        surface = plane - self.upper_concavity_mm * self._dish(x, y) - self._edge_mm(rim)
        if self.fracture is not None:
            surface = surface - self.fracture.upper_drop_mm(*self._fractions(x, y))
        if self.pits:
            surface = surface - self._pits_mm("upper", x, y)
        return np.asarray(surface)

    def lower_mm(self, x_mm: ArrayLike, y_mm: ArrayLike, rim_distance: Field | None = None) -> Field:
        """Height z of the lower endplate's outer surface over (x, y); `rim_distance` as above, of the lower rim."""
        x, y = np.asarray(x_mm, dtype=float), np.asarray(y_mm, dtype=float)
        xs, ys = x / self.lower_scale, y / self.lower_scale
        rim = self.lower_rim_distance_mm(x, y) if rim_distance is None else rim_distance
        plane = -self.centre_height_mm / 2 + self.rim_slope * y
        surface = plane + self.lower_concavity_mm * self._dish(xs, ys) + self._edge_mm(rim)
        if self.fracture is not None:
            surface = surface + self.fracture.lower_rise_mm(*self._fractions(x, y))
        if self.pits:
            surface = surface + self._pits_mm("lower", x, y)
        return np.asarray(surface)

    def within_rims(self, x_mm: ArrayLike, y_mm: ArrayLike, margin_mm: float = 0.0) -> NDArray[np.bool_]:
        """Whether both endplates exist at (x, y), at least `margin_mm` inside their rims."""
        x, y = np.asarray(x_mm, dtype=float), np.asarray(y_mm, dtype=float)
        furthest = np.maximum(self.rim_distance_mm(x, y), self.lower_rim_distance_mm(x, y))
        return np.asarray(furthest <= -margin_mm)

    def wall_distance_mm(self, x_mm: ArrayLike, y_mm: ArrayLike, height_fraction: ArrayLike) -> Field:
        """Distance to the side wall, negative inside, at `height_fraction` (0 lower, 1 upper endplate)."""
        t = np.clip(np.asarray(height_fraction, dtype=float), 0.0, 1.0)
        scale = self.lower_scale + (1 - self.lower_scale) * t
        x, y = np.asarray(x_mm, dtype=float) / scale, np.asarray(y_mm, dtype=float) / scale
        wall = self.rim_distance_mm(x, y) * scale + 4 * t * (1 - t) * self.waist_inset_mm(x, y)
        if self.bulge is not None:
            wall = wall - self.bulge.behind_mm(2 * x / self.width_mm, y, t)
        return np.asarray(wall)

    def posterior_wall_mm(self, x_mm: ArrayLike, height_fraction: ArrayLike) -> Field:
        """The y of the posterior wall over x at a height fraction, without any fragment."""
        x, t = np.broadcast_arrays(np.asarray(x_mm, dtype=float), np.asarray(height_fraction, dtype=float))
        y = np.full(x.shape, -self.depth_mm / 2)
        for _ in range(8):  # the wall is nearly square to y, so the distance is nearly the step to take
            y = y + self.wall_distance_mm(x, y, t)
        return y
