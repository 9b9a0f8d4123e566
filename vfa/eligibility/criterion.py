"""What is a criterion? One small class: an id, a sentence, a source, what it requires, and how it is answered.

    class SystemicInfection(Criterion):
        id = "VP-C1"
        procedure = "vertebroplasty"
        kind = RuleKind.CONTRAINDICATION
        sentence = "A systemic infection is present."
        source = "seed text, vertebroplasty: in whom it is not applied"
        verified = True
        decided_by = "clinical file"
        requires = ("patient.systemic_infection",)

        def answer(self, case: Case) -> Truth:
            return of_patient(case, "systemic_infection")

A criterion from another package is such a class, named by an entry point of the group `vfa.criteria`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from typing import ClassVar

from vfa.eligibility.case import Case
from vfa.eligibility.parameter import Parameter, Setting, number_in, word_in
from vfa.eligibility.truth import Truth
from vfa.model.assessment import PROCEDURES, Outcome, RuleKind

ENTRY_POINTS = "vfa.criteria"
AUGMENTATION = "augmentation"  # stands for both procedures, as guidelines write

# What the questions that several criteria ask look at (see `facts` and `image_facts`).
FRACTURE = ("fracture", "level.fracture_confirmed")
PAIN = ("level.pain", "patient.pain", *FRACTURE)
CANCER = ("patient.malignancy", "patient.metastasis", "patient.multiple_myeloma")
TUMOUR = ("level.tumour", "level.metastasis", "level.multiple_myeloma", *CANCER)
SYSTEMIC_INFECTION = ("patient.systemic_infection", "patient.septicaemia")
LOCAL_INFECTION = ("patient.local_infection", "level.local_infection", "level.osteomyelitis")
CLEFT = ("cleft", "level.osteonecrosis", "image.CT", "image.MR")
RETROPULSION = ("posterior_wall", "level.retropulsion", "image.CT")


class Criterion(ABC):
    """One explicit rule about one procedure.

    Class attributes:
        id: "VP-C4"; unique among all criteria.
        procedure: "vertebroplasty", "kyphoplasty" or, for both, "augmentation".
        kind: indication, contraindication, relative contraindication or feasibility.
        sentence: the rule, phrased so that MET means it holds.
        source: where the rule comes from.
        verified: whether that source was seen to say so.
        decided_by: in words, what decides it.
        requires: every input it may look at: "patient.x", "level.x" for the level's own answer, the name of a
            measurement ("height_loss", "posterior_wall", "fragmentation" …) or a kind of image ("image.CT").
        parameters: what a profile may set.
        twin: the id of the criterion whose settings this one shares; empty for none.

    Args:
        settings: what the profile sets; the rest keeps its default.
    """

    id: ClassVar[str]
    procedure: ClassVar[str]
    kind: ClassVar[RuleKind]
    sentence: ClassVar[str]
    source: ClassVar[str]
    verified: ClassVar[bool]
    decided_by: ClassVar[str]
    requires: ClassVar[tuple[str, ...]]
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    twin: ClassVar[str] = ""

    def __init__(self, settings: Mapping[str, Setting] | None = None) -> None:
        if self.procedure not in (*PROCEDURES, AUGMENTATION):
            known = ", ".join((*PROCEDURES, AUGMENTATION))
            raise ValueError(f"{self.id}: procedure: expected one of {known}, got {self.procedure!r}")
        given = dict(settings or {})
        foreign = sorted(set(given) - {parameter.name for parameter in self.parameters})
        if foreign:
            raise ValueError(f"{self.id}: no such parameter: {', '.join(foreign)}")
        self.settings: Mapping[str, Setting] = {p.name: given.get(p.name, p.default) for p in self.parameters}

    def looks_at(self, need: str) -> bool:
        """Whether an input such as "levels.L1.pain" can touch this criterion."""
        scope, _, rest = need.partition(".")
        return (f"level.{rest.partition('.')[2]}" if scope == "levels" else need) in self.requires

    @abstractmethod
    def answer(self, case: Case) -> Truth:
        """Whether the rule holds for this case."""

    @classmethod
    def applies_to(cls, procedure: str) -> bool:
        """Whether the rule speaks of this procedure."""
        return cls.procedure in (procedure, AUGMENTATION)

    def number(self, name: str) -> Fraction:
        """A numeric setting."""
        return number_in(self.settings, name)

    def word(self, name: str) -> str:
        """A setting that is one of some words."""
        return word_in(self.settings, name)

    def evaluate(self, case: Case) -> Outcome:
        """The outcome for this case, with everything a reader needs to check it."""
        truth = self.answer(case)
        return Outcome(
            criterion_id=self.id,
            kind=self.kind,
            sentence=self.phrase,
            verdict=truth.verdict,
            because=truth.because,
            source=self.cited,
            reason=truth.reason,
            evidence=truth.evidence,
            needs=truth.needs,
            urgent=truth.urgent,
        )

    @property
    def phrase(self) -> str:
        """The rule in words, with this profile's settings in it where they matter."""
        return self.sentence

    @cached_property
    def cited(self) -> str:
        """The source as a result shows it, with what of it was not verified and what this profile set otherwise."""
        marks = "" if self.verified else " (unverified)"
        changed = [p for p in self.parameters if self.settings[p.name] != p.default]
        weak = [p for p in self.parameters if not p.verified and p not in changed]
        said = [f"{self.source}{marks}"]
        for words, parameters in (("set by the profile", changed), ("unverified", weak)):
            if parameters:
                said.append(f"{words}: {', '.join(f'{p.name} = {shown(self.settings[p.name])}' for p in parameters)}")
        return "; ".join(said)


def shown(setting: Setting) -> str:
    """A setting as a profile would write it: 1/3 stays 1/3, 7/10 becomes 0.7."""
    if isinstance(setting, str):
        return setting
    decimal = f"{float(setting):g}"
    return decimal if Fraction(decimal) == setting else str(setting)
