"""The charts show the heights of assessment.json at their place between the ticks."""

from __future__ import annotations

import pytest

from tests.report import made_up
from vfa.report.document import to_document
from vfa.report.height_chart import COLUMNS, HeightChart, height_charts


@pytest.fixture(scope="module")
def charts() -> dict[str, HeightChart]:
    return {chart.column: chart for chart in height_charts(to_document(made_up.assessment()))}


def read_mm(chart: HeightChart, y: float) -> float:
    """What a reader reads off the ticks."""
    (y_low, low), *_, (y_high, high) = chart.ticks
    return low + (high - low) * (y - y_low) / (y_high - y_low)


@pytest.mark.parametrize("column", COLUMNS)
def test_each_height_and_its_interval_can_be_read_off_the_ticks(charts: dict[str, HeightChart], column: str) -> None:
    chart = charts[column]
    assert [mark.level for mark in chart.marks] == ["T12", "L1", "L2"]
    for mark in chart.marks:
        height = made_up.HEIGHTS_MM[mark.level][COLUMNS.index(column)]
        assert read_mm(chart, mark.measured.value) == pytest.approx(height)
        assert read_mm(chart, mark.measured.low) == pytest.approx(height - made_up.HALF_WIDTH_MM)
        assert read_mm(chart, mark.measured.high) == pytest.approx(height + made_up.HALF_WIDTH_MM)


def test_the_expected_height_stands_beside_the_measured_one(charts: dict[str, HeightChart]) -> None:
    l1 = charts["anterior"].marks[1]
    assert l1.expected is not None
    assert read_mm(charts["anterior"], l1.expected.value) == pytest.approx(26.4)
    assert l1.fracture == "present"


def test_the_head_is_at_the_left_and_every_mark_lies_between_the_ticks(charts: dict[str, HeightChart]) -> None:
    for chart in charts.values():
        places = [mark.x for mark in chart.marks]
        assert places == sorted(places)
        bottom, top = chart.ticks[0][0], chart.ticks[-1][0]
        assert all(top <= mark.measured.high <= mark.measured.low <= bottom for mark in chart.marks)


def test_nothing_measured_makes_no_chart() -> None:
    assert height_charts(to_document(made_up.nothing_measured())) == ()
