"""What did a person say about this vertebra and this patient, and is the vertebra fractured?

Each function answers one question with a `Truth`; the images' other findings are in `image_facts`.
"""

from __future__ import annotations

from functools import lru_cache

from vfa.eligibility.case import Case
from vfa.eligibility.clinical_keys import LEVEL_ANSWERS, PATIENT_ANSWERS
from vfa.eligibility.truth import Truth, either, no, sentence, unknown, yes
from vfa.model.assessment import Evidence, UnknownReason
from vfa.model.clinical import Answer
from vfa.model.estimate import Unmeasurable, Why
from vfa.model.morphometry import FractureStatus

CLINICAL_FILE = "clinical file"

_REASON_OF_WHY = {
    Why.TOUCHES_BORDER: UnknownReason.TOUCHES_BORDER,
    Why.TREATED: UnknownReason.TREATED,
    Why.NO_IMAGE: UnknownReason.MODALITY_INSUFFICIENT,
    Why.NO_VALID_REFERENCE: UnknownReason.NO_VALID_REFERENCE,
    Why.ENDPLATE_NOT_FOUND: UnknownReason.QUALITY_FAILED,
    Why.CANAL_NOT_FOUND: UnknownReason.QUALITY_FAILED,
    Why.SLICES_TOO_THICK: UnknownReason.QUALITY_FAILED,
    Why.MODALITY_INSUFFICIENT: UnknownReason.MODALITY_INSUFFICIENT,
    Why.QUALITY_FAILED: UnknownReason.QUALITY_FAILED,
    Why.LOW_CONFIDENCE: UnknownReason.QUALITY_FAILED,
}


def reason_of(why: Why) -> UnknownReason:
    """The rule's reason for a quantity that could not be measured."""
    return _REASON_OF_WHY[why]


def not_measured(missing: Unmeasurable, *needs: str) -> Truth:
    """The open answer that an unmeasurable quantity leaves."""
    words = {
        Why.TREATED: f"{missing.level} holds cement or an implant",
        Why.TOUCHES_BORDER: f"The image's edge cuts {missing.level}",
        Why.NO_VALID_REFERENCE: "No intact level says what the height was before",
        Why.NO_IMAGE: f"A mask alone was given, and {missing.quantity} needs an image",
    }
    said = missing.detail or words.get(missing.reason, f"Not measurable: {missing.quantity} ({missing.reason.value})")
    return unknown(reason_of(missing.reason), sentence(said), needs)


@lru_cache(maxsize=8192)  # the same few hundred answers are asked for by every rule of every patient
def stated(answer: Answer, key: str, meaning: str) -> Truth:
    """A person's answer as a truth; a blank stays open and names its key."""
    if answer is Answer.NOT_STATED:
        return unknown(UnknownReason.MISSING_INPUT, f"Not stated: {meaning}.", (key,))
    evidence = Evidence(key, answer.value, source=CLINICAL_FILE)
    said = f"Stated {answer.value}: {meaning}."
    return yes(said, evidence) if answer is Answer.YES else no(said, evidence)


def of_patient(case: Case, key: str) -> Truth:
    """The patient-wide answer."""
    return stated(case.patient(key), f"patient.{key}", PATIENT_ANSWERS[key])


def of_level(case: Case, key: str) -> Truth:
    """The level's own answer."""
    return stated(case.at_level(key), case.level_key(key), LEVEL_ANSWERS[key])


def attributed(case: Case, key: str) -> Truth:
    """A complaint or sign that must belong to the level.

    The level's own answer decides. A patient-wide "no" holds everywhere; a patient-wide "yes" belongs to this level
    only when no other level is or may be fractured and this one is not known to be intact.
    """
    if case.at_level(key) is not Answer.NOT_STATED or case.patient(key) is Answer.NOT_STATED:
        return of_level(case, key)
    everywhere = of_patient(case, key)
    if case.patient(key) is Answer.NO:
        return everywhere
    if not case.other_fractures and fracture(case).is_yes:
        return everywhere.saying(f"{everywhere.because} {case.level} is the only fractured level.")
    others = ", ".join(case.other_fractures) or "no level for certain"
    because = f"Stated for the whole patient, not for {case.level}: {PATIENT_ANSWERS[key]}; also fractured: {others}."
    return unknown(UnknownReason.MISSING_INPUT, because, (case.level_key(key),), everywhere.evidence)


def fracture(case: Case) -> Truth:
    """Whether this vertebra is fractured: the reader's word, else the images'."""
    read = of_level(case, "fracture_confirmed")
    seen = _fracture_seen(case)
    if case.at_level("fracture_confirmed") is Answer.NOT_STATED:
        return seen
    return read.saying(f"{read.because} {disagreement(read, seen)}".rstrip())


def disagreement(read: Truth, seen: Truth) -> str:
    """The sentence that tells a reader's answer and the images apart; empty when they agree or one is open."""
    if read.is_open or seen.is_open or read.verdict is seen.verdict:
        return ""
    return f"The images say otherwise: {seen.because}"


def _fracture_seen(case: Case) -> Truth:
    key = case.level_key("fracture_confirmed")
    deformity = case.vertebra.deformity
    if case.vertebra.treated:
        return not_measured(Unmeasurable(case.level, "a fracture", Why.TREATED), key)
    if isinstance(deformity, Unmeasurable):
        return not_measured(deformity, key)
    said = sentence(deformity.because)
    evidence = Evidence("fracture", deformity.fracture.value, source="measured")
    if deformity.fracture is FractureStatus.PRESENT:
        return yes(said, evidence)
    if deformity.fracture is FractureStatus.ABSENT:
        return no(said, evidence)
    return unknown(UnknownReason.NEEDS_READER, said, (key,), (evidence,))


def tumour_in_patient(case: Case) -> Truth:
    """Whether the patient has any malignant tumour; a stated metastasis or myeloma is one."""
    for key in ("metastasis", "multiple_myeloma"):
        if case.patient(key) is Answer.YES:
            return of_patient(case, key)
    return of_patient(case, "malignancy")


def tumour_at_level(case: Case) -> Truth:
    """Whether a tumour is in this vertebra; a tumour elsewhere in the patient leaves it open."""
    for key in ("metastasis", "multiple_myeloma"):
        if case.at_level(key) is Answer.YES:
            return of_level(case, key)
    here, anywhere = of_level(case, "tumour"), tumour_in_patient(case)
    if not here.is_open:
        return here
    if anywhere.is_no:
        return anywhere
    return here.saying(f"{here.because} {anywhere.because}")


def diagnosis_at_level(case: Case, key: str) -> Truth:
    """A metastasis or myeloma in this vertebra: its own answer, else a patient-wide no."""
    here = of_level(case, key)
    if case.at_level(key) is not Answer.NOT_STATED:
        return here
    for patient_key in (key, "malignancy"):
        if case.patient(patient_key) is Answer.NO:
            return of_patient(case, patient_key)
    return here


def systemic_infection(case: Case) -> Truth:
    """A systemic infection; a septicaemia is one."""
    septicaemia = of_patient(case, "septicaemia")
    return septicaemia if septicaemia.is_yes else of_patient(case, "systemic_infection")


def septicaemia(case: Case) -> Truth:
    """A septicaemia; a patient with no systemic infection has none."""
    stated_so, any_infection = of_patient(case, "septicaemia"), of_patient(case, "systemic_infection")
    return any_infection if stated_so.is_open and any_infection.is_no else stated_so


def osteomyelitis(case: Case) -> Truth:
    """Osteomyelitis of this vertebra; with no infection of this level, or none at all, there is none."""
    stated_so = of_level(case, "osteomyelitis")
    infections = (of_level(case, "local_infection"), of_patient(case, "local_infection"))
    return next((none for none in infections if none.is_no), stated_so) if stated_so.is_open else stated_so


def local_infection(case: Case) -> Truth:
    """Infection at this level or on the way to it: a yes for patient or level; a no of either when neither says yes."""
    bone = of_level(case, "osteomyelitis")
    if bone.is_yes:
        return bone
    here, anywhere = of_level(case, "local_infection"), of_patient(case, "local_infection")
    known = [truth for truth in (here, anywhere) if not truth.is_open]
    return either(*known) if known else anywhere


def bleeding_disorder(case: Case) -> Truth:
    """Any bleeding disorder; a coagulopathy is one."""
    disorder, coagulopathy = of_patient(case, "bleeding_disorder"), of_patient(case, "coagulopathy")
    return coagulopathy if coagulopathy.is_yes else disorder


def coagulopathy(case: Case) -> Truth:
    """Impaired clotting; a patient with no bleeding disorder has none."""
    clotting, disorder = of_patient(case, "coagulopathy"), of_patient(case, "bleeding_disorder")
    if clotting.is_open and disorder.is_no:
        return disorder
    return clotting
