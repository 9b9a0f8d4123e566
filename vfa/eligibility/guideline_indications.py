"""For whom do published guidelines, a coverage rule and a trial consider augmentation?

Each is a layer of its own beside the seed, never merged into its answer. Sources were read as excerpts; what was not
seen is marked unverified.
"""

from __future__ import annotations

from fractions import Fraction

from vfa.eligibility.case import Case
from vfa.eligibility.criterion import AUGMENTATION, CLEFT, FRACTURE, PAIN, TUMOUR, Criterion
from vfa.eligibility.facts import attributed, fracture, of_level, of_patient, tumour_at_level
from vfa.eligibility.guideline_facts import (
    at_least_two_of,
    lies_between,
    measured_loss,
    number_above,
    number_at_least,
    number_at_most,
)
from vfa.eligibility.guideline_sources import LCD, NICE, SIR, VERTOS
from vfa.eligibility.image_facts import marrow_oedema, unhealed
from vfa.eligibility.parameter import Parameter
from vfa.eligibility.threshold import above, at_least
from vfa.eligibility.truth import Truth, both, either, opposite
from vfa.model.assessment import RuleKind

PAIN_SCORE = ("level.pain_score_0_10", "patient.pain_score_0_10")
UNHEALED = ("level.unhealed", "level.marrow_oedema", "marrow_oedema", *CLEFT)


def _limit(name: str, value: Fraction, meaning: str, source: str) -> Parameter:
    return Parameter(name, value, meaning, source, verified=True)


class GuidelineIndication(Criterion):
    """An entry condition of a published rule set, for both procedures."""

    procedure = AUGMENTATION
    kind = RuleKind.INDICATION
    verified = True


class RefractoryPainfulFracture(GuidelineIndication):
    """SIR-I1."""

    id = "SIR-I1"
    sentence = "A painful osteoporotic or neoplastic fracture has not responded to medical treatment."
    source = SIR
    decided_by = "fracture, pain at this level, failed treatment, and osteoporosis or a tumour at this level"
    requires = ("level.conservative_treatment_failed", "patient.osteoporosis", *PAIN, *TUMOUR)

    def answer(self, case: Case) -> Truth:
        """MET when all hold."""
        cause = either(of_patient(case, "osteoporosis"), tumour_at_level(case))
        failed = of_level(case, "conservative_treatment_failed")
        return both(fracture(case), attributed(case, "pain"), failed, cause)


class SevereRecentUnhealedFracture(GuidelineIndication):
    """NICE-I1; the final guidance gives no number of weeks, so none is applied: "recent" is left to "unhealed"."""

    id = "NICE-I1"
    sentence = "Severe ongoing pain from an unhealed fracture despite optimal pain management, confirmed at its level."
    source = NICE
    decided_by = "fracture, not healed, severe pain and tenderness at this level, and failed pain management"
    requires = (
        "level.tenderness",
        "level.conservative_treatment_failed",
        *PAIN_SCORE,
        *UNHEALED,
        *PAIN,
    )
    parameters = (
        Parameter(
            "severe_pain_score",
            Fraction(7),
            "pain is severe from this score",
            "design choice; the guidance gives no number",
            verified=False,
            at_most=Fraction(10),
        ),
    )

    def answer(self, case: Case) -> Truth:
        """MET when all hold."""
        return both(
            fracture(case),
            unhealed(case),
            attributed(case, "pain"),
            number_at_least(case, "pain_score_0_10", self.number("severe_pain_score"), "pain score"),
            of_level(case, "tenderness"),
            of_level(case, "conservative_treatment_failed"),
        )


class CoveredFracture(GuidelineIndication):
    """LCD-I1."""

    id = "LCD-I1"
    sentence = (
        "A recent fracture on imaging with pain that qualifies and is getting worse or has two supporting findings."
    )
    source = LCD
    decided_by = (
        "unhealed fracture from T1 to L5; pain score by setting; worsening, or two of height loss, kyphosis, disability"
    )
    requires = (
        *PAIN_SCORE,
        "patient.hospitalised_for_pain",
        "level.conservative_treatment_failed",
        "level.pain_worsening",
        "level.kyphotic_deformity",
        "patient.roland_morris_0_24",
        "height_loss",
        *UNHEALED,
        *FRACTURE,
    )
    parameters = (
        _limit("hospitalised_pain_score", Fraction(8), "pain score from which a patient in hospital qualifies", LCD),
        _limit("pain_score", Fraction(5), "pain score from which others qualify once treatment has failed", LCD),
        _limit("supporting_loss", Fraction(1, 4), "height loss above this fraction supports", LCD),
        _limit("supporting_disability", Fraction(17), "a Roland–Morris score above this supports", LCD),
    )

    def answer(self, case: Case) -> Truth:
        """MET when fracture, pain and course all qualify."""
        here = lies_between(case, "T1", "L5")
        return both(here, fracture(case), unhealed(case), self._pain(case), self._course(case))

    def _pain(self, case: Case) -> Truth:
        in_hospital = both(
            of_patient(case, "hospitalised_for_pain"),
            number_at_least(case, "pain_score_0_10", self.number("hospitalised_pain_score"), "pain score"),
        )
        at_home = both(
            opposite(of_patient(case, "hospitalised_for_pain")),
            number_at_least(case, "pain_score_0_10", self.number("pain_score"), "pain score"),
            of_level(case, "conservative_treatment_failed"),
        )
        return either(in_hospital, at_home)

    def _course(self, case: Case) -> Truth:
        supporting = at_least_two_of(
            above(measured_loss(case), self.number("supporting_loss"), "height loss", "height_loss"),
            of_level(case, "kyphotic_deformity"),
            number_above(case, "roland_morris_0_24", self.number("supporting_disability"), "disability score"),
        )
        return either(of_level(case, "pain_worsening"), supporting)


class CoveredTumour(GuidelineIndication):
    """LCD-I2."""

    id = "LCD-I2"
    sentence = "An osteolytic metastasis or myeloma in the vertebra with intractable pain."
    source = LCD
    decided_by = "tumour and pain at this level, and failed treatment"
    requires = ("level.conservative_treatment_failed", *TUMOUR, *PAIN)

    def answer(self, case: Case) -> Truth:
        """MET when all hold."""
        failed = of_level(case, "conservative_treatment_failed")
        return both(tumour_at_level(case), attributed(case, "pain"), failed)


class TrialFracture(GuidelineIndication):
    """VERTOS-I1."""

    id = "VERTOS-I1"
    sentence = "A fracture that VERTOS II would have admitted."
    source = VERTOS
    decided_by = "fracture from T5 to L5, height loss, pain score, tenderness, onset, marrow oedema on MR, bone density"
    requires = (
        "height_loss",
        *PAIN_SCORE,
        "level.tenderness",
        "level.weeks_since_onset",
        "level.marrow_oedema",
        "marrow_oedema",
        "image.MR",
        "patient.t_score",
        *FRACTURE,
    )
    parameters = (
        _limit("max_weeks", Fraction(6), "pain for at most this many weeks", VERTOS),
        _limit("min_pain_score", Fraction(5), "pain score of at least this", VERTOS),
        _limit("min_loss", Fraction(15, 100), "height loss of at least this fraction", VERTOS),
        Parameter(
            "max_t_score_below_zero",
            Fraction(1),
            "bone density T-score of minus this, or lower",
            "VERTOS II; the table read prints the sign wrongly",
            verified=False,
        ),
    )

    def answer(self, case: Case) -> Truth:
        """MET when all hold."""
        enough = at_least(measured_loss(case), self.number("min_loss"), "height loss", "height_loss")
        return both(
            fracture(case),
            lies_between(case, "T5", "L5"),
            enough,
            number_at_most(case, "weeks_since_onset", self.number("max_weeks"), "weeks since onset"),
            number_at_least(case, "pain_score_0_10", self.number("min_pain_score"), "pain score"),
            of_level(case, "tenderness"),
            marrow_oedema(case),
            number_at_most(case, "t_score", -self.number("max_t_score_below_zero"), "T-score"),
        )
