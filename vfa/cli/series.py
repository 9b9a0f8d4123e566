"""`vfa series`: which series does this input hold, and which can be assessed?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from vfa.cli.printing import print_page
from vfa.errors import NotAnImage
from vfa.report.words import printable

if TYPE_CHECKING:
    from vfa.intake import LeftOut, SeriesCandidate, SeriesList

SHOWN_LEFT_OUT = 10


def series(input: Annotated[Path, typer.Argument(metavar="INPUT", help="A folder, a file or a zip.")]) -> None:
    """List every series found, its kind, and whether it can be assessed or why not."""
    from vfa.intake import list_series

    found = list_series(input)
    if not found.candidates:
        reasons = "; ".join(_left_out(one) for one in found.left_out[:SHOWN_LEFT_OUT]) or "it holds no file"
        raise NotAnImage(f"{input}: expected DICOM, NIfTI or NRRD images, found none ({reasons})")
    print_page(_table(found))


def _table(found: SeriesList) -> Group:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for heading in ("Kind", "Plane", "Slices", "Spacing mm"):
        table.add_column(heading, no_wrap=True)
    for heading in ("Description", "Can be assessed"):
        table.add_column(heading, overflow="fold", ratio=1)
    for candidate in found.candidates:
        table.add_row(*_row(candidate))
    uids = [
        Text(f"{one.series_instance_uid}  {printable(one.description)}")
        for one in found.candidates
        if one.series_instance_uid
    ]
    left_out = [Text(f"Left out: {_left_out(one)}") for one in found.left_out[:SHOWN_LEFT_OUT]]
    more = len(found.left_out) - SHOWN_LEFT_OUT
    if more > 0:
        left_out.append(Text(f"Left out: {more} more files"))
    title = [Text(), Text("For --series:", style="bold")] if uids else []
    return Group(table, *title, *uids, *left_out)


def _row(candidate: SeriesCandidate) -> list[Text]:
    spacing = " × ".join(f"{step:.2f}" for step in candidate.spacing_mm) if candidate.spacing_mm else "unknown"
    usable = "; ".join(("yes", *candidate.notes)) if candidate.usable else f"no: {candidate.reason}"
    kind = candidate.kind.value if candidate.kind else "unknown"
    cells = (kind, candidate.plane or "unknown", str(candidate.slices), spacing, candidate.description, usable)
    return [Text(printable(cell)) for cell in cells]


def _left_out(one: LeftOut) -> str:
    return printable(f"{one.path}: {one.reason}")
