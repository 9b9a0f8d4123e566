"""The command line: one file per command, each a thin door to the package."""

from __future__ import annotations

from typing import Annotated

import typer

from vfa import __version__
from vfa.cli.assess import assess
from vfa.cli.batch import batch
from vfa.cli.compare import compare
from vfa.cli.explain import explain
from vfa.cli.faults import told_plainly
from vfa.cli.listen import listen
from vfa.cli.measure import measure
from vfa.cli.rules import rules
from vfa.cli.sample import sample
from vfa.cli.segment import segment
from vfa.cli.send import send
from vfa.cli.series import series
from vfa.intended_use import NOTICE

app = typer.Typer(
    name="vfa",
    help="Measures fractured vertebrae on CT and MRI and says what stands against vertebroplasty or kyphoplasty.",
    epilog=NOTICE,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for command in (assess, series, segment, measure, batch, compare, rules, explain, sample, send, listen):
    app.command()(told_plainly(command))


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"vfa {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Measures fractured vertebrae on CT and MRI and says what stands against vertebroplasty or kyphoplasty."""
