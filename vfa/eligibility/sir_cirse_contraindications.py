"""What do societies of interventional radiology list against augmentation, absolutely or relatively?

Where a rule says what a rule of the seed says, it is that rule under another name. A rule whose source could not be
seen is listed as relative, so that nothing unverified ever contraindicates.
"""

from __future__ import annotations

from fractions import Fraction

from vfa.eligibility.case import Case
from vfa.eligibility.criterion import AUGMENTATION, FRACTURE, LOCAL_INFECTION, RETROPULSION, SYSTEMIC_INFECTION, TUMOUR
from vfa.eligibility.facts import attributed, of_level, osteomyelitis, septicaemia, systemic_infection
from vfa.eligibility.guideline_facts import number_above, number_below
from vfa.eligibility.guideline_rule import Absolute, Relative
from vfa.eligibility.guideline_sources import CIRSE, PRACTICE, SIR_BLEEDING
from vfa.eligibility.height_rules import CollapsedMoreThanSeventyPercent
from vfa.eligibility.image_facts import retropulsion, tumour_in_canal
from vfa.eligibility.kyphoplasty_contraindications import (
    MIN_RETROPULSION,
    AsymptomaticFracture,
    CementAllergy,
    Prophylaxis,
    TumourInCanal,
    UnmanageableCoagulopathy,
)
from vfa.eligibility.parameter import Parameter
from vfa.eligibility.truth import Truth, both, either
from vfa.model.assessment import RuleKind


class Septicaemia(Absolute):
    """SIR-C1."""

    id = "SIR-C1"
    sentence = "A septicaemia is present."
    source = PRACTICE
    decided_by = "clinical file; without a systemic infection there is none"
    requires = SYSTEMIC_INFECTION

    def answer(self, case: Case) -> Truth:
        """MET for a stated septicaemia."""
        return septicaemia(case)


class Osteomyelitis(Absolute):
    """SIR-C2."""

    id = "SIR-C2"
    sentence = "The vertebra holds an active osteomyelitis."
    source = PRACTICE
    decided_by = "clinical file; without a local infection there is none"
    requires = LOCAL_INFECTION

    def answer(self, case: Case) -> Truth:
        """MET for a stated osteomyelitis of this vertebra."""
        return osteomyelitis(case)


class SirCoagulopathy(UnmanageableCoagulopathy):
    """SIR-C3, the same as KP-C2."""

    id = "SIR-C3"
    procedure = AUGMENTATION
    source = PRACTICE


class SirCementAllergy(CementAllergy):
    """SIR-C4, the same as KP-C4."""

    id = "SIR-C4"
    procedure = AUGMENTATION
    source = PRACTICE


class RadiculopathyRelative(Relative):
    """SIR-R1; whether the radicular pain has another cause than the collapse is left to the specialist."""

    id = "SIR-R1"
    sentence = "Radicular pain is present; it counts where it exceeds the local pain and the collapse is not its cause."
    source = PRACTICE
    decided_by = "clinical file: radicular pain attributed to this level"
    requires = ("level.radicular_pain", "patient.radicular_pain", *FRACTURE)

    def answer(self, case: Case) -> Truth:
        """MET for radicular pain at this level."""
        return attributed(case, "radicular_pain")


class CompressionWithDeficit(Relative):
    """SIR-R2."""

    id = "SIR-R2"
    sentence = "A retropulsed fragment or epidural tumour compromises the nervous system."
    source = PRACTICE
    decided_by = "neurological deficit at this level, and bone or tumour in the canal"
    requires = (
        *("level.neurological_deficit", "patient.neurological_deficit", "epidural_extension"),
        *("level.epidural_tumour", "image.MR"),
        *RETROPULSION,
        *TUMOUR,
        *FRACTURE,
    )
    parameters = (MIN_RETROPULSION,)

    def answer(self, case: Case) -> Truth:
        """MET for a deficit with bone or tumour in the canal."""
        in_canal = either(retropulsion(case, self.number("min_retropulsion_mm")), tumour_in_canal(case))
        return both(attributed(case, "neurological_deficit"), in_canal)


class SystemicInfectionRelative(Relative):
    """SIR-R3."""

    id = "SIR-R3"
    sentence = "A systemic infection is present at this time."
    source = PRACTICE
    decided_by = "clinical file"
    requires = SYSTEMIC_INFECTION

    def answer(self, case: Case) -> Truth:
        """MET for a stated systemic infection."""
        return systemic_infection(case)


class ImprovingPain(Relative):
    """SIR-R4."""

    id = "SIR-R4"
    sentence = "The patient improves on medical treatment."
    source = PRACTICE
    decided_by = "clinical file: pain at this level is improving"
    requires = ("level.pain_improving",)

    def answer(self, case: Case) -> Truth:
        """MET for improving pain."""
        return of_level(case, "pain_improving")


class ProphylaxisRelative(Prophylaxis):
    """SIR-R5, KP-C5 as a relative one."""

    id = "SIR-R5"
    procedure = AUGMENTATION
    kind = RuleKind.RELATIVE
    source = PRACTICE


class MyelopathyRelative(Relative):
    """SIR-R6."""

    id = "SIR-R6"
    sentence = "Myelopathy or a cauda equina syndrome at this level is present."
    source = PRACTICE
    decided_by = "clinical file: myelopathy attributed to this level"
    requires = ("level.myelopathy", "patient.myelopathy", *FRACTURE)

    def answer(self, case: Case) -> Truth:
        """MET for myelopathy at this level."""
        return attributed(case, "myelopathy")


class BleedingRiskByLaboratory(Relative):
    """SIR-R7; that augmentation is of high bleeding risk is from memory."""

    id = "SIR-R7"
    sentence = "INR or platelet count is outside what a procedure of high bleeding risk allows."
    source = SIR_BLEEDING
    verified = False
    decided_by = "INR above, or platelets below, the limit"
    requires = ("patient.inr", "patient.platelets_10e9_per_l")
    parameters = (
        Parameter("max_inr", Fraction(9, 5), "INR above this", SIR_BLEEDING, verified=True),
        Parameter("min_platelets_10e9_per_l", Fraction(50), "platelets below this", SIR_BLEEDING, verified=True),
    )

    def answer(self, case: Case) -> Truth:
        """MET when either is out of range."""
        return either(
            number_above(case, "inr", self.number("max_inr"), "INR"),
            number_below(case, "platelets_10e9_per_l", self.number("min_platelets_10e9_per_l"), "platelet count"),
        )


class SevereCollapseRelative(CollapsedMoreThanSeventyPercent):
    """CIRSE-R1."""

    id = "CIRSE-R1"
    procedure = AUGMENTATION
    kind = RuleKind.RELATIVE
    source = CIRSE
    verified = False


class TumourInCanalRelative(TumourInCanal):
    """CIRSE-R2, KP-C12 as a relative one."""

    id = "CIRSE-R2"
    procedure = AUGMENTATION
    kind = RuleKind.RELATIVE
    source = CIRSE
    verified = False


class UnstableFracture(Relative):
    """CIRSE-R3; remembered as absolute, listed as relative until the source is seen."""

    id = "CIRSE-R3"
    sentence = "The fracture is unstable."
    source = CIRSE
    verified = False
    decided_by = "clinical file: a reader's or surgeon's word"
    requires = ("level.unstable",)

    def answer(self, case: Case) -> Truth:
        """MET for a fracture stated as unstable."""
        return of_level(case, "unstable")


class AsymptomaticRelative(AsymptomaticFracture):
    """CIRSE-R4, KP-C1; remembered as absolute, listed as relative until the source is seen."""

    id = "CIRSE-R4"
    procedure = AUGMENTATION
    kind = RuleKind.RELATIVE
    source = CIRSE
    verified = False
