"""Which studies are done, which are left, and which must be done again, and why?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from vfa.batch.failure import ENDED_BY_ITSELF
from vfa.batch.journal import Entry, Journal
from vfa.batch.retry import Retry
from vfa.batch.work import Stamp, StudyDone, StudyWork, finished


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Args:
        todo: units of work.
        kept: how many studies stay as they are.
        reasons: how many of `todo` for which reason, in words.
    """

    todo: tuple[StudyWork, ...]
    kept: int
    reasons: dict[str, int] = field(default_factory=dict)


def make_plan(works: Sequence[StudyWork], journal: Journal, retry: Retry) -> Plan:
    """Compare the export with the journal; results found finished though not entered are entered."""
    entries = journal.entries()
    todo: list[StudyWork] = []
    reasons: Counter[str] = Counter()
    adopted: list[tuple[StudyWork, StudyDone]] = []
    for work in works:
        reason = _why_do(work, entries.get(work.study_id), retry)
        done = finished(work.folder, work.stamp) if reason and reason != RETRIED else None
        if done is not None:
            adopted.append((work, done))
        elif reason:
            todo.append(work)
            reasons[reason] += 1
    _enter(journal, entries, works, todo, adopted)
    return Plan(tuple(todo), len(works) - len(todo), dict(reasons))


RETRIED = "failed before"


def _why_do(work: StudyWork, entry: Entry | None, retry: Retry) -> str:
    """Why a study is to be done, in words; empty when its result stands."""
    if entry is None:
        return "new"
    changed = _what_changed(entry.stamp, work.stamp)
    if changed:
        return changed
    if entry.state in ("waiting", "running"):
        return "left from an earlier run"
    if entry.state == "failed":
        is_due = retry is Retry.FAILED or entry.reason in ENDED_BY_ITSELF
        return RETRIED if is_due else ""
    return "" if finished(work.folder, work.stamp) else "its files are gone"


def _what_changed(before: Stamp, now: Stamp) -> str:
    parts: tuple[tuple[str, Callable[[Stamp], str]], ...] = (
        ("its input changed", lambda stamp: stamp.fingerprint),
        ("the settings changed", lambda stamp: stamp.method),
        ("vfa's version changed", lambda stamp: stamp.version),
    )
    return next((words for words, part in parts if part(before) != part(now)), "")


def _enter(
    journal: Journal,
    entries: dict[str, Entry],
    works: Sequence[StudyWork],
    todo: list[StudyWork],
    adopted: list[tuple[StudyWork, StudyDone]],
) -> None:
    journal.set_present([work.study_id for work in works])
    unknown = [work for work, _ in adopted if _is_unknown(work, entries.get(work.study_id))]
    journal.enqueue([(work.study_id, work.stamp) for work in (*todo, *unknown)])
    for work, done in adopted:
        journal.finish(work.study_id, done)


def _is_unknown(work: StudyWork, entry: Entry | None) -> bool:
    return entry is None or entry.stamp != work.stamp
