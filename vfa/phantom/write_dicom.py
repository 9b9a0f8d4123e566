"""How does a phantom become DICOM? One classic file per slice, the way a scanner would send it.

CT Image Storage (PS3.3 A.3) for Hounsfield units, MR Image Storage (PS3.3 A.4) for the other kinds. Every UID follows
from the header, every date is fixed, so equal phantoms give equal files.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    JPEGLSLossless,
    MRImageStorage,
    RLELossless,
)

from vfa.model.volume import Volume
from vfa.phantom.mr_signal import SEQUENCES

Compression = Literal["none", "jpeg-ls", "rle"]
TRANSFER_SYNTAX = {"none": ExplicitVRLittleEndian, "jpeg-ls": JPEGLSLossless, "rle": RLELossless}
UID_ROOT = "2.25."  # UIDs derived from a UUID (PS3.5 B.2)
CT_OFFSET_HU = 1024  # stored values are HU + 1024, within twelve bits
TWELVE_BITS = 4095


@dataclass(frozen=True)
class StudyHeader:
    """Whose study it is. UIDs follow from `name_of_study` and `series_number`.

    Args:
        name_of_study: any words; two studies with different words have different UIDs.
        patient_name: DICOM person name.
        patient_id: the patient's number.
        patient_birth_date: YYYYMMDD.
        patient_sex: F, M or O.
        study_date: YYYYMMDD, also the date of everything in it.
        series_description: free words.
        series_number: of this series within the study.
        kernel: the name of the reconstruction kernel (CT).
    """

    name_of_study: str = "vfa digital phantom"
    patient_name: str = "Phantom^Digital"
    patient_id: str = "VFA-PHANTOM"
    patient_birth_date: str = "19500101"
    patient_sex: str = "F"
    study_date: str = "20250101"
    series_description: str = "Spine thin"
    series_number: int = 2
    kernel: str = "PHANTOM"

    def uid(self, *role: str | int) -> UID:
        """A UID of this study for a role such as "study" or ("slice", 3)."""
        words = "\n".join([self.name_of_study, *(str(part) for part in role)])
        number = uuid.UUID(bytes=hashlib.sha256(words.encode()).digest()[:16], version=4).int
        return UID(f"{UID_ROOT}{number}")


def write_ct_study(
    volume: Volume, folder: Path, header: StudyHeader | None = None, compression: Compression = "jpeg-ls"
) -> tuple[Path, ...]:
    """Write a CT volume as one DICOM file per slice; see `write_series`.

    Raises:
        ValueError: if the volume is not CT, or as `write_series`.
    """
    if not volume.modality.is_ct:
        raise ValueError(f"volume: expected CT, got {volume.modality.value}")
    return write_series(volume, folder, header or StudyHeader(), compression)


def write_series(volume: Volume, folder: Path, header: StudyHeader, compression: Compression) -> tuple[Path, ...]:
    """Write a volume as one DICOM file per slice (voxel axis k), named IM0001.dcm and on.

    Args:
        volume: CT in Hounsfield units, or MR with values of 0–4095.
        folder: made when absent.
        header: whose study it is.
        compression: "none", "jpeg-ls" (lossless) or "rle".

    Raises:
        ValueError: if slices are not stacked along k, the voxel axes are not square to one another, or a value
            does not fit into twelve bits.
    """
    _check(volume)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for k in range(volume.grid.shape[2]):
        path = folder / f"IM{k + 1:04d}.dcm"
        _write_slice(volume, k, header, path, TRANSFER_SYNTAX[compression])
        paths.append(path)
    return tuple(paths)


def _check(volume: Volume) -> None:
    if volume.slice_axis != 2:
        raise ValueError(f"slice_axis: expected 2, got {volume.slice_axis}")
    axes = volume.grid.axes
    if not np.allclose(axes.T @ axes, np.eye(3), atol=1e-6):
        raise ValueError("grid: expected voxel axes square to one another, DICOM slices allow no other")
    stored = volume.voxels.astype(np.int64) + (CT_OFFSET_HU if volume.modality.is_ct else 0)
    if stored.min() < 0 or stored.max() > TWELVE_BITS:
        raise ValueError(f"voxels: expected stored values of 0–{TWELVE_BITS}, got {stored.min()} to {stored.max()}")


def _write_slice(volume: Volume, k: int, header: StudyHeader, path: Path, syntax: UID) -> None:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage if volume.modality.is_ct else MRImageStorage
    meta.MediaStorageSOPInstanceUID = header.uid("series", header.series_number, "slice", k)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = header.uid("vfa phantom writer")
    meta.ImplementationVersionName = "VFA_PHANTOM"
    file = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    file.SOPClassUID = meta.MediaStorageSOPClassUID
    file.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    _add_patient_and_study(file, header)
    _add_series(file, volume, header)
    _add_plane(file, volume, k)
    if volume.modality.is_ct:
        _add_ct(file, header)
    else:
        _add_mr(file, volume)
    _add_pixels(file, volume, k)
    if syntax != ExplicitVRLittleEndian:
        file.compress(syntax, generate_instance_uid=False)
    file.save_as(path, enforce_file_format=True)


def _add_patient_and_study(file: Dataset, header: StudyHeader) -> None:
    file.PatientName = header.patient_name
    file.PatientID = header.patient_id
    file.PatientBirthDate = header.patient_birth_date
    file.PatientSex = header.patient_sex
    file.PatientAge = f"{int(header.study_date[:4]) - int(header.patient_birth_date[:4]):03d}Y"
    file.StudyInstanceUID = header.uid("study")
    file.StudyDate = file.SeriesDate = file.AcquisitionDate = file.ContentDate = header.study_date
    file.StudyTime = file.SeriesTime = file.AcquisitionTime = file.ContentTime = "120000"
    file.ReferringPhysicianName = ""
    file.StudyID = "1"
    file.AccessionNumber = ""
    file.StudyDescription = header.name_of_study


def _add_series(file: Dataset, volume: Volume, header: StudyHeader) -> None:
    file.Modality = "CT" if volume.modality.is_ct else "MR"
    file.SeriesInstanceUID = header.uid("series", header.series_number)
    file.SeriesNumber = header.series_number
    file.SeriesDescription = header.series_description
    file.BodyPartExamined = "SPINE"
    file.PatientPosition = "HFS"
    file.Manufacturer = "vfa"
    file.ManufacturerModelName = "digital phantom"
    file.FrameOfReferenceUID = volume.frame_of_reference_uid or header.uid("frame of reference")
    file.PositionReferenceIndicator = ""


def _number(value: float) -> str:
    """A decimal string of at most 16 characters (PS3.5 6.2, DS)."""
    text = f"{value:.10f}".rstrip("0").rstrip(".")
    return text[:16].rstrip(".") if text not in ("", "-0") else "0"


def _add_plane(file: Dataset, volume: Volume, k: int) -> None:
    column_mm, row_mm, slice_mm = volume.grid.spacing_mm
    axes = volume.grid.axes
    file.ImageOrientationPatient = [_number(part) for part in (*axes[:, 0], *axes[:, 1])]
    file.ImagePositionPatient = [_number(part) for part in volume.grid.lps_of((0, 0, k))]
    file.PixelSpacing = [_number(row_mm), _number(column_mm)]
    file.SliceThickness = _number(volume.slice_thickness_mm or slice_mm)
    if not volume.modality.is_ct:
        file.SpacingBetweenSlices = _number(slice_mm)
    along = float(np.cross(axes[:, 0], axes[:, 1]) @ volume.grid.lps_of((0, 0, k)))
    file.SliceLocation = _number(along)
    file.InstanceNumber = k + 1
    file.AcquisitionNumber = 1


def _add_ct(file: Dataset, header: StudyHeader) -> None:
    file.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    file.KVP = "120"
    file.ConvolutionKernel = header.kernel
    file.RescaleIntercept = str(-CT_OFFSET_HU)
    file.RescaleSlope = "1"
    file.RescaleType = "HU"
    file.WindowCenter = "300"
    file.WindowWidth = "1500"


def _add_mr(file: Dataset, volume: Volume) -> None:
    sequence = SEQUENCES[volume.modality]
    file.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    file.ScanningSequence = sequence.kind
    file.SequenceVariant = "NONE"
    file.ScanOptions = ""
    file.MRAcquisitionType = "2D"
    file.RepetitionTime = _number(sequence.repetition_ms)
    file.EchoTime = _number(sequence.echo_ms)
    file.EchoTrainLength = "1"
    if sequence.inversion_ms is not None:
        file.InversionTime = _number(sequence.inversion_ms)


def _add_pixels(file: Dataset, volume: Volume, k: int) -> None:
    stored = volume.voxels[:, :, k].astype(np.int32) + (CT_OFFSET_HU if volume.modality.is_ct else 0)
    rows: NDArray[np.uint16] = np.ascontiguousarray(stored.T.astype("<u2"))  # DICOM rows run along j
    file.SamplesPerPixel = 1
    file.PhotometricInterpretation = "MONOCHROME2"
    file.Rows, file.Columns = rows.shape
    file.BitsAllocated, file.BitsStored, file.HighBit = 16, 12, 11
    file.PixelRepresentation = 0
    file.PixelData = rows.tobytes()
