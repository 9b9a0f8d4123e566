"""What does `vfa assess` print? A table a radiologist can read, in a terminal or a pipe, at 100 columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vfa.model.input_words import listed
from vfa.report import contract as c
from vfa.report import images_read, overview, words

SETTLING_LETTERS = 230  # three lines of the column that procedures are told in, at 100 columns

# Colours repeat what the words say and never say more; none of them is green, since none means "go".
STYLE_OF_CONCLUSION = {
    "contraindicated": "bold red",
    "indeterminate": "bold yellow",
    "no_exclusion_found": "bold cyan",
    "no_indication": "bold",
}


def assessment_table(document: c.AssessmentFile, files: Sequence[Path] = ()) -> RenderableType:
    """Everything `vfa assess` prints, for a rich console of at least 100 columns.

    Args:
        document: the contract's document.
        files: what was written, named at the end.
    """
    return Group(
        *_heading(document),
        *_measurements(document),
        *_conclusions(document, files),
        *_remarks(document),
        Text(),
        Text(document.intended_use, style="italic"),
        *_files(files),
    )


def _heading(document: c.AssessmentFile) -> Iterable[RenderableType]:
    yield Text(f"vfa {document.vfa_version}: {overview.conclusions_at_a_glance(document)}", style="bold")
    for line in images_read.series_lines(document):
        yield Text(line)
    segmentation = document.segmentation
    yield Text(f"Vertebral bodies: {words.printable(segmentation.produced_by)}")
    if segmentation.naming:
        yield Text(f"Level names: {words.printable(segmentation.naming)}")
    other_names = words.other_names(segmentation)
    if other_names:
        yield Text(other_names, style="yellow")


def _measurements(document: c.AssessmentFile) -> Iterable[RenderableType]:
    measured = [vertebra for vertebra in document.vertebrae if isinstance(vertebra, c.MeasuredVertebra)]
    if measured:
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
        for heading in ("Level", "Anterior\nmm", "Middle\nmm", "Posterior\nmm", "Height loss\n%"):
            table.add_column(heading, no_wrap=True)
        wall_seen = any(isinstance(vertebra.posterior_wall, c.PosteriorWall) for vertebra in measured)
        for heading in ("Compared\nwith", "Fracture\nGenant", *(["Posterior\nwall"] if wall_seen else [])):
            table.add_column(heading, overflow="fold")
        for vertebra in measured:
            table.add_row(*_row(vertebra), *([_wall(vertebra)] if wall_seen else []))
        yield Text()
        yield table
        yield Text("Second lines: 95 % intervals. Height loss: of the column that lost most.", style="dim")
        if wall_seen:
            yield Text("Under the posterior wall: mm of bone behind its expected place.", style="dim")
    for why, levels in overview.unmeasured_by_reason(document).items():
        yield Text(f"{', '.join(levels)} not measured: {why}")
    for (name, why), levels in overview.gaps(document).items():
        where = "at any level" if len(levels) == len(measured) > 1 else f"at {', '.join(levels)}"
        yield Text(f"{name.capitalize()} not measured {where}: {why}")


def _row(vertebra: c.MeasuredVertebra) -> list[Text]:
    heights = [_height(vertebra.heights_mm, column) for column in ("anterior", "middle", "posterior")]
    return [Text(vertebra.level, style="bold"), *heights, *_loss(vertebra), _deformity(vertebra)]


def _height(heights: c.Heights | c.Missing, column: str) -> Text:
    if isinstance(heights, c.Missing):
        return Text(words.NOT_MEASURED)
    height: c.Quantity = getattr(heights, column)
    return Text(f"{words.number(height.value)}\n{words.interval(height.ci95)}")


def _loss(vertebra: c.Vertebra) -> tuple[Text, Text]:
    loss, expected = vertebra.height_loss, vertebra.expected_heights_mm
    reference = "—" if isinstance(expected, c.Missing) else words.printable(expected.reference)
    if isinstance(loss, c.Missing):
        return Text(words.NOT_MEASURED), Text(reference)
    between = words.interval([100 * bound for bound in loss.ci95])
    return Text(f"{words.number(100 * loss.fraction)} {loss.column}\n{between}"), Text(reference)


def _deformity(vertebra: c.Vertebra) -> Text:
    deformity = vertebra.deformity
    if isinstance(deformity, c.Missing):
        return Text(words.NOT_MEASURED)
    style = {"present": "bold red", "indeterminate": "yellow", "absent": ""}[deformity.fracture]
    return Text.assemble((words.status(deformity.fracture), style), f"\n{words.shape_and_grade(deformity)}")


def _wall(vertebra: c.Vertebra) -> Text:
    wall = vertebra.posterior_wall
    if isinstance(wall, c.Missing):
        return Text(words.NOT_MEASURED)
    text = Text(words.status(wall.status), style="bold red" if wall.status == "breached" else "")
    if isinstance(wall.retropulsion_mm, c.Quantity):
        text.append(f"\n{words.interval(wall.retropulsion_mm.ci95)}", style="not bold default")
    return text


def _conclusions(document: c.AssessmentFile, files: Sequence[Path]) -> Iterable[RenderableType]:
    profile = f" by the rules of “{document.profiles[0]}”" if document.profiles else ""
    candidates = overview.candidates(document)
    if candidates:
        yield Text()
        yield Text(f"Vertebroplasty or kyphoplasty{profile}", style="bold underline")
    told_once = overview.told_once(document)
    for vertebra in candidates:
        yield Text()
        yield Text.assemble((vertebra.level, "bold"), f": {words.fracture(vertebra)}")
        classes = words.suggested_classes(vertebra)
        if classes:
            yield Padding(Text(classes), (0, 0, 0, 2))
        yield Padding(_procedures(document, vertebra, _where_more_stands(files), told_once), (0, 0, 0, 2))
    if told_once:
        yield Text()
    for note, levels in told_once.items():
        yield Text(f"Note on {listed(levels)}: {words.printable(note)}")
    yield from _profiles(document)
    yield Text()
    for because, levels in overview.without_indication(document).items():
        yield Text(f"No indication at {', '.join(levels)}: {words.printable(because)}")
    for conclusion, levels in overview.conclusions_without_measurement(document).items():
        yield Text(f"Not measured, so {conclusion}: {', '.join(levels)}")


def _where_more_stands(files: Sequence[Path]) -> str:
    """The file that lists what the table cuts short."""
    names = [file.name for file in files]
    return next((name for name in ("report.html", "assessment.json") if name in names), "the files of --out DIR")


def _profiles(document: c.AssessmentFile) -> Iterable[RenderableType]:
    """What several profiles conclude, side by side."""
    rows = overview.side_by_side(document)
    if len(document.profiles) < 2 or not rows:
        return
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("Profiles", no_wrap=True)
    for profile in document.profiles:
        table.add_column(words.printable(profile), overflow="fold")
    for level, procedure, concluded in rows:
        cells = [
            Text(words.short_conclusion(concluded[profile]), style=STYLE_OF_CONCLUSION[concluded[profile]])
            if profile in concluded
            else Text("no rules")
            for profile in document.profiles
        ]
        table.add_row(f"{level} {procedure}", *cells)
    yield Text()
    yield table
    yield Text("The profiles are judged apart; none changes another's answer.", style="dim")


def _procedures(document: c.AssessmentFile, vertebra: c.Vertebra, more: str, told_once: Collection[str]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, procedure in vertebra.procedures.items():
        grid.add_row(name.capitalize(), _procedure(procedure, more, told_once))
    for (profile, concluded, because), names in overview.dissent_in_short(document, vertebra).items():
        said = f"by “{profile}” {words.short_conclusion(concluded)}: {because}"
        grid.add_row(names[0].capitalize() if len(names) == 1 else "Both", Text(words.printable(said)))
    return grid


def _procedure(procedure: c.Procedure, more: str, told_once: Collection[str]) -> Text:
    text = Text(words.conclusion(procedure.conclusion), style=STYLE_OF_CONCLUSION[procedure.conclusion])
    plain = "not bold default"
    text.append(f"\n{words.printable(procedure.because)}", style=plain)
    settling = _settling(procedure, more)
    if settling:
        text.append(f"\n{settling}", style=plain)
    for urgent in dict.fromkeys(outcome.urgent for outcome in procedure.outcomes if outcome.urgent):
        text.append(f"\nUrgent: {words.printable(urgent)}", style="bold red")
    for note in [note for note in procedure.notes if note not in told_once]:
        text.append(f"\nNote: {words.printable(note)}", style=plain)
    return text


def _settling(procedure: c.Procedure, more: str) -> str:
    """What could settle it, cut to about three lines: single inputs first, a combination where there are none."""
    together = words.settle_together(procedure.would_settle)
    if not any(len(names) == 1 for names in procedure.would_settle):
        further = _further(together[1:], more)
        return f"Could settle it: {together[0]} together{further}." if together else ""
    for shown in range(words.SHOWN_INPUTS, 0, -1):
        single = words.settle_one(procedure.would_settle, shown)
        said = f"Could settle it: {single}{_further(together, more)}."
        if len(said) <= SETTLING_LETTERS:
            break
    return said


def _further(together: Sequence[str], more: str) -> str:
    if len(together) == 1:
        return f"; or {together[0]} together"
    return f"; and {len(together)} further combinations, see {more}" if together else ""


def _remarks(document: c.AssessmentFile) -> Iterable[RenderableType]:
    remarks = [
        *(f"Corrected on reading: {correction}" for series in document.series for correction in series.corrections),
        *images_read.oedema_lines(document),
        *(f"{', '.join(levels)}: {said}" for said, levels in overview.remarks_on_levels(document).items()),
        *document.notes,
    ]
    if remarks:
        yield Text()
        yield Text("Remarks", style="bold underline")
    for remark in remarks:
        yield Text(words.printable(remark))


def _files(files: Sequence[Path]) -> Iterable[RenderableType]:
    if files:
        yield Text()
    folders: dict[Path, list[str]] = {}
    for file in files:
        folders.setdefault(file.parent, []).append(file.name)
    for folder, names in folders.items():
        yield Text(f"Written to {folder}: {', '.join(names)}", overflow="fold")
