"""`vfa sample`: a digital-phantom study with known truth, to try vfa on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vfa.errors import UsageError


def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is empty or not there yet.")],
) -> None:
    """Write a synthetic CT study as DICOM, with a clinical file and the true heights of every level."""
    from vfa.phantom.sample import write_sample

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: expected an empty folder or a new name, so that nothing is mixed or overwritten")
    write_sample(folder)
    typer.echo(f"Written: {folder}")
    typer.echo(f"Try: vfa assess {folder / 'study'} --clinical {folder / 'clinical.toml'} --out result")
