"""Which DICOM objects carry an answer into the PACS, and what are their files called?"""

from __future__ import annotations

import hashlib
from datetime import datetime

import numpy as np

from vfa.intended_use import NOTICE
from vfa.model.spine import Spine
from vfa.model.volume import Volume
from vfa.report import json, overview, pdf, wall_words, words
from vfa.report.contract import AssessmentFile
from vfa.report.dicom_derived import DerivedFrom, derived_from, file_bytes
from vfa.report.dicom_image import AXIAL, SAGITTAL, KeyPicture, encapsulated_pdf, secondary_capture
from vfa.report.dicom_seg import segmentation
from vfa.report.dicom_sr import structured_report
from vfa.report.pictures import Pictures

FOLDER = "dicom"
SPINE = "spine"


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


def picture_objects(document: AssessmentFile, pictures: Pictures, source: DerivedFrom) -> dict[str, bytes]:
    """The key pictures by file name: the whole spine, and each level told in detail."""
    if pictures.spine is None:
        return {}
    shown = [(SPINE, pictures.spine, f"{overview.conclusions_at_a_glance(document)} {NOTICE}", SAGITTAL)]
    for vertebra in overview.candidates(document):
        close_ups = pictures.levels.get(vertebra.level)
        if close_ups is not None:
            lead, name = f"{vertebra.level}: {words.fracture(vertebra)}.", vertebra.level
            wall = f"{lead} {wall_words.wall_sentences(vertebra)} {wall_words.SAGITTAL_LEGEND} {NOTICE}"
            canal = f"{lead} {wall_words.canal_sentences(vertebra)} {wall_words.AXIAL_LEGEND} {NOTICE}"
            shown.append((f"{name}-{SAGITTAL.name}", close_ups.sagittal, wall, SAGITTAL))
            shown.append((f"{name}-{AXIAL.name}", close_ups.axial, canal, AXIAL))
    numbered = [KeyPicture(name, number, png, said, cut) for number, (name, png, said, cut) in enumerate(shown, 1)]
    return {f"{FOLDER}/sc-{one.name}.dcm": file_bytes(secondary_capture(one, source)) for one in numbered}


def report_object(report_pdf: bytes, source: DerivedFrom) -> dict[str, bytes]:
    """The PDF report by file name."""
    return {f"{FOLDER}/pdf.dcm": file_bytes(encapsulated_pdf(report_pdf, pdf.TITLE, source))}
