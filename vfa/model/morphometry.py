"""What was measured on a vertebral body: heights, what they should be, the loss, and what it means.

Columns run from front to back: anterior, middle, posterior. Thirds run across the body: left, centre, right.
`BodyHeights.anterior` and its siblings are those of the central third, which decide; left and right thirds
make the lateral finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np

from vfa.model.estimate import Estimate, Unmeasurable
from vfa.model.frame import FloatArray

COLUMNS = ("anterior", "middle", "posterior")

# Share of the antero-posterior depth, 0 = anterior and 1 = posterior margin, where both endplates exist.
COLUMN_BANDS: dict[str, tuple[float, float]] = {
    "anterior": (0.08, 0.20),
    "middle": (0.42, 0.58),
    "posterior": (0.80, 0.92),
}
RIM_MM = 2.0  # osteophytes and lipping: left out of every fit and band

# Genant et al. 1993 as half-open classes of height loss; see clinical.md 3.1 for why half-open.
GENANT_LIMITS = (0.20, 0.25, 0.40)


@dataclass(frozen=True)
class ThreeHeights:
    """Heights of one third of the body, in mm."""

    anterior: Estimate
    middle: Estimate
    posterior: Estimate

    def __getitem__(self, column: str) -> Estimate:
        if column not in COLUMNS:
            raise KeyError(column)
        estimate: Estimate = getattr(self, column)
        return estimate

    def __iter__(self) -> Iterator[Estimate]:
        return iter((self.anterior, self.middle, self.posterior))


@dataclass(frozen=True, eq=False)
class HeightMap:
    """Both endplates as height fields over a left × anterior lattice in the body frame.

    Args:
        left_mm: (L,) positions across the body, in mm from its centre, towards the patient's left.
        anterior_mm: (A,) positions along the body's depth, in mm from its centre, towards the front.
        upper_mm: (L, A) cranial endplate, mm along the cranial axis; NaN where there is none.
        lower_mm: (L, A) caudal endplate.
        upper_pits: (L, A) bool: focal pits (Schmorl nodes) left out of the heights.
        lower_pits: the same for the caudal endplate.
    """

    left_mm: FloatArray
    anterior_mm: FloatArray
    upper_mm: FloatArray
    lower_mm: FloatArray
    upper_pits: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    lower_pits: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

    @property
    def height_mm(self) -> FloatArray:
        """(L, A) distance between the endplates; NaN where either is missing."""
        return self.upper_mm - self.lower_mm


@dataclass(frozen=True, eq=False)
class BodyHeights:
    """The heights of one body.

    Args:
        centre: the central third, which every rule looks at.
        left: the patient's left third; Unmeasurable when it is not to be had.
        right: the patient's right third.
        lines_lps: for each column the (2, 3) end points, caudal first, of the line a reader sees.
        height_map: the surfaces the heights came from.
    """

    centre: ThreeHeights
    left: ThreeHeights | Unmeasurable
    right: ThreeHeights | Unmeasurable
    lines_lps: dict[str, FloatArray]
    height_map: HeightMap

    @property
    def anterior(self) -> Estimate:
        """Anterior height of the central third."""
        return self.centre.anterior

    @property
    def middle(self) -> Estimate:
        """Middle height of the central third."""
        return self.centre.middle

    @property
    def posterior(self) -> Estimate:
        """Posterior height of the central third."""
        return self.centre.posterior


@dataclass(frozen=True)
class ExpectedHeights:
    """What the heights were before any fracture, and where that comes from.

    Args:
        heights: expected anterior, middle and posterior heights (mm) of the central third.
        left: the same of the patient's left third.
        right: the same of the right third.
        reference: for the reader: "neighbours T12, L2".
        others: what the other references would have said, by name, for comparison.
    """

    heights: ThreeHeights
    left: ThreeHeights | Unmeasurable
    right: ThreeHeights | Unmeasurable
    reference: str
    others: tuple[tuple[str, ThreeHeights], ...] = ()


@dataclass(frozen=True)
class HeightLoss:
    """1 − H / H_expected of the column that decides (the greatest of the three).

    Args:
        fraction: the loss as an Estimate of unit "fraction".
        column: which column it is.
        by_column: the loss of each column.
    """

    fraction: Estimate
    column: str
    by_column: dict[str, Estimate]


@dataclass(frozen=True)
class LateralLoss:
    """The greatest loss in the left or right third; a finding of its own."""

    fraction: Estimate
    side: str
    column: str


class FractureStatus(str, Enum):
    """Whether this body is fractured, as far as the images say."""

    PRESENT = "present"
    ABSENT = "absent"
    INDETERMINATE = "indeterminate"


class Shape(str, Enum):
    """The shape of a deformity (Genant); NONE where the loss stays below grade 1."""

    NONE = "none"
    WEDGE = "wedge"
    BICONCAVE = "biconcave"
    CRUSH = "crush"
    LATERAL = "lateral"


@dataclass(frozen=True)
class Deformity:
    """What the heights mean.

    Args:
        fracture: present, absent or indeterminate, by the loss's interval together with the signs.
        because: one sentence why.
        genant_grade: 0–3, from the point estimate.
        grade_probabilities: probability of grades 0, 1, 2, 3.
        shape: which column is lowest.
        signs: what else was seen (endplate break, pit, cleft …), in words.
    """

    fracture: FractureStatus
    because: str
    genant_grade: int
    grade_probabilities: tuple[float, float, float, float]
    shape: Shape
    signs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.genant_grade not in (0, 1, 2, 3):
            raise ValueError(f"genant_grade: expected 0–3, got {self.genant_grade}")
        if abs(sum(self.grade_probabilities) - 1) > 1e-6:
            raise ValueError(f"grade_probabilities: expected to sum to 1, got {self.grade_probabilities}")


def genant_grade(loss_fraction: float) -> int:
    """Genant grade of a height loss, half-open classes: 0 < 20 % ≤ 1 < 25 % ≤ 2 < 40 % ≤ 3."""
    return sum(loss_fraction >= limit for limit in GENANT_LIMITS)
