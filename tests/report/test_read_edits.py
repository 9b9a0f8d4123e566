from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.report import made_up
from vfa.errors import EditsRefused
from vfa.report.document import to_document
from vfa.report.json import to_bytes
from vfa.report.read_edits import read_edits

RESULT: dict[str, Any] = json.loads(to_bytes(to_document(made_up.assessment())))


def written(folder: Path, content: object) -> Path:
    path = folder / "edits.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def one_level(**changed: object) -> dict[str, object]:
    return {"schema_version": "1.0", "vertebrae": [{"level": "L1", "centre_lps_mm": [0, 0, 0], **changed}]}


LINE = [[0, -12, -13], [0, -12, 2]]


def test_a_moved_line_is_read(tmp_path: Path) -> None:
    geometry = {"height_lines_lps_mm": {"anterior": LINE}}
    edits = read_edits(written(tmp_path, one_level(edited_by_reader=["height_lines.anterior"], geometry=geometry)))
    (edit,) = edits.levels
    assert edit.level == "L1"
    assert edit.lines_lps["anterior"].tolist() == LINE
    assert edit.tokens == ("height_lines.anterior",)


def test_a_copy_of_a_result_with_one_line_marked_is_a_file_of_edits(tmp_path: Path) -> None:
    copy = json.loads(json.dumps(RESULT))
    l1 = next(v for v in copy["vertebrae"] if v["level"] == "L1")
    l1["edited_by_reader"] = ["height_lines.middle"]
    edits = read_edits(written(tmp_path, copy))
    (edit,) = edits.levels
    assert edit.lines_lps["middle"].tolist() == l1["geometry"]["height_lines_lps_mm"]["middle"]
    assert edits.study_instance_uid == RESULT["study_instance_uid"]
    assert edits.provenance is not None
    assert edits.provenance.naming == RESULT["segmentation"]["naming"]
    assert edits.provenance.confidences["L1"] == 0.93


def test_a_renamed_level_and_a_redrawn_body_are_read(tmp_path: Path) -> None:
    (edit,) = read_edits(written(tmp_path, one_level(edited_by_reader=["body"], renamed_to="T12"))).levels
    assert edit.renamed_to == "T12"
    assert edit.tokens == ("level", "body")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (RESULT, "says by edited_by_reader or renamed_to what was changed"),
        ({"schema_version": "1.0", "vertebrae": []}, "what was changed"),
        (one_level(edited_by_reader=["height_lines.anterior"]), "geometry.height_lines_lps_mm lacks it"),
        (one_level(edited_by_reader=["heights"]), "edited_by_reader"),
        (one_level(edited_by_reader=["level"]), "renamed_to does not say to what"),
        (one_level(renamed_to="L9"), "expected C1–C7"),
        (one_level(renamed_to="V2"), "expected C1–C7"),
        ({**one_level(renamed_to="L2"), "schema_version": "2.0"}, "schema_version"),
        ("no json", "does not fit"),
    ],
)
def test_what_cannot_be_followed_is_refused(tmp_path: Path, content: object, sentence: str) -> None:
    with pytest.raises(EditsRefused, match=sentence):
        read_edits(written(tmp_path, content))


def test_the_example_of_the_page_is_a_file_of_edits(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "slicer.md").read_text(encoding="utf-8")
    example = page.split("```json\n")[1].split("```")[0]
    moved, renamed = read_edits(written(tmp_path, example)).levels
    assert moved.tokens == ("height_lines.anterior",)
    assert renamed.renamed_to == "L4"


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EditsRefused, match="cannot be read"):
        read_edits(tmp_path / "none.json")
