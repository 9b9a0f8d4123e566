"""What does a page of the printed report look like? A4, its type, and the notice on the foot of every page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import matplotlib
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate

from vfa.intended_use import NOTICE
from vfa.report import words

# The fonts matplotlib brings, embedded: they hold every sign the report uses (≤, −, ², Greek and Cyrillic letters).
FONT, BOLD = "DejaVuSans", "DejaVuSans-Bold"
MARGIN = 16 * mm
FOOT = 20 * mm
TEXT_WIDTH = A4[0] - 2 * MARGIN
INK, QUIET, LINE = colors.HexColor("#1b2330"), colors.HexColor("#566072"), colors.HexColor("#d8dde6")
BAD, ASK, CALM = colors.HexColor("#b3261e"), colors.HexColor("#8a5a00"), colors.HexColor("#1f5fa8")
COLOUR_OF_CONCLUSION = {
    "contraindicated": BAD,
    "indeterminate": ASK,
    "no_exclusion_found": CALM,
    "no_indication": INK,
}


@cache
def _fonts() -> None:
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for name in (FONT, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))
    pdfmetrics.registerFontFamily(FONT, normal=FONT, bold=BOLD, italic=FONT, boldItalic=BOLD)


@cache
def style(kind: str) -> ParagraphStyle:
    """A paragraph style by name: title, heading, level, body, quiet, cell, cell-head or one of the conclusions."""
    _fonts()
    if kind in COLOUR_OF_CONCLUSION:
        return ParagraphStyle(kind, fontName=BOLD, fontSize=10, leading=13.5, textColor=COLOUR_OF_CONCLUSION[kind])
    body = ParagraphStyle("body", fontName=FONT, fontSize=9, leading=12.5, textColor=INK, spaceAfter=2)
    return {
        "title": ParagraphStyle("title", body, fontName=BOLD, fontSize=14, leading=18),
        "heading": ParagraphStyle("heading", body, fontName=BOLD, fontSize=11.5, leading=16, spaceBefore=9),
        "level": ParagraphStyle("level", body, fontName=BOLD, fontSize=10, leading=14, spaceBefore=6),
        "body": body,
        "quiet": ParagraphStyle("quiet", body, fontSize=8, leading=11, textColor=QUIET),
        "urgent": ParagraphStyle("urgent", body, fontName=BOLD, textColor=BAD),
        "cell": ParagraphStyle("cell", body, fontSize=7.5, leading=9.5, spaceAfter=0),
        "cell-head": ParagraphStyle("cell-head", body, fontSize=7.5, leading=9.5, textColor=QUIET, spaceAfter=0),
    }[kind]


def paragraph(text: str, kind: str = "body") -> Paragraph:
    """Text as a paragraph: control characters are dropped, markup is shown and never followed."""
    return Paragraph(escape(words.printable(text)), style(kind))


def build(story: Sequence[Flowable], title: str, foot: str) -> bytes:
    """The pages as PDF bytes, equal for equal stories: no clock and no chance goes in.

    Args:
        story: what flows over the pages.
        title: the document's title.
        foot: what stands on every page before its number.
    """
    stream = io.BytesIO()
    document = SimpleDocTemplate(
        stream,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=FOOT,
        title=title,
        author="vfa",
        subject=NOTICE,
        lang="en",
        invariant=1,
    )

    def draw_foot(canvas: Canvas, page: SimpleDocTemplate) -> None:
        note = Paragraph(escape(NOTICE), style("cell-head"))
        _, height = note.wrap(TEXT_WIDTH, FOOT)
        note.drawOn(canvas, MARGIN, FOOT - 3 * mm - height)
        canvas.setFont(FONT, 7)
        canvas.setFillColor(QUIET)
        canvas.drawString(MARGIN, 6 * mm, foot)
        canvas.drawRightString(A4[0] - MARGIN, 6 * mm, f"{page.page}")

    document.build(list(story), onFirstPage=draw_foot, onLaterPages=draw_foot)
    return stream.getvalue()
