"""A listener killed again and again while studies are sent to it: what happens, step by step.

The tests run it with a stand-in assessment, `benchmarks.listen` with `vfa listen` as it is.
"""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vfa.errors import VfaError
from vfa.pacs.inbox import StudyBox
from vfa.pacs.peer import Peer
from vfa.pacs.send import Caller, send

REPOSITORY = Path(__file__).resolve().parents[2]
Study = tuple[str, tuple[Path, ...]]  # its UID and files


@dataclass(frozen=True)
class Plan:
    """How the listener is started and how often it is killed.

    Args:
        command: starts it; its first line of output says that it listens.
        store: where it keeps the studies.
        ours: where it listens.
        kills: how often it is killed by SIGKILL, at random moments.
        between_seconds: the longest time between two kills.
        patience_seconds: how long to wait for everything.
    """

    command: Sequence[str]
    store: Path
    ours: Peer
    kills: int
    between_seconds: float
    patience_seconds: float


def kill_while_sending(plan: Plan, studies: Sequence[Study], seed: int) -> tuple[int, int, int]:
    """Send all studies while killing the listener: how often it was killed, studies not taken in, studies settled."""
    chance = random.Random(seed)
    waiting, killed = list(studies), 0
    listener = _started(plan)
    try:
        until = time.monotonic() + plan.patience_seconds
        kill_at = time.monotonic() + chance.uniform(0.2, plan.between_seconds / 2)
        while (waiting or killed < plan.kills or _settled(plan, studies) < len(studies)) and time.monotonic() < until:
            if waiting:
                waiting = _sent_or_kept(waiting, plan.ours)
            else:
                time.sleep(0.05)
            if killed < plan.kills and time.monotonic() >= kill_at:
                listener.kill()
                listener.wait()
                killed += 1
                listener = _started(plan)
                kill_at = time.monotonic() + chance.uniform(0.2, plan.between_seconds)
    finally:
        listener.kill()
        listener.wait()
    return killed, len(waiting), _settled(plan, studies)


def _started(plan: Plan) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(plan.command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=REPOSITORY)
    assert process.stdout is not None
    with process.stdout as said:
        assert said.readline().lower().startswith(b"listening")
    return process


def _settled(plan: Plan, studies: Sequence[Study]) -> int:
    boxes = [StudyBox(plan.store / "studies" / uid) for uid, _ in studies]
    return sum(box.images.is_dir() and not box.is_open() for box in boxes)


def _sent_or_kept(waiting: list[Study], peer: Peer) -> list[Study]:
    """Send the first study as a PACS does: what is not confirmed is sent again, whole."""
    try:
        send(waiting[0][1], peer, Caller("SENDER"))
    except VfaError:
        return waiting
    return waiting[1:]
