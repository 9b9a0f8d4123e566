"""How far are heights and losses off, and do their intervals know it? Phantoms with known truth.

python -m benchmarks.accuracy [--first-seed S] [--repeats N] [--contents fractured,normal,found] [--masks true]
                              [--processes 2] [--cache DIR] [--page docs/accuracy.md]

One repeat is 42 spines (some 290 levels): CT at 0.7 to 5 mm and MR at 4 mm, axial, sagittal and oblique slices, poses
to ±25°, noise and kernels varied. Seeds from 71000 on are kept for acceptance; develop on others.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks.accuracy_cases import ACCEPTANCE_SEED, Plan, plans, rendered
from benchmarks.accuracy_page import write_page
from benchmarks.accuracy_rows import Row, rows_of
from benchmarks.accuracy_tables import all_tables
from benchmarks.degraded_masks import KINDS, degraded
from benchmarks.five_bodies import table as five_bodies_table


def measured(plan: Plan, masks: str, cache: Path | None) -> list[Row]:
    """The rows of one plan under the true masks or spoilt ones."""
    case = rendered(plan, cache)
    return rows_of(case, None if masks == "true" else degraded(case.spine, masks, plan.seed))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first-seed", type=int, default=ACCEPTANCE_SEED)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--contents", default="fractured,normal,found")
    parser.add_argument("--masks", choices=["true", *KINDS], default="true")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--cache", type=Path, help="a folder to keep rendered phantoms in")
    parser.add_argument("--page", type=Path, help="write the tables and the reliability diagram as this page")
    options = parser.parse_args()
    listed = plans(options.first_seed, options.repeats, tuple(options.contents.split(",")))
    with ProcessPoolExecutor(options.processes) as pool:
        five = pool.submit(five_bodies_table) if options.page else None
        rows = [
            row for own in pool.map(partial(measured, masks=options.masks, cache=options.cache), listed) for row in own
        ]
    print(all_tables(rows))
    if five is not None:
        write_page(options.page, rows, _command(options), five.result())


def _command(options: argparse.Namespace) -> str:
    """What to type for the same page."""
    return (
        f"python -m benchmarks.accuracy --first-seed {options.first_seed} --repeats {options.repeats} "
        f"--contents {options.contents} --page {options.page}"
    )


if __name__ == "__main__":
    main()
