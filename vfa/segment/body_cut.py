"""Where does a vertebra's body end and its arch begin? Posterior elements are cut off through the posterior wall.

The canal is found first: looked at along the spine, a vertebra is a ring, and the canal is the hole in it. The body
is what lies in front of the canal; beside the canal, where the pedicles leave, the cut follows the posterior wall as
seen in the canal's own width, row by row, and no further back than a straight line through the whole wall allows, so
that a fragment pushed into the canal stays with its body without dragging the pedicles along.

Everything is done in a frame of the vertebra, (left, back, up) mm from a point inside the body; the cut itself is
made on the mask's own voxels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.model.frame import FloatArray
from vfa.segment.bodies import TOUCHING, BodyMask, cropped

STEP_MM = 1.0  # lattice on which the ring is looked at
CANAL_AT_LEAST_MM2 = 40.0  # adult canals have 150–450 mm²; coarse masks and oblique views leave less of the hole open
RIM_BEHIND_LINE_MM = 2.0  # endplate rims stand this far behind a straight line through a concave wall
PEDICLE_STUMP_MM = 1.5  # readers cut this far behind the wall (the masks of SPINEPS and of VerSe sub-regions)
FRONT_BLOCK_DEPTH_MM = 6.0  # a row with less bone in front of the canal is no row of the body
CORE_TO_CANAL_AT_LEAST_MM = 5.0  # nearer than this the hole is a hollow in the body, no ring
WALL_SHARE = 0.7  # the share of the canal's width in which the wall is looked at: no pedicle reaches in there
WING_DEPTH_MM = 8.0  # this far in front of the cut the body's flanks are free of transverse processes
WING_BEYOND_FLANK_MM = 3.0  # and what then stands this far out to the side is a transverse process or a rib


@dataclass(frozen=True, eq=False)
class Axes:
    """Left, back and up (towards the head) of one vertebra, with a point inside its body as origin.

    Args:
        origin_lps: (3,) LPS mm.
        directions: (3, 3) unit vectors left, back, up in LPS, as columns.
    """

    origin_lps: FloatArray
    directions: FloatArray

    @classmethod
    def facing(cls, origin_lps: FloatArray, up: FloatArray, back: FloatArray) -> Axes:
        """Build from the direction to the head and a rough direction to the back."""
        level = back - (back @ up) * up
        level = level / np.linalg.norm(level)
        return cls(origin_lps, np.stack([np.cross(level, up), level, up], axis=1))

    def own(self, points_lps: FloatArray) -> FloatArray:
        """(..., 3) left, back, up mm of LPS points."""
        return np.asarray((points_lps - self.origin_lps) @ self.directions, dtype=np.float64)

    def lps(self, points: FloatArray) -> FloatArray:
        """(..., 3) LPS mm of left, back, up points."""
        return np.asarray(points @ self.directions.T + self.origin_lps, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Canal:
    """The canal behind one body, as seen along the spine.

    Args:
        axes: the vertebra's own axes, `back` pointing from the body to the canal.
        left_mm: where the canal's middle lies, to the left of the origin.
        back_mm: and how far behind it.
        half_width_mm: half of its width.
    """

    axes: Axes
    left_mm: float
    back_mm: float
    half_width_mm: float

    @property
    def centre_lps(self) -> FloatArray:
        """(3,) the canal's middle at the height of the origin, LPS mm."""
        return self.beside(self.axes.origin_lps)

    def beside(self, point_lps: FloatArray) -> FloatArray:
        """(3,) the canal's middle at the height of another point, LPS mm."""
        return self.axes.lps(np.array([self.left_mm, self.back_mm, float(self.axes.own(point_lps)[2])]))


@dataclass(frozen=True, eq=False)
class Ring:
    """A vertebra sampled at 1 mm in its own axes.

    Args:
        occupied: (L, B, U) bool.
        start_mm: (3,) left, back, up of the first sample.
    """

    occupied: NDArray[np.bool_]
    start_mm: FloatArray

    def coordinates(self, axis: int) -> FloatArray:
        """Positions (mm) of the samples along left (0), back (1) or up (2)."""
        return np.asarray(self.start_mm[axis] + STEP_MM * np.arange(self.occupied.shape[axis]), dtype=np.float64)


def body_core(whole: BodyMask) -> FloatArray:
    """(3,) the deepest point of a whole vertebra, which always lies in its body; LPS mm."""
    depth_mm = ndimage.distance_transform_edt(np.pad(whole.mask, 1), sampling=whole.grid.spacing_mm)[1:-1, 1:-1, 1:-1]
    deep = np.argwhere(depth_mm >= 0.8 * depth_mm.max())
    return whole.grid.lps_of(deep.mean(axis=0))


def ring_of(whole: BodyMask, axes: Axes) -> Ring:
    """Sample a vertebra at 1 mm in its own axes."""
    points = axes.own(whole.points_lps)
    start = points.min(axis=0) - 2 * STEP_MM
    shape = np.ceil((points.max(axis=0) + 2 * STEP_MM - start) / STEP_MM).astype(int) + 1
    lattice = np.stack(
        np.meshgrid(*[start[d] + STEP_MM * np.arange(shape[d]) for d in range(3)], indexing="ij"), axis=-1
    )
    ijk = np.moveaxis(whole.grid.ijk_of(axes.lps(lattice)), -1, 0)
    share = ndimage.map_coordinates(whole.mask.astype(np.float32), ijk, order=1, mode="constant")
    return Ring(share > 0.5, start)


def find_canal(whole: BodyMask, up: FloatArray, inside_body_lps: FloatArray | None = None) -> Canal | None:
    """Find the canal of a whole vertebra as the hole of its ring, seen along the spine.

    Args:
        whole: body and arch.
        up: (3,) unit vector along the spine towards the head, LPS.
        inside_body_lps: (3,) the body's centre, when it is known; else the deepest point of the mask is taken.

    Returns:
        The canal, its axes' origin in the body; None when the ring is not closed.
    """
    core = body_core(whole) if inside_body_lps is None else inside_body_lps
    axes = Axes.facing(core, up, np.array([0.0, 1.0, 0.0]))
    ring = ring_of(whole, axes)
    seen = ring.occupied.any(axis=2)
    holes, count = ndimage.label(ndimage.binary_fill_holes(seen) & ~seen)
    if count == 0:
        return None
    sizes_mm2 = np.bincount(holes.ravel())[1:] * STEP_MM**2
    hole = np.argwhere(holes == int(np.argmax(sizes_mm2)) + 1) * STEP_MM + ring.start_mm[:2]
    if sizes_mm2.max() < CANAL_AT_LEAST_MM2 or np.linalg.norm(hole.mean(axis=0)) < CORE_TO_CANAL_AT_LEAST_MM:
        return None
    outline_lps = axes.lps(np.column_stack([hole, np.zeros(len(hole))]))
    rough = _canal_behind(core, up, outline_lps)
    if inside_body_lps is not None:
        return rough
    return _canal_behind(_middle_of_front(whole, rough), up, outline_lps)


def _canal_behind(origin_lps: FloatArray, up: FloatArray, outline_lps: FloatArray) -> Canal:
    axes = Axes.facing(origin_lps, up, outline_lps.mean(axis=0) - origin_lps)
    outline = axes.own(outline_lps)
    low, high = np.percentile(outline[:, 0], [2, 98])
    return Canal(axes, float(low + high) / 2, float(outline[:, 1].mean()), float(high - low) / 2)


def _middle_of_front(whole: BodyMask, canal: Canal) -> FloatArray:
    """(3,) LPS middle of the bone in front of the canal, near enough to leave ribs and transverse processes aside."""
    points = canal.axes.own(whole.points_lps)
    near = np.abs(points[:, 0] - canal.left_mm) < 2.5 * canal.half_width_mm
    front = points[near & (points[:, 1] < canal.back_mm - 2 * STEP_MM)]
    return canal.axes.lps(front.mean(axis=0)) if len(front) else canal.axes.origin_lps


def canal_beside(whole: BodyMask, neighbour: Canal) -> Canal:
    """The canal of a vertebra whose ring is open, its neighbour's canal carried on along the neighbour's axis."""
    up_mm = float(neighbour.axes.own(body_core(whole))[2])
    return replace(neighbour, axes=replace(neighbour.axes, origin_lps=neighbour.axes.lps(np.array([0.0, 0.0, up_mm]))))


def cut_body(whole: BodyMask, canal: Canal) -> BodyMask | None:
    """Cut the arch off a whole vertebra.

    Args:
        whole: body and arch.
        canal: where its canal runs.

    Returns:
        The body on the same lattice; None when nothing lies in front of the canal.
    """
    ring = ring_of(whole, canal.axes)
    wall_mm = _wall(ring, canal)
    if wall_mm is None:
        return None
    points = canal.axes.own(whole.points_lps)
    before_cut_mm = np.interp(points[:, 2], ring.coordinates(2), wall_mm) + PEDICLE_STUMP_MM - points[:, 1]
    front = points[before_cut_mm > WING_DEPTH_MM]
    flank = np.percentile(front[:, 0], [1, 99]) if len(front) else np.array([-np.inf, np.inf])
    outside_mm = np.maximum(flank[0] - points[:, 0], points[:, 0] - flank[1])
    wing = (before_cut_mm <= WING_DEPTH_MM) & (outside_mm > WING_BEYOND_FLANK_MM)
    within = (np.abs(points[:, 0] - canal.left_mm) <= canal.half_width_mm) & (points[:, 1] < canal.back_mm)
    mask = np.zeros_like(whole.mask)
    mask[whole.mask] = ((before_cut_mm >= 0) & ~wing) | within
    return _in_one_piece(BodyMask(mask, whole.grid), canal) if mask.any() else None


def _wall(ring: Ring, canal: Canal) -> FloatArray | None:
    """(U,) how far back the posterior wall stands in each row; None when fewer than three rows show one."""
    across, along, rows = (ring.coordinates(axis) for axis in range(3))
    middle = np.abs(across - canal.left_mm) <= WALL_SHARE * canal.half_width_mm
    front = ring.occupied[middle][:, along < canal.back_mm, :]
    if front.size == 0:
        return None
    deep_enough = front.sum(axis=1) * STEP_MM >= FRONT_BLOCK_DEPTH_MM
    last = along[front.shape[1] - 1 - np.argmax(front[:, ::-1, :], axis=1)]
    wall = np.array([np.median(last[ok, n]) if ok.any() else np.nan for n, ok in enumerate(deep_enough.T)])
    seen = np.isfinite(wall)
    if seen.sum() < 3:
        return None
    slope, offset = _straight_line(rows[seen], wall[seen])
    line = slope * rows + offset
    smooth = ndimage.median_filter(np.interp(rows, rows[seen], wall[seen]), size=3, mode="nearest")
    smooth[~seen] = line[~seen]
    return np.asarray(np.minimum(smooth, line + RIM_BEHIND_LINE_MM) + STEP_MM / 2, dtype=np.float64)


def _straight_line(x: FloatArray, y: FloatArray) -> tuple[float, float]:
    """Slope and offset by the medians of all pairs (Theil–Sen): half of the wall may be a fragment's."""
    first, second = np.triu_indices(len(x), k=1)
    slope = float(np.median((y[second] - y[first]) / (x[second] - x[first])))
    return slope, float(np.median(y - slope * x))


def _in_one_piece(body: BodyMask, canal: Canal) -> BodyMask | None:
    """Drop what the cut left hanging: tips of processes and ribs, which lie to the sides."""
    labels, count = ndimage.label(body.mask, structure=TOUCHING)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    centres = canal.axes.own(body.grid.lps_of(np.array(ndimage.center_of_mass(body.mask, labels, range(1, count + 1)))))
    keep = np.concatenate([[False], np.abs(centres[:, 0] - canal.left_mm) <= canal.half_width_mm])
    keep[int(np.argmax(sizes))] = True
    return cropped(keep[labels], body.grid)
