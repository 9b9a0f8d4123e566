"""When does going on make no sense, and what is said then? Whatever stops a batch, the same command resumes it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vfa.batch.failure import Failure, is_disk_full
from vfa.batch.work import StudyDone
from vfa.errors import UsageError

FULL_IN_A_ROW = 3  # studies without space for their results, after which no night is spent on more of them


class NoSpaceLeft(UsageError):
    """The disk is full."""


class ExportGone(UsageError):
    """The export can be seen no more: a drive unplugged, a share lost."""


class Watch:
    """Looks at each outcome for signs that all further ones would be the same, by no fault of theirs."""

    def __init__(self, export: Path, out: Path) -> None:
        self._export, self._out = export, out
        self._full_in_a_row = 0

    def before_entered(self, outcome: StudyDone | Failure) -> None:
        """Raise ExportGone where the failure is the export's, so that the study does not count as failed."""
        if isinstance(outcome, Failure) and outcome.reason == "unreadable_file" and not _is_there(self._export):
            raise ExportGone(f"{self._export} is there no more; bring it back and repeat the command, which resumes")

    def once_entered(self, outcome: StudyDone | Failure) -> None:
        """Raise NoSpaceLeft when study after study finds no space."""
        is_full = isinstance(outcome, Failure) and outcome.reason == "disk_full"
        self._full_in_a_row = self._full_in_a_row + 1 if is_full else 0
        if self._full_in_a_row >= FULL_IN_A_ROW:
            raise _no_space(self._out)


def _is_there(export: Path) -> bool:
    """An empty folder may be where a drive was mounted."""
    return any(export.iterdir()) if export.is_dir() else export.exists()


def _no_space(out: Path) -> NoSpaceLeft:
    return NoSpaceLeft(f"--out {out}: the disk is full; free some space and repeat the command, which resumes")


@contextmanager
def stopping_cleanly(out: Path) -> Iterator[None]:
    """Turn what the system refuses into a sentence.

    Raises:
        UsageError: NoSpaceLeft when the disk is full; else when journal or cohort cannot be written.
    """
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        if is_disk_full(error):
            raise _no_space(out) from error
        raise UsageError(
            f"--out {out}: cannot be written to ({error}); close what holds it open, or see to the disk, and repeat "
            "the command, which resumes"
        ) from error
