"""Bodies so plain that their heights, areas and volumes can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from math import gamma

import numpy as np

from vfa.model.frame import BodyFrame
from vfa.phantom.anatomy import Arch, PhantomVertebra
from vfa.phantom.body_shape import BACK_EXPONENT, FRONT_EXPONENT, FRONT_SHARE_OF_DEPTH, BodyShape

CANAL_CENTRE_MM = (0.0, -26.0, 0.0)


def flat_body(anterior_mm: float = 25.0, posterior_mm: float = 25.0, **changes: object) -> BodyShape:
    """Plane endplates, straight walls, no rounding: a prism 44 mm wide and 34 mm deep, or a wedge."""
    plain = BodyShape(
        width_mm=44.0,
        depth_mm=34.0,
        anterior_height_mm=anterior_mm,
        posterior_height_mm=posterior_mm,
        lower_scale=1.0,
        upper_concavity_mm=0.0,
        lower_concavity_mm=0.0,
        posterior_concavity_mm=0.0,
        waist_mm=0.0,
        edge_radius_mm=1e-3,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def outline_area_mm2(shape: BodyShape) -> float:
    """Area within two half superellipses: half of 4ab Γ(1+1/n)² / Γ(1+2/n) each."""
    half_width = shape.width_mm / 2
    front, back = FRONT_SHARE_OF_DEPTH * shape.depth_mm, (1 - FRONT_SHARE_OF_DEPTH) * shape.depth_mm

    def half(depth: float, n: float) -> float:
        return 2 * half_width * depth * gamma(1 + 1 / n) ** 2 / gamma(1 + 2 / n)

    return half(front, FRONT_EXPONENT) + half(back, BACK_EXPONENT)


def vertebra_of(shape: BodyShape) -> PhantomVertebra:
    """A vertebra upright at the origin."""
    upright = BodyFrame(np.zeros(3), np.array([0.0, 0.0, 1.0]), np.array([0.0, -1.0, 0.0]))
    return PhantomVertebra("L2", upright, shape, Arch(17.0, 23.0, 9.0, 30.0))
