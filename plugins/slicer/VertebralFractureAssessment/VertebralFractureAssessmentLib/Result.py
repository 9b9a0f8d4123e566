"""What does an `assessment.json` say, as the panel and the views show it? Words and places; no Qt, no MRML, no vfa."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from typing import Any

Colour = tuple[float, float, float]

COLUMN_HEADINGS = (
    ("Level", ""),
    ("Anterior height", "mm"),
    ("Middle height", "mm"),
    ("Posterior height", "mm"),
    ("Height loss", "%"),
    ("Fracture", ""),
    ("Genant grade", ""),
    ("Posterior wall", ""),
    ("Vertebroplasty", ""),
    ("Kyphoplasty", ""),
    ("Edited by reader", ""),
)
NOT_MEASURED = "not measured"
GREY: Colour = (0.6, 0.6, 0.6)  # not measured
VIOLET: Colour = (0.62, 0.42, 0.80)  # a reader must decide
GRADE_COLOURS: tuple[Colour, ...] = ((0.35, 0.70, 0.45), (0.95, 0.85, 0.25), (0.95, 0.55, 0.15), (0.80, 0.15, 0.15))
LEGEND = "Colours: green no fracture, yellow, orange, red Genant 1, 2, 3, violet undecided, grey not measured."
CONCLUSIONS = {
    "contraindicated": "contraindicated",
    "no_indication": "no indication",
    "indeterminate": "indeterminate",
    "no_exclusion_found": "no exclusion found, for specialist review",
}


@dataclass(frozen=True)
class MidPlane:
    """Where a body's own mid-plane lies: its centre, and its cranial, anterior and left directions, LPS."""

    centre_lps: tuple[float, float, float]
    cranial: tuple[float, float, float]
    anterior: tuple[float, float, float]
    left: tuple[float, float, float]


@dataclass(frozen=True)
class Question:
    """A clinical question that could change an answer: "patient" or a level, and the key of the clinical file."""

    scope: str
    key: str

    @property
    def words(self) -> str:
        """As the panel asks it."""
        return self.key.replace("_", " ").capitalize()


class Result:
    """An assessment as a reader sees it.

    Args:
        text: the `assessment.json`, kept word for word so that every number comes back from a saved scene.

    Raises:
        ValueError: if it is none.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.document: dict[str, Any] = json.loads(text)
        if self.document.get("schema_version") != "1.0" or "vertebrae" not in self.document:
            raise ValueError("expected an assessment.json of schema version 1.0")
        self._by_level: dict[str, dict[str, Any]] = {one["level"]: one for one in self.document["vertebrae"]}

    @property
    def levels(self) -> tuple[str, ...]:
        """Names from head to foot."""
        return tuple(self._by_level)

    @property
    def measured(self) -> tuple[str, ...]:
        """Levels with heights."""
        return tuple(level for level, one in self._by_level.items() if one["status"] == "measured")

    @property
    def edited(self) -> tuple[str, ...]:
        """Levels at which a reader changed something."""
        return tuple(level for level, one in self._by_level.items() if one.get("edited_by_reader"))

    def __getitem__(self, level: str) -> dict[str, Any]:
        return self._by_level[level]

    def row(self, level: str) -> tuple[str, ...]:
        """The table's cells, one for each of COLUMN_HEADINGS; what was not measured says so."""
        one = self[level]
        heights, loss, deformity = one["heights_mm"], one["height_loss"], one["deformity"]
        wall = one["posterior_wall"]
        return (
            level,
            *(_cell(heights.get(column, heights)) for column in ("anterior", "middle", "posterior")),
            _missing(loss) or f"{_percent(loss['fraction'], loss['ci95'])} {loss['column']}",
            _missing(deformity) or str(deformity["fracture"]),
            _missing(deformity) or f"{deformity['genant_grade']} {deformity['shape']}",
            _missing(wall) or str(wall["status"]).replace("_", " "),
            *(self._conclusion(level, procedure) for procedure in ("vertebroplasty", "kyphoplasty")),
            ", ".join(part.replace("_", " ").replace(".", " ") for part in one.get("edited_by_reader", ())),
        )

    def colour(self, level: str) -> Colour:
        """By Genant grade; grey where nothing was measured, violet where a reader must decide."""
        deformity = self[level]["deformity"]
        if "unmeasurable" in deformity:
            return GREY
        if deformity["fracture"] == "indeterminate":
            return VIOLET
        return GRADE_COLOURS[deformity["genant_grade"] if deformity["fracture"] == "present" else 0]

    def height_lines(self, level: str) -> dict[str, list[list[float]]]:
        """For each column the caudal and the cranial end, LPS mm; none where there is none."""
        lines = self[level]["geometry"]["height_lines_lps_mm"]
        return {} if "unmeasurable" in lines else lines

    def wall(self, level: str) -> list[list[float]]:
        """Points along the posterior wall, LPS mm; none where it was not traced."""
        points = self[level]["geometry"]["posterior_wall_lps_mm"]
        return [] if isinstance(points, dict) else points

    def line_name(self, level: str, column: str) -> str:
        """What a height line is called."""
        return f"{level} {column} {self.line_number(level, column)} mm"

    def line_number(self, level: str, column: str) -> str:
        """What stands at a height line's cranial end: the number of the table, mm."""
        return f"{self[level]['heights_mm'][column]['value']:.1f}"

    def mid_plane(self, level: str) -> MidPlane:
        """The body's own plane; the patient's axes through its centre where it has no frame of its own."""
        frame = self[level]["geometry"]["frame"]
        if "unmeasurable" in frame:
            return MidPlane(tuple(self[level]["centre_lps_mm"]), (0, 0, 1), (0, -1, 0), (1, 0, 0))
        return MidPlane(*(tuple(frame[key]) for key in ("centre_lps_mm", "cranial", "anterior", "left")))

    def questions(self, level: str) -> tuple[Question, ...]:
        """The answers that the rules looked for or that could settle what is open, each once; the patient's first."""
        needs = [need for judged in self._judged(level) for one in judged["outcomes"] for need in one["needs"]]
        needs += [need for judged in self._judged(level) for group in judged["would_settle"] for need in group]
        told = self.document.get("clinical", {})
        needs += [f"patient.{key}" for key in told.get("patient", {})]
        needs += [f"levels.{level}.{key}" for key in told.get("levels", {}).get(level, {})]
        found = dict.fromkeys(question for need in needs if (question := _question(need, level)) is not None)
        return tuple(sorted(found, key=lambda one: (one.scope != "patient", one.key)))

    def explained(self, level: str) -> str:
        """HTML: what was measured, each procedure's conclusion with its reasons, and what would settle it."""
        one = self[level]
        parts = [f"<h3>{escape(level)}</h3>"]
        if one["status"] != "measured":
            parts.append(f"<p>{NOT_MEASURED}: {escape(one['detail'] or one['reason'])}</p>")
        elif "because" in one["deformity"]:
            parts.append(f"<p>Fracture {one['deformity']['fracture']}: {escape(one['deformity']['because'])}.</p>")
        for procedure, judged in one["procedures"].items():
            parts.append(f"<p><b>{procedure.capitalize()}: {CONCLUSIONS[judged['conclusion']]}</b></p>")
            parts.append(f"<p>{escape(judged['because'])}</p>")
            open_ones = [o for o in judged["outcomes"] if o["verdict"] == "MET" and "contra" in o["kind"]]
            open_ones += [o for o in judged["outcomes"] if o["verdict"] == "UNKNOWN"]
            rows = [f"<li>{o['id']} ({o['verdict'].lower()}): {escape(o['because'])}</li>" for o in open_ones]
            parts.append(f"<ul>{''.join(rows)}</ul>" if rows else "")
            if judged["would_settle"]:
                ways = "; or ".join(" and ".join(group) for group in judged["would_settle"])
                parts.append(f"<p>Could settle it: {escape(ways)}</p>")
            parts += [f"<p><i>{escape(note)}</i></p>" for note in judged["notes"]]
        parts += [f"<p>{escape(sentence)}</p>" for sentence in one["quality"]]
        return "".join(parts)

    def of_most_interest(self) -> str:
        """The first fractured level, else the first undecided one, else the first; empty where there is none."""
        for wanted in ("present", "indeterminate"):
            for level in self.measured:
                if self[level]["deformity"].get("fracture") == wanted:
                    return level
        return self.levels[0] if self.levels else ""

    def at_a_glance(self) -> str:
        """One sentence on the whole; why, where nothing was measured."""
        if not self.levels:
            return "No vertebra was found, so nothing was measured. " + " ".join(self.document["notes"])
        if not self.measured:
            reasons = dict.fromkeys(self[level]["detail"] or self[level]["reason"] for level in self.levels)
            return f"Nothing could be measured: {'; '.join(reasons)}."
        return f"{len(self.measured)} of {len(self.levels)} vertebrae measured."

    def remarks(self) -> tuple[str, ...]:
        """What a reader must know of the whole: what the names hang on, notes, the notice of use."""
        segmentation = self.document["segmentation"]
        other = segmentation["alternative_naming"]
        doubt = (f"The levels could also be {', '.join(other)}.",) if other else ()
        return (
            f"Level names: {segmentation['naming']}",
            *doubt,
            *self.document["notes"],
            self.document["intended_use"],
        )

    def _judged(self, level: str) -> list[dict[str, Any]]:
        return list(self[level]["procedures"].values())

    def _conclusion(self, level: str, procedure: str) -> str:
        judged = self[level]["procedures"].get(procedure)
        return CONCLUSIONS[judged["conclusion"]] if judged else "not judged"


def _missing(part: dict[str, Any]) -> str:
    """What a cell says for a part that could not be had; empty when it could."""
    return NOT_MEASURED if "unmeasurable" in part else ""


def _cell(quantity: dict[str, Any]) -> str:
    if "unmeasurable" in quantity:
        return NOT_MEASURED
    low, high = quantity["ci95"]
    return f"{quantity['value']:.1f} ({low:.1f}–{high:.1f})"


def _percent(fraction: float, ci95: list[float]) -> str:
    return f"{100 * fraction:.1f} ({100 * ci95[0]:.1f} to {100 * ci95[1]:.1f})"


def _question(need: str, level: str) -> Question | None:
    """The question behind an input of the rules; None for a measurement, an image or another level's answer."""
    if need.startswith("patient."):
        return Question("patient", need.removeprefix("patient."))
    if need.startswith(f"levels.{level}."):
        return Question(level, need.removeprefix(f"levels.{level}."))
    return None
