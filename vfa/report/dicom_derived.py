"""What has every derived DICOM object in common: whose study it is, what it was made from, its identity?

Identity: the SOP Instance UID follows from the source series, the kind of object and the whole answer. The same answer
made twice is the same object, and a different one is never taken for it. A vertebra's tracking UID follows from study
and level alone, so that it stays through corrections and across the series of a study (PS3.3 C.8.20.4).
"""

from __future__ import annotations

import hashlib
import inspect
import io
import re
import uuid
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pydicom
from highdicom.base import SOPClass
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from vfa import __version__
from vfa.errors import InputRefused
from vfa.intended_use import NOTICE
from vfa.model.volume import Volume

UID_ROOT = "2.25."  # UIDs derived from a UUID (PS3.5 B.2)
MANUFACTURER = "vfa"
MODEL_NAME = "vfa"
BODY_PART = "SPINE"  # PS3.16 annex L; also tells that the part has no left and right
ZIP_MEMBER = "!"  # how the intake names a member of a zip
UTF_8 = "ISO_IR 192"
# highdicom 0.27, which 3D Slicer bundles, is not told it and gets it afterwards; later ones would repeat the source's.
_IS_TOLD = "specific_character_set" in inspect.signature(SOPClass.__init__).parameters
_CHARACTER_SET = {"specific_character_set": UTF_8} if _IS_TOLD else {}
SERIES_DESCRIPTION = "vfa {}: research use, not a medical device"
SERIES_NUMBERS = {"SEG": 9701, "SR": 9702, "OT": 9703, "DOC": 9704}  # far from those a scanner gives
# Patient and study attributes a derived object repeats (PS3.3 C.7.1.1, C.7.2.1, C.7.2.2); the empty ones are Type 2.
TYPE_2 = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
    *("StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber"),
)
OPTIONAL = (
    *("IssuerOfPatientID", "OtherPatientIDsSequence", "EthnicGroup", "PatientIdentityRemoved"),
    *("DeidentificationMethod", "DeidentificationMethodCodeSequence", "LongitudinalTemporalInformationModified"),
    *("StudyDescription", "IssuerOfAccessionNumberSequence", "ProcedureCodeSequence"),
    *("PatientAge", "PatientSize", "PatientWeight", "AdditionalPatientHistory"),
)
DESCRIPTIVE = ("DeidentificationMethod", "StudyDescription")  # may be cut, for no one finds a study by them
LONG_STRING = 64  # characters of LO, PS3.5 6.2
AGE = re.compile(r"\d{3}[DWMY]")  # AS
SEXES = ("M", "F", "O", "")


def derived_uid(*words: str) -> UID:
    """A UID that follows from words, the same wherever and whenever it is asked for."""
    digest = hashlib.sha256("\n".join(words).encode()).digest()
    return UID(f"{UID_ROOT}{uuid.UUID(bytes=digest[:16], version=4).int}")


@dataclass(frozen=True, eq=False)
class DerivedFrom:
    """The series that objects are derived from, and the answer they carry.

    Args:
        headers: headers of its images in slice order, without pixels; one for an enhanced multi-frame image.
        answer: bytes that change when, and only when, the answer does.
        made_at: when the answer was written.
    """

    headers: tuple[Dataset, ...]
    answer: bytes
    made_at: datetime

    @property
    def first(self) -> Dataset:
        """The header that patient, study and series are read from."""
        return self.headers[0]

    def uid(self, kind: str) -> UID:
        """The UID of an object or series of this answer."""
        return derived_uid("vfa", str(self.first.SeriesInstanceUID), kind, hashlib.sha256(self.answer).hexdigest())

    def tracking_uid(self, level: str) -> UID:
        """The UID of a vertebra, the same in every object of the study."""
        return derived_uid("vfa vertebra", str(self.first.StudyInstanceUID), level)

    def identity(self, modality: str, description: str) -> dict[str, Any]:
        """What highdicom's constructors are told of series, instance and equipment."""
        return {
            "series_instance_uid": self.uid(f"{modality} series"),
            "series_number": SERIES_NUMBERS[modality],
            "sop_instance_uid": self.uid(modality),
            "instance_number": 1,
            "manufacturer": MANUFACTURER,
            "manufacturer_model_name": MODEL_NAME,
            "software_versions": __version__,
            "device_serial_number": __version__,  # a program has none, but Type 1 (PS3.3 C.7.5.2)
            "series_description": SERIES_DESCRIPTION.format(description),
            "content_date": self.made_at.date(),
            "content_time": self.made_at.time(),
            **_CHARACTER_SET,
        }


@contextmanager
def as_archives_hold_it() -> Iterator[None]:
    """Take names and values of a source header as they are, without a warning for each one that breaks the standard.

    They are repeated, never made: a patient's number must stay what the archive knows. Also a decorator.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


@as_archives_hold_it()
def derived_from(volume: Volume, answer: bytes, made_at: datetime) -> DerivedFrom:
    """Read the headers of the series a volume came from.

    Raises:
        InputRefused: if the volume is no DICOM, or its files cannot be read any more.
    """
    if not volume.source.series_instance_uid:
        raise InputRefused("the image is no DICOM series, so there is no study that DICOM objects could belong to")
    headers = tuple(_completed(header, volume) for header in read_headers(volume.source.files))
    return DerivedFrom(headers, answer, made_at)


@as_archives_hold_it()
def empty_object(source: DerivedFrom, modality: str, sop_class_uid: UID, description: str) -> FileDataset:
    """A data set in the study of the source, with patient, study, series and equipment."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class_uid
    meta.MediaStorageSOPInstanceUID = source.uid(modality)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = derived_uid("vfa implementation")
    meta.ImplementationVersionName = f"VFA_{__version__}"[:16]
    made = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    made.SpecificCharacterSet = UTF_8
    made.SOPClassUID, made.SOPInstanceUID = sop_class_uid, source.uid(modality)
    made.InstanceCreationDate = made.ContentDate = f"{source.made_at:%Y%m%d}"
    made.InstanceCreationTime = made.ContentTime = f"{source.made_at:%H%M%S}"
    for keyword in ("StudyInstanceUID", *TYPE_2, *OPTIONAL):
        if keyword in source.first:
            setattr(made, keyword, source.first[keyword].value)
    made.Modality = modality
    made.SeriesInstanceUID = source.uid(f"{modality} series")
    made.SeriesNumber, made.InstanceNumber = SERIES_NUMBERS[modality], 1
    made.SeriesDescription = SERIES_DESCRIPTION.format(description)
    made.Manufacturer, made.ManufacturerModelName = MANUFACTURER, MODEL_NAME
    made.SoftwareVersions = made.DeviceSerialNumber = __version__
    return made


def add_notice(made: Dataset) -> None:
    """Say on an image that it is no medical device's."""
    made.BodyPartExamined = BODY_PART
    made.ImageComments = NOTICE


def referenced_instance(header: Dataset) -> Dataset:
    """A reference to one instance (PS3.3 10.8)."""
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = header.SOPClassUID, header.SOPInstanceUID
    return item


@as_archives_hold_it()
def file_bytes(made: Dataset) -> bytes:
    """The object as a DICOM file."""
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, made, enforce_file_format=True)
    return stream.getvalue()


def referenced_series(source: DerivedFrom) -> Dataset:
    """A reference to the source series with all its images (common instance reference, PS3.3 C.12.2)."""
    item = Dataset()
    item.SeriesInstanceUID = source.first.SeriesInstanceUID
    item.ReferencedInstanceSequence = [referenced_instance(header) for header in source.headers]
    return item


def read_headers(files: tuple[str, ...]) -> list[Dataset]:
    """Headers without pixels; members of one zip are read through one handle.

    Raises:
        InputRefused: if a file cannot be read any more.
    """
    opened: dict[str, zipfile.ZipFile] = {}
    try:
        return [_header(file, opened) for file in files]
    except (OSError, KeyError, zipfile.BadZipFile, pydicom.errors.InvalidDicomError) as error:
        raise InputRefused(f"an image cannot be read any more, so no DICOM object can refer to it ({error})") from error
    finally:
        for archive in opened.values():
            archive.close()


def _header(file: str, opened: dict[str, zipfile.ZipFile]) -> Dataset:
    if Path(file).is_file() or ZIP_MEMBER not in file:
        # Files without a preamble are images all the same (PS3.10 7.1 asks for one, archives keep older ones).
        return pydicom.dcmread(file, stop_before_pixels=True, force=True)
    archive, member = file.split(ZIP_MEMBER, 1)
    if archive not in opened:
        opened[archive] = zipfile.ZipFile(archive)
    return pydicom.dcmread(io.BytesIO(opened[archive].read(member)), stop_before_pixels=True, force=True)


def _completed(header: Dataset, volume: Volume) -> Dataset:
    """The header with what de-identified and older images leave out or overfill, so that the objects are valid."""
    for keyword in TYPE_2:
        if keyword not in header:
            setattr(header, keyword, "")
    for keyword in DESCRIPTIVE:
        if keyword in header:
            setattr(header, keyword, str(header[keyword].value)[:LONG_STRING])
    if header.PatientSex not in SEXES:
        header.PatientSex = ""
    if not header.get("FrameOfReferenceUID"):
        header.FrameOfReferenceUID = derived_uid("vfa frame of reference", str(header.SeriesInstanceUID))
    if not AGE.fullmatch(str(header.get("PatientAge") or "")) and "PatientAge" in header:
        del header.PatientAge
    if "PerFrameFunctionalGroupsSequence" in header:
        _share_geometry(header)
    elif not header.get("SliceThickness"):
        header.SliceThickness = round(volume.slice_thickness_mm or volume.slice_spacing_mm, 6)
    return header


def _share_geometry(header: Dataset) -> None:
    """State spacing and orientation for all frames where each frame states its own, which highdicom does not look for.

    A stack that vfa measures has one spacing and orientation; it is used to tell which source frame is where.
    """
    shared = header.get("SharedFunctionalGroupsSequence") or [Dataset()]
    for keyword in ("PixelMeasuresSequence", "PlaneOrientationSequence"):
        first = header.PerFrameFunctionalGroupsSequence[0]
        if keyword not in shared[0] and keyword in first:
            setattr(shared[0], keyword, first[keyword].value)
    header.SharedFunctionalGroupsSequence = shared
