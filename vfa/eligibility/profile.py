"""What is a profile? The criteria that are applied to each procedure, with their settings, under one name."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from vfa.eligibility.criterion import Criterion
from vfa.eligibility.parameter import Parameter, Setting, number_in
from vfa.model.assessment import PROCEDURES

SETTINGS = (
    Parameter(
        "min_level_confidence",
        Fraction(8, 10),
        "a clinical answer is tied to a level only when the level's name is at least this certain",
        "design choice: a wrong level is the wrong operation",
        verified=False,
        at_most=Fraction(1),
    ),
)


@dataclass(frozen=True)
class Profile:
    """A set of criteria under one name.

    Args:
        name: as a report shows it.
        title: in words.
        source: where the set of rules comes from.
        criteria: in the order in which a report lists them.
        settings: what concerns no single criterion (`min_level_confidence`).
        notes: sentences printed with every conclusion of this profile.
    """

    name: str
    title: str
    source: str
    criteria: tuple[Criterion, ...]
    settings: dict[str, Setting] = field(default_factory=lambda: {p.name: p.default for p in SETTINGS})
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        ids = [criterion.id for criterion in self.criteria]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"{self.name}: criterion given twice: {', '.join(twice)}")

    @property
    def procedures(self) -> tuple[str, ...]:
        """The procedures this profile has rules for."""
        return tuple(procedure for procedure in PROCEDURES if self.of(procedure))

    def of(self, procedure: str) -> tuple[Criterion, ...]:
        """The criteria of one procedure."""
        return tuple(criterion for criterion in self.criteria if criterion.applies_to(procedure))

    def get(self, criterion_id: str) -> Criterion | None:
        """One criterion, if the profile has it."""
        return next((criterion for criterion in self.criteria if criterion.id == criterion_id), None)

    @property
    def min_level_confidence(self) -> float:
        """Certainty a level's name needs before clinical answers are tied to it."""
        return float(number_in(self.settings, "min_level_confidence"))
