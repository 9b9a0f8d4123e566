"""Is this file a CT or MR image, and what do its frames say about themselves?

Only the header is read. Everything that can be wrong with one file ends here, as a reason.
"""

from __future__ import annotations

import zipfile
from typing import IO

from pydicom.dataset import FileDataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    EnhancedCTImageStorage,
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MediaStorageDirectoryStorage,
    MRImageStorage,
)

from vfa.errors import NotAnImage
from vfa.intake.dicom_file import looks_like_dicom, plain_stream, read_dataset, stored_pixels
from vfa.intake.frame_header import FrameHeader, frame_headers
from vfa.intake.stored_file import FileOpener, LeftOut, StoredFile

IMAGE_CLASSES = frozenset(
    {
        CTImageStorage,
        EnhancedCTImageStorage,
        LegacyConvertedEnhancedCTImageStorage,
        MRImageStorage,
        EnhancedMRImageStorage,
        LegacyConvertedEnhancedMRImageStorage,
    }
)  # PS3.4 B.5; every other class is no CT or MR slice


class _AnotherObject(NotAnImage):
    """A sound DICOM object that is no CT or MR image."""


class _Directory(NotAnImage):
    """A DICOMDIR."""


def read_headers(file: StoredFile, opener: FileOpener) -> tuple[FrameHeader, ...] | LeftOut:
    """The frames of one file, or the reason why it is left out; raises nothing on bad files."""
    try:
        with opener.open(file) as stream:
            if not looks_like_dicom(stream.read(132)):
                return LeftOut(str(file), "not a DICOM, NIfTI, NRRD or MetaImage file")
            stream.seek(0)
            return _frames(file, stream, opener.size_bytes(file))
    except _Directory as directory:
        return LeftOut(str(file), str(directory), "directory")
    except _AnotherObject as another:
        return LeftOut(str(file), str(another))
    except NotAnImage as refusal:
        return LeftOut(str(file), str(refusal), "damaged")
    except (OSError, zipfile.BadZipFile) as error:
        return LeftOut(str(file), f"cannot be read ({error})", "damaged")
    except MemoryError:  # not the file's fault
        raise
    except Exception as error:  # pydicom raises a dozen kinds on malformed files, RecursionError among them
        return LeftOut(str(file), f"a damaged DICOM file ({type(error).__name__}), export it again", "damaged")


def _frames(file: StoredFile, stream: IO[bytes], size_bytes: int) -> tuple[FrameHeader, ...]:
    plain, plain_bytes = plain_stream(stream, size_bytes)
    dataset = read_dataset(plain, "without")
    _check_object(dataset)
    if "Rows" not in dataset:
        raise NotAnImage("the file ends before its pixel data, export it again")
    samples = int(dataset.get("SamplesPerPixel") or 1)
    if samples != 1:
        raise _AnotherObject(f"a colour image ({samples} samples per pixel), expected grey values")
    if dataset.get("BitsAllocated") not in (8, 16, 32):
        raise NotAnImage(f"BitsAllocated is {dataset.get('BitsAllocated')}, expected 8, 16 or 32")
    return frame_headers(dataset, file, stored_pixels(plain, dataset, plain_bytes))


def _check_object(dataset: FileDataset) -> None:
    """Whether the object is a CT or MR image; the SOP class decides, the modality only where it is missing."""
    sop_class = UID(str(dataset.get("SOPClassUID") or dataset.file_meta.get("MediaStorageSOPClassUID") or ""))
    if sop_class == MediaStorageDirectoryStorage:
        raise _Directory("a DICOMDIR, not relied on: the files themselves are read")
    modality = str(dataset.get("Modality") or "").upper()
    if not sop_class and modality not in ("CT", "MR"):
        raise NotAnImage("a DICOM file that does not say what it is")
    if sop_class and sop_class not in IMAGE_CLASSES:
        raise _AnotherObject(f"a DICOM object of another kind ({sop_class.name})")
