"""How do the heights run along the spine, against what they should be? Where each mark of a chart lies.

One chart per column of the bodies. Page and PDF paint the same marks (`report.html.j2`, `pdf_chart`). Places are in
units of the chart, x rightwards from the left edge and y downwards from the top, as SVG counts them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vfa.report import contract as c

COLUMNS = ("anterior", "middle", "posterior")
WIDTH, HEIGHT = 360.0, 210.0
LEFT, RIGHT, TOP, BOTTOM = 30.0, 6.0, 30.0, 24.0  # margins
TICK_MM = 5
BAR = 0.32  # half the width of an expected height, as a share of the distance between two levels
CROWDED = 10  # levels


@dataclass(frozen=True)
class Span:
    """A number with its interval, as three heights in the chart."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Mark:
    """One level in the chart."""

    level: str
    x: float
    fracture: str  # present, absent, indeterminate, or empty where it was not judged
    measured: Span
    expected: Span | None


@dataclass(frozen=True)
class HeightChart:
    """One column of the bodies along the spine, head at the left.

    Args:
        column: anterior, middle or posterior.
        ticks: (y, mm) of the lines across.
        marks: the measured levels, from head to foot.
        bar: half the width of an expected height.
    """

    column: str
    ticks: tuple[tuple[float, int], ...]
    marks: tuple[Mark, ...]
    bar: float

    @property
    def is_crowded(self) -> bool:
        """Whether there are so many levels that their names must be small."""
        return len(self.marks) > CROWDED


def height_charts(document: c.AssessmentFile) -> tuple[HeightChart, ...]:
    """A chart for each column; none where fewer than two levels were measured."""
    measured = [one for one in document.vertebrae if isinstance(one, c.MeasuredVertebra)]
    return tuple(_chart(measured, column) for column in COLUMNS) if len(measured) > 1 else ()


def _chart(vertebrae: Sequence[c.MeasuredVertebra], column: str) -> HeightChart:
    seen = [bound for one in vertebrae for part in _of(one, column) for bound in (part.value, *part.ci95)]
    lowest, highest = TICK_MM * math.floor(min(seen) / TICK_MM), TICK_MM * math.ceil(max(seen) / TICK_MM)
    inner = HEIGHT - TOP - BOTTOM

    def y_of(mm: float) -> float:
        return TOP + inner * (highest - mm) / (highest - lowest)

    def span(part: c.Quantity) -> Span:
        return Span(y_of(part.value), y_of(part.ci95[0]), y_of(part.ci95[1]))

    step = (WIDTH - LEFT - RIGHT) / len(vertebrae)
    marks = []
    for place, one in enumerate(vertebrae):
        height, *expected = [span(part) for part in _of(one, column)]
        fracture = "" if isinstance(one.deformity, c.Missing) else one.deformity.fracture
        marks.append(Mark(one.level, LEFT + (place + 0.5) * step, fracture, height, next(iter(expected), None)))
    ticks = tuple((y_of(mm), mm) for mm in range(lowest, highest + 1, TICK_MM))
    return HeightChart(column, ticks, tuple(marks), BAR * step)


def _of(vertebra: c.MeasuredVertebra, column: str) -> Iterator[c.Quantity]:
    """The height, and what it should be where that is known."""
    for heights in (vertebra.heights_mm, vertebra.expected_heights_mm):
        if not isinstance(heights, c.Missing):
            yield getattr(heights, column)
