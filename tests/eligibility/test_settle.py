"""Are the sets that would settle a case the smallest ones? Checked by trying every value of every set."""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import deepcopy
from itertools import combinations, product

import pytest

from tests.builders import (
    all_answered,
    clear_vertebra,
    intact_vertebra,
    loss_of,
    nothing_found,
    study,
    unmeasured,
    vertebra,
)
from tests.eligibility.random_cases import FINDINGS, Draw, draw
from tests.eligibility.truth_table import conclusion, verdicts
from vfa.eligibility import judge, load_profile
from vfa.eligibility.runner import cases_of, judge_case
from vfa.model.assessment import Conclusion, Verdict
from vfa.model.clinical import ClinicalContext
from vfa.model.estimate import Why

SEED = load_profile("seed")
LARGEST_TRIED = 3


def possible_values(need: str) -> tuple[object, ...]:
    if need.endswith("weeks_since_onset"):
        return (0.0, 100.0)
    if need.endswith("intent"):
        return ("treatment", "prophylactic")
    if need == "height_loss":
        return ((0.0, 0.0), (0.5, 0.0), (0.99, 0.0))
    if need == "posterior_wall":
        return (("intact", 0.0, 0.0, "angular"), ("breached", 10.0, 0.0, "angular"))
    return ("present", "absent") if need in FINDINGS else ("yes", "no")


def with_values(drawn: Draw, values: dict[str, object]) -> Draw:
    known = deepcopy(drawn)
    for need, value in values.items():
        scope, _, key = need.rpartition(".")
        if need == "height_loss":
            known.loss = value
        elif need == "posterior_wall":
            known.wall = value
        elif need in FINDINGS:
            known.findings[need] = value
        elif key == "weeks_since_onset":
            known.weeks = value
        elif key == "intent":
            known.intent = value
        else:
            (known.patient if scope == "patient" else known.level)[key] = value
    return known


def smallest_sets_by_trying_everything(drawn: Draw, needs: list[str], prefix: str) -> set[frozenset[str]]:
    """Rules that are decided stay as they are: a new measurement may contradict a reader, but fills no gap then."""
    found: list[frozenset[str]] = []
    decided = {rule: value for rule, value in verdicts(drawn).items() if value}
    for size in range(1, LARGEST_TRIED + 1):
        for names in combinations(needs, size):
            if any(smaller <= set(names) for smaller in found):
                continue
            for values in product(*(possible_values(name) for name in names)):
                known = with_values(drawn, dict(zip(names, values, strict=True)))
                if known.consistent and conclusion(verdicts(known) | decided, prefix) != "indeterminate":
                    found.append(frozenset(names))
                    break
    return set(found)


READ_OR_MEASURED = {  # a reader's answer, and the measurement it can stand in for
    "levels.L1.fragmented": "fragmentation",
    "levels.L1.posterior_wall_defect": "posterior_wall",
    "levels.L1.retropulsion": "posterior_wall",
    "levels.L1.destruction": "destruction",
    "levels.L1.foraminal_stenosis": "foraminal_stenosis",
    "levels.L1.epidural_tumour": "epidural_extension",
    "levels.L1.marrow_oedema": "marrow_oedema",
    "levels.L1.osteonecrosis": "cleft",
    "levels.L1.haemangioma": "haemangioma",
}


def one_of_each_kind(needs: list[str]) -> list[str]:
    """Where a person can answer what could also be measured, the person is asked."""
    measured = {READ_OR_MEASURED[need] for need in needs if need in READ_OR_MEASURED}
    return [need for need in dict.fromkeys(needs) if need not in measured]


def open_cases(how_many: int) -> Iterator[tuple[Draw, str, str]]:
    dice = random.Random(7)
    while how_many:
        drawn = draw(dice)
        drawn.images = "thin CT and MR"  # another image would change several measurements at once
        for prefix, procedure in (("VP", "vertebroplasty"), ("KP", "kyphoplasty")):
            if how_many and conclusion(verdicts(drawn), prefix) == "indeterminate":
                how_many -= 1
                yield drawn, prefix, procedure


def test_the_sets_are_those_found_by_trying_every_value_of_every_set_of_up_to_three_inputs():
    sizes: set[int] = set()
    for drawn, prefix, procedure in open_cases(120):
        judged = judge_case(cases_of(drawn.study, drawn.clinical)[0], SEED, procedure)
        if not judged.outcomes:
            continue  # L1 is intact and not named
        needs = [n for o in judged.outcomes if o.kind.value != "feasibility" for n in o.needs]
        expected = smallest_sets_by_trying_everything(drawn, one_of_each_kind(needs), prefix)
        got = {frozenset(names) for names in judged.would_settle if len(names) <= LARGEST_TRIED}
        assert got == expected, drawn
        sizes |= {len(names) for names in got}
    assert sizes == {1, 2, 3}


def test_a_person_is_asked_where_a_measurement_would_say_the_same():
    unmeasured_wall = study(vertebra(findings=nothing_found()))
    kyphoplasty = judge(unmeasured_wall, all_answered(), [SEED]).judged["seed"]["L1"][1]
    assert kyphoplasty.would_settle == (("levels.L1.posterior_wall_defect",),)


def test_a_decided_case_needs_nothing():
    for assessment in judge(study(clear_vertebra()), all_answered(), [SEED]).judged["seed"]["L1"]:
        assert assessment.conclusion is Conclusion.NO_EXCLUSION_FOUND
        assert assessment.would_settle == ()


def test_a_straddling_height_is_settled_by_a_better_height_alone():
    straddling = study(clear_vertebra(loss=loss_of(0.33, 0.03)))
    vertebroplasty, kyphoplasty = judge(straddling, all_answered(), [SEED]).judged["seed"]["L1"]
    assert vertebroplasty.would_settle == (("height_loss",),)
    assert kyphoplasty.conclusion is Conclusion.NO_EXCLUSION_FOUND


def test_a_question_about_another_indication_is_not_asked_once_one_is_met():
    silent_on_metastasis = all_answered({"metastasis": "not stated", "malignancy": "not stated"})
    vertebroplasty = judge(study(clear_vertebra()), silent_on_metastasis, [SEED]).judged["seed"]["L1"][0]
    assert any(o.criterion_id == "VP-I2" and o.verdict is Verdict.UNKNOWN for o in vertebroplasty.outcomes)
    assert vertebroplasty.conclusion is Conclusion.NO_EXCLUSION_FOUND


def test_either_answer_of_a_pair_is_asked_for_only_where_it_can_change_the_conclusion():
    coagulopathy = all_answered({"bleeding_disorder": "yes", "coagulopathy": "yes"})
    kyphoplasty = judge(study(clear_vertebra()), coagulopathy, [SEED]).judged["seed"]["L1"][1]
    assert kyphoplasty.would_settle == (("patient.coagulopathy_correctable",),)


@pytest.mark.parametrize("level", ["L1", "T8"])
def test_nothing_known_still_gives_sets_that_name_the_level(level: str):
    nothing = study(
        vertebra(level, fracture=unmeasured(level, "a fracture", Why.QUALITY_FAILED), loss=None), intact_vertebra("L4")
    )
    for assessment in judge(nothing, ClinicalContext(), [SEED]).judged["seed"][level]:
        assert assessment.conclusion is Conclusion.INDETERMINATE
        assert assessment.would_settle
        assert all(f"levels.{level}." in n or not n.startswith("levels.") for s in assessment.would_settle for n in s)
