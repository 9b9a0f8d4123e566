"""Do the guideline layers say what their sources say? Cases worked by hand from the sources' own lists."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import (
    all_answered,
    clear_vertebra,
    found,
    loss_of,
    nothing_found,
    series,
    study,
    vertebra,
    wall_of,
)
from vfa.eligibility import judge, load_profile
from vfa.model.assessment import Conclusion, ProcedureAssessment, RuleKind, Verdict
from vfa.model.clinical import Answer, ClinicalContext
from vfa.model.findings import StudyFindings
from vfa.model.volume import Modality

LAYERS = ("sir-cirse", "nice-ta279", "us-coverage", "vertos2-trial")
MET, NOT_MET, UNKNOWN = Verdict.MET, Verdict.NOT_MET, Verdict.UNKNOWN
BOTH_IMAGES = (series(), series(Modality.STIR, 4.0, role="marrow"))

# A recent painful fracture that fits all four layers: each answer below is asked for by at least one of them.
LEVEL = {
    "tenderness": "yes",
    "conservative_treatment_failed": "yes",
    "pain_worsening": "yes",
    **dict.fromkeys(("osteomyelitis", "unstable", "pain_improving", "pain_from_elsewhere"), "no"),
}
PATIENT = dict.fromkeys(("pregnancy", "cardiopulmonary_disease", "hospitalised_for_pain"), "no")
NUMBERS = {"t_score": -2.9, "inr": 1.0, "platelets_10e9_per_l": 240.0, "levels_planned": 1.0}


def told(
    patient: dict[str, str] | None = None,
    level: dict[str, str] | None = None,
    weeks: float = 3.0,
    pain_score: float | None = 8.0,
    **numbers: float,
) -> ClinicalContext:
    answered = all_answered({**PATIENT, **(patient or {})}, {**LEVEL, **(level or {})}, **{**NUMBERS, **numbers})
    at_level = (
        {"weeks_since_onset": weeks}
        if pain_score is None
        else {"weeks_since_onset": weeks, "pain_score_0_10": pain_score}
    )
    return replace(answered, level_numbers={"L1": at_level})


def fresh(loss: float = 0.28) -> StudyFindings:
    oedema = nothing_found(marrow_oedema="present")
    return study(vertebra(loss=loss_of(loss, 0.005), wall=wall_of(), findings=oedema), seen_on=BOTH_IMAGES)


def judged(profile: str, findings: StudyFindings, clinical: ClinicalContext) -> ProcedureAssessment:
    return judge(findings, clinical, [load_profile(profile)]).judged[profile]["L1"][0]


def verdict(profile: str, clinical: ClinicalContext, rule: str, findings: StudyFindings | None = None) -> Verdict:
    outcomes = judged(profile, findings or fresh(), clinical).outcomes
    return next(o.verdict for o in outcomes if o.criterion_id == rule)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_recent_painful_fracture_that_fits_the_source_has_no_exclusion_in_its_layer(layer: str):
    assert judged(layer, fresh(), told()).conclusion is Conclusion.NO_EXCLUSION_FOUND


@pytest.mark.parametrize("layer", LAYERS)
def test_with_nothing_stated_no_layer_decides(layer: str):
    assert judged(layer, study(clear_vertebra()), ClinicalContext()).conclusion is Conclusion.INDETERMINATE


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_judges_both_procedures_alike(layer: str):
    vertebroplasty, kyphoplasty = judge(fresh(), told(), [load_profile(layer)]).judged[layer]["L1"]
    assert vertebroplasty.conclusion is kyphoplasty.conclusion
    assert vertebroplasty.outcomes == kyphoplasty.outcomes


def test_the_seed_is_not_changed_by_layers_beside_it():
    profiles = [load_profile(name) for name in ("seed", *LAYERS)]
    together, alone = judge(fresh(0.5), told(), profiles), judge(fresh(0.5), told(), profiles[:1])
    assert together.judged["seed"] == alone.judged["seed"]
    concluded = {name: levels["L1"][0].conclusion for name, levels in together.judged.items()}
    assert concluded["seed"] is Conclusion.CONTRAINDICATED
    assert {concluded[layer] for layer in LAYERS} == {Conclusion.NO_EXCLUSION_FOUND}


# --- absolute and relative


@pytest.mark.parametrize(
    ("patient", "level", "rule"),
    [
        ({"systemic_infection": "yes", "septicaemia": "yes"}, {}, "SIR-C1"),
        ({"local_infection": "not stated"}, {"osteomyelitis": "yes"}, "SIR-C2"),
        ({"bleeding_disorder": "yes", "coagulopathy": "yes", "coagulopathy_correctable": "no"}, {}, "SIR-C3"),
        ({"allergy_opacifier": "yes"}, {}, "SIR-C4"),
    ],
)
def test_what_is_absolute_contraindicates(patient: dict[str, str], level: dict[str, str], rule: str):
    assert verdict("sir-cirse", told(patient, level), rule) is MET
    assert judged("sir-cirse", fresh(), told(patient, level)).conclusion is Conclusion.CONTRAINDICATED


@pytest.mark.parametrize(
    ("patient", "level", "rule"),
    [
        ({}, {"radicular_pain": "yes"}, "SIR-R1"),
        ({}, {"neurological_deficit": "yes", "retropulsion": "yes"}, "SIR-R2"),
        ({"systemic_infection": "yes", "septicaemia": "no"}, {}, "SIR-R3"),
        ({}, {"pain_improving": "yes"}, "SIR-R4"),
        ({}, {"intent": "prophylactic"}, "SIR-R5"),
        ({}, {"myelopathy": "yes"}, "SIR-R6"),
        ({}, {"unstable": "yes"}, "CIRSE-R3"),
    ],
)
def test_what_is_relative_is_listed_to_weigh_and_never_contraindicates(
    patient: dict[str, str], level: dict[str, str], rule: str
):
    clinical = told(patient, level)
    assessment = judged("sir-cirse", fresh(), clinical)
    assert verdict("sir-cirse", clinical, rule) is MET
    assert assessment.conclusion is Conclusion.NO_EXCLUSION_FOUND
    sentence = next(o.sentence for o in assessment.outcomes if o.criterion_id == rule)
    assert f"To weigh: {sentence}" in assessment.because


def test_an_open_relative_contraindication_keeps_nothing_open():
    silent = told({}, {"unstable": "not stated", "pain_improving": "not stated"})
    assessment = judged("sir-cirse", fresh(), silent)
    assert assessment.conclusion is Conclusion.NO_EXCLUSION_FOUND
    assert verdict("sir-cirse", silent, "CIRSE-R3") is UNKNOWN
    assert assessment.would_settle == ()


@pytest.mark.parametrize(
    ("inr", "platelets", "expected"),
    [(1.8, 50.0, NOT_MET), (1.81, 240.0, MET), (1.0, 49.0, MET)],
)
def test_the_laboratory_limits_are_those_of_sir_2019(inr: float, platelets: float, expected: Verdict):
    assert verdict("sir-cirse", told(inr=inr, platelets_10e9_per_l=platelets), "SIR-R7") is expected


def test_what_is_from_memory_is_marked_in_the_result_and_only_relative():
    for rule in load_profile("sir-cirse").criteria:
        if not rule.verified:
            assert rule.kind is RuleKind.RELATIVE
            assert "(unverified)" in rule.cited
    assert {rule.id for rule in load_profile("sir-cirse").criteria if not rule.verified} == {
        *("SIR-R7", "CIRSE-R1", "CIRSE-R2", "CIRSE-R3", "CIRSE-R4"),
    }


# --- NICE TA279


@pytest.mark.parametrize("missing", ["tenderness", "conservative_treatment_failed", "pain"])
def test_nice_asks_for_every_part(missing: str):
    assert verdict("nice-ta279", told({}, {missing: "no"}), "NICE-I1") is NOT_MET
    assert verdict("nice-ta279", told({}, {missing: "not stated"}), "NICE-I1") is UNKNOWN


def test_nice_sets_no_number_of_weeks():
    assert verdict("nice-ta279", told(weeks=20), "NICE-I1") is MET


def test_nice_has_no_indication_in_a_healed_fracture():
    assert verdict("nice-ta279", told({}, {"unhealed": "no"}), "NICE-I1") is NOT_MET


# --- US coverage


@pytest.mark.parametrize(
    ("hospital", "score", "failed", "expected"),
    [
        ("yes", 8.0, "no", MET),
        ("yes", 7.0, "no", NOT_MET),
        ("no", 5.0, "yes", MET),
        ("no", 4.0, "yes", NOT_MET),
        ("no", 9.0, "no", NOT_MET),
        ("not stated", 9.0, "no", UNKNOWN),
        ("not stated", 4.0, "yes", NOT_MET),
    ],
)
def test_pain_qualifies_by_setting(hospital: str, score: float, failed: str, expected: Verdict):
    clinical = told({"hospitalised_for_pain": hospital}, {"conservative_treatment_failed": failed}, pain_score=score)
    assert verdict("us-coverage", clinical, "LCD-I1") is expected


@pytest.mark.parametrize(
    ("loss", "kyphosis", "disability", "expected"),
    [
        (0.30, "yes", 10.0, MET),
        (0.30, "no", 18.0, MET),
        (0.20, "yes", 18.0, MET),
        (0.30, "no", 17.0, NOT_MET),  # 17 is not more than 17
        (0.20, "no", 20.0, NOT_MET),
        (0.30, "not stated", 10.0, UNKNOWN),
    ],
)
def test_a_stable_course_needs_two_of_three_supporting_findings(
    loss: float, kyphosis: str, disability: float, expected: Verdict
):
    clinical = told({}, {"pain_worsening": "no", "kyphotic_deformity": kyphosis}, roland_morris_0_24=disability)
    assert verdict("us-coverage", clinical, "LCD-I1", fresh(loss)) is expected


@pytest.mark.parametrize(
    ("patient", "level"),
    [({"pregnancy": "yes"}, {}), ({}, {"pain_from_elsewhere": "yes"}), ({"systemic_infection": "yes"}, {})],
)
def test_coverage_is_ruled_out_by_pregnancy_other_pain_and_infection(patient: dict[str, str], level: dict[str, str]):
    assert judged("us-coverage", fresh(), told(patient, level)).conclusion is Conclusion.CONTRAINDICATED


def test_more_than_three_levels_in_one_session_are_to_weigh():
    assert verdict("us-coverage", told(levels_planned=3.0), "LCD-R1") is NOT_MET
    assert verdict("us-coverage", told(levels_planned=4.0), "LCD-R1") is MET


def test_a_painful_tumour_is_covered():
    tumour = told({"malignancy": "yes"}, {"tumour": "yes"}, pain_score=None)
    assert verdict("us-coverage", tumour, "LCD-I2") is MET


# --- VERTOS II


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"weeks": 6.0}, MET),
        ({"weeks": 6.5}, NOT_MET),
        ({"pain_score": 5.0}, MET),
        ({"pain_score": 4.0}, NOT_MET),
        ({"t_score": -1.0}, MET),
        ({"t_score": -0.5}, NOT_MET),
        ({"level": {"tenderness": "no"}}, NOT_MET),
        ({"level": {"marrow_oedema": "no"}}, NOT_MET),
    ],
)
def test_the_trial_admits_by_its_own_limits(change: dict[str, object], expected: Verdict):
    assert verdict("vertos2-trial", told(**change), "VERTOS-I1") is expected  # type: ignore[arg-type]


def test_exactly_15_percent_of_height_loss_is_enough_for_the_trial():
    findings = nothing_found(marrow_oedema="present")
    at_limit = study(vertebra(loss=loss_of(0.15), wall=wall_of(), findings=findings), seen_on=BOTH_IMAGES)
    assert verdict("vertos2-trial", told(), "VERTOS-I1", at_limit) is MET
    below = study(vertebra(loss=loss_of(0.14), wall=wall_of(), findings=findings), seen_on=BOTH_IMAGES)
    assert verdict("vertos2-trial", told(), "VERTOS-I1", below) is NOT_MET


@pytest.mark.parametrize(("level", "expected"), [("T4", NOT_MET), ("T5", MET)])
def test_the_trial_took_levels_from_t5_down(level: str, expected: Verdict):
    findings = nothing_found(marrow_oedema="present")
    there = study(vertebra(level, loss=loss_of(0.28), wall=wall_of(), findings=findings), seen_on=BOTH_IMAGES)
    clinical = told()
    moved = ClinicalContext(
        clinical.patient_answers,
        clinical.patient_numbers,
        None,
        {level: clinical.level_answers["L1"]},
        {level: clinical.level_numbers["L1"]},
        {},
    )
    outcomes = judge(there, moved, [load_profile("vertos2-trial")]).judged["vertos2-trial"][level][0].outcomes
    assert outcomes[0].verdict is expected


def test_without_mr_or_a_reader_the_trials_oedema_is_open():
    ct_alone = study(vertebra(loss=0.28, wall=wall_of(), findings=found(cleft="absent")))
    assert verdict("vertos2-trial", told(), "VERTOS-I1", ct_alone) is UNKNOWN


@pytest.mark.parametrize(
    ("patient", "level"),
    [
        ({"cardiopulmonary_disease": "yes"}, {}),
        ({"local_infection": "yes"}, {}),
        ({"malignancy": "yes"}, {"tumour": "yes"}),
        ({}, {"radicular_pain": "yes"}),
        ({}, {"myelopathy": "yes"}),
    ],
)
def test_the_trial_left_out_what_its_table_lists(patient: dict[str, str], level: dict[str, str]):
    assert judged("vertos2-trial", fresh(), told(patient, level)).conclusion is Conclusion.CONTRAINDICATED


# --- what septicaemia and osteomyelitis mean for the seed


def test_a_septicaemia_is_a_systemic_infection_and_an_osteomyelitis_a_local_one():
    septic = told({"systemic_infection": "not stated", "septicaemia": "yes"})
    assert verdict("seed", septic, "VP-C1") is MET
    bone = told({"local_infection": "not stated"}, {"osteomyelitis": "yes"})
    assert verdict("seed", bone, "VP-C2") is MET
    assert bone.at_level("L1", "osteomyelitis") is Answer.YES


def test_a_level_without_infection_holds_no_osteomyelitis_though_another_place_is_infected():
    here = told({"local_infection": "not stated"}, {"local_infection": "no", "osteomyelitis": "not stated"})
    assert verdict("sir-cirse", here, "SIR-C2") is NOT_MET
    elsewhere = told({"local_infection": "yes"}, {"local_infection": "no", "osteomyelitis": "not stated"})
    assert verdict("sir-cirse", elsewhere, "SIR-C2") is NOT_MET
