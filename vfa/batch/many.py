"""How does a program of one's own assess many inputs, on all cores, as they come?"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vfa.batch.failure import Failure, reason_of, sentence_of
from vfa.batch.pool import LocalPool
from vfa.batch.schedule import Lost, work_off
from vfa.batch.worker import WorkerLimits
from vfa.pipeline import AssessmentRequest, run
from vfa.report.contract import AssessmentFile
from vfa.report.document import to_document


@dataclass(frozen=True)
class Assessed:
    """What came of one input.

    Args:
        request: what was asked.
        result: the contract's document, as in assessment.json; or the failure.
    """

    request: AssessmentRequest
    result: AssessmentFile | Failure


def assess_many(
    requests: Iterable[AssessmentRequest | Path | str], workers: int = 0, limits: WorkerLimits | None = None
) -> Iterator[Assessed]:
    """Assess inputs on several processes; answers come as they end, a failed input is an answer too.

    A program that calls this on Windows or macOS needs the usual `if __name__ == "__main__":`.

    Args:
        requests: requests, or paths of inputs to be assessed in the default way.
        workers: processes; 0 for one per core.
        limits: what each worker may use.
    """
    works = [one if isinstance(one, AssessmentRequest) else AssessmentRequest(input=Path(one)) for one in requests]
    if not works:
        return
    limits = limits or WorkerLimits()
    pool = LocalPool(min(workers or os.cpu_count() or 1, len(works)), limits)
    try:
        for ended in work_off(works, _assess, pool, limits):
            yield Assessed(ended.work, _result(ended.answer, ended.work))
    finally:
        pool.close()


def _assess(request: AssessmentRequest) -> AssessmentFile:
    return to_document(run(request).assessment)


def _result(answer: AssessmentFile | BaseException | Lost, request: AssessmentRequest) -> AssessmentFile | Failure:
    if isinstance(answer, AssessmentFile):
        return answer
    where = str(request.input) if isinstance(request.input, Path) else ""
    if isinstance(answer, Lost):
        return Failure("assess", answer.reason, answer.why, where)
    if not isinstance(answer, Exception):
        raise answer
    return Failure("assess", reason_of(answer), sentence_of(answer), where)
