import pytest

from tests.builders import clinical
from vfa.eligibility.checklist import checklist
from vfa.eligibility.medicines import sort_medicines
from vfa.model.assessment import ChecklistItem
from vfa.model.clinical import ClinicalContext


def item(number: int, told: ClinicalContext) -> ChecklistItem:
    return next(one for one in checklist(told) if one.id == f"VP-P{number}")


def taking(*names: str) -> ClinicalContext:
    return ClinicalContext(medications=names)


def test_the_checklist_has_the_thirteen_items_of_the_seed():
    assert [one.id for one in checklist(ClinicalContext())] == [f"VP-P{n}" for n in range(1, 14)]
    assert "4 hours" in item(10, ClinicalContext()).sentence


def test_with_no_medicines_stated_nothing_is_ruled_out():
    for number in (4, 6, 7):
        assert item(number, ClinicalContext()).status == "not stated"


def test_stated_as_none_is_an_answer():
    assert item(7, taking()).status == "does not apply"
    assert item(6, taking()).status == "does not apply"


@pytest.mark.parametrize("name", ["warfarin", "Coumadin 5 mg", "RIVAROXABAN", "enoxaparin 40 mg s.c.", "Eliquis"])
def test_an_anticoagulant_asks_for_a_consultation(name: str):
    assert item(7, taking(name)).status == "applies"
    assert name in item(7, taking(name)).because


@pytest.mark.parametrize("name", ["aspirin", "Aspirin 100 mg", "acetylsalicylic acid", "ASPİRİN"])
def test_aspirin_alone_does_not(name: str):
    assert item(7, taking(name)).status == "does not apply"


def test_aspirin_does_not_hide_an_anticoagulant():
    assert item(7, taking("aspirin", "warfarin")).status == "applies"
    assert "warfarin" in item(7, taking("aspirin", "warfarin")).because


def test_an_antiplatelet_is_asked_about():
    assert item(7, taking("clopidogrel")).status == "to do"


def test_a_medicine_that_is_not_recognised_is_never_called_harmless():
    unknown = item(7, taking("xyzumab"))
    assert unknown.status == "to do"
    assert "xyzumab" in unknown.because


@pytest.mark.parametrize(
    "name", ["vitamin E", "Glucosamine 1500", "garlic capsules", "Ginseng", "SARIMSAK", "sarımsak"]
)
def test_the_four_supplements_that_may_cause_bleeding_are_named(name: str):
    assert item(6, taking(name)).status == "applies"


@pytest.mark.parametrize("name", ["vitamin B12", "vitamin D", "garlicky", "asafoetida"])
def test_other_names_are_not_taken_for_them(name: str):
    kinds = sort_medicines([name])
    assert kinds.not_recognised == (name,)


def test_a_cement_allergy_is_carried_over_to_vertebroplasty():
    assert "warning for vertebroplasty" in item(5, clinical({"allergy_pmma": "yes"})).because
    assert item(5, clinical({"allergy_pmma": "no"})).status == "not stated"
    assert item(5, clinical({"allergy_pmma": "no", "allergy_opacifier": "no"})).status == "to do"
