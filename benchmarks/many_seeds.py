"""Rows of many phantoms, each measured in one of several processes, with a word after each."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Row = TypeVar("Row")


def rows_of_seeds(rows_of: Callable[[int], list[Row]], seeds: range, jobs: int) -> list[Row]:
    """The rows of all seeds in order; one that could not be drawn has none."""
    rows: list[Row] = []
    with ProcessPoolExecutor(jobs) as pool:
        for seed, some in zip(seeds, pool.map(rows_of, seeds), strict=True):
            rows += some
            if some:
                print(f"seed {seed} done, {len(rows)} levels", flush=True)
    return rows
