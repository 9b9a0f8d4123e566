"""A listener killed again and again loses no study and answers none twice."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.pacs import orthanc
from tests.pacs.small_study import water
from vfa.errors import VfaError
from vfa.pacs.inbox import StudyBox
from vfa.pacs.peer import Peer
from vfa.pacs.send import Caller, send

STUDIES, KILLS = 20, 5
REPOSITORY = Path(__file__).resolve().parents[2]


def started(store: Path, port: int, pacs: Peer) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.pacs.quick_listener", str(store), str(port), str(pacs)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=REPOSITORY)
    assert process.stdout is not None
    with process.stdout as said:
        assert said.readline().startswith(b"listening")
    return process


def settled(store: Path, studies: list[str]) -> int:
    boxes = [StudyBox(store / "studies" / study) for study in studies]
    return sum(box.images.is_dir() and not box.is_open() for box in boxes)


@pytest.mark.slow
def test_killed_five_times_at_random_moments_all_twenty_studies_are_answered_once(tmp_path: Path) -> None:
    chance = random.Random(20260101)
    studies = [water(tmp_path / "in" / str(number), f"study {number}") for number in range(STUDIES)]
    uids, store, port = [uid for uid, _ in studies], tmp_path / "store", orthanc.free_port()
    ours = Peer("VFA", "127.0.0.1", port)
    waiting, killed = list(studies), 0
    with orthanc.running(tmp_path / "pacs", {"VFA": port}) as pacs:
        listener = started(store, port, pacs.peer)
        try:
            kill_at = time.monotonic() + chance.uniform(0.2, 1.5)
            until = time.monotonic() + 150
            while (waiting or killed < KILLS or settled(store, uids) < STUDIES) and time.monotonic() < until:
                if waiting:
                    waiting = sent_or_kept(waiting, ours)
                else:
                    time.sleep(0.05)
                if killed < KILLS and time.monotonic() >= kill_at:
                    listener.kill()
                    listener.wait()
                    killed += 1
                    listener = started(store, port, pacs.peer)
                    kill_at = time.monotonic() + chance.uniform(0.2, 2.5)
        finally:
            listener.kill()
            listener.wait()
        assert (killed, len(waiting), settled(store, uids)) == (KILLS, 0, STUDIES)
        assert {uid: pacs.modalities_of(uid) for uid in uids} == {uid: {"OT": 1} for uid in uids}


def sent_or_kept(waiting: list[tuple[str, tuple[Path, ...]]], peer: Peer) -> list[tuple[str, tuple[Path, ...]]]:
    """Send the first study as a PACS does: what is not confirmed is sent again, whole."""
    try:
        send(waiting[0][1], peer, Caller("SENDER"))
    except VfaError:
        return waiting
    return waiting[1:]
