"""How high was this body before it was fractured?

From valid neighbours above and below with the level gradient, else from all valid levels of the scan, else
unmeasurable. A level is valid when it is measured, untreated, whole, not transitional and not fractured; since
which levels are fractured depends on what is expected and the reverse, both settle together: the worst misfit
leaves the reference, everything is expected anew, until nothing more leaves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vfa.model.anatomy import TRANSITIONAL_EXTRA
from vfa.model.estimate import Estimate, Unmeasurable, Why
from vfa.model.morphometry import COLUMNS, BodyHeights, ExpectedHeights, ThreeHeights

# People's vertebrae vary about the smooth course of their own spine: coefficient of variation of one height,
# inside the 2.2–4.6 % of MXA normal studies; the phantom's acceptance uses 2.5 %.
OWN_VARIATION_FRACTION = 0.025
# Growth of height per level from T9 to L1: 6.6 % in women, 6.5 % in men (Palm et al., Sci Rep 2025). Used only where
# the scan's own levels cannot show a gradient.
PUBLISHED_GRADIENT_FRACTION = 0.065
PUBLISHED_GRADIENT_SD = 0.04  # it falls to nothing towards L5, so it is a loose guess
NOT_A_REFERENCE_FRACTION = 0.15  # a level that seems to have lost more than this is no reference
FARTHEST_NEIGHBOUR = 3  # levels; beyond, a neighbour says little
FEWEST_FOR_ALL_LEVELS = 2
BEND_PER_LEVEL_FRACTION = 0.015  # how far the course of heights bends away from a straight line, per level
THIRDS = ("centre", "left", "right")


@dataclass(frozen=True)
class Candidate:
    """A measured level that may serve as a reference.

    Args:
        level: its name.
        position: where it stands in the column, in levels from the first one.
        heights: its measured heights.
    """

    level: str
    position: int
    heights: BodyHeights

    def third(self, name: str) -> ThreeHeights | Unmeasurable:
        """Heights of the `left`, `centre` or `right` third."""
        found: ThreeHeights | Unmeasurable = getattr(self.heights, name)
        return found


def expect_all(candidates: Mapping[str, Candidate]) -> dict[str, ExpectedHeights | Unmeasurable]:
    """Expected heights for every measured level; validity and expectation settle together."""
    valid = {level: c for level, c in candidates.items() if level not in TRANSITIONAL_EXTRA}
    while True:
        expected = {level: _expect(candidate, valid) for level, candidate in candidates.items()}
        losses = {
            level: _greatest_loss(candidates[level].heights, heights)
            for level, heights in expected.items()
            if level in valid and isinstance(heights, ExpectedHeights)
        }
        worst = max(losses, key=lambda level: losses[level], default=None)
        if worst is None or losses[worst] <= NOT_A_REFERENCE_FRACTION:
            return expected
        del valid[worst]


def _greatest_loss(heights: BodyHeights, expected: ExpectedHeights) -> float:
    return max(1 - heights.centre[c].value / expected.heights[c].value for c in COLUMNS)


def _expect(target: Candidate, valid: Mapping[str, Candidate]) -> ExpectedHeights | Unmeasurable:
    """The best reference there is for one level, with the others beside it."""
    others = [c for level, c in valid.items() if level != target.level]
    above = max((c for c in others if c.position < target.position), key=lambda c: c.position, default=None)
    below = min((c for c in others if c.position > target.position), key=lambda c: c.position, default=None)
    near = [c for c in (above, below) if c and abs(c.position - target.position) <= FARTHEST_NEIGHBOUR]
    if near:
        reference = "neighbours " + ", ".join(c.level for c in near)
        centre, left, right = (_from_neighbours(target, near, others, third) for third in THIRDS)
    elif len(others) >= FEWEST_FOR_ALL_LEVELS:
        reference = f"all {len(others)} valid levels"
        centre, left, right = (_from_all_levels(target, others, third) for third in THIRDS)
    else:
        return _no_reference(target.level)
    if isinstance(centre, Unmeasurable):
        return centre
    beside: list[tuple[str, ThreeHeights]] = []
    if near and len(others) > len(near):
        course = _from_all_levels(target, others, "centre")
        if isinstance(course, ThreeHeights):
            beside.append((f"all {len(others)} valid levels", course))
    return ExpectedHeights(centre, left, right, reference, tuple(beside))


def _no_reference(level: str) -> Unmeasurable:
    return Unmeasurable(
        level,
        "expected heights",
        Why.NO_VALID_REFERENCE,
        "no intact, whole, untreated level is in view to tell what the height was",
    )


def _from_neighbours(
    target: Candidate, near: list[Candidate], others: list[Candidate], third: str
) -> ThreeHeights | Unmeasurable:
    """Interpolate between two neighbours, or step from one by the gradient."""
    measured = [c.third(third) for c in near]
    thirds = [heights for heights in measured if isinstance(heights, ThreeHeights)]
    if len(thirds) < len(near):
        return _no_reference(target.level)
    if len(near) == 1:
        steps = target.position - near[0].position
        return _three({c: _stepped(thirds[0][c], steps, _gradient(c, others)) for c in COLUMNS})
    span = near[1].position - near[0].position
    share = (target.position - near[0].position) / span
    return _three({c: _between(thirds[0][c], thirds[1][c], share, span) for c in COLUMNS})


def _between(above: Estimate, below: Estimate, share: float, span: int) -> Estimate:
    """Interpolate; the variation is the target's own and the neighbours', more where they stand farther apart."""
    value = (1 - share) * above.value + share * below.value
    measured = float(np.hypot((1 - share) * above.sigma, share * below.sigma))
    own = OWN_VARIATION_FRACTION * float(np.sqrt(1 + (1 - share) ** 2 + share**2))
    variation = value * float(np.hypot(own, BEND_PER_LEVEL_FRACTION * (span - 2)))
    return Estimate(value, float(np.hypot(measured, variation)), "mm", "interpolated between neighbours", 0.0)


def _stepped(neighbour: Estimate, steps: int, gradient: tuple[float, float]) -> Estimate:
    """Step from one neighbour by the level gradient (fraction per level, with its standard uncertainty)."""
    growth, growth_sd = gradient
    value = neighbour.value * (1 + growth) ** steps
    variation = value * float(np.hypot(OWN_VARIATION_FRACTION * np.sqrt(2), growth_sd * abs(steps)))
    sigma = float(np.hypot(neighbour.sigma, variation))
    return Estimate(value, sigma, "mm", "one neighbour and the level gradient", 0.0)


def _gradient(column: str, others: list[Candidate]) -> tuple[float, float]:
    """Relative growth per level of a column in this patient, and its standard uncertainty."""
    positions = np.array([c.position for c in others], dtype=float)
    if len(others) < 3 or np.ptp(positions) < 2:
        return PUBLISHED_GRADIENT_FRACTION / 2, PUBLISHED_GRADIENT_SD
    logs = np.log([c.heights.centre[column].value for c in others])
    slope = float(np.polyfit(positions, logs, 1)[0])
    spread = OWN_VARIATION_FRACTION / float(np.sqrt(((positions - positions.mean()) ** 2).sum()))
    return slope, float(np.hypot(spread, BEND_PER_LEVEL_FRACTION))


def _from_all_levels(target: Candidate, others: list[Candidate], third: str) -> ThreeHeights | Unmeasurable:
    """A straight or bent line through the logarithm of all valid heights."""
    known = [(c.position, h) for c in others if isinstance(h := c.third(third), ThreeHeights)]
    if len(known) < FEWEST_FOR_ALL_LEVELS:
        return _no_reference(target.level)
    positions = np.array([position for position, _ in known], dtype=float)
    degree = 2 if len(known) >= 5 else 1
    design = np.vander(positions - positions.mean(), degree + 1)
    at = np.vander(np.array([target.position - positions.mean()]), degree + 1)[0]
    leverage = float(at @ np.linalg.pinv(design.T @ design) @ at)
    found: dict[str, Estimate] = {}
    for column in COLUMNS:
        logs = np.log([heights[column].value for _, heights in known])
        solution, *_ = np.linalg.lstsq(design, logs, rcond=None)
        value = float(np.exp(at @ solution))
        sigma = value * OWN_VARIATION_FRACTION * float(np.sqrt(1 + leverage))
        found[column] = Estimate(value, sigma, "mm", f"degree {degree} course through all valid levels", 0.0)
    return _three(found)


def _three(found: Mapping[str, Estimate]) -> ThreeHeights:
    return ThreeHeights(found["anterior"], found["middle"], found["posterior"])
