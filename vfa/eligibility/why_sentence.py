"""Why is the conclusion what it is, in one sentence that a reader of images would say?

The reason that matters most comes first; ids, reasons and sources stay with the outcomes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vfa.eligibility.conclude import matters
from vfa.model.assessment import Conclusion, Evidence, Outcome, RuleKind, UnknownReason, Verdict
from vfa.model.input_words import (
    MEASURED_BY_A_READER,
    chance_above,
    input_words,
    is_an_answer,
    key_of,
    listed,
    without_doubles,
)

NAMED_AT_MOST = 3  # inputs of one kind that the sentence names; all of them are in the outcomes

_NOT_STATED, _NEEDED = "not stated", "needed"
_READ_FROM_IMAGES = {*MEASURED_BY_A_READER, "unhealed", "destruction_or_stenosis_excludes"}
_GAPS: dict[str | UnknownReason, str] = {  # in the order in which they matter
    UnknownReason.TREATED: "cement or an implant is in the body",
    UnknownReason.TOUCHES_BORDER: "the image's edge cuts the body",
    UnknownReason.NO_VALID_REFERENCE: "no intact vertebra says what the height was",
    UnknownReason.STRADDLES_THRESHOLD: "too close to the limit to tell ({inputs})",
    UnknownReason.NEEDS_READER: "a reader must judge {inputs}",
    UnknownReason.AMBIGUOUS_RULE: "a reader must judge {inputs}",
    _NOT_STATED: "{inputs} {is} not stated",
    UnknownReason.MODALITY_INSUFFICIENT: "these images cannot show {inputs}",
    UnknownReason.QUALITY_FAILED: "{inputs} could not be judged on these images",
    _NEEDED: "{inputs} {is} needed",
}


def sentence_why(conclusion: Conclusion, outcomes: Sequence[Outcome]) -> str:
    """The one sentence under the conclusion; relative contraindications that are met follow it."""
    main = {
        Conclusion.CONTRAINDICATED: _against,
        Conclusion.NO_INDICATION: _no_indication,
        Conclusion.INDETERMINATE: _still_open,
        Conclusion.NO_EXCLUSION_FOUND: _nothing_against,
    }[conclusion](outcomes)
    to_weigh = [_plain(outcome.sentence) for outcome in _of(outcomes, RuleKind.RELATIVE, Verdict.MET)]
    return f"{main} To weigh: {'; '.join(to_weigh)}." if to_weigh else main


def _of(outcomes: Sequence[Outcome], kind: RuleKind, verdict: Verdict) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.kind is kind and outcome.verdict is verdict]


def _against(outcomes: Sequence[Outcome]) -> str:
    said = [_with_number(outcome) for outcome in _of(outcomes, RuleKind.CONTRAINDICATION, Verdict.MET)]
    return _one_sentence(said)


def _no_indication(outcomes: Sequence[Outcome]) -> str:
    looked_at = _of(outcomes, RuleKind.INDICATION, Verdict.NOT_MET)
    if len(looked_at) == 1:  # then a reader wants to know which part of it fails first
        part = looked_at[0].because.partition(". ")[0].rstrip(".")
        return f"The one indication asked for is not present: {part[:1].lower()}{part[1:]}."
    return "None of the listed indications is present."


def _nothing_against(outcomes: Sequence[Outcome]) -> str:
    speaking = [_plain(outcome.sentence) for outcome in _of(outcomes, RuleKind.INDICATION, Verdict.MET)]
    return _one_sentence([*speaking, "no listed contraindication is present"])


def _still_open(outcomes: Sequence[Outcome]) -> str:
    named: dict[str | UnknownReason, list[str]] = {}
    for outcome in _asked(outcomes):
        needs = without_doubles(outcome.needs)
        for need in [need for need in needs if not need.startswith("image.")] or needs:
            named.setdefault(_gap(outcome, need), []).append(_words(outcome, need))
    order = list(_GAPS)
    gaps = sorted(named, key=order.index)
    return f"Open: {'; '.join(_said(gap, list(dict.fromkeys(named[gap]))) for gap in gaps)}."


def _asked(outcomes: Sequence[Outcome]) -> Iterator[Outcome]:
    """The open outcomes that keep the conclusion open; of several open indications the first stands for all."""
    still_open = [outcome for outcome in outcomes if matters(outcome, outcomes)]
    indications = [outcome for outcome in still_open if outcome.kind is RuleKind.INDICATION]
    yield from indications[:1]
    yield from (outcome for outcome in still_open if outcome.kind is not RuleKind.INDICATION)


def _gap(outcome: Outcome, need: str) -> str | UnknownReason:
    """What is wrong with the input: nobody stated it, an image is missing, or the images' own reason."""
    reason = outcome.reason or UnknownReason.MISSING_INPUT
    if need.startswith("image."):
        return _NEEDED
    if key_of(need) == "fracture_confirmed":
        return UnknownReason.NEEDS_READER
    if reason is UnknownReason.MISSING_INPUT:
        return _NOT_STATED if is_an_answer(need) else UnknownReason.QUALITY_FAILED
    if is_an_answer(need) and key_of(need) not in _READ_FROM_IMAGES:
        return _NOT_STATED
    return reason


def _words(outcome: Outcome, need: str) -> str:
    """The input in words, with the number that stands too close to the limit."""
    if outcome.reason is UnknownReason.STRADDLES_THRESHOLD and outcome.evidence:
        return _number(outcome.evidence[-1])
    return input_words(need)


def _said(gap: str | UnknownReason, names: list[str]) -> str:
    more = len(names) - NAMED_AT_MOST
    inputs = listed(names if more <= 1 else [*names[:NAMED_AT_MOST], f"{more} more"])
    return _GAPS[gap].format(inputs=inputs, **{"is": "is" if len(names) == 1 else "are"})


def _with_number(outcome: Outcome) -> str:
    """The rule's sentence, with the first number it looked at that has an interval."""
    number = next((one for one in outcome.evidence if one.ci95 is not None), None)
    return _plain(outcome.sentence) + (f" ({_number(number)})" if number else "")


def _number(evidence: Evidence) -> str:
    if isinstance(evidence.value, str) or evidence.ci95 is None:
        return f"{evidence.name} {evidence.value}"
    factor, unit = (100.0, "%") if evidence.unit == "fraction" else (1.0, evidence.unit)
    value, low, high = (factor * number for number in (evidence.value, *evidence.ci95))
    between = f"{low:.1f} to {high:.1f}" if low < 0 else f"{low:.1f}–{high:.1f}"
    said = f"{evidence.name} {value:.1f} {unit}, 95 % interval {between}".replace("  ", " ")
    chance = evidence.probability_above_limit
    return said if chance is None else f"{said}, {chance_above(evidence.name, evidence.limit, chance)}"


def _plain(sentence: str) -> str:
    return sentence.rstrip(".")


def _one_sentence(parts: Sequence[str]) -> str:
    first, *rest = parts
    return "; ".join([first, *(part[:1].lower() + part[1:] for part in rest)]) + "."
