"""Which unknown inputs could change the conclusion? The smallest sets of them, found by trying their possible values.

An input is tried with every value that could matter (`suppose`); a set belongs to the answer when some values of it
lead to another conclusion and no part of it does. Only rules that are open can change, since a known value never
reopens a rule that is decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from vfa.eligibility.case import Case
from vfa.eligibility.conclude import conclude
from vfa.eligibility.contradictions import contradictions
from vfa.eligibility.criterion import Criterion
from vfa.eligibility.suppose import suppositions
from vfa.model.assessment import Conclusion, Outcome, RuleKind, Verdict

MAX_SET = 4  # larger sets are no help to a reader; the full list of open inputs stands in for them
MAX_TRIALS = 20_000


def would_settle(case: Case, rules: Sequence[Criterion], outcomes: Sequence[Outcome]) -> tuple[tuple[str, ...], ...]:
    """The smallest sets of unknown inputs that could change an indeterminate conclusion.

    Args:
        case: the vertebra.
        rules: the criteria, in the order of the outcomes.
        outcomes: what they said about the case.

    Returns:
        Sets in order of size; every open input as one set when no small set could change the conclusion; empty when
        nothing is open or nothing that is open could change it.
    """
    now = conclude((outcome.kind, outcome.verdict) for outcome in outcomes)
    if now is not Conclusion.INDETERMINATE:
        return ()
    counted = [
        (rule, outcome)
        for rule, outcome in zip(rules, outcomes, strict=True)
        if outcome.kind is not RuleKind.FEASIBILITY
    ]
    inputs = list(dict.fromkeys(need for _, o in counted if o.verdict is Verdict.UNKNOWN for need in o.needs))
    found: list[tuple[str, ...]] = []
    trials = 0
    for size in range(1, MAX_SET + 1):
        for names in combinations(inputs, size):
            if any(set(smaller) <= set(names) for smaller in found):
                continue
            trials += 1
            if trials > MAX_TRIALS:
                return tuple(found) or (tuple(inputs),)
            if _could_change(case, names, counted, now):
                found.append(names)
        inputs = [name for name in inputs if (name,) not in found]
    if found or not inputs:
        return tuple(found)
    return (tuple(inputs),)


def _could_change(
    case: Case, names: tuple[str, ...], counted: Iterable[tuple[Criterion, Outcome]], now: Conclusion
) -> bool:
    pairs = list(counted)
    return any(conclude(_judged(supposed, names, pairs)) is not now for supposed in _supposed(case, names))


def _supposed(case: Case, names: tuple[str, ...]) -> Iterator[Case]:
    if not names:
        if next(contradictions(case.clinical), None) is None:
            yield case
        return
    for one in suppositions(case, names[0]):
        yield from _supposed(one, names[1:])


def _judged(
    case: Case, names: tuple[str, ...], counted: Iterable[tuple[Criterion, Outcome]]
) -> Iterator[tuple[RuleKind, Verdict]]:
    for rule, outcome in counted:
        touched = outcome.verdict is Verdict.UNKNOWN and any(rule.looks_at(name) for name in names)
        yield outcome.kind, rule.answer(case).verdict if touched else outcome.verdict
