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
from vfa.cli.what_if import judged_again
from vfa.eligibility import judge, load_profile
from vfa.report.document import to_document
from vfa.report.json import read_assessment

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
    assert "could change the conclusion:\n  pain at L1 [levels.L1.pain]\n" in ended.stdout


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


def test_a_what_if_names_the_conclusion_and_the_rules_that_change(result: Path) -> None:
    said = run(result, "L1", "kyphoplasty", "--if", "clinical.pain=no").stdout
    assert said.startswith("The conclusion would change: indeterminate → contraindicated.")
    assert "KP-C1: open → met. The compression fracture causes no pain." in said
    assert "L1, kyphoplasty, by seed, if pain at L1 were no: contraindicated" in said


def test_a_what_if_without_effect_says_so(result: Path) -> None:
    said = run(result, "L1", "vertebroplasty", "--if", "clinical.bleeding_disorder=not stated").stdout
    assert said.startswith("The conclusion would stay: contraindicated.")
    assert "VP-C3: not met → open." in said


def test_several_answers_can_be_supposed_and_taken_away_by_their_full_keys(result: Path) -> None:
    asked = ("--if", "levels.L1.pain=yes", "--if", "patient.osteoporosis=not stated", "--if", "inr=2.5")
    said = run(result, "L1", "kyphoplasty", *asked).stdout
    assert "if pain at L1 were yes, osteoporosis were not stated and INR were 2.5" in said
    assert "KP-I1: met → open." in said
    assert "INR 2.5 is above 1.8" in said


def test_a_what_if_can_ask_a_profile_the_result_was_not_judged_by(result: Path) -> None:
    ended = run(result, "L1", "kyphoplasty", "--profile", "sir-cirse", "--if", "clinical.unstable=yes")
    assert ended.exit_code == 0
    assert "by sir-cirse" in ended.stdout
    to_weigh = ended.stdout.partition("To weigh:\n")[2].partition("\n\n")[0]
    assert "CIRSE-R3: The fracture is unstable." in to_weigh
    assert "(unverified)" in to_weigh


def test_without_a_supposition_judging_again_says_the_same(result: Path) -> None:
    document = read_assessment(result)
    for profile in document.profiles:
        again = judged_again(document, profile, [])
        for old, new in zip(document.vertebrae, again.vertebrae, strict=True):
            was = old.procedures if profile == "seed" else old.other_profiles[profile]
            for name, judged in was.items():
                assert new.procedures[name].conclusion == judged.conclusion
                assert new.procedures[name].would_settle == judged.would_settle
                assert [(o.id, o.verdict) for o in new.procedures[name].outcomes] == [
                    (o.id, o.verdict) for o in judged.outcomes
                ]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("bleeding_disorder", "expected KEY=ANSWER"),
        ("clinical.bleding_disorder=no", "did you mean 'bleeding_disorder'?"),
        ("images.wall=intact", "no such key"),
        ("clinical.bleeding_disorder=maybe", 'expected "yes" or "no"'),
        ("inr=high", "0.3 to 30"),
        ("levels.L9.pain=yes", "'L9'"),
        ("levels.T5.pain=yes", "it names T5, which was not found"),
        ("levels.L1.tumour=yes", 'patient.malignancy is "no"'),
    ],
)
def test_an_impossible_what_if_is_wrong_use(result: Path, asked: str, said: str) -> None:
    ended = run(result, "L1", "kyphoplasty", "--if", asked)
    assert ended.exit_code == 2
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_file_that_is_no_result_is_refused_in_one_sentence(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"schema_version": "1.0"}), "utf-8")
    for path in (other, tmp_path / "absent.json"):
        ended = run(path, "L1", "vertebroplasty")
        assert ended.exit_code == 3
        assert ended.stderr.count("\n") == 1
