"""Is a fracture ever seen where there is none? Normal spines with everything that looks like one.

python -m benchmarks.normal_spines [--spines 100] [--first-seed 72000] [--processes 2]

Five levels each from T6 to L5, CT at 1 to 5 mm in all planes, true masks: people's own wedging, short vertebrae,
Schmorl nodes, osteophytes, narrow discs, scoliosis, poses to ±25°. Seeds from 72000 on are kept for acceptance.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from benchmarks.accuracy_cases import PLANES, Plan, rendered
from benchmarks.accuracy_rows import Row, rows_of
from vfa.model.anatomy import REGULAR_LEVELS
from vfa.model.volume import Modality

FIRST_SEED = 72000
LEVELS_EACH = 5
HIGHEST, LOWEST = REGULAR_LEVELS.index("T6"), REGULAR_LEVELS.index("L5")
SLICES_MM = (3.0, 1.5, 3.0, 1.0, 5.0)  # most are thick: there the ruler is weakest
LEAST_ABSENT = 0.90  # at 3 mm or less


def plans(first_seed: int, spines: int) -> list[Plan]:
    """One spine for each seed; places along the spine, slices and planes take turns."""
    places = LOWEST - HIGHEST - LEVELS_EACH + 2
    listed = []
    for number in range(spines):
        top = HIGHEST + number * 3 % places
        levels = tuple(REGULAR_LEVELS[top : top + LEVELS_EACH])
        plane = PLANES[number % len(PLANES)]
        slice_mm = SLICES_MM[number % len(SLICES_MM)]
        listed.append(Plan(first_seed + number, "normal", Modality.CT, plane, slice_mm, levels))
    return listed


def measured(plan: Plan) -> list[Row]:
    """The rows of one spine."""
    return rows_of(rendered(plan, None))


def table(rows: Sequence[Row]) -> str:
    """What is said of the levels, by slice thickness and by what is odd about them."""
    lines = ["| levels | said | absent |", "| --- | --- | --- |"]
    groups = [(f"{mm:g} mm", [r for r in rows if r.plan.slice_mm == mm]) for mm in sorted({*SLICES_MM})]
    groups += [(word, [r for r in rows if word in r.intended]) for word in ("short", "Schmorl")]
    for name, group in groups:
        if group:
            said = Counter(r.fracture or f"unmeasured ({r.why_not})" for r in group)
            absent = 100 * said["absent"] / len(group)
            words = ", ".join(f"{count} {status}" for status, count in said.most_common())
            lines.append(f"| {name}, {len(group)} | {words} | {absent:.0f} % |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spines", type=int, default=100)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    with ProcessPoolExecutor(options.processes) as pool:
        rows = [row for own in pool.map(measured, plans(options.first_seed, options.spines)) for row in own]
    print(table(rows))
    thin = [r for r in rows if r.plan.slice_mm <= 3]
    absent = sum(r.fracture == "absent" for r in thin) / len(thin)
    present = [f"{r.plan.seed} {r.level} {r.plan.slice_mm:g} mm" for r in rows if r.fracture == "present"]
    print(f"{options.spines} spines, {len(rows)} levels: present at {len(present)} (0 wanted) {', '.join(present)}")
    print(f"absent at 3 mm or less: {100 * absent:.1f} % (≥ {100 * LEAST_ABSENT:.0f} %)")


if __name__ == "__main__":
    main()
