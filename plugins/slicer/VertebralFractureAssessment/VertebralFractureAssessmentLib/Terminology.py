"""What is a vertebra called in codes? The terminology entry of a segment, as DICOM SEG export needs it.

The codes are those of `Resources/VertebralFractureAssessment.term.json`, which Slicer's terminology selector reads too.
"""

from __future__ import annotations

import json
from pathlib import Path

CONTEXT = "Vertebrae - vfa"
FILE = Path(__file__).resolve().parent.parent / "Resources" / "VertebralFractureAssessment.term.json"


def entry(level: str) -> str:
    """Slicer's serialised terminology entry for a level; the code for "vertebra" where a level has none of its own."""
    category = json.loads(FILE.read_text(encoding="utf-8"))["SegmentationCodes"]["Category"][0]
    types = {one["CodeMeaning"]: one for one in category["Type"]}
    kind = types.get(f"{level} vertebra", types["Vertebra"])
    return "~".join((CONTEXT, _code(category), _code(kind), "^^", "", "^^", "^^"))


def load() -> None:
    """Let Slicer's terminology selector know the codes; does nothing where there is no such module."""
    import slicer

    module = getattr(slicer.modules, "terminologies", None)
    if module is not None:
        module.logic().LoadTerminologyFromFile(str(FILE))


def _code(one: dict[str, str]) -> str:
    return f"{one['CodingSchemeDesignator']}^{one['CodeValue']}^{one['CodeMeaning']}"
