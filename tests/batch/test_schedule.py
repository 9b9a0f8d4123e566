"""What happens when a worker dies, hangs or raises, tried on real processes with small work."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from vfa.batch.pool import LocalPool
from vfa.batch.schedule import MAX_DEATHS, Ended, Lost, work_off
from vfa.batch.worker import THREAD_VARIABLES, WorkerLimits, limit_memory
from vfa.errors import UsageError

IS_POSIX = os.name == "posix"


def do(work: tuple[str, str]) -> str:
    """One unit: what to do, and where to count the runs."""
    what, folder = work
    with (Path(folder) / what).open("a") as runs:
        runs.write("x")
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "die once" and (Path(folder) / what).stat().st_size == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "hang":
        time.sleep(600)
    if what == "raise":
        raise ZeroDivisionError("no")
    if what == "eat":
        limit_memory(2**30)
        return str(len(bytearray(2**31)))
    return what.upper()


def ended(works: list[str], folder: Path, limits: WorkerLimits, workers: int = 2) -> dict[str, Any]:
    pool = LocalPool(workers, limits)
    try:
        units = [(what, str(folder)) for what in works]
        answers: list[Ended[tuple[str, str], str]] = list(work_off(units, do, pool, limits))
    finally:
        pool.close()
    assert sorted(one.work[0] for one in answers) == sorted(works)
    return {one.work[0]: one.answer for one in answers}


def runs(folder: Path, what: str) -> int:
    return (folder / what).stat().st_size


@pytest.mark.skipif(not IS_POSIX, reason="signals and memory limits of POSIX")
def test_deaths_hangs_and_errors_cost_one_unit_each_and_the_rest_goes_on(tmp_path: Path) -> None:
    answers = ended(["a", "die", "die once", "raise", "eat", "b"], tmp_path, WorkerLimits())
    answers |= ended(["hang", "c"], tmp_path, WorkerLimits(seconds=3.0), workers=1)
    assert [answers[what] for what in ("a", "b", "c", "die once")] == ["A", "B", "C", "DIE ONCE"]
    assert isinstance(answers["raise"], ZeroDivisionError)
    assert isinstance(answers["eat"], MemoryError)
    assert isinstance(answers["die"], Lost)
    assert answers["die"].reason == "worker_killed"
    assert isinstance(answers["hang"], Lost)
    assert answers["hang"].reason == "time_limit"
    counted = {what: runs(tmp_path, what) for what in ("a", "b", "c", "raise", "hang", "die", "die once")}
    assert counted == {"a": 1, "b": 1, "c": 1, "raise": 1, "hang": 1, "die": MAX_DEATHS, "die once": 2}


def environment(names: tuple[str, ...]) -> tuple[dict[str, str | None], int]:
    return {name: os.environ.get(name) for name in names}, os.getpid()


def test_workers_are_told_to_use_one_thread_each_and_the_parent_keeps_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    limits = WorkerLimits(threads=1)
    pool = LocalPool(1, limits)
    try:
        (one,) = work_off([THREAD_VARIABLES], environment, pool, limits)
    finally:
        pool.close()
    assert not isinstance(one.answer, BaseException | Lost)
    seen, pid = one.answer
    assert seen == dict.fromkeys(THREAD_VARIABLES, "1")
    assert pid != os.getpid()
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ


class StuckPool:
    """A pool whose worker neither answers nor ends by itself."""

    def __init__(self) -> None:
        self.ended: list[Future[Any]] = []

    def capacity(self) -> int:
        return 1

    def submit(self, function: Callable[[Any], Any], work: Any) -> Future[Any]:
        return Future()

    def is_death(self, error: BaseException) -> bool:
        return False

    def end(self, future: Future[Any]) -> None:
        self.ended.append(future)
        future.cancel()
        future.set_running_or_notify_cancel()

    def close(self) -> None:
        pass


def test_a_worker_that_cannot_end_itself_is_ended_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vfa.batch.schedule.GRACE_S", 0.2)
    monkeypatch.setattr("vfa.batch.schedule.LOOK_EVERY_S", 0.05)
    pool = StuckPool()
    (one,) = work_off(["stuck"], str.upper, pool, WorkerLimits(seconds=0.1))
    assert one.answer == Lost("time_limit", "it took longer than the time limit, and its worker was ended")
    assert len(pool.ended) == 1


class EmptyCluster(StuckPool):
    """A cluster whose workers come after a while, or never."""

    def __init__(self, looks_until_workers: int) -> None:
        super().__init__()
        self.left = looks_until_workers

    def capacity(self) -> int:
        self.left -= 1
        return int(self.left < 0)

    def submit(self, function: Callable[[Any], Any], work: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(function(work))
        return future


def test_a_cluster_without_workers_is_waited_for_and_given_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vfa.batch.schedule.LOOK_EVERY_S", 0.01)
    answers = list(work_off(["a", "b"], str.upper, EmptyCluster(20), WorkerLimits(seconds=0.05)))
    assert [one.answer for one in answers] == ["A", "B"]
    monkeypatch.setattr("vfa.batch.schedule.PATIENCE_S", 0.1)
    with pytest.raises(UsageError, match="no worker has been there"):
        list(work_off(["a"], str.upper, EmptyCluster(10**9), WorkerLimits()))


def test_no_worker_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="--workers 0"):
        LocalPool(0, WorkerLimits())
