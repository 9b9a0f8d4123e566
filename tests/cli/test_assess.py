"""`vfa assess`: what it asks of the pipeline, prints, writes, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.cli.conftest import Pipeline
from tests.report import made_up
from vfa.errors import ClinicalRefused, GeometryRefused, LabelsRefused, NotAnImage, UsageError, VfaError
from vfa.intended_use import NOTICE
from vfa.model.volume import Modality
from vfa.pipeline import AssessmentRequest
from vfa.report.document import to_document
from vfa.report.json import read_assessment

Vfa = Callable[..., Result]


def flowed(text: str) -> str:
    return " ".join(text.split())


def test_it_prints_the_table_and_writes_both_files(vfa: Vfa, pipeline: Pipeline, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "result"
    ended = vfa("assess", "study", "--out", out)
    assert ended.exit_code == 0
    assert {path.name for path in out.iterdir()} == {"assessment.json", "report.html"}
    assert read_assessment(out) == to_document(made_up.assessment())
    said = flowed(ended.stdout)
    assert "Kyphoplasty contraindicated There is a neurological deficit." in said
    assert NOTICE in said
    assert f"Writtento{out}:report.html,assessment.json" in "".join(ended.stdout.split())  # a long path is broken


def test_without_out_only_the_table_is_printed(
    vfa: Vfa, pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = vfa("assess", "study")
    assert ended.exit_code == 0
    assert "Written" not in ended.stdout
    assert list(tmp_path.iterdir()) == []


def test_emit_chooses_the_files(vfa: Vfa, pipeline: Pipeline, tmp_path: Path) -> None:
    assert vfa("assess", "study", "--out", tmp_path / "r", "--emit", "json").exit_code == 0
    assert [path.name for path in (tmp_path / "r").iterdir()] == ["assessment.json"]


def test_every_option_reaches_the_pipeline(vfa: Vfa, pipeline: Pipeline) -> None:
    options = (
        "--segmentation a.nii.gz --segmentation b.nii.gz --labels totalseg:whole --clinical c.toml --profile seed "
        "--profile local.toml --series 1.2.3 --anchor L5@1,2,3 --segmenter mine --modality stir"
    )
    assert vfa("assess", "study", *options.split()).exit_code == 0
    assert pipeline.requests == [
        AssessmentRequest(
            input=Path("study"),
            segmentations=(Path("a.nii.gz"), Path("b.nii.gz")),
            labels="totalseg:whole",
            clinical=Path("c.toml"),
            profiles=("seed", "local.toml"),
            series_uid="1.2.3",
            anchor="L5@1,2,3",
            segmenter="mine",
            modality=Modality.STIR,
        )
    ]


def test_left_out_options_are_those_of_the_pipeline(vfa: Vfa, pipeline: Pipeline) -> None:
    assert vfa("assess", "study").exit_code == 0
    assert vfa("assess", "--segmentation", "a.nii.gz").exit_code == 0
    assert pipeline.requests == [
        AssessmentRequest(input=Path("study")),
        AssessmentRequest(segmentations=(Path("a.nii.gz"),)),
    ]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UsageError("wrong"), 2),
        (NotAnImage("no image"), 3),
        (GeometryRefused("slices missing"), 3),
        (LabelsRefused("which labels?"), 3),
        (ClinicalRefused("line 3"), 3),
    ],
)
def test_a_refusal_is_one_sentence_on_stderr_and_leaves_nothing(
    vfa: Vfa, pipeline: Pipeline, tmp_path: Path, error: VfaError, status: int
) -> None:
    pipeline.answer = error
    ended = vfa("assess", "study", "--out", tmp_path / "result", "--progress", "none")
    assert ended.exit_code == status
    assert ended.stderr == f"vfa: {error}\n"
    assert ended.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_ours_is_one_sentence_that_says_how_to_see_more(
    vfa: Vfa, pipeline: Pipeline, tmp_path: Path
) -> None:
    pipeline.answer = ZeroDivisionError("division by zero")
    ended = vfa("assess", "study", "--out", tmp_path / "result", "--progress", "none")
    assert ended.exit_code == 1
    assert ended.stderr.count("\n") == 1
    assert "ZeroDivisionError: division by zero" in ended.stderr
    assert "--debug" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("error", "status"), [(ZeroDivisionError("oops"), 1), (NotAnImage("no image"), 3)])
def test_debug_shows_the_traceback_and_keeps_the_status(
    vfa: Vfa, pipeline: Pipeline, error: Exception, status: int
) -> None:
    pipeline.answer = error
    ended = vfa("assess", "study", "--debug")
    assert ended.exit_code == status
    assert "Traceback (most recent call last)" in ended.stderr
    assert str(error) in ended.stderr.splitlines()[-1]


def test_nothing_measurable_is_written_and_ends_with_status_4(vfa: Vfa, pipeline: Pipeline, tmp_path: Path) -> None:
    pipeline.answer = made_up.nothing_measured()
    ended = vfa("assess", "study", "--out", tmp_path / "result", "--progress", "none")
    assert ended.exit_code == 4
    assert ended.stderr == "vfa: No vertebra could be measured.\n"
    (t11,) = read_assessment(tmp_path / "result").vertebrae
    assert t11.status == "unmeasurable"
    assert "T11 not measured: the image's edge cuts it" in ended.stdout


def test_a_spine_that_was_not_found_is_written_and_ends_with_status_4(
    vfa: Vfa, pipeline: Pipeline, tmp_path: Path
) -> None:
    pipeline.answer = made_up.assessment(made_up.empty())
    ended = vfa("assess", "study", "--out", tmp_path / "result")
    assert ended.exit_code == 4
    assert read_assessment(tmp_path / "result").vertebrae == ()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--out", "r", "--emit", "xml"), "json, html"),
        (("--out", "r", "--emit", "sr"), "study"),
        (("--emit", "json"), "--out"),
        (("--modality", "PET"), "--modality"),
        (("--progress", "loud"), "--progress"),
        (("--nonsense",), "--nonsense"),
    ],
)
def test_wrong_use_ends_with_status_2_before_anything_is_read(
    vfa: Vfa, pipeline: Pipeline, arguments: tuple[str, ...], said: str
) -> None:
    ended = vfa("assess", "study", *arguments)
    assert ended.exit_code == 2
    assert said in ended.stderr
    assert pipeline.requests == []


def test_an_out_that_is_a_file_is_wrong_use(vfa: Vfa, pipeline: Pipeline, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    ended = vfa("assess", "study", "--out", tmp_path / "taken", "--progress", "none")
    assert ended.exit_code == 2
    assert "cannot be written to" in ended.stderr
    assert (tmp_path / "taken").read_text() == "mine"


def test_progress_as_json_is_one_object_a_line_on_stderr(vfa: Vfa, pipeline: Pipeline, tmp_path: Path) -> None:
    ended = vfa("assess", "study", "--out", tmp_path / "r", "--progress", "json")
    told = [json.loads(line) for line in ended.stderr.splitlines()]
    assert told[:2] == [{"step": "reading the images", "fraction": 0.0}, {"step": "measuring", "fraction": 0.5}]
    assert {"step", "fraction"} == {key for line in told for key in line}


@pytest.mark.parametrize("kind", ["bar", "none"])
def test_a_pipe_sees_no_bar_and_no_colour(vfa: Vfa, pipeline: Pipeline, kind: str) -> None:
    ended = vfa("assess", "study", "--progress", kind)
    assert ended.stderr == ""
    assert "\x1b" not in ended.stdout
    assert max(len(line) for line in ended.stdout.splitlines()) <= 100
    assert not [line for line in ended.stdout.splitlines() if line != line.rstrip()]


def test_columns_sets_the_width_of_a_pipe(vfa: Vfa, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    assert max(len(line) for line in vfa("assess", "study").stdout.splitlines()) > 100
