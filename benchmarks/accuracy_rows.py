"""What did the ruler say of each level of a phantom, beside the truth?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.accuracy_cases import THIRDS, Case, Plan, TrueBody
from vfa.measure import measure_spine
from vfa.measure.deformity import height_loss
from vfa.measure.expected_heights import Candidate, expect_all
from vfa.model.estimate import Estimate, Unmeasurable
from vfa.model.findings import VertebraFindings
from vfa.model.frame import FloatArray
from vfa.model.morphometry import (
    COLUMNS,
    BodyHeights,
    Deformity,
    ExpectedHeights,
    HeightLoss,
    LateralLoss,
    ThreeHeights,
)
from vfa.model.spine import Spine

Three = tuple[float, ...]


@dataclass(frozen=True)
class Row:
    """One level of one phantom.

    Heights are by third of the width (left, centre, right) and column (anterior, middle, posterior), mm; losses are
    fractions. What was not measured is NaN here, with the reason in `why_not`: a benchmark's table, not a result.
    """

    plan: Plan
    level: str
    kind: str
    intended: str
    at_end: bool
    true_mm: FloatArray  # (3, 3)
    true_loss: float
    true_lateral: float
    why_not: str = ""
    found_mm: FloatArray = field(default_factory=lambda: np.full((3, 3), np.nan))
    sigma_mm: FloatArray = field(default_factory=lambda: np.full((3, 3), np.nan))
    loss: float = np.nan
    loss_ci: tuple[float, float] = (np.nan, np.nan)
    loss_with_true_heights: float = np.nan
    lateral: float = np.nan
    lateral_ci: tuple[float, float] = (np.nan, np.nan)
    column: str = ""
    fracture: str = ""
    shape: str = ""
    reference: str = ""
    signs: tuple[str, ...] = ()

    @property
    def measured(self) -> bool:
        """Whether its heights were measured."""
        return not self.why_not

    @property
    def errors_mm(self) -> FloatArray:
        """(3,) found minus true heights of the central third."""
        return self.found_mm[1] - self.true_mm[1]


def rows_of(case: Case, spine: Spine | None = None) -> list[Row]:
    """Measure a case (with other masks than the true ones, if given): one row per level."""
    found = measure_spine(spine or case.spine, case.volume)
    exact = _losses_with_true_heights(case, found)
    levels = [v.level for v in case.spine.vertebrae]
    by_level = {f.level: f for f in found}
    return [_row(case, level, by_level.get(level), exact) for level in levels]


def _row(case: Case, level: str, found: VertebraFindings | None, exact: dict[str, float]) -> Row:
    true = case.truth[level]
    row = Row(
        plan=case.plan,
        level=level,
        kind=case.shapes.get(level, "intact"),
        intended=case.intended.get(level, ""),
        at_end=level in (case.plan.levels[0], case.plan.levels[-1]),
        true_mm=np.array([true.heights[third] for third in THIRDS]),
        true_loss=true.loss_fraction,
        true_lateral=true.lateral_loss_fraction,
    )
    if found is None:
        return replace(row, why_not="not found")
    if not isinstance(found.heights, BodyHeights):
        assert isinstance(found.heights, Unmeasurable)
        return replace(row, why_not=found.heights.reason.value)
    thirds = [getattr(found.heights, third) for third in THIRDS]
    row = replace(
        row,
        found_mm=np.array([_values(third, "value") for third in thirds]),
        sigma_mm=np.array([_values(third, "sigma") for third in thirds]),
    )
    if isinstance(found.height_loss, HeightLoss):
        loss = found.height_loss
        row = replace(row, loss=loss.fraction.value, loss_ci=loss.fraction.ci95, column=loss.column)
        row = replace(row, loss_with_true_heights=exact.get(level, np.nan))
    if isinstance(found.lateral_loss, LateralLoss):
        row = replace(row, lateral=found.lateral_loss.fraction.value, lateral_ci=found.lateral_loss.fraction.ci95)
    if isinstance(found.deformity, Deformity):
        meaning = found.deformity
        row = replace(row, fracture=meaning.fracture.value, shape=meaning.shape.value, signs=meaning.signs)
    if isinstance(found.expected_heights, ExpectedHeights):
        row = replace(row, reference=found.expected_heights.reference)
    return row


def _values(third: ThreeHeights | Unmeasurable, name: str) -> list[float]:
    if isinstance(third, Unmeasurable):
        return [np.nan] * 3
    return [getattr(third[column], name) for column in COLUMNS]


def _losses_with_true_heights(case: Case, found: tuple[VertebraFindings, ...]) -> dict[str, float]:
    """The loss a perfect ruler would read: the same references, from true heights with the same uncertainty."""
    candidates = {}
    for position, vertebra in enumerate(found):
        if isinstance(vertebra.heights, BodyHeights) and vertebra.level in case.truth:
            heights = _exact(vertebra.heights, case.truth[vertebra.level])
            candidates[vertebra.level] = Candidate(vertebra.level, position, heights)
    expected = expect_all(candidates)
    return {
        level: height_loss(candidates[level].heights, e).fraction.value
        for level, e in expected.items()
        if isinstance(e, ExpectedHeights)
    }


def _exact(heights: BodyHeights, true: TrueBody) -> BodyHeights:
    """The same body with its true heights and the uncertainties that were stated."""

    def exact(third: str) -> ThreeHeights | Unmeasurable:
        stated = getattr(heights, third)
        if isinstance(stated, Unmeasurable):
            return stated
        columns = zip(COLUMNS, true.heights[third], strict=True)
        return ThreeHeights(*(Estimate(mm, stated[c].sigma, "mm", "true", 0.0) for c, mm in columns))

    centre = exact("centre")
    assert isinstance(centre, ThreeHeights)
    return replace(heights, centre=centre, left=exact("left"), right=exact("right"))
