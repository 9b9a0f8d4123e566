import pytest

from tests.builders import clinical
from vfa.eligibility.contradictions import contradictions


@pytest.mark.parametrize(
    ("patient", "level"),
    [
        ({"malignancy": "no", "metastasis": "yes"}, {}),
        ({"malignancy": "no", "multiple_myeloma": "yes"}, {}),
        ({"bleeding_disorder": "no", "coagulopathy": "yes"}, {}),
        ({"pain": "no"}, {"pain": "yes"}),
        ({"local_infection": "no"}, {"local_infection": "yes"}),
        ({"malignancy": "no"}, {"tumour": "yes"}),
        ({"metastasis": "no"}, {"metastasis": "yes"}),
        ({}, {"tumour": "no", "metastasis": "yes"}),
        ({}, {"trauma": "no", "high_energy_trauma": "yes"}),
    ],
)
def test_answers_that_cannot_both_be_true_are_found(patient: dict[str, str], level: dict[str, str]):
    assert list(contradictions(clinical(patient, level)))


@pytest.mark.parametrize(
    ("patient", "level"),
    [
        ({"pain": "yes"}, {"pain": "no"}),  # another level hurts
        ({"malignancy": "yes", "metastasis": "no"}, {"tumour": "no"}),
        ({"bleeding_disorder": "yes", "coagulopathy": "no"}, {}),
        ({"local_infection": "yes"}, {"local_infection": "no"}),
        ({}, {}),
    ],
)
def test_answers_that_can_both_be_true_are_not(patient: dict[str, str], level: dict[str, str]):
    assert not list(contradictions(clinical(patient, level)))
