"""How well do two observers agree? Limits of agreement for numbers, weighted kappa for grades, both with intervals.

Bland & Altman, Lancet 1986;1:307–310, and Stat Methods Med Res 1999;8:135–160. Weighted kappa: Cohen, Psychol Bull
1968;70:213–220; its standard error: Fleiss, Cohen & Everitt, Psychol Bull 1969;72:323–327. Levels of one patient
are not independent: where a study gives several, intervals come from resampling whole studies (Field & Welsh,
J R Stat Soc B 2007;69:369–390).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from vfa.batch.readings import Pair
from vfa.model.estimate import NORMAL_95

Interval = tuple[float, float]
Weights = Literal["linear", "quadratic"]
FloatArray = NDArray[np.float64]

RESAMPLES = 2000
LEAST_PAIRS = 3
LEAST_STUDIES = 10  # fewer clusters than this say nothing about their spread
SEED = 20_250_101


@dataclass(frozen=True)
class Value:
    """A statistic with its 95 % interval; None where too few studies give several levels each."""

    value: float
    ci95: Interval | None


@dataclass(frozen=True)
class LimitsOfAgreement:
    """Differences vfa − reader.

    Args:
        pairs, studies: how many.
        bias: mean difference.
        sd: standard deviation of the differences.
        lower, upper: bias ∓ 1.96 sd.
        method: how the intervals were made, in words.
    """

    pairs: int
    studies: int
    bias: Value
    sd: float
    lower: Value
    upper: Value
    method: str


@dataclass(frozen=True)
class Kappa:
    """Chance-corrected agreement on ordered classes.

    Args:
        pairs, studies: how many.
        classes: the classes, in order.
        table: (classes, classes) counts: rows vfa, columns reader.
        kappa: by weights.
        observed_fraction: share of pairs in the same class.
        method: how the intervals were made, in words.
    """

    pairs: int
    studies: int
    classes: tuple[int, ...]
    table: NDArray[np.int64]
    kappa: dict[Weights, Value]
    observed_fraction: float
    method: str


def limits_of_agreement(pairs: Sequence[Pair]) -> LimitsOfAgreement | None:
    """Bias and 95 % limits of agreement; None for fewer than three pairs."""
    if len(pairs) < LEAST_PAIRS:
        return None
    differences = np.array([pair.by_vfa - pair.by_reader for pair in pairs])
    bias, lower, upper = _three(differences)
    clusters = _clusters(pairs)
    method, drawn = _method(clusters, lambda chosen: _three(differences[chosen]))
    intervals: list[Interval | None] = [None, None, None]
    if drawn is not None:
        intervals = [_percentiles(drawn[:, column]) for column in range(3)]
    elif method == INDEPENDENT:
        intervals = _student_intervals(differences)
    return LimitsOfAgreement(
        pairs=len(pairs),
        studies=len(clusters),
        bias=Value(float(bias), intervals[0]),
        sd=float(differences.std(ddof=1)),
        lower=Value(float(lower), intervals[1]),
        upper=Value(float(upper), intervals[2]),
        method=method,
    )


def _three(differences: FloatArray) -> FloatArray:
    """Bias, lower and upper limit."""
    bias, reach = differences.mean(), NORMAL_95 * differences.std(ddof=1)
    return np.array([bias, bias - reach, bias + reach])


def _student_intervals(differences: FloatArray) -> list[Interval | None]:
    """Bland & Altman 1986: standard errors s/√n of the bias and s·√(3/n) of the limits, with Student's t."""
    count, sd = len(differences), float(differences.std(ddof=1))
    quantile = float(special.stdtrit(count - 1, 0.975))
    errors = (sd / count**0.5, sd * (3 / count) ** 0.5, sd * (3 / count) ** 0.5)
    centres = _three(differences)
    return [
        (float(centre) - quantile * error, float(centre) + quantile * error)
        for centre, error in zip(centres, errors, strict=True)
    ]


def weighted_kappa(pairs: Sequence[Pair], classes: tuple[int, ...]) -> Kappa | None:
    """Weighted kappa with linear and quadratic weights; None for fewer than three pairs, or no spread at all."""
    if len(pairs) < LEAST_PAIRS:
        return None
    table = _table(pairs, classes)
    clusters = _clusters(pairs)
    marks = np.array([[classes.index(int(p.by_vfa)), classes.index(int(p.by_reader))] for p in pairs])
    kappas: dict[Weights, Value] = {}
    method = ""
    for weights in ("linear", "quadratic"):
        value = kappa_of(table, weights)
        if not np.isfinite(value):
            return None

        def again(chosen: NDArray[np.int64], weights: Weights = weights) -> FloatArray:
            counts = np.zeros_like(table)
            np.add.at(counts, (marks[chosen, 0], marks[chosen, 1]), 1)
            return np.array([kappa_of(counts, weights)])

        method, drawn = _method(clusters, again)
        interval = None if drawn is None else _percentiles(drawn[:, 0])
        if method == INDEPENDENT:
            error = kappa_error(table, weights)
            interval = (value - NORMAL_95 * error, min(value + NORMAL_95 * error, 1.0))
        kappas[weights] = Value(value, interval)
    agreed = float(np.trace(table) / table.sum())
    return Kappa(len(pairs), len(clusters), classes, table, kappas, agreed, method)


def _table(pairs: Sequence[Pair], classes: tuple[int, ...]) -> NDArray[np.int64]:
    table = np.zeros((len(classes), len(classes)), dtype=np.int64)
    for pair in pairs:
        table[classes.index(int(pair.by_vfa)), classes.index(int(pair.by_reader))] += 1
    return table


def kappa_of(table: NDArray[np.int64], weights: Weights) -> float:
    """Weighted kappa of a (K, K) table; NaN where both observers used one and the same class throughout."""
    share = table / table.sum()
    weight = agreement_weights(len(table), weights)
    expected = float((weight * np.outer(share.sum(axis=1), share.sum(axis=0))).sum())
    observed = float((weight * share).sum())
    return (observed - expected) / (1 - expected) if expected < 1 else float("nan")


def kappa_error(table: NDArray[np.int64], weights: Weights) -> float:
    """Large-sample standard error of weighted kappa (Fleiss, Cohen & Everitt 1969)."""
    share = table / table.sum()
    weight = agreement_weights(len(table), weights)
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    expected = float((weight * np.outer(rows, columns)).sum())
    kappa = kappa_of(table, weights)
    mean_rows, mean_columns = weight @ columns, weight.T @ rows
    marginal = mean_rows[:, None] + mean_columns[None, :]
    spread = float((share * (weight - marginal * (1 - kappa)) ** 2).sum())
    variance = (spread - (kappa - expected * (1 - kappa)) ** 2) / (table.sum() * (1 - expected) ** 2)
    return float(max(variance, 0.0) ** 0.5)


def agreement_weights(classes: int, weights: Weights) -> FloatArray:
    """(K, K) credit for a pair of classes: 1 for the same, 0 for the furthest apart."""
    apart = np.abs(np.subtract.outer(np.arange(classes), np.arange(classes))) / (classes - 1)
    return 1 - (apart if weights == "linear" else apart**2)


INDEPENDENT = "each study gives one pair"
TOO_FEW = f"no intervals: levels of one study are not independent, and fewer than {LEAST_STUDIES} studies cannot tell"
RESAMPLED = f"intervals by resampling whole studies ({RESAMPLES} times)"


def _clusters(pairs: Sequence[Pair]) -> list[NDArray[np.int64]]:
    """Indices of the pairs of each study."""
    by_study: dict[str, list[int]] = {}
    for index, pair in enumerate(pairs):
        by_study.setdefault(pair.study, []).append(index)
    return [np.array(indices) for indices in by_study.values()]


def _method(
    clusters: list[NDArray[np.int64]], statistic: Callable[[NDArray[np.int64]], FloatArray]
) -> tuple[str, FloatArray | None]:
    """How intervals are made, and where by resampling, the (RESAMPLES, S) statistics of the resamples."""
    if all(len(cluster) == 1 for cluster in clusters):
        return INDEPENDENT, None
    if len(clusters) < LEAST_STUDIES:
        return TOO_FEW, None
    rng = np.random.default_rng(SEED)
    drawn = []
    for _ in range(RESAMPLES):
        chosen = rng.integers(0, len(clusters), len(clusters))
        drawn.append(statistic(np.concatenate([clusters[index] for index in chosen])))
    return RESAMPLED, np.array(drawn)


def _percentiles(drawn: FloatArray) -> Interval:
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return float(low), float(high)
