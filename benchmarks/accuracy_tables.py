"""What do the rows of an accuracy run add up to? Tables beside the limits they are held against, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from benchmarks.accuracy_rows import Row
from vfa.model.estimate import NORMAL_95
from vfa.model.frame import FloatArray
from vfa.model.morphometry import COLUMNS

# Limits of the acceptance, by the greatest slice spacing (mm) they hold for: height MAE and bias in mm, ruler and
# total error of the loss in points.
LIMITS = ((1.5, 0.3, 0.15, 2.0, 3.5), (3.0, 0.6, 0.3, 4.0, 5.0), (5.0, 1.0, 0.5, np.inf, np.inf))
MR_LIMITS = (0.6, 0.6, np.inf, np.inf)
CLEAR_LOSS = 0.28


def all_tables(rows: Sequence[Row]) -> str:
    """Every table of the acceptance, as Markdown."""
    parts = [
        ("Heights", heights_table(rows)),
        ("Height loss of fractured levels", loss_table(rows)),
        ("Height loss by shape", shape_table(rows)),
        ("Intact levels of spines with fractures", intact_table(rows)),
        ("Normal spines", normal_table(rows)),
        ("Fractures to be found", found_table(rows)),
    ]
    return "\n\n".join(f"### {title}\n\n{table}" for title, table in parts if table)


def heights_table(rows: Sequence[Row]) -> str:
    """Errors of the central third's heights by slice spacing."""
    lines = []
    for name, group in _grouped(rows, lambda r: r.plan.spacing_name):
        measured = [r for r in group if r.measured]
        errors = np.array([r.errors_mm for r in measured])
        mae_limit, bias_limit, *_ = _limits(group[0])
        mae, bias = float(np.abs(errors).mean()), errors.mean(axis=0)
        lines.append(
            [
                name,
                f"{len(measured)} of {len(group)}",
                f"{mae:.2f} (≤ {mae_limit:g})",
                f"{errors.mean():+.2f} (within {bias_limit:g})",
                " / ".join(f"{b:+.2f}" for b in bias),
                f"{np.abs(errors).max():.1f}",
                _percent(_heights_covered(measured)),
            ]
        )
    told = [r for r in rows if r.measured]
    lines.append(["all", f"{len(told)} of {len(rows)}", "", "", "", "", _percent(_heights_covered(told))])
    head = [
        "image",
        "measured",
        "mean absolute error, mm",
        "bias, mm",
        f"bias {' / '.join(COLUMNS)}",
        "worst",
        "in 95 %",
    ]
    return _table(head, lines)


def loss_table(rows: Sequence[Row]) -> str:
    """Errors of the loss on fractured levels, with the part that is the ruler's own."""
    lines = []
    for name, group in _grouped(_with_loss(rows, fractured=True), lambda r: r.plan.spacing_name):
        total = 100 * np.array([r.loss - r.true_loss for r in group])
        ruler = 100 * np.array([r.loss - r.loss_with_true_heights for r in group])
        *_, ruler_limit, total_limit = _limits(group[0])
        lines.append(
            [
                name,
                str(len(group)),
                f"{np.nanmean(np.abs(ruler)):.1f}{_at_most(ruler_limit)}",
                f"{np.abs(total).mean():.1f}{_at_most(total_limit)}",
                f"{total.mean():+.1f}",
                _percent(_loss_covered(group)),
                f"±{_half_width(group):.1f}",
            ]
        )
    head = ["image", "levels", "ruler, points", "total, points", "bias", "in 95 %", "interval"]
    return _table(head, lines)


def shape_table(rows: Sequence[Row]) -> str:
    """Bias and coverage by shape of the fracture, and how much of the bias is the ruler's own."""
    lines = []
    for name, group in _grouped(_with_loss(rows, fractured=True), lambda r: r.kind):
        total = 100 * np.array([r.loss - r.true_loss for r in group])
        ruler = 100 * np.array([r.loss - r.loss_with_true_heights for r in group])
        lines.append(
            [
                name,
                str(len(group)),
                f"{total.mean():+.1f} ± {total.std() / len(group) ** 0.5:.1f}",
                f"{np.nanmean(ruler):+.1f}",
                f"{np.abs(total).mean():.1f}",
                _percent(_loss_covered(group)),
                _percent(_heights_covered(group)),
            ]
        )
    head = [
        "shape",
        "levels",
        "bias ± its standard error, points (within 1)",
        "the ruler's part of it",
        "mean absolute error",
        "loss in 95 %",
        "heights in 95 %",
    ]
    return _table(head, lines)


def intact_table(rows: Sequence[Row]) -> str:
    """What is said of intact levels between fractures, and at the ends of the scan."""
    intact = [r for r in _with_loss(rows, fractured=False) if r.plan.content != "normal"]
    lines = []
    for name, group in _grouped(intact, lambda r: "at an end of the scan" if r.at_end else "between others"):
        lines.append(
            [
                name,
                str(len(group)),
                f"{100 * np.mean([r.loss for r in group]):+.1f}",
                _percent(_loss_covered(group)),
                f"±{_half_width(group):.1f}",
                _statuses(group),
            ]
        )
    return _table(["intact level", "levels", "mean loss, points", "in 95 %", "interval", "fracture"], lines)


def normal_table(rows: Sequence[Row]) -> str:
    """What is said of spines without any fracture."""
    normal = [r for r in rows if r.plan.content == "normal" and r.measured and r.fracture]
    lines = []
    for name, group in _grouped(normal, lambda r: r.plan.spacing_name):
        absent = np.array([r.fracture == "absent" for r in group])
        spines = len({r.plan.seed for r in group})
        lines.append([name, str(spines), str(len(group)), _percent(absent), _statuses(group)])
    return _table(["image", "spines", "levels", "absent (≥ 90 % at ≤ 3 mm)", "fracture"], lines)


def found_table(rows: Sequence[Row]) -> str:
    """What is said of fractures that must be found, and of all clear losses."""
    told = [r for r in rows if r.measured and r.fracture and r.kind != "intact"]
    thin = [r for r in told if r.plan.modality.is_ct and r.plan.slice_mm <= 3]
    wanted = [r for r in thin if r.plan.content == "found"]
    lines = [
        [f"{r_name}", str(len(group)), _statuses(group)]
        for r_name, group in _grouped(
            wanted,
            lambda r: "crush between fractures" if r.intended == "flanked" else f"{r.kind}, {r.plan.spacing_name}",
        )
    ]
    clear = [r for r in thin if r.true_loss >= CLEAR_LOSS]
    if clear:
        share = _percent([r.fracture == "present" for r in clear])
        lines.append([f"every loss ≥ 28 % at ≤ 3 mm: present in {share} (≥ 95 %)", str(len(clear)), _statuses(clear)])
    return _table(["fracture", "levels", "said"], lines)


def _with_loss(rows: Iterable[Row], *, fractured: bool) -> list[Row]:
    return [r for r in rows if r.measured and np.isfinite(r.loss) and (r.kind != "intact") == fractured]


def _grouped(rows: Iterable[Row], key: Callable[[Row], str]) -> list[tuple[str, list[Row]]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return sorted(groups.items())


def _limits(row: Row) -> tuple[float, ...]:
    if not row.plan.modality.is_ct:
        return MR_LIMITS
    return next(limits[1:] for limits in LIMITS if row.plan.slice_mm <= limits[0])


def _at_most(limit: float) -> str:
    """The limit in brackets; nothing where none is set."""
    return f" (≤ {limit:g})" if np.isfinite(limit) else ""


def _heights_covered(rows: Sequence[Row]) -> FloatArray:
    """(N, 3) whether each height of the central third lies within its 95 % interval."""
    z = np.array([r.errors_mm / r.sigma_mm[1] for r in rows])
    return np.asarray(np.abs(z) < NORMAL_95)


def _loss_covered(rows: Sequence[Row]) -> list[bool]:
    return [r.loss_ci[0] <= r.true_loss <= r.loss_ci[1] for r in rows]


def _half_width(rows: Sequence[Row]) -> float:
    return float(50 * np.mean([r.loss_ci[1] - r.loss_ci[0] for r in rows]))


def _percent(values: object) -> str:
    return f"{100 * float(np.mean(np.asarray(values))):.0f} %"


def _statuses(rows: Sequence[Row]) -> str:
    counts = {status: sum(r.fracture == status for r in rows) for status in ("present", "indeterminate", "absent")}
    return ", ".join(f"{count} {status}" for status, count in counts.items() if count)


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    if not lines:
        return ""
    written = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in written)
