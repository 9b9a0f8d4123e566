"""`vfa series`: which series does this input hold, which can be assessed, and which would `vfa assess` take?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vfa.cli import options
from vfa.cli.printing import print_page
from vfa.cli.progress import ProgressKind, Tell, telling
from vfa.errors import NotAnImage, VfaError
from vfa.report.words import printable

if TYPE_CHECKING:
    from vfa.intake import LeftOut, SeriesCandidate, SeriesList, StudyChoice

SHOWN_LEFT_OUT = 10
MEASURED, BESIDE = "*", "+"


def series(
    input: Annotated[Path, typer.Argument(metavar="INPUT", help="A folder, a file or a zip.")],
    progress: options.Progress = ProgressKind.BAR,
) -> None:
    """List every series found, its kind, whether it can be assessed or why not, and which one would be."""
    from vfa.intake import list_series

    with telling(progress) as tell:
        found = list_series(input, lambda done, total: _tell_percents(tell, done, total))
    if not found.candidates:
        reasons = "; ".join(_left_out(one, input) for one in found.left_out[:SHOWN_LEFT_OUT]) or "it holds no file"
        raise NotAnImage(f"{input}: expected DICOM, NIfTI or NRRD images, found none ({reasons})")
    print_page(_page(found, input))


def _tell_percents(tell: Tell, done: int, total: int) -> None:
    """Say each per cent once, not each of tens of thousands of files."""
    if done == total or done * 100 // total > (done - 1) * 100 // total:
        tell(f"reading {total} headers", done / total)


def _page(found: SeriesList, input: Path) -> Group:
    from vfa.intake import choose_study

    choice: StudyChoice | None = None
    try:
        choice = choose_study(found, input)
        beside = f"; {BESIDE} belongs to the same examination" if choice.companions else ""
        taken = f"{MEASURED} is the series vfa assess measures{beside}."
    except VfaError as refusal:
        taken = f"vfa assess takes none of them: {refusal}"
    numbered = list(enumerate(found.candidates, start=1))
    notes = [(number, note) for number, one in numbered for note in ((one.reason,) if one.reason else one.notes)]
    uids = [(number, one.series_instance_uid) for number, one in numbered if one.series_instance_uid]
    parts: list[RenderableType] = [_table(found, _marks(choice)), Text(), Text(printable(taken))]
    parts += _section("Notes", [_numbered(number, note) for number, note in notes])
    parts += _section("For --series", [_numbered(number, uid) for number, uid in uids])
    left_out = [_indented(_left_out(one, input)) for one in found.left_out[:SHOWN_LEFT_OUT]]
    more = len(found.left_out) - SHOWN_LEFT_OUT
    parts += _section("Left out", [*left_out, _indented(f"and {more} more files")] if more > 0 else left_out)
    return Group(*parts)


def _section(title: str, lines: list[RenderableType]) -> list[RenderableType]:
    return [Text(), Text(f"{title}:", style="bold"), *lines] if lines else []


def _numbered(number: int, text: str) -> RenderableType:
    line = Table.grid(padding=(0, 1))
    line.add_row(Text(f"{number:>4}"), Text(printable(text), overflow="fold"))
    return line


def _indented(text: str) -> RenderableType:
    return Padding(Text(text, overflow="fold"), (0, 0, 0, 4))


def _table(found: SeriesList, marks: Mapping[int, str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for heading in ("", "No", "Kind", "Plane", "Slices", "Spacing mm", "Can be assessed"):
        table.add_column(heading, no_wrap=True, justify="right" if heading in ("No", "Slices") else "left")
    table.add_column("Description", overflow="fold", ratio=1)
    for number, candidate in enumerate(found.candidates, start=1):
        table.add_row(marks.get(id(candidate), ""), *_row(number, candidate))
    return table


def _marks(choice: StudyChoice | None) -> dict[int, str]:
    if choice is None:
        return {}
    return {id(choice.primary): MEASURED, **{id(one): BESIDE for one in choice.companions}}


def _row(number: int, candidate: SeriesCandidate) -> list[Text]:
    spacing = "×".join(f"{step:.2f}" for step in candidate.spacing_mm) if candidate.spacing_mm else "unknown"
    usable = "yes, see notes" if candidate.usable and candidate.notes else "yes" if candidate.usable else "no"
    kind = candidate.kind.value if candidate.kind else "unknown"
    plane, slices = candidate.plane or "unknown", str(candidate.slices)
    return [
        Text(printable(cell)) for cell in (str(number), kind, plane, slices, spacing, usable, candidate.description)
    ]


def _left_out(one: LeftOut, input: Path) -> str:
    """The file, as seen from the input, and why."""
    root = f"{input}!" if one.path.startswith(f"{input}!") else f"{str(input).rstrip('/')}/"
    return printable(f"{one.path.removeprefix(root)}: {one.reason}")
