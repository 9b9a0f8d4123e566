"""`vfa explain`: the decision at one level as sentences, read from the result alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from tests.builders import all_answered, clear_vertebra, intact_vertebra, loss_of, study
from vfa.cli.explain import explain
from vfa.cli.faults import told_plainly
from vfa.eligibility import judge, load_profile
from vfa.report.document import to_document

PROFILES = [load_profile("seed"), load_profile("seed-residual-one-third")]


def run(*arguments: object) -> Result:
    app = typer.Typer()
    app.command()(told_plainly(explain))
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "400"})


@pytest.fixture
def result(tmp_path: Path) -> Path:
    """L1 with a loss of half, the wall intact, and no word on pain."""
    findings = study(clear_vertebra(loss=loss_of(0.5, 0.01)), intact_vertebra("L2"))
    told = all_answered(level={"pain": "not stated", "myelopathy": "yes"})
    document = to_document(judge(findings, told, PROFILES))
    (tmp_path / "assessment.json").write_text(document.model_dump_json(exclude_none=True), "utf-8")
    return tmp_path


def test_what_stands_against_a_procedure_is_told_with_its_number_and_source(result: Path) -> None:
    ended = run(result, "L1", "vertebroplasty")
    assert ended.exit_code == 0
    assert "L1, vertebroplasty, by seed: contraindicated" in ended.stdout
    assert "VP-C4: The vertebral body is collapsed by more than one third." in ended.stdout
    assert "50.0 %" in ended.stdout
    assert "[seed text, vertebroplasty: in whom it is not applied" in ended.stdout


def test_what_is_open_is_told_with_what_would_settle_it(result: Path) -> None:
    ended = run(result / "assessment.json", "L1", "kyphoplasty")
    assert "L1, kyphoplasty, by seed: indeterminate" in ended.stdout
    assert "Would decide it: levels.L1.pain." in ended.stdout
    assert "could change the conclusion:\n  levels.L1.pain\n" in ended.stdout


def test_what_is_urgent_comes_first(result: Path) -> None:
    said = run(result, "L1", "kyphoplasty").stdout
    assert said.index("URGENT: Myelopathy is stated") < said.index("Open:")


def test_another_profile_of_the_result_can_be_asked(result: Path) -> None:
    ended = run(result, "L1", "vertebroplasty", "--profile", "seed-residual-one-third")
    assert "no exclusion found, for specialist review" in ended.stdout


def test_the_notice_of_use_is_printed(result: Path) -> None:
    assert "not a medical device" in run(result, "L2", "kyphoplasty").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("L9", "vertebroplasty"), "there are: L1, L2"),
        (("L1", "vertebroplasty", "--profile", "ours"), "there are: seed, seed-residual-one-third"),
    ],
)
def test_what_the_result_does_not_hold_is_wrong_use(result: Path, arguments: tuple[str, ...], said: str) -> None:
    ended = run(result, *arguments)
    assert ended.exit_code == 2
    assert said in ended.stderr


def test_a_file_that_is_no_result_is_refused_in_one_sentence(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"schema_version": "1.0"}), "utf-8")
    for path in (other, tmp_path / "absent.json"):
        ended = run(path, "L1", "vertebroplasty")
        assert ended.exit_code == 3
        assert ended.stderr.count("\n") == 1
