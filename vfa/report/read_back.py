"""How does a result become findings and answers again, so that rules can judge it once more?

Everything that a rule looks at comes back. The surfaces of the endplates and the outlines for drawing are not in
`assessment.json`; in their place stands an Unmeasurable that says so, never a made-up shape. Uncertainties come back
from the 95 % intervals.
"""

from __future__ import annotations

import numpy as np

from vfa.model.estimate import NORMAL_95, Estimate, Measured, Unmeasurable, Why
from vfa.model.findings import SeriesRecord, StudyFindings, VertebraFindings
from vfa.model.fracture_classes import FractureClasses
from vfa.model.morphometry import Deformity, FractureStatus, HeightLoss, LateralLoss, Shape, ThreeHeights
from vfa.model.posterior_wall import Finding, PosteriorWall, Presence, WallStatus
from vfa.model.prior import PriorBody, PriorStudy
from vfa.model.volume import Modality
from vfa.report import contract as c

METHOD = "read from assessment.json"
_NOT_IN_A_RESULT = "a result holds no surfaces and no outlines"


def findings_of(document: c.AssessmentFile) -> StudyFindings:
    """The findings of a result, as far as rules look at them."""
    return StudyFindings(
        series=tuple(_series(one, document.study_instance_uid) for one in document.series),
        segmented_by=document.segmentation.produced_by,
        naming=document.segmentation.naming,
        vertebrae=tuple(_vertebra(one) for one in document.vertebrae),
        alternative_naming=document.segmentation.alternative_naming,
    )


def clinical_table(document: c.AssessmentFile) -> dict[str, dict[str, object]]:
    """What was stated, as a clinical file would hold it: {"patient": {…}, "levels": {"L1": {…}}}."""
    told = document.clinical
    patient: dict[str, object] = {
        key: list(value) if isinstance(value, tuple) else value for key, value in told.patient.items()
    }
    return {"patient": patient, "levels": {level: dict(given) for level, given in told.levels.items()}}


def prior_of(document: c.AssessmentFile) -> PriorStudy:
    """A result as the earlier examination that another one is compared with."""
    measured_on = next((s for s in document.series if s.role == "morphometry"), None)
    modality = None
    if measured_on is not None and not isinstance(measured_on.modality, c.Missing):
        modality = Modality(measured_on.modality)
    return PriorStudy(document.study_instance_uid, modality, tuple(_prior_body(one) for one in document.vertebrae))


def _prior_body(one: c.Vertebra) -> PriorBody:
    sides: list[ThreeHeights | Unmeasurable] = []
    for side in ("left", "right"):
        both = one.lateral_heights_mm
        sides.append(_three(one.level, both if isinstance(both, c.Missing) else getattr(both, side)))
    fracture = None if isinstance(one.deformity, c.Missing) else FractureStatus(one.deformity.fracture)
    return PriorBody(one.level, _three(one.level, one.heights_mm), sides[0], sides[1], fracture, one.treated)


def _three(level: str, heights: c.Heights | c.Missing) -> ThreeHeights | Unmeasurable:
    if isinstance(heights, c.Missing):
        return _missing(level, "heights", heights)
    columns = (heights.anterior, heights.middle, heights.posterior)
    return ThreeHeights(*(_estimate(one.value, one.ci95, "mm") for one in columns))


def _series(record: c.Series, study_instance_uid: str) -> SeriesRecord:
    return SeriesRecord(
        role=record.role,
        modality=None if isinstance(record.modality, c.Missing) else Modality(record.modality),
        study_instance_uid=study_instance_uid,
        series_instance_uid=record.series_instance_uid,
        description=record.description,
        spacing_mm=None if isinstance(record.spacing_mm, c.Missing) else record.spacing_mm,
        slice_spacing_mm=None if isinstance(record.slice_spacing_mm, c.Missing) else record.slice_spacing_mm,
        corrections=record.corrections,
        because=record.because,
    )


def _vertebra(one: c.Vertebra) -> VertebraFindings:
    level = one.level
    looked_for = {"fragmentation": one.fragmentation, "cleft": one.cleft, **one.other_findings}
    return VertebraFindings(
        level=level,
        level_confidence=None if isinstance(one.level_confidence, c.Missing) else one.level_confidence,
        centre_lps=np.array(one.centre_lps_mm),
        touches_border=one.touches_border,
        treated=one.treated_with,
        frame=_left_out(level, "body frame"),
        heights=_left_out(level, "heights"),
        expected_heights=_left_out(level, "expected heights"),
        height_loss=_height_loss(level, one.height_loss),
        lateral_loss=_lateral_loss(level, one.lateral_loss),
        deformity=_deformity(level, one.deformity),
        posterior_wall=_wall(level, one.posterior_wall),
        marrow_mean_hu=_measured(level, "marrow density", one.marrow.mean_hu, "HU"),
        findings={
            name: _finding(name, found, level) for name, found in looked_for.items() if isinstance(found, c.Finding)
        },
        classes=FractureClasses(one.suggested_classes.ao, one.suggested_classes.of, one.suggested_classes.because),
        quality=one.quality,
        edited=one.edited_by_reader,
    )


def _left_out(level: str, quantity: str) -> Unmeasurable:
    return Unmeasurable(level, quantity, Why.NO_IMAGE, _NOT_IN_A_RESULT)


def _missing(level: str, quantity: str, missing: c.Missing) -> Unmeasurable:
    return Unmeasurable(level, quantity, Why(missing.unmeasurable), missing.detail)


def _estimate(value: float, ci95: tuple[float, float], unit: str) -> Estimate:
    """The estimate whose interval this is; an interval that is cut below keeps its cut."""
    low, high = ci95
    sigma = max(high - value, 0.0) / NORMAL_95
    cut = low > value - NORMAL_95 * sigma + 1e-9
    return Estimate(value, sigma, unit, METHOD, at_least=low if cut else None)


def _measured(level: str, quantity: str, part: c.Quantity | c.Missing, unit: str) -> Measured:
    if isinstance(part, c.Missing):
        return _missing(level, quantity, part)
    return _estimate(part.value, part.ci95, unit)


def _height_loss(level: str, loss: c.HeightLoss | c.Missing) -> HeightLoss | Unmeasurable:
    if isinstance(loss, c.Missing):
        return _missing(level, "height loss", loss)
    by_column = {str(column): _estimate(one.value, one.ci95, "fraction") for column, one in loss.by_column.items()}
    return HeightLoss(_estimate(loss.fraction, loss.ci95, "fraction"), loss.column, by_column)


def _lateral_loss(level: str, loss: c.LateralLoss | c.Missing) -> LateralLoss | Unmeasurable:
    if isinstance(loss, c.Missing):
        return _missing(level, "lateral loss", loss)
    return LateralLoss(_estimate(loss.fraction, loss.ci95, "fraction"), loss.side, loss.column)


def _deformity(level: str, deformity: c.Deformity | c.Missing) -> Deformity | Unmeasurable:
    if isinstance(deformity, c.Missing):
        return _missing(level, "deformity", deformity)
    return Deformity(
        fracture=FractureStatus(deformity.fracture),
        because=deformity.because,
        genant_grade=deformity.genant_grade,
        grade_probabilities=deformity.grade_probabilities,
        shape=Shape(deformity.shape),
        signs=deformity.signs,
    )


def _wall(level: str, wall: c.PosteriorWall | c.Missing) -> PosteriorWall | Unmeasurable:
    if isinstance(wall, c.Missing):
        return _missing(level, "the posterior wall", wall)
    canal = wall.canal_compromise
    return PosteriorWall(
        status=WallStatus(wall.status),
        because=wall.because,
        retropulsion_mm=_measured(level, "retropulsion", wall.retropulsion_mm, "mm"),
        outline=_missing(level, "outline", wall.outline) if isinstance(wall.outline, c.Missing) else wall.outline,
        breach_area_mm2=_measured(level, "breach", wall.breach_area_mm2, "mm2"),
        canal_ap_mm=_measured(level, "canal diameter", wall.canal_ap_mm, "mm"),
        canal_area_mm2=_measured(level, "canal area", wall.canal_area_mm2, "mm2"),
        diameter_compromise=_measured(level, "canal compromise", canal.diameter_fraction, "fraction"),
        area_compromise=_measured(level, "canal compromise", canal.area_fraction, "fraction"),
    )


def _finding(name: str, found: c.Finding, level: str) -> Finding:
    measures = {
        what: _missing(level, what, one) if isinstance(one, c.Missing) else _estimate(one.value, one.ci95, one.unit)
        for what, one in found.measures.items()
    }
    return Finding(name, Presence(found.status), found.because, measures, found.series)
