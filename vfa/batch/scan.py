"""Which studies does an export hold, which files make up each, and what changed since the last look?

Every file's first kilobytes are read once; folders mean nothing, the Study Instance UID decides. Files that carry
none (NIfTI, NRRD, MetaImage) are studies of their own.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from vfa.batch.failure import Failure, readable
from vfa.errors import UsageError
from vfa.intake import FileOpener, FileOwner, LeftOut, StoredFile, owner_of, root_of, walk

READERS = min(4, os.cpu_count() or 1)  # threads: they hide the waiting for slow disks, parsing takes turns
TELL_EVERY = 200  # files
DICOM_ENDINGS = (".dcm", ".dicom", ".ima")  # what bears such a name and is none was meant to be one
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")  # PS3.5 9.1

Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class StudyFiles:
    """One study of the export.

    Args:
        study_id: the Study Instance UID; for files without one "file-" (image files) or "folder-"
            (DICOM) and a hash of the path within the export.
        patient_ids: as the files state it: none, one, or more when they disagree.
        files: all of its files, and damaged ones of the same folders, which may have been its.
        fingerprint: hash of its files' paths within the export, sizes, times of change and headers.
        place: the folder within the export that most of its files lie in.
    """

    study_id: str
    patient_ids: tuple[str, ...]
    files: tuple[StoredFile, ...]
    fingerprint: str
    place: str

    @property
    def patient_id(self) -> str:
        """The patient; empty when none is stated, or the files disagree."""
        return self.patient_ids[0] if len(self.patient_ids) == 1 else ""


@dataclass(frozen=True)
class Scan:
    """What an export holds: studies in the order of their ids, failures, and how many files are something else."""

    studies: tuple[StudyFiles, ...]
    failures: tuple[Failure, ...]
    files: int
    others: int


def scan_export(export: Path, tell: Tell = lambda step, fraction: None) -> Scan:
    """Walk an export (a folder, a zip or a file) whole.

    Raises:
        UsageError: if there is nothing at `export`.
    """
    if not export.exists():
        raise UsageError(f"{export} does not exist; give the folder of an export, or a zip")
    root = root_of(export)
    with FileOpener() as opener:
        tell("looking for files", 0.0)
        found = list(walk(root, opener))
        files = [item for item in found if isinstance(item, StoredFile)]
        owners, left_out = _owners(files, opener, tell)
    left_out = [item for item in found if isinstance(item, LeftOut)] + left_out
    base = root if root.is_dir() else root.parent
    owners, strays = _without_strays(owners)
    left_out += strays
    damaged = [item for item in left_out if item.state == "damaged" or item.path.lower().endswith(DICOM_ENDINGS)]
    studies = _studies(owners, damaged, base)
    mixed = tuple(_of_several_patients(study) for study in studies if len(study.patient_ids) > 1)
    studies = tuple(study for study in studies if len(study.patient_ids) <= 1)
    failures = (*_file_failures(damaged, base), *mixed)
    return Scan(studies, failures, len(files), len(left_out) - len(damaged))


def _of_several_patients(study: StudyFiles) -> Failure:
    """Nobody knows whose spine it would be, nor whose clinical answers belong to it."""
    why = f"its files name {len(study.patient_ids)} different patients"
    return Failure("scan", "patients_disagree", why, study.place, study.study_id)


def _file_failures(damaged: list[LeftOut], base: Path) -> tuple[Failure, ...]:
    """One failure for each folder and reason: a folder of a thousand broken files is one line."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for item in damaged:
        groups[os.path.dirname(item.path), item.reason].append(item.path)
    failures = []
    for (folder, reason), paths in sorted(groups.items()):
        one = len(paths) == 1
        why = reason if one else f"{len(paths)} files: {reason}"
        failures.append(Failure("scan", "unreadable_file", readable(why), within(paths[0] if one else folder, base)))
    return tuple(failures)


def within(path: str, base: Path) -> str:
    """A path as it is called within the export, with slashes on every system."""
    prefix = str(base) + os.sep
    return readable(path.removeprefix(prefix).replace(os.sep, "/"))


def _owners(files: list[StoredFile], opener: FileOpener, tell: Tell) -> tuple[list[FileOwner], list[LeftOut]]:
    owners: list[FileOwner] = []
    left_out: list[LeftOut] = []
    with warnings.catch_warnings(), ThreadPoolExecutor(READERS) as readers:
        warnings.simplefilter("ignore")  # pydicom's remarks on odd headers; what matters of them is said by the intake
        for number, item in enumerate(readers.map(lambda file: owner_of(file, opener), files), start=1):
            if isinstance(item, FileOwner):
                owners.append(item)
            else:
                left_out.append(item)
            if number % TELL_EVERY == 0:
                tell(f"reading headers ({number} of {len(files)} files)", number / len(files))
    return owners, left_out


def _without_strays(owners: list[FileOwner]) -> tuple[list[FileOwner], list[LeftOut]]:
    """Set aside DICOM files that state no study in a folder whose other files do: cut short, as a rule."""
    stated = {os.path.dirname(str(owner.file)) for owner in owners if owner.study_instance_uid}
    kept, strays = [], []
    for owner in owners:
        is_stray = owner.kind == "DICOM" and not owner.study_instance_uid
        if is_stray and os.path.dirname(str(owner.file)) in stated:
            strays.append(LeftOut(str(owner.file), "it does not state its study: cut short, or stripped", "damaged"))
        else:
            kept.append(owner)
    return kept, strays


def _studies(owners: Iterable[FileOwner], damaged: list[LeftOut], base: Path) -> tuple[StudyFiles, ...]:
    by_study: dict[str, list[FileOwner]] = defaultdict(list)
    for owner in owners:
        by_study[_study_id(owner, base)].append(owner)
    lost: dict[str, list[StoredFile]] = defaultdict(list)
    for item in damaged:
        path, _, member = item.path.partition("!")
        lost[os.path.dirname(item.path)].append(StoredFile(Path(path), member))
    return tuple(_study(study_id, by_study[study_id], lost, base) for study_id in sorted(by_study))


def _study_id(owner: FileOwner, base: Path) -> str:
    uid = owner.study_instance_uid
    if _UID.fullmatch(uid) and len(uid) <= 64:
        return uid
    if uid:  # no valid UID, and so no safe folder name
        return f"study-{_digest(uid)}"
    place = within(str(owner.file), base)
    return f"file-{_digest(place)}" if owner.kind == "image" else f"folder-{_digest(os.path.dirname(place))}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()


def _study(study_id: str, owners: list[FileOwner], lost: dict[str, list[StoredFile]], base: Path) -> StudyFiles:
    owners = sorted(owners, key=lambda owner: owner.file)
    folders = [os.path.dirname(str(owner.file)) for owner in owners]
    near = [file for folder in sorted(set(folders)) for file in lost.get(folder, [])]
    place = within(max(sorted(set(folders)), key=folders.count) + os.sep, base).strip("/") or "."
    if len(owners) == 1:
        place = within(str(owners[0].file), base)
    return StudyFiles(
        study_id=study_id,
        patient_ids=tuple(sorted({owner.patient_id for owner in owners} - {""})),
        files=(*(owner.file for owner in owners), *near),
        fingerprint=_fingerprint(owners, base),
        place=place,
    )


def _fingerprint(owners: list[FileOwner], base: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for owner in owners:
        facts = (within(str(owner.file), base), owner.size_bytes, owner.modified_ns, owner.start_digest)
        digest.update(repr(facts).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def keyed(fingerprint: str, key: bytes) -> str:
    """The fingerprint under a key, so that paths in it cannot be guessed and checked."""
    return hmac.new(key, fingerprint.encode(), hashlib.sha256).hexdigest()[:32]
