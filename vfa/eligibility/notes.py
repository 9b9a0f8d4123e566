"""What should a reader know beside the conclusion? Remarks that change nothing.

The seed is silent for vertebroplasty on much that it lists against kyphoplasty; silence is not safety, so what is
there is said. And its one third may be read the other way round, which is said wherever it matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from vfa.eligibility.case import Case
from vfa.eligibility.facts import attributed, coagulopathy, of_level, of_patient
from vfa.eligibility.image_facts import looked_for, tumour_in_canal, wall_defect
from vfa.eligibility.profile import Profile
from vfa.eligibility.threshold import limit_in_words
from vfa.model.anatomy import CERVICAL, is_provisional
from vfa.model.assessment import Outcome, Verdict
from vfa.model.clinical import Answer, ClinicalContext, NotStated
from vfa.model.estimate import Unmeasurable
from vfa.model.findings import StudyFindings

SURE_NAME = 0.99  # certainty from which on a level's name needs no remark
ONE_THIRD = Fraction(1, 3)
TWO_THIRDS = Fraction(2, 3)
WALL_MIN_MM, WALL_MAX_SLICE_MM = Fraction(2), Fraction(2)  # as KP-C8's defaults; here for a remark only

# SIR 2019 for procedures of high bleeding risk (reference.medscape.com/viewarticle/917397).
HIGH_INR = 1.8
LOW_PLATELETS_10E9_PER_L = 50
# Sitting against lying, T11–L2 (josr-online.biomedcentral.com, s13018-023-03758-w, table 1).
LYING_UNDER_READS = 0.11


def procedure_notes(case: Case, profile: Profile, procedure: str, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """The remarks for one procedure at one level."""
    own = _for_vertebroplasty(case, profile, outcomes) if procedure == "vertebroplasty" else _for_kyphoplasty(case)
    return (*_name(case), *own, *_laboratory(case), *profile.notes)


def patient_notes(study: StudyFindings, clinical: ClinicalContext) -> tuple[str, ...]:
    """Remarks on the whole examination."""
    notes = []
    age = clinical.patient_numbers.get("age_years")
    if age is not None and age < 18:
        notes.append("The patient is under 18: heights and grades are not valid for a growing spine.")
    if any(vertebra.level in CERVICAL for vertebra in study.vertebrae):
        notes.append("Cervical levels are outside what the rules and grades are valid for (thoracic and lumbar).")
    if clinical.not_read:
        how_many = len(clinical.not_read)
        notes.append(
            f"{how_many} {'entry' if how_many == 1 else 'entries'} of {Path(clinical.source).name} stand for no key of "
            "the clinical file and were not read; assessment.json lists them under clinical."
        )
    return tuple(notes)


def _name(case: Case) -> Iterator[str]:
    """Which vertebra is meant, where that is not beyond doubt: a wrong level is the wrong operation."""
    sure = case.vertebra.level_confidence
    if is_provisional(case.level):
        yield "A counting name: which vertebra this is must be settled, counting from the head, before one is treated."
    elif sure is not None and sure < SURE_NAME:
        yield (
            f"The name is {sure:.0%} certain, and may be one vertebra off: count from the head, or confirm it with "
            "--anchor, before a level is treated."
        )


def _for_vertebroplasty(case: Case, profile: Profile, outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield from _one_third(case, profile)
    yield from _lying(case, profile, outcomes)
    if of_level(case, "haemangioma").is_yes:
        yield "The seed lists haemangioma for kyphoplasty only; published practice also treats it by vertebroplasty."
    for key, what in (("allergy_pmma", "cement (PMMA)"), ("allergy_opacifier", "opacifier")):
        if of_patient(case, key).is_yes:
            yield (
                f"Warning: allergy to {what} is stated. The seed lists it against kyphoplasty only, but vertebroplasty "
                "injects it too."
            )
    yield from _silent(case)


def _silent(case: Case) -> Iterator[str]:
    """What the seed lists against kyphoplasty and not against vertebroplasty, where it is there or not cleared."""
    asked = (
        (
            wall_defect(case, WALL_MIN_MM, WALL_MAX_SLICE_MM),
            "a defect of the posterior wall (cement may reach the canal)",
        ),
        (attributed(case, "neurological_deficit"), "a neurological deficit"),
        (attributed(case, "radicular_pain"), "radicular pain"),
        (attributed(case, "myelopathy"), "myelopathy"),
        (tumour_in_canal(case), "tumour in the canal or epidural space"),
    )
    for truth, what in asked:
        if truth.is_yes:
            yield f"Warning: {what} is present; the seed is silent on it for vertebroplasty. {truth.because}"
    if attributed(case, "pain").is_no:
        yield "No pain at this level: the seed does not ask for pain before vertebroplasty, published guidance does."
    not_cleared = [what.partition(" (")[0] for truth, what in asked if truth.is_open]
    if not_cleared:
        yield f"Not ruled out, and the seed is silent on it for vertebroplasty: {'; '.join(not_cleared)}."


def _one_third(case: Case, profile: Profile) -> Iterator[str]:
    rule, loss = profile.get("VP-C4"), case.vertebra.height_loss
    if rule is None or isinstance(loss, Unmeasurable) or rule.number("max_loss") != ONE_THIRD:
        return
    if ONE_THIRD < loss.fraction.value <= TWO_THIRDS:
        yield (
            "The seed read literally excludes a loss above one third. Published criteria would not: vertebroplasty is "
            "considered while at least one third of the height is left (a loss of up to two thirds); profile "
            "seed-residual-one-third shows that reading."
        )


def _lying(case: Case, profile: Profile, outcomes: Sequence[Outcome]) -> Iterator[str]:
    rule, loss = profile.get("VP-C4"), case.vertebra.height_loss
    cleared = any(o.criterion_id == "VP-C4" and o.verdict is Verdict.NOT_MET for o in outcomes)
    if rule is None or not cleared or isinstance(loss, Unmeasurable):
        return
    limit = rule.number("max_loss")
    if loss.fraction.value + LYING_UNDER_READS > limit:
        yield (
            "Measured lying: fractured bodies read about 11 points less collapse than upright, so standing this one "
            f"may pass {limit_in_words(limit, 'fraction')}."
        )


def _for_kyphoplasty(case: Case) -> Iterator[str]:
    bleeds = coagulopathy(case).is_yes or of_patient(case, "bleeding_disorder").is_yes
    if bleeds and case.patient("coagulopathy_correctable") is Answer.YES:
        yield "Warning: a bleeding disorder is stated as correctable; it must be corrected before the procedure."
    if "destruction" in case.vertebra.findings and looked_for(case, "destruction").is_yes:
        yield "Destruction is seen: consider a biopsy; myeloma may look like a benign fracture."


def _laboratory(case: Case) -> Iterator[str]:
    inr, platelets = case.number("inr"), case.number("platelets_10e9_per_l")
    if not isinstance(inr, NotStated) and inr > HIGH_INR:
        yield f"INR {inr:g} is above {HIGH_INR:g} (SIR 2019, high bleeding risk); this warns and decides nothing."
    if not isinstance(platelets, NotStated) and platelets < LOW_PLATELETS_10E9_PER_L:
        yield (
            f"Platelets {platelets:g} × 10⁹/L are below {LOW_PLATELETS_10E9_PER_L} (SIR 2019, high bleeding risk); "
            "this warns and decides nothing."
        )
    crp, temperature = case.number("crp_mg_per_l"), case.number("temperature_celsius")
    if case.patient("systemic_infection") is Answer.YES:
        return
    if not isinstance(crp, NotStated) and crp > 10:
        yield f"C-reactive protein {crp:g} mg/L is raised: is there an infection?"
    if not isinstance(temperature, NotStated) and temperature >= 38:
        yield f"Body temperature {temperature:g} °C: is there an infection?"
