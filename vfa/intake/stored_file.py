"""Which files does an input hold, and how is one opened, be it plain or inside a zip?

Zip members are read in place and never written to disk, so a member's name cannot lead outside of anything
(APPNOTE.TXT 4.4.17 allows any name). A member's size is the one its directory states; reading stops there.
"""

from __future__ import annotations

import io
import os
import stat
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

MAX_BYTES = 4 * 2**30  # the most one file or one volume may claim: a whole-body thin CT needs under 2 GiB
MAX_ZIP_RATIO = 1000  # deflate cannot pass 1032:1; images stay under 100:1, empty ones under 500:1
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")


@dataclass(frozen=True, order=True)
class StoredFile:
    """A plain file, or a member of the zip at `path`."""

    path: Path
    member: str = ""

    def __str__(self) -> str:
        return f"{self.path}!{self.member}" if self.member else str(self.path)

    @property
    def name(self) -> str:
        """The last part of the name, for messages."""
        return self.member.rstrip("/").rsplit("/", 1)[-1] if self.member else self.path.name

    @property
    def lower_name(self) -> str:
        """The last part of the name in lower case, to look at its extension."""
        return self.name.lower()


@dataclass(frozen=True)
class LeftOut:
    """A file that is no part of any series, and why.

    state: "sound" for files that are something else, "damaged" for images that could not be read and for what could not
    be opened, so that nobody knows what it holds, "directory" for a DICOMDIR.
    """

    path: str
    reason: str
    state: str = "sound"


class FileOpener:
    """Opens stored files; a zip stays open once for all its members. Use as a context manager."""

    def __init__(self) -> None:
        self._zips: dict[Path, zipfile.ZipFile] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> FileOpener:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for opened in self._zips.values():
            opened.close()
        self._zips.clear()

    def zip_at(self, path: Path) -> zipfile.ZipFile:
        """The zip at `path`, opened once; raises OSError or zipfile.BadZipFile."""
        with self._lock:
            if path not in self._zips:
                self._zips[path] = zipfile.ZipFile(path)
            return self._zips[path]

    def open(self, file: StoredFile) -> IO[bytes]:
        """A seekable binary stream; raises OSError, KeyError or zipfile.BadZipFile."""
        if file.member:
            return self.zip_at(file.path).open(file.member)
        return file.path.open("rb")

    def size_bytes(self, file: StoredFile) -> int:
        """Uncompressed size of the file."""
        if file.member:
            return self.zip_at(file.path).getinfo(file.member).file_size
        return file.path.stat().st_size

    def whole(self, file: StoredFile) -> io.BytesIO:
        """The file's bytes in memory; raises as `open`, or ValueError above the size limit."""
        size = self.size_bytes(file)
        if size > MAX_BYTES:
            raise ValueError(f"is larger than {MAX_BYTES // 2**30} GiB")
        with self.open(file) as stream:
            return io.BytesIO(stream.read(size))


def walk(path: Path, opener: FileOpener) -> Iterator[StoredFile | LeftOut]:
    """Every regular file below `path` in a stable order, zips looked into; what is no file comes as LeftOut.

    Links to folders are not followed (they may run in circles); pipes and devices are not opened (they may
    block for ever).
    """
    if not path.is_dir():
        yield from _file_or_members(path, opener)
        return
    errors: list[OSError] = []
    for folder, subfolders, names in os.walk(path, onerror=errors.append):
        subfolders.sort()
        for name in [name for name in subfolders if os.path.islink(os.path.join(folder, name))]:
            yield LeftOut(os.path.join(folder, name), "a link to a folder, which is not followed")
        for name in sorted(names):
            yield from _file_or_members(Path(folder) / name, opener)
    for error in errors:
        yield LeftOut(str(error.filename), f"cannot be opened ({error.strerror})", "damaged")


def _file_or_members(path: Path, opener: FileOpener) -> Iterator[StoredFile | LeftOut]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            yield LeftOut(str(path), "not a regular file")
            return
        with path.open("rb") as stream:
            is_zip = stream.read(4) in _ZIP_MAGIC
    except OSError as error:
        yield LeftOut(str(path), f"cannot be opened ({error.strerror})", "damaged")
        return
    if is_zip:
        yield from _members(path, opener)
    else:
        yield StoredFile(path)


def _members(path: Path, opener: FileOpener) -> Iterator[StoredFile | LeftOut]:
    try:
        infos = opener.zip_at(path).infolist()
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        yield LeftOut(str(path), f"a damaged zip ({error})", "damaged")
        return
    seen: set[str] = set()
    for info in sorted(infos, key=lambda info: info.filename):
        if info.is_dir() or info.filename in seen:
            continue
        seen.add(info.filename)
        reason = _why_member_is_refused(info)
        file = StoredFile(path, info.filename)
        yield LeftOut(str(file), reason, "damaged") if reason else file


def _why_member_is_refused(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & 0x1:  # APPNOTE.TXT 4.4.4, bit 0
        return "an encrypted zip member; unpack it first"
    if info.file_size > MAX_BYTES:
        return f"a zip member larger than {MAX_BYTES // 2**30} GiB; unpack it first"
    if info.file_size > MAX_ZIP_RATIO * max(info.compress_size, 1):
        return "a zip member that claims to unpack to more than 1000 times its size"
    if info.filename.lower().endswith(".zip"):
        return "a zip inside a zip; unpack it first"
    return ""
