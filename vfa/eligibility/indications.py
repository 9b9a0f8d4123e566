"""What speaks for vertebroplasty or kyphoplasty, as the seed text lists it?

An indication that a fracture or tumour must carry is open until someone says that it does; an image alone raises the
question and does not answer it.
"""

from __future__ import annotations

from fractions import Fraction

from vfa.eligibility.case import Case
from vfa.eligibility.criterion import CLEFT, FRACTURE, PAIN, TUMOUR, Criterion
from vfa.eligibility.facts import (
    CLINICAL_FILE,
    attributed,
    diagnosis_at_level,
    fracture,
    of_level,
    of_patient,
    tumour_at_level,
)
from vfa.eligibility.image_facts import haemangioma, looked_for, osteonecrosis, unhealed
from vfa.eligibility.parameter import Parameter
from vfa.eligibility.truth import Truth, both, either, no, opposite, unknown, yes
from vfa.model.assessment import Evidence, RuleKind, UnknownReason
from vfa.model.clinical import Answer, NotStated
from vfa.model.estimate import Estimate


class VertebroplastyIndication(Criterion):
    """An item of the seed's list for vertebroplasty."""

    procedure = "vertebroplasty"
    kind = RuleKind.INDICATION
    source = "seed text, vertebroplasty: in what cases it is applied"
    verified = True


class KyphoplastyIndication(Criterion):
    """An item of the seed's first kyphoplasty list, read as indications from its content."""

    procedure = "kyphoplasty"
    kind = RuleKind.INDICATION
    verified = True


class VertebralFracture(VertebroplastyIndication):
    """VP-I1."""

    id = "VP-I1"
    sentence = "The vertebra is fractured."
    decided_by = "a reader's word, else the fracture finding; a deformity alone leaves it open"
    requires = FRACTURE

    def answer(self, case: Case) -> Truth:
        """MET for a fracture present."""
        return fracture(case)


class VertebralMetastasis(VertebroplastyIndication):
    """VP-I2."""

    id = "VP-I2"
    sentence = "A metastasis is in the vertebra."
    decided_by = "clinical file: the diagnosis at this level; destruction on images only raises the question"
    requires = ("level.metastasis", "patient.metastasis", "patient.malignancy", "destruction", "image.CT")

    def answer(self, case: Case) -> Truth:
        """MET for a metastasis diagnosed at this level."""
        diagnosis = diagnosis_at_level(case, "metastasis")
        if diagnosis.is_open and "destruction" in case.vertebra.findings:
            seen = looked_for(case, "destruction")
            if seen.is_yes:
                return diagnosis.saying(f"{diagnosis.because} The images raise the question: {seen.because}")
        return diagnosis


class MultipleMyeloma(VertebroplastyIndication):
    """VP-I3."""

    id = "VP-I3"
    sentence = "The patient has multiple myeloma, and this vertebra is involved or fractured."
    decided_by = "clinical file: the diagnosis; involvement or fracture at this level"
    requires = ("patient.multiple_myeloma", "level.multiple_myeloma", "patient.malignancy", *FRACTURE)

    def answer(self, case: Case) -> Truth:
        """MET for myeloma with this level involved or fractured."""
        involved = of_level(case, "multiple_myeloma")
        if involved.is_yes:
            return involved
        diagnosis = of_patient(case, "multiple_myeloma")
        if diagnosis.is_open and case.patient("malignancy") is Answer.NO:
            diagnosis = of_patient(case, "malignancy")
        return both(diagnosis, either(involved, fracture(case)))


class OsteoporoticFracture(KyphoplastyIndication):
    """KP-I1."""

    id = "KP-I1"
    sentence = "A compression fracture due to osteoporosis."
    source = "seed text, kyphoplasty indication 1"
    decided_by = "fracture, and osteoporosis known, and no high-energy injury; marrow density on CT only supports it"
    requires = ("patient.osteoporosis", "level.high_energy_trauma", "level.trauma", "marrow_mean_hu", *FRACTURE)

    def answer(self, case: Case) -> Truth:
        """MET for a fracture in osteoporosis that no high-energy injury explains."""
        return both(fracture(case), self._osteoporosis(case), opposite(_high_energy(case)))

    def _osteoporosis(self, case: Case) -> Truth:
        known = of_patient(case, "osteoporosis")
        marrow = case.vertebra.marrow_mean_hu
        if known.is_open and isinstance(marrow, Estimate):
            return known.saying(f"{known.because} Marrow of {marrow.value:.0f} HU may support it and does not decide.")
        return known


def _high_energy(case: Case) -> Truth:
    if case.at_level("trauma") is Answer.NO:
        return of_level(case, "trauma")
    return of_level(case, "high_energy_trauma")


class PainfulTumourFracture(KyphoplastyIndication):
    """KP-I2."""

    id = "KP-I2"
    sentence = "A painful compression fracture related to a primary or secondary tumour."
    source = "seed text, kyphoplasty indication 2"
    decided_by = "tumour at this level, and pain at this level, and fracture"
    requires = (*TUMOUR, *PAIN)

    def answer(self, case: Case) -> Truth:
        """MET when all three hold."""
        return both(tumour_at_level(case), attributed(case, "pain"), fracture(case))


class PainfulOsteonecrosis(KyphoplastyIndication):
    """KP-I3."""

    id = "KP-I3"
    sentence = "A painful compression fracture with osteonecrosis (Kümmell's disease)."
    source = "seed text, kyphoplasty indication 3"
    decided_by = "fracture, and a cleft (gas on CT, or a reader's word), and pain at this level"
    requires = (*CLEFT, *PAIN)

    def answer(self, case: Case) -> Truth:
        """MET when all three hold."""
        return both(fracture(case), osteonecrosis(case), attributed(case, "pain"))


class ChronicTraumaticFracture(KyphoplastyIndication):
    """KP-I4."""

    id = "KP-I4"
    sentence = "A chronic traumatic compression fracture that has not healed."
    source = "seed text, kyphoplasty indication 4"
    decided_by = (
        "fracture, injury, time since onset, and a reader's word, oedema on MR or a cleft that it has not healed"
    )
    requires = (
        "level.trauma",
        "level.high_energy_trauma",
        "level.weeks_since_onset",
        "level.unhealed",
        "level.marrow_oedema",
        "marrow_oedema",
        *CLEFT,
        *FRACTURE,
    )
    parameters = (
        Parameter(
            "chronic_weeks",
            Fraction(13),
            "a fracture at least this old is chronic",
            "design choice, three months; the seed gives no duration",
            verified=False,
        ),
    )

    def answer(self, case: Case) -> Truth:
        """MET when all four hold."""
        injury = of_level(case, "trauma")
        if injury.is_open and case.at_level("high_energy_trauma") is Answer.YES:
            injury = of_level(case, "high_energy_trauma")
        return both(fracture(case), injury, self._chronic(case), unhealed(case))

    def _chronic(self, case: Case) -> Truth:
        key, weeks, limit = (
            case.level_key("weeks_since_onset"),
            case.number("weeks_since_onset"),
            self.number("chronic_weeks"),
        )
        if isinstance(weeks, NotStated):
            return unknown(UnknownReason.MISSING_INPUT, "Not stated: weeks since onset.", (key,))
        evidence = Evidence(key, weeks, "weeks", source=CLINICAL_FILE)
        because = f"{weeks:g} weeks since onset; chronic from {float(limit):g} weeks."
        return yes(because, evidence) if weeks >= limit else no(because, evidence)


class PainfulHaemangioma(KyphoplastyIndication):
    """KP-I5."""

    id = "KP-I5"
    sentence = "A painful haemangioma in the vertebral body."
    source = "seed text, kyphoplasty indication 5"
    decided_by = "a reader's word, and pain attributed to this level; without such pain it is incidental"
    requires = ("haemangioma", "level.haemangioma", *PAIN)

    def answer(self, case: Case) -> Truth:
        """MET for a haemangioma with pain at this level."""
        return both(haemangioma(case), attributed(case, "pain"))
