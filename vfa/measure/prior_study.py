"""How high was each body in an earlier examination of the same patient, and what has been lost since?

Levels are matched by name. A name that was off by one then or now would turn growth into loss, so the heights
themselves are asked first: every spine has its own pattern of heights, which must fit where the names say, better than
one level higher or lower, and in size. Where it does not fit, the prior is not used and the notes say why. A level that
was fractured, in doubt or treated then tells nothing about its height before; it is only compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vfa.measure.deformity import deformity, height_loss, lateral_loss
from vfa.model.anatomy import is_provisional, levels_apart
from vfa.model.estimate import Estimate, Unmeasurable
from vfa.model.findings import VertebraFindings
from vfa.model.frame import FloatArray
from vfa.model.morphometry import (
    COLUMNS,
    BodyHeights,
    Deformity,
    ExpectedHeights,
    FractureStatus,
    ThreeHeights,
)
from vfa.model.prior import PriorBody, PriorStudy

SAME_PLACE_MM = 0.3  # bands lie on the body's own margins, which two scans show a little differently
SAME_SIZE_LOG = 0.06  # heights of one patient in two scans differ by less; a stranger's or a wrong scale by more
FEWEST_FOR_A_PATTERN = 3  # levels; fewer cannot tell one name from the next
FARTHEST_Z = 3.0  # one level fractured since must not outweigh the rest of the pattern
CLEARLY_BETTER = 1.0  # mean squared z by which another naming must fit better


def compare_with_prior(
    vertebrae: Sequence[VertebraFindings], prior: PriorStudy
) -> tuple[tuple[VertebraFindings, ...], tuple[str, ...]]:
    """The findings with the prior study as their reference where it can be one, and notes for the reader.

    Args:
        vertebrae: as measured on their own, from head to foot.
        prior: the earlier examination.
    """
    then, now = dict(_usable_levels(prior)), _measured_levels(vertebrae)
    shared = [level for level in now if level in then]
    refused = _why_not(shared, then, now)
    if refused:
        return tuple(vertebrae), (f"the prior study is not used: {refused}",)
    compared = tuple(_beside_prior(v, prior) if v.level in shared else v for v in vertebrae)
    return compared, (f"compared with the prior study at {', '.join(shared)}. {_posture(prior)}",)


def _usable_levels(prior: PriorStudy) -> list[tuple[str, ThreeHeights]]:
    """Levels of the prior with a name and heights."""
    return [
        (body.level, body.centre)
        for body in prior.bodies
        if isinstance(body.centre, ThreeHeights) and not is_provisional(body.level)
    ]


def _measured_levels(vertebrae: Sequence[VertebraFindings]) -> dict[str, ThreeHeights]:
    return {
        v.level: v.heights.centre
        for v in vertebrae
        if isinstance(v.heights, BodyHeights) and not is_provisional(v.level)
    }


def _why_not(shared: list[str], then: dict[str, ThreeHeights], now: dict[str, ThreeHeights]) -> str:
    """Why the prior must not be used, as a sentence; empty when it may."""
    if not shared:
        return "no level is measured under the same name in both"
    if len(shared) < FEWEST_FOR_A_PATTERN:
        return f"only {', '.join(shared)} is measured in both, too little to tell whether the level names agree"
    changes = np.concatenate([_change(then[level], now[level]) for level in shared])
    # Half the columns or more are as they were, unless most of the spine has been fractured since.
    typical = float(np.median(changes))
    if typical > SAME_SIZE_LOG:
        return f"its bodies are {100 * np.expm1(typical):.0f} % smaller; another patient, or a wrong scale"
    if float(np.quantile(changes, 0.75)) < -SAME_SIZE_LOG:
        return f"its bodies are {-100 * np.expm1(typical):.0f} % larger; another patient, or a wrong scale"
    fits = {shift: _fit(shift, then, now) for shift in (-1, 0, 1)}
    for shift, where in ((-1, "higher"), (1, "lower")):
        if fits[shift] < fits[0] - CLEARLY_BETTER:
            return f"its heights fit better one level {where} than its names say; the names of one study are off by one"
    return ""


def _change(then: ThreeHeights, now: ThreeHeights) -> FloatArray:
    """(3,) log of height now over height then."""
    return np.log([now[c].value / then[c].value for c in COLUMNS])


def _fit(shift: int, then: dict[str, ThreeHeights], now: dict[str, ThreeHeights]) -> float:
    """Mean squared z of the heights when the prior level L + shift is taken for L; infinite for hardly any pair."""
    squares: list[float] = []
    for level, heights in now.items():
        for other, before in then.items():
            if levels_apart(level, other) != shift:
                continue
            sigmas = [np.hypot(np.hypot(heights[c].sigma, before[c].sigma), SAME_PLACE_MM) for c in COLUMNS]
            z = np.array([(heights[c].value - before[c].value) / s for c, s in zip(COLUMNS, sigmas, strict=True)])
            squares += list(np.minimum(np.abs(z), FARTHEST_Z) ** 2)
    return float(np.mean(squares)) if len(squares) >= len(COLUMNS) * (FEWEST_FOR_A_PATTERN - 1) else float("inf")


def _beside_prior(vertebra: VertebraFindings, prior: PriorStudy) -> VertebraFindings:
    """One level with what the prior says of it: as its reference, or only told."""
    body = prior[vertebra.level]
    assert isinstance(vertebra.heights, BodyHeights)
    assert isinstance(body.centre, ThreeHeights)
    told = _told(body.centre, vertebra.heights.centre)
    if body.treated or body.fracture is not FractureStatus.ABSENT:
        state = "treated" if body.treated else "fractured" if body.fracture is FractureStatus.PRESENT else "in doubt"
        sentence = f"prior study: {told}; {state} then already, so it does not tell the height before"
        return replace(vertebra, quality=(*vertebra.quality, sentence))
    expected = _expected(body, vertebra.expected_heights)
    loss, lateral = height_loss(vertebra.heights, expected), lateral_loss(vertebra.heights, expected)
    signs = vertebra.deformity.signs if isinstance(vertebra.deformity, Deformity) else ()
    return replace(
        vertebra,
        expected_heights=expected,
        height_loss=loss,
        lateral_loss=lateral,
        deformity=deformity(loss, lateral, signs),
        quality=(*vertebra.quality, f"prior study: {told}"),
    )


def _told(then: ThreeHeights, now: ThreeHeights) -> str:
    pairs = [f"{c} {then[c].value:.1f} mm then, {now[c].value:.1f} now" for c in COLUMNS]
    return "; ".join(pairs)


def _expected(body: PriorBody, beside: ExpectedHeights | Unmeasurable) -> ExpectedHeights:
    """The prior's heights as the reference, the ones of this scan beside them."""
    centre, left, right = (_as_reference(third) for third in (body.centre, body.left, body.right))
    assert isinstance(centre, ThreeHeights)
    others: tuple[tuple[str, ThreeHeights], ...] = ()
    if isinstance(beside, ExpectedHeights):
        others = ((beside.reference, beside.heights), *beside.others)
    return ExpectedHeights(centre, left, right, "the prior study", others)


def _as_reference(third: ThreeHeights | Unmeasurable) -> ThreeHeights | Unmeasurable:
    if isinstance(third, Unmeasurable):
        return third
    return ThreeHeights(*(_widened(third[c]) for c in COLUMNS))


def _widened(height: Estimate) -> Estimate:
    sigma = float(np.hypot(height.sigma, SAME_PLACE_MM))
    return Estimate(height.value, sigma, "mm", "measured in the prior study", 0.0)


def _posture(prior: PriorStudy) -> str:
    """What is known of how the patient lay or stood then: a body is lower under load."""
    if prior.modality is None:
        return "The prior was measured on masks alone: whether the patient lay or stood then is not known."
    return "CT and MR are both taken lying; a body stands up to 11 points lower under load in an upright film."
