"""How does one page show a whole cohort? `cohort.html`: counts, distributions, failures, and a link to each report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from vfa.intended_use import NOTICE
from vfa.model.anatomy import order
from vfa.model.estimate import NORMAL_95
from vfa.report import words

Row = Mapping[str, Any]
GRADES = (0, 1, 2, 3)
UNNAMED = "not named"
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
class StudyLine:
    """One study with the levels that want looking at, as words."""

    row: Row
    report: str
    present: str
    indeterminate: str


@dataclass(frozen=True)
class Bar:
    """One bar of a distribution, `share` of the longest one."""

    name: str
    count: int
    share: float


@dataclass(frozen=True)
class LevelLine:
    """One level: how many were measured, with which grades, and how many fractures are present or uncertain.

    What nothing named (V1, V2, …) is one line: the third body of one scan is not the third of another.
    """

    level: str
    found: int
    measured: int
    grades: tuple[int, ...]
    present: int
    indeterminate: int

    @property
    def prevalence(self) -> str:
        """Fractures present among measured ones, with the 95 % interval."""
        if not self.measured:
            return ""
        low, high = wilson_interval(self.present, self.measured)
        return f"{words.percent(self.present / self.measured)} ({words.percent(low)} to {words.percent(high)})"


def wilson_interval(count: int, of: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson, J Am Stat Assoc 1927;22:209–212), which holds for few and for none too."""
    share, z2 = count / of, NORMAL_95**2
    centre, reach = share + z2 / (2 * of), NORMAL_95 * (share * (1 - share) / of + z2 / (4 * of**2)) ** 0.5
    return (centre - reach) / (1 + z2 / of), (centre + reach) / (1 + z2 / of)


def render_cohort(page: CohortPage) -> str:
    """The page as text: self-contained, without script or request; every string is escaped."""
    return _ENVIRONMENT.get_template("cohort.html.j2").render(
        page=page,
        notice=NOTICE,
        levels=level_lines(page.vertebrae),
        losses=loss_bars(page.vertebrae),
        studies=study_lines(page),
        reasons=Counter((row["reason"], row["what_to_do"]) for row in page.failures).most_common(),
        conclusions={name: Counter(row[name] for row in page.vertebrae if row[name]) for name in PROCEDURES},
        modalities=Counter(row["modality"] or "masks alone" for row in page.studies).most_common(),
        measured=sum(row["status"] == "measured" for row in page.vertebrae),
        fractured=sum(bool(row["fractures_present"]) for row in page.studies),
        unmeasured=sum(row["status"] != "measured" for row in page.studies),
    )


def study_lines(page: CohortPage) -> list[StudyLine]:
    """The studies, those first that want looking at: by grade, then uncertain ones, then those not measured."""
    levels: dict[tuple[str, str], list[str]] = {}
    for row in page.vertebrae:
        grade = f" (grade {row['genant_grade']})" if row["fracture"] == "present" and row["genant_grade"] else ""
        levels.setdefault((row["study_instance_uid"], row["fracture"] or ""), []).append(f"{row['level']}{grade}")
    lines = [
        StudyLine(
            row,
            page.reports.get(row["study_instance_uid"], ""),
            ", ".join(levels.get((row["study_instance_uid"], "present"), ())),
            ", ".join(levels.get((row["study_instance_uid"], "indeterminate"), ())),
        )
        for row in page.studies
    ]
    return sorted(lines, key=_urgency)


def _urgency(line: StudyLine) -> tuple[bool, int, bool, bool, str]:
    row = line.row
    grade = row["highest_genant_grade"] or 0
    return (
        not line.present,
        -grade,
        not line.indeterminate,
        row["status"] == "measured",
        row["study_instance_uid"],
    )


def level_lines(vertebrae: Sequence[Row]) -> list[LevelLine]:
    """One line per level, from head to foot."""
    by_level: dict[str, list[Row]] = {}
    for row in vertebrae:
        by_level.setdefault(UNNAMED if row["level"].startswith("V") else row["level"], []).append(row)
    return [
        LevelLine(
            level=level,
            found=len(rows),
            measured=sum(row["status"] == "measured" for row in rows),
            grades=tuple(sum(row["genant_grade"] == grade for row in rows) for grade in GRADES),
            present=sum(row["fracture"] == "present" for row in rows),
            indeterminate=sum(row["fracture"] == "indeterminate" for row in rows),
        )
        for level, rows in sorted(by_level.items(), key=lambda item: _place(item[0]))
    ]


def _place(level: str) -> float:
    return float("inf") if level == UNNAMED else order(level)


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
