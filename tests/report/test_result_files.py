"""A result folder holds what was asked for, assessment.json last."""

from __future__ import annotations

import json

import pytest

from tests.report import made_up
from vfa.errors import UsageError
from vfa.report.document import to_document
from vfa.report.result_files import parse_formats, result_files


def test_formats_are_read_from_a_list_with_commas() -> None:
    assert parse_formats("json,html") == ("json", "html")
    assert parse_formats(" HTML , html") == ("html",)


@pytest.mark.parametrize("emit", ["xml", "json,", "", "json html", "pdf"])
def test_an_unknown_format_is_refused_with_the_known_ones(emit: str) -> None:
    with pytest.raises(UsageError, match="expected any of json, html"):
        parse_formats(emit)


def test_assessment_json_is_the_last_file_to_appear() -> None:
    made = made_up.assessment()
    contents = result_files(to_document(made), made.findings, (None, made_up.spine()), ("json", "html"))
    assert list(contents) == ["report.html", "assessment.json"]
    assert json.loads(contents["assessment.json"])["profiles"] == ["seed", "local"]
    assert b"data:image/png;base64," in contents["report.html"]


def test_a_study_without_vertebrae_has_a_page_without_a_picture() -> None:
    made = made_up.assessment(made_up.empty())
    contents = result_files(to_document(made), made.findings, (made_up.volume(), None), ("html",))
    assert b"No vertebra was found" in contents["report.html"]
    assert b"<img" not in contents["report.html"]
