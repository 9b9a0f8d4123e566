"""How does one page show a whole cohort? `cohort.html`: counts, distributions, failures, and a link to each report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from vfa.intended_use import NOTICE
from vfa.model.anatomy import order
from vfa.report import words

Row = Mapping[str, Any]
GRADES = (0, 1, 2, 3)
LOSS_STEP_PERCENT = 5
LOSS_END_PERCENT = 60
PROCEDURES = ("vertebroplasty", "kyphoplasty")


@dataclass(frozen=True)
class CohortPage:
    """What the page shows.

    Args:
        studies: rows of the table of studies.
        vertebrae: rows of the table of vertebrae.
        failures: rows of the table of failures.
        open_studies: how many studies are still to be done.
        reports: by study, where its report lies as seen from the page; a study without one has no link.
    """

    studies: Sequence[Row]
    vertebrae: Sequence[Row]
    failures: Sequence[Row]
    open_studies: int
    reports: Mapping[str, str]


@dataclass(frozen=True)
class Bar:
    """One bar of a distribution, `share` of the longest one."""

    name: str
    count: int
    share: float


@dataclass(frozen=True)
class LevelLine:
    """One level: how many were measured, with which grades, and how many fractures are present or uncertain."""

    level: str
    found: int
    measured: int
    grades: tuple[int, ...]
    present: int
    indeterminate: int

    @property
    def prevalence(self) -> str:
        """Fractures present among measured ones."""
        return words.percent(self.present / self.measured) if self.measured else ""


def render_cohort(page: CohortPage) -> str:
    """The page as text: self-contained, without script or request; every string is escaped."""
    return _ENVIRONMENT.get_template("cohort.html.j2").render(
        page=page,
        notice=NOTICE,
        levels=level_lines(page.vertebrae),
        losses=loss_bars(page.vertebrae),
        reasons=Counter(row["reason"] for row in page.failures).most_common(),
        conclusions={name: Counter(row[name] for row in page.vertebrae if row[name]) for name in PROCEDURES},
        modalities=Counter(row["modality"] or "masks alone" for row in page.studies).most_common(),
        measured=sum(row["status"] == "measured" for row in page.vertebrae),
        fractured=sum(bool(row["fractures_present"]) for row in page.studies),
    )


def level_lines(vertebrae: Sequence[Row]) -> list[LevelLine]:
    """One line per level, from head to foot."""
    by_level: dict[str, list[Row]] = {}
    for row in vertebrae:
        by_level.setdefault(row["level"], []).append(row)
    return [
        LevelLine(
            level=level,
            found=len(rows),
            measured=sum(row["status"] == "measured" for row in rows),
            grades=tuple(sum(row["genant_grade"] == grade for row in rows) for grade in GRADES),
            present=sum(row["fracture"] == "present" for row in rows),
            indeterminate=sum(row["fracture"] == "indeterminate" for row in rows),
        )
        for level, rows in sorted(by_level.items(), key=lambda item: (item[0].startswith("V"), order(item[0])))
    ]


def loss_bars(vertebrae: Sequence[Row]) -> list[Bar]:
    """How height losses are distributed, in steps of 5 percentage points."""
    percents = [100 * row["height_loss_fraction"] for row in vertebrae if row["height_loss_fraction"] is not None]
    starts = range(0, LOSS_END_PERCENT, LOSS_STEP_PERCENT)
    counts = {"< 0": sum(percent < 0 for percent in percents)}
    counts |= {
        f"{start}–{start + LOSS_STEP_PERCENT}": sum(start <= p < start + LOSS_STEP_PERCENT for p in percents)
        for start in starts
    }
    counts[f"≥ {LOSS_END_PERCENT}"] = sum(percent >= LOSS_END_PERCENT for percent in percents)
    longest = max(counts.values()) or 1
    return [Bar(name, count, count / longest) for name, count in counts.items()]


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("vfa.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["w"] = words
    environment.filters["printable"] = words.printable
    return environment


_ENVIRONMENT = _environment()
