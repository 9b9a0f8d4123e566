"""How is `assessment.json` written, and how is it read again?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vfa.errors import InputRefused
from vfa.model.assessment import Assessment
from vfa.report.contract import SCHEMA_VERSION, AssessmentFile
from vfa.report.document import to_document
from vfa.report.files import write_files

FILE_NAME = "assessment.json"


def to_json(assessment: Assessment) -> dict[str, Any]:
    """The assessment as plain JSON values to the contract: dicts, lists, strings, booleans and finite numbers."""
    return _plain(to_document(assessment))


def to_bytes(document: AssessmentFile) -> bytes:
    """The file's bytes: UTF-8, keys in the contract's order; NaN and infinity are impossible."""
    text = json.dumps(_plain(document), indent=1, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def write_assessment(assessment: Assessment, folder: Path) -> Path:
    """Write `assessment.json` into the folder, complete or not at all; return its path.

    Raises:
        OSError: when it cannot be written.
    """
    return write_files(folder, {FILE_NAME: to_bytes(to_document(assessment))})[0]


def read_assessment(path: Path) -> AssessmentFile:
    """Read an `assessment.json`, or the one in a result folder.

    Raises:
        InputRefused: if it is missing, no JSON, or not of this contract.
    """
    file = path / FILE_NAME if path.is_dir() else path
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputRefused(
            f"{file}: expected an {FILE_NAME} written by vfa, but it cannot be read ({error})"
        ) from error
    try:
        return AssessmentFile.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"]) or "the file"
        raise InputRefused(
            f"{file}: expected an {FILE_NAME} of schema version {SCHEMA_VERSION}, "
            f"but {place} does not fit ({first['msg']}); write it again with this version of vfa"
        ) from error


def _plain(document: AssessmentFile) -> dict[str, Any]:
    # A key that has no value (an Outcome's reason, an Evidence's interval) is left out, never null.
    return document.model_dump(mode="json", exclude_none=True)
