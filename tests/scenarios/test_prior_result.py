"""`--prior RESULT`: an earlier result of the same patient becomes the reference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from typer.testing import CliRunner

from tests.measure.shapes import column_of_blocks
from vfa.cli import app
from vfa.model.anatomy import VERSE_IDS

THEN = [(26, 26), (25, 27), (28, 27), (27, 28)]
NOW = [(26, 26), (16, 27), (28, 27), (27, 28)]


def labels_of(heights_mm: list[tuple[float, float]], file: Path) -> Path:
    """The blocks as a label file with VerSe's numbers."""
    spine = column_of_blocks(heights_mm, spacing_mm=(1.0, 1.0, 1.0))
    labels = np.zeros(spine.grid.shape, dtype=np.uint8)
    for vertebra in spine.vertebrae:
        labels[vertebra.body] = VERSE_IDS[vertebra.level]
    ras_from_lps = np.diag([-1.0, -1.0, 1.0, 1.0])
    nibabel.save(nibabel.Nifti1Image(labels, ras_from_lps @ spine.grid.lps_from_ijk), file)
    return file


def assessed(labels: Path, out: Path, *options: object) -> dict[str, Any]:
    arguments = ["assess", "--segmentation", labels, "--labels", "verse:body", "--out", out, "--emit", "json"]
    ended = CliRunner().invoke(app, [str(one) for one in (*arguments, "--progress", "none", *options)])
    assert ended.exit_code == 0, ended.output
    result: dict[str, Any] = json.loads((out / "assessment.json").read_text(encoding="utf-8"))
    return result


def test_a_body_is_compared_with_itself_in_the_prior_result(tmp_path: Path) -> None:
    assessed(labels_of(THEN, tmp_path / "then.nii.gz"), tmp_path / "then")
    now = labels_of(NOW, tmp_path / "now.nii.gz")
    alone = assessed(now, tmp_path / "alone")
    result = assessed(now, tmp_path / "now", "--prior", tmp_path / "then")
    l2, l2_alone = (next(v for v in one["vertebrae"] if v["level"] == "L2") for one in (result, alone))
    assert l2["expected_heights_mm"]["reference"] == "the prior study"
    assert l2_alone["expected_heights_mm"]["reference"] in l2["expected_heights_mm"]["others"]
    low, high = l2["height_loss"]["ci95"]
    assert low < 1 - 17.5 / 25.3 < high  # at the anterior band's depth of 0.14
    assert any("compared with the prior study at L1, L2, L3, L4" in note for note in result["notes"])
    assert any("lay or stood then is not known" in note for note in result["notes"])


def test_a_prior_that_is_no_result_is_refused(tmp_path: Path) -> None:
    labels = labels_of(THEN, tmp_path / "then.nii.gz")
    wrong = tmp_path / "wrong.json"
    wrong.write_text("{}", encoding="utf-8")
    arguments = ["assess", "--segmentation", labels, "--labels", "verse:body", "--prior", wrong]
    ended = CliRunner().invoke(app, [str(one) for one in arguments])
    assert ended.exit_code == 3
    assert "assessment.json" in ended.output
