"""The table says what a radiologist needs, in words."""

from __future__ import annotations

import dataclasses
import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from tests.report import made_up
from vfa.intended_use import NOTICE
from vfa.model.assessment import Assessment, Conclusion, UnknownReason
from vfa.model.estimate import Why
from vfa.model.findings import StudyFindings
from vfa.report import words
from vfa.report.document import to_document
from vfa.report.table import assessment_table

LEVEL_KEYS = (
    *("pain", "fracture_confirmed", "high_energy_trauma", "destruction_or_stenosis_excludes"),
    *("foraminal_stenosis", "neurological_deficit", "posterior_wall_defect", "radicular_pain"),
)
FILES = (Path("result/assessment.json"), Path("result/report.html"))


def printed(assessment: Assessment, width: int = 100) -> str:
    text = io.StringIO()
    Console(file=text, width=width).print(assessment_table(to_document(assessment), FILES))
    return text.getvalue()


def flowed(text: str) -> str:
    """The text without the places where lines break."""
    return " ".join(text.split())


@pytest.fixture(scope="module")
def table() -> str:
    return printed(made_up.assessment())


def row_of(table: str, level: str) -> str:
    """The lines of one level in the table of heights, columns two or more spaces apart."""
    lines = table.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith(f"{level} "))
    return "\n".join(lines[first : first + 2])


def test_a_level_shows_three_heights_and_under_each_its_interval(table: str) -> None:
    first, second = row_of(table, "L1").splitlines()
    assert re.split(r" {2,}", first)[:5] == ["L1", "18.2", "21.9", "26.4", "31.0 anterior"]
    assert re.split(r" {2,}", second.strip())[:4] == ["17.6–18.8", "21.3–22.5", "25.8–27.0", "27.0–35.0"]


def test_a_level_shows_its_reference_grade_shape_fracture_and_the_interval_of_bone_behind_the_wall(table: str) -> None:
    said = flowed(row_of(table, "L1"))
    for part in ("neighbours", "T12, L2", "grade 2 wedge", "present", "intact", "0.0–1.1"):
        assert part in said


def test_an_interval_below_zero_is_not_written_with_a_dash(table: str) -> None:
    assert "-4.2 to 1.8" in row_of(table, "T12")


def test_each_procedure_has_its_conclusion_why_and_what_would_settle_it(table: str) -> None:
    said = flowed(table)
    assert "Vertebroplasty indeterminate The height loss is too close to one third to tell." in said
    assert "Could settle it: an answer on bleeding disorder; or pain at L1 and the posterior wall together." in said
    assert "Kyphoplasty contraindicated There is a neurological deficit." in said
    assert "Urgent: A deficit with a compressed level needs attention now." in said
    assert "Note: the other reading of one third would not exclude it" in said


def settling(*sets: tuple[str, ...]) -> list[str]:
    """The lines on what could settle vertebroplasty at L1."""
    study = made_up.findings()
    vertebroplasty = dataclasses.replace(made_up.judged_l1()[0], would_settle=sets, notes=())
    said = printed(Assessment(study, {"seed": {"L1": (vertebroplasty,)}})).splitlines()
    first = next(n for n, line in enumerate(said) if "Could settle it" in line)
    return [line.strip() for line in said[first : said.index("", first)]]


def test_what_could_settle_it_never_takes_more_than_three_lines() -> None:
    answers = [(f"levels.L1.{key}",) for key in LEVEL_KEYS]
    together = [(f"levels.L1.{one}", f"levels.L1.{other}") for one in LEVEL_KEYS for other in LEVEL_KEYS]
    lines = settling(*answers, ("posterior_wall",), ("image.CT",), *together)
    assert len(lines) <= 3
    assert lines[-1].endswith("; and 64 further combinations, see report.html.")


def test_where_no_single_input_settles_it_the_first_combination_is_named() -> None:
    pair = ("patient.osteoporosis", "levels.L1.pain")
    assert settling(pair) == ["Could settle it: osteoporosis and pain at L1 together."]


def test_several_profiles_stand_side_by_side_and_dissent_is_told() -> None:
    study = made_up.findings()
    seed = made_up.judged_l1()
    against = dataclasses.replace(seed[0], conclusion=Conclusion.CONTRAINDICATED, because="Bleeding.")
    said = printed(Assessment(study, {"seed": {"L1": seed}, "ours": {"L1": (against, seed[1])}}))
    (row,) = [line for line in said.splitlines() if line.startswith("L1 vertebroplasty")]
    assert re.split(r" {2,}", row.strip())[1:] == ["indeterminate", "contraindicated"]
    assert "by “ours” contraindicated: Bleeding." in flowed(said)
    assert flowed(said).count("by “ours”") == 1  # kyphoplasty agrees


def test_unmeasured_levels_with_the_same_reason_share_a_line() -> None:
    study = made_up.findings()
    cut = made_up.cut_t11()
    two = StudyFindings(study.series, "", "", (dataclasses.replace(cut, level="T10"), cut, study["L1"]))
    said = printed(made_up.assessment(two))
    assert "T10, T11 not measured: the image's edge cuts it" in said


def test_levels_where_nothing_is_indicated_share_one_line(table: str) -> None:
    assert "No indication at T11, T12, L2: No fracture is seen." in table


def test_what_was_not_measured_is_said_in_words(table: str) -> None:
    assert "T11 not measured: the image's edge cuts it" in table


def test_corrections_quality_and_notes_are_said(table: str) -> None:
    assert "Corrected on reading: one doubled slice was left out" in table
    assert "T11: a small piece apart was left out" in table
    assert "Pain was not stated for any level." in table


def test_the_notice_and_the_files_come_last(table: str) -> None:
    said = flowed(table)
    assert NOTICE in said
    assert said.endswith("Written to result: assessment.json, report.html")


def test_no_internal_token_reaches_the_reader(table: str) -> None:
    assert re.findall(r"\w+_\w+", table) == []
    for token in ("patient.", "levels.", "UNKNOWN", "NOT_MET", "Unmeasurable", "None"):
        assert token not in table


@pytest.mark.parametrize("reason", list(Why))
def test_every_reason_has_words_of_its_own(reason: Why) -> None:
    study = made_up.findings()
    l1 = dataclasses.replace(study["L1"], posterior_wall=made_up.unmeasurable("L1", "wall", reason))
    said = printed(made_up.assessment(StudyFindings(study.series, "", "", (l1,))))
    (line,) = [line for line in said.splitlines() if line.startswith("Posterior wall not measured at L1: ")]
    assert len(line.split(": ", 1)[1]) > 5
    assert "_" not in line


@pytest.mark.parametrize("reason", list(UnknownReason))
def test_every_reason_of_an_open_rule_has_words(reason: UnknownReason) -> None:
    assert "_" not in words.status(reason.value)
    assert words.status(reason.value) != reason.value


def test_it_fits_a_hundred_columns_and_holds_no_colour_codes_in_a_pipe(table: str) -> None:
    assert max(len(line) for line in table.splitlines()) <= 100
    assert "\x1b" not in table


def test_a_terminal_escape_in_a_header_is_not_printed() -> None:
    said = printed(made_up.assessment(made_up.findings(made_up.HOSTILE)))
    assert "\x1b" not in said
    assert "<script>alert(1)</script>" in said


def test_rich_markup_in_a_header_is_printed_as_it_stands() -> None:
    assert "[bold]x[/nonsense]" in printed(made_up.assessment(made_up.findings("[bold]x[/nonsense]")))


def test_a_study_without_a_measured_level_says_so() -> None:
    said = printed(made_up.nothing_measured())
    assert "No vertebra could be measured." in said
    assert "T11 not measured: the image's edge cuts it" in said


def test_a_study_without_a_vertebra_says_so() -> None:
    study = made_up.findings()
    said = printed(made_up.assessment(StudyFindings(study.series, "a segmenter", "", ())))
    assert "No vertebra was found." in said
