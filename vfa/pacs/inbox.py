"""Which studies were received, and which of them are still to be answered? Kept on disk, so that no kill loses one.

    <folder>/lock                               held by the one listener of this folder
    <folder>/incoming/                          images being written; emptied at the start
    <folder>/studies/<study>/images/<uid>.dcm   images, each there by rename once it is whole
    <folder>/studies/<study>/attempt-*/         results being written; emptied at the start
    <folder>/studies/<study>/result-<digest>/   the result for these images, there by rename once it is whole
    <folder>/studies/<study>/answered.json      for which images the study is settled, how, and when

Nothing else is remembered: what is left to do follows from what lies there. A study is open while the images it has
are not those it was settled for.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from vfa.errors import UsageError
from vfa.report.files import write_files

_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
UID_LENGTH = 64
SETTLED = "answered.json"
SECONDS_PER_DAY = 86400.0


class Full(Exception):
    """No further study is taken for now; the sender keeps it and tries again."""


@dataclass(frozen=True)
class Settled:
    """How a study was settled: "answered", or "refused" or "failed" with the reason."""

    images: str
    how: str
    why: str = ""


@dataclass(frozen=True)
class StudyBox:
    """What is kept of one study."""

    folder: Path

    @property
    def study_instance_uid(self) -> str:
        """The study."""
        return self.folder.name

    @property
    def images(self) -> Path:
        """The folder of its images."""
        return self.folder / "images"

    def digest(self) -> str:
        """What stands for the images it has now; it changes with every image that comes."""
        names = sorted(path.name for path in self.images.glob("*.dcm"))
        return hashlib.sha256("\n".join(names).encode()).hexdigest()[:32]

    def result(self, digest: str) -> Path:
        """Where the result for these images lies once it is there."""
        return self.folder / f"result-{digest}"

    def settled(self) -> Settled | None:
        """How it was settled last; None when it never was."""
        try:
            said = json.loads((self.folder / SETTLED).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return Settled(said["images"], said["how"], said["why"])

    def is_open(self) -> bool:
        """Whether it has images that it was not settled for."""
        if not any(self.images.glob("*.dcm")):
            return False
        settled = self.settled()
        return settled is None or settled.images != self.digest()

    def quiet_seconds(self) -> float:
        """Time since the last image came; a clock set back counts as quiet rather than as waiting for ever."""
        since = time.time() - self.images.stat().st_mtime
        return since if since >= 0 else float("inf")

    def new_attempt(self) -> Path:
        """An empty folder for results in the making."""
        return Path(tempfile.mkdtemp(prefix="attempt-", dir=self.folder))

    def keep_result(self, attempt: Path, digest: str) -> Path:
        """Make an attempt the result for these images, at once and whole."""
        final = self.result(digest)
        os.replace(attempt, final)
        return final

    def settle(self, settled: Settled) -> None:
        """Remember how it was settled, and drop the results of earlier images."""
        said = {"images": settled.images, "how": settled.how, "why": settled.why, "at_unix_seconds": time.time()}
        write_files(self.folder, {SETTLED: json.dumps(said, ensure_ascii=False).encode()})
        for older in self.folder.glob("result-*"):
            if older != self.result(settled.images):
                shutil.rmtree(older)


class Inbox:
    """The received studies of one listener.

    Args:
        folder: where they lie; made when missing.
        most_open: how many studies may be open at once.
        least_free_bytes: how much of the disk stays free.

    Raises:
        UsageError: if another listener uses the folder, or it cannot be written to.
    """

    def __init__(self, folder: Path, most_open: int, least_free_bytes: int) -> None:
        self._folder = folder
        self._most_open = most_open
        self._least_free_bytes = least_free_bytes
        self._guard = threading.Lock()
        try:
            for part in ("studies", "incoming"):
                (folder / part).mkdir(parents=True, exist_ok=True)
            self._lock = _locked(folder / "lock")
        except OSError as error:
            raise UsageError(f"--store {folder}: cannot be written to ({error})") from error
        self._clean()
        self._open = {box.study_instance_uid for box in self.boxes() if box.is_open()}

    def boxes(self) -> tuple[StudyBox, ...]:
        """Every study that has images."""
        found = sorted((self._folder / "studies").iterdir())
        return tuple(StudyBox(folder) for folder in found if (folder / "images").is_dir())

    def open_boxes(self) -> tuple[StudyBox, ...]:
        """The studies to be answered, the one that has waited longest first."""
        with self._guard:
            boxes = [StudyBox(self._folder / "studies" / name) for name in sorted(self._open)]
        begun = [box for box in boxes if box.images.is_dir()]
        return tuple(sorted(begun, key=lambda box: box.images.stat().st_mtime))

    def keep(self, study_instance_uid: str, sop_instance_uid: str, content: bytes) -> None:
        """Take in one image; when this returns it is on the disk for good.

        An image that is there already stays as it is: one UID means one object (PS3.3 C.12.1).

        Raises:
            ValueError: if a UID is none.
            Full: if there are too many open studies, or the disk is full.
        """
        for uid in (study_instance_uid, sop_instance_uid):
            if len(uid) > UID_LENGTH or _UID.fullmatch(uid) is None:
                raise ValueError(f"expected a UID, got {uid!r}")
        box = StudyBox(self._folder / "studies" / study_instance_uid)
        final = box.images / f"{sop_instance_uid}.dcm"
        with self._guard:
            self._check_room(study_instance_uid)
            if final.exists():
                return
            self._open.add(study_instance_uid)
        try:
            box.images.mkdir(parents=True, exist_ok=True)
            self._write(final, content)
        except OSError:
            self.close(box)
            raise

    def close(self, box: StudyBox) -> None:
        """Take a settled study off the list, unless images came in the meantime."""
        with self._guard:
            if not box.is_open():
                self._open.discard(box.study_instance_uid)

    def drop_settled(self, keep_days: float) -> None:
        """Delete studies that were settled and have been quiet for so long."""
        for box in self.boxes():
            with self._guard:
                if box.study_instance_uid in self._open or box.quiet_seconds() < keep_days * SECONDS_PER_DAY:
                    continue
                shutil.rmtree(box.folder)

    def release(self) -> None:
        """Let another listener use the folder."""
        os.close(self._lock)

    def _check_room(self, study_instance_uid: str) -> None:
        if study_instance_uid not in self._open and len(self._open) >= self._most_open:
            raise Full(f"{len(self._open)} studies wait to be answered")
        if shutil.disk_usage(self._folder).free < self._least_free_bytes:
            raise Full("the disk is full")

    def _write(self, final: Path, content: bytes) -> None:
        handle, name = tempfile.mkstemp(suffix=".part", dir=self._folder / "incoming")
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, final)
        _flush_folder(final.parent)

    def _clean(self) -> None:
        """Drop what a killed listener left half done."""
        for leftover in (self._folder / "incoming").iterdir():
            leftover.unlink()
        for attempt in (self._folder / "studies").glob("*/attempt-*"):
            shutil.rmtree(attempt, ignore_errors=True)


def _locked(path: Path) -> int:
    """A handle on a file that the system lets go of when this process ends, however it ends."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(handle)
    except OSError as error:
        os.close(handle)
        raise UsageError(
            f"--store {path.parent}: another listener uses it; give this one a folder of its own"
        ) from error
    return handle


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    def _flush_folder(folder: Path) -> None:
        """Windows flushes no folders."""

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _flush_folder(folder: Path) -> None:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
