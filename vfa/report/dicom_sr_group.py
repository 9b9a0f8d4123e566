"""What does the structured report say of one vertebra? One measurement group of TID 1411 (PS3.16).

Numbers are those of assessment.json, in full, with the bounds of their 95 % intervals beside them; fractions are given
in per cent. What was not measured is an evaluation that says so and why, never a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import highdicom as hd
from pydicom.sr.coding import Code

from vfa import __version__
from vfa.report import contract as c
from vfa.report import dicom_codes as codes
from vfa.report import words
from vfa.report.dicom_derived import DerivedFrom
from vfa.report.dicom_seg import tracking_id

Measurements = Iterator["hd.sr.Measurement | hd.sr.QualitativeEvaluation"]
CONTAINS = hd.sr.RelationshipTypeValues.CONTAINS
HAS_PROPERTIES = hd.sr.RelationshipTypeValues.HAS_PROPERTIES

UNITS = {
    "mm": codes.MILLIMETRE,
    "mm2": codes.SQUARE_MILLIMETRE,
    "fraction": codes.PERCENT,
    "HU": codes.HOUNSFIELD_UNIT,
}
FRACTURES = {"present": codes.PRESENT, "absent": codes.ABSENT, "indeterminate": codes.UNDETERMINED}
PROCEDURES = {"vertebroplasty": "VP", "kyphoplasty": "KP"}
CONCLUSIONS = {
    "contraindicated": "CONTRAINDICATED",
    "no_indication": "NO-INDICATION",
    "indeterminate": "INDETERMINATE",
    "no_exclusion_found": "NO-EXCLUSION",
}
VERDICTS = {"MET": "MET", "NOT_MET": "NOT-MET", "UNKNOWN": "UNKNOWN"}
COLUMNS = {"anterior": "HA", "middle": "HM", "posterior": "HP"}


@dataclass(frozen=True)
class Segment:
    """Where a body is drawn: a segment of a segmentation object."""

    sop_class_uid: str
    sop_instance_uid: str
    number: int


def vertebra_group(
    vertebra: c.Vertebra, segment: Segment, source: DerivedFrom
) -> hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations:
    """The measurement group of one vertebra.

    Args:
        vertebra: the vertebra of the contract's document.
        segment: its body.
        source: the series it was measured on.
    """
    said = list(_said(vertebra))
    group = hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(source.tracking_uid(vertebra.level), tracking_id(vertebra.level)),
        referenced_segment=hd.sr.ReferencedSegment(
            sop_class_uid=segment.sop_class_uid,
            sop_instance_uid=segment.sop_instance_uid,
            segment_number=segment.number,
            source_series=hd.sr.SourceSeriesForSegmentation(source.first.SeriesInstanceUID),
        ),
        finding_type=codes.VERTEBRAL_BODY,
        finding_sites=[hd.sr.FindingSite(codes.vertebra(vertebra.level))],
        algorithm_id=hd.sr.AlgorithmIdentification(name="vfa", version=__version__),
        measurements=[one for one in said if isinstance(one, hd.sr.Measurement)],
        qualitative_evaluations=[one for one in said if isinstance(one, hd.sr.QualitativeEvaluation)],
    )
    group[0].ContentSequence.extend(_remarks(vertebra))
    return group


def text(name: Code, value: str, relationship: hd.sr.RelationshipTypeValues = CONTAINS) -> hd.sr.TextContentItem:
    """A sentence; control characters and emptiness are not let through, since UT may hold neither."""
    return hd.sr.TextContentItem(name, words.printable(value) or words.NOT_MEASURED, relationship)


def _said(vertebra: c.Vertebra) -> Measurements:
    yield from _heights(vertebra)
    yield from _losses(vertebra)
    yield from _deformity(vertebra)
    yield from _wall(vertebra)
    yield from _quantity("MARROW", vertebra.marrow.mean_hu, "HU")
    for name, procedure in vertebra.procedures.items():
        yield from _procedure(PROCEDURES[name], procedure)


def _heights(vertebra: c.Vertebra) -> Measurements:
    for column, code in COLUMNS.items():
        heights, expected = vertebra.heights_mm, vertebra.expected_heights_mm
        yield from _quantity(code, heights if isinstance(heights, c.Missing) else getattr(heights, column), "mm")
        yield from _quantity(
            f"{code}-EXPECTED", expected if isinstance(expected, c.Missing) else getattr(expected, column), "mm"
        )


def _losses(vertebra: c.Vertebra) -> Measurements:
    loss, lateral = vertebra.height_loss, vertebra.lateral_loss
    if isinstance(loss, c.Missing):
        yield from _quantity("LOSS", loss, "fraction")
    else:
        yield _number("LOSS", loss.fraction, loss.ci95, "fraction")
        yield _coded("LOSS-COLUMN", codes.private(loss.column.upper()))
    if isinstance(lateral, c.Missing):
        yield from _quantity("LATERAL-LOSS", lateral, "fraction")
    else:
        yield _number("LATERAL-LOSS", lateral.fraction, lateral.ci95, "fraction")
        yield _coded("LATERAL-SIDE", codes.private(lateral.side.upper()))


def _deformity(vertebra: c.Vertebra) -> Measurements:
    deformity = vertebra.deformity
    if isinstance(deformity, c.Missing):
        yield _unmeasured(codes.private("FRACTURE"), deformity)
        return
    yield _coded("FRACTURE", FRACTURES[deformity.fracture], deformity.because)
    yield hd.sr.QualitativeEvaluation(codes.GENANT, codes.GENANT_GRADES[deformity.genant_grade])
    yield _coded("SHAPE", codes.private(deformity.shape.upper()))


def _wall(vertebra: c.Vertebra) -> Measurements:
    wall = vertebra.posterior_wall
    if isinstance(wall, c.Missing):
        yield _unmeasured(codes.private("WALL"), wall)
        return
    yield _coded("WALL", codes.private(wall.status.upper().replace("_", "-")), wall.because)
    yield from _quantity("RETROPULSION", wall.retropulsion_mm, "mm")
    yield from _quantity("BREACH-AREA", wall.breach_area_mm2, "mm2")
    yield from _quantity("CANAL-AP", wall.canal_ap_mm, "mm")
    yield from _quantity("CANAL-AREA", wall.canal_area_mm2, "mm2")
    yield from _quantity("CANAL-AP-LOSS", wall.canal_compromise.diameter_fraction, "fraction")
    yield from _quantity("CANAL-AREA-LOSS", wall.canal_compromise.area_fraction, "fraction")


def _procedure(code: str, procedure: c.Procedure) -> Measurements:
    yield _coded(code, codes.private(CONCLUSIONS[procedure.conclusion]), procedure.because)
    for outcome in procedure.outcomes:
        evaluation = hd.sr.QualitativeEvaluation(
            codes.rule(outcome.id, outcome.sentence), codes.private(VERDICTS[outcome.verdict])
        )
        yield _explained(evaluation, outcome.because)


def _remarks(vertebra: c.Vertebra) -> list[hd.sr.TextContentItem]:
    remarks = [text(codes.COMMENT, sentence) for sentence in vertebra.quality]
    if not isinstance(vertebra.expected_heights_mm, c.Missing):
        remarks.append(text(codes.private("REFERENCE"), vertebra.expected_heights_mm.reference))
    urgent = {outcome.urgent for one in vertebra.procedures.values() for outcome in one.outcomes if outcome.urgent}
    return [*remarks, *(text(codes.COMMENT, f"Urgent: {sentence}") for sentence in sorted(urgent))]


def _quantity(code: str, part: c.Quantity | c.Missing, unit: str) -> Measurements:
    if isinstance(part, c.Missing):
        yield _unmeasured(codes.private(code), part)
    else:
        yield _number(code, part.value, part.ci95, unit)


def _number(code: str, value: float, ci95: c.Interval, unit: str) -> hd.sr.Measurement:
    factor = 100 if unit == "fraction" else 1
    measurement = hd.sr.Measurement(name=codes.private(code), value=float(factor * value), unit=UNITS[unit])
    bounds = zip(("CI95-LOW", "CI95-HIGH"), ci95, strict=True)
    _add_children(
        measurement[0],
        [
            hd.sr.NumContentItem(codes.private(name), float(factor * bound), UNITS[unit], None, HAS_PROPERTIES)
            for name, bound in bounds
        ],
    )
    return measurement


def _unmeasured(name: Code, part: c.Missing) -> hd.sr.QualitativeEvaluation:
    evaluation = hd.sr.QualitativeEvaluation(name, codes.private("NOT-MEASURED"))
    return _explained(evaluation, words.why_missing(part))


def _coded(code: str, value: Code, because: str = "") -> hd.sr.QualitativeEvaluation:
    return _explained(hd.sr.QualitativeEvaluation(codes.private(code), value), because)


def _explained(evaluation: hd.sr.QualitativeEvaluation, because: str) -> hd.sr.QualitativeEvaluation:
    if because:
        _add_children(evaluation[0], [text(codes.private("WHY"), because, HAS_PROPERTIES)])
    return evaluation


def _add_children(item: hd.sr.ContentItem, children: list[hd.sr.ContentItem]) -> None:
    if "ContentSequence" not in item:
        item.ContentSequence = hd.sr.ContentSequence()
    item.ContentSequence.extend(children)
