"""What stands against vertebroplasty, as the seed text lists it? (The height rule, VP-C4, is in `height_rules`.)"""

from __future__ import annotations

from fractions import Fraction

from vfa.eligibility.case import Case
from vfa.eligibility.criterion import FRACTURE, LOCAL_INFECTION, SYSTEMIC_INFECTION, Criterion
from vfa.eligibility.facts import bleeding_disorder, fracture, local_infection, systemic_infection
from vfa.eligibility.image_facts import fragmented
from vfa.eligibility.parameter import Parameter
from vfa.eligibility.truth import Truth
from vfa.model.assessment import RuleKind


class VertebroplastyContraindication(Criterion):
    """An item of the seed's answer to "in whom is vertebroplasty not applied?"."""

    procedure = "vertebroplasty"
    kind = RuleKind.CONTRAINDICATION
    source = "seed text, vertebroplasty: in whom it is not applied"
    verified = True


class SystemicInfection(VertebroplastyContraindication):
    """VP-C1."""

    id = "VP-C1"
    sentence = "A systemic infection is present."
    decided_by = "clinical file; laboratory values may raise the question and do not decide"
    requires = SYSTEMIC_INFECTION

    def answer(self, case: Case) -> Truth:
        """MET for a stated systemic infection."""
        return systemic_infection(case)


class LocalInfection(VertebroplastyContraindication):
    """VP-C2."""

    id = "VP-C2"
    sentence = "An infection is present in the area."
    decided_by = "clinical file; images may raise the question and do not decide"
    requires = LOCAL_INFECTION

    def answer(self, case: Case) -> Truth:
        """MET for a stated infection at this level or on the way to it."""
        return local_infection(case)


class BleedingDisorder(VertebroplastyContraindication):
    """VP-C3."""

    id = "VP-C3"
    sentence = "The patient has a bleeding disorder."
    decided_by = "clinical file; a known disorder counts even when corrected, and laboratory values do not decide"
    requires = ("patient.bleeding_disorder", "patient.coagulopathy")

    def answer(self, case: Case) -> Truth:
        """MET for any known bleeding disorder."""
        return bleeding_disorder(case)


class FragmentedFracture(VertebroplastyContraindication):
    """VP-C5."""

    id = "VP-C5"
    sentence = "The fracture is fragmented."
    decided_by = "a reader's word, or fragments on CT (burst, split, comminuted); excluded only on thin slices"
    requires = ("fragmentation", "level.fragmented", "image.CT", *FRACTURE)
    parameters = (
        Parameter(
            "max_slice_mm",
            Fraction(3),
            "slices further apart than this show neither fragments nor their absence",
            "design choice",
            verified=False,
        ),
        Parameter(
            "max_slice_mm_to_exclude",
            Fraction(3, 2),
            "slices further apart than this cannot show that the body is in one piece",
            "design choice",
            verified=False,
        ),
    )

    def answer(self, case: Case) -> Truth:
        """MET for fragments; NOT_MET without a fracture, or on thin CT without fragments."""
        in_pieces = fragmented(case, self.number("max_slice_mm"), self.number("max_slice_mm_to_exclude"))
        broken = fracture(case)
        if in_pieces.is_open and broken.is_no:
            return broken.saying(f"No fracture, so none in fragments. {broken.because}")
        return in_pieces
