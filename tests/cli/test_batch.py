"""`vfa batch`: which request its options make, what it prints, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from vfa.batch import run as run_module
from vfa.batch.failure import Failure
from vfa.batch.plan import Plan
from vfa.batch.retry import Retry
from vfa.batch.run import BatchRequest, BatchSummary
from vfa.batch.scan import Scan
from vfa.batch.stop import NoSpaceLeft
from vfa.batch.worker import WorkerLimits
from vfa.model.volume import Modality

Vfa = Callable[..., Result]


class Batch:
    """Stands in for `run_batch`: takes the request, returns or raises what it is given."""

    def __init__(self, out: Path) -> None:
        failure = Failure("scan", "unreadable_file", "cut", "a.dcm")
        plan = Plan((), 3, {"new": 1, "its input changed": 2})
        self.answer: BatchSummary | BaseException = BatchSummary(
            Scan((), (failure,), 40, 2), plan, 5, 1, out, {"not_an_image": 2}
        )
        self.requests: list[BatchRequest] = []

    def run(self, request: BatchRequest, tell: Any) -> BatchSummary:
        self.requests.append(request)
        tell("assessing studies", 0.5)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


@pytest.fixture
def batch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Batch:
    stand_in = Batch(tmp_path / "out" / "cohort")
    monkeypatch.setattr(run_module, "run_batch", stand_in.run)
    return stand_in


def test_every_option_reaches_the_batch(vfa: Vfa, batch: Batch, tmp_path: Path) -> None:
    key = tmp_path / "key"
    options = (
        "--workers 3 --scheduler tcp://h:1 --clinical c.csv --profile seed --profile mine.toml --segmenter s "
        "--modality t2 --emit json --time-limit 2 --memory-limit 1.5 --retry failed --progress none"
    )
    ended = vfa("batch", "in", "--out", "o", "--deidentify", key, *options.split())
    assert ended.exit_code == 0, ended.stderr
    (request,) = batch.requests
    assert (request.export, request.out, request.clinical) == (Path("in"), Path("o"), Path("c.csv"))
    assert (request.workers, request.scheduler, request.retry) == (3, "tcp://h:1", Retry.FAILED)
    assert request.limits == WorkerLimits(1, round(1.5 * 2**30), 120.0)
    method = request.method
    assert method.profiles == ("seed", str(Path("mine.toml").resolve()))
    assert (method.segmenter, method.modality, method.formats) == ("s", Modality.T2, ("json",))
    assert method.pseudonyms is not None
    assert request.key_file == key
    assert key.exists()


def test_it_tells_what_came_of_it_and_where_it_lies(vfa: Vfa, batch: Batch) -> None:
    ended = vfa("batch", "in", "--out", "o", "--progress", "none")
    assert ended.exit_code == 0
    said = " ".join(ended.stdout.split())
    assert "5 assessed, 1 failed, 3 kept from earlier runs" in said
    assert "Done again: 2 (its input changed)" in said
    assert "Failures, by reason: not an image 2" in said
    assert "failures.csv" in said
    assert "Keep to yourself" not in said


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (NoSpaceLeft("--out o: the disk is full"), 2, "the disk is full"),
        (KeyboardInterrupt(), 130, "the same command resumes"),
        (ZeroDivisionError("x"), 1, "a fault of vfa"),
    ],
)
def test_it_ends_in_a_sentence(vfa: Vfa, batch: Batch, error: BaseException, status: int, said: str) -> None:
    batch.answer = error
    ended = vfa("batch", "in", "--out", "o", "--progress", "none")
    assert ended.exit_code == status
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--workers", "0"), "--workers"),
        (("--retry", "all"), "--retry"),
        (("--deidentify", "nowhere/key", "--emit", "xml"), "--emit"),
    ],
)
def test_wrong_use_is_told_before_anything_runs(vfa: Vfa, batch: Batch, arguments: tuple[str, ...], said: str) -> None:
    ended = vfa("batch", "in", "--out", "o", *arguments)
    assert ended.exit_code == 2
    assert said in ended.stderr
    assert batch.requests == []
    assert not Path("nowhere").exists()
