"""What did a person say about the patient? Every answer is yes, no, or not stated; numbers may be not stated."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from vfa.model.anatomy import check_level


class Answer(str, Enum):
    """A tri-state answer; a blank is never a no."""

    YES = "yes"
    NO = "no"
    NOT_STATED = "not stated"


@dataclass(frozen=True)
class NotStated:
    """Stands for a number or word that nobody gave."""

    def __str__(self) -> str:
        return "not stated"


NOT_STATED = NotStated()


@dataclass(frozen=True)
class ClinicalContext:
    """The clinical file's answers.

    Args:
        patient_answers: patient-wide tri-state answers by key (`bleeding_disorder` …); a missing key is not stated.
        patient_numbers: numbers by key with the unit in the key (`age_years`, `inr` …).
        medications: names as given; None when medication was not stated at all (an empty tuple: stated as none).
        level_answers: for each level the tri-state answers by key (`pain` …).
        level_numbers: for each level numbers by key (`weeks_since_onset`).
        level_words: for each level words by key (`intent`).
        source: the file it came from, for messages.
        not_read: what of the file no key stands for, a sentence each.
    """

    patient_answers: dict[str, Answer] = field(default_factory=dict)
    patient_numbers: dict[str, float] = field(default_factory=dict)
    medications: tuple[str, ...] | None = None
    level_answers: dict[str, dict[str, Answer]] = field(default_factory=dict)
    level_numbers: dict[str, dict[str, float]] = field(default_factory=dict)
    level_words: dict[str, dict[str, str]] = field(default_factory=dict)
    source: str = ""
    not_read: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for level in self.levels:
            check_level(level)

    @property
    def levels(self) -> frozenset[str]:
        """Levels that the file names."""
        return frozenset({*self.level_answers, *self.level_numbers, *self.level_words})

    def patient(self, key: str) -> Answer:
        """The patient-wide answer, NOT_STATED when the key is absent."""
        return self.patient_answers.get(key, Answer.NOT_STATED)

    def at_level(self, level: str, key: str) -> Answer:
        """The level's own answer, NOT_STATED when the key is absent."""
        return self.level_answers.get(level, {}).get(key, Answer.NOT_STATED)
