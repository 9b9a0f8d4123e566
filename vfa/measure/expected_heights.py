"""How high was this body before it was fractured?

From a prior study of the same patient, else from valid neighbours above and below, with the farther valid levels
weighing in as little as they know, else from all valid levels of the scan, else unmeasurable. A level is valid when it
is measured, untreated, whole, not transitional and not fractured; since which levels are fractured depends on what is
expected and the reverse, both settle together (`height_course`). What is carried from a neighbour is how far it stands
above or below the usual course, so that physiological wedging and growth do not read as loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vfa.measure.height_course import (
    INTACT_ABOVE,
    UNNAMED_SLOPE_SD,
    Course,
    follows_regular_counting,
    probability_intact,
    usual_course,
)
from vfa.model.anatomy import is_provisional
from vfa.model.estimate import Estimate, Unmeasurable, Why
from vfa.model.frame import FloatArray
from vfa.model.morphometry import COLUMNS, BodyHeights, ExpectedHeights, ThreeHeights

# People's vertebrae vary about the smooth course of their own spine, in size and in shape: coefficient of variation of
# one height by column (concavity varies most), inside the 2.2–4.6 % of MXA normal studies.
OWN_VARIATION = {"anterior": 0.030, "middle": 0.040, "posterior": 0.030}
OUTER_SHARE = 0.87  # of that in the left and right third, where endplates are flatter
UNNAMED_SHARE = 1.13  # where the level is not known, nor are its usual wedging and growth
STEP_VARIATION = 0.02  # and how far the course itself strays from the usual, per root of a level stepped
SLOPE_VARIATION = 0.008  # and of a person's growth per level about the usual, once many levels are in view
FARTHEST_NEIGHBOUR = 3  # levels; beyond, a neighbour says little
MOST_ASYMMETRY_LOG = 0.1  # between left and right thirds; a scoliotic body of 40 mm with 4° of wedging has 0.07
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
    valid = [c for level, c in regular.items() if intact[level] > INTACT_ABOVE and _is_symmetric(c)]
    course = usual_course(positions)
    return {level: _expect(candidate, valid, course) for level, candidate in candidates.items()}


def _is_symmetric(candidate: Candidate) -> bool:
    """Whether left and right thirds are about as high: one that has collapsed on a side is no reference."""
    left, right = candidate.third("left"), candidate.third("right")
    if isinstance(left, Unmeasurable) or isinstance(right, Unmeasurable):
        return True
    return all(abs(float(np.log(left[c].value / right[c].value))) < MOST_ASYMMETRY_LOG for c in COLUMNS)


def _expect(target: Candidate, valid: list[Candidate], course: Course) -> ExpectedHeights | Unmeasurable:
    """The best reference there is for one level, with the other beside it."""
    others = [c for c in valid if c.level != target.level]
    above = max((c for c in others if c.position < target.position), key=lambda c: c.position, default=None)
    below = min((c for c in others if c.position > target.position), key=lambda c: c.position, default=None)
    near = [c for c in (above, below) if c and abs(c.position - target.position) <= FARTHEST_NEIGHBOUR]
    names, farther = ", ".join(c.level for c in near), len(others) - len(near)
    choices = []
    if farther:
        choices.append((f"{names} and {farther} more" if len(near) == 2 else f"all {len(others)} valid levels", others))
    if near:
        choices.append((f"neighbours {names}", near))
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
    slope = UNNAMED_SLOPE_SD if is_provisional(target.level) else SLOPE_VARIATION
    found: dict[str, Estimate] = {}
    for number, column in enumerate(COLUMNS):
        heights = np.array([h[column].value for _, h in known])
        sigmas = np.array([h[column].sigma for _, h in known]) / heights
        stand = np.log(heights) - np.array([course.logs[c.level][number] for c, _ in known])
        own = OWN_VARIATION[column] * (1.0 if third == "centre" else OUTER_SHARE)
        weights, relative = _weights(steps, sigmas, own, slope)
        relative *= UNNAMED_SHARE if is_provisional(target.level) else 1.0
        value = float(np.exp(weights @ stand + course.logs[target.level][number]))
        found[column] = Estimate(value, value * relative, "mm", "carried along the usual course of heights", 0.0)
    return ThreeHeights(found["anterior"], found["middle"], found["posterior"])


def _weights(steps: FloatArray, sigmas: FloatArray, own_variation: float, slope: float) -> tuple[FloatArray, float]:
    """Weights (N,) of references so many levels away (+ below), and the relative uncertainty of what they tell.

    Best linear unbiased prediction (ordinary kriging): each level varies on its own, the course strays from the usual
    by a random walk and by `slope` per level, and each height was measured with its relative uncertainty `sigmas`.
    """
    same_side = np.sign(steps)[:, None] == np.sign(steps)[None, :]
    walk = np.where(same_side, np.minimum(np.abs(steps)[:, None], np.abs(steps)[None, :]), 0.0)
    drift = STEP_VARIATION**2 * walk + slope**2 * np.outer(steps, steps)
    covariance = drift + np.diag(own_variation**2 + sigmas**2)
    solved = np.linalg.solve(covariance, np.ones(len(steps)))
    return solved / solved.sum(), float(np.sqrt(own_variation**2 + 1 / solved.sum()))


def _no_reference(level: str) -> Unmeasurable:
    return Unmeasurable(
        level,
        "expected heights",
        Why.NO_VALID_REFERENCE,
        "no intact, whole, untreated level is in view to tell what the height was",
    )
