"""What a PACS says of each object reaches the reader, and its word on keeping them is asked for and believed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, AllStoragePresentationContexts, build_role, evt
from pynetdicom.sop_class import StorageCommitmentPushModel, StorageCommitmentPushModelInstance

from tests.pacs.orthanc import free_port
from tests.pacs.small_study import water
from vfa.errors import InputRefused, UsageError
from vfa.pacs.peer import Peer
from vfa.pacs.send import Caller, objects_of, send

Store = Callable[[evt.Event], int]
ALL_KEPT = 1
SOME_LOST = 2


@contextmanager
def pacs(store: Store, *more: tuple) -> Iterator[Peer]:
    """A PACS that answers C-STORE as told; storage commitment when a handler for it is given."""
    entity = AE(ae_title="PACS")
    entity.supported_contexts = AllStoragePresentationContexts
    if more:
        entity.add_supported_context(StorageCommitmentPushModel)
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, store), *more])
    try:
        yield Peer("PACS", "127.0.0.1", server.server_address[1])
    finally:
        server.shutdown()


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, ...]:
    return water(tmp_path / "study", "to be sent")[1]


def test_every_object_arrives_as_it_lies_on_the_disk(files: tuple[Path, ...]) -> None:
    arrived: dict[str, Dataset] = {}

    def take(event: evt.Event) -> int:
        arrived[event.dataset.SOPInstanceUID] = event.dataset
        return 0

    with pacs(take) as peer:
        assert send(files, peer, Caller()).stored == files
    for path in files:
        read = pydicom.dcmread(path)
        assert arrived[read.SOPInstanceUID] == read


@pytest.mark.parametrize("status", [0x0000, 0xB000, 0xB007])
def test_a_warning_is_a_success(files: tuple[Path, ...], status: int) -> None:
    with pacs(lambda event: status) as peer:
        assert len(send(files, peer, Caller()).stored) == len(files)


@pytest.mark.parametrize(
    ("status", "words"), [(0xA700, "out of resources"), (0xA702, "out of resources"), (0xC123, "cannot understand")]
)
def test_a_refused_object_is_named_with_the_reason_and_the_rest_is_sent(
    files: tuple[Path, ...], status: int, words: str
) -> None:
    arrived: list[str] = []

    def refuse_the_second(event: evt.Event) -> int:
        arrived.append(event.request.AffectedSOPInstanceUID)
        return status if len(arrived) == 2 else 0

    with pacs(refuse_the_second) as peer, pytest.raises(InputRefused) as raised:
        send(files, peer, Caller())
    assert f"did not store 1 of {len(files)} objects ({files[1].name}: " in str(raised.value)
    assert words in str(raised.value)
    assert f"0x{status:04X}" in str(raised.value)
    assert len(arrived) == len(files)


def test_a_pacs_without_storage_commitment_is_said_to_be_so(files: tuple[Path, ...]) -> None:
    with pacs(lambda event: 0) as peer:
        sent = send(files, peer, Caller(answer_port=free_port()))
    assert sent.commitment == "the PACS does not offer storage commitment"


def report_of(request: Dataset, lost: int) -> tuple[Dataset, int]:
    """An N-EVENT-REPORT in which the last `lost` objects are not kept (PS3.4 J.3.3)."""
    report = Dataset()
    report.TransactionUID = request.TransactionUID
    items = list(request.ReferencedSOPSequence)
    report.ReferencedSOPSequence = items[: len(items) - lost]
    if lost:
        report.FailedSOPSequence = items[len(items) - lost :]
    return report, SOME_LOST if lost else ALL_KEPT


@pytest.mark.parametrize(
    ("lost", "said"),
    [(0, "the PACS commits itself to keep them"), (1, "the PACS does not commit itself to keep IM0004.dcm")],
)
def test_the_word_on_keeping_them_may_come_on_the_same_line(files: tuple[Path, ...], lost: int, said: str) -> None:
    def taken(event: evt.Event) -> tuple[int, None]:
        report, kind = report_of(event.action_information, lost)
        uids = StorageCommitmentPushModel, StorageCommitmentPushModelInstance
        threading.Timer(0.2, event.assoc.send_n_event_report, (report, kind, *uids)).start()
        return 0, None

    with pacs(lambda event: 0, (evt.EVT_N_ACTION, taken)) as peer:
        assert send(files, peer, Caller(answer_port=free_port(), answer_seconds=10)).commitment == said


def test_the_word_on_keeping_them_may_come_by_a_call_back(files: tuple[Path, ...]) -> None:
    port = free_port()

    def call_back(request: Dataset) -> None:
        entity = AE(ae_title="PACS")
        entity.add_requested_context(StorageCommitmentPushModel)
        role = build_role(StorageCommitmentPushModel, scp_role=True)
        association = entity.associate("127.0.0.1", port, ae_title="VFA", ext_neg=[role])
        report, kind = report_of(request, 0)
        association.send_n_event_report(report, kind, StorageCommitmentPushModel, StorageCommitmentPushModelInstance)
        association.release()

    def taken(event: evt.Event) -> tuple[int, None]:
        threading.Timer(0.2, call_back, (event.action_information,)).start()
        return 0, None

    with pacs(lambda event: 0, (evt.EVT_N_ACTION, taken)) as peer:
        sent = send(files, peer, Caller(answer_port=port, answer_seconds=10))
    assert sent.commitment == "the PACS commits itself to keep them"


def test_a_pacs_that_says_nothing_or_refuses_the_question_is_not_believed(files: tuple[Path, ...]) -> None:
    for status, said in ((0, "has not said yet"), (0x0110, "did not take the request")):
        with pacs(lambda event: 0, (evt.EVT_N_ACTION, lambda event, status=status: (status, None))) as peer:
            sent = send(files, peer, Caller(answer_port=free_port(), answer_seconds=0.3))
        assert said in sent.commitment


def test_a_port_for_the_answer_that_is_taken_is_told_before_anything_is_sent(files: tuple[Path, ...]) -> None:
    arrived: list[evt.Event] = []
    with pacs(lambda event: arrived.append(event) or 0) as peer, pytest.raises(UsageError, match="--commit-port"):
        send(files, peer, Caller(answer_port=peer.port))
    assert arrived == []


def test_what_is_no_dicom_is_refused_before_anybody_is_called(tmp_path: Path) -> None:
    (tmp_path / "x.dcm").write_text("no DICOM")
    with pytest.raises(InputRefused, match="expected a DICOM file"):
        send([tmp_path / "x.dcm"], Peer("PACS", "127.0.0.1", 1), Caller())


def test_the_objects_of_a_result_are_those_in_its_folder_the_report_last(tmp_path: Path) -> None:
    (tmp_path / "dicom").mkdir()
    for name in ("sr", "seg", "pdf", "sc-spine"):
        (tmp_path / "dicom" / f"{name}.dcm").write_bytes(b"")
    names = ["pdf.dcm", "sc-spine.dcm", "seg.dcm", "sr.dcm"]
    assert [path.name for path in objects_of(tmp_path)] == names
    assert [path.name for path in objects_of(tmp_path / "dicom")] == names
    assert objects_of(tmp_path / "dicom" / "sr.dcm") == (tmp_path / "dicom" / "sr.dcm",)


def test_a_result_without_objects_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="assess with --emit seg,sr,pdf,sc"):
        objects_of(tmp_path)
