from fractions import Fraction

import pytest

from tests.builders import unmeasured
from vfa.eligibility.threshold import above, limit_in_words
from vfa.model.assessment import UnknownReason, Verdict
from vfa.model.estimate import Estimate, Why

THIRD, SEVENTY = Fraction(1, 3), Fraction(7, 10)


def loss(value: float, sigma: float = 0.0) -> Estimate:
    return Estimate(value, sigma, "fraction", "test")


def verdict(estimate: Estimate, limit: Fraction) -> Verdict:
    return above(estimate, limit, "height loss", "height_loss").verdict


@pytest.mark.parametrize(("height", "expected_height"), [(20, 30), (16, 24), (14.4, 21.6), (18.2, 27.3), (2, 3)])
def test_exactly_one_third_is_allowed_however_the_arithmetic_rounds(height: float, expected_height: float):
    assert verdict(loss(1 - height / expected_height), THIRD) is Verdict.NOT_MET


@pytest.mark.parametrize("value", [0.7, 1 - 0.3, 1 - 7.5 / 25, 1 - 6.6 / 22])
def test_exactly_seventy_percent_is_allowed(value: float):
    assert verdict(loss(value), SEVENTY) is Verdict.NOT_MET


def test_the_smallest_step_a_report_could_show_beyond_the_limit_is_not_allowed():
    assert verdict(loss(1 / 3 + 1e-6), THIRD) is Verdict.MET
    assert verdict(loss(0.7 + 1e-6), SEVENTY) is Verdict.MET


def test_one_third_is_not_its_rounded_decimal():
    assert verdict(loss(0.3332), THIRD) is Verdict.NOT_MET
    assert verdict(loss(0.3332), Fraction(33, 100)) is Verdict.MET


def test_the_interval_decides_and_not_the_point():
    # 1.96 · 0.01 = 0.0196: 0.35 − 0.0196 < 1/3 < 0.36 − 0.0196, and 0.31 + 0.0196 < 1/3 < 0.32 + 0.0196
    verdicts = [verdict(loss(value, 0.01), THIRD) for value in (0.31, 0.32, 0.35, 0.36)]
    assert verdicts == [Verdict.NOT_MET, Verdict.UNKNOWN, Verdict.UNKNOWN, Verdict.MET]


def test_an_interval_that_ends_at_the_limit_is_allowed():
    assert above(Estimate(-1.0, 0.5, "mm", "test", at_least=0.0), Fraction(2), "retropulsion", "w").is_no


def test_the_sentence_shows_the_number_compared_its_interval_the_limit_and_the_probability():
    sentence = above(loss(0.31, 0.02), THIRD, "height loss", "height_loss").because
    assert "31.0 %" in sentence
    assert "27.1–34.9 %" in sentence
    assert "1/3" in sentence
    # Φ((0.31 − 1/3) / 0.02) = Φ(−1.167) = 0.122 by a table of the normal distribution
    assert "P(height loss > 1/3) = 12 %" in sentence


def test_no_number_is_so_certain_that_its_probability_is_nought_or_one():
    assert "< 1 %" in above(loss(1 - 20 / 30), THIRD, "height loss", "height_loss").because
    assert "> 99 %" in above(loss(0.34), THIRD, "height loss", "height_loss").because


def test_images_that_cannot_resolve_the_difference_leave_it_open():
    floor = Fraction(87, 1000)
    near = above(loss(0.30, 0.001), THIRD, "height loss", "height_loss", floor)
    assert near.reason is UnknownReason.STRADDLES_THRESHOLD
    assert "Slices this thick cannot tell a difference below 8.7 %" in near.because
    assert above(loss(0.20, 0.001), THIRD, "height loss", "height_loss", floor).is_no


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        (Why.TREATED, UnknownReason.TREATED),
        (Why.TOUCHES_BORDER, UnknownReason.TOUCHES_BORDER),
        (Why.NO_VALID_REFERENCE, UnknownReason.NO_VALID_REFERENCE),
        (Why.QUALITY_FAILED, UnknownReason.QUALITY_FAILED),
        (Why.ENDPLATE_NOT_FOUND, UnknownReason.QUALITY_FAILED),
        (Why.SLICES_TOO_THICK, UnknownReason.QUALITY_FAILED),
        (Why.NO_IMAGE, UnknownReason.MODALITY_INSUFFICIENT),
    ],
)
def test_a_quantity_that_was_not_measured_leaves_the_rule_open_for_its_reason(why: Why, reason: UnknownReason):
    answer = above(unmeasured("L1", "height loss", why), THIRD, "height loss", "height_loss")
    assert (answer.reason, answer.needs) == (reason, ("height_loss",))


def test_every_reason_why_something_is_unmeasurable_has_a_reason_for_the_rule():
    for why in Why:
        assert above(unmeasured("L1", "height loss", why), THIRD, "height loss", "height_loss").is_open


@pytest.mark.parametrize(
    ("value", "sigma", "chance"),
    [(1 / 3, 0.03, "= 50 %"), (0.35, 0.002, "> 99 %"), (0.30, 0.01, "< 1 %"), (0.35, 0.0, "> 99 %")],
)
def test_the_probability_of_passing_the_limit_stands_beside_the_interval(value: float, sigma: float, chance: str):
    answer = above(Estimate(value, sigma, "fraction", "test"), THIRD, "height loss", "height_loss")
    assert answer.because.endswith(f"against a limit of 1/3; P(height loss > 1/3) {chance}.")
    (looked_at,) = answer.evidence
    assert looked_at.limit == "1/3"
    assert looked_at.probability_above_limit is not None
    assert looked_at.ci95 is not None


def test_limits_read_as_a_person_writes_them():
    assert [limit_in_words(limit, "fraction") for limit in (THIRD, SEVENTY, Fraction(2, 3))] == ["1/3", "70 %", "2/3"]
    assert limit_in_words(Fraction(5, 2), "mm") == "2.5 mm"
