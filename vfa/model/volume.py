"""What is an image? Voxels with a place in the patient, a kind, and a record of what was done to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vfa.model.frame import FloatArray, Grid


class Modality(str, Enum):
    """The kind of image, as far as it matters to a measurement."""

    CT = "CT"  # voxels in Hounsfield units
    T1 = "T1"
    T2 = "T2"
    STIR = "STIR"  # or T2 with fat suppressed otherwise: fat is dark and water shines
    MR = "MR"  # any other magnetic resonance contrast

    @property
    def is_ct(self) -> bool:
        """Whether voxels are Hounsfield units."""
        return self is Modality.CT


@dataclass(frozen=True)
class SeriesSource:
    """Where a volume came from; UIDs are empty for files that carry none (NIfTI, NRRD)."""

    study_instance_uid: str = ""
    series_instance_uid: str = ""
    description: str = ""
    files: tuple[str, ...] = ()
    patient_position: str = ""


@dataclass(frozen=True, eq=False)
class Volume:
    """A three-dimensional image.

    Args:
        voxels: (I, J, K) array indexed i, j, k; Hounsfield units for CT.
        grid: where the voxels are in LPS mm.
        modality: the kind of image.
        frame_of_reference_uid: volumes that share it share LPS coordinates; empty if unknown.
        source: the study and series it came from.
        slice_thickness_mm: the thickness of one acquired slice (not the spacing), if stated.
        slice_axis: 0, 1 or 2: the voxel axis along which slices were stacked.
        corrections: sentences: what was done to the images on the way in.

    Raises:
        ValueError: if the array does not fit the grid.
    """

    voxels: NDArray[Any]
    grid: Grid
    modality: Modality
    frame_of_reference_uid: str = ""
    source: SeriesSource = field(default_factory=SeriesSource)
    slice_thickness_mm: float | None = None
    slice_axis: int = 2
    corrections: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.voxels.shape != self.grid.shape:
            raise ValueError(f"voxels: shape {self.voxels.shape} does not fit the grid {self.grid.shape}")
        if not (np.issubdtype(self.voxels.dtype, np.integer) or np.issubdtype(self.voxels.dtype, np.floating)):
            raise ValueError(f"voxels: expected numbers, got {self.voxels.dtype}")
        if self.slice_axis not in (0, 1, 2):
            raise ValueError(f"slice_axis: expected 0, 1 or 2, got {self.slice_axis}")

    @property
    def lps_from_ijk(self) -> FloatArray:
        """(4, 4) affine from voxel index to LPS mm."""
        return self.grid.lps_from_ijk

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Voxel spacing along i, j, k."""
        return self.grid.spacing_mm

    @property
    def slice_spacing_mm(self) -> float:
        """Distance between neighbouring slices."""
        return self.grid.spacing_mm[self.slice_axis]
