"""What stands against kyphoplasty, as the seed text lists it? (The height rule, KP-C11, is in `height_rules`.)

The seed's list of twelve carries no heading; that it lists contraindications is read from its content.
"""

from __future__ import annotations

from fractions import Fraction

from vfa.eligibility.case import Case
from vfa.eligibility.criterion import (
    FRACTURE,
    LOCAL_INFECTION,
    PAIN,
    RETROPULSION,
    SYSTEMIC_INFECTION,
    TUMOUR,
    Criterion,
)
from vfa.eligibility.facts import (
    attributed,
    coagulopathy,
    fracture,
    local_infection,
    of_level,
    of_patient,
    systemic_infection,
)
from vfa.eligibility.image_facts import destruction, foraminal_stenosis, retropulsion, tumour_in_canal, wall_defect
from vfa.eligibility.parameter import Parameter
from vfa.eligibility.truth import Truth, both, either, no, opposite, unknown, yes
from vfa.model.assessment import Evidence, RuleKind, UnknownReason
from vfa.model.clinical import NotStated

MIN_RETROPULSION = Parameter(
    "min_retropulsion_mm",
    Fraction(2),
    "bone further back than this, beyond its interval, counts as displaced",
    "design choice; no published limit was found",
    verified=False,
)


class KyphoplastyContraindication(Criterion):
    """An item of the seed's second kyphoplasty list."""

    procedure = "kyphoplasty"
    kind = RuleKind.CONTRAINDICATION
    verified = True


class AsymptomaticFracture(KyphoplastyContraindication):
    """KP-C1."""

    id = "KP-C1"
    sentence = "The compression fracture causes no pain."
    source = "seed text, kyphoplasty contraindication 1"
    decided_by = "fracture, and pain at this level explicitly denied; pain masked by opioids is pain"
    requires = PAIN

    def answer(self, case: Case) -> Truth:
        """MET for a fracture whose pain is denied."""
        return both(opposite(attributed(case, "pain")), fracture(case))


class UnmanageableCoagulopathy(KyphoplastyContraindication):
    """KP-C2."""

    id = "KP-C2"
    sentence = "The patient has a coagulopathy that cannot be corrected."
    source = "seed text, kyphoplasty contraindication 2"
    decided_by = "clinical file: coagulopathy, and whether it can be corrected"
    requires = ("patient.coagulopathy", "patient.bleeding_disorder", "patient.coagulopathy_correctable")

    def answer(self, case: Case) -> Truth:
        """MET for a coagulopathy stated as not correctable."""
        return both(coagulopathy(case), opposite(of_patient(case, "coagulopathy_correctable")))


class SystemicOrLocalInfection(KyphoplastyContraindication):
    """KP-C3."""

    id = "KP-C3"
    sentence = "A systemic infection, or a local one at the injection site, is present."
    source = "seed text, kyphoplasty contraindication 3"
    decided_by = "clinical file"
    requires = (*SYSTEMIC_INFECTION, *LOCAL_INFECTION)

    def answer(self, case: Case) -> Truth:
        """MET for either infection."""
        return either(systemic_infection(case), local_infection(case))


class CementAllergy(KyphoplastyContraindication):
    """KP-C4; the seed's "and" between cement and opacifier is read as "or": either allergy is enough."""

    id = "KP-C4"
    sentence = "The patient is allergic to the cement (PMMA) or to the opacifier."
    source = "seed text, kyphoplasty contraindication 4 (its 'and' read as 'or')"
    decided_by = "clinical file"
    requires = ("patient.allergy_pmma", "patient.allergy_opacifier")

    def answer(self, case: Case) -> Truth:
        """MET for either allergy."""
        return either(of_patient(case, "allergy_pmma"), of_patient(case, "allergy_opacifier"))


class Prophylaxis(KyphoplastyContraindication):
    """KP-C5."""

    id = "KP-C5"
    sentence = "The procedure would be prophylaxis in a patient with osteoporosis."
    source = "seed text, kyphoplasty contraindication 5"
    decided_by = "clinical file: intent at this level, and osteoporosis; a fracture without stated intent is treatment"
    requires = ("level.intent", "patient.osteoporosis", *FRACTURE)

    def answer(self, case: Case) -> Truth:
        """MET only when the stated intent is prophylactic."""
        return both(self._prophylactic(case), of_patient(case, "osteoporosis"))

    def _prophylactic(self, case: Case) -> Truth:
        key, intent = case.level_key("intent"), case.word("intent")
        if not isinstance(intent, NotStated):
            evidence = Evidence(key, intent, source="clinical file")
            because = f"The stated intent is {intent}."
            return yes(because, evidence) if intent == "prophylactic" else no(because, evidence)
        broken = fracture(case)
        if broken.is_yes:
            return no(f"{case.level} is fractured and no prophylactic intent is stated.", *broken.evidence)
        because = f"Not stated: the intent at {case.level}, where no fracture is established."
        return unknown(UnknownReason.MISSING_INPUT, because, (key,), broken.evidence)


class NeurologicalDeficit(KyphoplastyContraindication):
    """KP-C6."""

    id = "KP-C6"
    sentence = "Compression of the vertebra causes a neurological deficit."
    source = "seed text, kyphoplasty contraindication 6"
    decided_by = "clinical file: examination, attributed to this level; images alone leave it open"
    requires = ("level.neurological_deficit", "patient.neurological_deficit", *RETROPULSION, *FRACTURE)
    parameters = (MIN_RETROPULSION,)

    def answer(self, case: Case) -> Truth:
        """MET for a deficit attributed to this level."""
        deficit = attributed(case, "neurological_deficit")
        if deficit.is_yes or (deficit.is_open and deficit.evidence):
            return deficit.urgently("A neurological deficit is stated: have the patient examined now.")
        pushed_back = retropulsion(case, self.number("min_retropulsion_mm"))
        if deficit.is_open and pushed_back.is_yes:
            because = f"{deficit.because} {pushed_back.because}"
            return deficit.saying(because).urgently(
                "Bone lies in the canal and no neurological examination is stated: examine now."
            )
        return deficit


class DestructionAndForaminalStenosis(KyphoplastyContraindication):
    """KP-C7; whether destruction and stenosis must both be there is open in the seed, so a profile may choose."""

    id = "KP-C7"
    sentence = "The vertebra is destroyed and its foramina are narrowed."
    source = "seed text, kyphoplasty contraindication 7"
    decided_by = (
        "a reader's word, or CT: soft tissue in a tenth of the body, bone in more than a third of a foramen (limits a "
        "design choice, unverified); both together meet it, either alone needs review"
    )
    requires = (
        "destruction",
        "foraminal_stenosis",
        "level.destruction",
        "level.foraminal_stenosis",
        "level.destruction_or_stenosis_excludes",
        "image.CT",
    )
    parameters = (
        Parameter(
            "reading",
            "review",
            "review: both meet it, either alone is open; both: only both meet it; either: one is enough",
            "design choice; the seed's 'and' is ambiguous",
            verified=False,
            choices=("review", "both", "either"),
        ),
        Parameter(
            "max_slice_mm",
            Fraction(3),
            "slices further apart than this exclude neither destruction nor stenosis",
            "design choice",
            verified=False,
        ),
    )

    def answer(self, case: Case) -> Truth:
        """By the chosen reading of the seed's "and"."""
        limit = self.number("max_slice_mm")
        destroyed, narrowed = destruction(case, limit), foraminal_stenosis(case, limit)
        if self.word("reading") == "both":
            return both(destroyed, narrowed)
        if self.word("reading") == "either":
            return either(destroyed, narrowed)
        return self._reviewed(case, destroyed, narrowed)

    def _reviewed(self, case: Case, destroyed: Truth, narrowed: Truth) -> Truth:
        together, one_of = both(destroyed, narrowed), either(destroyed, narrowed)
        if together.is_yes or one_of.is_no:
            return together
        judged = of_level(case, "destruction_or_stenosis_excludes")
        if not judged.is_open:
            return judged
        if one_of.is_open:
            return one_of.as_one()
        because = f"{one_of.because} One of the two is there; whether that alone counts is open in the rule."
        needs = (*together.needs, *judged.needs)
        return unknown(UnknownReason.AMBIGUOUS_RULE, because, needs, (*destroyed.evidence, *narrowed.evidence))


class PosteriorWallDefect(KyphoplastyContraindication):
    """KP-C8."""

    id = "KP-C8"
    sentence = "The posterior wall of the vertebra has a defect."
    source = "seed text, kyphoplasty contraindication 8"
    decided_by = (
        "a breach of the posterior cortex or displaced bone on CT, or a reader's word; MR alone cannot clear it"
    )
    requires = ("posterior_wall", "level.posterior_wall_defect", "image.CT")
    parameters = (
        MIN_RETROPULSION,
        Parameter(
            "max_slice_mm_to_exclude",
            Fraction(2),
            "slices further apart than this cannot show that the wall is whole",
            "design choice within the 2–3 mm of published remarks",
            verified=False,
        ),
    )

    def answer(self, case: Case) -> Truth:
        """MET for a breach or bone displaced beyond the limit."""
        return wall_defect(case, self.number("min_retropulsion_mm"), self.number("max_slice_mm_to_exclude"))


class MyelopathyFromRetropulsion(KyphoplastyContraindication):
    """KP-C9."""

    id = "KP-C9"
    sentence = "Myelopathy is present, related to bone pushed back into the canal at this level."
    source = "seed text, kyphoplasty contraindication 9"
    decided_by = "clinical file: myelopathy; and retropulsion at the same level on CT or MR"
    requires = ("level.myelopathy", "patient.myelopathy", *RETROPULSION, *FRACTURE)
    parameters = (MIN_RETROPULSION,)

    def answer(self, case: Case) -> Truth:
        """MET for myelopathy with retropulsion at the same level."""
        signs = attributed(case, "myelopathy")
        if signs.is_yes or (signs.is_open and signs.evidence):
            signs = signs.urgently("Myelopathy is stated: this needs attention now, whatever its cause.")
        return both(signs, retropulsion(case, self.number("min_retropulsion_mm")))


class RadicularPain(KyphoplastyContraindication):
    """KP-C10."""

    id = "KP-C10"
    sentence = "The patient has radicular pain."
    source = "seed text, kyphoplasty contraindication 10"
    decided_by = "clinical file, attributed to this level; the seed does not ask for its cause"
    requires = ("level.radicular_pain", "patient.radicular_pain", *FRACTURE)

    def answer(self, case: Case) -> Truth:
        """MET for radicular pain at this level."""
        return attributed(case, "radicular_pain")


class TumourInCanal(KyphoplastyContraindication):
    """KP-C12."""

    id = "KP-C12"
    sentence = "Tumour extends into the spinal canal or the epidural space."
    source = "seed text, kyphoplasty contraindication 12"
    decided_by = "MR or a reader's word; CT alone cannot clear it; no tumour, no extension"
    requires = ("epidural_extension", "level.epidural_tumour", "image.MR", *TUMOUR)

    def answer(self, case: Case) -> Truth:
        """MET for tumour seen in the canal or epidural space."""
        return tumour_in_canal(case)
