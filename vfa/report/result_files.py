"""Which files does a result folder hold, and what is in them?

The DICOM objects and what they need (highdicom, reportlab) are imported only when they are asked for.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from vfa.errors import UsageError
from vfa.model.findings import StudyFindings
from vfa.model.spine import Spine
from vfa.model.volume import Volume
from vfa.report import html, json
from vfa.report.contract import AssessmentFile
from vfa.report.pictures import Pictures, draw_pictures

if TYPE_CHECKING:
    from vfa.report.dicom_derived import DerivedFrom

LABELS = "labels"  # the bodies as a label file, which is written beside the rest and not by this room
FORMATS = ("json", "html", "pdf", "seg", "sr", "sc", LABELS)
DICOM_FORMATS = ("seg", "sr", "sc")  # cannot be without a DICOM study; a pdf can, and then lacks its DICOM twin
_WITH_PICTURES = {"html", "pdf", "sc"}


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
        findings: what the document was made from, for the pictures.
        images: the volume and the masks the findings were made from.
        formats: as `parse_formats` gives them; "sr" brings "seg" along.

    Raises:
        UsageError: for DICOM objects of an image that is no DICOM.
        InputRefused: if an image file cannot be read any more.
    """
    pictures = draw_pictures(document, findings, images) if _WITH_PICTURES & set(formats) else Pictures()
    contents: dict[str, bytes] = {}
    if "html" in formats:
        contents[html.FILE_NAME] = html.render_html(document, pictures).encode()
    if {"pdf", *DICOM_FORMATS} & set(formats):
        contents |= _filed(document, images, pictures, formats)
    if "json" in formats:
        contents[json.FILE_NAME] = json.to_bytes(document)
    return contents


def _filed(
    document: AssessmentFile,
    images: tuple[Volume | None, Spine | None],
    pictures: Pictures,
    formats: tuple[str, ...],
) -> dict[str, bytes]:
    """The PDF, and everything that goes into the PACS."""
    from vfa.report import dicom_objects, pdf

    volume, spine = images
    source = _source(document, volume, spine, formats)
    contents: dict[str, bytes] = {}
    if volume is not None and spine is not None and source is not None:
        contents |= dicom_objects.body_objects(document, volume, spine, source, formats)
        if "sc" in formats:
            contents |= dicom_objects.picture_objects(document, pictures, source)
    if "pdf" in formats:
        contents[pdf.FILE_NAME] = pdf.render_pdf(document, pictures)
        if source is not None:
            contents |= dicom_objects.report_object(contents[pdf.FILE_NAME], source)
    return contents


def _source(
    document: AssessmentFile, volume: Volume | None, spine: Spine | None, formats: tuple[str, ...]
) -> DerivedFrom | None:
    from vfa.report.dicom_objects import answer_source

    if volume is not None and spine is not None and volume.source.series_instance_uid:
        return answer_source(document, volume, spine, datetime.now())
    wanted = [name for name in formats if name in DICOM_FORMATS]
    if wanted:
        raise no_study(wanted)
    return None


def no_study(wanted: list[str]) -> UsageError:
    """The sentence for DICOM objects of an image that belongs to no DICOM study."""
    return UsageError(
        f"--emit {','.join(wanted)}: a DICOM object belongs to the study of its images, and the input is no DICOM "
        "series; leave it out, or give the DICOM images (json, html and pdf need none)"
    )
