"""Does the PACS vouch for what it was sent? Storage commitment (PS3.4 annex J, push model, the SCU side).

The PACS answers on the same association or, as most do, by calling back; for that it must know our AE title, and the
port we listen on while we wait.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import UID, generate_uid
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.sop_class import StorageCommitmentPushModel, StorageCommitmentPushModelInstance

from vfa.errors import UsageError
from vfa.pacs.peer import QUICK
from vfa.pacs.store import StoredObject

REQUEST_COMMITMENT = 1  # action type, PS3.4 J.3.2
SUCCESS = 0x0000
PROCESSING_FAILURE = 0x0110
COMMITTED = "the PACS commits itself to keep them"
NOT_OFFERED = "the PACS does not offer storage commitment"


@dataclass
class Commitments:
    """What the PACS reported for one transaction, filled by whichever association brings it."""

    transaction_uid: UID = field(default_factory=generate_uid)
    committed: set[str] = field(default_factory=set)
    arrived: threading.Event = field(default_factory=threading.Event)

    def handle(self, event: evt.Event) -> tuple[int, Dataset | None]:
        """Take an N-EVENT-REPORT."""
        said = event.event_information
        if said.get("TransactionUID") != self.transaction_uid:
            return PROCESSING_FAILURE, None
        self.committed |= {str(item.ReferencedSOPInstanceUID) for item in said.get("ReferencedSOPSequence") or []}
        self.arrived.set()
        return SUCCESS, None

    def asked_of(self, association: Association, objects: Sequence[StoredObject], seconds: float) -> str:
        """Ask the PACS to commit itself, wait so long for its word, and say it for a reader."""
        if refused := _refused(association, objects, self.transaction_uid):
            return refused
        if not self.arrived.wait(seconds):
            return "the PACS has not said yet whether it commits itself to keep the objects"
        missing = [one.path.name for one in objects if str(one.sop_instance_uid) not in self.committed]
        return f"the PACS does not commit itself to keep {', '.join(missing)}" if missing else COMMITTED

    @property
    def handlers(self) -> list[Any]:
        """For an association or a server."""
        return [(evt.EVT_N_EVENT_REPORT, self.handle)]


class CallBack:
    """Our door for the PACS's answer; a context manager that listens while it is open."""

    def __init__(self, ae_title: str, port: int, commitments: Commitments) -> None:
        entity = AE(ae_title=ae_title)
        # The caller is the SCP of this service, and says so by role selection (PS3.7 D.3.3.4).
        entity.add_supported_context(StorageCommitmentPushModel, scu_role=True, scp_role=True)
        try:
            self._server = entity.start_server(("", port), block=False, evt_handlers=[*QUICK, *commitments.handlers])
        except OSError as error:
            raise UsageError(f"--commit-port {port}: cannot be listened on ({error}); give another") from error

    def __enter__(self) -> CallBack:
        return self

    def __exit__(self, *raised: object) -> None:
        self._server.shutdown()


def _refused(association: Association, objects: Sequence[StoredObject], transaction_uid: UID) -> str:
    """Ask for commitment; return why the request was not taken, or nothing."""
    if not any(context.abstract_syntax == StorageCommitmentPushModel for context in association.accepted_contexts):
        return NOT_OFFERED
    request = Dataset()
    request.TransactionUID = transaction_uid
    request.ReferencedSOPSequence = []
    for one in objects:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = one.sop_class_uid, one.sop_instance_uid
        request.ReferencedSOPSequence.append(item)
    answer, _ = association.send_n_action(
        request, REQUEST_COMMITMENT, StorageCommitmentPushModel, StorageCommitmentPushModelInstance
    )
    if "Status" in answer and answer.Status == SUCCESS:
        return ""
    status = f" (status 0x{answer.Status:04X})" if "Status" in answer else ""
    return f"the PACS did not take the request for storage commitment{status}"
