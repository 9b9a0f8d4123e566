"""The printed report holds the content of the page, with the same numbers, on A4."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from tests.report import made_up
from vfa.intended_use import NOTICE
from vfa.report.document import to_document
from vfa.report.pdf import TITLE, render_pdf
from vfa.report.pictures import Pictures, draw_pictures

A4_POINTS = (595.28, 841.89)  # ISO 216: 210 × 297 mm


def printed(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


@pytest.fixture(scope="module")
def pdf() -> bytes:
    pictures = draw_pictures(to_document(made_up.assessment()), made_up.findings(), (made_up.volume(), made_up.spine()))
    return render_pdf(to_document(made_up.assessment()), pictures)


def test_every_page_is_a4_and_carries_the_notice_and_its_number(pdf: bytes) -> None:
    pages = PdfReader(io.BytesIO(pdf)).pages
    for number, page in enumerate(pages, start=1):
        assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx(A4_POINTS, abs=0.5)
        text = " ".join(page.extract_text().split())
        assert NOTICE in text
        assert text.count(str(number)) >= 1


def test_conclusions_and_what_would_settle_them_are_printed(pdf: bytes) -> None:
    text = printed(pdf)
    assert "Vertebroplasty: indeterminate The height loss is too close to one third to tell." in text
    assert "Kyphoplasty: contraindicated There is a neurological deficit." in text
    assert "Urgent: A deficit with a compressed level needs attention now." in text
    assert "Could settle it: an answer on bleeding disorder." in text
    assert "No indication at T11, T12, L2" in text
    assert "Vertebroplasty (by “local”): indeterminate" in text


def test_the_numbers_are_those_chosen_by_hand(pdf: bytes) -> None:
    text = printed(pdf)
    assert "18.2 (17.6–18.8)" in text
    assert "31.0 anterior (27.0–35.0); neighbours T12, L2" in text
    assert "-1.2 middle (-4.2 to 1.8)" in text
    assert "intact; retropulsion 0.4 mm" in text
    assert "T11 not measured: the image's edge cuts it" in text


def test_rules_stand_with_their_sources_and_the_checklist_and_remarks_are_there(pdf: bytes) -> None:
    text = printed(pdf)
    assert "VP-C4 OPEN – contraindication: the body has lost more than one third of its height" in text
    assert "Looked at: height loss 31.0 % (27.0–35.0 %), measured" in text
    assert "Source: seed text" in text
    assert "Written consent: to do" in text
    assert "Corrected on reading: one doubled slice was left out" in text
    assert "T11: a small piece apart was left out" in text


def test_the_spine_and_both_close_ups_of_the_fractured_level_are_on_it_once(pdf: bytes) -> None:
    assert sum(len(page.images) for page in PdfReader(io.BytesIO(pdf)).pages) == 3


def test_the_strip_and_the_charts_name_the_levels(pdf: bytes) -> None:
    text = printed(pdf)
    assert "grade 2, −31.0 %" in text
    assert all(f"{column}" in text for column in ("Anterior", "Middle", "Posterior"))
    assert text.count("T12") >= 4  # in the strip and in the three charts


def test_hostile_words_are_printed_and_never_followed() -> None:
    document = to_document(made_up.assessment(made_up.findings(made_up.HOSTILE + " <b>& ≤ 三")))
    assert "<script>alert(1)</script> [31m <b>& ≤" in printed(render_pdf(document, Pictures()))


def test_equal_answers_give_equal_bytes(pdf: bytes) -> None:
    pictures = draw_pictures(to_document(made_up.assessment()), made_up.findings(), (made_up.volume(), made_up.spine()))
    assert render_pdf(to_document(made_up.assessment()), pictures) == pdf


@pytest.mark.parametrize("nothing", [made_up.nothing_measured(), made_up.assessment(made_up.empty())])
def test_a_study_without_a_measurement_has_a_report_that_says_so(nothing) -> None:
    text = printed(render_pdf(to_document(nothing), Pictures()))
    assert TITLE in text
    assert "No vertebra" in text


def test_what_no_font_holds_does_not_stop_it() -> None:
    document = to_document(made_up.assessment(made_up.findings("脊椎 🦴")))
    assert printed(render_pdf(document, Pictures()))
