"""What does one DICOM image frame say about itself, before its pixels are read?

Classic objects hold one frame, whose attributes stand at the top of the dataset. Enhanced multi-frame objects
hold many, whose attributes stand in the per-frame and shared functional groups (PS3.3 C.7.6.16). Both become
the same `FrameHeader`, so nothing after this file knows the difference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset

from vfa.errors import NotAnImage
from vfa.intake.dicom_file import StoredPixels
from vfa.intake.frame_attributes import FrameAttributes, frame_macros
from vfa.intake.stored_file import StoredFile
from vfa.model.frame import FloatArray

MAX_COORDINATE_MM = 1e5  # no patient lies further from the scanner's origin than a hundred metres
_NO_AGENT = {"off", "no", "none", "nil", "n", "0", "without", "ohne", "native", "nativ"}
MAX_SIDE = 16_384  # pixels along one side; detectors and reconstructions stay far below


@dataclass(frozen=True, eq=False, slots=True)
class PlaneGeometry:
    """Where one frame lies (PS3.3 C.7.6.2).

    position_lps: (3,) centre of the first pixel. row_direction: (3,) the way column numbers grow.
    column_direction: (3,) the way row numbers grow. column_spacing_mm: between columns, along row_direction.
    row_spacing_mm: between rows, along column_direction.
    """

    position_lps: FloatArray
    row_direction: FloatArray
    column_direction: FloatArray
    column_spacing_mm: float
    row_spacing_mm: float

    @property
    def normal(self) -> FloatArray:
        """(3,) unit vector across the frame, so that row, column and normal are right-handed."""
        return np.cross(self.row_direction, self.column_direction)


@dataclass(frozen=True, slots=True)
class Contrast:
    """What an MR frame says about its contrast: times in ms, None where not stated (PS3.3 C.8.3.1, C.8.13.3)."""

    scanning_sequence: tuple[str, ...] = ()
    scan_options: tuple[str, ...] = ()
    acquisition_contrast: str = ""
    echo_time_ms: float | None = None
    repetition_time_ms: float | None = None
    inversion_time_ms: float | None = None
    b_value: float | None = None


@dataclass(frozen=True, slots=True)
class PixelScale:
    """How stored values become meaning: slope and intercept None where not stated (PS3.3 C.11.1, C.7.5.1.1.2)."""

    slope: float | None
    intercept: float | None
    rescale_type: str = ""
    padding: tuple[int, int] | None = None  # lowest and highest stored value that means "no image here"


@dataclass(frozen=True, eq=False, slots=True)
class FrameHeader:
    """One frame of one file. `geometry` is None where the object states no position."""

    file: StoredFile
    frame: int
    frames_in_file: int
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    frame_of_reference_uid: str
    modality: str
    image_type: tuple[str, ...]
    description: str
    body_part: str
    patient_position: str
    rows: int
    columns: int
    geometry: PlaneGeometry | None
    slice_thickness_mm: float | None
    stated_spacing_mm: float | None
    acquisition: str
    temporal_position: str
    contrast: Contrast
    scale: PixelScale
    stored_type: str  # "uint16", "int16", …: of the pixel values before rescaling
    pixels: StoredPixels
    volumetric: str = ""
    study_date: str = ""
    lossy: str = ""
    kernel: str = ""  # the convolution kernel's name, as the maker writes it
    contrast_agent: str = ""  # empty where none was given, or none stated

    @property
    def defect(self) -> str:
        """Why the pixels cannot be read; empty if nothing is known against them."""
        return self.pixels.defect

    @property
    def label(self) -> str:
        """How a message names this frame."""
        return f"{self.file.name}, frame {self.frame + 1}" if self.frames_in_file > 1 else self.file.name


def frame_headers(dataset: Dataset, file: StoredFile, pixels: StoredPixels) -> tuple[FrameHeader, ...]:
    """The headers of all frames of one CT or MR object.

    Raises:
        NotAnImage: if an attribute the geometry or the values hang on is unreadable or impossible.
    """
    top = FrameAttributes([dataset])
    count = 1 if top.raw("NumberOfFrames") is None else top.whole("NumberOfFrames", 1, 100_000)
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence")
    if per_frame is None:
        if count > 1:
            raise NotAnImage(f"it holds {count} frames and says nowhere where each one lies")
        return (_frame_header(FrameAttributes([dataset]), file, (0, 1), pixels),)
    if len(per_frame) != count:
        raise NotAnImage(f"it states {count} frames and describes {len(per_frame)}")
    shared = [item for group in dataset.get("SharedFunctionalGroupsSequence") or [] for item in frame_macros(group)]
    return tuple(
        _frame_header(FrameAttributes([*frame_macros(group), *shared, dataset]), file, (n, count), pixels)
        for n, group in enumerate(per_frame)
    )


def _frame_header(at: FrameAttributes, file: StoredFile, place: tuple[int, int], pixels: StoredPixels) -> FrameHeader:
    texts = dict.fromkeys([at.text("SeriesDescription"), at.text("ProtocolName")])
    description = " ".join(filter(None, texts))
    return FrameHeader(
        file=file,
        frame=place[0],
        frames_in_file=place[1],
        study_instance_uid=at.text("StudyInstanceUID"),
        series_instance_uid=at.text("SeriesInstanceUID"),
        sop_instance_uid=at.text("SOPInstanceUID"),
        frame_of_reference_uid=at.text("FrameOfReferenceUID"),
        modality=at.text("Modality").upper(),
        image_type=at.words("FrameType") or at.words("ImageType"),
        description=description,
        body_part=at.text("BodyPartExamined"),
        patient_position=at.text("PatientPosition"),
        rows=at.whole("Rows", 1, MAX_SIDE),
        columns=at.whole("Columns", 1, MAX_SIDE),
        geometry=_geometry(at),
        slice_thickness_mm=_positive(at.number_hint("SliceThickness")),
        stated_spacing_mm=_positive(at.number_hint("SpacingBetweenSlices")),
        acquisition=at.text("AcquisitionNumber") or at.text("FrameAcquisitionNumber"),
        temporal_position=at.text("TemporalPositionIdentifier") or at.text("TemporalPositionIndex"),
        contrast=_contrast(at),
        scale=_scale(at),
        stored_type=("uint", "int")[at.whole("PixelRepresentation", 0, 1)] + str(at.whole("BitsAllocated", 8, 32)),
        volumetric=at.text("VolumetricProperties").upper(),
        study_date=at.text("StudyDate"),
        lossy=at.text("LossyImageCompression"),
        kernel=" ".join(at.words("ConvolutionKernel")),
        contrast_agent=_agent(at.text("ContrastBolusAgent")),
        pixels=pixels,
    )


def _geometry(at: FrameAttributes) -> PlaneGeometry | None:
    """PS3.3 C.7.6.2.1.1; PixelSpacing gives the spacing between rows first (PS3.3 10.7.1.3)."""
    position = at.numbers("ImagePositionPatient", 3)
    cosines = at.numbers("ImageOrientationPatient", 6)
    spacing = at.numbers("PixelSpacing", 2)
    if position is None or cosines is None or spacing is None:
        return None
    if max(map(abs, position)) > MAX_COORDINATE_MM:
        raise NotAnImage(f"ImagePositionPatient is {list(position)}, further away than any patient")
    if not all(0.01 <= value <= 100 for value in spacing):
        raise NotAnImage(f"PixelSpacing is {list(spacing)} mm, expected 0.01 to 100")
    row, column = np.array(cosines[:3]), np.array(cosines[3:])
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if np.abs(np.array(lengths) - 1).max() > 0.01 or abs(float(row @ column)) > 0.01:
        raise NotAnImage(f"ImageOrientationPatient is {list(cosines)}, expected two perpendicular unit vectors")
    row = row / lengths[0]
    column = column - (column @ row) * row
    return PlaneGeometry(np.array(position), row, column / np.linalg.norm(column), spacing[1], spacing[0])


def _contrast(at: FrameAttributes) -> Contrast:
    return Contrast(
        scanning_sequence=at.words("ScanningSequence"),
        scan_options=at.words("ScanOptions"),
        acquisition_contrast=at.text("AcquisitionContrast").upper(),
        echo_time_ms=_first(at.number_hint("EffectiveEchoTime"), at.number_hint("EchoTime")),
        repetition_time_ms=at.number_hint("RepetitionTime"),
        inversion_time_ms=_first(at.number_hint("InversionTime"), at.number_hint("InversionTimes")),
        b_value=at.number_hint("DiffusionBValue"),
    )


def _scale(at: FrameAttributes) -> PixelScale:
    slope, intercept = at.number("RescaleSlope"), at.number("RescaleIntercept")
    if slope is not None and not 0 < abs(slope) < 1e6:
        raise NotAnImage(f"RescaleSlope is {slope:g}, expected a number other than 0")
    if intercept is not None and abs(intercept) > 1e9:
        raise NotAnImage(f"RescaleIntercept is {intercept:g}, out of all proportion")
    padding = at.number_hint("PixelPaddingValue")
    limit = at.number_hint("PixelPaddingRangeLimit")
    bounds = None
    if padding is not None:
        ends = sorted((int(padding), int(padding if limit is None else limit)))
        bounds = (ends[0], ends[1])
    return PixelScale(slope, intercept, at.text("RescaleType").upper(), bounds)


def _agent(stated: str) -> str:
    """Contrast/Bolus Agent (0018,0010); many scanners write there that none was given."""
    return "" if stated.lower() in _NO_AGENT else stated


def _positive(value: float | None) -> float | None:
    return value if value is not None and value > 0 else None


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)
