"""What holds for every patient: no order matters, a blank decides nothing, and knowledge never reopens an answer."""

from __future__ import annotations

import random
from copy import deepcopy

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.builders import series, study, vertebra
from tests.eligibility.random_cases import Draw, draw
from vfa.eligibility import judge, load_profile, shipped_profiles
from vfa.eligibility.case import Case
from vfa.eligibility.clinical_keys import ATTRIBUTED
from vfa.eligibility.conclude import conclude
from vfa.eligibility.profile import Profile
from vfa.eligibility.runner import cases_of
from vfa.model.assessment import Conclusion, Outcome, Verdict
from vfa.model.clinical import ClinicalContext
from vfa.model.input_words import MEASURED_BY_A_READER

SEED = load_profile("seed")
PROFILES = [load_profile(name) for name in shipped_profiles()]
RULES = list({rule.id: rule for profile in reversed(PROFILES) for rule in profile.criteria}.values())
patients = st.integers(min_value=0, max_value=2**32).map(lambda seed: draw(random.Random(seed)))

# A reader's word on these replaces what the images say, and a level's own complaint replaces the patient's: that
# corrects a value and fills no gap.
SEEN_ON_THE_WALL = {"retropulsion", "posterior_wall_defect"}  # the same, where the wall was measured
REPLACES_THE_IMAGES = {"fracture_confirmed", "osteonecrosis", "haemangioma", "unhealed", "marrow_oedema"}


def case_of(drawn: Draw) -> Case:
    return cases_of(drawn.study, drawn.clinical)[0]


def outcomes_of(drawn: Draw) -> dict[str, Outcome]:
    case = case_of(drawn)
    return {rule.id: rule.evaluate(case) for rule in RULES}


def conclusion_of(outcomes: dict[str, Outcome], profile: Profile, procedure: str) -> Conclusion:
    return conclude((outcomes[rule.id].kind, outcomes[rule.id].verdict) for rule in profile.of(procedure))


def without(drawn: Draw, scope: str, key: str) -> Draw:
    less = deepcopy(drawn)
    (less.patient if scope == "patient" else less.level).pop(key)
    return less


@given(patients, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_answers_and_of_vertebrae_changes_nothing(drawn: Draw, dice: random.Random):
    reordered = deepcopy(drawn)
    for table in ("patient", "level", "findings"):
        items = list(getattr(drawn, table).items())
        dice.shuffle(items)
        setattr(reordered, table, dict(items))
    upside_down = study(*reversed(reordered.study.vertebrae), seen_on=tuple(reversed(reordered.study.series)))
    expected = judge(drawn.study, drawn.clinical, [SEED]).judged
    assert judge(upside_down, reordered.clinical, [SEED]).judged == expected


@given(patients, st.data())
@settings(max_examples=300, deadline=None)
def test_stating_what_was_blank_never_reopens_a_rule_or_a_conclusion(drawn: Draw, data: st.DataObject):
    stated = [("patient", key) for key in drawn.patient] + [("level", key) for key in drawn.level]
    assume(stated)
    scope, key = data.draw(st.sampled_from(sorted(stated)))
    assume(scope == "patient" or key not in REPLACES_THE_IMAGES)
    assume(scope == "patient" or MEASURED_BY_A_READER.get(key, key) not in drawn.findings)
    assume(scope == "patient" or key not in SEEN_ON_THE_WALL or drawn.wall is None)
    assume(scope == "patient" or key not in ATTRIBUTED or drawn.patient.get(key) != "yes")
    before, after = outcomes_of(without(drawn, scope, key)), outcomes_of(drawn)
    for rule, outcome in before.items():
        if outcome.verdict is not Verdict.UNKNOWN:
            assert after[rule].verdict is not Verdict.UNKNOWN, f"{rule} was reopened by {key}"
    for profile, procedure in ((one, name) for one in PROFILES for name in one.procedures):
        if conclusion_of(before, profile, procedure) is not Conclusion.INDETERMINATE:
            assert conclusion_of(after, profile, procedure) is not Conclusion.INDETERMINATE


@given(patients, st.data())
@settings(max_examples=200, deadline=None)
def test_an_input_that_a_rule_does_not_require_never_changes_it(drawn: Draw, data: st.DataObject):
    stated = [("patient", key) for key in drawn.patient] + [("level", key) for key in drawn.level]
    assume(stated)
    scope, key = data.draw(st.sampled_from(sorted(stated)))
    before, after = outcomes_of(without(drawn, scope, key)), outcomes_of(drawn)
    need = f"patient.{key}" if scope == "patient" else f"levels.L1.{key}"
    for rule in RULES:
        if not rule.looks_at(need):
            assert before[rule.id].verdict is after[rule.id].verdict, f"{rule.id} looks at {need}"


@given(patients)
@settings(max_examples=100, deadline=None)
def test_every_open_outcome_says_what_it_needs_and_every_need_is_required(drawn: Draw):
    for rule in RULES:
        outcome = rule.evaluate(case_of(drawn))
        assert outcome.because
        if outcome.verdict is Verdict.UNKNOWN:
            assert outcome.needs
            assert all(rule.looks_at(need) for need in outcome.needs), (rule.id, outcome.needs)
        else:
            assert outcome.needs == ()


@given(patients)
@settings(max_examples=100, deadline=None)
def test_the_feasibility_rule_and_its_twin_never_disagree(drawn: Draw):
    outcomes = outcomes_of(drawn)
    opposite = {Verdict.MET: Verdict.NOT_MET, Verdict.NOT_MET: Verdict.MET, Verdict.UNKNOWN: Verdict.UNKNOWN}
    assert outcomes["VP-F1"].verdict is opposite[outcomes["VP-C4"].verdict]
    assert outcomes["VP-F1"].evidence == outcomes["VP-C4"].evidence


def test_with_nothing_stated_and_nothing_measured_no_rule_is_decided():
    blank = Draw(fracture="unmeasured", images="thin CT and MR")
    assert {outcome.verdict for outcome in outcomes_of(blank).values()} == {Verdict.UNKNOWN}


def test_with_nothing_stated_a_rule_that_only_a_person_can_answer_is_open_whatever_is_measured():
    clinical_only = {
        *("VP-I2", "VP-I3", "VP-C1", "VP-C2", "VP-C3", "KP-I2", "KP-C1", "KP-C2", "KP-C3", "KP-C4", "KP-C6", "KP-C10"),
        *("KP-I1", "KP-I4", "KP-C12"),
    }
    dice = random.Random(3)
    for _ in range(200):
        drawn = draw(dice)
        drawn.patient, drawn.level, drawn.weeks, drawn.intent, drawn.fracture = {}, {}, None, None, "present"
        outcomes = outcomes_of(drawn)
        assert {rule for rule in clinical_only if outcomes[rule].verdict is not Verdict.UNKNOWN} <= {"KP-C12", "KP-I4"}
        assert outcomes["KP-C12"].verdict is not Verdict.MET
        assert outcomes["KP-I4"].verdict is not Verdict.MET


def test_masks_alone_leave_every_rule_that_needs_an_image_open():
    masks = study(vertebra(), seen_on=(series(None, role="labels"),))
    (case,) = cases_of(masks, ClinicalContext())
    for criterion in ("VP-C5", "KP-C8", "KP-C12"):
        rule = SEED.get(criterion)
        assert rule is not None
        assert rule.evaluate(case).verdict is Verdict.UNKNOWN
