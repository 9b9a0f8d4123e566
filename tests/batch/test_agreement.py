"""Agreement statistics against figures printed in the papers that made them."""

from __future__ import annotations

import numpy as np
import pytest

from vfa.batch.agreement import (
    INDEPENDENT,
    RESAMPLED,
    TOO_FEW,
    kappa_error,
    kappa_of,
    limits_of_agreement,
    weighted_kappa,
)
from vfa.batch.readings import Pair

# Peak expiratory flow, l/min, first readings by Wright and mini meter of 17 people: Bland & Altman 1986, table 1.
WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]

# Two neurologists on 149 patients with multiple sclerosis: Landis & Koch, Biometrics 1977;33:159–174.
NEUROLOGISTS = np.array([[38, 5, 0, 1], [33, 11, 3, 0], [10, 14, 5, 6], [3, 7, 3, 10]])


def pairs(first: list[float], second: list[float], per_study: int = 1) -> list[Pair]:
    return [
        Pair(f"study {number // per_study}", "L1", float(a), float(b))
        for number, (a, b) in enumerate(zip(first, second, strict=True))
    ]


def test_limits_of_agreement_are_those_of_the_paper() -> None:
    found = limits_of_agreement(pairs(WRIGHT, MINI))
    assert found is not None
    assert found.method == INDEPENDENT
    assert found.bias.value == pytest.approx(-2.1, abs=0.05)
    assert found.sd == pytest.approx(38.8, abs=0.05)
    # The paper takes 2 standard deviations for 1.96: −79.7 and 75.5.
    assert found.bias.value - 2 * found.sd == pytest.approx(-79.7, abs=0.1)
    assert found.lower.value == pytest.approx(-79.7, abs=2)
    assert found.upper.value == pytest.approx(75.5, abs=2)
    assert found.bias.ci95 == pytest.approx((-22.0, 17.8), abs=0.2)
    lower, upper = found.lower.ci95, found.upper.ci95
    assert lower is not None
    assert upper is not None
    # −114.3 to −45.1 and 40.9 to 110.1: half widths of 34.6.
    assert (lower[1] - lower[0]) / 2 == pytest.approx(34.6, abs=0.2)
    assert (upper[1] - upper[0]) / 2 == pytest.approx(34.6, abs=0.2)


def test_kappa_and_its_error_are_those_of_the_textbook_table() -> None:
    """Simple kappa .208; with linear weights .380, standard error .052 (as published with the table's analyses)."""
    assert kappa_of(NEUROLOGISTS, "linear") == pytest.approx(0.380, abs=0.0005)
    assert kappa_error(NEUROLOGISTS, "linear") == pytest.approx(0.052, abs=0.0005)


def test_kappa_by_hand() -> None:
    """Two classes, 50 pairs: 20 yes–yes, 15 no–no, 5 and 10 apart: (0.70 − 0.50) / (1 − 0.50) = 0.40."""
    table = np.array([[20, 5], [10, 15]])
    assert kappa_of(table, "linear") == pytest.approx(0.4)
    assert kappa_of(table, "quadratic") == pytest.approx(0.4)


def test_quadratic_kappa_is_the_agreement_of_the_scores_themselves() -> None:
    """2 cov / (var + var + (difference of means)²), all divided by n: Fleiss & Cohen, Educ Psychol Meas 1973;33:613."""
    scores = np.array(
        [(row, column) for row in range(4) for column in range(4) for _ in range(NEUROLOGISTS[row, column])]
    )
    (first, mixed), (_, second) = np.cov(scores.T, bias=True)
    apart = scores[:, 0].mean() - scores[:, 1].mean()
    assert kappa_of(NEUROLOGISTS, "quadratic") == pytest.approx(2 * mixed / (first + second + apart**2))


def test_perfect_agreement_is_one_and_one_class_is_no_agreement_to_speak_of() -> None:
    perfect = weighted_kappa(pairs([0, 1, 2, 3], [0, 1, 2, 3]), (0, 1, 2, 3))
    assert perfect is not None
    assert perfect.kappa["linear"].value == 1.0
    assert perfect.observed_fraction == 1.0
    assert weighted_kappa(pairs([0, 0, 0], [0, 0, 0]), (0, 1, 2, 3)) is None
    assert weighted_kappa(pairs([0, 1], [0, 1]), (0, 1)) is None
    assert limits_of_agreement(pairs([1, 2], [1, 2])) is None


def test_levels_of_few_studies_give_no_interval() -> None:
    found = limits_of_agreement(pairs(WRIGHT[:16], MINI[:16], per_study=4))
    assert found is not None
    assert found.method == TOO_FEW
    assert found.bias.ci95 is None


def test_levels_of_one_study_are_not_taken_for_independent() -> None:
    """Every level of a study off by the same amount: resampling studies must give the interval of the studies."""
    rng = np.random.default_rng(1)
    study_offsets = rng.normal(0, 1, 40)
    offsets = np.repeat(study_offsets, 5)
    reader = rng.normal(25, 2, 200)
    found = limits_of_agreement(pairs(list(reader + offsets), list(reader), per_study=5))
    assert found is not None
    assert found.method == RESAMPLED
    assert found.bias.ci95 is not None
    width = found.bias.ci95[1] - found.bias.ci95[0]
    of_studies = 2 * 1.96 * study_offsets.std(ddof=1) / 40**0.5
    as_if_independent = 2 * 1.96 * offsets.std(ddof=1) / 200**0.5
    assert width == pytest.approx(of_studies, rel=0.15)
    assert width > 1.8 * as_if_independent
    assert found.bias.ci95[0] < 0 < found.bias.ci95[1]
