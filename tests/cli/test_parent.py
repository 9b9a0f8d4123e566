"""A command that a program started ends when that program is gone, and at no other time."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from vfa.cli.parent import ENDED_WITH_PARENT

# A worker that says nothing: one that writes would die of its closed output and the test would pass falsely.
SILENT = (
    "import time; from vfa.cli.parent import end_with_parent; from vfa.cli.progress import ProgressKind; "
    "end_with_parent(ProgressKind('{kind}')); time.sleep({seconds})"
)


def started(kind: str, seconds: float, stdin: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", SILENT.format(kind=kind, seconds=seconds)], stdin=stdin)


def test_a_silent_worker_ends_when_its_standard_input_closes() -> None:
    worker = started("json", 120, subprocess.PIPE)
    assert worker.stdin is not None
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(2)
    worker.stdin.close()
    assert worker.wait(10) == ENDED_WITH_PARENT


def test_a_silent_worker_leaves_no_orphan_when_its_launcher_is_killed() -> None:
    launcher_code = (
        "import subprocess, sys, time; "
        f"w = subprocess.Popen([sys.executable, '-c', {SILENT.format(kind='json', seconds=120)!r}], "
        "stdin=subprocess.PIPE); print(w.pid, flush=True); time.sleep(120)"
    )
    launcher = subprocess.Popen([sys.executable, "-c", launcher_code], stdout=subprocess.PIPE, text=True)
    assert launcher.stdout is not None
    worker = int(launcher.stdout.readline())
    time.sleep(1.5)  # until the worker watches
    assert alive(worker)
    launcher.kill()
    launcher.wait()
    launcher.stdout.close()
    for _ in range(100):
        if not alive(worker):
            return
        time.sleep(0.1)
    os.kill(worker, 9)
    pytest.fail("the worker outlived its launcher")


@pytest.mark.parametrize(
    ("kind", "stdin"), [("bar", subprocess.PIPE), ("none", subprocess.PIPE), ("json", subprocess.DEVNULL)]
)
def test_other_commands_and_other_inputs_end_by_themselves(kind: str, stdin: int) -> None:
    worker = started(kind, 1.0, stdin)
    if worker.stdin is not None:
        worker.stdin.close()
    assert worker.wait(20) == 0


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be collected does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
