"""What follows from the outcomes of all rules? One of four conclusions, in a fixed order.

1. any contraindication MET → contraindicated, even when others are unknown;
2. every indication NOT_MET → no indication;
3. anything unknown that could still change the answer → indeterminate;
4. else → no exclusion found, for specialist review.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vfa.eligibility.kleene import any_of
from vfa.model.assessment import Conclusion, Outcome, RuleKind, Verdict


def conclude(rules: Iterable[tuple[RuleKind, Verdict]]) -> Conclusion:
    """The conclusion; feasibility rules are shown and do not count, their contraindication twins do."""
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
    if outcome.verdict is not Verdict.UNKNOWN or outcome.kind is RuleKind.FEASIBILITY:
        return False
    if outcome.kind is RuleKind.CONTRAINDICATION:
        return True
    return not any(other.kind is RuleKind.INDICATION and other.verdict is Verdict.MET for other in outcomes)


def sentence_why(conclusion: Conclusion, outcomes: Sequence[Outcome]) -> str:
    """The one sentence under the conclusion."""
    if conclusion is Conclusion.CONTRAINDICATED:
        met = [o for o in outcomes if o.kind is RuleKind.CONTRAINDICATION and o.verdict is Verdict.MET]
        return " ".join(f"{o.criterion_id}: {o.sentence}" for o in met)
    if conclusion is Conclusion.NO_INDICATION:
        return "None of the listed indications is present."
    if conclusion is Conclusion.INDETERMINATE:
        still_open = [o for o in outcomes if matters(o, outcomes)]
        return "Open: " + "; ".join(f"{o.criterion_id} ({_reason(o)})" for o in still_open) + "."
    speaking = [o.criterion_id for o in outcomes if o.kind is RuleKind.INDICATION and o.verdict is Verdict.MET]
    return f"Indication {', '.join(speaking)} is present and no listed contraindication is."


def _reason(outcome: Outcome) -> str:
    return outcome.reason.value.replace("_", " ") if outcome.reason else ""
