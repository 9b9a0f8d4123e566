"""How does the answer become a structured report that other programs read? Comprehensive 3D SR of TID 1500 (PS3.16).

One measurement group per vertebra; no image library, since it costs seconds and the segmentation names the images.
The report is complete and unverified, as it stays until a reader has checked it.
"""

from __future__ import annotations

from collections.abc import Iterator

import highdicom as hd
from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from vfa.report import contract as c
from vfa.report import dicom_codes as codes
from vfa.report.dicom_derived import MODEL_NAME, UTF_8, DerivedFrom, as_archives_hold_it, derived_uid
from vfa.report.dicom_sr_group import CONTAINS, Segment, text, vertebra_group

QUALITATIVE_EVALUATIONS = Code("C0034375", "UMLS", "Qualitative Evaluations")  # TID 1500


@as_archives_hold_it()
def structured_report(document: c.AssessmentFile, segmentation: Dataset, source: DerivedFrom) -> Dataset:
    """The answer as a DICOM SR object.

    Args:
        document: the contract's document, with at least one vertebra.
        segmentation: the SEG object that draws its vertebrae.
        source: the series it was measured on.

    Raises:
        ValueError: if there is no vertebra, or one without a segment.
    """
    drawn = _segments(segmentation)
    missing = [vertebra.level for vertebra in document.vertebrae if source.tracking_uid(vertebra.level) not in drawn]
    if missing:
        raise ValueError(f"segmentation: expected a segment for every vertebra, none for {', '.join(missing)}")
    report = hd.sr.MeasurementReport(
        observation_context=_observed_by(),
        procedure_reported=codes.IMAGING_PROCEDURE,
        imaging_measurements=[
            vertebra_group(vertebra, drawn[source.tracking_uid(vertebra.level)], source)
            for vertebra in document.vertebrae
        ],
    )
    report[0].ContentSequence.append(_remarks(document))
    made = hd.sr.Comprehensive3DSR(
        evidence=[*source.headers, segmentation],
        content=report,
        is_complete=True,
        coding_schemes=[_private_scheme()],
        **source.identity("SR", "measurements and rules"),
    )
    made.SpecificCharacterSet = UTF_8  # for a highdicom that is not told it
    return made


def _segments(segmentation: Dataset) -> dict[str, Segment]:
    """Segments by tracking UID."""
    return {
        str(item.TrackingUID): Segment(
            str(segmentation.SOPClassUID), str(segmentation.SOPInstanceUID), int(item.SegmentNumber)
        )
        for item in segmentation.SegmentSequence
    }


def _observed_by() -> hd.sr.ObservationContext:
    device = hd.sr.DeviceObserverIdentifyingAttributes(uid=derived_uid("vfa device"), name=MODEL_NAME)
    return hd.sr.ObservationContext(
        observer_device_context=hd.sr.ObserverContext(hd.sr.CodedConcept("121007", "DCM", "Device"), device)
    )


def _private_scheme() -> CodingSchemeIdentificationItem:
    return CodingSchemeIdentificationItem(
        designator=codes.PRIVATE_SCHEME, name=codes.PRIVATE_SCHEME_NAME, responsible_organization="vfa"
    )


def _remarks(document: c.AssessmentFile) -> hd.sr.ContainerContentItem:
    """What holds for the whole study, in sentences."""
    container = hd.sr.ContainerContentItem(QUALITATIVE_EVALUATIONS, relationship_type=CONTAINS)
    container.ContentSequence = hd.sr.ContentSequence(list(_sentences(document)))
    return container


def _sentences(document: c.AssessmentFile) -> Iterator[hd.sr.TextContentItem]:
    yield text(codes.private("NOTICE"), document.intended_use)
    if document.profiles:
        yield text(codes.private("PROFILE"), document.profiles[0])
    segmentation = document.segmentation
    remarks = [
        f"Vertebral bodies: {segmentation.produced_by}",
        *([f"Level names: {segmentation.naming}"] if segmentation.naming else []),
        *(
            [f"The levels could also be {', '.join(segmentation.alternative_naming)}."]
            if segmentation.alternative_naming
            else []
        ),
        *(f"Corrected on reading: {correction}" for series in document.series for correction in series.corrections),
        *document.notes,
    ]
    for remark in remarks:
        yield text(codes.COMMENT, remark)
