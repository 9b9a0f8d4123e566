"""What may be done at each level, and what stands against it? Every rule of every profile, for every vertebra."""

from __future__ import annotations

from collections.abc import Sequence

from vfa.eligibility.case import Case, Images
from vfa.eligibility.checklist import checklist
from vfa.eligibility.conclude import conclude
from vfa.eligibility.contradictions import refuse_contradictions
from vfa.eligibility.facts import fracture
from vfa.eligibility.notes import patient_notes, procedure_notes
from vfa.eligibility.patient_account import ACCOUNT
from vfa.eligibility.profile import Profile
from vfa.eligibility.settle import would_settle
from vfa.eligibility.why_sentence import sentence_why
from vfa.errors import ClinicalRefused, UsageError
from vfa.model.anatomy import is_provisional
from vfa.model.assessment import Assessment, Conclusion, ProcedureAssessment
from vfa.model.clinical import ClinicalContext
from vfa.model.findings import StudyFindings


def judge(study: StudyFindings, clinical: ClinicalContext, profiles: Sequence[Profile]) -> Assessment:
    """Judge every vertebra by every profile.

    Args:
        study: what the images say.
        clinical: what a person said; an empty context leaves every clinical rule open.
        profiles: at least one; the first leads.

    Raises:
        ClinicalRefused: when answers contradict each other, or name a level that was not found or is not certain.
        UsageError: when no profile is given or one twice.
    """
    names = [profile.name for profile in profiles]
    if not profiles or len(set(names)) != len(names):
        raise UsageError(f"profiles: expected at least one and none twice, got {', '.join(names) or 'none'}")
    refuse_contradictions(clinical)
    if study.vertebrae:  # where no spine was found, that is the answer, not a wrong name
        _refuse_unknown_levels(study, clinical, max(profile.min_level_confidence for profile in profiles))
    cases = cases_of(study, clinical)
    judged = {
        profile.name: {
            case.level: tuple(judge_case(case, profile, procedure) for procedure in profile.procedures)
            for case in cases
        }
        for profile in profiles
    }
    return Assessment(
        findings=study,
        judged=judged,
        checklist=checklist(clinical),
        notes=patient_notes(study, clinical),
        clinical=clinical,
        account=ACCOUNT,
    )


def cases_of(study: StudyFindings, clinical: ClinicalContext) -> tuple[Case, ...]:
    """Every vertebra as the criteria see it, head to foot."""
    images = Images.of(study)
    alone = [Case(vertebra, images, clinical) for vertebra in study.vertebrae]
    suspects = [case.level for case in alone if _may_be_fractured(case)]
    return tuple(
        Case(case.vertebra, images, clinical, tuple(level for level in suspects if level != case.level))
        for case in alone
    )


def judge_case(case: Case, profile: Profile, procedure: str) -> ProcedureAssessment:
    """The conclusion for one procedure at one vertebra."""
    if not is_candidate(case):
        because = f"No fracture is seen at {case.level}, and the clinical file does not name it."
        return ProcedureAssessment(procedure, Conclusion.NO_INDICATION, because, ())
    rules = profile.of(procedure)
    outcomes = tuple(rule.evaluate(case) for rule in rules)
    conclusion = conclude((outcome.kind, outcome.verdict) for outcome in outcomes)
    return ProcedureAssessment(
        procedure=procedure,
        conclusion=conclusion,
        because=sentence_why(conclusion, outcomes),
        outcomes=outcomes,
        would_settle=would_settle(case, rules, outcomes),
        notes=procedure_notes(case, profile, procedure, outcomes),
    )


def is_candidate(case: Case) -> bool:
    """Whether a procedure is judged here: the clinical file names the level, or it is not known to be intact."""
    return case.level in case.clinical.levels or not fracture(case).is_no


def _may_be_fractured(case: Case) -> bool:
    """Not known to be intact; a body cut by the image's edge counts as lying outside it unless a reader names it."""
    broken = fracture(case)
    return broken.is_yes or (broken.is_open and not case.vertebra.touches_border)


def _refuse_unknown_levels(study: StudyFindings, clinical: ClinicalContext, min_confidence: float) -> None:
    found = {vertebra.level: vertebra for vertebra in study.vertebrae}
    file = clinical.source or "clinical file"
    for level in sorted(clinical.levels):
        if level not in found:
            raise ClinicalRefused(
                f"{file}: it names {level}, which was not found; found: {', '.join(found)}; "
                "correct the file, or name the levels with --anchor"
            )
        confidence = found[level].level_confidence
        if is_provisional(level):
            raise ClinicalRefused(
                f"{file}: it names {level}, a counting name and no anatomical level; name the levels with --anchor"
            )
        if confidence is not None and confidence < min_confidence:
            raise ClinicalRefused(
                f"{file}: it names {level}, but which vertebra is {level} is only {confidence:.0%} certain "
                f"(at least {min_confidence:.0%} is asked for); confirm the name with --anchor"
            )
