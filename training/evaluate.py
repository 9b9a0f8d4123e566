"""How good is the whole path on generated patients that training never drew?

python training/evaluate.py --first 8200000 --count 60 --rows rows.csv

Needs no torch: images come from the phantom's own scanners (not from the renderers that training uses), pass through
`vfa.segment` and `vfa.measure` as a user's would, and are compared with the truth. Even numbers are CT, odd ones MR.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from evaluate_cases import Patient, draw_image
from numpy.typing import NDArray

from vfa.measure import measure_spine
from vfa.model.anatomy import is_provisional
from vfa.model.frame import Grid
from vfa.model.morphometry import COLUMNS, BodyHeights, HeightLoss
from vfa.model.spine import Spine, Vertebra
from vfa.segment.bodies import cropped
from vfa.segment.built_in import BuiltInSegmenter
from vfa.segment.segmenter import silent

FOUND_FROM, PART_FROM, TRUE_FROM = 0.5, 0.25, 0.1  # Dice of a body found; share that makes a part; of one no invention
EDGE_VOXELS = 1
FAR_OFF_MM = 3.0


@dataclass
class Tally:
    """Counts and errors over the bodies wholly in view."""

    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    dice: list[float] = field(default_factory=list)
    rows: list[dict[str, object]] = field(default_factory=list)

    def add(self, patient: Patient) -> None:
        """Segment, measure and compare one patient."""
        spine = BuiltInSegmenter().segment(patient.volume, silent)
        truth = patient.labels
        whole = [n for n in np.unique(truth) if n in patient.levels and _is_whole(truth == n)]
        self.counts["volumes"] += 1
        self.counts["bodies"] += len(whole)
        overlaps = np.array([[_overlap(v, spine.grid, truth, n) for n in whole] for v in spine.vertebrae])
        for column, number in enumerate(whole):
            shares = overlaps[:, column] / (truth == number).sum() if len(overlaps) else np.zeros(0)
            self.counts["split"] += int((shares > PART_FROM).sum() > 1)
        parts = (overlaps / np.array([(truth == n).sum() for n in whole]) > PART_FROM) if overlaps.size else overlaps
        self.counts["merged"] += int((parts.sum(axis=1) > 1).sum()) if overlaps.size else 0
        for vertebra in spine.vertebrae:
            inside = _overlap(vertebra, spine.grid, truth, None) / vertebra.body.sum()
            self.counts["invented"] += int(inside < TRUE_FROM and not vertebra.unusable)
        matched: dict[int, int] = {}
        for column, number in enumerate(whole):
            if not len(overlaps):
                continue
            best = int(np.argmax(overlaps[:, column]))
            size = spine.vertebrae[best].body.sum() + (truth == number).sum()
            dice = 2 * overlaps[best, column] / size
            if dice > FOUND_FROM:
                self.counts["found"] += 1
                self.counts["doubted"] += bool(spine.vertebrae[best].unusable)
                self.dice.append(float(dice))
                matched[number] = best
        self._count_names(patient, spine, matched)
        self._measure(patient, spine, matched)

    def _count_names(self, patient: Patient, spine: Spine, matched: dict[int, int]) -> None:
        """Right and wrong names, and whether an unusual spine is told of where both the sacrum and ribs are in view."""
        for number, index in matched.items():
            name = spine.vertebrae[index].level
            kind = "provisional" if is_provisional(name) else "named"
            self.counts[kind] += 1
            self.counts["named wrongly"] += kind == "named" and name != patient.levels[number]
        unusual = bool({"T13", "L6"} & set(patient.levels.values())) or "L5" not in patient.levels.values()
        if unusual and "sacrum" in spine.naming and "ribs" in spine.naming:
            self.counts["unusual"] += 1
            self.counts["unusual told"] += any("transitional" in note for note in spine.notes)

    def _measure(self, patient: Patient, spine: Spine, matched: dict[int, int]) -> None:
        """Heights and losses from the outlines found, and from the true masks in the same image."""
        found = measure_spine(spine, patient.volume)
        true_masks = _true_spine(patient, list(matched))
        reference = dict(zip(matched, measure_spine(true_masks, patient.volume), strict=True))
        for place, (number, index) in enumerate(matched.items()):
            true = patient.truth[patient.levels[number]]
            fracture = patient.spine.recipe.fractures.get(true.level)
            row: dict[str, object] = {
                "patient": patient.number, "kind": patient.kind, "slice_mm": patient.slice_mm, "level": true.level,
                "shape": "none" if fracture is None else type(fracture).__name__.lower(),
                "true_loss": round(true.height_loss_fraction, 4), "dice": round(self.dice[-len(matched) + place], 4),
                "doubted": bool(spine.vertebrae[index].unusable),
            }  # fmt: skip
            for name, findings in (("", found[index]), ("mask_", reference[number])):
                if isinstance(findings.heights, BodyHeights):
                    errors = [
                        findings.heights.centre[c].value - getattr(true.heights["centre"], f"{c}_mm") for c in COLUMNS
                    ]
                    row |= {f"{name}{c}": round(float(e), 3) for c, e in zip(COLUMNS, errors, strict=True)}
                    if not name:
                        self.counts["measured"] += 1
                        self.counts["off by 3 mm"] += max(abs(e) for e in errors) > FAR_OFF_MM
                if isinstance(findings.height_loss, HeightLoss):
                    off = findings.height_loss.fraction.value - true.height_loss_fraction
                    row[f"{name}loss_off"] = round(float(off), 4)
            self.rows.append(row)

    def __str__(self) -> str:
        counts = ", ".join(f"{key} {self.counts[key]}" for key in COUNTED)
        if not self.dice:
            return counts
        tenth = np.quantile(self.dice, 0.1)
        return f"{counts}; Dice mean {np.mean(self.dice):.3f}, worst tenth {tenth:.3f}; " + _heights(self.rows)


COUNTED = (
    "volumes", "bodies", "found", "merged", "split", "invented", "doubted", "measured", "off by 3 mm", "named",
    "named wrongly", "provisional", "unusual", "unusual told",
)  # fmt: skip


def _heights(rows: list[dict[str, object]]) -> str:
    """Mean absolute height error and loss bias, from the outlines and (in brackets) from true masks."""
    parts = []
    for name in ("", "mask_"):
        errors = np.array([float(row[name + c]) for row in rows for c in COLUMNS if name + c in row])  # type: ignore[arg-type]
        if not len(errors):
            continue
        text = f"{name}height error mean {np.abs(errors).mean():.2f} mm (bias {errors.mean():+.2f}, over 3 mm "
        text += f"{100 * (np.abs(errors) > 3).mean():.1f} %)"
        for shape in ("wedge", "biconcave", "crush", "burst"):
            off = [
                float(row[name + "loss_off"])  # type: ignore[arg-type]
                for row in rows
                if row["shape"] == shape and name + "loss_off" in row and 0.2 <= float(row["true_loss"]) <= 0.6  # type: ignore[arg-type]
            ]
            if off:
                text += f", {shape} loss bias {100 * np.mean(off):+.1f} points (n {len(off)})"
        parts.append(text)
    return "; ".join(parts)


def _is_whole(own: NDArray[np.bool_]) -> bool:
    """Whether a body stays away from the image's edge."""
    inner = own[tuple(slice(EDGE_VOXELS, -EDGE_VOXELS) for _ in range(3))]
    return bool(own.sum() == inner.sum())


def _overlap(vertebra: Vertebra, grid: Grid, truth: NDArray[np.uint8], number: int | None) -> int:
    """Voxels that a body found shares with a true one (None: with any)."""
    start = np.rint(grid.ijk_of(vertebra.grid.lps_of((0, 0, 0)))).astype(int)
    box = tuple(slice(s, s + n) for s, n in zip(start, vertebra.grid.shape, strict=True))
    own = truth[box] > 0 if number is None else truth[box] == number
    return int((own & vertebra.body).sum())


def _true_spine(patient: Patient, numbers: list[int]) -> Spine:
    """The true masks as a segmentation."""
    vertebrae = []
    for number in numbers:
        body = cropped(patient.labels == number, patient.volume.grid)
        level = patient.levels[number]
        if body is not None:
            vertebrae.append(Vertebra(level, 1.0, body.mask, body.grid, patient.spine[level].canal_lps))
    return Spine(tuple(vertebrae), patient.volume.grid, "true masks of the phantom")


def main() -> None:
    """Print the tally on CT and on MR."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=8_200_000)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--rows", type=Path)
    options = parser.parse_args()
    tallies = {"CT thin": Tally(), "CT thick": Tally(), "MR": Tally()}
    for number in range(options.first, options.first + options.count):
        patient = draw_image(number)
        group = patient.kind if patient.kind == "MR" else "CT thin" if patient.slice_mm <= 1.5 else "CT thick"
        tallies[group].add(patient)
        print(number, group, tallies[group], flush=True)
    for group, tally in tallies.items():
        print(group, tally)
    if options.rows:
        rows = [row for tally in tallies.values() for row in tally.rows]
        names = list(dict.fromkeys(name for row in rows for name in row))
        with options.rows.open("w", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
