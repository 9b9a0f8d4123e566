import pytest

from tests.builders import clinical, intact_vertebra, study, unmeasured, vertebra
from vfa.eligibility.case import Case
from vfa.eligibility.facts import attributed, fracture, tumour_at_level
from vfa.eligibility.runner import cases_of
from vfa.model.clinical import ClinicalContext
from vfa.model.estimate import Why
from vfa.model.findings import VertebraFindings
from vfa.model.morphometry import FractureStatus

L1 = vertebra("L1")


def at_l1(context: ClinicalContext, *others: VertebraFindings, here: VertebraFindings = L1) -> Case:
    return cases_of(study(here, *others), context)[0]


def test_pain_of_the_patient_belongs_to_the_only_fracture():
    assert attributed(at_l1(clinical({"pain": "yes"}), intact_vertebra("L3")), "pain").is_yes


@pytest.mark.parametrize("status", [FractureStatus.PRESENT, FractureStatus.INDETERMINATE])
def test_pain_of_the_patient_belongs_to_no_level_while_another_may_be_fractured(status: FractureStatus):
    for case in cases_of(study(L1, vertebra("L3", status)), clinical({"pain": "yes"})):
        pain = attributed(case, "pain")
        assert pain.is_open
        assert pain.needs == (f"levels.{case.level}.pain",)


def test_a_patient_without_pain_has_none_at_any_level():
    case = at_l1(clinical({"pain": "no"}), vertebra("L3"))
    assert attributed(case, "pain").is_no


def test_the_levels_own_answer_comes_before_the_patients():
    case = at_l1(clinical({"pain": "yes"}, {"pain": "no"}))
    assert attributed(case, "pain").is_no


def test_pain_of_the_patient_does_not_belong_to_a_level_that_is_not_known_to_be_fractured():
    assert attributed(at_l1(clinical({"pain": "yes"}), here=intact_vertebra("L1")), "pain").is_open


def test_a_body_cut_by_the_images_edge_lies_outside_it_and_claims_no_pain():
    cut = vertebra("T8", unmeasured("T8", "a fracture", Why.TOUCHES_BORDER), None, touches_border=True)
    assert attributed(at_l1(clinical({"pain": "yes"}), cut), "pain").is_yes


def test_a_fracture_that_a_reader_denies_claims_no_pain():
    context = ClinicalContext(
        patient_answers=clinical({"pain": "yes"}).patient_answers,
        level_answers=clinical(level={"fracture_confirmed": "no"}, name="L3").level_answers,
    )
    assert attributed(at_l1(context, vertebra("L3")), "pain").is_yes


def test_a_readers_word_on_the_fracture_comes_before_the_images_and_the_difference_is_said():
    denied = fracture(at_l1(clinical(level={"fracture_confirmed": "no"})))
    assert denied.is_no
    assert "The images say otherwise" in denied.because


def test_a_tumour_elsewhere_in_the_patient_leaves_the_level_open():
    tumour = tumour_at_level(at_l1(clinical({"malignancy": "yes"})))
    assert tumour.is_open
    assert tumour.needs == ("levels.L1.tumour",)
    assert tumour_at_level(at_l1(clinical({"malignancy": "no"}))).is_no
    assert tumour_at_level(at_l1(clinical({"malignancy": "yes"}, {"metastasis": "yes"}))).is_yes
    assert tumour_at_level(at_l1(clinical({"malignancy": "yes"}, {"tumour": "no"}))).is_no
