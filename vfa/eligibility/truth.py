"""What does the answer to one question carry with it? Its verdict, the sentence why, the evidence, and what is missing.

A `Truth` answers a question about a case ("is there pain at this level?"); criteria combine truths by Kleene logic,
and the sentence, evidence and needs of the combination are those of the parts that made it what it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from vfa.eligibility.kleene import all_of, any_of, negate
from vfa.model.assessment import Evidence, UnknownReason, Verdict

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Truth:
    """The answer to one question about one vertebra.

    Args:
        verdict: MET for yes, NOT_MET for no, UNKNOWN for open.
        because: the sentence why.
        reason: set exactly when the verdict is UNKNOWN.
        evidence: what was looked at.
        needs: for UNKNOWN, the inputs that would decide it.
        urgent: a sentence when this needs attention now, else empty.
    """

    verdict: Verdict
    because: str
    reason: UnknownReason | None = None
    evidence: tuple[Evidence, ...] = ()
    needs: tuple[str, ...] = ()
    urgent: str = ""

    def __post_init__(self) -> None:
        if (self.verdict is Verdict.UNKNOWN) != (self.reason is not None):
            raise ValueError("a reason belongs to UNKNOWN and only to it")
        if self.needs and self.verdict is not Verdict.UNKNOWN:
            raise ValueError("only an UNKNOWN answer needs more inputs")

    @property
    def is_yes(self) -> bool:
        """Whether the answer is a known yes."""
        return self.verdict is Verdict.MET

    @property
    def is_no(self) -> bool:
        """Whether the answer is a known no."""
        return self.verdict is Verdict.NOT_MET

    @property
    def is_open(self) -> bool:
        """Whether there is no answer."""
        return self.verdict is Verdict.UNKNOWN

    def urgently(self, sentence: str) -> Truth:
        """The same answer with a sentence that asks for attention now."""
        return replace(self, urgent=sentence)

    def saying(self, because: str) -> Truth:
        """The same answer with another sentence why."""
        return replace(self, because=because)


def yes(because: str, *evidence: Evidence) -> Truth:
    """A known yes."""
    return Truth(Verdict.MET, because, evidence=evidence)


def no(because: str, *evidence: Evidence) -> Truth:
    """A known no."""
    return Truth(Verdict.NOT_MET, because, evidence=evidence)


def unknown(
    reason: UnknownReason, because: str, needs: tuple[str, ...] = (), evidence: tuple[Evidence, ...] = ()
) -> Truth:
    """An open answer, with the inputs that would decide it."""
    return Truth(Verdict.UNKNOWN, because, reason, evidence, needs)


def both(*truths: Truth) -> Truth:
    """Kleene AND; its sentence is that of the parts that hold it down, or of all when every part is MET."""
    return _combine(all_of(truth.verdict for truth in truths), truths)


def either(*truths: Truth) -> Truth:
    """Kleene OR; its sentence is that of the parts that lift it up, or of all when no part is MET."""
    return _combine(any_of(truth.verdict for truth in truths), truths)


def opposite(truth: Truth) -> Truth:
    """Kleene NOT; the sentence and evidence stay as they are."""
    return replace(truth, verdict=negate(truth.verdict))


def _combine(verdict: Verdict, truths: tuple[Truth, ...]) -> Truth:
    deciding = [truth for truth in truths if truth.verdict is verdict]
    return Truth(
        verdict=verdict,
        because=" ".join(_once(truth.because for truth in deciding)),
        reason=deciding[0].reason,
        evidence=tuple(_once(item for truth in truths for item in truth.evidence)),
        needs=tuple(_once(need for truth in deciding for need in truth.needs)),
        urgent=" ".join(_once(truth.urgent for truth in truths if truth.urgent)),
    )


def _once(items: Iterable[_Item]) -> list[_Item]:
    return list(dict.fromkeys(items))
