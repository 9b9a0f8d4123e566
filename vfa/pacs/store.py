"""How do files reach a PACS by C-STORE? (PS3.4 annex B, the SCU side.)"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, evt
from pynetdicom.association import Association

from vfa.errors import InputRefused, UsageError
from vfa.pacs.peer import QUICK, Peer, TlsFiles, as_words

ANSWER_SECONDS = 60.0  # without a word from the other end for so long, it is taken for gone
CONNECT_SECONDS = 15.0
RESUME_SECONDS = 1.0
LARGEST_PDU_BYTES = 128 * 1024
PLAIN = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
FAMILIES = {  # A7xx, A9xx, Cxxx: PS3.4 table B.2-1
    0xA700: "it is out of resources",
    0xA900: "the data set does not match its SOP class",
    0xC000: "it cannot understand the object",
}
MEANINGS = {
    0x0122: "it does not store objects of this kind",
    0x0124: "it does not allow us to store",
}


@dataclass(frozen=True)
class StoredObject:
    """A DICOM file by what a PACS knows it by."""

    path: Path
    sop_class_uid: UID
    sop_instance_uid: UID
    transfer_syntax_uid: UID


def read_object(path: Path) -> StoredObject:
    """What a file holds, by its header; raises InputRefused if it is no DICOM file."""
    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SOPClassUID", "SOPInstanceUID"])
        return StoredObject(path, header.SOPClassUID, header.SOPInstanceUID, header.file_meta.TransferSyntaxUID)
    except (OSError, InvalidDicomError, AttributeError) as error:
        raise InputRefused(f"{path}: expected a DICOM file, but it cannot be read ({error})") from error


def call(
    peer: Peer,
    calling: str,
    contexts: Mapping[UID, Sequence[UID]],
    tls: TlsFiles | None,
    handlers: Sequence[Any] = (),
) -> Association:
    """An open association with a peer, to be released by the caller.

    Args:
        peer: whom to call.
        calling: our AE title.
        contexts: SOP classes and the transfer syntaxes each is offered in.
        tls: for an encrypted line.
        handlers: pynetdicom event handlers beside those every association has.

    Raises:
        UsageError: if nobody answers, or whoever does refuses us.
    """
    entity = AE(ae_title=calling)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = ANSWER_SECONDS
    entity.connection_timeout = CONNECT_SECONDS
    for sop_class, syntaxes in contexts.items():
        for syntax in syntaxes:
            entity.add_requested_context(sop_class, syntax)
    answered: list[evt.Event] = []
    association = entity.associate(
        peer.host,
        peer.port,
        ae_title=peer.ae_title,
        max_pdu=LARGEST_PDU_BYTES,
        evt_handlers=[*QUICK, (evt.EVT_CONN_OPEN, answered.append), *handlers],
        tls_args=(tls.context("calling"), peer.host) if tls else None,
    )
    if association.is_established:
        return association
    if association.is_rejected:
        raise UsageError(
            f"--to {peer}: it refuses to talk to {calling}; tell its administrator our AE title, or give another"
        )
    if answered:
        raise UsageError(
            f"--to {peer}: it hangs up on {calling} without a word; is it a DICOM application, does it know our AE "
            "title, and does it expect TLS?"
        )
    raise UsageError(f"--to {peer}: nobody answers there as a DICOM application; check host, port and TLS")


def offered(objects: Sequence[StoredObject]) -> dict[UID, list[UID]]:
    """What must be negotiated to send the objects as they are, or at least unpacked."""
    contexts: dict[UID, list[UID]] = {}
    for one in objects:
        syntaxes = contexts.setdefault(one.sop_class_uid, [])
        for syntax in (one.transfer_syntax_uid, *PLAIN):
            if syntax not in syntaxes:
                syntaxes.append(syntax)
    return contexts


def store_all(association: Association, objects: Sequence[StoredObject]) -> dict[Path, str]:
    """Send each object as it stands on disk; return why not, by file, for those that were not stored."""
    failed = {}
    for one in objects:
        try:
            answer = _stored(association, one.path)
        except (ValueError, RuntimeError) as error:
            failed[one.path] = str(error)
            continue
        if why := _why_not_stored(answer):
            failed[one.path] = why
        let_resume(association)
    return failed


def let_resume(association: Association) -> None:
    """Wait until pynetdicom's own thread has noticed that a call is over.

    It pauses during a call. When the next call begins before it woke up, it may take that call's answer for a request
    of the peer, and the call then waits in vain (about one in 3000 back-to-back C-STOREs, pynetdicom 3.0.4).
    """
    until = time.monotonic() + RESUME_SECONDS
    while getattr(association, "_is_paused", False) and time.monotonic() < until:
        time.sleep(0.0005)


def _stored(association: Association, path: Path) -> Dataset:
    try:
        return association.send_c_store(path)
    except ValueError:
        # The peer took this kind of object in another plain transfer syntax only; a data set can be written in it.
        return association.send_c_store(pydicom.dcmread(path))


def _why_not_stored(answer: Dataset) -> str:
    """Empty when it was stored, with or without a warning (PS3.4 B.2.3: 0xB000–0xBFFF store all the same)."""
    if "Status" not in answer:
        return "the connection broke off"
    status = int(answer.Status)
    if status == 0 or status >> 12 == 0xB:
        return ""
    return as_words(status, MEANINGS.get(status) or FAMILIES.get(status & 0xFF00) or FAMILIES.get(status & 0xF000))
