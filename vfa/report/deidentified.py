"""How do DICOM objects come to say nothing of whose they are? They are made from headers that do not say it either.

Patient, study, series and images of an object are read from the headers of its source. Here a copy of these headers
is written that holds only what geometry and object class need, and pseudonyms in place of UIDs and patient: whatever
is not known to be harmless is not copied (PS3.15 annex E names hundreds of attributes that may not be).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from vfa.model.volume import SeriesSource, Volume
from vfa.report.dicom_derived import as_archives_hold_it, read_headers

METHOD = "vfa: attributes needed for geometry only, keyed pseudonyms"  # LO, at most 64 characters
UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")
KEPT = (
    *("SOPClassUID", "Modality", "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
    *("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "SpacingBetweenSlices"),
)
GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")  # of enhanced multi-frame images
KEPT_OF_A_GROUP = {
    "PixelMeasuresSequence": ("PixelSpacing", "SliceThickness", "SpacingBetweenSlices"),
    "PlaneOrientationSequence": ("ImageOrientationPatient",),
    "PlanePositionSequence": ("ImagePositionPatient",),
}


class Names(Protocol):
    """What replaces identifiers."""

    def uid(self, uid: str) -> str:
        """A UID in place of a UID; empty for none."""

    def name(self, kind: str, identifier: str) -> str:
        """A name in place of an identifier of a kind ("patient"); empty for none."""


@as_archives_hold_it()
def deidentified(volume: Volume, names: Names, folder: Path) -> Volume:
    """The same image with a source that names nobody.

    Args:
        volume: an image of a DICOM series; one that carries no UIDs comes back as it is.
        names: the pseudonyms.
        folder: an empty folder for the copies of the headers, needed until the objects are made.

    Raises:
        InputRefused: if the image files cannot be read any more.
        OSError: if the copies cannot be written.
    """
    source = volume.source
    if not source.series_instance_uid:
        return volume
    files = []
    for number, header in enumerate(read_headers(source.files)):
        files.append(str(folder / f"{number:06}.dcm"))
        pydicom.dcmwrite(files[-1], _copy(header, names), enforce_file_format=True)
    study, series = names.uid(source.study_instance_uid), names.uid(source.series_instance_uid)
    plain = SeriesSource(study, series, "", tuple(files), source.patient_position)
    return replace(volume, source=plain, frame_of_reference_uid=names.uid(volume.frame_of_reference_uid))


def _copy(header: Dataset, names: Names) -> Dataset:
    made = _only(header, KEPT)
    for keyword in UIDS:
        if header.get(keyword):
            setattr(made, keyword, names.uid(str(header[keyword].value)))
    for keyword in GROUPS:
        if keyword in header:
            setattr(made, keyword, [_group(item) for item in header[keyword].value])
    made.PatientID = made.PatientName = names.name("patient", str(header.get("PatientID") or "").strip())
    made.PatientIdentityRemoved, made.DeidentificationMethod = "YES", METHOD
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return made


def _group(item: Dataset) -> Dataset:
    made = Dataset()
    for keyword, kept in KEPT_OF_A_GROUP.items():
        if keyword in item:
            setattr(made, keyword, [_only(part, kept) for part in item[keyword].value])
    return made


def _only(dataset: Dataset, keywords: tuple[str, ...]) -> Dataset:
    made = Dataset()
    for keyword in keywords:
        if keyword in dataset:
            setattr(made, keyword, dataset[keyword].value)
    return made
