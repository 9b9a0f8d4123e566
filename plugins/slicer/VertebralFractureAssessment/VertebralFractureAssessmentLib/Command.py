"""Which vfa command answers a request? The one a user would type, with answers and edits in files of its own."""

from __future__ import annotations

import json
from pathlib import Path

from VertebralFractureAssessmentLib.Parameters import Request
from VertebralFractureAssessmentLib.Result import Result
from VertebralFractureAssessmentLib.Roles import Given

TO_SHOW = "json,labels"
TO_EXPORT_DICOM = "json,html,pdf,seg,sr,sc"
TO_EXPORT_FILES = "json,html,pdf,labels"  # of images that are no DICOM


def command(request: Request, given: Given, found: Result | None, folder: Path, out: tuple[Path, str]) -> list[str]:
    """The arguments of `vfa` for a request.

    Args:
        request: what is asked.
        given: the input as files.
        found: what vfa found without edits; needed once there are edits.
        folder: where the answers and edits are written for vfa.
        out: where vfa writes its result, and which files.

    Raises:
        OSError: if a file cannot be written.
    """
    arguments = ["assess", given.path, *given.options]
    if request.answers.given:
        arguments += ["--clinical", _written(folder / "clinical.json", request.answers.clinical_file())]
    if request.edits and found is not None:
        arguments += ["--edits", _written(folder / "edits.json", request.edits.edits_file(found.document))]
    if request.edits.bodies_file:
        arguments += ["--segmentation", request.edits.bodies_file]
    return [*arguments, "--out", str(out[0]), "--emit", out[1], "--progress", "json"]


def _written(path: Path, content: object) -> str:
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)
