"""How does what was measured on one vertebra stand in the contract's document?

One rule covers everything that was not measured: wherever the model holds an Unmeasurable, the document holds a
Missing with the same reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

import numpy as np

from vfa.model.estimate import Estimate, Measured, Unmeasurable
from vfa.model.findings import VertebraFindings
from vfa.model.frame import BodyFrame, FloatArray
from vfa.model.morphometry import BodyHeights, Deformity, ExpectedHeights, HeightLoss, LateralLoss, ThreeHeights
from vfa.model.posterior_wall import Finding, PosteriorWall
from vfa.report import contract as c

FINDINGS_WITH_OWN_KEY = ("fragmentation", "cleft")

_Noun = TypeVar("_Noun")
_Part = TypeVar("_Part")


def measured_parts(vertebra: VertebraFindings) -> dict[str, Any]:
    """Every key of the contract's vertebra but status, reason, procedures and other_profiles."""
    return {
        "level": vertebra.level,
        "level_confidence": _confidence(vertebra.level_confidence),
        "centre_lps_mm": _plain(vertebra.centre_lps),
        "touches_border": bool(vertebra.touches_border),
        "treated": bool(vertebra.treated),
        "treated_with": vertebra.treated,
        "heights_mm": _either(vertebra.heights, lambda heights: _three(heights.centre)),
        "lateral_heights_mm": _either(vertebra.heights, _lateral_heights),
        "expected_heights_mm": _either(vertebra.expected_heights, _expected),
        "height_loss": _either(vertebra.height_loss, _loss),
        "lateral_loss": _either(vertebra.lateral_loss, _lateral_loss),
        "deformity": _either(vertebra.deformity, _deformity),
        "posterior_wall": _either(vertebra.posterior_wall, _wall),
        **{name: _looked_for(vertebra, name) for name in FINDINGS_WITH_OWN_KEY},
        "other_findings": {
            name: _finding(found) for name, found in vertebra.findings.items() if name not in FINDINGS_WITH_OWN_KEY
        },
        "suggested_classes": c.SuggestedClasses.model_validate(asdict(vertebra.classes)),
        "geometry": _geometry(vertebra),
        "marrow": c.Marrow(mean_hu=_quantity(vertebra.marrow_mean_hu)),
        "quality": vertebra.quality,
        "edited_by_reader": vertebra.edited,
    }


def missing(reason: c.Reason, detail: str) -> c.Missing:
    """What stands for a value that is not there, with the sentence why."""
    return c.Missing(unmeasurable=reason, detail=detail)


def _either(noun: _Noun | Unmeasurable, write: Callable[[_Noun], _Part]) -> _Part | c.Missing:
    if isinstance(noun, Unmeasurable):
        return missing(noun.reason.value, noun.detail)
    return write(noun)


def _estimate(estimate: Estimate) -> c.Quantity:
    return c.Quantity(value=float(estimate.value), ci95=estimate.ci95)


def _quantity(measured: Measured) -> c.Quantity | c.Missing:
    return _either(measured, _estimate)


def _confidence(level_confidence: float | None) -> float | c.Missing:
    if level_confidence is None:
        return missing("not_stated", "the source of the masks states no confidence")
    return float(level_confidence)


def _three(heights: ThreeHeights) -> c.Heights:
    return c.Heights(
        anterior=_estimate(heights.anterior),
        middle=_estimate(heights.middle),
        posterior=_estimate(heights.posterior),
    )


def _lateral_heights(heights: BodyHeights) -> c.LateralHeights:
    return c.LateralHeights(left=_either(heights.left, _three), right=_either(heights.right, _three))


def _expected(expected: ExpectedHeights) -> c.ExpectedHeights:
    return c.ExpectedHeights(
        anterior=_estimate(expected.heights.anterior),
        middle=_estimate(expected.heights.middle),
        posterior=_estimate(expected.heights.posterior),
        lateral=c.LateralHeights(left=_either(expected.left, _three), right=_either(expected.right, _three)),
        reference=expected.reference,
        others={name: _three(heights) for name, heights in expected.others},
    )


def _loss(loss: HeightLoss) -> c.HeightLoss:
    return c.HeightLoss.model_validate(
        {
            "fraction": loss.fraction.value,
            "ci95": loss.fraction.ci95,
            "column": loss.column,
            "by_column": {column: _estimate(estimate) for column, estimate in loss.by_column.items()},
        }
    )


def _lateral_loss(loss: LateralLoss) -> c.LateralLoss:
    return c.LateralLoss.model_validate(
        {"fraction": loss.fraction.value, "ci95": loss.fraction.ci95, "side": loss.side, "column": loss.column}
    )


def _deformity(deformity: Deformity) -> c.Deformity:
    return c.Deformity.model_validate(
        {
            "fracture": deformity.fracture.value,
            "genant_grade": deformity.genant_grade,
            "grade_probabilities": deformity.grade_probabilities,
            "shape": deformity.shape.value,
            "signs": deformity.signs,
            "because": deformity.because,
        }
    )


def _wall(wall: PosteriorWall) -> c.PosteriorWall:
    return c.PosteriorWall.model_validate(
        {
            "status": wall.status.value,
            "because": wall.because,
            "retropulsion_mm": _quantity(wall.retropulsion_mm),
            "outline": _either(wall.outline, str),
            "breach_area_mm2": _quantity(wall.breach_area_mm2),
            "canal_ap_mm": _quantity(wall.canal_ap_mm),
            "canal_area_mm2": _quantity(wall.canal_area_mm2),
            "canal_compromise": c.CanalCompromise(
                diameter_fraction=_quantity(wall.diameter_compromise),
                area_fraction=_quantity(wall.area_compromise),
            ),
        }
    )


def _looked_for(vertebra: VertebraFindings, name: str) -> c.Finding | c.Missing:
    if name not in vertebra.findings:
        return missing("quality_failed", f"{name} was not looked for")
    return _finding(vertebra.findings[name])


def _finding(finding: Finding) -> c.Finding:
    return c.Finding(
        status=finding.presence.value,
        because=finding.because,
        measures={name: _either(measured, _named) for name, measured in finding.measures.items()},
        series=finding.series,
    )


def _named(estimate: Estimate) -> c.NamedQuantity:
    return c.NamedQuantity(value=float(estimate.value), ci95=estimate.ci95, unit=estimate.unit)


def _geometry(vertebra: VertebraFindings) -> c.Geometry:
    return c.Geometry.model_validate(
        {
            "frame": _either(vertebra.frame, _frame),
            "height_lines_lps_mm": _either(
                vertebra.heights,
                lambda heights: {column: _plain(line) for column, line in heights.lines_lps.items()},
            ),
            **_wall_drawn(vertebra.posterior_wall),
        }
    )


def _wall_drawn(wall: PosteriorWall | Unmeasurable) -> dict[str, Any]:
    return {
        "posterior_wall_lps_mm": _either(
            wall, lambda w: _points(w.wall_lps, w.canal_ap_mm, "no outline of the posterior wall was traced")
        ),
        "retropulsion_line_lps_mm": _either(
            wall,
            lambda w: _points(w.retropulsion_line_lps, w.retropulsion_mm, "no bone stands behind the expected wall"),
        ),
        "canal_ap_line_lps_mm": _either(
            wall, lambda w: _points(w.canal_ap_line_lps, w.canal_ap_mm, "where the canal is narrowest was not kept")
        ),
        "canal_outline_lps_mm": _either(
            wall, lambda w: _points(w.canal_outline_lps, w.canal_area_mm2, "no outline of the canal was kept")
        ),
    }


def _points(points: FloatArray | None, measured: Measured, without: str) -> Any:
    """The points; where there are none, why what they show was not measured, or else `without`."""
    if points is not None:
        return _plain(points)
    if isinstance(measured, Unmeasurable):
        return missing(measured.reason.value, measured.detail)
    return missing("low_confidence", without)


def _frame(frame: BodyFrame) -> dict[str, Any]:
    return {
        "centre_lps_mm": _plain(frame.centre_lps),
        "cranial": _plain(frame.cranial),
        "anterior": _plain(frame.anterior),
        "left": _plain(frame.left),
    }


def _plain(array: FloatArray) -> Any:
    """Nested lists of Python floats."""
    return np.asarray(array, dtype=float).tolist()
