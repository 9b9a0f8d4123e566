"""What is the JSON Schema of `assessment.json`? Run `python -m vfa.report.schema` to rewrite the shipped file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vfa.report.contract import SCHEMA_VERSION, AssessmentFile

SCHEMA_PATH = Path(__file__).with_name("assessment.schema.json")


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) generated from the contract's models, as a file holds it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"vfa assessment {SCHEMA_VERSION}",
        **AssessmentFile.model_json_schema(mode="serialization"),
    }


def schema_text() -> str:
    """The shipped file's text."""
    return json.dumps(json_schema(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_PATH.write_text(schema_text(), encoding="utf-8")
