"""Small DICOM series written with pydicom alone, so that what is read is checked against another's writing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    MRImageStorage,
)

STUDY, SERIES, FRAME_OF_REFERENCE = "1.2.3.1", "1.2.3.1.1", "1.2.3.9"
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)


def linear_field(points_lps: np.ndarray) -> np.ndarray:
    """A made-up density that tells every place from every other, and that linear interpolation keeps exactly."""
    return points_lps @ np.array([7.0, 11.0, 13.0]) + 1000.0


def ct_slice(position_lps: Any, pixels: np.ndarray, **attributes: Any) -> Dataset:
    """One CT image; stored values are Hounsfield units + 1024. An attribute given as None is left out."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    place = ".".join(f"{1 + int(value < 0)}{round(abs(float(value)) * 1000)}" for value in position_lps)
    values: dict[str, Any] = {
        "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": f"1.2.3.4.{place}",
        "StudyInstanceUID": STUDY,
        "SeriesInstanceUID": SERIES,
        "FrameOfReferenceUID": FRAME_OF_REFERENCE,
        "Modality": "CT",
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "SeriesDescription": "made up",
        "PatientPosition": "HFS",
        "ImagePositionPatient": [float(value) for value in position_lps],
        "ImageOrientationPatient": list(AXIAL),
        "PixelSpacing": [1.0, 1.0],
        "SliceThickness": 2.0,
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": int(pixels.dtype.kind == "i"),
        "RescaleSlope": 1,
        "RescaleIntercept": -1024,
        "PixelData": np.ascontiguousarray(pixels).tobytes(),
    }
    for keyword, value in {**values, **attributes}.items():
        if value is not None:
            setattr(dataset, keyword, value)
    dataset["PixelData"].VR = "OW"
    dataset.file_meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", CTImageStorage)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", "1.2.3.4")
    return dataset


def mr_slice(position_lps: Any, pixels: np.ndarray, **attributes: Any) -> Dataset:
    """One sagittal T2 MR image without rescaling."""
    values: dict[str, Any] = {
        "SOPClassUID": MRImageStorage,
        "Modality": "MR",
        "ImageType": ["ORIGINAL", "PRIMARY", "M"],
        "ImageOrientationPatient": list(SAGITTAL),
        "ScanningSequence": "SE",
        "RepetitionTime": 3500,
        "EchoTime": 100,
        "RescaleSlope": None,
        "RescaleIntercept": None,
    }
    return ct_slice(position_lps, pixels, **{**values, **attributes})


def save(dataset: Dataset, path: Path) -> Path:
    """Write a dataset in the transfer syntax its meta header names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    syntax = dataset.file_meta.TransferSyntaxUID
    dataset.save_as(
        path,
        implicit_vr=syntax == ImplicitVRLittleEndian,
        little_endian=syntax != ExplicitVRBigEndian,
        enforce_file_format=True,
    )
    return path


def axial_slices(count: int = 5, spacing_mm: float = 2.0, **attributes: Any) -> list[Dataset]:
    """An upright axial CT of 12 rows and 10 columns, whose Hounsfield values are the linear field."""
    return field_slices([(-5.0, -6.0, -4.0 + spacing_mm * k) for k in range(count)], AXIAL, (1.0, 1.0), **attributes)


def field_slices(
    positions_lps: Any,
    cosines: Any,
    row_column_spacing_mm: tuple[float, float],
    shape: tuple[int, int] = (12, 10),
    **attributes: Any,
) -> list[Dataset]:
    """CT slices at any positions and in any direction (row cosines, column cosines), filled with the field."""
    row, column = np.array(cosines[:3]), np.array(cosines[3:])
    between_rows, between_columns = row_column_spacing_mm
    r, c = np.meshgrid(np.arange(shape[0]), np.arange(shape[1]), indexing="ij")
    in_plane = c[..., None] * between_columns * row + r[..., None] * between_rows * column
    slices = []
    for position in np.asarray(positions_lps, dtype=float):
        stored = np.rint(linear_field(position + in_plane) + 1024).astype(np.uint16)
        slices.append(
            ct_slice(
                position,
                stored,
                **{
                    "ImageOrientationPatient": [float(value) for value in cosines],
                    "PixelSpacing": [between_rows, between_columns],
                    **attributes,
                },
            )
        )
    return slices


def save_series(slices: list[Dataset], folder: Path) -> Path:
    """Write slices as IM0.dcm, IM1.dcm, … and return the folder."""
    for number, dataset in enumerate(slices):
        save(dataset, folder / f"IM{number}.dcm")
    return folder


def enhanced_ct(slices: list[Dataset]) -> Dataset:
    """The same slices as one enhanced multi-frame object (PS3.3 A.38)."""
    first = slices[0]
    pixels = np.concatenate([np.frombuffer(one.PixelData, np.uint16) for one in slices])
    whole = ct_slice(
        (0, 0, 0),
        pixels.reshape(-1, first.Columns),
        SOPClassUID=EnhancedCTImageStorage,
        Rows=first.Rows,
        ImagePositionPatient=None,
        ImageOrientationPatient=None,
        PixelSpacing=None,
        SliceThickness=None,
        RescaleSlope=None,
        RescaleIntercept=None,
    )
    whole.NumberOfFrames = len(slices)
    measures, scale, shared = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = first.PixelSpacing, first.SliceThickness
    scale.RescaleSlope, scale.RescaleIntercept, scale.RescaleType = 1, -1024, "HU"
    shared.PixelMeasuresSequence = Sequence([measures])
    shared.PixelValueTransformationSequence = Sequence([scale])
    whole.SharedFunctionalGroupsSequence = Sequence([shared])
    whole.PerFrameFunctionalGroupsSequence = Sequence([_frame_groups(one) for one in slices])
    return whole


def _frame_groups(one: Dataset) -> Dataset:
    place, direction, groups = Dataset(), Dataset(), Dataset()
    place.ImagePositionPatient = one.ImagePositionPatient
    direction.ImageOrientationPatient = one.ImageOrientationPatient
    groups.PlanePositionSequence = Sequence([place])
    groups.PlaneOrientationSequence = Sequence([direction])
    return groups
