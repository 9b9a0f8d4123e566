"""A dask cluster of two workers gives the same tables as local processes, also when it loses one of them."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.batch.conftest import SmallExport, tables
from vfa.batch.pool import DaskPool
from vfa.batch.run import BatchSummary
from vfa.batch.worker import WorkerLimits
from vfa.errors import UsageError


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def scheduler(export: SmallExport, tmp_path: Path) -> Iterator[str]:
    """A scheduler and two single-threaded workers, each its own process."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    place = ["--host", "127.0.0.1", "--no-dashboard"]
    module = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    processes = [subprocess.Popen([*module, *place, "--port", str(port)], **quiet)]  # type: ignore[call-overload]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard"]
    processes += [subprocess.Popen([*worker, "--no-nanny"], **quiet) for _ in range(2)]  # type: ignore[call-overload]
    yield address
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_cluster_gives_the_same_tables_even_when_a_worker_dies_midway(
    finished: dict[str, bytes], run: Callable[..., BatchSummary], export: SmallExport, scheduler: str, tmp_path: Path
) -> None:
    wait_for_workers(scheduler, 2)
    export.trouble(0).write_text("die once")
    summary = run(out=tmp_path / "clustered", scheduler=scheduler)
    assert (summary.done, summary.failed) == (3, 0)
    assert tables(tmp_path / "clustered") == finished
    assert wait_for_workers(scheduler, 1) == 1  # the other one died


def wait_for_workers(address: str, wanted: int) -> int:
    end = time.monotonic() + 300
    while True:
        try:
            pool = DaskPool(address, WorkerLimits())
        except UsageError:
            seen = 0
        else:
            seen = len(pool.workers())
            pool.close()
        if seen >= wanted or time.monotonic() > end:
            return seen
        time.sleep(0.3)


def test_a_scheduler_that_does_not_answer_is_wrong_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vfa.batch.pool.CONNECT_S", 0.5)
    with pytest.raises(UsageError, match=re.escape("no scheduler answers there")):
        DaskPool(f"tcp://127.0.0.1:{free_port()}", WorkerLimits())
