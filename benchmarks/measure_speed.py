"""How long does it take to measure a whole spine? Seventeen levels at 0.7 mm, true masks.

python -m benchmarks.measure_speed [--levels T12,L1] [--cache DIR]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from benchmarks.accuracy_cases import Plan, rendered
from vfa.measure import measure_spine
from vfa.model.volume import Modality

LEVELS = (*(f"T{n}" for n in range(1, 13)), "L1", "L2", "L3", "L4", "L5")
LIMIT_S = 1.5  # for 17 levels on two cores
REPEATS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--levels", default=",".join(LEVELS))
    parser.add_argument("--cache", type=Path, help="a folder to keep the rendered phantom in")
    options = parser.parse_args()
    levels = tuple(options.levels.split(","))
    case = rendered(Plan(90000, "fractured", Modality.CT, "axial", 0.7, levels), options.cache)
    walls, processor = [], []
    for _ in range(REPEATS):
        wall, spent = time.perf_counter(), time.process_time()
        measure_spine(case.spine, case.volume)
        walls.append(time.perf_counter() - wall)
        processor.append(time.process_time() - spent)
    limit = LIMIT_S * len(levels) / len(LEVELS)
    print(
        f"{len(levels)} levels, {case.volume.grid.shape} voxels: {min(walls):.2f} s (limit {limit:.2f} s), "
        f"processor {min(processor):.2f} s, best of {REPEATS}"
    )


if __name__ == "__main__":
    main()
