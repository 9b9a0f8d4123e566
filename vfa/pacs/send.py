"""How does a result reach the PACS? By C-STORE, with storage commitment where it is offered, or by STOW-RS."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom.sop_class import StorageCommitmentPushModel

from vfa.errors import InputRefused, UsageError
from vfa.pacs import commitment
from vfa.pacs.peer import OUR_AE_TITLE, Peer, TlsFiles
from vfa.pacs.store import call, offered, read_object, store_all

OBJECTS_FOLDER = "dicom"
COMMITMENT_SYNTAXES = [ExplicitVRLittleEndian, ImplicitVRLittleEndian]


@dataclass(frozen=True)
class Caller:
    """As whom we call.

    Args:
        ae_title: our AE title.
        tls: for an encrypted line.
        answer_port: where we wait for the PACS's word on storage commitment; None not to ask for it.
        answer_seconds: how long.
    """

    ae_title: str = OUR_AE_TITLE
    tls: TlsFiles | None = None
    answer_port: int | None = None
    answer_seconds: float = 30.0


@dataclass(frozen=True)
class Sent:
    """What became of the objects: those stored, and in words what the PACS vouches for."""

    stored: tuple[Path, ...]
    commitment: str


def objects_of(result: Path) -> tuple[Path, ...]:
    """The DICOM files of a result folder, or of a folder of objects, or one file.

    Raises:
        UsageError: if there are none.
    """
    if result.is_file():
        return (result,)
    folder = result / OBJECTS_FOLDER if (result / OBJECTS_FOLDER).is_dir() else result
    # The segmentation goes before the report that refers to it.
    found = sorted(folder.glob("*.dcm"), key=lambda path: (path.name == "sr.dcm", path.name))
    if not found:
        raise UsageError(
            f"{result}: expected DICOM objects (*.dcm) in it or in its folder {OBJECTS_FOLDER}/, there are none; "
            "assess with --emit seg,sr,pdf,sc"
        )
    return tuple(found)


def send(files: Sequence[Path], peer: Peer, caller: Caller) -> Sent:
    """Send the files by C-STORE.

    Raises:
        UsageError: if the peer is not there or does not take our call.
        InputRefused: if it did not store every object, naming those; the others are stored.
    """
    objects = [read_object(path) for path in files]
    contexts: dict[UID, list[UID]] = offered(objects)
    commitments = commitment.Commitments()
    waiting: AbstractContextManager[object] = nullcontext()
    handlers: list[Any] = []
    if caller.answer_port is not None:
        contexts[StorageCommitmentPushModel] = list(COMMITMENT_SYNTAXES)
        waiting = commitment.CallBack(caller.ae_title, caller.answer_port, commitments)
        handlers = commitments.handlers
    with waiting:
        association = call(peer, caller.ae_title, contexts, caller.tls, handlers)
        try:
            failed = store_all(association, objects)
            if failed:
                raise InputRefused(_refusal(failed, len(objects), peer))
            if caller.answer_port is None:
                return Sent(tuple(files), "not asked for storage commitment")
            # Kept open meanwhile, since the answer may come on this very association.
            return Sent(tuple(files), commitments.asked_of(association, objects, caller.answer_seconds))
        finally:
            association.release()


def _refusal(failed: dict[Path, str], count: int, peer: Peer) -> str:
    named = "; ".join(f"{path.name}: {why}" for path, why in failed.items())
    return (
        f"{peer} did not store {len(failed)} of {count} objects ({named}); the others are stored, sending again is safe"
    )
