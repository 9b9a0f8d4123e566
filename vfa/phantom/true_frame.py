"""Which way do a body's own axes point, by the definition every measurement follows?

Cranial is the bisector of the outward normals of the planes fitted to both endplates, their outer 2 mm left out;
anterior points away from the canal, perpendicular to cranial, through the body's centre and the canal's.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vfa.model.frame import BodyFrame, FloatArray
from vfa.phantom.body_shape import BodyShape

RIM_LEFT_OUT_MM = 2.0
SAMPLE_PITCH_MM = 0.5


def _lattice(shape: BodyShape) -> tuple[NDArray[Any], NDArray[Any]]:
    half_x = shape.width_mm / 2 * max(1.0, shape.lower_scale) + 1
    half_y = shape.depth_mm / 2 * max(1.0, shape.lower_scale) + 1
    xs, ys = np.arange(-half_x, half_x, SAMPLE_PITCH_MM), np.arange(-half_y, half_y, SAMPLE_PITCH_MM)
    x, y = np.meshgrid(xs, ys, indexing="ij")
    return x, y


def plane_slopes(x_mm: NDArray[Any], y_mm: NDArray[Any], z_mm: NDArray[Any]) -> tuple[float, float, float]:
    """Least-squares plane z = a + b x + c y through points; returns a, b, c."""
    design = np.stack([np.ones_like(x_mm), x_mm, y_mm], axis=-1)
    (a, b, c), *_ = np.linalg.lstsq(design, z_mm, rcond=None)
    return float(a), float(b), float(c)


@lru_cache(maxsize=256)
def cranial_in_construction(shape: BodyShape) -> tuple[float, float, float]:
    """The cranial unit vector (x left, y front, z head) in the construction frame."""
    shape = shape.without_pits
    x, y = _lattice(shape)
    kept = shape.within_rims(x, y, RIM_LEFT_OUT_MM)
    normals = []
    for surface, outward in ((shape.upper_mm, 1.0), (shape.lower_mm, -1.0)):
        _, b, c = plane_slopes(x[kept], y[kept], surface(x[kept], y[kept]))
        normal = outward * np.array([-b, -c, 1.0])
        normals.append(normal / np.linalg.norm(normal))
    bisector = normals[0] - normals[1]
    up = bisector / np.linalg.norm(bisector)
    return float(up[0]), float(up[1]), float(up[2])


@lru_cache(maxsize=256)
def centre_in_construction(shape: BodyShape) -> tuple[float, float, float]:
    """The body's centre of mass in the construction frame, without any fragment, to about 0.02 mm."""
    shape = shape.without_pits
    x, y = _lattice(shape)
    upper, lower = shape.upper_mm(x, y), shape.lower_mm(x, y)
    totals = np.zeros(4)
    steps = 24
    for step in range(steps):
        t = (step + 0.5) / steps
        inside = shape.wall_distance_mm(x, y, t) <= 0
        layer = (upper - lower)[inside] / steps
        z = lower[inside] + t * (upper - lower)[inside]
        totals += [layer.sum(), (layer * x[inside]).sum(), (layer * y[inside]).sum(), (layer * z).sum()]
    volume, *moments = totals
    return float(moments[0] / volume), float(moments[1] / volume), float(moments[2] / volume)


def true_frame(shape: BodyShape, construction: BodyFrame, canal_centre_lps: FloatArray) -> BodyFrame:
    """The body's own frame in LPS.

    Args:
        shape: the body's geometry.
        construction: where its construction frame lies.
        canal_centre_lps: (3,) the middle of the canal behind the body.
    """
    centre_lps = construction.lps_of(centre_in_construction(shape))
    cranial = construction.axes @ np.asarray(cranial_in_construction(shape))
    return BodyFrame.from_directions(centre_lps, cranial, centre_lps - canal_centre_lps)
