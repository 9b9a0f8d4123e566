from fractions import Fraction

from tests.builders import all_answered, intact_vertebra, lateral_loss_of, loss_of, series, study, vertebra
from vfa.eligibility.height_rules import CollapsedMoreThanOneThird, CollapsedMoreThanSeventyPercent
from vfa.eligibility.runner import cases_of
from vfa.model.assessment import Outcome, UnknownReason, Verdict
from vfa.model.findings import VertebraFindings


def one_third(of: VertebraFindings, slice_mm: float = 1.0) -> Outcome:
    (case,) = cases_of(study(of, seen_on=(series(slice_mm=slice_mm),)), all_answered())
    return CollapsedMoreThanOneThird().evaluate(case)


def test_a_lateral_third_alone_beyond_the_limit_is_put_to_a_reader():
    outcome = one_third(vertebra(loss=loss_of(0.25, 0.01), lateral=lateral_loss_of(0.40, 0.02)))
    assert (outcome.verdict, outcome.reason) == (Verdict.UNKNOWN, UnknownReason.NEEDS_READER)
    assert outcome.needs == ("lateral_loss",)
    assert "left third has lost 40.0 %" in outcome.because


def test_a_lateral_third_within_the_limit_changes_nothing():
    assert one_third(vertebra(loss=loss_of(0.25, 0.01), lateral=lateral_loss_of(0.30, 0.05))).verdict is Verdict.NOT_MET


def test_a_central_loss_beyond_the_limit_needs_no_lateral_one():
    assert one_third(vertebra(loss=loss_of(0.5, 0.01), lateral=lateral_loss_of(0.6, 0.01))).verdict is Verdict.MET


def test_a_body_cut_by_the_edge_has_no_height_verdict_even_with_numbers():
    assert one_third(vertebra(loss=0.6, touches_border=True)).reason is UnknownReason.TOUCHES_BORDER


def test_thick_slices_still_show_a_loss_far_beyond_the_limit():
    assert one_third(vertebra(loss=loss_of(0.55, 0.01)), slice_mm=5.0).verdict is Verdict.MET


def test_a_profile_may_set_the_limit_and_the_sentence_says_so():
    (case,) = cases_of(study(vertebra(loss=0.36)), all_answered())
    rule = CollapsedMoreThanOneThird({"max_loss": Fraction(2, 5)})
    assert rule.evaluate(case).verdict is Verdict.NOT_MET
    assert rule.phrase == "The vertebral body is collapsed by more than 40 %."
    assert "set by the profile: max_loss = 0.4" in rule.cited
    assert CollapsedMoreThanOneThird().phrase == "The vertebral body is collapsed by more than one third."
    assert CollapsedMoreThanSeventyPercent().phrase == "The vertebral body has lost more than 70 % of its height."


def test_an_intact_body_has_lost_no_third():
    assert one_third(intact_vertebra("L1")).verdict is Verdict.NOT_MET
