"""How high was this body before it was fractured?

From valid neighbours above and below, else from one of them with the usual growth per level, else from all valid
levels of the scan, else unmeasurable. A level is valid when it is measured, untreated, whole, not transitional and
not fractured; since which levels are fractured depends on what is expected and the reverse, both settle together
(`height_course`). What is carried from a neighbour is how far it stands above or below the usual course, so that
physiological wedging and growth do not read as loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vfa.measure.height_course import (
    INTACT_ABOVE,
    SLOPE_SD,
    Course,
    follows_regular_counting,
    probability_intact,
    usual_course,
)
from vfa.model.estimate import Estimate, Unmeasurable, Why
from vfa.model.morphometry import COLUMNS, BodyHeights, ExpectedHeights, ThreeHeights

# People's vertebrae vary about the smooth course of their own spine: coefficient of variation of one height,
# inside the 2.2–4.6 % of MXA normal studies.
OWN_VARIATION = 0.025
STEP_VARIATION = 0.02  # and how far the course itself strays from the usual, per level stepped without a counterpart
FARTHEST_NEIGHBOUR = 3  # levels; beyond, a neighbour says little
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
    regular = {level: c for level, c in candidates.items() if follows_regular_counting(level)}
    positions = {level: c.position for level, c in candidates.items()}
    heights = {level: np.array([e.value for e in c.heights.centre]) for level, c in regular.items()}
    intact = probability_intact(heights, positions)
    valid = [c for level, c in regular.items() if intact[level] > INTACT_ABOVE]
    course = usual_course(positions)
    return {level: _expect(candidate, valid, course) for level, candidate in candidates.items()}


def _expect(target: Candidate, valid: list[Candidate], course: Course) -> ExpectedHeights | Unmeasurable:
    """The best reference there is for one level, with the other beside it."""
    others = [c for c in valid if c.level != target.level]
    above = max((c for c in others if c.position < target.position), key=lambda c: c.position, default=None)
    below = min((c for c in others if c.position > target.position), key=lambda c: c.position, default=None)
    near = [c for c in (above, below) if c and abs(c.position - target.position) <= FARTHEST_NEIGHBOUR]
    choices = []
    if near:
        choices.append(("neighbours " + ", ".join(c.level for c in near), near))
    if len(others) > max(len(near), 1):
        choices.append((f"all {len(others)} valid levels", others))
    if not choices:
        return _no_reference(target.level)
    expected = [(name, [_from(target, references, third, course) for third in THIRDS]) for name, references in choices]
    (reference, (centre, left, right)), *rest = expected
    if isinstance(centre, Unmeasurable):
        return centre
    beside = [(name, thirds[0]) for name, thirds in rest if isinstance(thirds[0], ThreeHeights)]
    return ExpectedHeights(centre, left, right, reference, tuple(beside))


def _from(target: Candidate, references: list[Candidate], third: str, course: Course) -> ThreeHeights | Unmeasurable:
    """Carry to the target how far the references stand from the usual course."""
    known = [(c, h) for c in references if isinstance(h := c.third(third), ThreeHeights)]
    if not known:
        return _no_reference(target.level)
    steps = np.array([c.position - target.position for c, _ in known], dtype=float)
    weights, variation = _weights(steps)
    found: dict[str, Estimate] = {}
    for number, column in enumerate(COLUMNS):
        heights = np.array([h[column].value for _, h in known])
        sigmas = np.array([h[column].sigma for _, h in known]) / heights
        stand = np.log(heights) - np.array([course.logs[c.level][number] for c, _ in known])
        value = float(np.exp(weights @ stand + course.logs[target.level][number]))
        relative = float(np.sqrt(variation**2 + ((weights * sigmas) ** 2).sum()))
        found[column] = Estimate(value, value * relative, "mm", "carried along the usual course of heights", 0.0)
    return ThreeHeights(found["anterior"], found["middle"], found["posterior"])


def _weights(steps: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights (N,) of references so many levels away, and the relative uncertainty that people's variation leaves.

    One reference is carried as it is. Two are interpolated. More share a line through all of them.
    """
    if len(steps) == 1:
        strays = np.hypot(STEP_VARIATION, SLOPE_SD) * abs(steps[0])
        return np.ones(1), float(np.hypot(OWN_VARIATION * np.sqrt(2), strays))
    design = np.vander(steps, 2)
    weights = np.linalg.pinv(design)[1]
    both_sides = steps.min() < 0 < steps.max()
    farthest = float(np.abs(steps).min() if both_sides else np.abs(steps).min() + np.ptp(steps) / 2)
    strays = STEP_VARIATION * max(farthest - (1.0 if both_sides else 0.0), 0.0)
    return weights, float(np.hypot(OWN_VARIATION * np.sqrt(1 + (weights**2).sum()), strays))


def _no_reference(level: str) -> Unmeasurable:
    return Unmeasurable(
        level,
        "expected heights",
        Why.NO_VALID_REFERENCE,
        "no intact, whole, untreated level is in view to tell what the height was",
    )
