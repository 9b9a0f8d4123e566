"""Do the seed rules say what a bare Kleene table says, whatever is stated, seen or unknown?"""

from __future__ import annotations

import random

import pytest

from tests.eligibility.random_cases import draw
from tests.eligibility.truth_table import conclusion, verdicts
from vfa.eligibility import load_profile
from vfa.eligibility.conclude import conclude
from vfa.eligibility.runner import cases_of

SEED = load_profile("seed")
CASES = 10_000
INTEGER = {"MET": 1, "UNKNOWN": 0, "NOT_MET": -1}


@pytest.mark.slow
def test_ten_thousand_random_patients_are_judged_as_the_bare_table_judges_them():
    dice = random.Random(20240611)
    seen: set[tuple[str, int]] = set()
    concluded: set[tuple[str, str]] = set()
    for number in range(CASES):
        drawn = draw(dice)
        case = cases_of(drawn.study, drawn.clinical)[0]
        expected = verdicts(drawn)
        answered = {rule.id: rule.answer(case).verdict for rule in SEED.criteria}
        got = {rule: INTEGER[verdict.value] for rule, verdict in answered.items()}
        assert got == expected, f"case {number}: {drawn}"
        for prefix, procedure in (("VP", "vertebroplasty"), ("KP", "kyphoplasty")):
            concluded_here = conclude((rule.kind, answered[rule.id]) for rule in SEED.of(procedure)).value
            assert concluded_here == conclusion(expected, prefix), f"case {number}: {drawn}"
            concluded.add((prefix, concluded_here))
        seen |= set(got.items())
    assert len(seen) == 3 * len(SEED.criteria), "some rule never took one of its three values: the draw is too narrow"
    assert len(concluded) == 8
