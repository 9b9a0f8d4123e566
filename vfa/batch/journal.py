"""What became of each study so far? Kept in SQLite, so that a kill at any moment leaves a consistent answer.

Write-ahead logging lets a reader look while a batch runs (https://sqlite.org/wal.html). A second database stays
locked as long as a batch runs; the system lets go of the lock when the process ends, however it ends.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vfa.batch.failure import Failure
from vfa.batch.work import Stamp, StudyDone
from vfa.errors import UsageError

JOURNAL, LOCK = "journal.sqlite", "lock.sqlite"
SCHEMA_VERSION = 1
State = Literal["waiting", "running", "done", "failed"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS study (
    study_id TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    fingerprint TEXT NOT NULL,
    method TEXT NOT NULL,
    version TEXT NOT NULL,
    present INTEGER NOT NULL DEFAULT 1,
    runs INTEGER NOT NULL DEFAULT 0,
    outcome TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS scan (failure TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Entry:
    """One study in the journal.

    Args:
        study_id: its key.
        state: waiting, running (or interrupted), done or failed.
        stamp: what the state was made from.
        runs: how often it was started under this stamp.
        reason: why it failed, a token; empty when it did not.
    """

    study_id: str
    state: State
    stamp: Stamp
    runs: int
    reason: str = ""


class Journal:
    """The journal in a batch's output folder. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / JOURNAL
        self._database = sqlite3.connect(self._path, isolation_level=None)
        try:
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.executescript(_SCHEMA)
            version = self._database.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, SCHEMA_VERSION):
                raise UsageError(f"{self._path}: made by another version of vfa; give another --out")
            self._database.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise UsageError(f"{self._path}: this is no journal of vfa batch ({error}); give another --out") from error

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *raised: object) -> None:
        self._database.close()

    def entries(self) -> dict[str, Entry]:
        """Every study known, by id."""
        rows = self._database.execute(
            "SELECT study_id, state, fingerprint, method, version, runs, "
            "CASE state WHEN 'failed' THEN json_extract(outcome, '$.reason') ELSE '' END FROM study"
        )
        return {row[0]: Entry(row[0], row[1], Stamp(*row[2:5]), *row[5:]) for row in rows}

    def set_present(self, study_ids: list[str]) -> None:
        """Say which studies the export holds now; the others stay in the journal and out of the cohort."""
        with self._transaction():
            self._database.execute("UPDATE study SET present = 0")
            self._database.executemany(
                "UPDATE study SET present = 1 WHERE study_id = ?", [(study_id,) for study_id in study_ids]
            )

    def enqueue(self, works: list[tuple[str, Stamp]]) -> None:
        """Put studies to be done, anew or again, in state waiting."""
        with self._transaction():
            self._database.executemany(
                "INSERT OR REPLACE INTO study (study_id, state, fingerprint, method, version) "
                "VALUES (?, 'waiting', ?, ?, ?)",
                [(study_id, stamp.fingerprint, stamp.method, stamp.version) for study_id, stamp in works],
            )

    def start(self, study_id: str) -> None:
        """A worker takes it."""
        self._set("UPDATE study SET state = 'running', runs = runs + 1 WHERE study_id = ?", study_id)

    def finish(self, study_id: str, outcome: StudyDone | Failure) -> None:
        """It is done or failed; its rows are kept."""
        state = "done" if isinstance(outcome, StudyDone) else "failed"
        text = json.dumps(vars(outcome), ensure_ascii=False, allow_nan=False)
        self._set("UPDATE study SET state = ?, outcome = ? WHERE study_id = ?", state, text, study_id)

    def set_scan_failures(self, failures: list[Failure]) -> None:
        """Replace what the last scan and the clinical table had against them."""
        with self._transaction():
            self._database.execute("DELETE FROM scan")
            self._database.executemany("INSERT INTO scan VALUES (?)", [(json.dumps(vars(one)),) for one in failures])

    def outcomes(self) -> Iterator[StudyDone | Failure]:
        """What became of every study the export holds, then what belongs to none."""
        query = "SELECT state, outcome FROM study WHERE present AND state IN ('done', 'failed') ORDER BY study_id"
        for state, text in self._database.execute(query):
            outcome: dict[str, Any] = json.loads(text)
            yield StudyDone(**outcome) if state == "done" else Failure(**outcome)
        for (text,) in self._database.execute("SELECT failure FROM scan ORDER BY failure"):
            yield Failure(**json.loads(text))

    def open_studies(self) -> int:
        """How many studies of the export are neither done nor failed."""
        query = "SELECT count(*) FROM study WHERE present AND state IN ('waiting', 'running')"
        return int(self._database.execute(query).fetchone()[0])

    def _set(self, statement: str, *values: str) -> None:
        self._database.execute(statement, values)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


@contextmanager
def only_one_batch(folder: Path) -> Iterator[None]:
    """Hold the folder for one batch.

    Raises:
        UsageError: while another batch works in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = sqlite3.connect(folder / LOCK, timeout=0, isolation_level=None)
    try:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise UsageError(f"--out {folder}: another batch is working there; wait for it or give another") from error
        yield
    finally:
        with suppress(sqlite3.Error):
            lock.rollback()
        lock.close()
