"""Which DICOM objects carry an answer into the PACS, and what are their files called?"""

from __future__ import annotations

import hashlib
from datetime import datetime

import numpy as np

from vfa.intended_use import NOTICE
from vfa.model.spine import Spine
from vfa.model.volume import Volume
from vfa.report import json, overview, pdf
from vfa.report.contract import AssessmentFile
from vfa.report.dicom_derived import DerivedFrom, derived_from, file_bytes
from vfa.report.dicom_image import encapsulated_pdf, secondary_capture
from vfa.report.dicom_seg import segmentation
from vfa.report.dicom_sr import structured_report

FOLDER = "dicom"
KEY_PICTURE = "sagittal"


def answer_source(document: AssessmentFile, volume: Volume, spine: Spine, made_at: datetime) -> DerivedFrom:
    """The series an answer was derived from, with the answer that identifies its objects; raises as `derived_from`."""
    digest = hashlib.sha256(json.to_bytes(document))
    for vertebra in spine.vertebrae:
        digest.update(np.packbits(vertebra.body).tobytes())
    return derived_from(volume, digest.digest(), made_at)


def body_objects(
    document: AssessmentFile, volume: Volume, spine: Spine, source: DerivedFrom, formats: tuple[str, ...]
) -> dict[str, bytes]:
    """The segmentation, and the report that refers to it, by file name; neither where no body was found.

    A report is never without its segmentation: it would refer to an object that nobody has.
    """
    if not spine.vertebrae or not {"seg", "sr"} & set(formats):
        return {}
    drawn = segmentation(spine, volume, source)
    contents = {f"{FOLDER}/seg.dcm": file_bytes(drawn)}
    if "sr" in formats:
        contents[f"{FOLDER}/sr.dcm"] = file_bytes(structured_report(document, drawn, source))
    return contents


def picture_object(document: AssessmentFile, picture_png: bytes, source: DerivedFrom) -> dict[str, bytes]:
    """The key picture by file name."""
    caption = f"{overview.conclusions_at_a_glance(document)} {NOTICE}"
    return {f"{FOLDER}/sc-{KEY_PICTURE}.dcm": file_bytes(secondary_capture(picture_png, caption, source))}


def report_object(report_pdf: bytes, source: DerivedFrom) -> dict[str, bytes]:
    """The PDF report by file name."""
    return {f"{FOLDER}/pdf.dcm": file_bytes(encapsulated_pdf(report_pdf, pdf.TITLE, source))}
