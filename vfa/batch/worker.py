"""What may a worker process use, and when does it end by itself?

N workers shall use N cores, a bounded memory, and no longer than the time limit for a study; and none may outlive
the process that started it. This file imports no numerical library: its limits are set before any is loaded.
"""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

# Each library reads its own: OpenMP, OpenBLAS, MKL, Accelerate, numexpr, ITK.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)
# glibc keeps a heap per thread and returns little of it; two heaps keep a worker's memory flat over many studies.
# Its thresholds stay as they are: trimming at once costs half a second of page faults for each study.
ALLOCATOR = {"MALLOC_ARENA_MAX": "2"}
PARENT_GONE = 75  # EX_TEMPFAIL of sysexits.h: try again

_Work = TypeVar("_Work")
_End = TypeVar("_End")


@dataclass(frozen=True)
class WorkerLimits:
    """What one worker may use.

    Args:
        threads: of each numerical library.
        memory_bytes: of the process's own data; 0 for no limit.
        seconds: for one study; 0 for no limit.
    """

    threads: int = 1
    memory_bytes: int = 0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.threads < 1 or self.memory_bytes < 0 or self.seconds < 0:
            raise ValueError(f"limits: expected threads ≥ 1, memory and seconds ≥ 0, got {self}")


@contextmanager
def child_environment(limits: WorkerLimits) -> Iterator[None]:
    """Let processes started within inherit the thread limits; this process keeps its own."""
    wanted = {**dict.fromkeys(THREAD_VARIABLES, str(limits.threads)), **ALLOCATOR}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def prepare_worker(limits: WorkerLimits) -> None:
    """Run once at the start of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    threading.Thread(target=_end_with_parent, name="end with parent", daemon=True).start()
    if limits.memory_bytes:
        limit_memory(limits.memory_bytes)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(PARENT_GONE)


def can_limit_memory() -> bool:
    """Whether the system can bound a process's memory from within."""
    return sys.platform != "win32"


def limit_memory(memory_bytes: int) -> None:
    """Let allocations beyond the limit fail with MemoryError."""
    if sys.platform == "win32":
        raise ValueError("memory cannot be limited on Windows")
    import resource

    # RLIMIT_DATA counts private writable mappings since Linux 4.7 (getrlimit(2)); elsewhere only the heap.
    kind = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
    _, hard = resource.getrlimit(kind)
    bound = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
    resource.setrlimit(kind, (bound, hard))


def within_time(seconds: float, function: Callable[[_Work], _End], work: _Work) -> _End:
    """The function's answer; the whole process ends when it takes longer, be it stuck in Python or in C.

    faulthandler's watchdog is a thread of its own that needs no interpreter lock.
    """
    if not seconds:
        return function(work)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            return function(work)
        finally:
            faulthandler.cancel_dump_traceback_later()
