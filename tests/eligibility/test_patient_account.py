"""Does the account for the patient answer every question the seed answers, and nothing the seed does not?"""

from __future__ import annotations

import pytest

from tests.builders import all_answered, clear_vertebra, study
from vfa.eligibility import judge, load_profile
from vfa.eligibility.patient_account import ACCOUNT
from vfa.model.assessment import PROCEDURES


def answer(procedure: str, question: str) -> str:
    return next(one.answer for one in ACCOUNT if (one.procedure, one.question) == (procedure, question))


def test_both_procedures_answer_the_same_questions_in_the_same_order():
    asked = {p: [one.question for one in ACCOUNT if one.procedure == p] for p in PROCEDURES}
    assert asked["vertebroplasty"] == asked["kyphoplasty"]
    assert len(asked["vertebroplasty"]) == len(set(asked["vertebroplasty"])) == 7


@pytest.mark.parametrize(
    ("question", "facts"),
    [
        ("What is it?", ("polymethylmethacrylate", "metastasis", "myeloma")),
        ("How does it work?", ("heat", "nerve", "one third")),
        (
            "How is it done, and how long does it take?",
            ("face down", "sedated", "within minutes", "an hour", "one day"),
        ),
        ("Does it hurt?", ("painkillers",)),
        ("What may be gained?", ("weeks", "corset")),
        ("What may go wrong?", ("lungs", "spinal canal", "surgery")),
        ("Who performs it?", ("spine surgeons", "neurosurgeons", "pain specialists")),
    ],
)
def test_the_facts_of_the_seed_on_vertebroplasty_are_there(question: str, facts: tuple[str, ...]):
    for fact in facts:
        assert fact in answer("vertebroplasty", question)


def test_what_the_seed_says_of_kyphoplasty_is_told_and_what_it_does_not_is_called_so():
    assert "balloons" in answer("kyphoplasty", "What is it?")
    assert "cavity" in answer("kyphoplasty", "How does it work?")
    assert "does not say" in answer("kyphoplasty", "What may go wrong?")


def test_every_assessment_carries_the_account_and_the_answers_it_rests_on():
    told = all_answered()
    judged = judge(study(clear_vertebra()), told, [load_profile("seed")])
    assert judged.account == ACCOUNT
    assert judged.clinical == told
