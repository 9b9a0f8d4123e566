"""What does the answer to one question carry with it? Its verdict, the sentence why, the evidence, and what is missing.

A `Truth` answers a question about a case ("is there pain at this level?"); criteria combine truths by Kleene logic,
and the sentence, evidence and needs of the combination are those of the parts that made it what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from vfa.eligibility.kleene import all_of, any_of, negate
from vfa.model.assessment import Evidence, UnknownReason, Verdict

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Within:
    """Where the inputs lie that may decide an open answer.

    Args:
        groups: the inputs of each part that could decide it without the others.
        at_least: how many inputs that takes at the least.
    """

    groups: tuple[tuple[str, ...], ...]
    at_least: int


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
        ends: for UNKNOWN, how a yes and how a no may come about, told when asked for, since few ask; None stands for
            any of the needs.
    """

    verdict: Verdict
    because: str
    reason: UnknownReason | None = None
    evidence: tuple[Evidence, ...] = ()
    needs: tuple[str, ...] = ()
    urgent: str = ""
    ends: Callable[[], tuple[Within, Within]] | None = field(default=None, compare=False, repr=False)

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

    @property
    def to_yes(self) -> Within:
        """How a yes may come about."""
        return self.ends()[0] if self.ends else Within((self.needs,), 1)

    @property
    def to_no(self) -> Within:
        """How a no may come about."""
        return self.ends()[1] if self.ends else Within((self.needs,), 1)

    def as_one(self) -> Truth:
        """The same answer to another question than its parts were joined for: any of its needs may decide it."""
        return replace(self, ends=None)

    def urgently(self, sentence: str) -> Truth:
        """The same answer with a sentence that asks for attention now."""
        return replace(self, urgent=sentence)

    def saying(self, because: str) -> Truth:
        """The same answer with another sentence why."""
        return replace(self, because=because)


def sentence(said: str) -> str:
    """What a measurement says, as a sentence: with a capital and a full stop."""
    said = said.strip().rstrip(".")
    first = said if said.startswith("vfa ") else f"{said[:1].upper()}{said[1:]}"
    return f"{first}." if said else said


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

    def ends() -> tuple[Within, Within]:
        still_open = [truth for truth in truths if truth.is_open]
        every = _every([(truth.needs, truth.to_yes) for truth in still_open])
        return every, _any([truth.to_no for truth in still_open])

    return _combine(all_of(truth.verdict for truth in truths), truths, ends)


def either(*truths: Truth) -> Truth:
    """Kleene OR; its sentence is that of the parts that lift it up, or of all when no part is MET."""

    def ends() -> tuple[Within, Within]:
        still_open = [truth for truth in truths if truth.is_open]
        every = _every([(truth.needs, truth.to_no) for truth in still_open])
        return _any([truth.to_yes for truth in still_open]), every

    return _combine(any_of(truth.verdict for truth in truths), truths, ends)


def opposite(truth: Truth) -> Truth:
    """Kleene NOT; the sentence and evidence stay as they are."""
    return replace(truth, verdict=negate(truth.verdict), ends=lambda: (truth.to_no, truth.to_yes))


def either_source(reason: UnknownReason, because: str, *sources: Truth) -> Truth:
    """An open answer that any one of the open sources can decide, for yes and for no alike."""
    return Truth(
        verdict=Verdict.UNKNOWN,
        because=because,
        reason=reason,
        evidence=tuple(_once(item for source in sources for item in source.evidence)),
        needs=tuple(_once(need for source in sources for need in source.needs)),
        ends=lambda: (_any([source.to_yes for source in sources]), _any([source.to_no for source in sources])),
    )


def _any(parts: list[Within]) -> Within:
    """One part is enough."""
    return Within(tuple(group for part in parts for group in part.groups), min(part.at_least for part in parts))


def _every(parts: list[tuple[tuple[str, ...], Within]]) -> Within:
    """Every part must come about; an input may serve several parts that need it, so only parts apart are counted."""
    used: set[str] = set()
    at_least = 0
    for needs, part in parts:
        if used.isdisjoint(needs):
            at_least += part.at_least
            used.update(needs)
    return Within((tuple(_once(need for needs, _ in parts for need in needs)),), at_least)


def _combine(verdict: Verdict, truths: tuple[Truth, ...], ends: Callable[[], tuple[Within, Within]]) -> Truth:
    deciding = [truth for truth in truths if truth.verdict is verdict]
    return Truth(
        verdict=verdict,
        because=" ".join(_once(truth.because for truth in deciding)),
        reason=deciding[0].reason,
        evidence=tuple(_once(item for truth in truths for item in truth.evidence)),
        needs=tuple(_once(need for truth in deciding for need in truth.needs)),
        urgent=" ".join(_once(truth.urgent for truth in truths if truth.urgent)),
        ends=ends if verdict is Verdict.UNKNOWN else None,
    )


def _once(items: Iterable[_Item]) -> list[_Item]:
    return list(dict.fromkeys(items))
