"""A study is answered as far as it has come; what cannot be done now is done later, and nothing twice."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from vfa.errors import UsageError
from vfa.pacs import answer as answer_module
from vfa.pacs.answer import Assessed, NotNow, answer, assess_apart
from vfa.pacs.inbox import Settled, StudyBox
from vfa.pacs.peer import Peer
from vfa.pacs.send import Caller

PACS = Peer("PACS", "127.0.0.1", 1)


@pytest.fixture
def box(tmp_path: Path) -> StudyBox:
    made = StudyBox(tmp_path / "1.2")
    made.images.mkdir(parents=True)
    (made.images / "1.2.3.dcm").write_bytes(b"image")
    return made


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Names of what was sent, call by call."""
    calls: list[list[str]] = []
    monkeypatch.setattr(answer_module, "send", lambda files, peer, caller: calls.append([one.name for one in files]))
    return calls


def assessing(status: int = 0, said: str = "", times: list[Path] | None = None):
    def assess(images: Path, out: Path) -> Assessed:
        (out / "dicom").mkdir()
        (out / "dicom" / "sr.dcm").write_bytes(b"sr")
        (out / "dicom" / "seg.dcm").write_bytes(b"seg")
        if times is not None:
            times.append(images)
        return Assessed(status, said)

    return assess


@pytest.mark.parametrize("status", [0, 4])
def test_a_study_is_assessed_and_its_objects_are_sent_the_segmentation_first(
    box: StudyBox, sent: list[list[str]], status: int
) -> None:
    assert answer(box, assessing(status), PACS, Caller()) == Settled(box.digest(), "answered")
    assert sent == [["seg.dcm", "sr.dcm"]]
    assert list(box.folder.glob("attempt-*")) == []


def test_a_result_that_is_there_is_sent_without_assessing_again(box: StudyBox, sent: list[list[str]]) -> None:
    times: list[Path] = []
    for _ in range(3):
        answer(box, assessing(times=times), PACS, Caller())
    assert len(times) == 1
    assert len(sent) == 3


@pytest.mark.parametrize("status", [2, 3])
def test_images_that_are_refused_settle_the_study_with_the_reason(
    box: StudyBox, sent: list[list[str]], status: int
) -> None:
    settled = answer(box, assessing(status, "vfa: no spine series"), PACS, Caller())
    assert settled == Settled(box.digest(), "refused", "vfa: no spine series")
    assert sent == []
    assert {path.name for path in box.folder.iterdir()} == {"images"}


def test_a_fault_of_ours_leaves_the_study_open(box: StudyBox, sent: list[list[str]]) -> None:
    with pytest.raises(NotNow, match="status 1: vfa: a fault"):
        answer(box, assessing(1, "vfa: a fault"), PACS, Caller())
    assert {path.name for path in box.folder.iterdir()} == {"images"}


def test_a_pacs_that_is_away_leaves_the_result_to_be_sent_later(box: StudyBox, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*call: object) -> None:
        raise UsageError("nobody answers")

    monkeypatch.setattr(answer_module, "send", away)
    with pytest.raises(NotNow, match="nobody answers"):
        answer(box, assessing(), PACS, Caller())
    assert box.result(box.digest()).is_dir()


def test_images_that_come_during_the_assessment_put_the_answer_off(box: StudyBox, sent: list[list[str]]) -> None:
    def late(images: Path, out: Path) -> Assessed:
        (images / "1.2.4.dcm").write_bytes(b"late")
        return assessing()(images, out)

    assert answer(box, late, PACS, Caller()) is None
    assert sent == []


def test_the_assessment_is_vfa_assess_in_a_process_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "1.2.dcm").write_text("no image")
    (tmp_path / "out").mkdir()
    ended = assess_apart(["--segmenter", "built-in"], threading.Event())(tmp_path / "images", tmp_path / "out")
    assert ended.status == 3
    assert ended.said.startswith("vfa: ")
    assert {path.name for path in tmp_path.iterdir()} == {"images", "out"}


def test_an_assessment_ends_with_the_listener(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper = tmp_path / "sleep.sh"
    sleeper.write_text("#!/bin/sh\nexec sleep 600\n")
    sleeper.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(sleeper))
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    begun = time.monotonic()
    with pytest.raises(NotNow, match="the listener ends"):
        assess_apart([], stop)(tmp_path, tmp_path / "out")
    assert time.monotonic() - begun < 120
