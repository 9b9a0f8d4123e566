"""`vfa sample`: a digital-phantom study with known truth, to try vfa on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vfa.errors import UsageError

if TYPE_CHECKING:
    from vfa.phantom.fractures import Fracture
    from vfa.phantom.sample import SampleStudy

INTACT = "none"
RETROPULSION_OF_A_BURST_MM = 5.0
_FRACTURE = re.compile(r"(?P<level>[TL]\d{1,2})=(?P<shape>wedge|biconcave|crush|burst):(?P<percent>\d{1,2}(\.\d+)?)")

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is empty or not there yet.")]
Fractures = Annotated[
    list[str] | None,
    typer.Option(
        "--fracture",
        metavar="LEVEL=SHAPE:PERCENT",
        help="L1=wedge:30, with wedge, biconcave, crush or burst; may be repeated. 'none' for an intact spine. "
        "Without it: the shipped study's wedge at L1 and burst at L3.",
        show_default=False,
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="Of the spine that --fracture is given to.")]


def sample(folder: Folder, fracture: Fractures = None, seed: Seed = 0) -> None:
    """Write a synthetic study (CT and MR of one spine) as DICOM, with a clinical file and the true heights."""
    from vfa.phantom.sample import SHIPPED, write_sample

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: expected an empty folder or a new name, so that nothing is mixed or overwritten")
    study = _study(fracture, seed) if fracture else SHIPPED
    write_sample(folder, study)
    typer.echo(f"Written: {folder}")
    typer.echo(f"Try: vfa assess {folder} --clinical {folder / 'clinical.toml'} --out result")


def _study(wanted: list[str], seed: int) -> SampleStudy:
    """A study like the shipped one, with these fractures in a spine of its own."""
    from vfa.phantom.recipe import SpineRecipe
    from vfa.phantom.sample import SHIPPED, SampleStudy

    fractures = {} if wanted == [INTACT] else dict(_fracture(text) for text in wanted)
    try:
        recipe = SpineRecipe(
            seed=seed, fractures=fractures, height_sd=SHIPPED.recipe.height_sd, variation=SHIPPED.recipe.variation
        )
    except ValueError as error:
        raise UsageError(f"--fracture: {error}") from error
    name = f"vfa sample {seed} {' '.join(wanted)}"  # a study's UIDs follow from its name
    return SampleStudy(recipe=recipe, scanner=SHIPPED.scanner, name=name)


def _fracture(text: str) -> tuple[str, Fracture]:
    """Level and fracture of "L1=wedge:30"; the percentage is of the level's average posterior height."""
    from vfa.phantom.fractures import Shape, fracture_of
    from vfa.phantom.level_sizes import SIZES

    parts = _FRACTURE.fullmatch(text)
    if parts is None or parts["level"] not in SIZES:
        raise UsageError(f"--fracture: expected LEVEL=SHAPE:PERCENT such as L1=wedge:30, or none, got {text!r}")
    shape: Shape = parts["shape"]  # type: ignore[assignment]  # the pattern allows no other word
    height_mm = SIZES[parts["level"]].posterior_height_mm
    retropulsion_mm = RETROPULSION_OF_A_BURST_MM if shape == "burst" else 0.0
    try:
        return parts["level"], fracture_of(
            shape, float(parts["percent"]) / 100, height_mm, retropulsion_mm=retropulsion_mm
        )
    except ValueError as error:
        raise UsageError(f"--fracture {text}: {error}") from error
