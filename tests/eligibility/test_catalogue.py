import pytest

from vfa.eligibility import catalogue, load_profile, shipped_profiles
from vfa.eligibility.clinical_keys import LEVEL_ANSWERS, LEVEL_NUMBERS, LEVEL_WORDS, PATIENT_ANSWERS, PATIENT_NUMBERS
from vfa.eligibility.criterion import Criterion
from vfa.eligibility.registry import criteria
from vfa.model.assessment import RuleKind

MEASUREMENTS = {
    *("fracture", "height_loss", "lateral_loss", "posterior_wall", "marrow_mean_hu", "fragmentation", "cleft"),
    *(
        "destruction",
        "foraminal_stenosis",
        "epidural_extension",
        "marrow_oedema",
        "haemangioma",
        "image.CT",
        "image.MR",
    ),
}


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_rule_of_every_profile_has_a_sentence_a_source_and_what_decides_it(name: str):
    entries = catalogue(load_profile(name))
    assert entries
    for entry in entries:
        assert entry.sentence.endswith(".")
        assert "{" not in entry.sentence
        assert entry.source
        assert entry.decided_by
        assert entry.requires


def test_what_is_a_design_choice_is_marked_unverified():
    by_id = {entry.id: entry for entry in catalogue(load_profile("seed"))}
    retropulsion = by_id["KP-C8"].settings[0]
    assert (retropulsion.name, retropulsion.value, retropulsion.verified) == ("min_retropulsion_mm", "2", False)
    limit = by_id["VP-C4"].settings[0]
    assert (limit.name, limit.value, limit.verified) == ("max_loss", "1/3", True)


def test_what_a_profile_set_is_said_to_come_from_it():
    limit = next(entry for entry in catalogue(load_profile("seed-residual-one-third")) if entry.id == "VP-C4").settings[
        0
    ]
    assert (limit.value, limit.source, limit.verified) == ("2/3", "set by the profile seed-residual-one-third", False)


@pytest.mark.parametrize("criterion", criteria().values(), ids=lambda criterion: criterion.id)
def test_a_criterion_requires_only_inputs_that_exist(criterion: type[Criterion]):
    for need in criterion.requires:
        scope, _, key = need.partition(".")
        known = {
            "patient": {*PATIENT_ANSWERS, *PATIENT_NUMBERS},
            "level": {*LEVEL_ANSWERS, *LEVEL_NUMBERS, *LEVEL_WORDS},
        }.get(scope)
        assert (key in known) if known else (need in MEASUREMENTS), need


def test_every_answer_of_the_clinical_file_is_looked_at_by_some_rule_or_note():
    looked_at = {need for criterion in criteria().values() for need in criterion.requires}
    for key in PATIENT_ANSWERS:
        assert f"patient.{key}" in looked_at
    for key in (*LEVEL_ANSWERS, *LEVEL_WORDS, *LEVEL_NUMBERS):
        assert f"level.{key}" in looked_at


def test_ids_say_what_a_rule_is():
    for criterion_id, criterion in criteria().items():
        assert criterion.id == criterion_id
        if criterion_id.startswith(("VP-", "KP-")):
            letter = {RuleKind.INDICATION: "I", RuleKind.CONTRAINDICATION: "C", RuleKind.FEASIBILITY: "F"}
            assert criterion_id[3] == letter[criterion.kind]
        else:
            guideline = {RuleKind.INDICATION: "I", RuleKind.CONTRAINDICATION: "C", RuleKind.RELATIVE: "R"}
            assert criterion_id.rpartition("-")[2][0] == guideline[criterion.kind]
