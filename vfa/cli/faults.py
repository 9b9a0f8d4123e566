"""How does a command end when something is wrong? With one sentence and the right exit status, no traceback.

0 done · 2 wrong use · 3 input refused · 4 done, but nothing could be measured · 1 a fault of vfa.
"""

from __future__ import annotations

import functools
import inspect
import traceback
from collections.abc import Callable
from typing import Annotated, Any

import typer

from vfa.errors import VfaError

NOTHING_MEASURED = 4
OUR_FAULT = 1

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback when something fails.")]


def told_plainly(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option --debug, and let it end in sentences.

    Args:
        command: a function whose parameters typer reads; it does not itself take `debug`.
    """

    @functools.wraps(command)
    def guarded(*args: Any, debug: bool = False, **options: Any) -> None:
        try:
            command(*args, **options)
        except (typer.Exit, BrokenPipeError):
            raise
        except VfaError as error:
            _end(str(error), error.exit_status, traceback.format_exc() if debug else "")
        except Exception as error:
            fault = f"a fault of vfa, not of your input ({type(error).__name__}: {error})"
            advice = "" if debug else "; repeat the command with --debug to see where, and report it"
            _end(fault + advice, OUR_FAULT, traceback.format_exc() if debug else "")

    signature = inspect.signature(command, eval_str=True)
    debug_option = inspect.Parameter("debug", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Debug)
    parameters = [*signature.parameters.values(), debug_option]
    guarded.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    guarded.__annotations__ = {one.name: one.annotation for one in parameters}
    return guarded


def _end(sentence: str, status: int, trace: str) -> None:
    if trace:
        typer.echo(trace, err=True)
    typer.echo(f"vfa: {' '.join(sentence.split())}", err=True)
    raise typer.Exit(status)
