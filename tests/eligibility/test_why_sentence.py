"""Is the sentence under a conclusion one that a radiologist would say, with the reason that matters most first?"""

from __future__ import annotations

import random
import re

import pytest

from tests.builders import (
    all_answered,
    clear_vertebra,
    clinical,
    intact_vertebra,
    loss_of,
    nothing_found,
    series,
    study,
    unmeasured,
    vertebra,
    wall_of,
)
from tests.eligibility.random_cases import draw
from vfa.eligibility import judge, load_profile, shipped_profiles
from vfa.eligibility.runner import cases_of, judge_case
from vfa.model.clinical import ClinicalContext
from vfa.model.estimate import Why
from vfa.model.findings import StudyFindings
from vfa.model.morphometry import FractureStatus
from vfa.model.volume import Modality

SEED = load_profile("seed")


def why(findings: StudyFindings, told: ClinicalContext, procedure: str = "vertebroplasty") -> str:
    judged = judge(findings, told, [SEED]).judged["seed"]["L1"]
    return next(one.because for one in judged if one.procedure == procedure)


def test_what_stands_against_it_is_said_with_its_number():
    told = all_answered({"bleeding_disorder": "yes"})
    assert why(study(clear_vertebra(loss=loss_of(0.5, 0.02))), told) == (
        "The patient has a bleeding disorder; the vertebral body is collapsed by more than one third "
        "(height loss 50.0 %, 95 % interval 46.1–53.9, P(height loss > 1/3) > 99 %)."
    )


def test_missing_answers_and_missing_measurements_are_named_apart():
    told = all_answered({"bleeding_disorder": "not stated", "systemic_infection": "not stated"})
    assert why(study(vertebra(wall=wall_of())), told) == (
        "Open: systemic infection and bleeding disorder are not stated; "
        "fragmentation could not be judged on these images."
    )


def test_a_height_near_the_limit_comes_before_a_missing_answer():
    told = all_answered({"bleeding_disorder": "not stated"})
    assert why(study(clear_vertebra(loss=loss_of(1 / 3, 0.02))), told) == (
        "Open: too close to the limit to tell (height loss 33.3 %, 95 % interval 29.4–37.3, "
        "P(height loss > 1/3) = 50 %); bleeding disorder is not stated."
    )


def test_an_uncertain_fracture_comes_first_and_other_indications_are_not_listed_beside_it():
    maybe = study(vertebra(fracture=FractureStatus.INDETERMINATE, wall=wall_of(), findings=nothing_found()))
    told = all_answered({"malignancy": "not stated", "metastasis": "not stated", "systemic_infection": "not stated"})
    assert why(maybe, told) == "Open: a reader must judge the fracture; systemic infection is not stated."


def test_long_lists_are_cut_and_counted():
    said = why(study(clear_vertebra()), ClinicalContext(), "kyphoplasty")
    assert re.fullmatch(r"Open: osteoporosis, high-energy trauma, pain and \d+ more are not stated\.", said)


def test_images_that_cannot_show_it_are_said_so():
    mr_alone = study(clear_vertebra(), seen_on=(series(Modality.T1),))
    assert why(mr_alone, all_answered()) == "Open: these images cannot show fragmentation."


def test_where_nothing_stands_against_it_what_speaks_for_it_is_said():
    assert why(study(clear_vertebra()), all_answered()) == (
        "The vertebra is fractured; no listed contraindication is present."
    )


def test_without_an_indication_it_says_so():
    told = clinical({"malignancy": "no"}, {"pain": "yes"})
    assert why(study(intact_vertebra("L1")), told) == "None of the listed indications is present."


def test_a_body_cut_by_the_edge_is_named_first():
    cut = study(vertebra("L1", unmeasured("L1", "a fracture", Why.TOUCHES_BORDER), None, touches_border=True))
    assert why(cut, ClinicalContext()).startswith("Open: the image's edge cuts the body; ")


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_sentence_is_one_sentence_in_words_for_any_patient(name: str):
    profile, dice = load_profile(name), random.Random(11)
    for _ in range(60):
        drawn = draw(dice)
        case = cases_of(drawn.study, drawn.clinical)[0]
        for procedure in profile.procedures:
            judged = judge_case(case, profile, procedure)
            assert judged.because.endswith(".")
            assert not re.search(r"[a-z]_[a-z]|[A-Z]{2,}-[CIR]\d|levels\.|patient\.|\{|\.\.| {2}", judged.because)
            if judged.conclusion.value == "indeterminate":
                assert judged.because.count(". ") == judged.because.count(" To weigh: ")
                assert len(judged.because) < 500
