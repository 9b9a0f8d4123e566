from itertools import product

import pytest

from vfa.eligibility.kleene import all_of, any_of, negate
from vfa.model.assessment import Verdict

N, U, M = Verdict.NOT_MET, Verdict.UNKNOWN, Verdict.MET

# Kleene's strong tables (Introduction to Metamathematics, § 64), written out.
AND = {(M, M): M, (M, U): U, (M, N): N, (U, M): U, (U, U): U, (U, N): N, (N, M): N, (N, U): N, (N, N): N}
OR = {(M, M): M, (M, U): M, (M, N): M, (U, M): M, (U, U): U, (U, N): U, (N, M): M, (N, U): U, (N, N): N}


@pytest.mark.parametrize("pair", list(product((N, U, M), repeat=2)))
def test_and_and_or_follow_the_published_tables(pair: tuple[Verdict, Verdict]):
    assert all_of(pair) is AND[pair]
    assert any_of(pair) is OR[pair]


def test_not_swaps_the_ends_and_leaves_the_open_open():
    assert [negate(verdict) for verdict in (N, U, M)] == [M, U, N]


def test_nothing_at_all_is_met_by_every_part_and_by_none():
    assert all_of([]) is M
    assert any_of([]) is N
