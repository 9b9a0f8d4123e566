"""`vfa compare`: how well does a cohort agree with a reader?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from vfa.cli.faults import NOTHING_MEASURED
from vfa.cli.printing import print_page
from vfa.errors import UsageError

if TYPE_CHECKING:
    from vfa.batch.agreement import Value
    from vfa.batch.compare import Comparison

SHOWN_UNMATCHED = 10
DEFAULT_FOLDER = "agreement"

CohortFolder = Annotated[Path, typer.Argument(metavar="COHORT", help="What vfa batch wrote with --out.")]
Readings = Annotated[
    Path,
    typer.Argument(
        metavar="READINGS.csv",
        help="study_instance_uid, level and any of anterior_mm, middle_mm, posterior_mm, height_loss_fraction, "
        "height_loss_percent, genant_grade, fracture.",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Where the plots go (default: COHORT/agreement).", show_default=False),
]


def compare(cohort: CohortFolder, readings: Readings, out: Out = None) -> None:
    """Agreement with a reader: Bland–Altman limits for numbers, weighted kappa for grades, with 95 % intervals.

    Exit status: 0 done; 3 a table is refused; 4 done, but nothing could be compared.
    """
    from vfa.batch.compare import compare as compare_tables
    from vfa.batch.compare import plots
    from vfa.report.files import write_files

    comparison = compare_tables(cohort, readings)
    folder = out or cohort / DEFAULT_FOLDER
    try:
        files = write_files(folder, plots(comparison)) if comparison.limits or comparison.kappas else ()
    except OSError as error:
        raise UsageError(f"--out {folder}: cannot be written to ({error}); give another folder") from error
    print_page(_told(comparison, files))
    if not files:
        typer.echo("vfa: fewer than three levels have both a reading and a measurement", err=True)
        raise typer.Exit(NOTHING_MEASURED)


def _told(comparison: Comparison, files: tuple[Path, ...]) -> Group:
    parts: list[Table | Text] = []
    if comparison.limits:
        parts.append(_limits(comparison))
    if comparison.kappas:
        parts.append(_kappas(comparison))
    methods = [one.method for one in comparison.limits.values()] + [one.method for one in comparison.kappas.values()]
    parts += [Text(f"{method[0].upper()}{method[1:]}.") for method in dict.fromkeys(methods)]
    parts += [
        Text(f"{name}: {count} readings at levels where vfa has no definite value")
        for name, count in comparison.matched.not_measured.items()
        if count
    ]
    unmatched = comparison.matched.unmatched
    parts += [Text(f"Not in the cohort: {one}") for one in unmatched[:SHOWN_UNMATCHED]]
    if len(unmatched) > SHOWN_UNMATCHED:
        parts.append(Text(f"Not in the cohort: {len(unmatched) - SHOWN_UNMATCHED} more"))
    parts += [Text(f"Written: {path}") for path in files]
    return Group(*parts)


def _limits(comparison: Comparison) -> Table:
    table = Table(title="vfa − reader", title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("Quantity", "Levels", "Studies", "Bias", "SD", "Lower limit", "Upper limit"):
        table.add_column(heading, overflow="fold")
    for name, one in comparison.limits.items():
        cells = (_value(one.bias), f"{one.sd:.3f}", _value(one.lower), _value(one.upper))
        table.add_row(name, str(one.pairs), str(one.studies), *cells)
    return table


def _kappas(comparison: Comparison) -> Table:
    table = Table(title="Weighted kappa", title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("Classes", "Levels", "Studies", "Same class", "Linear weights", "Quadratic weights"):
        table.add_column(heading, overflow="fold")
    for name, one in comparison.kappas.items():
        cells = (f"{100 * one.observed_fraction:.1f} %", _value(one.kappa["linear"]), _value(one.kappa["quadratic"]))
        table.add_row(name, str(one.pairs), str(one.studies), *cells)
    return table


def _value(value: Value) -> str:
    interval = "no interval" if value.ci95 is None else f"{value.ci95[0]:.3f} to {value.ci95[1]:.3f}"
    return f"{value.value:.3f} ({interval})"
