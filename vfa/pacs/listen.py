"""How does a PACS get its studies assessed? It sends them here by C-STORE and gets the results back.

Each study is assessed once no image of it has come for a while. Callers are known by their AE titles; others are
turned away. What was taken in is answered, whatever happens to this process in between (see `inbox`).
"""

from __future__ import annotations

import io
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pydicom
from pydicom.uid import UID
from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, evt
from pynetdicom.sop_class import (
    CTImageStorage,
    EnhancedCTImageStorage,
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MRImageStorage,
    Verification,
)

from vfa.errors import UsageError
from vfa.pacs.answer import Assess, NotNow, answer
from vfa.pacs.inbox import Full, Inbox, Settled, StudyBox
from vfa.pacs.peer import QUICK, Peer, TlsFiles
from vfa.pacs.send import Caller

# What vfa measures. Results are not taken, so that a PACS that forwards everything cannot make us answer ourselves.
IMAGE_CLASSES = (
    CTImageStorage,
    EnhancedCTImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    MRImageStorage,
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
)
SUCCESS, OUT_OF_RESOURCES, NOT_AS_STATED, CANNOT_UNDERSTAND = 0x0000, 0xA700, 0xA900, 0xC000  # PS3.4 B.2.3
ANYONE = "*"
MOST_ASSOCIATIONS = 10
IDLE_SECONDS = 60.0  # a caller silent for so long is hung up on
LOOK_SECONDS = 0.5
TRIES_OF_A_FAULT = 3
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 10.0, 600.0
CLEAN_SECONDS = 3600.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Door:
    """Where we listen, and to whom.

    Args:
        ae_title: ours; calls for another are turned away.
        port: 0 takes any free one.
        callers: AE titles that may call; ("*",) for anyone.
        address: of the network interface; empty for all.
        tls: for encrypted lines only.
    """

    ae_title: str
    port: int
    callers: tuple[str, ...]
    address: str = ""
    tls: TlsFiles | None = None

    def __post_init__(self) -> None:
        if not self.callers:
            raise UsageError("--allow: expected the AE title of at least one caller ('*' for anyone)")


@dataclass
class _Delay:
    """How long a study that could not be answered waits, twice as long each time."""

    tries: int = 0
    until: float = 0.0

    def again(self) -> None:
        wait = min(FIRST_DELAY_SECONDS * 2**self.tries, LONGEST_DELAY_SECONDS)
        self.tries, self.until = self.tries + 1, time.monotonic() + wait


@dataclass
class Listener:
    """Receives studies, and answers each once it is quiet.

    Args:
        inbox: where they are kept.
        door: where we listen.
        answer_to: who gets the answers.
        caller: as whom we send them.
        assess: how a study is assessed.
        quiet_seconds: how long no image must have come.
        keep_days: how long settled studies are kept.
    """

    inbox: Inbox
    door: Door
    answer_to: Peer
    caller: Caller
    assess: Assess
    quiet_seconds: float
    keep_days: float = 7.0
    _delays: dict[str, _Delay] = field(default_factory=dict)

    def run(self, stop: threading.Event, listening: Callable[[int], None] = lambda port: None) -> None:
        """Listen until `stop` is set; `listening` is told the port.

        Raises:
            UsageError: if the port is taken.
        """
        entity = _entity(self.door)
        tls = self.door.tls.context("called") if self.door.tls else None
        try:
            server = entity.start_server(
                (self.door.address, self.door.port),
                block=False,
                ssl_context=tls,
                evt_handlers=[*QUICK, (evt.EVT_C_STORE, self.take), (evt.EVT_REJECTED, _turned_away)],
            )
        except OSError as error:
            raise UsageError(f"--port {self.door.port}: cannot be listened on ({error}); give another") from error
        try:
            listening(int(server.server_address[1]))
            self._work(stop)
        finally:
            server.shutdown()

    def take(self, event: evt.Event) -> int:
        """Take in one image: the status of C-STORE. Success is said only when the image is on the disk."""
        content = event.encoded_dataset()
        stated = UID(event.request.AffectedSOPInstanceUID)
        try:
            tags = ["StudyInstanceUID", "SOPInstanceUID"]
            header = pydicom.dcmread(io.BytesIO(content), specific_tags=tags, stop_before_pixels=True)
            if header.SOPInstanceUID != stated:
                return NOT_AS_STATED
            self.inbox.keep(str(header.StudyInstanceUID), str(stated), content)
        except Full as error:
            log.warning("an image of %s was turned away: %s", event.assoc.requestor.ae_title, error)
            return OUT_OF_RESOURCES
        except OSError as error:
            log.error("an image could not be kept: %s", error)
            return OUT_OF_RESOURCES
        except Exception as error:  # whatever a malformed object brings up
            log.warning("an object of %s cannot be understood: %s", event.assoc.requestor.ae_title, error)
            return CANNOT_UNDERSTAND
        return SUCCESS

    def _work(self, stop: threading.Event) -> None:
        cleaned = float("-inf")
        while not stop.is_set():
            if time.monotonic() - cleaned > CLEAN_SECONDS:
                self.inbox.drop_settled(self.keep_days)
                cleaned = time.monotonic()
            ready = [box for box in self.inbox.open_boxes() if self._is_ready(box)]
            if ready:
                self._answer(ready[0])
            else:
                stop.wait(LOOK_SECONDS)

    def _is_ready(self, box: StudyBox) -> bool:
        delay = self._delays.get(box.study_instance_uid, _Delay())
        return box.quiet_seconds() >= self.quiet_seconds and time.monotonic() >= delay.until

    def _answer(self, box: StudyBox) -> None:
        study = box.study_instance_uid
        try:
            settled = answer(box, self.assess, self.answer_to, self.caller)
        except (NotNow, OSError) as reason:
            settled = self._not_now(box, str(reason))
        if settled is None:
            return
        box.settle(settled)
        self.inbox.close(box)
        self._delays.pop(study, None)
        log.info("study %s: %s%s", study, settled.how, f" ({settled.why})" if settled.why else "")

    def _not_now(self, box: StudyBox, reason: str) -> Settled | None:
        """Try again later; a study whose assessment fails every time is given up, an answer never is."""
        delay = self._delays.setdefault(box.study_instance_uid, _Delay())
        delay.again()
        digest = box.digest()
        if delay.tries >= TRIES_OF_A_FAULT and not box.result(digest).is_dir():
            return Settled(digest, "failed", reason)
        log.warning("study %s waits: %s", box.study_instance_uid, reason)
        return None


def inbox_at(folder: Path, most_open: int, least_free_gib: float) -> Inbox:
    """The inbox of a folder; raises as `Inbox`."""
    return Inbox(folder, most_open, int(least_free_gib * 2**30))


def _entity(door: Door) -> AE:
    entity = AE(ae_title=door.ae_title)
    for sop_class in IMAGE_CLASSES:
        entity.add_supported_context(sop_class, ALL_TRANSFER_SYNTAXES)
    entity.add_supported_context(Verification)
    entity.require_called_aet = True
    if ANYONE not in door.callers:
        entity.require_calling_aet = list(door.callers)
    entity.maximum_associations = MOST_ASSOCIATIONS
    entity.network_timeout = entity.acse_timeout = entity.dimse_timeout = IDLE_SECONDS
    entity.maximum_pdu_size = 0  # as large as the caller likes
    return entity


def _turned_away(event: evt.Event) -> None:
    caller = event.assoc.requestor
    log.warning("a call of %s from %s was turned away", caller.ae_title, caller.address)
