"""What rules out, or speaks against, coverage by US Medicare?"""

from __future__ import annotations

from fractions import Fraction

from vfa.eligibility.case import Case
from vfa.eligibility.criterion import AUGMENTATION, FRACTURE, LOCAL_INFECTION, RETROPULSION, SYSTEMIC_INFECTION
from vfa.eligibility.facts import attributed, coagulopathy, local_infection, of_level, of_patient, systemic_infection
from vfa.eligibility.guideline_facts import number_above
from vfa.eligibility.guideline_rule import Absolute, Relative
from vfa.eligibility.guideline_sources import LCD
from vfa.eligibility.image_facts import retropulsion
from vfa.eligibility.kyphoplasty_contraindications import MIN_RETROPULSION, CementAllergy
from vfa.eligibility.parameter import Parameter
from vfa.eligibility.sir_cirse_contraindications import UnstableFracture
from vfa.eligibility.truth import Truth, either
from vfa.model.assessment import RuleKind


class CoverageInfection(Absolute):
    """LCD-C1."""

    id = "LCD-C1"
    sentence = "An infection is present."
    source = LCD
    decided_by = "clinical file: systemic or local"
    requires = (*SYSTEMIC_INFECTION, *LOCAL_INFECTION)

    def answer(self, case: Case) -> Truth:
        """MET for either infection."""
        return either(systemic_infection(case), local_infection(case))


class Pregnancy(Absolute):
    """LCD-C2."""

    id = "LCD-C2"
    sentence = "The patient is pregnant."
    source = LCD
    decided_by = "clinical file"
    requires = ("patient.pregnancy",)

    def answer(self, case: Case) -> Truth:
        """MET for a stated pregnancy."""
        return of_patient(case, "pregnancy")


class PainFromElsewhere(Absolute):
    """LCD-C3."""

    id = "LCD-C3"
    sentence = "The pain does not come primarily from this fracture."
    source = LCD
    decided_by = "clinical file"
    requires = ("level.pain_from_elsewhere",)

    def answer(self, case: Case) -> Truth:
        """MET for pain that comes mainly from elsewhere."""
        return of_level(case, "pain_from_elsewhere")


class TooManyLevels(Relative):
    """LCD-R1."""

    id = "LCD-R1"
    sentence = "More levels are planned for one session than the coverage rule expects."
    source = LCD
    decided_by = "clinical file: levels planned"
    requires = ("patient.levels_planned",)
    parameters = (Parameter("max_levels", Fraction(3), "levels in one session", LCD, verified=True),)

    def answer(self, case: Case) -> Truth:
        """MET above the limit."""
        return number_above(case, "levels_planned", self.number("max_levels"), "levels planned")


class CoverageAllergy(CementAllergy):
    """LCD-R2, KP-C4 as a relative one."""

    id = "LCD-R2"
    procedure = AUGMENTATION
    kind = RuleKind.RELATIVE
    source = LCD


class UncorrectedCoagulopathy(Relative):
    """LCD-R3."""

    id = "LCD-R3"
    sentence = "A coagulopathy is not corrected at present."
    source = LCD
    decided_by = "clinical file: impaired clotting at present"
    requires = ("patient.coagulopathy", "patient.bleeding_disorder")

    def answer(self, case: Case) -> Truth:
        """MET for impaired clotting."""
        return coagulopathy(case)


class CoverageInstability(UnstableFracture):
    """LCD-R4."""

    id = "LCD-R4"
    source = LCD
    verified = True


class CoverageDeficit(Relative):
    """LCD-R5."""

    id = "LCD-R5"
    sentence = "A neurological deficit is present."
    source = LCD
    decided_by = "clinical file, attributed to this level"
    requires = ("level.neurological_deficit", "patient.neurological_deficit", *FRACTURE)

    def answer(self, case: Case) -> Truth:
        """MET for a deficit at this level."""
        return attributed(case, "neurological_deficit")


class CoverageRetropulsion(Relative):
    """LCD-R6."""

    id = "LCD-R6"
    sentence = "Bone is pushed back into the canal."
    source = LCD
    decided_by = "retropulsion on CT or MR, or a reader's word"
    requires = RETROPULSION
    parameters = (MIN_RETROPULSION,)

    def answer(self, case: Case) -> Truth:
        """MET beyond the limit."""
        return retropulsion(case, self.number("min_retropulsion_mm"))
