"""Are cement, clefts, screws, fragments, lysis and narrowed foramina found, and nothing where nothing is?

    python -m benchmarks.tissue                    development seeds
    python -m benchmarks.tissue acceptance         seeds that nothing was tuned on
    python -m benchmarks.tissue --mix foramina     narrowed foramina instead of damaged bodies
    python -m benchmarks.tissue --spines 8 --jobs 2 --keep FOLDER

Each seed is one spine of seven levels with damage of its own (benchmarks/wall_cases.py, drawn with other odds). Every
level is measured, and judged by rule VP-C5. `--keep` stores what was rendered, so that a second run only measures.
"""

from __future__ import annotations

import argparse
import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.many_seeds import rows_of_seeds
from benchmarks.wall_cases import Mix, WallCase, wall_case
from vfa.eligibility.case import Case, Images
from vfa.eligibility.vertebroplasty_contraindications import FragmentedFracture
from vfa.measure import measure_spine
from vfa.model.clinical import ClinicalContext
from vfa.model.estimate import Estimate
from vfa.model.findings import VertebraFindings
from vfa.model.frame import Grid
from vfa.model.volume import Modality, Volume
from vfa.phantom.anatomy import PhantomSpine
from vfa.phantom.render_ct import CtScanner, render_ct

SPACINGS_MM = (0.7, 1.0, 1.25, 1.5)
FIRST_SEED = {"development": 60_000, "acceptance": 61_000}
MIXES = {
    "damage": Mix(
        {
            "intact": 0.42,
            "simple": 0.13,
            "comminuted": 0.13,
            "cement": 0.08,
            "screws": 0.08,
            "cleft": 0.08,
            "lytic": 0.08,
        },
        narrowed=0.25,
        in_plane_mm=(0.55, 0.8),
    ),
    "foramina": Mix({"intact": 0.8, "simple": 0.2}, narrowed=0.4, in_plane_mm=(0.55, 0.8)),
}
LYTIC_MARGIN = 0.05
BY_HALF, SURELY_OPEN = 0.5, 0.2  # of a foramen


@dataclass(frozen=True)
class Row:
    """One level: what it was made of and what was said.

    Args:
        kind: what was drawn ("intact", "cement" …).
        treated: what was put into it, as measured.
        found: presence of each finding, as measured.
        fragmented: the verdict of rule VP-C5.
        lytic: the true lytic fraction and the one measured; None where none was measured.
        comminuted: the true share of the body in pieces and the estimate of it.
        narrowing: how much of the most narrowed foramen at this level is lost in truth, and the estimate of it.
    """

    seed: int
    slice_mm: float
    level: str
    kind: str
    treated: str
    found: dict[str, str]
    fragmented: str
    lytic: tuple[float, Estimate | None]
    comminuted: tuple[float, Estimate | None]
    narrowing: tuple[float, Estimate | None]


def rows_of(seed: int, mix: str, keep: Path | None) -> list[Row]:
    """Every level of one seed's spine; empty where the seed's damage cannot be drawn."""
    slice_mm = SPACINGS_MM[seed % len(SPACINGS_MM)]
    try:
        case = _case(seed, slice_mm, mix, keep)
    except ValueError as error:
        print(f"seed {seed} left out: {error}", flush=True)
        return []
    images = Images(frozenset([Modality.CT]), Modality.CT, slice_mm)
    return [_row(case, slice_mm, found, images) for found in measure_spine(case.spine, case.volume)]


def _row(case: WallCase, slice_mm: float, found: VertebraFindings, images: Images) -> Row:
    held = case.truth[found.level].contents
    verdict = FragmentedFracture().evaluate(Case(found, images, ClinicalContext()))
    return Row(
        seed=case.seed,
        slice_mm=slice_mm,
        level=found.level,
        kind=case.kinds[found.level],
        treated=found.treated,
        found={name: finding.presence.value for name, finding in found.findings.items()},
        fragmented=verdict.verdict.value,
        lytic=(held.lytic_fraction, _read(found, "destruction", "lytic_fraction")),
        comminuted=(held.comminuted_fraction, _read(found, "fragmentation", "comminuted_fraction")),
        narrowing=(_most_narrowed(case, found.level), _read(found, "foraminal_stenosis", "narrowing")),
    )


def _read(found: VertebraFindings, finding: str, measure: str) -> Estimate | None:
    held = found.findings.get(finding)
    measured = None if held is None else held.measures.get(measure)
    return measured if isinstance(measured, Estimate) else None


def _most_narrowed(case: WallCase, level: str) -> float:
    """Of the foramina above and below a level, those of the sacrum left out, as true_foramina leaves them."""
    above = [upper for upper, lower in itertools.pairwise(case.kinds) if lower == level]
    return max(lost for (roof, _), lost in case.narrowing.items() if roof in (level, *above))


def _case(seed: int, slice_mm: float, mix: str, keep: Path | None) -> WallCase:
    """The case; its image from where an earlier run kept it when it did."""
    if keep is None:
        return wall_case(seed, slice_mm, mix=MIXES[mix])
    kept = keep / f"{mix}-{seed}.npy"

    def render(spine: PhantomSpine, grid: Grid, scanner: CtScanner) -> Volume:
        if kept.exists():
            return Volume(np.load(kept), grid, Modality.CT, slice_thickness_mm=scanner.slice_thickness_mm)
        volume = render_ct(spine, grid, scanner)
        keep.mkdir(parents=True, exist_ok=True)
        np.save(kept, volume.voxels)
        return volume

    return wall_case(seed, slice_mm, mix=MIXES[mix], render=render)


def table(rows: Sequence[Row]) -> str:
    """Everything there is to say of these levels, as text."""
    lines = [f"{len(rows)} levels of {len({row.seed for row in rows})} spines"]
    lines += ["", "kind → treated as"]
    lines += _counted((row.kind, row.treated or "untreated") for row in rows)
    for name in ("cleft", "destruction", "fragmentation"):
        lines += ["", f"kind → {name}"]
        lines += _counted((row.kind, row.found.get(name, "not looked for")) for row in rows)
    lines += ["", "kind → VP-C5 (fragmented)"]
    lines += _counted((row.kind, row.fragmented) for row in rows)
    lines += ["", "true narrowing of a foramen → foraminal stenosis"]
    lines += _counted(((_how_narrow(row), row.found["foraminal_stenosis"])) for row in rows if not row.treated)
    errors = [
        _errors("share of the body in pieces", (row.comminuted for row in rows if row.kind == "comminuted")),
        _errors("greatest narrowing of a foramen", (row.narrowing for row in rows)),
    ]
    return "\n".join([*lines, "", *_lytic(rows), *errors, "", *_one_by_one(rows)])


def _how_narrow(row: Row) -> str:
    true = row.narrowing[0]
    return "by half or more" if true >= BY_HALF else "by less than a fifth" if true < SURELY_OPEN else "between"


def _errors(name: str, pairs: Iterable[tuple[float, Estimate | None]]) -> str:
    kept = [(true, read) for true, read in pairs if read is not None]
    if not kept:
        return f"{name}: none measured"
    off = np.array([read.value - true for true, read in kept])
    held = np.mean([read.ci95[0] <= true <= read.ci95[1] for true, read in kept])
    text = f"mean absolute {np.abs(off).mean():.3f}, bias {off.mean():+.3f}, {held:.0%} of intervals hold"
    return f"{name}, measured − true: {len(kept)} measured; {text}"


def _counted(keys: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"  {' | '.join(key)}: {number}" for key, number in sorted(Counter(keys).items())]


def _lytic(rows: Sequence[Row]) -> list[str]:
    """How far the lytic fraction is off, apart for lysed and other bodies."""
    lines = ["lytic fraction, measured − true"]
    for name, kept in (("lytic", True), ("others", False)):
        pairs = [row.lytic for row in rows if (row.kind == "lytic") is kept]
        off = np.array([read.value - true for true, read in pairs if read is not None])
        text = f"  {name}: {len(off)} of {len(pairs)} measured"
        if len(off):
            within = np.mean(np.abs(off) <= LYTIC_MARGIN)
            text += f"; mean absolute {np.abs(off).mean():.3f}, worst {np.abs(off).max():.3f}, {within:.0%} within 0.05"
        lines.append(text)
    return lines


def _one_by_one(rows: Sequence[Row]) -> list[str]:
    """What was missed or seen where it is not."""
    lines = ["one by one"]
    for row in rows:
        said = list(_faults(row))
        if said:
            lines.append(f"  seed {row.seed} {row.level} {row.kind} at {row.slice_mm:g} mm: {'; '.join(said)}")
    return lines


def _faults(row: Row) -> Iterable[str]:
    holds = {"cement": "cement", "screws": "implant"}.get(row.kind, "")
    if row.treated != holds:
        yield f"treated as {row.treated or 'untreated'}"
    if row.treated:
        return
    for name, kind in (("cleft", "cleft"), ("destruction", "lytic")):
        if (row.found[name] == "present") is not (row.kind == kind):
            yield f"{name} {row.found[name]}"
    if row.kind in ("comminuted", "simple", "intact") and row.fragmented != (
        "MET" if row.kind == "comminuted" else "NOT_MET"
    ):
        yield f"VP-C5 {row.fragmented}"
    true, read = row.lytic
    if read is not None and abs(read.value - true) > LYTIC_MARGIN:
        yield f"lytic fraction {read.value:.2f}, true {true:.2f}"
    narrowed, verdict = row.narrowing[0], row.found["foraminal_stenosis"]
    if (narrowed >= BY_HALF and verdict != "present") or (narrowed < SURELY_OPEN and verdict == "present"):
        yield f"foraminal stenosis {verdict}, true narrowing {narrowed:.2f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the chosen seeds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seeds", nargs="?", choices=sorted(FIRST_SEED), default="development")
    parser.add_argument("--mix", choices=sorted(MIXES), default="damage", help="what is drawn")
    parser.add_argument("--spines", type=int, default=8, help="how many seeds")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--keep", type=Path, help="folder in which rendered phantoms are kept")
    chosen = parser.parse_args(arguments)
    first = FIRST_SEED[chosen.seeds]
    seeds = range(first, first + chosen.spines)
    print(table(rows_of_seeds(partial(rows_of, mix=chosen.mix, keep=chosen.keep), seeds, chosen.jobs)))


if __name__ == "__main__":
    main()
