"""Which files does a result folder hold, and what is in them?"""

from __future__ import annotations

from vfa.errors import UsageError
from vfa.model.findings import StudyFindings
from vfa.model.spine import Spine
from vfa.model.volume import Volume
from vfa.report import html, json
from vfa.report.contract import AssessmentFile
from vfa.report.figures import spine_figure

FORMATS = ("json", "html")


def parse_formats(emit: str) -> tuple[str, ...]:
    """The formats of a comma-separated list such as "json,html", each once.

    Raises:
        UsageError: for a format vfa does not write, or none.
    """
    wanted = tuple(dict.fromkeys(part.strip().lower() for part in emit.split(",")))
    for name in wanted:
        if name not in FORMATS:
            raise UsageError(f"--emit: expected any of {', '.join(FORMATS)} with commas between, got {name!r}")
    return wanted


def result_files(
    document: AssessmentFile,
    findings: StudyFindings,
    images: tuple[Volume | None, Spine | None],
    formats: tuple[str, ...],
) -> dict[str, bytes]:
    """Contents by file name; assessment.json comes last, so that where it lies the rest lies too.

    Args:
        document: the contract's document.
        findings: what the document was made from, for the picture.
        images: the volume and the masks the findings were made from.
        formats: as `parse_formats` gives them.
    """
    contents: dict[str, bytes] = {}
    if "html" in formats:
        picture = spine_figure(*images, findings) if findings.vertebrae else None
        contents[html.FILE_NAME] = html.render_html(document, picture).encode()
    if "json" in formats:
        contents[json.FILE_NAME] = json.to_bytes(document)
    return contents
