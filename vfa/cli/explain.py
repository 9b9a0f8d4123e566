"""`vfa explain`: why does a result say what it says about one procedure at one level, and what would settle it?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from vfa.cli.printing import print_page
from vfa.cli.what_if import Supposition, judged_again, parse_supposition
from vfa.errors import UsageError
from vfa.intended_use import NOTICE
from vfa.model.assessment import Conclusion
from vfa.model.input_words import input_words_with_level, listed

if TYPE_CHECKING:
    from vfa.report.contract import AssessmentFile, Outcome, Procedure

SHOWN_SETS = 12

# What the outcomes are told under, in this order: title, kinds, verdicts.
GROUPS = (
    ("Stands against it", ("contraindication",), ("MET",)),
    ("To weigh", ("relative_contraindication",), ("MET",)),
    ("Speaks for it", ("indication",), ("MET",)),
    ("Open", ("contraindication", "relative_contraindication", "indication", "feasibility"), ("UNKNOWN",)),
    ("Ruled out", ("contraindication", "relative_contraindication"), ("NOT_MET",)),
    ("Not an indication here", ("indication",), ("NOT_MET",)),
)
VERDICTS = {"MET": "met", "NOT_MET": "not met", "UNKNOWN": "open"}


class ProcedureName(str, Enum):
    """What may be asked about."""

    VERTEBROPLASTY = "vertebroplasty"
    KYPHOPLASTY = "kyphoplasty"


Result = Annotated[Path, typer.Argument(metavar="RESULT", help="assessment.json, or the folder it lies in.")]
Level = Annotated[str, typer.Argument(metavar="LEVEL", help="The vertebra, such as L1.")]
ProfileName = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME|FILE",
        help="A profile of the result (the leading one when left out); with --if any profile or file.",
        show_default=False,
    ),
]
If = Annotated[
    list[str] | None,
    typer.Option(
        "--if",
        metavar="KEY=ANSWER",
        help="What if? Such as clinical.bleeding_disorder=no, levels.L1.pain=yes or inr='not stated'; may be repeated.",
        show_default=False,
    ),
]


def explain(
    result: Result, level: Level, procedure: ProcedureName, profile: ProfileName = None, supposed: If = None
) -> None:
    """Walk through the decision for one procedure at one level, as sentences with their numbers and sources.

    Exit status: 0 done; 2 the result has no such level or profile, or --if no such key; 3 the file is no result of vfa.
    """
    from vfa.report.json import read_assessment

    document = read_assessment(result)
    if not supposed:
        name = profile or document.profiles[0]
        judged = _judged(document, level, procedure.value, name)
        print_page(Group(*_sentences(f"{level}, {procedure.value}, by {name}", judged)))
        return
    suppositions = [parse_supposition(text, level) for text in supposed]
    chosen = profile or document.profiles[0]
    before, after = judged_again(document, chosen, []), judged_again(document, chosen, suppositions)
    name = after.profiles[0]
    was, would = (_judged(one, level, procedure.value, name) for one in (before, after))
    title = f"{level}, {procedure.value}, by {name}, if {listed(_supposed(one) for one in suppositions)}"
    print_page(Group(*_change(was, would), *_sentences(title, would)))


def _judged(document: AssessmentFile, level: str, procedure: str, profile: str) -> Procedure:
    vertebra = next((one for one in document.vertebrae if one.level == level), None)
    if vertebra is None:
        there = ", ".join(one.level for one in document.vertebrae) or "none"
        raise UsageError(f"level {level!r}: not in this result; there are: {there}")
    if profile not in document.profiles:
        raise UsageError(f"--profile {profile!r}: not in this result; there are: {', '.join(document.profiles)}")
    procedures = vertebra.procedures if profile == document.profiles[0] else vertebra.other_profiles.get(profile, {})
    judged = {str(name): one for name, one in procedures.items()}.get(procedure)
    if judged is None:
        raise UsageError(f"{profile} has no rules for {procedure}")
    return judged


def _supposed(one: Supposition) -> str:
    value = one.value
    said = "not stated" if value is None else ", ".join(value) or "none" if isinstance(value, list) else value
    return f"{input_words_with_level(one.dotted)} were {said}"


def _change(was: Procedure, would: Procedure) -> Iterator[RenderableType]:
    """What the suppositions change: the conclusion, and the rules behind it."""
    old, new = Conclusion(was.conclusion).words, Conclusion(would.conclusion).words
    yield Text(f"The conclusion would stay: {new}." if old == new else f"The conclusion would change: {old} → {new}.")
    before = {outcome.id: outcome.verdict for outcome in was.outcomes}
    for outcome in would.outcomes:
        verdict = before.get(outcome.id)
        if verdict != outcome.verdict:
            was_so = VERDICTS[verdict] if verdict else "not judged"
            said = f"{outcome.id}: {was_so} → {VERDICTS[outcome.verdict]}. {outcome.sentence} {outcome.because}"
            yield Padding(Text(said), (0, 0, 0, 2))
    yield Text("")


def _sentences(title: str, judged: Procedure) -> Iterator[RenderableType]:
    yield Text(f"{title}: {Conclusion(judged.conclusion).words}")
    urgent = dict.fromkeys(outcome.urgent for outcome in judged.outcomes if outcome.urgent)
    yield from (Text(f"URGENT: {sentence}") for sentence in urgent)
    yield Text(f"{judged.because}\n")
    for heading, kinds, verdicts in GROUPS:
        yield from _group(heading, [one for one in judged.outcomes if one.kind in kinds and one.verdict in verdicts])
    yield from _settling(judged)
    for note in judged.notes:
        yield Text(f"Note: {note}")
    yield Text(f"\n{NOTICE}")


def _group(title: str, outcomes: Sequence[Outcome]) -> Iterator[RenderableType]:
    if not outcomes:
        return
    yield Text(f"{title}:")
    for outcome in outcomes:
        said = f"{outcome.id}: {outcome.sentence} {outcome.because}"
        needs = f" Would decide it: {', '.join(outcome.needs)}." if outcome.needs else ""
        yield Padding(Text(f"{said}{needs} [{outcome.source}]"), (0, 0, 0, 2))
    yield Text("")


def _settling(judged: Procedure) -> Iterator[RenderableType]:
    """The sets that could settle it, in words and with the keys that --if takes."""
    if not judged.would_settle:
        return
    yield Text("Knowing any one of these could change the conclusion:")
    for names in judged.would_settle[:SHOWN_SETS]:
        said = listed(input_words_with_level(name) for name in names)
        yield Padding(Text(f"{said} [{' and '.join(names)}]"), (0, 0, 0, 2))
    more = len(judged.would_settle) - SHOWN_SETS
    if more > 0:
        yield Padding(Text(f"and {more} further combinations, in assessment.json"), (0, 0, 0, 2))
    yield Text("")
