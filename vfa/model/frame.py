"""Where is a voxel in the patient? One inner frame: LPS millimetres.

LPS is DICOM's patient frame: +x towards the patient's left, +y towards posterior, +z towards the head
(DICOM PS3.3, C.7.6.2.1.1). RAS, used by NIfTI and 3D Slicer, exists only at the doors of the program.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

RAS_FROM_LPS: FloatArray = np.diag([-1.0, -1.0, 1.0, 1.0])
LPS_FROM_RAS: FloatArray = RAS_FROM_LPS  # the change of frame is its own inverse

SAME_GRID_TOLERANCE_MM = 0.01


def apply_affine(affine: ArrayLike, points: ArrayLike) -> FloatArray:
    """Map points, shape (..., 3), through a 4×4 affine; returns shape (..., 3)."""
    matrix = np.asarray(affine, dtype=float)
    mapped: FloatArray = np.asarray(points, dtype=float) @ matrix[:3, :3].T + matrix[:3, 3]
    return mapped


@dataclass(frozen=True, eq=False)
class Grid:
    """A lattice of voxel centres in LPS millimetres.

    Args:
        shape: number of voxels along i, j, k.
        lps_from_ijk: (4, 4) affine from voxel index (centre of voxel) to LPS millimetres.

    Raises:
        ValueError: if the shape is empty or the affine is not a finite, invertible affine.
    """

    shape: tuple[int, int, int]
    lps_from_ijk: FloatArray

    def __post_init__(self) -> None:
        matrix = np.array(self.lps_from_ijk, dtype=float)
        if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
            raise ValueError(f"lps_from_ijk: expected a finite 4×4 matrix, got {matrix.tolist()}")
        if not np.allclose(matrix[3], [0, 0, 0, 1]):
            raise ValueError(f"lps_from_ijk: expected a last row of 0 0 0 1, got {matrix[3].tolist()}")
        if abs(np.linalg.det(matrix[:3, :3])) < 1e-9:
            raise ValueError("lps_from_ijk: the three voxel axes do not span a volume")
        if len(self.shape) != 3 or min(self.shape) < 1:
            raise ValueError(f"shape: expected three positive sizes, got {self.shape}")
        matrix.flags.writeable = False
        object.__setattr__(self, "lps_from_ijk", matrix)
        object.__setattr__(self, "shape", (int(self.shape[0]), int(self.shape[1]), int(self.shape[2])))

    @classmethod
    def from_axes(
        cls,
        shape: tuple[int, int, int],
        spacing_mm: ArrayLike,
        origin_lps: ArrayLike,
        axes: ArrayLike | None = None,
    ) -> Grid:
        """Build from spacing (3,), the LPS position of voxel 0 0 0, and unit axes as columns of a (3, 3)."""
        matrix = np.eye(4)
        matrix[:3, :3] = (np.eye(3) if axes is None else np.asarray(axes, dtype=float)) * np.asarray(spacing_mm)
        matrix[:3, 3] = origin_lps
        return cls(shape, matrix)

    @cached_property
    def ijk_from_lps(self) -> FloatArray:
        """(4, 4) affine from LPS millimetres to (fractional) voxel index."""
        return np.asarray(np.linalg.inv(self.lps_from_ijk), dtype=np.float64)

    @cached_property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance between neighbouring voxel centres along i, j, k."""
        i, j, k = np.linalg.norm(self.lps_from_ijk[:3, :3], axis=0)
        return float(i), float(j), float(k)

    @cached_property
    def axes(self) -> FloatArray:
        """(3, 3): the unit vectors of i, j, k in LPS, as columns."""
        directions: FloatArray = np.asarray(self.lps_from_ijk[:3, :3] / np.asarray(self.spacing_mm), dtype=np.float64)
        return directions

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel."""
        return float(abs(np.linalg.det(self.lps_from_ijk[:3, :3])))

    @property
    def centre_lps(self) -> FloatArray:
        """(3,): the middle of the lattice."""
        return self.lps_of((np.asarray(self.shape) - 1) / 2)

    def lps_of(self, points_ijk: ArrayLike) -> FloatArray:
        """LPS millimetres of voxel indices, shape (..., 3)."""
        return apply_affine(self.lps_from_ijk, points_ijk)

    def ijk_of(self, points_lps: ArrayLike) -> FloatArray:
        """Fractional voxel indices of LPS points, shape (..., 3)."""
        return apply_affine(self.ijk_from_lps, points_lps)

    def crop(self, start_ijk: ArrayLike, shape: tuple[int, int, int]) -> Grid:
        """The part of the lattice that begins at voxel `start_ijk`."""
        matrix = np.array(self.lps_from_ijk)
        matrix[:3, 3] = self.lps_of(start_ijk)
        return Grid(shape, matrix)

    def matches(self, other: Grid) -> bool:
        """Whether both lattices have the same shape and place, to a hundredth of a millimetre at every corner."""
        if self.shape != other.shape:
            return False
        corners = np.array(np.meshgrid(*[(0, n - 1) for n in self.shape], indexing="ij")).reshape(3, -1).T
        return bool(np.abs(self.lps_of(corners) - other.lps_of(corners)).max() <= SAME_GRID_TOLERANCE_MM)


@dataclass(frozen=True, eq=False)
class BodyFrame:
    """A vertebra's own axes: where cranial, anterior and left point for this one body.

    cranial: bisector of the outward normals of the two fitted endplates. anterior: away from the canal,
    perpendicular to cranial, in the body's own mid-plane. left completes a right-handed LPS-like frame.

    Args:
        centre_lps: (3,) the body's centre in LPS mm.
        cranial: (3,) unit vector in LPS.
        anterior: (3,) unit vector in LPS.

    Raises:
        ValueError: if the two directions are not unit length and perpendicular.
    """

    centre_lps: FloatArray
    cranial: FloatArray
    anterior: FloatArray

    def __post_init__(self) -> None:
        for name in ("centre_lps", "cranial", "anterior"):
            vector = np.array(getattr(self, name), dtype=float)
            if vector.shape != (3,) or not np.isfinite(vector).all():
                raise ValueError(f"{name}: expected three finite numbers, got {vector.tolist()}")
            vector.flags.writeable = False
            object.__setattr__(self, name, vector)
        lengths = np.linalg.norm(self.cranial), np.linalg.norm(self.anterior)
        if not np.allclose(lengths, 1, atol=1e-6) or abs(float(self.cranial @ self.anterior)) > 1e-6:
            raise ValueError("cranial and anterior must be perpendicular unit vectors")

    @classmethod
    def from_directions(cls, centre_lps: ArrayLike, cranial: ArrayLike, anterior: ArrayLike) -> BodyFrame:
        """Build from rough directions: cranial is kept, anterior is made perpendicular to it."""
        up = np.asarray(cranial, dtype=float)
        up = up / np.linalg.norm(up)
        front = np.asarray(anterior, dtype=float)
        front = front - (front @ up) * up
        return cls(np.asarray(centre_lps, dtype=float), up, front / np.linalg.norm(front))

    @cached_property
    def left(self) -> FloatArray:
        """(3,) unit vector towards the patient's left."""
        return np.cross(self.cranial, self.anterior)

    @cached_property
    def axes(self) -> FloatArray:
        """(3, 3): left, anterior, cranial as columns."""
        return np.stack([self.left, self.anterior, self.cranial], axis=1)

    def lps_of(self, points_body: ArrayLike) -> FloatArray:
        """LPS mm of points given as (left, anterior, cranial) mm from the centre, shape (..., 3)."""
        return np.asarray(points_body, dtype=float) @ self.axes.T + self.centre_lps

    def body_of(self, points_lps: ArrayLike) -> FloatArray:
        """(left, anterior, cranial) mm from the centre, of LPS points, shape (..., 3)."""
        return (np.asarray(points_lps, dtype=float) - self.centre_lps) @ self.axes
