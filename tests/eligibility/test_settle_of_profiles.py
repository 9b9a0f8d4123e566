"""Are the sets of every profile the smallest ones? Checked by asking the rules about every value of every small set.

`test_settle` checks the seed against a table that shares nothing with vfa; this checks the search, images included.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import combinations

import pytest

from tests.eligibility.random_cases import draw
from vfa.eligibility import load_profile, shipped_profiles
from vfa.eligibility.case import Case
from vfa.eligibility.conclude import conclude
from vfa.eligibility.contradictions import contradictions
from vfa.eligibility.criterion import Criterion
from vfa.eligibility.profile import Profile
from vfa.eligibility.runner import cases_of, judge_case
from vfa.eligibility.suppose import suppositions
from vfa.model.assessment import Conclusion, Outcome, ProcedureAssessment, RuleKind, Verdict
from vfa.model.input_words import without_doubles

SIZE = 2
INPUTS_AT_MOST = 14  # more would take minutes to try


def indeterminate(profile: Profile, how_many: int) -> Iterator[tuple[Case, str, ProcedureAssessment, tuple[str, ...]]]:
    dice = random.Random(23)
    while how_many:
        drawn = draw(dice)
        case = cases_of(drawn.study, drawn.clinical)[0]
        for procedure in profile.procedures:
            judged = judge_case(case, profile, procedure)
            counted = [o for o in judged.outcomes if o.kind in (RuleKind.INDICATION, RuleKind.CONTRAINDICATION)]
            inputs = without_doubles(need for outcome in counted for need in outcome.needs)
            if how_many and judged.conclusion is Conclusion.INDETERMINATE and len(inputs) <= INPUTS_AT_MOST:
                how_many -= 1
                yield case, procedure, judged, inputs


def settles(case: Case, names: Sequence[str], rules: Sequence[Criterion], outcomes: Sequence[Outcome]) -> bool:
    """Whether some values of these inputs settle it; what is decided stays decided."""
    cases = [case]
    for name in names:
        cases = [made for one in cases for made in suppositions(one, name)]
    for known in cases:
        if next(contradictions(known.clinical), None) is None:
            verdicts = [
                (o.kind, o.verdict if o.verdict is not Verdict.UNKNOWN else rule.answer(known).verdict)
                for rule, o in zip(rules, outcomes, strict=True)
            ]
            if conclude(verdicts) is not Conclusion.INDETERMINATE:
                return True
    return False


@pytest.mark.parametrize("name", shipped_profiles())
def test_no_smaller_set_settles_it_and_every_set_does(name: str):
    profile = load_profile(name)
    for case, procedure, judged, inputs in indeterminate(profile, 25):
        rules = profile.of(procedure)
        expected: list[frozenset[str]] = []
        for size in range(1, SIZE + 1):
            for names in combinations(inputs, size):
                if any(smaller <= set(names) for smaller in expected):
                    continue
                if settles(case, names, rules, judged.outcomes):
                    expected.append(frozenset(names))
        assert {frozenset(names) for names in judged.would_settle if len(names) <= SIZE} == set(expected)
