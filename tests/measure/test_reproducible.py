"""The same image gives the same numbers to the last digit, however many cores the machine has."""

from __future__ import annotations

from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

from vfa.measure import measure_spine
from vfa.model.estimate import Unmeasurable
from vfa.model.findings import VertebraFindings
from vfa.model.spine import Spine
from vfa.model.volume import Volume
from vfa.pipeline import AssessmentRequest, locate

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data" / "study"


def numbers(findings: tuple[VertebraFindings, ...]) -> list[str]:
    told = []
    for one in findings:
        assert not isinstance(one.heights, Unmeasurable)
        assert not isinstance(one.posterior_wall, Unmeasurable)
        told += [repr(one.heights.centre), repr(one.heights.left), repr(one.posterior_wall.canal_area_mm2)]
    return told


def with_threads(how_many: int, spine: Spine, volume: Volume) -> list[str]:
    with threadpool_limits(how_many, user_api="blas"):
        return numbers(measure_spine(spine, volume))


@pytest.mark.slow
def test_the_numbers_do_not_hang_on_how_many_threads_share_a_sum() -> None:
    volume, spine = locate(AssessmentRequest(input=SAMPLE), lambda step, share: None)
    assert volume is not None
    assert with_threads(2, spine, volume) == with_threads(1, spine, volume)
