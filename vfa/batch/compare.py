"""How far is a cohort from a reader's own readings? Statistics, and the plots that belong to them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vfa.batch.agreement import Kappa, LimitsOfAgreement, limits_of_agreement, weighted_kappa
from vfa.batch.cohort import read_cohort
from vfa.batch.readings import FRACTURE, GRADE, QUANTITIES, Matched, Pair, match, read_readings
from vfa.report.agreement_figures import BlandAltman, bland_altman_figure, classes_figure

CLASSES: dict[str, tuple[int, ...]] = {GRADE: (0, 1, 2, 3), FRACTURE: (0, 1)}
CLASS_NAMES = {GRADE: ("0", "1", "2", "3"), FRACTURE: ("absent", "present")}


@dataclass(frozen=True)
class Comparison:
    """Agreement of a cohort with readings.

    Args:
        matched: what could be compared.
        limits: by quantity; a quantity that was read at fewer than three levels is not there.
        kappas: by `genant_grade` and `fracture`, likewise.
    """

    matched: Matched
    limits: dict[str, LimitsOfAgreement]
    kappas: dict[str, Kappa]


def compare(cohort: Path, readings: Path) -> Comparison:
    """Compare the cohort in a folder with a table of readings.

    Raises:
        InputRefused: if either cannot be read.
    """
    matched = match(read_cohort(cohort), read_readings(readings))
    limits = {name: limits_of_agreement(matched.pairs[name]) for name in QUANTITIES}
    kappas = {name: weighted_kappa(matched.pairs[name], classes) for name, classes in CLASSES.items()}
    return Comparison(
        matched,
        {name: found for name, found in limits.items() if found is not None},
        {name: found for name, found in kappas.items() if found is not None},
    )


def plots(comparison: Comparison) -> dict[str, bytes]:
    """PNG files by name: one for each statistic."""
    files = {}
    for name, limits in comparison.limits.items():
        pairs: tuple[Pair, ...] = comparison.matched.pairs[name]
        lines = {"bias": limits.bias, "lower limit": limits.lower, "upper limit": limits.upper}
        shown = BlandAltman(
            title=name.replace("_mm", " height").replace("_fraction", "").replace("_", " "),
            unit=QUANTITIES[name],
            by_vfa=np.array([pair.by_vfa for pair in pairs]),
            by_reader=np.array([pair.by_reader for pair in pairs]),
            lines={line: (value.value, value.ci95) for line, value in lines.items()},
        )
        files[f"bland_altman_{name}.png"] = bland_altman_figure(shown)
    for name, kappa in comparison.kappas.items():
        files[f"table_{name}.png"] = classes_figure(name.replace("_", " "), CLASS_NAMES[name], kappa.table)
    return files
