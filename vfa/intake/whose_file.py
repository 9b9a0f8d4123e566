"""To which study and patient does a file belong? Told from its first kilobytes, for inputs of many thousand files.

Only what stands up to the Series Instance UID (0020,000E) is parsed: elements are ordered by tag (PS3.5 7.1). Whether
the file is an image, and a sound one, is asked later by `read_headers`.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from typing import Any, Literal

from pydicom.filereader import read_partial

from vfa.errors import NotAnImage
from vfa.intake.dicom_file import looks_like_dicom, plain_stream
from vfa.intake.read_image import is_image_name
from vfa.intake.stored_file import FileOpener, LeftOut, StoredFile

START_BYTES = 16_384  # headers of classic objects take 2–8 kB up to the pixels
_SERIES_INSTANCE_UID = 0x0020000E
_WANTED = [0x00100020, 0x0020000D, _SERIES_INSTANCE_UID]


@dataclass(frozen=True)
class FileOwner:
    """Whose file it is.

    Args:
        file: the file.
        kind: "DICOM", or "image" for NIfTI, NRRD and MetaImage, told by the name.
        study_instance_uid: empty for files that carry none (NIfTI, NRRD, MetaImage).
        patient_id: likewise.
        size_bytes: of the file.
        modified_ns: when it, or the zip it lies in, was last changed, nanoseconds since 1970.
        start_digest: hash of its first 16 kB, headers in all.
    """

    file: StoredFile
    kind: Literal["DICOM", "image"]
    study_instance_uid: str
    patient_id: str
    size_bytes: int
    modified_ns: int
    start_digest: str


def owner_of(file: StoredFile, opener: FileOpener) -> FileOwner | LeftOut:
    """Whose file it is, or why it is left out; raises nothing on bad files."""
    try:
        with opener.open(file) as stream:
            start = stream.read(START_BYTES)
        size, modified = opener.size_bytes(file), file.path.stat().st_mtime_ns
        digest = hashlib.blake2b(start, digest_size=16).hexdigest()
        if is_image_name(file.lower_name):
            return FileOwner(file, "image", "", "", size, modified, digest)
        if not looks_like_dicom(start[:132]):
            return LeftOut(str(file), "not a DICOM, NIfTI, NRRD or MetaImage file")
        study, patient = _study_and_patient(file, opener, start, size)
    except (OSError, zipfile.BadZipFile, KeyError) as error:
        return LeftOut(str(file), f"cannot be read ({error})", "damaged")
    except NotAnImage as refusal:
        return LeftOut(str(file), str(refusal), "damaged")
    except Exception as error:  # pydicom raises a dozen kinds on malformed files, RecursionError among them
        return LeftOut(str(file), f"a damaged DICOM file ({type(error).__name__}), export it again", "damaged")
    return FileOwner(file, "DICOM", study, patient, size, modified, digest)


def _study_and_patient(file: StoredFile, opener: FileOpener, start: bytes, size_bytes: int) -> tuple[str, str]:
    try:
        found = _identity(io.BytesIO(start))
    except Exception:
        found = ("", "")  # cut within an element, or deflated: the whole file says
    return found if found[0] else _identity_of_whole(file, opener, size_bytes)


def _identity_of_whole(file: StoredFile, opener: FileOpener, size_bytes: int) -> tuple[str, str]:
    with opener.open(file) as stream:
        plain, _ = plain_stream(stream, size_bytes)
        return _identity(plain)


def _identity(stream: Any) -> tuple[str, str]:
    """Study Instance UID and Patient ID, empty where the file does not state them."""
    dataset = read_partial(
        stream, stop_when=lambda tag, vr, length: tag > _SERIES_INSTANCE_UID, specific_tags=_WANTED, force=True
    )
    study, patient = dataset.get("StudyInstanceUID"), dataset.get("PatientID")
    return str(study or "").strip(), str(patient or "").strip()
