"""Does a measured number pass a limit? An interval is held against it, not a point.

MET when the whole 95 % interval lies above the limit, NOT_MET when none of it does, else UNKNOWN(straddles_threshold).
Exactly the limit is allowed: the seed says "not more than".
"""

from __future__ import annotations

from fractions import Fraction

from vfa.eligibility.facts import not_measured
from vfa.eligibility.truth import Truth, no, unknown, yes
from vfa.model.assessment import Evidence, UnknownReason
from vfa.model.estimate import Estimate, Measured, Unmeasurable
from vfa.model.input_words import chance_above

# 1 − 20/30 and 1/3 differ by one unit in the last place; that is arithmetic, not height.
ROUNDING = 1e-9


def above(
    measured: Measured, limit: Fraction, name: str, need: str, at_least_half_width: Fraction | None = None
) -> Truth:
    """Whether the quantity lies above the limit.

    Args:
        measured: the quantity.
        limit: in the quantity's unit; a ratio such as 1/3 stays exact.
        name: the quantity in words, for the sentence.
        need: the input that would settle it.
        at_least_half_width: half of the narrowest interval these images can be trusted with; None for no such floor.
    """
    if isinstance(measured, Unmeasurable):
        return not_measured(measured, need)
    edge = float(limit) + ROUNDING
    low, high = measured.ci95
    evidence, because = _looked_at(measured, limit, name)
    if at_least_half_width is not None:
        floor = float(at_least_half_width)
        widened = low > edge >= measured.value - floor or high <= edge < measured.value + floor
        if widened:
            because += f" Slices this thick cannot tell a difference below {_shown(floor, measured.unit)}."
        low, high = min(low, measured.value - floor), max(high, measured.value + floor)
    if low > edge:
        return yes(because, evidence)
    if high <= edge:
        return no(because, evidence)
    return unknown(UnknownReason.STRADDLES_THRESHOLD, because, (need,), (evidence,))


def at_least(measured: Measured, limit: Fraction, name: str, need: str) -> Truth:
    """Whether the quantity reaches the limit; exactly the limit does. Arguments as for `above`."""
    if isinstance(measured, Unmeasurable):
        return not_measured(measured, need)
    edge = float(limit) - ROUNDING
    low, high = measured.ci95
    evidence, because = _looked_at(measured, limit, name)
    if low >= edge:
        return yes(because, evidence)
    if high < edge:
        return no(because, evidence)
    return unknown(UnknownReason.STRADDLES_THRESHOLD, because, (need,), (evidence,))


def limit_in_words(limit: Fraction, unit: str) -> str:
    """1/3 stays 1/3; a decimal fraction becomes per cent; millimetres keep their unit."""
    if unit != "fraction":
        return f"{float(limit):g} {unit}"
    percent = limit * 100
    return f"{percent} %" if percent.denominator == 1 else str(limit)


def _looked_at(measured: Estimate, limit: Fraction, name: str) -> tuple[Evidence, str]:
    """The number with its limit, as evidence and as a sentence."""
    low, high = measured.ci95
    words = limit_in_words(limit, measured.unit)
    chance = measured.probability_above(float(limit) + ROUNDING)
    evidence = Evidence(name, measured.value, measured.unit, (low, high), measured.method, words, chance)
    interval = f"{_shown(low, '')}–{_shown(high, measured.unit)}"
    if measured.unit == "fraction":
        interval = f"{low * 100:.1f}–{high * 100:.1f} %"
    said = (
        f"{name.capitalize()} {_shown(measured.value, measured.unit)} (95 % interval {interval}) "
        f"against a limit of {words}; {chance_above(name, words, chance)}."
    )
    return evidence, said


def _shown(value: float, unit: str) -> str:
    return f"{value * 100:.1f} %" if unit == "fraction" else f"{value:.1f} {unit}".rstrip()
