"""What was found in an input? Series that are or are not fit to be measured, and files left out."""

from __future__ import annotations

from dataclasses import dataclass

from vfa.errors import InputRefused
from vfa.intake.frame_header import FrameHeader
from vfa.intake.slice_geometry import SliceStack
from vfa.intake.stored_file import LeftOut, StoredFile
from vfa.model.volume import Modality

__all__ = ["LeftOut", "SeriesCandidate", "SeriesList"]


@dataclass(frozen=True, eq=False)
class SeriesCandidate:
    """One stack of slices or one image file.

    Args:
        study_instance_uid: empty for files that carry none (NIfTI, NRRD, MetaImage).
        series_instance_uid: likewise.
        description: series and protocol description, or the file's name.
        kind: CT, T1, T2, STIR or MR; None where the file does not state it.
        plane: sagittal, coronal or axial; empty if unknown.
        spacing_mm: along columns, rows and slices; None if there is no geometry.
        shape: numbers of columns, rows and slices.
        extent_lps_mm: size of the box around the stack along left, posterior and head; None as for spacing.
        body_part: what the tags say, a hint only.
        frame_of_reference_uid: series that share it share LPS coordinates.
        study_date: as stated, YYYYMMDD; empty if not.
        stored_files: the files, in slice order if the series is usable.
        notes: sentences: what will be, or was, corrected or left out.
        refusal: why it cannot be measured; None if it can.
        frames: headers of its slices in slice order (DICOM only).
        stack: how the slices lie (DICOM only).
    """

    study_instance_uid: str
    series_instance_uid: str
    description: str
    kind: Modality | None
    plane: str
    spacing_mm: tuple[float, float, float] | None
    shape: tuple[int, int, int]
    extent_lps_mm: tuple[float, float, float] | None
    body_part: str
    frame_of_reference_uid: str
    study_date: str
    stored_files: tuple[StoredFile, ...]
    notes: tuple[str, ...] = ()
    refusal: InputRefused | None = None
    frames: tuple[FrameHeader, ...] = ()
    stack: SliceStack | None = None

    @property
    def usable(self) -> bool:
        """Whether it can be loaded."""
        return self.refusal is None

    @property
    def reason(self) -> str:
        """Why it cannot be loaded; empty if it can."""
        return "" if self.refusal is None else str(self.refusal)

    @property
    def slices(self) -> int:
        """Number of slices."""
        return self.shape[2]

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files, `archive.zip!member` for those in a zip."""
        return tuple(str(file) for file in self.stored_files)

    @property
    def name(self) -> str:
        """How a message names it."""
        kind = self.kind.value if self.kind else "image"
        said = f" “{self.description}”" if self.description else ""
        identity = f", series {self.series_instance_uid}" if self.series_instance_uid else ""
        return f"{self.plane} {kind}{said} ({self.slices} slices{identity})".strip()


@dataclass(frozen=True)
class SeriesList:
    """Everything an input holds: candidates sorted by study and series, and what is no part of any."""

    candidates: tuple[SeriesCandidate, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def usable(self) -> tuple[SeriesCandidate, ...]:
        """The candidates that can be loaded."""
        return tuple(candidate for candidate in self.candidates if candidate.usable)
