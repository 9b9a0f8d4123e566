"""Who runs the work? Local processes, or a dask cluster; both behind concurrent.futures.Executor.

A local worker is an executor with one process, so that the death of a worker is the death of one study's run and
of no other's.
"""

from __future__ import annotations

import importlib
import importlib.util
import multiprocessing
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Protocol, TypeVar

from vfa.batch.worker import WorkerLimits, child_environment, prepare_worker, within_time
from vfa.errors import UsageError

_Work = TypeVar("_Work")
_End = TypeVar("_End")

CONNECT_S = 15.0


class Pool(Protocol):
    """Runs one unit of work on each of its free workers."""

    def capacity(self) -> int:
        """How many units may run at once; 0 while there is no worker."""

    def submit(self, function: Callable[[_Work], _End], work: _Work) -> Future[_End]:
        """Start a unit; asked only while fewer than `capacity` run."""

    def is_death(self, error: BaseException) -> bool:
        """Whether this error says that the worker died under its unit."""

    def end(self, future: Future[Any]) -> None:
        """End a unit that does not end by itself."""

    def close(self) -> None:
        """Let all workers go; what still runs is dropped."""


class LocalPool:
    """Processes on this machine, started afresh (spawn) so that none inherits locks or threads."""

    def __init__(self, workers: int, limits: WorkerLimits) -> None:
        if workers < 1:
            raise UsageError(f"--workers {workers}: expected 1 or more")
        self._limits = limits
        self._lanes = [_Lane(limits) for _ in range(workers)]

    def capacity(self) -> int:
        """The number of workers."""
        return len(self._lanes)

    def submit(self, function: Callable[[_Work], _End], work: _Work) -> Future[_End]:
        """Start a unit on a free worker."""
        lane = next(lane for lane in self._lanes if lane.is_free)
        return lane.submit(function, work)

    def is_death(self, error: BaseException) -> bool:
        """Whether the worker died."""
        return isinstance(error, BrokenProcessPool)

    def end(self, future: Future[Any]) -> None:
        """Kill the worker; its future then says so."""
        for lane in self._lanes:
            if lane.future is future:
                lane.kill()

    def close(self) -> None:
        """Kill every worker: an idle one has nothing to lose, a busy one appears in the journal as interrupted."""
        for lane in self._lanes:
            lane.kill()


class _Lane:
    """One worker process behind an executor, replaced when it has died."""

    def __init__(self, limits: WorkerLimits) -> None:
        self._limits = limits
        self._executor: Executor | None = None
        self._process: multiprocessing.process.BaseProcess | None = None
        self.future: Future[Any] | None = None

    @property
    def is_free(self) -> bool:
        return self.future is None or self.future.done()

    def submit(self, function: Callable[[_Work], _End], work: _Work) -> Future[_End]:
        if self._executor is not None:
            try:
                self.future = self._executor.submit(within_time, self._limits.seconds, function, work)
                return self.future
            except BrokenProcessPool:
                self.kill()
        self._executor = ProcessPoolExecutor(
            1, multiprocessing.get_context("spawn"), initializer=prepare_worker, initargs=(self._limits,)
        )
        known = set(multiprocessing.active_children())
        with child_environment(self._limits):
            self.future = self._executor.submit(within_time, self._limits.seconds, function, work)
        self._process = next(iter(set(multiprocessing.active_children()) - known), None)
        return self.future

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = self._process = None


class DaskPool:
    """Workers of a dask cluster; each should have one thread, and see export and output under the same paths."""

    def __init__(self, address: str, limits: WorkerLimits) -> None:
        if importlib.util.find_spec("distributed") is None:
            raise UsageError("--scheduler needs dask; install it with pip install 'vfa[batch]'")
        self._address, self._limits = address, limits
        distributed = importlib.import_module("distributed")
        try:
            self._client = distributed.Client(address, timeout=CONNECT_S, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise UsageError(f"--scheduler {address}: no scheduler answers there ({error})") from error
        self._executor: Executor = self._client.get_executor(pure=False)

    def capacity(self) -> int:
        """One unit for each thread of the cluster, asked anew each time; none while no worker is there."""
        return sum(self.workers().values())

    def workers(self) -> dict[str, int]:
        """The workers' addresses and their threads."""
        try:
            return dict(self._client.nthreads())
        except (OSError, TimeoutError, ValueError, RuntimeError) as error:
            raise UsageError(
                f"--scheduler {self._address}: no answer any more ({error}); start it and repeat the command, which "
                "resumes"
            ) from error

    def submit(self, function: Callable[[_Work], _End], work: _Work) -> Future[_End]:
        """Hand a unit to the scheduler, which gives it to another worker should the first die."""
        return self._executor.submit(within_time, self._limits.seconds, function, work)

    def is_death(self, error: BaseException) -> bool:
        """Whether the scheduler gave up after several workers died under the unit."""
        return type(error).__name__ == "KilledWorker"

    def end(self, future: Future[Any]) -> None:
        """Ask the scheduler to forget it; the worker's own clock ends the process."""
        future.cancel()

    def close(self) -> None:
        """Leave the cluster as it is."""
        self._client.close()
