"""What follows from the outcomes of all rules? One of four conclusions, in a fixed order.

1. any contraindication MET → contraindicated, even when others are unknown;
2. every indication NOT_MET → no indication;
3. anything unknown that could still change the answer → indeterminate;
4. else → no exclusion found, for specialist review.

A relative contraindication never concludes anything alone: it is listed for the specialist to weigh. A feasibility rule
is the other side of a contraindication, which counts in its stead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vfa.eligibility.kleene import any_of
from vfa.model.assessment import Conclusion, Outcome, RuleKind, Verdict

COUNTED = (RuleKind.INDICATION, RuleKind.CONTRAINDICATION)


def conclude(rules: Iterable[tuple[RuleKind, Verdict]]) -> Conclusion:
    """The conclusion; feasibility rules and relative contraindications are shown and do not count."""
    known = list(rules)
    against = any_of(verdict for kind, verdict in known if kind is RuleKind.CONTRAINDICATION)
    speaks_for = any_of(verdict for kind, verdict in known if kind is RuleKind.INDICATION)
    if against is Verdict.MET:
        return Conclusion.CONTRAINDICATED
    if speaks_for is Verdict.NOT_MET:
        return Conclusion.NO_INDICATION
    if Verdict.UNKNOWN in (against, speaks_for):
        return Conclusion.INDETERMINATE
    return Conclusion.NO_EXCLUSION_FOUND


def matters(outcome: Outcome, outcomes: Sequence[Outcome]) -> bool:
    """Whether this open outcome keeps the conclusion open: another indication is beside the point once one is MET."""
    if outcome.verdict is not Verdict.UNKNOWN or outcome.kind not in COUNTED:
        return False
    if outcome.kind is RuleKind.CONTRAINDICATION:
        return True
    return not any(other.kind is RuleKind.INDICATION and other.verdict is Verdict.MET for other in outcomes)
