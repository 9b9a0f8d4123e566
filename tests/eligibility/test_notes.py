from dataclasses import replace

import pytest

from tests.builders import all_answered, clear_vertebra, loss_of, nothing_found, study, vertebra, wall_of
from vfa.eligibility import judge, load_profile
from vfa.model.assessment import Conclusion
from vfa.model.clinical import ClinicalContext
from vfa.model.findings import StudyFindings

SEED = load_profile("seed")


def notes(findings: StudyFindings, told: ClinicalContext, procedure: str = "vertebroplasty", profile: str = "seed"):
    judged = judge(findings, told, [load_profile(profile)]).judged[profile]["L1"]
    return " ".join(next(a.notes for a in judged if a.procedure == procedure))


@pytest.mark.parametrize(("loss", "times"), [(1 / 3, 0), (0.34, 1), (0.5, 1), (2 / 3, 1), (0.68, 0), (0.2, 0)])
def test_the_other_reading_of_one_third_is_noted_exactly_where_the_readings_differ(loss: float, times: int):
    said = notes(study(clear_vertebra(loss=loss_of(loss))), all_answered())
    assert said.count("at least one third") == times


def test_the_other_readings_own_profile_does_not_note_it():
    halved = study(clear_vertebra(loss=0.5))
    assert "at least one third" not in notes(halved, all_answered(), profile="seed-residual-one-third")


@pytest.mark.parametrize("key", ["allergy_pmma", "allergy_opacifier"])
def test_an_allergy_warns_for_vertebroplasty_and_changes_nothing_there(key: str):
    allergic = all_answered({key: "yes"})
    vertebroplasty, kyphoplasty = judge(study(clear_vertebra()), allergic, [SEED]).judged["seed"]["L1"]
    assert vertebroplasty.conclusion is Conclusion.NO_EXCLUSION_FOUND
    assert any(note.startswith("Warning: allergy") for note in vertebroplasty.notes)
    assert kyphoplasty.conclusion is Conclusion.CONTRAINDICATED


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"neurological_deficit": "yes"}, "Warning: a neurological deficit"),
        ({"radicular_pain": "yes"}, "Warning: radicular pain"),
        ({"myelopathy": "yes"}, "Warning: myelopathy"),
        ({"epidural_tumour": "yes"}, "Warning: tumour in the canal"),
        ({"pain": "no"}, "published guidance does"),
        (
            {"radicular_pain": "not stated"},
            "Not ruled out, and the seed is silent on it for vertebroplasty: radicular pain",
        ),
    ],
)
def test_what_the_seed_is_silent_on_for_vertebroplasty_is_said(told: dict[str, str], words: str):
    assert words in notes(study(clear_vertebra()), all_answered(level=told))


def test_a_clear_case_has_no_warning():
    assert "Warning" not in notes(study(clear_vertebra(loss=0.1)), all_answered())
    assert "silent" not in notes(study(clear_vertebra(loss=0.1)), all_answered())


def test_lying_under_reads_a_loss_near_the_limit():
    assert "Measured lying" in notes(study(clear_vertebra(loss=0.27)), all_answered())
    assert "Measured lying" not in notes(study(clear_vertebra(loss=0.20)), all_answered())


def test_lying_is_held_against_the_limit_of_the_profile_that_is_asked():
    residual = load_profile("seed-residual-one-third")

    def said(loss: float) -> str:
        judged = judge(study(clear_vertebra(loss=loss)), all_answered(), [residual]).judged[residual.name]["L1"]
        return " ".join(judged[0].notes)

    assert "Measured lying" not in said(0.41)
    assert "standing this one may pass 2/3" in said(0.60)


def test_laboratory_values_warn_and_decide_nothing():
    told = all_answered(inr=2.4, platelets_10e9_per_l=40.0, crp_mg_per_l=55.0, temperature_celsius=38.5)
    said = notes(study(clear_vertebra()), told, "kyphoplasty")
    for words in ("INR 2.4", "Platelets 40", "C-reactive protein 55", "38.5 °C"):
        assert words in said
    judged = judge(study(clear_vertebra()), told, [SEED]).judged["seed"]["L1"]
    assert {assessment.conclusion for assessment in judged} == {Conclusion.NO_EXCLUSION_FOUND}


def test_destruction_asks_for_a_biopsy():
    destroyed = study(vertebra(wall=wall_of(), findings=nothing_found(destruction="present")))
    assert "biopsy" in notes(destroyed, all_answered(), "kyphoplasty")


def test_patients_and_levels_outside_what_the_rules_are_valid_for_are_named():
    child = judge(study(clear_vertebra(), vertebra("C5")), all_answered(age_years=12.0), [SEED])
    assert any("under 18" in note for note in child.notes)
    assert any("Cervical" in note for note in child.notes)


def test_a_level_whose_name_is_not_certain_says_so_with_the_conclusion():
    unsure = notes(study(replace(clear_vertebra(), level_confidence=0.86)), all_answered())
    assert "86% certain" in unsure
    assert "count from the head" in unsure
    assert "count" not in notes(study(replace(clear_vertebra(), level_confidence=0.995)), all_answered())


def test_a_counting_name_is_never_concluded_on_as_if_it_were_a_level():
    nameless = study(replace(clear_vertebra(), level="V3", level_confidence=None))
    [first, *_] = judge(nameless, ClinicalContext(), [SEED]).judged["seed"]["V3"]
    assert any(note.startswith("A counting name") for note in first.notes)
