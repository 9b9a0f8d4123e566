from tests.builders import clinical, found, intact_vertebra, nothing_found, series, study, vertebra
from vfa.eligibility.indications import (
    ChronicTraumaticFracture,
    MultipleMyeloma,
    OsteoporoticFracture,
    PainfulHaemangioma,
    PainfulOsteonecrosis,
    PainfulTumourFracture,
    VertebralFracture,
    VertebralMetastasis,
)
from vfa.eligibility.runner import cases_of
from vfa.model.assessment import Outcome, Verdict
from vfa.model.clinical import ClinicalContext
from vfa.model.findings import SeriesRecord, VertebraFindings
from vfa.model.volume import Modality

MET, NOT_MET, UNKNOWN = Verdict.MET, Verdict.NOT_MET, Verdict.UNKNOWN
MR = series(Modality.STIR, 4.0, role="marrow")


def judged(rule, told: ClinicalContext, of: VertebraFindings | None = None, *seen_on: SeriesRecord) -> Outcome:
    (case,) = cases_of(study(of or vertebra(), seen_on=seen_on or (series(),)), told)
    return rule.evaluate(case)


def test_a_fracture_is_an_indication_and_an_intact_body_is_none():
    assert judged(VertebralFracture(), clinical()).verdict is MET
    assert judged(VertebralFracture(), clinical(), intact_vertebra("L1")).verdict is NOT_MET


def test_destruction_on_images_raises_the_question_of_a_metastasis_and_does_not_answer_it():
    outcome = judged(VertebralMetastasis(), clinical(), vertebra(findings=found(destruction="present")))
    assert outcome.verdict is UNKNOWN
    assert "raise the question" in outcome.because


def test_a_metastasis_counts_at_the_level_that_has_it():
    assert judged(VertebralMetastasis(), clinical({"metastasis": "yes"})).verdict is UNKNOWN
    assert judged(VertebralMetastasis(), clinical({"metastasis": "yes"}, {"metastasis": "yes"})).verdict is MET
    assert judged(VertebralMetastasis(), clinical({"metastasis": "no"})).verdict is NOT_MET


def test_myeloma_needs_this_level_involved_or_fractured():
    myeloma = {"multiple_myeloma": "yes"}
    intact = intact_vertebra("L1")
    assert judged(MultipleMyeloma(), clinical(myeloma)).verdict is MET
    assert judged(MultipleMyeloma(), clinical(myeloma, {"multiple_myeloma": "no"}), intact).verdict is NOT_MET
    assert judged(MultipleMyeloma(), clinical(myeloma, {"multiple_myeloma": "yes"}), intact).verdict is MET
    assert judged(MultipleMyeloma(), clinical(myeloma), intact).verdict is UNKNOWN


def test_a_high_energy_injury_is_no_osteoporotic_fracture():
    osteoporosis = {"osteoporosis": "yes"}
    assert judged(OsteoporoticFracture(), clinical(osteoporosis, {"trauma": "no"})).verdict is MET
    assert judged(OsteoporoticFracture(), clinical(osteoporosis, {"trauma": "yes"})).verdict is UNKNOWN
    violent = clinical(osteoporosis, {"trauma": "yes", "high_energy_trauma": "yes"})
    assert judged(OsteoporoticFracture(), violent).verdict is NOT_MET


def test_a_painful_tumour_fracture_needs_tumour_pain_and_fracture():
    told = {"pain": "yes", "tumour": "yes"}
    assert judged(PainfulTumourFracture(), clinical({}, told)).verdict is MET
    assert judged(PainfulTumourFracture(), clinical({}, {"tumour": "yes"})).verdict is UNKNOWN
    assert judged(PainfulTumourFracture(), clinical({}, {"tumour": "yes", "pain": "no"})).verdict is NOT_MET
    assert judged(PainfulTumourFracture(), clinical({}, told), intact_vertebra("L1")).verdict is NOT_MET


def test_a_painful_cleft_in_a_fracture_is_osteonecrosis():
    cleft = vertebra(findings=found(cleft="present"))
    assert judged(PainfulOsteonecrosis(), clinical({}, {"pain": "yes"}), cleft).verdict is MET
    denied = clinical({}, {"pain": "yes", "osteonecrosis": "no"})
    assert judged(PainfulOsteonecrosis(), denied, cleft).verdict is NOT_MET


def test_a_chronic_traumatic_fracture_is_old_and_has_not_healed():
    told = {"trauma": "yes", "unhealed": "yes"}
    rule = ChronicTraumaticFracture()
    assert judged(rule, clinical({}, told, weeks_since_onset=13.0)).verdict is MET
    assert judged(rule, clinical({}, told, weeks_since_onset=12.0)).verdict is NOT_MET
    assert judged(rule, clinical({}, told)).verdict is UNKNOWN
    by_mr = vertebra(findings=nothing_found(marrow_oedema="present"))
    assert judged(rule, clinical({}, {"trauma": "yes"}, weeks_since_onset=20.0), by_mr, series(), MR).verdict is MET


def test_a_haemangioma_without_pain_is_incidental():
    assert judged(PainfulHaemangioma(), clinical({}, {"haemangioma": "yes", "pain": "yes"})).verdict is MET
    assert judged(PainfulHaemangioma(), clinical({}, {"haemangioma": "yes", "pain": "no"})).verdict is NOT_MET
    seen = vertebra(findings=found(haemangioma="present"))
    assert judged(PainfulHaemangioma(), clinical({}, {"pain": "yes"}), seen).verdict is UNKNOWN
