"""What do published guidelines and trials ask that the seed does not? Numbers and answers, each with its own limit."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from vfa.eligibility.case import Case
from vfa.eligibility.clinical_keys import LEVEL_NUMBERS
from vfa.eligibility.facts import CLINICAL_FILE
from vfa.eligibility.truth import Truth, both, no, unknown, yes
from vfa.model.anatomy import is_provisional, order
from vfa.model.assessment import Evidence, UnknownReason
from vfa.model.clinical import NotStated
from vfa.model.estimate import Measured, Unmeasurable, Why


def number_at_least(case: Case, key: str, limit: Fraction, words: str) -> Truth:
    """Whether a stated number reaches the limit; not stated stays open."""
    return _held(case, key, words, lambda value: value >= float(limit), f"at least {float(limit):g} asked for")


def number_at_most(case: Case, key: str, limit: Fraction, words: str) -> Truth:
    """Whether a stated number stays at or below the limit; not stated stays open."""
    return _held(case, key, words, lambda value: value <= float(limit), f"at most {float(limit):g} asked for")


def number_above(case: Case, key: str, limit: Fraction, words: str) -> Truth:
    """Whether a stated number passes the limit; not stated stays open."""
    return _held(case, key, words, lambda value: value > float(limit), f"more than {float(limit):g} asked for")


def number_below(case: Case, key: str, limit: Fraction, words: str) -> Truth:
    """Whether a stated number lies below the limit; not stated stays open."""
    return _held(case, key, words, lambda value: value < float(limit), f"less than {float(limit):g} asked for")


def at_least_two_of(*truths: Truth) -> Truth:
    """Whether two or more hold, as far as is known."""
    met = [truth for truth in truths if truth.is_yes]
    still_open = [truth for truth in truths if truth.is_open]
    if len(met) >= 2:
        return both(*met)
    if len(met) + len(still_open) < 2:
        refuting = [truth for truth in truths if truth.is_no]
        return both(*refuting)
    return both(*still_open).as_one()


def measured_loss(case: Case) -> Measured:
    """The height loss that decides, or why there is none; a body with cement or cut by the edge has none."""
    vertebra = case.vertebra
    for spoilt, why in ((vertebra.treated, Why.TREATED), (vertebra.touches_border, Why.TOUCHES_BORDER)):
        if spoilt:
            return Unmeasurable(case.level, "height loss", why)
    loss = vertebra.height_loss
    return loss if isinstance(loss, Unmeasurable) else loss.fraction


def lies_between(case: Case, cranial: str, caudal: str) -> Truth:
    """Whether the level is one of those from head to foot between two, both included."""
    if is_provisional(case.level):
        return unknown(UnknownReason.MISSING_INPUT, f"{case.level} is a counting name and no anatomical level.")
    words = f"{case.level}; from {cranial} to {caudal} asked for."
    return yes(words) if order(cranial) <= order(case.level) <= order(caudal) else no(words)


def _held(case: Case, key: str, words: str, holds: Callable[[float], bool], asked: str) -> Truth:
    at_level = key in LEVEL_NUMBERS
    name, value = case.level_key(key) if at_level else f"patient.{key}", case.number(key)
    if isinstance(value, NotStated):
        return unknown(UnknownReason.MISSING_INPUT, f"Not stated: {words}.", (name,))
    because, evidence = f"{words.capitalize()} {value:g}; {asked}.", Evidence(name, value, source=CLINICAL_FILE)
    return yes(because, evidence) if holds(value) else no(because, evidence)
