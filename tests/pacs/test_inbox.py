"""What was taken in lies whole on the disk, and what is left to do follows from what lies there."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from vfa.errors import UsageError
from vfa.pacs import inbox as inbox_module
from vfa.pacs.inbox import Full, Inbox, Settled, StudyBox


@pytest.fixture
def inbox(tmp_path: Path):
    opened = Inbox(tmp_path / "store", most_open=2, least_free_bytes=0)
    yield opened
    opened.release()


def reopened(inbox: Inbox, tmp_path: Path) -> Inbox:
    """As after a kill: a new inbox on the same folder."""
    inbox.release()
    again = Inbox(tmp_path / "store", most_open=2, least_free_bytes=0)
    inbox._lock = os.open(tmp_path / "store" / "lock", os.O_RDONLY)  # for the fixture to close
    again.release()
    return again


def test_an_image_taken_in_is_there_under_its_uid(inbox: Inbox) -> None:
    inbox.keep("1.2", "1.2.3", b"image")
    (box,) = inbox.open_boxes()
    assert box.study_instance_uid == "1.2"
    assert (box.images / "1.2.3.dcm").read_bytes() == b"image"
    assert 0 <= box.quiet_seconds() < 5


def test_an_image_sent_again_changes_nothing(inbox: Inbox) -> None:
    inbox.keep("1.2", "1.2.3", b"image")
    (box,) = inbox.open_boxes()
    os.utime(box.images, (1, 1))
    digest = box.digest()
    inbox.keep("1.2", "1.2.3", b"another under the same name")
    assert (box.images / "1.2.3.dcm").read_bytes() == b"image"
    assert box.digest() == digest
    assert box.quiet_seconds() > 1e6


def test_a_settled_study_is_closed_and_opens_when_a_new_image_comes(inbox: Inbox) -> None:
    inbox.keep("1.2", "1.2.3", b"image")
    (box,) = inbox.open_boxes()
    box.settle(Settled(box.digest(), "answered"))
    inbox.close(box)
    assert inbox.open_boxes() == ()
    inbox.keep("1.2", "1.2.3", b"image")
    assert inbox.open_boxes() == ()
    inbox.keep("1.2", "1.2.4", b"one more")
    assert inbox.open_boxes() == (box,)


def test_an_image_that_comes_between_settling_and_closing_keeps_the_study_open(inbox: Inbox) -> None:
    inbox.keep("1.2", "1.2.3", b"image")
    (box,) = inbox.open_boxes()
    digest = box.digest()
    inbox.keep("1.2", "1.2.4", b"late")
    box.settle(Settled(digest, "answered"))
    inbox.close(box)
    assert inbox.open_boxes() == (box,)


def test_after_a_kill_open_studies_are_open_and_half_done_work_is_gone(inbox: Inbox, tmp_path: Path) -> None:
    inbox.keep("1.2", "1.2.3", b"image")
    inbox.keep("1.3", "1.3.1", b"image")
    first, second = (StudyBox(tmp_path / "store" / "studies" / uid) for uid in ("1.2", "1.3"))
    second.settle(Settled(second.digest(), "refused", "no spine"))
    (first.new_attempt() / "half.dcm").write_bytes(b"half")
    (tmp_path / "store" / "incoming" / "x.part").write_bytes(b"half")
    again = reopened(inbox, tmp_path)
    assert again.open_boxes() == (first,)
    assert second.settled() == Settled(second.digest(), "refused", "no spine")
    assert list(first.folder.glob("attempt-*")) == []
    assert list((tmp_path / "store" / "incoming").iterdir()) == []


def test_a_result_appears_whole_and_those_of_earlier_images_go(inbox: Inbox) -> None:
    inbox.keep("1.2", "1.2.3", b"image")
    (box,) = inbox.open_boxes()
    results = []
    for number in (1, 2):
        inbox.keep("1.2", f"1.2.3.{number}", b"image")
        attempt = box.new_attempt()
        (attempt / "assessment.json").write_bytes(b"{}")
        results.append(box.keep_result(attempt, box.digest()))
        assert not attempt.exists()
    box.settle(Settled(box.digest(), "answered"))
    assert [path.is_dir() for path in results] == [False, True]


def test_too_many_open_studies_turn_a_new_one_away_but_not_a_known_one(inbox: Inbox) -> None:
    inbox.keep("1.1", "1.1.1", b"image")
    inbox.keep("1.2", "1.2.1", b"image")
    with pytest.raises(Full, match="2 studies wait"):
        inbox.keep("1.3", "1.3.1", b"image")
    inbox.keep("1.2", "1.2.2", b"image")
    first = inbox.open_boxes()[0]
    first.settle(Settled(first.digest(), "answered"))
    inbox.close(first)
    inbox.keep("1.3", "1.3.1", b"image")


def test_a_full_disk_turns_images_away(tmp_path: Path) -> None:
    full = Inbox(tmp_path, most_open=2, least_free_bytes=2**60)
    with pytest.raises(Full, match="disk is full"):
        full.keep("1.2", "1.2.3", b"image")
    full.release()


def test_an_image_that_cannot_be_written_leaves_no_open_study_behind(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(inbox_module.os, "fsync", no_space)
    for uid in ("1.1", "1.2", "1.3"):
        with pytest.raises(OSError, match="No space"):
            inbox.keep(uid, "1.2.3", b"image")
    monkeypatch.undo()
    inbox.keep("1.4", "1.4.1", b"image")
    assert [box.study_instance_uid for box in inbox.open_boxes()] == ["1.4"]


@pytest.mark.parametrize("uid", ["", "../../etc", "1.2/3", "1..2", "a.b", "1." * 40 + "1", "1.2\n"])
def test_what_is_no_uid_never_becomes_a_path(inbox: Inbox, uid: str, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    for pair in ((uid, "1.2"), ("1.2", uid)):
        with pytest.raises(ValueError, match="expected a UID"):
            inbox.keep(*pair, b"image")
    assert sorted(tmp_path.rglob("*")) == before


def test_two_listeners_do_not_share_a_folder(inbox: Inbox, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="another listener uses it"):
        Inbox(tmp_path / "store", most_open=2, least_free_bytes=0)


def test_settled_studies_are_deleted_after_their_time_and_open_ones_never(inbox: Inbox, tmp_path: Path) -> None:
    inbox.keep("1.1", "1.1.1", b"image")
    inbox.keep("1.2", "1.2.1", b"image")
    settled, waiting = inbox.open_boxes()
    settled.settle(Settled(settled.digest(), "answered"))
    inbox.close(settled)
    for box in (settled, waiting):
        os.utime(box.images, (1, 1))
    inbox.drop_settled(keep_days=7)
    assert not settled.folder.exists()
    assert inbox.open_boxes() == (waiting,)


def test_a_clock_set_back_does_not_make_a_study_wait_for_ever(inbox: Inbox) -> None:
    inbox.keep("1.2", "1.2.3", b"image")
    (box,) = inbox.open_boxes()
    os.utime(box.images, (4e9, 4e9))
    assert box.quiet_seconds() == float("inf")


def test_many_callers_at_once_lose_nothing(inbox: Inbox) -> None:
    def call(caller: int) -> None:
        for image in range(20):
            inbox.keep("1.2", f"1.{caller}.{image}", b"image")

    callers = [threading.Thread(target=call, args=(number,)) for number in range(5)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    (box,) = inbox.open_boxes()
    assert len(list(box.images.iterdir())) == 100
