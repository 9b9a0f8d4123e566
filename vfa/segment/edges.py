"""Does the image's edge cut a body, and is what is left of it still fit to be measured?

Sagittal MR slabs are often narrower than the bodies in them. Such a body is cut at its sides alone: its endplates,
its front and its back are seen, so its heights can be measured where it is seen. A body cut from above, below, in
front or behind cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vfa.model.frame import FloatArray, Grid

# Half a voxel inside the edge layer's inner face; a hundredth of a voxel forgives rounding of positions.
EDGE_LAYER_VOXELS = 0.51
# Half of a small lumbar body's width (40 mm): its middle, where the heights are taken, is then among what is seen.
SEEN_WIDTH_AT_LEAST_MM = 20.0


@dataclass(frozen=True)
class EdgeCut:
    """How the edges of images cut one body.

    Args:
        kind: "none"; "sideways" when they pass through its sides alone and enough of it is seen; "through".
        seen_width_mm: between the outermost voxel centres seen, along the body's left–right axis.
    """

    kind: Literal["none", "sideways", "through"]
    seen_width_mm: float


def edge_cut(points_lps: FloatArray, lattices: Sequence[Grid], canal_lps: FloatArray | None = None) -> EdgeCut:
    """Judge which faces of the lattices a body reaches.

    Args:
        points_lps: (N, 3) centres of the body's voxels, LPS mm.
        lattices: whole lattices (of the image, of the label volume) whose edges may cut it.
        canal_lps: (3,) a point in the canal behind it, which tells how it is turned; None when unknown.
    """
    left = left_of(points_lps, canal_lps)
    width_mm = float(np.ptp(points_lps @ left))
    normals = [normal for lattice in lattices for normal in faces_reached(points_lps, lattice)]
    if not normals:
        return EdgeCut("none", width_mm)
    sideways = all(abs(float(normal @ left)) > np.cos(np.pi / 4) for normal in normals)
    enough = width_mm >= SEEN_WIDTH_AT_LEAST_MM
    return EdgeCut("sideways" if sideways and enough else "through", width_mm)


def faces_reached(points_lps: FloatArray, lattice: Grid) -> list[FloatArray]:
    """(3,) outward unit normals of the lattice's faces whose outermost voxel layer holds, or lies within, the points.

    Args:
        points_lps: (N, 3) LPS mm.
        lattice: a whole lattice.
    """
    ijk = lattice.ijk_of(points_lps)
    last = np.asarray(lattice.shape) - 1
    low, high = ijk.min(axis=0) < EDGE_LAYER_VOXELS, ijk.max(axis=0) > last - EDGE_LAYER_VOXELS
    # The face across axis n is spanned by the other two, so its normal is a row of the inverse.
    rows = lattice.ijk_from_lps[:3, :3]
    normals = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return [-normals[n] for n in range(3) if low[n]] + [normals[n] for n in range(3) if high[n]]


def left_of(points_lps: FloatArray, canal_lps: FloatArray | None) -> FloatArray:
    """(3,) unit vector to the body's left: the patient's left, turned with the body as its canal shows."""
    patient_left = np.array([1.0, 0.0, 0.0])
    if canal_lps is None:
        return patient_left
    forward = points_lps.mean(axis=0) - canal_lps
    forward = forward / max(float(np.linalg.norm(forward)), 1e-6)
    left = patient_left - (patient_left @ forward) * forward
    length = float(np.linalg.norm(left))
    # A canal straight beside the body is a mistake: no body is turned that far.
    return patient_left if length < np.cos(np.pi / 4) else np.asarray(left / length, dtype=np.float64)
