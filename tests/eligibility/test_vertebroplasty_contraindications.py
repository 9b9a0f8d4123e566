from tests.builders import clinical, intact_vertebra, study, vertebra
from vfa.eligibility.runner import cases_of
from vfa.eligibility.vertebroplasty_contraindications import BleedingDisorder, FragmentedFracture, LocalInfection
from vfa.model.assessment import Verdict
from vfa.model.clinical import ClinicalContext
from vfa.model.findings import VertebraFindings


def verdict(rule, told: ClinicalContext, of: VertebraFindings | None = None) -> Verdict:
    (case,) = cases_of(study(of or vertebra()), told)
    return rule.evaluate(case).verdict


def test_an_infection_counts_whether_it_is_stated_for_the_patient_or_the_level():
    assert verdict(LocalInfection(), clinical({"local_infection": "yes"})) is Verdict.MET
    assert verdict(LocalInfection(), clinical({}, {"local_infection": "yes"})) is Verdict.MET
    assert verdict(LocalInfection(), clinical({"local_infection": "yes"}, {"local_infection": "no"})) is Verdict.MET
    assert verdict(LocalInfection(), clinical({}, {"local_infection": "no"})) is Verdict.NOT_MET
    assert verdict(LocalInfection(), clinical()) is Verdict.UNKNOWN


def test_a_known_bleeding_disorder_counts_whatever_the_laboratory_says():
    assert verdict(BleedingDisorder(), clinical({"bleeding_disorder": "yes"}, inr=1.0)) is Verdict.MET
    assert verdict(BleedingDisorder(), clinical({"coagulopathy": "yes"})) is Verdict.MET
    assert verdict(BleedingDisorder(), clinical({"coagulopathy": "no"}, inr=1.0)) is Verdict.UNKNOWN


def test_where_nothing_is_broken_nothing_is_in_fragments():
    assert verdict(FragmentedFracture(), clinical(), vertebra()) is Verdict.UNKNOWN
    none_looked_for = intact_vertebra("L1")
    none_looked_for.findings.clear()
    assert verdict(FragmentedFracture(), clinical(), none_looked_for) is Verdict.NOT_MET
