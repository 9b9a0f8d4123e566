"""Which way is up and front for this one vertebra?

The cranial axis is the bisector of the outward normals of the two fitted endplates; anterior points away from
the canal, perpendicular to it. The first guess comes from the neighbours' centres and the canal, then the
endplates of the mask correct it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vfa.measure.lattice import ColumnLattice, column_lattice
from vfa.model.frame import BodyFrame, FloatArray
from vfa.model.spine import Spine, Vertebra

REFINEMENTS = 4
SETTLED_COSINE = 1 - 1e-6  # 0.08°, which moves no height by 0.01 mm
TRIM = 2.5  # residuals beyond this many robust standard deviations do not belong to the endplate plane
HEAD_LPS = np.array([0.0, 0.0, 1.0])
POSTERIOR_LPS = np.array([0.0, 1.0, 0.0])


def first_frame(spine: Spine, vertebra: Vertebra) -> BodyFrame:
    """Axes from the column of neighbouring bodies and the canal; the patient's head and back where those fail."""
    centre = vertebra.centre_lps
    cranial = _column_direction(spine, vertebra)
    towards_canal = _towards_canal(spine, vertebra)
    return BodyFrame.from_directions(centre, cranial, -towards_canal)


def refine_frame(vertebra: Vertebra, frame: BodyFrame) -> ColumnLattice:
    """Turn the frame until its cranial axis bisects the endplates of the mask; returns the lattice in that frame."""
    lattice = column_lattice(vertebra, frame)
    for _ in range(REFINEMENTS):
        turned = frame_of_endplates(lattice, lattice.upper_mm, lattice.lower_mm)
        if float(turned.cranial @ lattice.frame.cranial) > SETTLED_COSINE:
            break
        lattice = column_lattice(vertebra, turned)
    return lattice


def frame_of_endplates(lattice: ColumnLattice, upper_mm: FloatArray, lower_mm: FloatArray) -> BodyFrame:
    """The frame whose cranial axis bisects the outward normals of planes fitted to both height fields (L, A)."""
    where = lattice.inner & np.isfinite(upper_mm) & np.isfinite(lower_mm)
    if where.sum() < 20:
        return lattice.frame
    frame = lattice.frame
    up = _plane_normal(lattice.points_body(upper_mm)[where])
    down = _plane_normal(lattice.points_body(lower_mm)[where])
    bisector_body = up + down
    cranial = frame.axes @ (bisector_body / np.linalg.norm(bisector_body))
    return BodyFrame.from_directions(frame.centre_lps, cranial, frame.anterior)


def _plane_normal(points_body: FloatArray) -> FloatArray:
    """Unit normal with a cranial component > 0 of a plane fitted to (N, 3) points, outliers trimmed."""
    keep = np.ones(len(points_body), dtype=bool)
    slope = np.zeros(3)
    for _ in range(3):
        design = np.column_stack([points_body[keep, 0], points_body[keep, 1], np.ones(keep.sum())])
        slope, *_ = np.linalg.lstsq(design, points_body[keep, 2], rcond=None)
        residual = points_body[:, 2] - points_body[:, :2] @ slope[:2] - slope[2]
        residual -= np.median(residual[keep])
        away = np.abs(residual)
        # The nearer half stays whatever the spread: on the stairs of a coarse mask most residuals are alike.
        keep = away <= max(TRIM * 1.4826 * float(np.median(away[keep])), 0.3, float(np.median(away)))
    normal = np.array([-slope[0], -slope[1], 1.0])
    return np.asarray(normal / np.linalg.norm(normal))


def _column_direction(spine: Spine, vertebra: Vertebra) -> FloatArray:
    """Unit vector towards the head along the column of body centres."""
    index = spine.vertebrae.index(vertebra)
    above = spine.vertebrae[max(index - 1, 0)].centre_lps
    below = spine.vertebrae[min(index + 1, len(spine.vertebrae) - 1)].centre_lps
    direction = above - below
    length = float(np.linalg.norm(direction))
    return direction / length if length > 5.0 else HEAD_LPS


def _towards_canal(spine: Spine, vertebra: Vertebra) -> FloatArray:
    """Vector from the body towards the canal, its own or its nearest neighbours', else the patient's back."""
    if vertebra.canal_lps is not None:
        return vertebra.canal_lps - vertebra.centre_lps
    index = spine.vertebrae.index(vertebra)
    known: Sequence[tuple[int, FloatArray]] = [
        (abs(n - index), other.canal_lps - other.centre_lps)
        for n, other in enumerate(spine.vertebrae)
        if other.canal_lps is not None
    ]
    if not known:
        return POSTERIOR_LPS
    nearest = min(distance for distance, _ in known)
    return np.asarray(np.mean([direction for distance, direction in known if distance == nearest], axis=0))
