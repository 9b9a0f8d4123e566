"""How does a table reach the terminal or the pipe?"""

from __future__ import annotations

import io
import os
import sys

import typer
from rich.console import Console, RenderableType

PIPE_WIDTH = 100


def print_page(page: RenderableType) -> None:
    """Print to stdout: in colour and at its width in a terminal, as plain text of 100 columns in a pipe.

    COLUMNS, where it is set, is the width of the pipe.
    """
    if sys.stdout.isatty():
        Console().print(page)
        return
    columns = os.environ.get("COLUMNS", "")
    text = io.StringIO()
    Console(file=text, width=int(columns) if columns.isdigit() else PIPE_WIDTH, color_system=None).print(page)
    for line in text.getvalue().splitlines():
        typer.echo(_encodable(line.rstrip()))


def _encodable(line: str) -> str:
    """The line as far as stdout's encoding can say it: a pipe on Windows may know no "≤"."""
    encoding = sys.stdout.encoding or "utf-8"
    return line.encode(encoding, errors="replace").decode(encoding)
