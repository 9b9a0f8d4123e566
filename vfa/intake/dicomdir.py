"""What does a DICOMDIR say that the files themselves do not? Only which ones are missing.

A DICOMDIR (PS3.3 Annex F, PS3.10 8.6) lists the files of a medium. It may omit files and name ones that are not
there, so series are made of the files found and of nothing else. Yet it alone can tell that the last slices of a
stack were never copied. The names in it are compared with the files found and never opened: one that leads outside
of the folder matches none.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset

from vfa.intake.dicom_file import read_dataset
from vfa.intake.stored_file import FileOpener, LeftOut, StoredFile

MAX_DIRECTORY_BYTES = 64 * 2**20  # a record takes about 400 bytes: enough for 150 000 images
_NAME_PARTS = 8  # PS3.10 8.2: a File ID has one to eight components


@dataclass(frozen=True)
class DirectoryCheck:
    """A DICOMDIR held against the files that were found.

    Args:
        left_out: the DICOMDIR itself, with a sentence on what it lists.
        missing: paths of the images it lists that are not there.
    """

    left_out: LeftOut
    missing: tuple[str, ...] = ()


def check_directory(directory: StoredFile, opener: FileOpener, found: Iterable[StoredFile]) -> DirectoryCheck:
    """Compare what a DICOMDIR lists with the files found; raises nothing on a bad one."""
    try:
        listed = _listed_images(directory, opener)
    except Exception as error:  # pydicom raises a dozen kinds on malformed directories, zips and disks their own
        reason = f"a DICOMDIR that cannot be read ({type(error).__name__}); the files themselves are read"
        return DirectoryCheck(LeftOut(str(directory), reason))
    if not listed:
        return DirectoryCheck(LeftOut(str(directory), "a DICOMDIR that lists no images; the files themselves are read"))
    root = str(directory)[: -len(directory.name)]
    there = {_comparable(str(file)) for file in found}
    paths = [root + "/".join(parts) for parts in listed]
    missing = tuple(path for path in paths if _comparable(path) not in there)
    return DirectoryCheck(LeftOut(str(directory), _sentence(len(paths), missing)), missing)


def missing_by_folder(checks: Iterable[DirectoryCheck]) -> dict[str, tuple[str, ...]]:
    """Images that a DICOMDIR lists and that are not there, each once, by their folder as `folder_key` writes it."""
    folders: dict[str, list[str]] = {}
    for path in sorted({path for check in checks for path in check.missing}):
        folders.setdefault(folder_key(path), []).append(path)
    return {folder: tuple(paths) for folder, paths in folders.items()}


def folder_key(path: str) -> str:
    """The folder of a file, written so that media with and without capitals agree."""
    return os.path.dirname(_comparable(path))


def _listed_images(directory: StoredFile, opener: FileOpener) -> list[tuple[str, ...]]:
    """File IDs (0004,1500) of the image records, in the order they are written; links between records are not used."""
    if opener.size_bytes(directory) > MAX_DIRECTORY_BYTES:
        raise ValueError("too large for a directory")
    with opener.open(directory) as stream:
        records: Sequence[Dataset] = read_dataset(stream, "with").get("DirectoryRecordSequence") or []
        return [parts for record in records if (parts := _file_id(record))]


def _file_id(record: Dataset) -> tuple[str, ...]:
    if str(record.get("DirectoryRecordType") or "").strip().upper() != "IMAGE":  # (0004,1430)
        return ()
    value = record.get("ReferencedFileID") or ()
    parts = (value,) if isinstance(value, str) else tuple(value)
    return tuple(str(part).strip() for part in parts[:_NAME_PARTS])


def _comparable(path: str) -> str:
    """Media write names in capitals, with a version (";1") or a closing dot (ISO 9660 7.5.1); copies often do not."""
    return path.replace("\\", "/").split(";")[0].rstrip(".").lower()


def _sentence(count: int, missing: Sequence[str]) -> str:
    images = f"{count} image{'s' if count > 1 else ''}"
    if not missing:
        return f"a DICOMDIR, used as a hint only: the {images} it lists {'are' if count > 1 else 'is'} there"
    first = os.path.basename(missing[0])
    return f"a DICOMDIR, used as a hint only: of the {images} it lists, {len(missing)} are missing, {first} the first"
