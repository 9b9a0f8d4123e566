"""How often is a posterior wall called what it is, and are retropulsion and canal right within their intervals?

    python -m benchmarks.wall                    development seeds, every slice spacing
    python -m benchmarks.wall acceptance --spines 30 --jobs 2       seeds that nothing was tuned on
    python -m benchmarks.wall --masks segmented  with the built-in segmenter's bodies instead of the true ones

Each seed is one spine of seven levels with its own damage (benchmarks/wall_cases.py). Printed: truth against verdict by
kind and slice spacing; every gap that the slices can show, told or not; every breached wall called intact and every
intact one called breached, one by one; how far retropulsion, canal diameter and canal area are off, and how many of
their intervals hold the truth.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.many_seeds import rows_of_seeds
from benchmarks.wall_cases import MASKS, WallCase, wall_case
from vfa.measure import measure_spine
from vfa.model.estimate import Estimate, Measured, Unmeasurable
from vfa.model.findings import VertebraFindings
from vfa.phantom.true_wall import TrueGap
from vfa.phantom.truth import TrueVertebra

SPACINGS_MM = (0.7, 1.0, 1.25, 1.5, 2.0, 3.0)
FIRST_SEED = {"development": 0, "acceptance": 54_000}  # 50 000 to 53 029 have been looked at
STANDS_BEHIND_MM = 0.5  # truth below it: nothing has been pushed back
LEAST_GAP_MM2, LEAST_SPAN_MM, LEAST_SLICES = 12.0, 2.0, 1.5  # of a gap that the slices can show
THIN_MM = 1.5
WHOLE = ("intact", "simple", "bulge", "cleft")  # kinds whose wall and marrow are whole, and nothing was put into them


@dataclass(frozen=True)
class Row:
    """One level: what was true of its wall and what was said.

    Args:
        gap: "beside" or "through" the vein's opening: the largest true gap that the slices can show; empty for none.
        healed: a fragment has grown on again: no gap, yet a step.
        read: what was measured, and what is true, by quantity.
    """

    seed: int
    slice_mm: float
    level: str
    kind: str
    truth: str
    verdict: str
    because: str
    gap: str
    gap_mm2: float
    healed: bool
    behind_mm: float
    read: dict[str, tuple[Estimate, float]]

    @property
    def in_words(self) -> str:
        """One line of text."""
        gap = f", gap {self.gap_mm2:.0f} mm² {self.gap}" if self.gap_mm2 else ""
        return f"seed {self.seed} {self.level} {self.kind} at {self.slice_mm:g} mm{gap}: {self.verdict}, {self.because}"


def rows_of(seed: int, masks: str) -> list[Row]:
    """Every level of one seed's spine; empty where the seed's damage cannot be drawn."""
    slice_mm = SPACINGS_MM[seed % len(SPACINGS_MM)]
    try:
        case = wall_case(seed, slice_mm, masks)
    except ValueError as error:
        print(f"seed {seed} left out: {error}", flush=True)
        return []
    return rows_of_case(case, slice_mm)


def rows_of_case(case: WallCase, slice_mm: float) -> list[Row]:
    """Every level of one spine; one that the segmenter missed is not measured."""
    found = {one.level: one for one in measure_spine(case.spine, case.volume)}
    return [_row(case, slice_mm, level, found.get(level)) for level in case.truth]


def _row(case: WallCase, slice_mm: float, level: str, found: VertebraFindings | None) -> Row:
    true = case.truth[level]
    gap = _largest_gap(true, slice_mm)
    verdict, because, read = _said(true, found)
    return Row(
        case.seed,
        slice_mm,
        level,
        case.kinds[level],
        str(true.wall.status),
        verdict,
        because,
        "" if gap is None else "through" if gap.through_foramen else "beside",
        max((one.area_mm2 for one in true.wall.gaps), default=0.0),
        true.wall.outline == "angular" and true.wall.status == "intact",
        true.retropulsion_mm,
        read,
    )


def _largest_gap(true: TrueVertebra, slice_mm: float) -> TrueGap | None:
    """The largest gap of the wall that the slices can show."""
    tall = max(LEAST_SPAN_MM, LEAST_SLICES * slice_mm)
    return next((one for one in true.wall.gaps if one.area_mm2 >= LEAST_GAP_MM2 and one.height_mm >= tall), None)


def _said(true: TrueVertebra, found: VertebraFindings | None) -> tuple[str, str, dict[str, tuple[Estimate, float]]]:
    """Verdict, why, and what was measured beside what is true."""
    if found is None:
        return "body not found", "", {}
    wall = found.posterior_wall
    if isinstance(wall, Unmeasurable):
        return f"not measured ({wall.reason.value})", wall.detail, {}
    pairs: dict[str, tuple[Measured, float]] = {
        "retropulsion": (wall.retropulsion_mm, true.retropulsion_mm),
        "canal diameter": (wall.canal_ap_mm, true.canal.ap_mm),
        "canal area": (wall.canal_area_mm2, true.canal.area_mm2),
    }
    read = {name: (one, truth) for name, (one, truth) in pairs.items() if isinstance(one, Estimate)}
    return wall.status.value, wall.because, read


def table(rows: Sequence[Row]) -> str:
    """Everything there is to say of these levels, as text."""
    lines = [f"{len(rows)} levels of {len({row.seed for row in rows})} spines", "", "truth → verdict"]
    lines += _counted((row.truth, row.verdict) for row in rows)
    lines += ["", "by kind"]
    lines += _counted((row.kind, row.truth, row.verdict) for row in rows)
    lines += ["", "by slice spacing"]
    lines += _counted((f"{row.slice_mm:g} mm", row.truth, row.verdict) for row in rows)
    lines += ["", f"gaps of {LEAST_GAP_MM2:g} mm² or more over {LEAST_SLICES:g} slices, by place"]
    lines += _counted((row.gap, row.verdict) for row in rows if row.gap)
    whole = [row for row in rows if row.kind in WHOLE and row.slice_mm <= THIN_MM]
    lines += ["", f"whole, untreated, slices of {THIN_MM:g} mm or thinner: of {len(whole)}"]
    lines += _counted((row.verdict,) for row in whole)
    lines += ["", "breached walls called intact"]
    lines += [f"  {row.in_words}" for row in rows if (row.truth, row.verdict) == ("breached", "intact")]
    lines += ["", "intact walls called breached"]
    lines += [
        f"  {row.in_words}{' (a fragment that has grown on again)' if row.healed else ''}"
        for row in rows
        if (row.truth, row.verdict) == ("intact", "breached")
    ]
    behind = [row for row in rows if row.behind_mm >= STANDS_BEHIND_MM]
    flush = [row for row in rows if row.behind_mm < STANDS_BEHIND_MM]
    lines += ["", "errors (95 % intervals that hold the truth)"]
    lines += [
        _errors("retropulsion", "retropulsion", rows),
        _errors("  bone behind the wall", "retropulsion", behind),
        _errors("  nothing behind it", "retropulsion", flush),
        _errors("canal diameter", "canal diameter", rows),
        _errors("canal area", "canal area", rows),
    ]
    return "\n".join(lines)


def _counted(keys: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"  {' | '.join(key)}: {number}" for key, number in sorted(Counter(keys).items())]


def _errors(name: str, quantity: str, rows: Sequence[Row]) -> str:
    pairs = [row.read[quantity] for row in rows if quantity in row.read]
    if not pairs:
        return f"  {name}: none of {len(rows)} measured"
    # An area's error is a share of the true one.
    share = quantity == "canal area"
    off = np.array([(read.value - true) / (true if share else 1.0) for read, true in pairs])
    held = np.mean([read.ci95[0] <= true <= read.ci95[1] for read, true in pairs])
    numbers = [f"{100 * one:.1f} %" if share else f"{one:.2f} mm" for one in (np.abs(off).mean(), off.mean())]
    text = f"mean absolute error {numbers[0]}, bias {numbers[1]}, {held:.0%} of intervals hold"
    return f"  {name}: {len(pairs)} of {len(rows)} measured; {text}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the chosen seeds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seeds", nargs="?", choices=sorted(FIRST_SEED), default="development")
    parser.add_argument("--spines", type=int, default=12, help="how many seeds")
    parser.add_argument("--masks", choices=MASKS, default="true", help="the true bodies, spoilt ones, or segmented")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    chosen = parser.parse_args(arguments)
    first = FIRST_SEED[chosen.seeds]
    seeds = range(first, first + chosen.spines)
    print(table(rows_of_seeds(partial(rows_of, masks=chosen.masks), seeds, chosen.jobs)))


if __name__ == "__main__":
    main()
