"""How far are heights and losses off? Phantoms with known truth, true masks.

python -m benchmarks.accuracy [--cases N] [--first-seed S] [--height-sd F] [--mask-only]
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field

import numpy as np

from benchmarks.phantom_cases import Case, cases
from vfa.measure import measure_spine
from vfa.model.estimate import Unmeasurable
from vfa.model.morphometry import COLUMNS, BodyHeights, HeightLoss

SPACINGS = ((0.7, 0.7, 1.0), (0.8, 0.8, 3.0))


@dataclass
class Tally:
    """Errors gathered over cases."""

    whole: int = 0
    measured: int = 0
    height_errors: list[tuple[float, float, float]] = field(default_factory=list)
    height_z: list[float] = field(default_factory=list)
    loss_errors: list[tuple[str, float, float]] = field(default_factory=list)
    loss_covered: list[bool] = field(default_factory=list)
    intact_losses: list[float] = field(default_factory=list)
    fracture: dict[str, dict[str, int]] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, case: Case, *, mask_only: bool) -> None:
        start = time.perf_counter()
        findings = measure_spine(case.spine, None if mask_only else case.volume)
        self.seconds += time.perf_counter() - start
        for found in findings:
            true = case.truth[found.level]
            self.whole += not found.touches_border
            if not isinstance(found.heights, BodyHeights):
                assert isinstance(found.heights, Unmeasurable)
                print(f"  seed {case.seed} {found.level}: {found.heights.reason.value} {found.heights.detail}")
                continue
            self.measured += 1
            errors = [found.heights.centre[c].value - getattr(true.heights["centre"], f"{c}_mm") for c in COLUMNS]
            self.height_errors.append((errors[0], errors[1], errors[2]))
            self.height_z += [e / found.heights.centre[c].sigma for e, c in zip(errors, COLUMNS, strict=True)]
            if not isinstance(found.height_loss, HeightLoss):
                continue
            loss = found.height_loss.fraction
            low, high = loss.ci95
            true_loss = true.height_loss_fraction
            self.loss_covered.append(low <= true_loss <= high)
            kind = case.shapes.get(found.level, "intact")
            status = found.deformity.fracture.value if not isinstance(found.deformity, Unmeasurable) else "none"
            self.fracture.setdefault(kind, {}).setdefault(status, 0)
            self.fracture[kind][status] += 1
            if kind == "intact":
                self.intact_losses.append(loss.value)
            else:
                self.loss_errors.append((kind, loss.value - true_loss, true_loss))

    def report(self, title: str) -> None:
        errors = np.array(self.height_errors)
        print(f"{title}: {self.measured} of {self.whole} whole bodies measured, {self.seconds:.1f} s in all")
        bias = ", ".join(f"{c} {b:+.2f}" for c, b in zip(COLUMNS, errors.mean(axis=0), strict=True))
        print(
            f"  height: mean absolute error {np.abs(errors).mean():.2f} mm, bias {bias}, worst "
            f"{np.abs(errors).max():.2f}; 95 % intervals cover {100 * np.mean(np.abs(self.height_z) < 1.96):.0f} %"
        )
        off = np.array([error for _, error, _ in self.loss_errors])
        if len(off):
            print(
                f"  height loss, {len(off)} fractured levels: mean absolute error "
                f"{100 * np.abs(off).mean():.1f} points, "
                f"bias {100 * off.mean():+.1f}, worst {100 * np.abs(off).max():.1f}; "
                f"intervals of all levels cover {100 * np.mean(self.loss_covered):.0f} %"
            )
        for kind in sorted({k for k, _, _ in self.loss_errors}):
            part = np.array([e for k, e, _ in self.loss_errors if k == kind])
            print(f"    {kind}: n {len(part)}, bias {100 * part.mean():+.1f}, {self.fracture.get(kind)}")
        if self.intact_losses:
            print(
                f"    intact: n {len(self.intact_losses)}, worst loss {100 * max(self.intact_losses):.1f}, "
                f"{self.fracture.get('intact')}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=6)
    parser.add_argument("--first-seed", type=int, default=9000)
    parser.add_argument("--height-sd", type=float, default=0.0)
    parser.add_argument("--mask-only", action="store_true")
    options = parser.parse_args()
    for spacing in SPACINGS:
        tally = Tally()
        for case in cases(
            range(options.first_seed, options.first_seed + options.cases), spacing, height_sd=options.height_sd
        ):
            tally.add(case, mask_only=options.mask_only)
        tally.report(f"{spacing[0]}×{spacing[1]}×{spacing[2]} mm")


if __name__ == "__main__":
    main()
