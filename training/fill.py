"""Which numbers of a cache are still to be made? The command line that both generators share."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path


def fill(parser: argparse.ArgumentParser, ending: str, make: Callable[[int, argparse.Namespace], None]) -> None:
    """Make what is asked for, skipping what is there.

    Args:
        parser: may hold further options, which `make` receives with the rest.
        ending: of the file that appears when a number is complete.
        make: makes one number.
    """
    parser.add_argument("--cache", type=Path, required=True, help="the folder to fill")
    parser.add_argument("--first", type=int, default=0, help="number, which is also the seed")
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--count", type=int, required=True)
    options = parser.parse_args()
    for number in range(options.first, options.first + options.count * options.step, options.step):
        if (options.cache / f"{number:07d}{ending}").exists():
            continue
        began = time.monotonic()
        make(number, options)
        print(f"{number}: {time.monotonic() - began:.1f} s", flush=True)
