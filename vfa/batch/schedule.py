"""In which order do units of work run, and what happens when a worker dies or hangs?

As many units are under way as there are workers. A unit whose worker died is tried again behind the others, since
the death may have been another program's doing; the third time it is a failure. A unit that takes longer than
the time limit is ended and is a failure at once.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from vfa.batch.pool import Pool
from vfa.batch.worker import WorkerLimits
from vfa.errors import UsageError

MAX_DEATHS = 3
LOOK_EVERY_S = 1.0
# A worker ends itself at the limit; where even that fails (a stopped process), it is ended from outside.
GRACE_S = 60.0
# So long a cluster may be without any worker, one that is just being started again for example.
PATIENCE_S = 600.0

_Work = TypeVar("_Work")
_End = TypeVar("_End")


@dataclass(frozen=True)
class Lost:
    """A unit without an answer, and why; the reason is a token of `vfa.batch.failure`."""

    reason: str
    why: str


@dataclass(frozen=True)
class Ended(Generic[_Work, _End]):
    """A unit and its answer, what it raised, or why there is none."""

    work: _Work
    answer: _End | BaseException | Lost


@dataclass(frozen=True)
class _Running(Generic[_Work]):
    number: int
    work: _Work
    since_s: float


def work_off(
    works: Sequence[_Work],
    function: Callable[[_Work], _End],
    pool: Pool,
    limits: WorkerLimits,
    on_start: Callable[[_Work], None] = lambda work: None,
) -> Iterator[Ended[_Work, _End]]:
    """Run the function on every unit; answers come as they end, each unit exactly once.

    Raises:
        UsageError: when a cluster has lost all of its workers, and for ten minutes no new one came.
    """
    staffed = _Staffed(pool)
    waiting = deque(enumerate(works))
    running: dict[Future[_End], _Running[_Work]] = {}
    deaths: Counter[int] = Counter()
    while waiting or running:
        while waiting and len(running) < pool.capacity():
            number, work = waiting.popleft()
            on_start(work)
            running[pool.submit(function, work)] = _Running(number, work, time.monotonic())
        if not running:
            time.sleep(LOOK_EVERY_S)
        done, _ = wait(running, timeout=LOOK_EVERY_S, return_when=FIRST_COMPLETED)
        if not staffed.look():  # what waits for a worker is not taking its time
            running = {future: replace(unit, since_s=time.monotonic()) for future, unit in running.items()}
        for future in done:
            unit = running.pop(future)
            answer = _answer(future, pool, _is_overdue(unit, limits.seconds))
            if isinstance(answer, Lost) and answer.reason == "worker_killed":
                deaths[unit.number] += 1
                if deaths[unit.number] < MAX_DEATHS:
                    waiting.append((unit.number, unit.work))
                    continue
            yield Ended(unit.work, answer)
        for future, unit in running.items():
            if _is_overdue(unit, limits.seconds and limits.seconds + GRACE_S):
                pool.end(future)


class _Staffed:
    """Whether there is any worker, and since when there is none."""

    def __init__(self, pool: Pool) -> None:
        self._pool, self._last_seen_s = pool, time.monotonic()

    def look(self) -> bool:
        now = time.monotonic()
        if self._pool.capacity():
            self._last_seen_s = now
            return True
        if now - self._last_seen_s > PATIENCE_S:
            raise UsageError(
                f"no worker has been there for {PATIENCE_S / 60:.0f} minutes; start workers and repeat the command, "
                "which resumes"
            )
        return False


def _is_overdue(unit: _Running[_Work], seconds: float) -> bool:
    return bool(seconds) and time.monotonic() - unit.since_s >= seconds


def _answer(future: Future[_End], pool: Pool, is_overdue: object) -> _End | BaseException | Lost:
    try:
        return future.result()
    except Exception as error:
        if not (isinstance(error, CancelledError) or pool.is_death(error)):
            return error
        # The worker's clock starts after ours, so a worker that ended itself is always overdue here.
        return _over_time() if is_overdue else Lost("worker_killed", "the worker process ended without an answer")


def _over_time() -> Lost:
    return Lost("time_limit", "it took longer than the time limit, and its worker was ended")
