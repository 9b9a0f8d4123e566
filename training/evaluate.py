"""How good are the shipped weights on generated volumes that training never drew?

    python training/evaluate.py --first 8000000 --count 40

Needs no torch: it runs `vfa.segment` as a user's machine would, on the 2 mm lattice.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass

import numpy as np
from cases import draw_case
from numpy.typing import NDArray
from render import render

from vfa.model.frame import Grid
from vfa.phantom.surroundings import surroundings
from vfa.phantom.tissues import tissues
from vfa.phantom.truth import body_labels
from vfa.segment.instances import find_instances, spine_chain
from vfa.segment.locate import locate
from vfa.segment.network_input import NetworkInput
from vfa.segment.segmenter import silent

COARSE_SHIFT = 0.5  # the middle of the first coarse voxel, in fine voxels


@dataclass
class Score:
    """Counts over the bodies that are wholly in view, and their Dice."""

    counts: Counter[str]
    dice: list[float]

    def add(self, found: NDArray[np.int32], truth: NDArray[np.uint8], known: NDArray[np.bool_]) -> None:
        """Compare an instance map with the true one."""
        numbers = [n for n in np.unique(truth) if 0 < n != 26]
        whole = [n for n in numbers if _is_whole(truth == n, known)]
        owners: dict[int, list[int]] = {}
        for number in whole:
            own = truth == number
            shares = np.bincount(found[own], minlength=found.max() + 1) / own.sum()
            parts = [int(index) for index in np.flatnonzero(shares > 0.25) if index]
            self.counts["bodies"] += 1
            self.counts["split"] += len(parts) > 1
            for part in parts:
                owners.setdefault(part, []).append(int(number))
            best = int(np.argmax(shares[1:]) + 1) if len(shares) > 1 else 0
            dice = 2 * (own & (found == best)).sum() / (own.sum() + (found == best).sum()) if best else 0.0
            self.counts["found"] += bool(dice > 0.5)
            if dice > 0.5:
                self.dice.append(float(dice))
        self.counts["merged"] += sum(len(held) > 1 for held in owners.values())
        for index in np.unique(found[found > 0]):
            self.counts["false"] += bool((truth[found == index] > 0).mean() < 0.1)
        self.counts["volumes"] += 1

    def __str__(self) -> str:
        shares = {key: self.counts[key] for key in ("volumes", "bodies", "found", "merged", "split", "false")}
        if not self.dice:
            return str(shares)
        return f"{shares} mean Dice {np.mean(self.dice):.3f}, worst tenth {np.quantile(self.dice, 0.1):.3f}"


def _is_whole(own: NDArray[np.bool_], known: NDArray[np.bool_]) -> bool:
    padded = np.pad(known, 1)
    inner = known.copy()
    for axis in range(3):
        for shift in (-1, 1):
            inner &= np.roll(padded, shift, axis)[1:-1, 1:-1, 1:-1]
    return bool(inner[own].all())


def main() -> None:
    """Print the score on CT and on MR."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=8_000_000)
    parser.add_argument("--count", type=int, default=40)
    options = parser.parse_args()
    scores = {kind: Score(Counter(), []) for kind in ("CT", "MR")}
    for number in range(options.first, options.first + options.count):
        rng = np.random.default_rng([20261122, number])
        case = draw_case(rng)
        labels = surroundings(case.trunk, case.grid)
        if case.spine is not None:
            labels = tissues(case.spine, case.grid, labels)
        shape = tuple(n // 2 for n in case.grid.shape)
        coarse = Grid.from_axes((shape[0], shape[1], shape[2]), (2.0, 2.0, 2.0), case.grid.lps_of([COARSE_SHIFT] * 3))
        truth = np.zeros(shape, np.uint8) if case.spine is None else body_labels(case.spine, coarse)
        picture = render(labels, rng)
        maps = locate(NetworkInput(picture.image, picture.known, coarse), silent)
        instances, candidates = find_instances(maps)
        kept = [candidate.number for candidate in spine_chain(maps, candidates)]
        scores[picture.kind].add(np.where(np.isin(instances, kept), instances, 0), truth, picture.known)
        print(number, picture.kind, scores[picture.kind], flush=True)
    for kind, score in scores.items():
        print(kind, score)


if __name__ == "__main__":
    main()
