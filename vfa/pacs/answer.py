"""How is one received study answered? It is assessed in a process of its own, and the objects are sent.

A process of its own, since what goes wrong with one study, memory and crashes included, must not touch the listener.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vfa.errors import VfaError
from vfa.pacs.inbox import Settled, StudyBox
from vfa.pacs.peer import Peer
from vfa.pacs.send import Caller, objects_of, send

FORMATS = "json,html,pdf,seg,sr,sc"
DONE = (0, 4)  # exit status of `vfa assess`: done; done, but nothing could be measured, which the report says
REFUSED = (2, 3)
LONGEST_ASSESSMENT_SECONDS = 3600.0
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Assessed:
    """How an assessment ended: `vfa assess`'s exit status, and what it said on stderr."""

    status: int
    said: str


Assess = Callable[[Path, Path], Assessed]
"""Assesses a folder of images and writes the result into a folder."""


class NotNow(Exception):
    """The study could not be answered this time; it stays open."""


def assess_apart(options: Sequence[str], stop: threading.Event) -> Assess:
    """Run `vfa assess` in a process of its own.

    Args:
        options: further options for it ("--profile", …).
        stop: set when the listener ends, which ends the process too.
    """

    def assess(images: Path, out: Path) -> Assessed:
        command = [sys.executable, "-m", "vfa", "assess", str(images), "--out", str(out), "--emit", FORMATS]
        command += ["--progress", "none", *options]
        said = out.parent / f"{out.name}.log"
        with said.open("wb") as log:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, stdin=subprocess.DEVNULL)
            status = _ended(process, stop)
        text = said.read_text(encoding="utf-8", errors="replace").strip()
        said.unlink()
        return Assessed(status, text)

    return assess


def _ended(process: subprocess.Popen[bytes], stop: threading.Event) -> int:
    waited = 0.0
    while True:
        try:
            return process.wait(POLL_SECONDS)
        except subprocess.TimeoutExpired:
            waited += POLL_SECONDS
        if stop.is_set() or waited > LONGEST_ASSESSMENT_SECONDS:
            process.kill()
            process.wait()
            if stop.is_set():
                raise NotNow("the listener ends")
            return -1


def answer(box: StudyBox, assess: Assess, peer: Peer, caller: Caller) -> Settled | None:
    """Answer a study as far as it has come; None when images came meanwhile, so that it waits to be quiet again.

    Raises:
        NotNow: if the peer cannot be reached or does not take the answer, or the assessment failed by a fault of ours.
    """
    digest = box.digest()
    result = box.result(digest)
    if not result.is_dir():
        settled = _assess(box, digest, assess)
        if settled is not None:
            return settled
    if box.digest() != digest:
        return None
    try:
        send(objects_of(result), peer, caller)
    except (VfaError, OSError) as error:
        raise NotNow(str(error)) from error
    return Settled(digest, "answered")


def _assess(box: StudyBox, digest: str, assess: Assess) -> Settled | None:
    """Make the result; a settlement where there can be none."""
    attempt = box.new_attempt()
    try:
        ended = assess(box.images, attempt)
        if ended.status in DONE:
            box.keep_result(attempt, digest)
            return None
    finally:
        if attempt.exists():
            shutil.rmtree(attempt)
    if ended.status in REFUSED:
        return Settled(digest, "refused", ended.said)
    raise NotNow(f"the assessment ended with status {ended.status}: {ended.said}{os.linesep}".strip())
