"""The listener takes images of those it knows, over the lines it was told, and says success only when it has them."""

from __future__ import annotations

import gc
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.pacs.small_study import water
from tests.report import dicom_study
from vfa.errors import InputRefused, UsageError
from vfa.pacs.answer import Assessed
from vfa.pacs.inbox import Inbox, StudyBox
from vfa.pacs.listen import ANYONE, Door, Listener
from vfa.pacs.peer import Peer, TlsFiles
from vfa.pacs.send import Caller, send
from vfa.report.dicom_derived import file_bytes
from vfa.report.dicom_seg import segmentation

DOOR = Door("VFA", 0, ("SENDER",), "127.0.0.1")
NOBODY = Peer("PACS", "127.0.0.1", 1)
LONG = 1e6  # seconds: nothing is answered within a test
# pynetdicom leaves the sockets of refused connections to the garbage collector.
quiet_about_sockets = pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")


def never(images: Path, out: Path) -> Assessed:
    raise AssertionError("nothing is assessed here")


@contextmanager
def listening(store: Path, door: Door = DOOR, most_open: int = 5, assess=never, quiet: float = LONG) -> Iterator[Peer]:
    inbox = Inbox(store, most_open, least_free_bytes=0)
    listener = Listener(inbox, door, NOBODY, Caller("VFA"), assess, quiet)
    stop, up, ports = threading.Event(), threading.Event(), []

    def on(port: int) -> None:
        ports.append(port)
        up.set()

    worker = threading.Thread(target=listener.run, args=(stop, on))
    worker.start()
    try:
        assert up.wait(10)
        yield Peer("VFA", "127.0.0.1", ports[0])
    finally:
        stop.set()
        worker.join(20)
        inbox.release()


@pytest.fixture
def study(tmp_path: Path) -> tuple[str, tuple[Path, ...]]:
    return water(tmp_path / "study", "a study")


def images_of(store: Path) -> int:
    return len(list(store.glob("studies/*/images/*.dcm")))


def test_an_allowed_callers_study_lies_on_the_disk_as_it_was_sent(tmp_path: Path, study) -> None:
    uid, files = study
    with listening(tmp_path / "store") as peer:
        send(files, peer, Caller("SENDER"))
    images = StudyBox(tmp_path / "store" / "studies" / uid).images
    assert images_of(tmp_path / "store") == len(files)
    kept, sent = (dicom_study.pydicom.dcmread(path) for path in (sorted(images.iterdir())[0], files[0]))
    everything = {dicom_study.pydicom.dcmread(path).SOPInstanceUID: path for path in files}
    assert kept == dicom_study.pydicom.dcmread(everything[kept.SOPInstanceUID])
    assert kept.file_meta.TransferSyntaxUID == sent.file_meta.TransferSyntaxUID


@pytest.mark.parametrize("caller", ["STRANGER", "SENDER2", "sender"])
def test_a_caller_that_is_not_on_the_list_is_turned_away(tmp_path: Path, study, caller: str) -> None:
    with listening(tmp_path / "store") as peer, pytest.raises(UsageError, match=f"refuses to talk to {caller}"):
        send(study[1], peer, Caller(caller))
    assert images_of(tmp_path / "store") == 0


def test_a_call_for_somebody_else_is_turned_away(tmp_path: Path, study) -> None:
    with listening(tmp_path / "store") as peer, pytest.raises(UsageError, match="refuses to talk"):
        send(study[1], replace(peer, ae_title="OTHER"), Caller("SENDER"))


def test_anyone_may_call_only_where_that_was_said(tmp_path: Path, study) -> None:
    with pytest.raises(UsageError, match="--allow"):
        replace(DOOR, callers=())
    with listening(tmp_path / "store", replace(DOOR, callers=(ANYONE,))) as peer:
        send(study[1], peer, Caller("STRANGER"))
    assert images_of(tmp_path / "store") == len(study[1])


def test_a_study_beyond_the_bound_is_turned_away_and_what_was_taken_stays(tmp_path: Path) -> None:
    with listening(tmp_path / "store", most_open=1) as peer:
        send(water(tmp_path / "1", "first")[1], peer, Caller("SENDER"))
        with pytest.raises(InputRefused, match=r"did not store 4 of 4 objects .*out of resources \(status 0xA700\)"):
            send(water(tmp_path / "2", "second")[1], peer, Caller("SENDER"))
    assert images_of(tmp_path / "store") == 4


def test_results_are_not_taken_so_that_nobody_answers_himself(tmp_path: Path) -> None:
    made = dicom_study.write_study(tmp_path / "study", "axial CT")
    seg = tmp_path / "seg.dcm"
    seg.write_bytes(file_bytes(segmentation(made.spine, made.volume, made.source)))
    with listening(tmp_path / "store") as peer, pytest.raises((UsageError, InputRefused)):
        send([seg], peer, Caller("SENDER"))
    assert images_of(tmp_path / "store") == 0


def test_a_study_whose_assessment_always_fails_is_given_up_with_the_reason(
    tmp_path: Path, study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vfa.pacs.listen.FIRST_DELAY_SECONDS", 0.05)
    uid, files = study
    tries: list[Path] = []

    def broken(images: Path, out: Path) -> Assessed:
        tries.append(images)
        return Assessed(1, "vfa: a fault of vfa")

    box = StudyBox(tmp_path / "store" / "studies" / uid)
    with listening(tmp_path / "store", assess=broken, quiet=0.5) as peer:
        send(files, peer, Caller("SENDER"))
        waited = threading.Event()
        for _ in range(200):
            if box.settled() is not None:
                break
            waited.wait(0.1)
    settled = box.settled()
    assert settled is not None
    assert (settled.how, len(tries)) == ("failed", 3)
    assert "a fault of vfa" in settled.why


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with listening(tmp_path / "a") as peer:
        inbox = Inbox(tmp_path / "b", 1, 0)
        second = Listener(inbox, replace(DOOR, port=peer.port), NOBODY, Caller(), never, LONG)
        with pytest.raises(UsageError, match="cannot be listened on"):
            second.run(threading.Event())
        inbox.release()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TlsFiles]:
    """Certificates of one authority for "ours" and "theirs", and of another for "stranger"."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed, which makes the certificates of this test")
    folder = tmp_path_factory.mktemp("tls")

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    made = {}
    (folder / "san").write_text("subjectAltName=IP:127.0.0.1")
    for authority, names in (("house", ("ours", "theirs")), ("elsewhere", ("stranger",))):
        new = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={authority}")
        openssl(*new, "-keyout", f"{authority}.key", "-out", f"{authority}.pem")
        for name in names:
            openssl(
                "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", "r"
            )
            sign = ("x509", "-req", "-in", "r", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key")
            openssl(*sign, "-CAcreateserial", "-days", "2", "-extfile", "san", "-out", f"{name}.pem")
            made[name] = TlsFiles(folder / f"{name}.pem", folder / f"{name}.key", folder / f"{authority}.pem")
    return made


@quiet_about_sockets
def test_over_tls_a_study_comes_in_and_strangers_and_plain_calls_do_not(
    tmp_path: Path, study, certificates: dict[str, TlsFiles]
) -> None:
    with listening(tmp_path / "store", replace(DOOR, tls=certificates["ours"])) as peer:
        turned_away = (
            "nobody answers there as a DICOM application|hangs up on SENDER without a word"  # who hangs up first
        )
        for line in (certificates["stranger"], None):
            with pytest.raises(UsageError, match=turned_away):
                send(study[1], peer, Caller("SENDER", tls=line))
        assert images_of(tmp_path / "store") == 0
        send(study[1], peer, Caller("SENDER", tls=certificates["theirs"]))
    assert images_of(tmp_path / "store") == len(study[1])
    gc.collect()


def test_a_caller_that_never_finishes_the_handshake_does_not_lock_the_others_out(
    tmp_path: Path, study, certificates: dict[str, TlsFiles], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vfa.pacs.peer.HANDSHAKE_SECONDS", 0.5)
    door = replace(DOOR, tls=certificates["ours"])
    with listening(tmp_path / "store", door) as peer, socket.create_connection((peer.host, peer.port)):
        send(study[1], peer, Caller("SENDER", tls=certificates["theirs"]))
    assert images_of(tmp_path / "store") == len(study[1])


def test_files_that_are_no_certificates_are_wrong_use(tmp_path: Path, certificates: dict[str, TlsFiles]) -> None:
    (tmp_path / "x.pem").write_text("nothing")
    broken = replace(certificates["ours"], certificate=tmp_path / "x.pem")
    with pytest.raises(UsageError, match="expected PEM files"):
        send([], NOBODY, Caller("SENDER", tls=broken))
