"""Which unknown inputs could change the conclusion? The smallest sets of them, found by trying their possible values.

An input is tried with every value that could matter (`suppose`). For each open rule that gives the smallest ways to a
MET and to a NOT_MET; a conclusion changes when one open contraindication becomes MET, when every open indication
becomes NOT_MET, or when every open contraindication becomes NOT_MET and an indication holds. Ways are joined where they
agree on what they share. Only open rules are tried, since a known value never reopens a decided one. Where both a
measurement and a reader's answer could settle the same thing, the answer is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from math import prod

from vfa.eligibility.case import Case
from vfa.eligibility.conclude import COUNTED, conclude
from vfa.eligibility.contradictions import contradictions
from vfa.eligibility.criterion import Criterion
from vfa.eligibility.suppose import suppositions
from vfa.model.assessment import Conclusion, Outcome, RuleKind, Verdict
from vfa.model.input_words import without_doubles

MAX_SET = 4  # larger sets are no help to a reader; the list of everything open stands in for them
MAX_TRIED = 700  # combinations of one size tried on one rule; a larger size of sets is then not searched
MAX_JOINED = 2_000  # ways kept while joining; a bound on time that no seed case has come near

Way = frozenset[tuple[str, int]]  # inputs, each with the number of the value it takes


def would_settle(case: Case, rules: Sequence[Criterion], outcomes: Sequence[Outcome]) -> tuple[tuple[str, ...], ...]:
    """The smallest sets of unknown inputs that could change an indeterminate conclusion.

    Args:
        case: the vertebra.
        rules: the criteria, in the order of the outcomes.
        outcomes: what they said about the case.

    Returns:
        Sets in order of size, each in the order of the rules that need it. All sets of one or two inputs; sets of
        three and MAX_SET only as far as MAX_TRIED allows. Every open input as one set when none of these could change
        the conclusion; empty when the conclusion is decided.
    """
    if conclude((outcome.kind, outcome.verdict) for outcome in outcomes) is not Conclusion.INDETERMINATE:
        return ()
    still_open = [(r, o) for r, o in zip(rules, outcomes, strict=True) if o.verdict is Verdict.UNKNOWN]
    inputs = list(without_doubles(n for _, o in still_open if o.kind in COUNTED for n in o.needs))
    against = [rule for rule, o in still_open if o.kind is RuleKind.CONTRAINDICATION]
    speaking = [rule for rule, o in still_open if o.kind is RuleKind.INDICATION]
    indicated = any(o.kind is RuleKind.INDICATION and o.verdict is Verdict.MET for o in outcomes)

    trial = _Trial(case, inputs)
    sets = _smallest(_names(way) for rule in against for way in trial.ways(rule, Verdict.MET))
    trial.leave_out({name for names in sets if len(names) == 1 for name in names})
    joined = [] if indicated else list(_joined(case, [trial.ways(rule, Verdict.NOT_MET) for rule in speaking]))
    cleared = [trial.ways(rule, Verdict.NOT_MET) for rule in against]
    if indicated:
        joined += _joined(case, cleared)
    else:
        joined += _joined(case, [*cleared, [way for rule in speaking for way in trial.ways(rule, Verdict.MET)]])
    sets = _smallest([*sets, *(_names(way) for way in joined)])
    ordered = [tuple(name for name in inputs if name in names) for names in sets]
    return tuple(sorted(ordered, key=lambda names: (len(names), [inputs.index(name) for name in names]))) or (
        (tuple(inputs),) if inputs else ()
    )


class _Trial:
    """Tries the inputs' possible values on rules, remembering the cases they make."""

    def __init__(self, case: Case, inputs: Sequence[str]) -> None:
        self._inputs = list(inputs)
        self._left_out: frozenset[str] = frozenset()
        self._cases: dict[tuple[tuple[str, int], ...], Case | None] = {(): case}
        self._choices = {name: len(suppositions(case, name)) for name in inputs}
        self._decided: dict[str, list[tuple[Way, Verdict]]] = {}

    def leave_out(self, names: Iterable[str]) -> None:
        """From now on give no way through these inputs: alone they change the conclusion already."""
        self._left_out |= frozenset(names)

    def ways(self, rule: Criterion, wanted: Verdict) -> list[Way]:
        """The smallest ways in which the rule becomes what is wanted."""
        if rule.id not in self._decided:
            self._decided[rule.id] = self._decide(rule)
        return [
            way
            for way, verdict in self._decided[rule.id]
            if verdict is wanted and not any(name in self._left_out for name, _ in way)
        ]

    def _decide(self, rule: Criterion) -> list[tuple[Way, Verdict]]:
        relevant = [name for name in self._inputs if rule.looks_at(name)]
        decided: list[tuple[Way, Verdict]] = []
        growing: list[tuple[tuple[str, int], ...]] = [()]
        for size in range(1, MAX_SET + 1):
            if size > 2 and self._combinations(relevant, size) > MAX_TRIED:
                break
            growing, tried = [], growing
            for way in tried:
                for longer in self._longer(way, relevant):
                    if any(smaller <= frozenset(longer) for smaller, _ in decided):
                        continue
                    case = self._case(longer)
                    if case is None:
                        continue
                    verdict = rule.answer(case).verdict
                    if verdict is Verdict.UNKNOWN:
                        growing.append(longer)
                    else:
                        decided.append((frozenset(longer), verdict))
        return decided

    def _combinations(self, names: Sequence[str], size: int) -> int:
        """How many ways there are to give values to this many of the inputs."""
        return sum(prod(self._choices[name] for name in chosen) for chosen in combinations(names, size))

    def _longer(
        self, way: tuple[tuple[str, int], ...], relevant: Sequence[str]
    ) -> Iterator[tuple[tuple[str, int], ...]]:
        start = relevant.index(way[-1][0]) + 1 if way else 0
        for name in relevant[start:]:
            for number in range(self._choices[name]):
                yield (*way, (name, number))

    def _case(self, way: tuple[tuple[str, int], ...]) -> Case | None:
        """The case in which the inputs take these values; None when they contradict each other."""
        if way not in self._cases:
            before = self._case(way[:-1])
            name, number = way[-1]
            made = None if before is None else suppositions(before, name)[number]
            possible = made is not None and next(contradictions(made.clinical), None) is None
            self._cases[way] = made if possible else None
        return self._cases[way]


def _joined(case: Case, goals: Sequence[Sequence[Way]]) -> list[Way]:
    """The ways that reach every goal at once: one of each goal's, agreeing on what they share."""
    joined: list[Way] = [frozenset()]
    for ways in sorted(goals, key=len):
        joined = list(
            dict.fromkeys(
                both
                for one in joined
                for other in ways
                if len(both := one | other) <= MAX_SET and len(_names(both)) == len(both)
            )
        )[:MAX_JOINED]
    return [way for way in joined if way and _possible(case, way)]


def _possible(case: Case, way: Way) -> bool:
    for name, number in sorted(way):
        case = suppositions(case, name)[number]
    return next(contradictions(case.clinical), None) is None


def _names(way: Way) -> frozenset[str]:
    return frozenset(name for name, _ in way)


def _smallest(sets: Iterable[frozenset[str]]) -> list[frozenset[str]]:
    """Those that contain no other."""
    smallest: list[frozenset[str]] = []
    for names in sorted(dict.fromkeys(sets), key=len):
        if not any(smaller <= names for smaller in smallest):
            smallest.append(names)
    return smallest
