"""What fuzzing starts from: small whole series, archives and directories, before anything is damaged."""

from __future__ import annotations

import io
import random
import zipfile

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian, MediaStorageDirectoryStorage

from tests.intake.written_series import axial_slices, ct_slice, enhanced_ct

_NO_PIXELS = np.zeros((2, 2), np.uint16)


def as_bytes(dataset: Dataset) -> bytes:
    """The file of a dataset."""
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def series_of(count: int, syntax: UID | None, form: str = "classic") -> list[Dataset]:
    """Axial slices whose Hounsfield units are a linear field; compressed as asked."""
    slices = axial_slices(count)
    for one in slices:
        if syntax is not None and syntax.is_compressed and not syntax.is_deflated:
            one.compress(syntax, generate_instance_uid=False)
        elif syntax is not None:
            one.file_meta.TransferSyntaxUID = syntax
    return [enhanced_ct(slices)] if form == "enhanced" else slices


def hostile_zip(contents: list[bytes], rng: random.Random) -> bytes:
    """A series in a zip, among members whose names lead outside or that unpack to far more than they take."""
    stream = io.BytesIO()
    outside = [
        "../evil.dcm",
        "/tmp/evil.dcm",
        "..\\..\\evil.dcm",
        "C:\\evil.dcm",
        "a/../../evil.dcm",
        "é/日.dcm",
    ]
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content in enumerate(contents):
            archive.writestr(f"IM{number}.dcm", content)
        archive.writestr(rng.choice(outside), b"no image")
        if rng.random() < 0.3:
            archive.writestr("bomb.dcm", b"\0" * 128 + b"DICM" + bytes(40_000_000))
        if rng.random() < 0.3:
            archive.writestr("inner.zip", stream.getvalue())
    return stream.getvalue()


def directory_of(rng: random.Random) -> Dataset:
    """A DICOMDIR (PS3.3 F.3) of image records that name files here, elsewhere and nowhere."""
    names = [["IM0.DCM"], ["..", "..", "ETC", "PASSWD"], ["NOWHERE"], ["A" * 200], ["C:", "X"], ["..\\..\\X"], [""]]
    records = []
    for _ in range(rng.randrange(1, 8)):
        record = Dataset()
        record.OffsetOfTheNextDirectoryRecord = rng.choice([0, 1, 400, 2**31])
        record.OffsetOfReferencedLowerLevelDirectoryEntity = rng.choice([0, 400, 2**32 - 1])
        record.RecordInUseFlag = 0xFFFF
        record.DirectoryRecordType = rng.choice(["IMAGE", "SERIES", "PATIENT", "STUDY"])
        record.ReferencedFileID = rng.choice(names)
        records.append(record)
    directory = ct_slice((0, 0, 0), _NO_PIXELS)
    for keyword in [one.keyword for one in directory if one.keyword]:
        delattr(directory, keyword)
    directory.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    directory.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    directory.FileSetID = "LIES"
    directory.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = rng.choice([0, 374, 2**31])
    directory.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = 0
    directory.FileSetConsistencyFlag = 0
    directory.DirectoryRecordSequence = Sequence(records)
    return directory
