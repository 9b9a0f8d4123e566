"""How does vfa run beside Slicer? As `PythonSlicer -m vfa …`, whose progress lines are read and which can be stopped.

The worker ends by itself when its standard input closes. That is how it is cancelled, and why it never outlives Slicer:
killing the launcher would leave it running.
"""

from __future__ import annotations

import json
import shutil
import sys
from typing import Any

from VertebralFractureAssessmentLib.Roles import Listener

KILL_AFTER_MS = 5000
COULD_NOT_START = -1


class Job:
    """Runs one vfa command at a time.

    Args:
        command: the program and its first arguments; by default Slicer's own Python with `-m vfa`.
    """

    def __init__(self, command: list[str] | None = None) -> None:
        self._command = command or [shutil.which("PythonSlicer") or sys.executable, "-m", "vfa"]
        self._process: Any = None
        self._listener: Listener | None = None
        self._errors = b""
        self._last_words = ""

    @property
    def process_id(self) -> int:
        """Of the running command; 0 while none runs."""
        return int(self._process.processId()) if self._process is not None else 0

    def start(self, arguments: list[str], listener: Listener) -> None:
        """Start vfa; the listener hears of progress, and of the end in any case."""
        import qt

        self.abandon()
        self._listener, self._errors, self._last_words = listener, b"", ""
        process = qt.QProcess()
        self._process = process
        process.readyReadStandardError.connect(lambda: self._read(process))
        process.readyReadStandardOutput.connect(lambda: process.readAllStandardOutput())
        process.finished.connect(lambda *_: self._finished(process))
        process.errorOccurred.connect(lambda error: self._failed(process, error))
        process.start(self._command[0], [*self._command[1:], *arguments])

    def cancel(self) -> None:
        """Close the worker's standard input, on which it ends; kill it if it should not."""
        if self._process is not None:
            _stop(self._process)

    def abandon(self) -> None:
        """Stop it and hear nothing more of it."""
        process, self._process, self._listener = self._process, None, None
        if process is not None:
            _stop(process)
            _ABANDONED.append(process)
            process.finished.connect(lambda *_: _ABANDONED.remove(process) if process in _ABANDONED else None)

    def _read(self, process: Any) -> None:
        """Take whole lines off standard error: progress as JSON, anything else is what vfa says."""
        received = bytes(process.readAllStandardError().data())
        if process is not self._process:
            return
        *lines, self._errors = (self._errors + received).split(b"\n")
        for line in lines:
            self._hear(line.decode("utf-8", "replace").strip())

    def _hear(self, line: str) -> None:
        try:
            told = json.loads(line)
            step, fraction = str(told["step"]), float(told["fraction"])
        except (ValueError, KeyError, TypeError):
            self._last_words = line.removeprefix("vfa: ") or self._last_words
            return
        if self._listener is not None:
            self._listener.progressed(step, fraction)

    def _finished(self, process: Any) -> None:
        if process is not self._process:
            return
        self._read(process)
        self._hear(self._errors.decode("utf-8", "replace").strip())
        self._end(int(process.exitCode()), self._last_words)

    def _failed(self, process: Any, error: Any) -> None:
        import qt

        if process is self._process and error == qt.QProcess.FailedToStart:
            self._end(COULD_NOT_START, f"{self._command[0]} could not be started")

    def _end(self, status: int, last_words: str) -> None:
        listener, self._process, self._listener = self._listener, None, None
        if listener is not None:
            listener.ended(status, last_words)


_ABANDONED: list[Any] = []  # kept until they have ended: destroying a QProcess would kill its launcher alone


def _stop(process: Any) -> None:
    import qt

    process.closeWriteChannel()
    qt.QTimer.singleShot(KILL_AFTER_MS, lambda: _kill_if_running(process))


def _kill_if_running(process: Any) -> None:
    import qt

    if process.state() != qt.QProcess.NotRunning:
        process.kill()
