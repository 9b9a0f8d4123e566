"""How often is a posterior wall called what it is, and is retropulsion right within its interval?

    python -m benchmarks.wall                    development seeds, every slice spacing
    python -m benchmarks.wall acceptance         seeds that nothing was tuned on
    python -m benchmarks.wall --spines 40 --masks spoiled --jobs 2

Each seed is one spine of seven levels with its own damage (benchmarks/wall_cases.py). Printed: truth against verdict,
by kind and slice spacing; every intact verdict on a breached wall, one by one; retropulsion's mean absolute error and
how many of its intervals hold the truth, apart for walls with and without bone behind them.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.wall_cases import Masks, wall_case
from vfa.measure import measure_spine
from vfa.model.estimate import Estimate, Unmeasurable

SPACINGS_MM = (0.7, 1.0, 1.25, 1.5, 2.0, 3.0)
FIRST_SEED = {"development": 0, "acceptance": 50_000}
STANDS_BEHIND_MM = 0.5  # truth below it: nothing has been pushed back


@dataclass(frozen=True)
class Row:
    """One level: what was true of its wall and what was said.

    Args:
        gap_mm2: area of the largest true gap; 0 for none.
        behind_mm: true retropulsion.
        read: retropulsion as measured; None where it was not.
    """

    seed: int
    slice_mm: float
    level: str
    kind: str
    truth: str
    verdict: str
    gap_mm2: float
    behind_mm: float
    read: Estimate | None


def rows_of(seed: int, masks: Masks) -> list[Row]:
    """Every level of one seed's spine; empty where the seed's damage cannot be drawn."""
    slice_mm = SPACINGS_MM[seed % len(SPACINGS_MM)]
    try:
        case = wall_case(seed, slice_mm, masks)
    except ValueError as error:
        print(f"seed {seed} left out: {error}", flush=True)
        return []
    rows = []
    for found in measure_spine(case.spine, case.volume):
        true, wall = case.truth[found.level], found.posterior_wall
        read = None if isinstance(wall, Unmeasurable) else wall.retropulsion_mm
        rows.append(
            Row(
                seed,
                slice_mm,
                found.level,
                case.kinds[found.level],
                str(true.wall.status),
                f"not measured ({wall.reason.value})" if isinstance(wall, Unmeasurable) else wall.status.value,
                max((gap.area_mm2 for gap in true.wall.gaps), default=0.0),
                true.retropulsion_mm,
                read if isinstance(read, Estimate) else None,
            )
        )
    return rows


def table(rows: Sequence[Row]) -> str:
    """Everything there is to say of these levels, as text."""
    lines = [f"{len(rows)} levels of {len({row.seed for row in rows})} spines", "", "truth → verdict"]
    lines += _counted((row.truth, row.verdict) for row in rows)
    lines += ["", "by kind"]
    lines += _counted((row.kind, row.truth, row.verdict) for row in rows)
    lines += ["", "by slice spacing"]
    lines += _counted((f"{row.slice_mm:g} mm", row.truth, row.verdict) for row in rows)
    lines += ["", "breached walls called intact"]
    lines += [
        f"  seed {row.seed} {row.level} {row.kind} at {row.slice_mm:g} mm: gap {row.gap_mm2:.0f} mm²"
        for row in rows
        if (row.truth, row.verdict) == ("breached", "intact")
    ]
    lines += ["", "retropulsion"]
    behind = [row for row in rows if row.behind_mm >= STANDS_BEHIND_MM]
    flush = [row for row in rows if row.behind_mm < STANDS_BEHIND_MM]
    lines += [_errors("all", rows), _errors("bone behind the wall", behind), _errors("nothing behind it", flush)]
    return "\n".join(lines)


def _counted(keys: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"  {' | '.join(key)}: {number}" for key, number in sorted(Counter(keys).items())]


def _errors(name: str, rows: Sequence[Row]) -> str:
    pairs = [(row.behind_mm, row.read) for row in rows if row.read is not None]
    if not pairs:
        return f"  {name}: none of {len(rows)} measured"
    off = np.array([read.value - true for true, read in pairs])
    held = np.mean([read.ci95[0] <= true <= read.ci95[1] for true, read in pairs])
    text = f"mean absolute error {np.abs(off).mean():.2f} mm, bias {off.mean():+.2f} mm, {held:.0%} of intervals hold"
    return f"  {name}: {len(pairs)} of {len(rows)} measured; {text}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the chosen seeds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seeds", nargs="?", choices=sorted(FIRST_SEED), default="development")
    parser.add_argument("--spines", type=int, default=12, help="how many seeds")
    parser.add_argument("--masks", choices=("true", "spoiled"), default="true", help="true masks, or as segmented")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    chosen = parser.parse_args(arguments)
    first = FIRST_SEED[chosen.seeds]
    rows: list[Row] = []
    with ProcessPoolExecutor(chosen.jobs) as pool:
        for some in pool.map(partial(rows_of, masks=chosen.masks), range(first, first + chosen.spines)):
            rows += some
            if some:
                print(f"seed {some[0].seed} done, {len(rows)} levels", flush=True)
    print(table(rows))


if __name__ == "__main__":
    main()
