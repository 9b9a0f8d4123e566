"""What does agreement look like? The Bland–Altman plot of a quantity, and the table of grades."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

DPI = 110
POINT, LINE, BAND = "#1f5fa8", "#b3261e", "#b3261e"


@dataclass(frozen=True, eq=False)
class BlandAltman:
    """What is drawn.

    Args:
        title: the quantity.
        unit: of both axes.
        by_vfa, by_reader: (N,) values.
        lines: by name ("bias", "lower", "upper") the value and its 95 % interval, None where there is none.
    """

    title: str
    unit: str
    by_vfa: NDArray[np.float64]
    by_reader: NDArray[np.float64]
    lines: dict[str, tuple[float, tuple[float, float] | None]]


def bland_altman_figure(shown: BlandAltman) -> bytes:
    """Differences against means as PNG, with bias and limits and their intervals as bands."""
    figure = Figure(figsize=(7, 4.6), dpi=DPI)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.scatter(
        (shown.by_vfa + shown.by_reader) / 2, shown.by_vfa - shown.by_reader, s=14, color=POINT, alpha=0.6, linewidths=0
    )
    for name, (value, interval) in shown.lines.items():
        axes.axhline(value, color=LINE, linewidth=1.2, linestyle="-" if name == "bias" else "--")
        axes.annotate(
            f"{name} {value:.3g}", (1.0, value), xycoords=("axes fraction", "data"), fontsize=8, ha="right", va="bottom"
        )
        if interval is not None:
            axes.axhspan(*interval, color=BAND, alpha=0.10, linewidth=0)
    axes.axhline(0, color="black", linewidth=0.6)
    axes.set_xlabel(f"mean of vfa and reader, {shown.unit}")
    axes.set_ylabel(f"vfa − reader, {shown.unit}")
    axes.set_title(shown.title)
    return _png(figure)


def classes_figure(title: str, classes: Sequence[str], table: NDArray[np.int64]) -> bytes:
    """A (K, K) table of counts as PNG: rows vfa, columns reader."""
    figure = Figure(figsize=(4.6, 4.2), dpi=DPI)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.imshow(table, cmap="Blues", vmin=0, vmax=max(int(table.max()), 1))
    for row, column in np.ndindex(*table.shape):
        dark = table[row, column] > table.max() / 2
        axes.text(column, row, str(table[row, column]), ha="center", va="center", color="white" if dark else "black")
    axes.set_xticks(range(len(classes)), list(classes))
    axes.set_yticks(range(len(classes)), list(classes))
    axes.set_xlabel("reader")
    axes.set_ylabel("vfa")
    axes.set_title(title)
    return _png(figure)


def _png(figure: Figure) -> bytes:
    figure.tight_layout()
    stream = io.BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()
