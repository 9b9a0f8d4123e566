"""The twenty golden sentences of the rules, worked by hand; the last, a flipped affine, belongs to measurement."""

from __future__ import annotations

import random

import pytest

from tests.builders import (
    all_answered,
    clear_vertebra,
    found,
    intact_vertebra,
    loss_of,
    nothing_found,
    series,
    study,
    unmeasured,
    vertebra,
    wall_of,
)
from vfa.eligibility import judge, load_profile
from vfa.model.assessment import Conclusion, Outcome, ProcedureAssessment, UnknownReason, Verdict
from vfa.model.clinical import ClinicalContext
from vfa.model.estimate import Why
from vfa.model.findings import StudyFindings
from vfa.model.morphometry import FractureStatus
from vfa.model.posterior_wall import WallStatus
from vfa.model.volume import Modality

MET, NOT_MET, UNKNOWN = Verdict.MET, Verdict.NOT_MET, Verdict.UNKNOWN
SEED = load_profile("seed")


def at_l1(findings: StudyFindings, clinical: ClinicalContext) -> dict[str, ProcedureAssessment]:
    judged = judge(findings, clinical, [SEED]).judged["seed"]["L1"]
    return {assessment.procedure: assessment for assessment in judged}


def outcome(findings: StudyFindings, clinical: ClinicalContext, criterion: str) -> Outcome:
    procedures = at_l1(findings, clinical).values()
    return next(o for procedure in procedures for o in procedure.outcomes if o.criterion_id == criterion)


def verdict(findings: StudyFindings, clinical: ClinicalContext, criterion: str) -> Verdict:
    return outcome(findings, clinical, criterion).verdict


def losing(fraction: float, sigma: float) -> StudyFindings:
    return study(clear_vertebra(loss=loss_of(fraction, sigma)))


def test_01_a_loss_of_exactly_one_third_in_an_uncomplicated_painful_fracture_is_excluded_from_neither_procedure():
    judged = at_l1(losing(1 / 3, 0.0), all_answered())
    assert judged["vertebroplasty"].conclusion is Conclusion.NO_EXCLUSION_FOUND
    assert judged["kyphoplasty"].conclusion is Conclusion.NO_EXCLUSION_FOUND
    assert verdict(losing(1 / 3, 0.0), all_answered(), "VP-F1") is MET


def test_02_a_certain_loss_of_35_percent_excludes_vertebroplasty_and_not_kyphoplasty():
    assert verdict(losing(0.35, 0.002), all_answered(), "VP-C4") is MET
    assert verdict(losing(0.35, 0.002), all_answered(), "VP-F1") is NOT_MET
    assert verdict(losing(0.35, 0.002), all_answered(), "KP-C11") is NOT_MET


def test_03_an_uncertain_loss_of_35_percent_straddles_one_third():
    straddling = outcome(losing(0.35, 0.03), all_answered(), "VP-C4")
    assert (straddling.verdict, straddling.reason) == (UNKNOWN, UnknownReason.STRADDLES_THRESHOLD)
    # Φ((0.35 − 1/3) / 0.03) = Φ(0.5556) = 0.711 by a table of the normal distribution
    assert "= 71 %" in straddling.because
    assert verdict(losing(0.35, 0.03), all_answered(), "KP-C11") is NOT_MET


def test_04_a_loss_of_exactly_70_percent_excludes_vertebroplasty_and_not_kyphoplasty():
    assert verdict(losing(0.70, 0.0), all_answered(), "VP-C4") is MET
    assert verdict(losing(0.70, 0.0), all_answered(), "KP-C11") is NOT_MET


def test_05_a_certain_loss_of_75_percent_excludes_both_procedures():
    assert verdict(losing(0.75, 0.01), all_answered(), "VP-C4") is MET
    assert verdict(losing(0.75, 0.01), all_answered(), "KP-C11") is MET


def test_06_a_loss_of_half_excludes_vertebroplasty_with_the_other_reading_noted_and_leaves_kyphoplasty_to_review():
    judged = at_l1(losing(0.50, 0.01), all_answered())
    assert judged["vertebroplasty"].conclusion is Conclusion.CONTRAINDICATED
    assert any("at least one third of the height is left" in note for note in judged["vertebroplasty"].notes)
    assert judged["kyphoplasty"].conclusion is Conclusion.NO_EXCLUSION_FOUND


def test_07_unstated_pain_leaves_kyphoplasty_open_and_vertebroplasty_unaffected():
    silent = all_answered(level={"pain": "not stated"})
    judged = at_l1(losing(0.28, 0.005), silent)
    assert verdict(losing(0.28, 0.005), silent, "KP-C1") is UNKNOWN
    assert judged["kyphoplasty"].conclusion is Conclusion.INDETERMINATE
    assert judged["kyphoplasty"].would_settle == (("levels.L1.pain",),)
    assert judged["vertebroplasty"].conclusion is Conclusion.NO_EXCLUSION_FOUND


def test_08_denied_pain_excludes_kyphoplasty_and_leaves_vertebroplasty_unaffected():
    painless = all_answered(level={"pain": "no"})
    assert verdict(losing(0.28, 0.005), painless, "KP-C1") is MET
    assert at_l1(losing(0.28, 0.005), painless)["vertebroplasty"].conclusion is Conclusion.NO_EXCLUSION_FOUND


def test_09_a_correctable_bleeding_disorder_excludes_vertebroplasty_and_only_warns_for_kyphoplasty():
    bleeding = all_answered(
        {"bleeding_disorder": "yes", "coagulopathy": "not stated", "coagulopathy_correctable": "yes"}
    )
    assert verdict(losing(0.28, 0.005), bleeding, "VP-C3") is MET
    assert verdict(losing(0.28, 0.005), bleeding, "KP-C2") is NOT_MET
    kyphoplasty = at_l1(losing(0.28, 0.005), bleeding)["kyphoplasty"]
    assert any(note.startswith("Warning") and "must be corrected" in note for note in kyphoplasty.notes)


def test_10_mr_alone_clears_neither_fragments_nor_the_posterior_wall():
    mr_only = study(clear_vertebra(), seen_on=(series(Modality.T1),))
    for criterion in ("VP-C5", "KP-C8"):
        open_outcome = outcome(mr_only, all_answered(), criterion)
        assert (open_outcome.verdict, open_outcome.reason) == (UNKNOWN, UnknownReason.MODALITY_INSUFFICIENT)
        assert "image.CT" in open_outcome.needs


def test_11_ct_alone_does_not_clear_the_epidural_space_of_a_known_metastasis():
    metastasis = all_answered({"malignancy": "yes", "metastasis": "yes"}, {"metastasis": "yes"})
    open_outcome = outcome(losing(0.28, 0.005), metastasis, "KP-C12")
    assert (open_outcome.verdict, open_outcome.reason) == (UNKNOWN, UnknownReason.MODALITY_INSUFFICIENT)
    assert "image.MR" in open_outcome.needs


def test_12_without_any_valid_reference_the_height_rules_of_both_procedures_stay_open():
    loss = unmeasured("L1", "height loss", Why.NO_VALID_REFERENCE)
    between_fractures = study(vertebra("T12", loss=loss), vertebra("L1", loss=loss), vertebra("L2", loss=loss))
    for criterion in ("VP-C4", "KP-C11"):
        open_outcome = outcome(between_fractures, all_answered(), criterion)
        assert (open_outcome.verdict, open_outcome.reason) == (UNKNOWN, UnknownReason.NO_VALID_REFERENCE)


def test_13_a_cemented_target_leaves_the_height_rules_of_both_procedures_open_even_with_numbers_measured():
    cemented = study(vertebra("L1", loss=0.5, treated="cement"))
    for criterion in ("VP-C4", "VP-F1", "KP-C11"):
        open_outcome = outcome(cemented, all_answered(), criterion)
        assert (open_outcome.verdict, open_outcome.reason) == (UNKNOWN, UnknownReason.TREATED)


def test_14_one_contraindication_is_enough_however_much_is_unknown():
    infected = ClinicalContext(patient_answers=all_answered({"systemic_infection": "yes"}).patient_answers)
    nothing_measured = study(vertebra(loss=None, fracture=unmeasured("L1", "a fracture")))
    for assessment in at_l1(nothing_measured, infected).values():
        assert assessment.conclusion is Conclusion.CONTRAINDICATED
        assert any(o.verdict is UNKNOWN for o in assessment.outcomes)


def test_15_destruction_with_unknown_foraminal_stenosis_is_ambiguous():
    looked_for = found(destruction="present")
    open_outcome = outcome(study(vertebra(wall=wall_of(), findings=looked_for)), all_answered(), "KP-C7")
    assert (open_outcome.verdict, open_outcome.reason) == (UNKNOWN, UnknownReason.AMBIGUOUS_RULE)


def test_16_prophylaxis_without_a_fracture_in_osteoporosis_has_no_vertebroplasty_indication_and_excludes_kyphoplasty():
    prophylactic = all_answered(level={"intent": "prophylactic", "pain": "no"})
    judged = at_l1(study(intact_vertebra("L1")), prophylactic)
    assert judged["vertebroplasty"].conclusion is Conclusion.NO_INDICATION
    assert judged["kyphoplasty"].conclusion is Conclusion.CONTRAINDICATED
    assert verdict(study(intact_vertebra("L1")), prophylactic, "KP-C5") is MET


def test_17_myelopathy_without_retropulsion_does_not_meet_its_rule_but_is_urgent():
    myelopathic = all_answered(level={"myelopathy": "yes", "neurological_deficit": "not stated"})
    not_from_here = outcome(losing(0.28, 0.005), myelopathic, "KP-C9")
    assert not_from_here.verdict is NOT_MET
    assert "attention now" in not_from_here.urgent
    assert verdict(losing(0.28, 0.005), myelopathic, "KP-C6") is UNKNOWN
    with_deficit = all_answered(level={"myelopathy": "yes", "neurological_deficit": "yes"})
    assert verdict(losing(0.28, 0.005), with_deficit, "KP-C6") is MET


def test_18_slices_of_5_mm_cannot_tell_30_percent_from_one_third_and_do_not_exclude_kyphoplasty():
    thick = study(clear_vertebra(loss=loss_of(0.30, 0.005)), seen_on=(series(slice_mm=5.0),))
    assert verdict(thick, all_answered(), "VP-C4") is UNKNOWN
    assert verdict(thick, all_answered(), "KP-C11") is NOT_MET


@pytest.mark.parametrize("seed", range(5))
def test_19_the_order_of_inputs_and_an_unrelated_input_change_nothing(seed: int):
    shuffle = random.Random(seed)
    clinical = all_answered({"osteoporosis": "not stated"}, {"pain": "not stated"})
    patient, level = list(clinical.patient_answers.items()), list(clinical.level_answers["L1"].items())
    shuffle.shuffle(patient)
    shuffle.shuffle(level)
    permuted = ClinicalContext(
        patient_answers=dict(patient),
        patient_numbers={"age_years": 74.0},  # unrelated
        level_answers={"L1": dict(level)},
        level_words=clinical.level_words,
        source=clinical.source,
    )
    findings = study(vertebra(wall=wall_of(), findings=nothing_found()), intact_vertebra("L2"))
    other_order = study(intact_vertebra("L2"), vertebra(wall=wall_of(), findings=nothing_found()))
    expected = judge(findings, clinical, [SEED]).judged["seed"]
    assert judge(other_order, permuted, [SEED]).judged["seed"] == expected


def test_a_breached_posterior_wall_excludes_kyphoplasty_and_is_a_warning_for_vertebroplasty():
    breached = study(vertebra(wall=wall_of(WallStatus.BREACHED), findings=nothing_found()))
    assert verdict(breached, all_answered(), "KP-C8") is MET
    assert any("posterior wall" in note for note in at_l1(breached, all_answered())["vertebroplasty"].notes)


def test_a_loss_of_55_percent_is_contraindicated_for_vertebroplasty_by_its_height_rule_alone():
    judged = at_l1(losing(0.55, 0.02), all_answered())
    met = [o.criterion_id for o in judged["vertebroplasty"].outcomes if o.verdict is MET]
    assert met == ["VP-I1", "VP-C4"]
    assert judged["kyphoplasty"].conclusion is Conclusion.NO_EXCLUSION_FOUND


def test_intact_levels_of_an_osteoporotic_patient_have_no_indication():
    judged = judge(study(clear_vertebra("L1"), intact_vertebra("L2")), all_answered(), [SEED]).judged["seed"]["L2"]
    assert [assessment.conclusion for assessment in judged] == [Conclusion.NO_INDICATION] * 2


def test_ct_and_mr_together_clear_the_epidural_space_where_ct_alone_cannot():
    metastasis = all_answered({"malignancy": "yes", "metastasis": "yes"}, {"metastasis": "yes"})
    both = study(clear_vertebra(), seen_on=(series(), series(Modality.STIR, 4.0, role="marrow")))
    assert verdict(study(clear_vertebra()), metastasis, "KP-C12") is UNKNOWN
    assert verdict(both, metastasis, "KP-C12") is NOT_MET


def test_an_indeterminate_fracture_is_open_until_a_reader_confirms_it():
    maybe = study(vertebra(fracture=FractureStatus.INDETERMINATE, wall=wall_of(), findings=nothing_found()))
    open_outcome = outcome(maybe, all_answered(), "VP-I1")
    assert (open_outcome.verdict, open_outcome.reason) == (UNKNOWN, UnknownReason.NEEDS_READER)
    assert verdict(maybe, all_answered(level={"fracture_confirmed": "yes"}), "VP-I1") is MET
    assert verdict(maybe, all_answered(level={"fracture_confirmed": "no"}), "VP-I1") is NOT_MET
