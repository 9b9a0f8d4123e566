"""Which unknown inputs could change the conclusion? The smallest sets of them, found by trying their possible values.

An input is tried with every value that could matter (`suppose`). For each open rule that gives the smallest ways to a
MET and to a NOT_MET; a conclusion changes when one open contraindication becomes MET, when every open indication
becomes NOT_MET, or when every open contraindication becomes NOT_MET and an indication holds. Ways are joined where they
agree on what they share. Only open rules are tried, since a known value never reopens a decided one. Where both a
measurement and a reader's answer could settle the same thing, the answer is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from vfa.eligibility.case import Case
from vfa.eligibility.conclude import COUNTED, conclude
from vfa.eligibility.contradictions import contradict, may_contradict
from vfa.eligibility.criterion import Criterion
from vfa.eligibility.suppose import suppositions
from vfa.eligibility.truth import Truth
from vfa.model.assessment import Conclusion, Outcome, RuleKind, Verdict
from vfa.model.input_words import without_doubles

MAX_SET = 3  # larger sets are no help to a reader; the list of everything open stands in for them
MAX_JOINED = 2_000  # ways kept while joining; a bound on time that no seed case has come near

Way = frozenset[tuple[str, int]]  # inputs, each with the number of the value it takes
Steps = tuple[tuple[str, int], ...]  # the same in the order in which they are supposed


def would_settle(case: Case, rules: Sequence[Criterion], outcomes: Sequence[Outcome]) -> tuple[tuple[str, ...], ...]:
    """The smallest sets of unknown inputs that could change an indeterminate conclusion.

    Args:
        case: the vertebra.
        rules: the criteria, in the order of the outcomes.
        outcomes: what they said about the case.

    Returns:
        Sets in order of size, each in the order of the rules that need it; every open input as one set when no set of
        at most MAX_SET could change the conclusion; empty when the conclusion is decided.
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
    cleared = [partial(trial.ways, rule, Verdict.NOT_MET) for rule in sorted(against, key=trial.inputs_of)]
    if indicated:
        joined = _joined(case, cleared)
    else:
        refuted = [partial(trial.ways, rule, Verdict.NOT_MET) for rule in sorted(speaking, key=trial.inputs_of)]
        joined = _joined(case, refuted) + _joined(case, [*cleared, partial(_any_present, trial, speaking)])
    sets = _smallest([*sets, *(_names(way) for way in joined)])
    ordered = [tuple(name for name in inputs if name in names) for names in sets]
    return tuple(sorted(ordered, key=lambda names: (len(names), [inputs.index(name) for name in names]))) or (
        (tuple(inputs),) if inputs else ()
    )


@dataclass(frozen=True)
class Room:
    """Which inputs a way may take that shall be joined to others.

    Args:
        taken: inputs that the others take already.
        spare: how many more there may be.
    """

    taken: frozenset[str]
    spare: int

    def holds(self, way: Steps, name: str) -> bool:
        """Whether the way may take one more input."""
        return name in self.taken or sum(one not in self.taken for one, _ in way) < self.spare


ANYWHERE = Room(frozenset(), MAX_SET)


class _Trial:
    """Tries the inputs' possible values on rules, remembering the cases they make."""

    def __init__(self, case: Case, inputs: Sequence[str]) -> None:
        self._inputs = list(inputs)
        self._left_out: frozenset[str] = frozenset()
        self._case_as_it_is = case
        self._cases: dict[Steps, Case | None] = {(): case}
        self._choices = {name: len(suppositions(case, name)) for name in inputs}

    def leave_out(self, names: Iterable[str]) -> None:
        """From now on give no way through these inputs: alone they change the conclusion already."""
        self._left_out |= frozenset(names)

    def inputs_of(self, rule: Criterion) -> int:
        """How many of the inputs the rule looks at: rules with few are the quicker ones to try first."""
        return sum(rule.looks_at(name) for name in self._inputs)

    def ways(self, rule: Criterion, wanted: Verdict, room: Room = ANYWHERE) -> list[Way]:
        """The smallest ways in which the rule becomes what is wanted, shorter ones first.

        A way that leaves the rule open is tried with one more input, of those that may decide it together.
        """
        relevant = [name for name in self._inputs if rule.looks_at(name) and name not in self._left_out]
        groups = _groups(rule.answer(self._case_as_it_is), relevant, wanted)
        decided: list[tuple[Way, Verdict]] = []
        growing: list[Steps] = [()]
        for _ in range(MAX_SET):
            growing, tried = [], growing
            for way in (longer for before in tried for longer in self._longer(before, relevant, groups, room)):
                if any(smaller <= frozenset(way) for smaller, _ in decided):
                    continue
                case = self._case(way)
                if case is None:
                    continue
                verdict = rule.answer(case).verdict
                if verdict is Verdict.UNKNOWN:
                    growing.append(way)
                else:
                    decided.append((frozenset(way), verdict))
        return [way for way, verdict in decided if verdict is wanted]

    def _longer(
        self, way: Steps, relevant: Sequence[str], groups: Sequence[frozenset[str]], room: Room
    ) -> Iterator[Steps]:
        """The ways with one more input of a group that holds all others, as far as there is room."""
        within = [group for group in groups if all(name in group for name, _ in way)]
        start = relevant.index(way[-1][0]) + 1 if way else 0
        for name in relevant[start:]:
            if room.holds(way, name) and any(name in group for group in within):
                yield from ((*way, (name, number)) for number in range(self._choices[name]))

    def _case(self, way: Steps) -> Case | None:
        """The case in which the inputs take these values; None when they contradict each other."""
        if way not in self._cases:
            before = self._case(way[:-1])
            name, _ = way[-1]
            for value, made in enumerate(suppositions(before, name) if before else [None] * self._choices[name]):
                possible = made is not None and not (may_contradict(name) and contradict(made.clinical))
                self._cases[(*way[:-1], (name, value))] = made if possible else None
        return self._cases[way]


def _groups(answer: Truth, relevant: Sequence[str], wanted: Verdict) -> list[frozenset[str]]:
    """The inputs that may decide a rule together; an input that the answer does not ask for may go with any of them."""
    end = answer.to_yes if wanted is Verdict.MET else answer.to_no
    if end.at_least > MAX_SET:
        return []
    unasked = {name for name in relevant if name not in answer.needs}
    return [frozenset({*group, *unasked}) for group in end.groups]


def _any_present(trial: _Trial, speaking: Sequence[Criterion], room: Room) -> list[Way]:
    return [way for rule in speaking for way in trial.ways(rule, Verdict.MET, room)]


def _joined(case: Case, goals: Iterable[Callable[[Room], Sequence[Way]]]) -> list[Way]:
    """The ways that reach every goal at once: one of each goal's, agreeing on what they share.

    Goals are taken one by one, each with the room that those before it leave, and no more once one cannot be reached.
    """
    joined: list[Way] = [frozenset()]
    for ways in goals:
        room = Room(frozenset().union(*map(_names, joined)), MAX_SET - min(map(len, joined)))
        reached = ways(room)
        longer = (one | other for one in joined for other in reached)
        joined = list(dict.fromkeys(way for way in longer if len(way) <= MAX_SET and len(_names(way)) == len(way)))
        joined = joined[:MAX_JOINED]
        if not joined:
            return []
    return [way for way in joined if way and _possible(case, way)]


def _possible(case: Case, way: Way) -> bool:
    for name, number in sorted(way):
        case = suppositions(case, name)[number]
    return not contradict(case.clinical)


def _names(way: Way) -> frozenset[str]:
    return frozenset(name for name, _ in way)


def _smallest(sets: Iterable[frozenset[str]]) -> list[frozenset[str]]:
    """Those that contain no other."""
    smallest: list[frozenset[str]] = []
    for names in sorted(dict.fromkeys(sets), key=len):
        if not any(smaller <= names for smaller in smallest):
            smallest.append(names)
    return smallest
