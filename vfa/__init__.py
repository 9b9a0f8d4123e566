"""vfa: can this fractured vertebra be treated by vertebroplasty or kyphoplasty, and what stands against it?

    import vfa

    result = vfa.assess("study/")                    # one study
    for one in vfa.assess_many(["a/", "b/"]): ...    # many, on all cores
    cohort = vfa.read_cohort("result/")              # what `vfa batch` wrote, as pandas frames
    agreement = vfa.compare("result/", "mine.csv")   # with one's own readings

What is not named in `__all__` is not public. Everything is imported when first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from vfa.batch.cohort import Cohort
    from vfa.batch.compare import Comparison
    from vfa.batch.many import Assessed
    from vfa.errors import InputRefused, UsageError, VfaError
    from vfa.pipeline import AssessmentRequest, AssessmentResult
    from vfa.report.contract import AssessmentFile

__version__ = "0.1.0"
__all__ = [
    "Assessed",
    "AssessmentFile",
    "AssessmentRequest",
    "AssessmentResult",
    "Cohort",
    "Comparison",
    "InputRefused",
    "UsageError",
    "VfaError",
    "assess",
    "assess_many",
    "compare",
    "read_cohort",
]

_HOMES = {
    "Assessed": "vfa.batch.many",
    "AssessmentFile": "vfa.report.contract",
    "AssessmentRequest": "vfa.pipeline",
    "AssessmentResult": "vfa.pipeline",
    "Cohort": "vfa.batch.cohort",
    "Comparison": "vfa.batch.compare",
    "InputRefused": "vfa.errors",
    "UsageError": "vfa.errors",
    "VfaError": "vfa.errors",
}


def assess(request: AssessmentRequest | Path | str) -> AssessmentResult:
    """Assess one input: a path, or a request that says how.

    Raises:
        VfaError: when the request is wrong or the input is refused.
    """
    from pathlib import Path

    from vfa.pipeline import AssessmentRequest, run

    return run(request if isinstance(request, AssessmentRequest) else AssessmentRequest(input=Path(request)))


def assess_many(requests: Iterable[AssessmentRequest | Path | str], workers: int = 0) -> Iterator[Assessed]:
    """Assess many inputs on several processes; answers come as they end, a failed input is an answer too.

    A program that calls this needs the usual `if __name__ == "__main__":`.

    Args:
        requests: paths, or requests that say how.
        workers: processes; 0 for one per core.
    """
    from vfa.batch import many

    return many.assess_many(requests, workers)


def read_cohort(folder: Path | str) -> Cohort:
    """The tables that `vfa batch --out DIR` wrote, as pandas frames with units in the column names.

    Raises:
        InputRefused: if there is no cohort.
        UsageError: without pandas and pyarrow (pip install 'vfa[batch]').
    """
    from vfa.batch import cohort

    return cohort.read_cohort(folder)


def compare(cohort: Path | str, readings: Path | str) -> Comparison:
    """Agreement of a cohort with a CSV of one's own readings: limits of agreement and weighted kappa.

    Raises:
        InputRefused: if either cannot be read.
    """
    from pathlib import Path

    from vfa.batch.compare import compare as compare_tables

    return compare_tables(Path(cohort), Path(readings))


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'vfa' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
