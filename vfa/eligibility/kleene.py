"""How do answers that may be open combine? Strong Kleene logic over NOT_MET < UNKNOWN < MET.

Source: Kleene, Introduction to Metamathematics (1952), § 64: AND is the least, OR the greatest, NOT swaps the ends.
"""

from __future__ import annotations

from collections.abc import Iterable

from vfa.model.assessment import Verdict

_RANK = {Verdict.NOT_MET: 0, Verdict.UNKNOWN: 1, Verdict.MET: 2}
_OPPOSITE = {Verdict.NOT_MET: Verdict.MET, Verdict.UNKNOWN: Verdict.UNKNOWN, Verdict.MET: Verdict.NOT_MET}


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """AND: the least of the verdicts; MET when there are none."""
    return min(verdicts, key=_RANK.__getitem__, default=Verdict.MET)


def any_of(verdicts: Iterable[Verdict]) -> Verdict:
    """OR: the greatest of the verdicts; NOT_MET when there are none."""
    return max(verdicts, key=_RANK.__getitem__, default=Verdict.NOT_MET)


def negate(verdict: Verdict) -> Verdict:
    """NOT: an open answer stays open."""
    return _OPPOSITE[verdict]
