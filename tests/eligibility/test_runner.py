import pytest

from tests.builders import all_answered, clear_vertebra, clinical, intact_vertebra, study, unmeasured, vertebra
from vfa.eligibility import judge, load_profile
from vfa.errors import ClinicalRefused, UsageError
from vfa.model.assessment import Conclusion
from vfa.model.clinical import ClinicalContext
from vfa.model.estimate import Why

SEED, OTHER = load_profile("seed"), load_profile("seed-residual-one-third")


def test_every_vertebra_is_judged_for_both_procedures_by_every_profile_and_the_first_leads():
    assessment = judge(study(clear_vertebra("L1"), intact_vertebra("L2")), all_answered(), [OTHER, SEED])
    assert assessment.profiles == ("seed-residual-one-third", "seed")
    for judged in assessment.judged.values():
        assert list(judged) == ["L1", "L2"]
        for procedures in judged.values():
            assert [p.procedure for p in procedures] == ["vertebroplasty", "kyphoplasty"]


def test_two_profiles_may_disagree_and_neither_is_changed_by_the_other():
    halved = study(clear_vertebra(loss=0.5))
    assessment = judge(halved, all_answered(), [SEED, OTHER])
    assert assessment.judged["seed"]["L1"][0].conclusion is Conclusion.CONTRAINDICATED
    assert assessment.judged["seed-residual-one-third"]["L1"][0].conclusion is Conclusion.NO_EXCLUSION_FOUND
    assert assessment.judged["seed"] == judge(halved, all_answered(), [SEED]).judged["seed"]


def test_an_intact_level_is_judged_rule_by_rule_only_when_the_clinical_file_names_it():
    findings = study(intact_vertebra("L1"), intact_vertebra("L2"))
    told = clinical(level={"metastasis": "yes"})
    judged = judge(findings, told, [SEED]).judged["seed"]
    assert judged["L1"][0].conclusion is Conclusion.INDETERMINATE
    assert judged["L1"][0].outcomes
    assert judged["L2"][0].conclusion is Conclusion.NO_INDICATION
    assert "does not name it" in judged["L2"][0].because


@pytest.mark.parametrize("why", [Why.TREATED, Why.QUALITY_FAILED, Why.TOUCHES_BORDER])
def test_a_level_whose_fracture_could_not_be_told_is_open_and_never_called_without_indication(why: Why):
    unseen = study(vertebra("L1", unmeasured("L1", "a fracture", why), None))
    for assessment in judge(unseen, ClinicalContext(), [SEED]).judged["seed"]["L1"]:
        assert assessment.conclusion is Conclusion.INDETERMINATE


def test_a_level_that_was_not_found_is_refused_with_those_that_were():
    with pytest.raises(ClinicalRefused, match=r"clinical.toml: it names L1, which was not found; found: T12, L2"):
        judge(study(vertebra("T12"), vertebra("L2")), all_answered(), [SEED])


def test_a_level_whose_name_is_uncertain_is_refused():
    with pytest.raises(ClinicalRefused, match=r"only 60% certain \(at least 80% is asked for\)"):
        judge(study(vertebra(level_confidence=0.6)), all_answered(), [SEED])


def test_a_counting_name_takes_no_clinical_answers():
    with pytest.raises(ClinicalRefused, match="counting name"):
        judge(study(vertebra("V1", level_confidence=None)), clinical(level={"pain": "yes"}, name="V1"), [SEED])


def test_names_that_nobody_doubted_are_taken():
    assert judge(study(vertebra(level_confidence=None)), all_answered(), [SEED]).judged


def test_an_uncertain_name_is_no_matter_without_clinical_answers_at_it():
    assert judge(study(vertebra(level_confidence=0.1)), clinical({"osteoporosis": "yes"}), [SEED]).judged


def test_contradictions_are_refused_before_anything_is_judged():
    with pytest.raises(ClinicalRefused, match="one of them must be wrong"):
        judge(study(vertebra()), clinical({"malignancy": "no", "metastasis": "yes"}), [SEED])


def test_no_profile_or_one_twice_is_a_wrong_call():
    for profiles in ([], [SEED, SEED]):
        with pytest.raises(UsageError):
            judge(study(vertebra()), ClinicalContext(), profiles)


def test_an_examination_without_vertebrae_has_no_answers():
    assert judge(study(), ClinicalContext(), [SEED]).judged == {"seed": {}}
    assert judge(study(), all_answered(), [SEED]).judged == {"seed": {}}
