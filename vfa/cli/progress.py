"""How does a command say how far it is? As a bar, as JSON lines, or not at all; always on stderr."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

Tell = Callable[[str, float], None]


class ProgressKind(str, Enum):
    """What is shown while a command works."""

    BAR = "bar"
    JSON = "json"
    NONE = "none"


@contextmanager
def telling(kind: ProgressKind) -> Iterator[Tell]:
    """A function that takes what is being done and the share of it that is done (0–1)."""
    if kind is ProgressKind.BAR:
        with _bar() as tell:
            yield tell
    elif kind is ProgressKind.JSON:
        yield _tell_json
    else:
        yield lambda step, fraction: None


def _tell_json(step: str, fraction: float) -> None:
    typer.echo(json.dumps({"step": step, "fraction": round(float(fraction), 4)}, ensure_ascii=False), err=True)


@contextmanager
def _bar() -> Iterator[Tell]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    # Without a terminal a bar would leave its last state between the sentences of a log.
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=1.0)
        yield lambda step, fraction: progress.update(task, description=step, completed=float(fraction))
