"""What belongs to one examination? The volume to measure first, others with their place beside it, what is not used.

Rules need more than one image: the posterior wall is judged on CT, marrow and epidural tumour on MR. A value read in
another series is only worth something when it is known where that series lies in the coordinates of the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from vfa.model.frame import FloatArray, apply_affine
from vfa.model.volume import Modality, Volume


class Role(str, Enum):
    """What a series is there for."""

    MORPHOMETRY = "morphometry"  # bodies are found and measured here
    MARROW = "marrow"  # signal or density of what was found in another series is read here
    BONE = "bone"  # CT beside MR: cortical walls


@dataclass(frozen=True)
class SameFrame:
    """The scanner itself placed both series in one frame of reference (PS3.3 C.7.4.1): LPS coordinates are shared."""

    @property
    def words(self) -> str:
        """How it lies to the primary volume, for the reader."""
        return "in the measured series' frame of reference"

    def primary_lps_of(self, points_lps: FloatArray) -> FloatArray:
        """Points (..., 3) of the companion, unchanged, as points of the primary volume."""
        return np.asarray(points_lps, dtype=np.float64)

    def companion_lps_of(self, points_lps: FloatArray) -> FloatArray:
        """Points (..., 3) of the primary volume, unchanged, as points of the companion."""
        return np.asarray(points_lps, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Registered:
    """Two series with different frames of reference were matched by a rigid motion.

    Args:
        primary_lps_from_lps: (4, 4) rigid motion from the companion's LPS mm to the primary volume's.
        residual_mm: root mean square distance between where this motion puts the points of either half of the spine
            and where that half's own best motion would.

    Raises:
        ValueError: if the matrix is no rigid motion, or the residual no distance.
    """

    primary_lps_from_lps: FloatArray
    residual_mm: float

    def __post_init__(self) -> None:
        matrix = np.array(self.primary_lps_from_lps, dtype=float)
        if matrix.shape != (4, 4) or not np.isfinite(matrix).all() or not np.allclose(matrix[3], [0, 0, 0, 1]):
            raise ValueError(f"primary_lps_from_lps: expected a finite 4×4 matrix, got {matrix.tolist()}")
        turn = matrix[:3, :3]
        if not np.allclose(turn @ turn.T, np.eye(3), atol=1e-6) or np.linalg.det(turn) < 0:
            raise ValueError("primary_lps_from_lps: expected a rotation and a translation")
        if not (np.isfinite(self.residual_mm) and self.residual_mm >= 0):
            raise ValueError(f"residual_mm: expected a distance, got {self.residual_mm}")
        matrix.flags.writeable = False
        object.__setattr__(self, "primary_lps_from_lps", matrix)

    @property
    def words(self) -> str:
        """How it lies to the primary volume, for the reader."""
        return f"registered rigidly to the measured series, residual {self.residual_mm:.1f} mm"

    def primary_lps_of(self, points_lps: FloatArray) -> FloatArray:
        """Points (..., 3) of the companion as points of the primary volume, LPS mm."""
        return apply_affine(self.primary_lps_from_lps, points_lps)

    def companion_lps_of(self, points_lps: FloatArray) -> FloatArray:
        """Points (..., 3) of the primary volume as points of the companion, LPS mm."""
        return apply_affine(np.linalg.inv(self.primary_lps_from_lps), points_lps)


@dataclass(frozen=True, eq=False)
class Companion:
    """Another volume of the examination whose place beside the primary one is known.

    Args:
        volume: the image, in its own coordinates.
        role: what it is there for.
        placement: how it lies to the primary volume.
    """

    volume: Volume
    role: Role
    placement: SameFrame | Registered


@dataclass(frozen=True)
class Apart:
    """A series that is not used beside the primary one.

    Args:
        name: how a message names it.
        modality: its kind; None when nothing says it.
        series_instance_uid: empty for files that carry none.
        reason: why, as part of a sentence.
        description: as the files state it.
        spacing_mm: along columns, rows and slices; None if it has no geometry.
    """

    name: str
    modality: Modality | None
    series_instance_uid: str
    reason: str
    description: str = ""
    spacing_mm: tuple[float, float, float] | None = None

    def __post_init__(self) -> None:
        if not self.reason:
            raise ValueError(f"{self.name}: a series is never kept apart without a reason")


@dataclass(frozen=True, eq=False)
class Study:
    """One examination.

    Args:
        primary: the volume to measure first.
        companions: the others, each of another modality, in the order T1, T2, STIR, other MR, CT.
        apart: the other series of the input, which are not used, with the reason.

    Raises:
        ValueError: if two volumes are of one modality.
    """

    primary: Volume
    companions: tuple[Companion, ...] = ()
    apart: tuple[Apart, ...] = ()

    def __post_init__(self) -> None:
        kinds = [self.primary.modality, *(companion.volume.modality for companion in self.companions)]
        twice = sorted({kind.value for kind in kinds if kinds.count(kind) > 1})
        if twice:
            raise ValueError(f"companions: expected one volume of each modality, got several of {', '.join(twice)}")

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """The primary volume and the companions'."""
        return (self.primary, *(companion.volume for companion in self.companions))

    def companion(self, modality: Modality) -> Companion | None:
        """The companion of this modality; None when the examination has none that could be placed."""
        return next((one for one in self.companions if one.volume.modality is modality), None)
