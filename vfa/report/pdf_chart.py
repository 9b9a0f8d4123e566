"""How do the height charts and the strip of the whole spine look on paper?"""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.graphics.shapes import Circle, Drawing, Group, Line, Rect, String
from reportlab.lib import colors
from reportlab.platypus import Flowable, Table, TableStyle

from vfa.report.height_chart import HEIGHT, LEFT, RIGHT, WIDTH, HeightChart, Mark
from vfa.report.overview import Stretch
from vfa.report.pdf_page import ASK, BAD, BOLD, CALM, FONT, INK, LINE, QUIET, TEXT_WIDTH, paragraph

SMALL, LARGE = 8, 11  # names of levels
WANTED = colors.HexColor("#b26a00")
COLOUR_OF_FRACTURE = {"present": BAD, "indeterminate": ASK, "absent": CALM, "": CALM}
COLOUR_OF_STATE = {  # paper; the page has its own for light and dark
    "grade0": colors.HexColor("#e3e8ef"),
    "grade1": colors.HexColor("#ffe9a8"),
    "grade2": colors.HexColor("#ffc98a"),
    "grade3": colors.HexColor("#ffa59b"),
    "uncertain": colors.HexColor("#fff6d6"),
    "unmeasured": colors.white,
}


def side_by_side(charts: Sequence[HeightChart]) -> Flowable:
    """The charts in a row across the page."""
    width = TEXT_WIDTH / len(charts)
    return Table([[_drawn(chart, width) for chart in charts]], colWidths=[width] * len(charts), style=_TIGHT)


def strip(stretches: Sequence[Stretch], in_a_row: int) -> Flowable:
    """A row of vertebrae, each with its name and grade on the grade's colour."""
    width = TEXT_WIDTH / in_a_row
    cells = [[paragraph(one.level, "level"), paragraph(one.says, "quiet")] for one in stretches]
    boxes = [("BACKGROUND", (n, 0), (n, 0), COLOUR_OF_STATE[one.state]) for n, one in enumerate(stretches)]
    style = TableStyle([("BOX", (0, 0), (-1, -1), 0.5, LINE), ("INNERGRID", (0, 0), (-1, -1), 0.5, LINE), *boxes])
    style.add("VALIGN", (0, 0), (-1, -1), "TOP")
    style.add("LEFTPADDING", (0, 0), (-1, -1), 3)
    style.add("RIGHTPADDING", (0, 0), (-1, -1), 1)
    return Table([cells], colWidths=[width] * len(stretches), hAlign="LEFT", style=style)


_TIGHT = TableStyle([("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0)])


def _drawn(chart: HeightChart, width: float) -> Drawing:
    scale = width / WIDTH
    drawing = Drawing(width, HEIGHT * scale)
    group = Group(transform=(scale, 0, 0, scale, 0, 0))
    group.add(String(0, HEIGHT - 14, chart.column.capitalize(), fontName=BOLD, fontSize=13, fillColor=INK))
    for y, mm in chart.ticks:
        up = HEIGHT - y
        group.add(Line(LEFT, up, WIDTH - RIGHT, up, strokeColor=LINE, strokeWidth=0.8))
        group.add(String(LEFT - 5, up - 4, str(mm), fontName=FONT, fontSize=11, fillColor=QUIET, textAnchor="end"))
    for mark in chart.marks:
        _mark(group, mark, chart.bar)
        size = SMALL if chart.is_crowded else LARGE
        group.add(String(mark.x, 7, mark.level, fontName=FONT, fontSize=size, fillColor=QUIET, textAnchor="middle"))
    drawing.add(group)
    return drawing


def _mark(group: Group, mark: Mark, bar: float) -> None:
    if mark.expected is not None:
        low, high, value = (HEIGHT - y for y in (mark.expected.low, mark.expected.high, mark.expected.value))
        faint = colors.Color(WANTED.red, WANTED.green, WANTED.blue, alpha=0.25)
        group.add(Rect(mark.x - bar, low, 2 * bar, high - low, fillColor=faint, strokeColor=None))
        group.add(Line(mark.x - bar, value, mark.x + bar, value, strokeColor=WANTED, strokeWidth=2))
    colour = COLOUR_OF_FRACTURE[mark.fracture]
    low, high, value = (HEIGHT - y for y in (mark.measured.low, mark.measured.high, mark.measured.value))
    group.add(Line(mark.x, low, mark.x, high, strokeColor=colour, strokeWidth=2))
    group.add(Circle(mark.x, value, 3.6, fillColor=colour, strokeColor=None))
