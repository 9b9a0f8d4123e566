"""A reader corrects the sample study, and the command line takes the edits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from vfa.cli import app

STUDY = Path(__file__).resolve().parents[2] / "sample_data" / "study"


def assessed(out: Path, *options: object) -> dict[str, Any]:
    arguments = ["assess", STUDY, "--out", out, "--emit", "json,html,labels", "--progress", "none", *options]
    ended = CliRunner().invoke(app, [str(one) for one in arguments])
    assert ended.exit_code == 0, ended.output
    result: dict[str, Any] = json.loads((out / "assessment.json").read_text(encoding="utf-8"))
    return result


def level(result: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in result["vertebrae"] if one["level"] == name)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's result as vfa finds it."""
    out = tmp_path_factory.mktemp("found")
    assessed(out)
    return out


@pytest.mark.slow
def test_a_moved_line_and_a_new_name_change_that_body_and_all_names(found: Path, tmp_path: Path) -> None:
    before = json.loads((found / "assessment.json").read_text(encoding="utf-8"))
    l1 = level(before, "L1")
    line = l1["geometry"]["height_lines_lps_mm"]["anterior"]
    up = l1["geometry"]["frame"]["cranial"]
    line[1] = [at + 4.0 * step for at, step in zip(line[1], up, strict=True)]
    l1["edited_by_reader"] = ["height_lines.anterior"]
    l1["renamed_to"] = "T12"
    (tmp_path / "edits.json").write_text(json.dumps(before), encoding="utf-8")
    after = assessed(tmp_path / "after", "--edits", tmp_path / "edits.json")

    assert [one["level"] for one in after["vertebrae"]] == ["T10", "T11", "T12", "L1", "L2", "L3", "L4"]
    t12 = level(after, "T12")
    assert t12["edited_by_reader"] == ["level", "height_lines.anterior"]
    assert level(after, "L1")["edited_by_reader"] == ["level"]
    was, now = (one["heights_mm"]["anterior"]["value"] for one in (l1, t12))
    assert now - was == pytest.approx(4.0, abs=0.1)  # lines are drawn at medians
    expected = t12["expected_heights_mm"]["anterior"]["value"]
    assert t12["height_loss"]["by_column"]["anterior"]["value"] == pytest.approx(1 - now / expected)
    assert t12["height_loss"]["fraction"] < l1["height_loss"]["fraction"]
    # The rule that looks at the loss looks at the edited one.
    looked_at = [
        evidence["value"]
        for outcome in t12["procedures"]["vertebroplasty"]["outcomes"]
        for evidence in outcome["evidence"]
        if evidence["name"] == "height loss"
    ]
    assert looked_at
    assert set(looked_at) == {t12["height_loss"]["fraction"]}
    assert "edited by reader" in (tmp_path / "after" / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / "after" / "bodies.seg.nrrd").is_file()


@pytest.mark.slow
def test_a_redrawn_body_is_measured_anew_and_marked(found: Path, tmp_path: Path) -> None:
    before = json.loads((found / "assessment.json").read_text(encoding="utf-8"))
    level(before, "L1")["edited_by_reader"] = ["body"]
    (tmp_path / "edits.json").write_text(json.dumps(before), encoding="utf-8")
    bodies = found / "bodies.seg.nrrd"
    after = assessed(tmp_path / "after", "--edits", tmp_path / "edits.json", "--segmentation", bodies)
    assert level(after, "L1")["edited_by_reader"] == ["body"]
    assert level(after, "L2")["edited_by_reader"] == []
    assert after["segmentation"]["alternative_naming"] == before["segmentation"]["alternative_naming"]
    assert after["segmentation"]["produced_by"].endswith("bodies edited by reader")
    for name in ("L1", "L3"):  # the same masks, on the image's grid: the same heights but for its coarseness
        was, now = (level(one, name)["heights_mm"]["anterior"]["value"] for one in (before, after))
        assert now == pytest.approx(was, abs=0.8)
