"""How does the answer look on paper? `report.pdf`: the content of the page, on A4, for the file and for the PACS."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Image, KeepTogether, Paragraph, Spacer, Table, TableStyle

from vfa.model.input_words import listed
from vfa.report import contract as c
from vfa.report import images_read, overview, pdf_chart, pdf_page, wall_words, words
from vfa.report.height_chart import height_charts
from vfa.report.level_pictures import LevelPictures
from vfa.report.pdf_page import LINE, TEXT_WIDTH, paragraph
from vfa.report.pictures import Pictures

FILE_NAME = "report.pdf"
TITLE = "Vertebroplasty or kyphoplasty: what stands against it"
CHART_CAPTION = (
    "Heights along the spine, mm. Dot and line: measured, with its 95 % interval; bar: expected, with its interval. "
    "Red: fractured, amber: uncertain, blue: intact."
)
CLOSE_UP = 62 * mm
STRETCHES_IN_A_ROW = 9
FIGURE_HEIGHT = 165 * mm  # leaves room for its caption on the same A4 page
COLUMN_WIDTHS = [width * TEXT_WIDTH for width in (0.07, 0.1, 0.1, 0.1, 0.19, 0.14, 0.3)]
HEADINGS = ("Level", "Anterior mm", "Middle mm", "Posterior mm", "Height loss %", "Fracture", "Posterior wall")


def render_pdf(document: c.AssessmentFile, pictures: Pictures) -> bytes:
    """The report as PDF.

    Args:
        document: the contract's document; every number shown is one of its numbers, rounded as on the page.
        pictures: what there is to show.
    """
    story = [
        *_heading(document),
        *_strip(document),
        *_conclusions(document, pictures),
        *_measurements(document, pictures),
        *_checklist(document),
        *_remarks(document),
        *_rules(document),
    ]
    study = f", study {words.printable(document.study_instance_uid)}" if document.study_instance_uid else ""
    return pdf_page.build(story, TITLE, f"vfa {document.vfa_version}{study}")


def _heading(document: c.AssessmentFile) -> Iterator[Flowable]:
    yield paragraph(TITLE, "title")
    yield paragraph(overview.conclusions_at_a_glance(document))
    for line in images_read.series_lines(document):
        yield paragraph(line, "quiet")
    yield paragraph(f"Vertebral bodies: {document.segmentation.produced_by}", "quiet")
    if document.segmentation.naming:
        yield paragraph(f"Level names: {document.segmentation.naming}", "quiet")
    other_names = words.other_names(document.segmentation)
    if other_names:
        yield paragraph(other_names)


def _conclusions(document: c.AssessmentFile, pictures: Pictures) -> Iterator[Flowable]:
    profile = f" by the rules of “{document.profiles[0]}”" if document.profiles else ""
    yield paragraph(f"Conclusions{profile}", "heading")
    candidates = overview.candidates(document)
    if not candidates:
        yield paragraph("No level that was measured shows a fracture.")
    told_once = overview.told_once(document)
    for vertebra in candidates:
        yield from _candidate(vertebra, told_once)
        if vertebra.level in pictures.levels:
            said = f"{wall_words.wall_sentences(vertebra)} {wall_words.canal_sentences(vertebra)}"
            yield KeepTogether([_close_ups(pictures.levels[vertebra.level]), paragraph(said, "quiet")])
    if pictures.levels:
        yield paragraph(f"Close-ups. {wall_words.SAGITTAL_LEGEND} {wall_words.AXIAL_LEGEND}", "quiet")
    for note, levels in told_once.items():
        yield paragraph(f"Note on {listed(levels)}: {note}", "quiet")
    for because, levels in overview.without_indication(document).items():
        yield paragraph(f"No indication at {', '.join(levels)}: {because}")
    for vertebra in overview.not_judged(document):
        yield paragraph(f"{vertebra.level}: open, since not measured", "level")
        yield from _procedures(vertebra, ())


def _candidate(vertebra: c.Vertebra, told_once: Collection[str]) -> Iterator[Flowable]:
    yield paragraph(f"{vertebra.level}: {words.fracture(vertebra)}", "level")
    more = words.fracture_in_more_words(vertebra)
    if more:
        yield paragraph(more, "quiet")
    classes = words.suggested_classes(vertebra)
    if classes:
        yield paragraph(classes, "quiet")
    yield from _procedures(vertebra, told_once)


def _procedures(vertebra: c.Vertebra, told_once: Collection[str]) -> Iterator[Flowable]:
    for profile, name, procedure in _judged(vertebra):
        by = f" (by “{profile}”)" if profile else ""
        yield KeepTogether(list(_procedure(f"{name.capitalize()}{by}", procedure, told_once)))


def _judged(vertebra: c.Vertebra) -> Iterator[tuple[str, str, c.Procedure]]:
    """Profile (empty for the leading one), procedure's name, procedure."""
    for name, procedure in vertebra.procedures.items():
        yield "", name, procedure
    for profile, procedures in vertebra.other_profiles.items():
        for name, procedure in procedures.items():
            yield profile, name, procedure


def _procedure(name: str, procedure: c.Procedure, told_once: Collection[str]) -> Iterator[Flowable]:
    yield paragraph(f"{name}: {words.conclusion(procedure.conclusion)}", procedure.conclusion)
    yield paragraph(procedure.because)
    for outcome in procedure.outcomes:
        if outcome.urgent:
            yield paragraph(f"Urgent: {outcome.urgent}", "urgent")
    single, together = words.settle_one(procedure.would_settle), words.settle_together(procedure.would_settle)
    if single:
        yield paragraph(f"Could settle it: {single}.")
    for inputs in together:
        yield paragraph(f"Together could settle it: {inputs}.", "quiet")
    for note in procedure.notes:
        if note not in told_once:
            yield paragraph(f"Note: {note}", "quiet")
    yield Spacer(1, 2 * mm)


def _measurements(document: c.AssessmentFile, pictures: Pictures) -> Iterator[Flowable]:
    measured = [vertebra for vertebra in document.vertebrae if isinstance(vertebra, c.MeasuredVertebra)]
    yield paragraph("Measurements", "heading")
    if measured:
        rows = [[paragraph(heading, "cell-head") for heading in HEADINGS], *(_row(vertebra) for vertebra in measured)]
        style = TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE), ("VALIGN", (0, 0), (-1, -1), "TOP")])
        style.add("LEFTPADDING", (0, 0), (-1, -1), 2)
        style.add("RIGHTPADDING", (0, 0), (-1, -1), 3)
        yield Table(rows, colWidths=COLUMN_WIDTHS, repeatRows=1, style=style, hAlign="LEFT")
        yield paragraph(
            "In parentheses the 95 % interval. Height loss: of the column that lost most, against the heights the "
            f"level should have. {wall_words.TABLE_NOTE}",
            "quiet",
        )
    for vertebra in overview.unmeasured_levels(document):
        yield paragraph(f"{vertebra.level} {words.NOT_MEASURED}: {words.why_unmeasured(vertebra)}")
    charts = height_charts(document)
    if charts:
        yield KeepTogether([pdf_chart.side_by_side(charts), paragraph(CHART_CAPTION, "quiet")])
    if pictures.spine is not None:
        yield _figure(pictures.spine)


def _close_ups(level: LevelPictures) -> Flowable:
    """The two close-ups beside each other."""
    images = [Image(io.BytesIO(png), CLOSE_UP, CLOSE_UP) for png in (level.sagittal, level.axial)]
    return Table([images], colWidths=[CLOSE_UP + 4 * mm] * 2, hAlign="LEFT", spaceAfter=3 * mm)


def _strip(document: c.AssessmentFile) -> Iterator[Flowable]:
    """The whole spine, coloured by grade."""
    stretches = overview.strip(document)
    for start in range(0, len(stretches), STRETCHES_IN_A_ROW):
        yield pdf_chart.strip(stretches[start : start + STRETCHES_IN_A_ROW], STRETCHES_IN_A_ROW)


def _row(vertebra: c.MeasuredVertebra) -> list[Flowable]:
    heights = [_height(vertebra.heights_mm, column) for column in ("anterior", "middle", "posterior")]
    cells = [vertebra.level, *heights, _loss(vertebra), _fracture(vertebra), _wall(vertebra)]
    return [paragraph(cell, "cell") for cell in cells]


def _height(heights: c.Heights | c.Missing, column: str) -> str:
    if isinstance(heights, c.Missing):
        return f"{words.NOT_MEASURED}: {words.why_missing(heights)}"
    height: c.Quantity = getattr(heights, column)
    return f"{words.number(height.value)} ({words.interval(height.ci95)})"


def _loss(vertebra: c.Vertebra) -> str:
    loss, expected = vertebra.height_loss, vertebra.expected_heights_mm
    reference = "" if isinstance(expected, c.Missing) else f"; {expected.reference}"
    if isinstance(loss, c.Missing):
        return f"{words.NOT_MEASURED}: {words.why_missing(loss)}{reference}"
    between = words.interval([100 * bound for bound in loss.ci95])
    return f"{words.number(100 * loss.fraction)} {loss.column} ({between}){reference}"


def _fracture(vertebra: c.Vertebra) -> str:
    deformity = vertebra.deformity
    if isinstance(deformity, c.Missing):
        return f"{words.NOT_MEASURED}: {words.why_missing(deformity)}"
    return f"{words.status(deformity.fracture)}, Genant {words.shape_and_grade(deformity)}"


def _wall(vertebra: c.Vertebra) -> str:
    wall = vertebra.posterior_wall
    if isinstance(wall, c.Missing):
        return f"{words.NOT_MEASURED}: {words.why_missing(wall)}"
    return "; ".join([words.status(wall.status), *wall_words.table_lines(wall)])


def _figure(figure_png: bytes) -> KeepTogether:
    picture = Image(io.BytesIO(figure_png))
    scale = min(TEXT_WIDTH / picture.imageWidth, FIGURE_HEIGHT / picture.imageHeight)
    picture.drawWidth, picture.drawHeight = picture.imageWidth * scale, picture.imageHeight * scale
    caption = (
        "Through each body's own mid-plane; anterior left, head up. Solid: measured, dotted: expected height. "
        "Pink: posterior wall as traced, dotted where it could not be judged."
    )
    return KeepTogether([Spacer(1, 3 * mm), picture, paragraph(caption, "quiet")])


def _checklist(document: c.AssessmentFile) -> Iterator[Flowable]:
    if document.readiness.checklist:
        yield paragraph("Preparation", "heading")
        yield paragraph("Points to prepare; none changes a conclusion.", "quiet")
    for item in document.readiness.checklist:
        because = f" ({item.because})" if item.because else ""
        yield paragraph(f"{item.sentence.removesuffix('.')}: {item.status}{because}")


def _remarks(document: c.AssessmentFile) -> Iterator[Flowable]:
    remarks = [
        *(f"Corrected on reading: {correction}" for series in document.series for correction in series.corrections),
        *images_read.oedema_lines(document),
        *(f"{', '.join(levels)}: {sentence}" for sentence, levels in overview.remarks_on_levels(document).items()),
        *document.notes,
        *(
            f"{name.capitalize()} {words.NOT_MEASURED} at {', '.join(levels)}: {why}"
            for (name, why), levels in overview.gaps(document).items()
        ),
    ]
    if remarks:
        yield paragraph("Remarks", "heading")
    for remark in remarks:
        yield paragraph(remark)


def _rules(document: c.AssessmentFile) -> Iterator[Flowable]:
    """Every rule looked at, with its source, for the levels whose conclusions are shown in detail."""
    shown = [*overview.candidates(document), *overview.not_judged(document)]
    for vertebra in shown:
        for profile, name, procedure in _judged(vertebra):
            if procedure.outcomes:
                by = f" by “{profile}”" if profile else ""
                yield paragraph(f"Rules looked at: {name} at {vertebra.level}{by}", "heading")
            for outcome in procedure.outcomes:
                yield KeepTogether(list(_outcome(outcome)))


def _outcome(outcome: c.Outcome) -> Iterator[Paragraph]:
    verdict, kind = words.status(outcome.verdict), words.status(outcome.kind)
    yield paragraph(f"{outcome.id} {verdict.upper()} – {kind}: {outcome.sentence}")
    reason = f" ({words.status(outcome.reason)})" if outcome.reason else ""
    yield paragraph(f"{outcome.because}{reason}", "quiet")
    looked_at = "; ".join(
        words.evidence(one) + (f", {words.printable(one.source)}" if one.source else "") for one in outcome.evidence
    )
    if looked_at:
        yield paragraph(f"Looked at: {looked_at}", "quiet")
    if outcome.needs:
        yield paragraph(f"Needs: {'; '.join(words.needed_input(key) for key in outcome.needs)}", "quiet")
    yield paragraph(f"Source: {outcome.source}", "quiet")
