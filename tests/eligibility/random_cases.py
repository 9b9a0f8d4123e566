"""Random patients, as plain answers and as the findings and clinical context that vfa takes.

`Draw` holds nothing but words and numbers, so that `truth_table` can judge it without a line of vfa.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.builders import (
    ALL_CLEAR_LEVEL,
    ALL_CLEAR_PATIENT,
    found,
    loss_of,
    series,
    study,
    unmeasured,
    vertebra,
    wall_of,
)
from vfa.eligibility.clinical_keys import LEVEL_ANSWERS, PATIENT_ANSWERS
from vfa.eligibility.contradictions import contradictions
from vfa.model.clinical import Answer, ClinicalContext
from vfa.model.findings import StudyFindings
from vfa.model.morphometry import FractureStatus
from vfa.model.posterior_wall import WallStatus
from vfa.model.volume import Modality

FINDINGS = (
    "fragmentation",
    "cleft",
    "destruction",
    "foraminal_stenosis",
    "epidural_extension",
    "marrow_oedema",
    "haemangioma",
)
ANSWER = {answer.value: answer for answer in Answer}
SERIES = {
    "thin CT": (series(slice_mm=1.0),),
    "CT of 2.5 mm": (series(slice_mm=2.5),),
    "CT of 5 mm": (series(slice_mm=5.0),),
    "thin CT and MR": (series(slice_mm=1.0), series(Modality.STIR, 4.0, role="marrow")),
    "MR": (series(Modality.T1, 1.0),),
}


@dataclass
class Draw:
    """One patient: what is stated, what is seen at L1, and whether L3 may be fractured too."""

    patient: dict[str, str] = field(default_factory=dict)
    level: dict[str, str] = field(default_factory=dict)
    weeks: float | None = None
    intent: str | None = None
    images: str = "thin CT"
    fracture: str = "present"  # or absent, indeterminate, unmeasured
    loss: tuple[float, float] | None = None  # value and sigma
    wall: tuple[str, float, float, str] | None = None  # status, retropulsion, sigma, outline
    findings: dict[str, str] = field(default_factory=dict)
    also_fractured: bool = False

    @property
    def clinical(self) -> ClinicalContext:
        return ClinicalContext(
            patient_answers={key: ANSWER[value] for key, value in self.patient.items()},
            level_answers={"L1": {key: ANSWER[value] for key, value in self.level.items()}} if self.level else {},
            level_numbers={} if self.weeks is None else {"L1": {"weeks_since_onset": self.weeks}},
            level_words={} if self.intent is None else {"L1": {"intent": self.intent}},
        )

    @property
    def study(self) -> StudyFindings:
        wall = None
        if self.wall is not None:
            status, back_mm, sigma_mm, outline = self.wall
            wall = wall_of(WallStatus(status), back_mm, sigma_mm, outline)
        return study(
            vertebra(
                "L1",
                unmeasured("L1", "a fracture") if self.fracture == "unmeasured" else FractureStatus(self.fracture),
                None if self.loss is None else loss_of(*self.loss),
                wall=wall,
                findings=found(**self.findings),
            ),
            vertebra("L3", FractureStatus.PRESENT if self.also_fractured else FractureStatus.ABSENT),
            seen_on=SERIES[self.images],
        )

    @property
    def consistent(self) -> bool:
        return next(contradictions(self.clinical), None) is None


def draw(dice: random.Random) -> Draw:
    """A random patient whose answers do not contradict each other; how much is stated varies from case to case.

    One in six is an uncomplicated fracture with a few answers changed, so that all conclusions are reached.
    """
    if dice.random() < 1 / 6:
        return _nearly_clear(dice)
    stated, seen = dice.choice((0.2, 0.5, 0.9, 1.0)), dice.choice((0.3, 0.7, 1.0))
    mostly_no = dice.choice((0.5, 0.85, 0.96))
    while True:
        drawn = Draw(
            patient=_answers(dice, PATIENT_ANSWERS, stated, mostly_no),
            level=_answers(dice, LEVEL_ANSWERS, stated, mostly_no),
            weeks=dice.choice((None, 3.0, 13.0, 30.0)),
            intent=dice.choice((None, "treatment", "prophylactic")),
            images=dice.choice(tuple(SERIES)),
            fracture=dice.choice(("present", "present", "absent", "indeterminate", "unmeasured")),
            loss=dice.choice((None, (0.28, 0.01), (1 / 3, 0.0), (0.35, 0.03), (0.5, 0.01), (0.7, 0.0), (0.8, 0.01))),
            wall=dice.choice(
                (
                    None,
                    ("intact", 0.0, 0.1, "smooth"),
                    ("intact", 2.0, 0.0, "angular"),
                    ("intact", 2.5, 0.5, "angular"),
                    ("intact", 6.0, 0.3, "smooth"),
                    ("intact", 6.0, 0.3, "angular"),
                    ("breached", 1.0, 0.3, "angular"),
                    ("not_assessable", 0.0, 0.1, "smooth"),
                    ("not_assessable", 5.0, 0.1, "angular"),
                )
            ),
            findings={
                name: dice.choice(("present", "absent", "absent", "not_assessable"))
                for name in FINDINGS
                if dice.random() < seen
            },
            also_fractured=dice.random() < 0.3,
        )
        if drawn.consistent:
            return drawn


def _nearly_clear(dice: random.Random) -> Draw:
    while True:
        drawn = Draw(
            patient=dict(ALL_CLEAR_PATIENT),
            level={key: value for key, value in ALL_CLEAR_LEVEL.items() if key != "intent"},
            images=dice.choice(("thin CT", "thin CT and MR")),
            loss=dice.choice(((0.28, 0.01), (0.4, 0.01))),
            wall=("intact", 0.0, 0.1, "smooth"),
            findings=dict.fromkeys(FINDINGS, "absent"),
        )
        for _ in range(dice.choice((0, 1, 2, 3))):
            table, key = dice.choice([(t, key) for t in (drawn.patient, drawn.level) for key in t])
            if dice.random() < 0.5:
                del table[key]
            else:
                table[key] = "no" if table[key] == "yes" else "yes"
        if drawn.consistent:
            return drawn


def _answers(dice: random.Random, keys: dict[str, str], stated: float, mostly_no: float) -> dict[str, str]:
    return {key: "no" if dice.random() < mostly_no else "yes" for key in keys if dice.random() < stated}
