"""The page shows the numbers of assessment.json, runs nothing, asks nothing of a network, and trusts no header."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.report import made_up
from vfa.intended_use import NOTICE
from vfa.model.assessment import AccountItem, Assessment, Conclusion
from vfa.model.clinical import Answer, ClinicalContext
from vfa.model.findings import StudyFindings
from vfa.report.document import to_document
from vfa.report.html import render_html
from vfa.report.json import to_json
from vfa.report.pictures import Pictures, draw_pictures

VOID = {"meta", "img", "br", "hr", "link", "input"}


class Page(HTMLParser):
    """What a browser sees: elements with their attributes, the table's rows, the text; and whether tags balance."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: dict[str, list[str]] = {}
        self.text = ""
        self._open: list[str] = []
        self._row: list[str] | None = None
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "tr" and dict(attrs).get("data-level"):
            self._row = self.rows.setdefault(str(dict(attrs)["data-level"]), [])
        if tag in ("td", "th") and self._row is not None:
            self._row.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag == "tr":
            self._row = None

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("style", "title"):
            return
        self.text += data
        if self._row:
            self._row[-1] += data


@pytest.fixture(scope="module")
def source() -> str:
    document = to_document(made_up.assessment())
    pictures = draw_pictures(document, made_up.findings(), (made_up.volume(), made_up.spine()))
    return render_html(document, pictures)


@pytest.fixture(scope="module")
def page(source: str) -> Page:
    return Page(source)


def numbers(cell: str) -> list[float]:
    return [float(text) for text in re.findall(r"-?\d+\.\d+", cell)]


@pytest.mark.parametrize("level", ["T12", "L1", "L2"])
def test_the_numbers_in_the_table_are_those_of_the_file(page: Page, level: str) -> None:
    vertebra = next(one for one in to_json(made_up.assessment())["vertebrae"] if one["level"] == level)
    cells = page.rows[level]

    def as_shown(part: dict[str, Any], factor: float = 1.0) -> list[float]:
        value = part["fraction"] if "fraction" in part else part["value"]
        return [round(factor * number, 1) for number in (value, *part["ci95"])]

    assert "93 % sure" in cells[0]
    for cell, column in zip(cells[4:], ("anterior", "middle", "posterior"), strict=True):
        assert numbers(cell) == as_shown(vertebra["heights_mm"][column])
    assert numbers(cells[1]) == as_shown(vertebra["height_loss"], 100)
    assert vertebra["deformity"]["fracture"] in cells[2]
    assert f"grade {vertebra['deformity']['genant_grade']}" in cells[2]
    assert vertebra["posterior_wall"]["status"] in cells[3]
    wall = vertebra["posterior_wall"]
    compromise = as_shown(wall["canal_compromise"]["diameter_fraction"], 100)
    assert numbers(cells[3]) == [*as_shown(wall["retropulsion_mm"]), *compromise]
    assert "cortical gap not measured" in cells[3]


def test_the_conclusions_come_before_the_measurements(page: Page) -> None:
    headings = ("Conclusions", "Measurements", "Preparation", "Corrections", NOTICE)
    places = [page.text.index(heading) for heading in headings]
    assert places == sorted(places)


def test_each_conclusion_says_why_and_unfolds_its_rules_with_their_source(page: Page) -> None:
    said = " ".join(page.text.split())
    assert "Vertebroplasty indeterminate The height loss is too close to one third to tell." in said
    assert "Kyphoplasty contraindicated There is a neurological deficit." in said
    assert "VP-C4 open contraindication: the body has lost more than one third of its height" in said
    assert "Looked at: height loss 31.0 % (27.0–35.0 %), measured" in said
    assert "Source: seed text" in said
    assert (
        sum(tag == "details" for tag, _ in page.elements) == 8
    )  # the rules of three procedures, two lists of combinations, profiles that agree and one of them, checklist


def test_no_internal_token_reaches_the_reader(page: Page) -> None:
    assert re.findall(r"\w+_\w+", page.text) == []


def test_the_picture_is_inside_the_page_and_has_words_for_who_cannot_see_it(page: Page) -> None:
    images = [attributes for tag, attributes in page.elements if tag == "img"]
    assert all(str(image["src"]).startswith("data:image/png;base64,iVBOR") for image in images)
    said = [str(image["alt"]).partition(",")[0] for image in images]
    assert said == ["L1", "L1", "Sagittal view of the spine"]


def test_the_strip_shows_the_whole_spine_with_names_and_grades(page: Page) -> None:
    states = [str(attributes["class"]) for tag, attributes in page.elements if tag == "li" and "class" in attributes]
    assert states == ["unmeasured", "grade0", "grade2", "grade0"]
    assert "T11not measuredT12intactL1grade 2, −31.0 %L2intact" in " ".join(page.text.split())


def test_nothing_in_the_page_runs_or_asks_for_anything(page: Page, source: str) -> None:
    assert not {"script", "link", "iframe", "object", "form", "base"} & {tag for tag, _ in page.elements}
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href"):
            assert str(attributes.get(name) or "data:").startswith("data:")
    assert "default-src 'none'" in source
    assert "url(" not in source


def hostile() -> StudyFindings:
    study = made_up.findings(made_up.HOSTILE)
    return dataclasses.replace(
        study,
        segmented_by=made_up.HOSTILE,
        naming='"><img src=x onerror=alert(1)>',
        notes=("{{ 7 * 7 }}", "</style></html>"),
        alternative_naming=("<b>L2</b>",),
    )


def test_a_hostile_header_stays_text() -> None:
    page = Page(render_html(to_document(made_up.assessment(hostile())), Pictures()))
    tags = [tag for tag, _ in page.elements]
    assert "script" not in tags
    assert "img" not in tags
    assert tags.count("html") == tags.count("style") == 1
    assert "<script>alert(1)</script>" in page.text
    assert "{{ 7 * 7 }}" in page.text
    assert "\x1b" not in page.text


def test_a_study_in_which_nothing_was_measured_has_a_page_that_says_so() -> None:
    page = Page(render_html(to_document(made_up.nothing_measured()), Pictures()))
    assert "No vertebra could be measured." in page.text
    assert "T11 not measured: the image's edge cuts it" in page.text
    assert page.rows == {}


def test_several_profiles_stand_side_by_side_and_one_that_dissents_is_told_in_full() -> None:
    study = made_up.findings()
    seed = made_up.judged_l1()
    against = dataclasses.replace(seed[0], conclusion=Conclusion.CONTRAINDICATED, because="Bleeding.")
    both = Assessment(study, {"seed": {"L1": seed}, "ours": {"L1": (against, seed[1])}})
    said = " ".join(Page(render_html(to_document(both), Pictures())).text.split())  # cells of a row stand without a gap
    assert "Level, procedureseedours" in said
    assert "L1 vertebroplastyindeterminatecontraindicated" in said
    assert "Vertebroplasty by “ours” contraindicated Bleeding." in said
    assert "The same conclusion by other profiles (1) Kyphoplasty by “ours”" in said
    assert "side by side" not in Page(render_html(to_document(Assessment(study, {"seed": {}})), Pictures())).text


def test_the_account_for_the_patient_and_what_was_stated_are_on_the_page() -> None:
    told = ClinicalContext(
        patient_answers={"osteoporosis": Answer.YES},
        medications=("warfarin",),
        level_answers={"L1": {"pain": Answer.NO}},
    )
    account = (AccountItem("vertebroplasty", "Does it hurt?", "A little.", "seed text"),)
    made = dataclasses.replace(made_up.assessment(), clinical=told, account=account)
    said = " ".join(Page(render_html(to_document(made), Pictures())).text.split())
    assert "For the patient Vertebroplasty Does it hurt?A little." in said
    assert "osteoporosis: yesmedications: warfarinpain at L1: no" in said
