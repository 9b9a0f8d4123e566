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
from vfa.errors import InputRefused, UsageError
from vfa.intended_use import NOTICE
from vfa.model.assessment import Conclusion

if TYPE_CHECKING:
    from vfa.report.contract import AssessmentFile, Outcome, Procedure

RESULT_FILE = "assessment.json"


class ProcedureName(str, Enum):
    """What may be asked about."""

    VERTEBROPLASTY = "vertebroplasty"
    KYPHOPLASTY = "kyphoplasty"


Result = Annotated[Path, typer.Argument(metavar="RESULT", help="assessment.json, or the folder it lies in.")]
Level = Annotated[str, typer.Argument(metavar="LEVEL", help="The vertebra, such as L1.")]
ProfileName = Annotated[
    str | None,
    typer.Option("--profile", metavar="NAME", help="A profile of the result; the leading one when left out."),
]


def explain(result: Result, level: Level, procedure: ProcedureName, profile: ProfileName = None) -> None:
    """Walk through the decision for one procedure at one level, as sentences with their numbers and sources.

    Exit status: 0 done; 2 the result has no such level or profile; 3 the file is no result of vfa.
    """
    document = _read(result)
    judged = _judged(document, level, procedure.value, profile or document.profiles[0])
    print_page(Group(*_sentences(level, procedure.value, profile or document.profiles[0], judged)))


def _read(result: Path) -> AssessmentFile:
    from pydantic import ValidationError

    from vfa.report.contract import AssessmentFile

    path = result / RESULT_FILE if result.is_dir() else result
    try:
        return AssessmentFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputRefused(
            f"{path}: cannot be read ({error.strerror}); give the folder that vfa assess wrote"
        ) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise InputRefused(f"{path}: no assessment of this version of vfa: {place}: {first['msg']}") from error


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


def _sentences(level: str, procedure: str, profile: str, judged: Procedure) -> Iterator[RenderableType]:
    yield Text(f"{level}, {procedure}, by {profile}: {Conclusion(judged.conclusion).words}")
    urgent = dict.fromkeys(outcome.urgent for outcome in judged.outcomes if outcome.urgent)
    yield from (Text(f"URGENT: {sentence}") for sentence in urgent)
    yield Text(f"{judged.because}\n")
    yield from _group("Stands against it", _of(judged, "contraindication", "MET"))
    yield from _group("Speaks for it", _of(judged, "indication", "MET"))
    yield from _group("Open", [outcome for outcome in judged.outcomes if outcome.verdict == "UNKNOWN"])
    yield from _group("Ruled out", _of(judged, "contraindication", "NOT_MET"))
    yield from _group("Not an indication here", _of(judged, "indication", "NOT_MET"))
    if judged.would_settle:
        yield Text("Knowing any one of these could change the conclusion:")
        yield from (Padding(Text(" and ".join(names)), (0, 0, 0, 2)) for names in judged.would_settle)
        yield Text("")
    for note in judged.notes:
        yield Text(f"Note: {note}")
    yield Text(f"\n{NOTICE}")


def _of(judged: Procedure, kind: str, verdict: str) -> list[Outcome]:
    return [outcome for outcome in judged.outcomes if outcome.kind == kind and outcome.verdict == verdict]


def _group(title: str, outcomes: Sequence[Outcome]) -> Iterator[RenderableType]:
    if not outcomes:
        return
    yield Text(f"{title}:")
    for outcome in outcomes:
        said = f"{outcome.id}: {outcome.sentence} {outcome.because}"
        needs = f" Would decide it: {', '.join(outcome.needs)}." if outcome.needs else ""
        yield Padding(Text(f"{said}{needs} [{outcome.source}]"), (0, 0, 0, 2))
    yield Text("")
