"""What has the user asked for? Frozen values, so that two equal requests are one; no Qt, no MRML, no vfa.

Levels in `Edits` carry the names vfa found; `Answers` carry the names the reader sees.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

Point = tuple[float, float, float]
NOT_STATED = "not stated"
PATIENT = "patient"
COLUMNS = ("anterior", "middle", "posterior")
LEVELS = (
    *(f"C{n}" for n in range(1, 8)),
    *(f"T{n}" for n in range(1, 14)),
    *(f"L{n}" for n in range(1, 7)),
    "S1",
)


@dataclass(frozen=True)
class Answers:
    """Clinical answers; what is not in here was not stated.

    Args:
        given: (scope, key, value), the scope being "patient" or a level.
    """

    given: tuple[tuple[str, str, str], ...] = ()

    def value(self, scope: str, key: str) -> str:
        """The answer, or "not stated"."""
        return next((value for place, name, value in self.given if (place, name) == (scope, key)), NOT_STATED)

    def stating(self, scope: str, key: str, value: str) -> Answers:
        """With one answer in place of what was said; "not stated" or nothing takes it away."""
        others = [one for one in self.given if one[:2] != (scope, key)]
        stated = value.strip()
        if stated and stated != NOT_STATED:
            others.append((scope, key, stated))
        return Answers(tuple(sorted(others)))

    def under(self, names: dict[str, str]) -> Answers:
        """The same answers with the levels called otherwise: they belong to bodies, not to names."""
        return Answers(tuple(sorted((names.get(scope, scope), key, value) for scope, key, value in self.given)))

    def clinical_file(self) -> dict[str, Any]:
        """The clinical file, as `vfa assess --clinical` reads it."""
        file: dict[str, Any] = {}
        for scope, key, value in self.given:
            place = (
                file.setdefault(PATIENT, {})
                if scope == PATIENT
                else file.setdefault("levels", {}).setdefault(scope, {})
            )
            place[key] = _listed(value) if key == "medications" else _number_or_word(value)
        return file


@dataclass(frozen=True)
class MovedLine:
    """A height line as the reader set it, ends in LPS mm."""

    level: str
    column: str
    caudal_lps: Point
    cranial_lps: Point


@dataclass(frozen=True)
class Edits:
    """What the reader changed in what vfa found.

    Args:
        lines: moved height lines, at most one per level and column.
        renamed: the vertebra that was renamed, and to what; empty when none was. The others are counted from it.
        bodies: levels whose mask was redrawn.
        bodies_file: the label file that holds the redrawn masks; empty when none was redrawn.
    """

    lines: tuple[MovedLine, ...] = ()
    renamed: tuple[str, str] | tuple[()] = ()
    bodies: tuple[str, ...] = ()
    bodies_file: str = ""

    def __bool__(self) -> bool:
        return bool(self.lines or self.renamed or self.bodies)

    def moving(self, line: MovedLine) -> Edits:
        """With one line in place of an earlier one of that column."""
        others = [one for one in self.lines if (one.level, one.column) != (line.level, line.column)]
        return replace(self, lines=(*others, line))

    def renaming(self, level: str, name: str) -> Edits:
        """With one vertebra named by the reader."""
        return replace(self, renamed=(level, name))

    def redrawing(self, level: str, file: str) -> Edits:
        """With one body redrawn; its height lines are measured on the new mask, so a line moved before is dropped."""
        lines = tuple(one for one in self.lines if one.level != level)
        return replace(self, lines=lines, bodies=tuple(sorted({*self.bodies, level})), bodies_file=file)

    def edits_file(self, found: dict[str, Any]) -> dict[str, Any]:
        """The file for `vfa assess --edits`.

        Args:
            found: the `assessment.json` of the same input without edits: whose bodies these edits mean.
        """
        vertebrae = []
        for vertebra in found["vertebrae"]:
            level = vertebra["level"]
            lines = {
                one.column: [list(one.caudal_lps), list(one.cranial_lps)] for one in self.lines if one.level == level
            }
            parts = [*(["body"] if level in self.bodies else []), *(f"height_lines.{column}" for column in lines)]
            entry = {key: vertebra[key] for key in ("level", "centre_lps_mm", "level_confidence")}
            entry |= {key: vertebra[key] for key in ("reason", "detail") if key in vertebra}
            entry |= {"edited_by_reader": parts, "geometry": {"height_lines_lps_mm": lines}}
            if self.renamed and self.renamed[0] == level:
                entry["renamed_to"] = self.renamed[1]
            vertebrae.append(entry)
        return {
            "schema_version": found["schema_version"],
            "study_instance_uid": found["study_instance_uid"],
            "segmentation": found["segmentation"],
            "vertebrae": vertebrae,
        }


@dataclass(frozen=True)
class Request:
    """One question to vfa.

    Args:
        volume: what names the image in the scene.
        segmentation: what names the reader's own segmentation; empty to let vfa find the bodies.
        modality: CT, T1, T2, STIR or MR; empty to take the images' word.
    """

    volume: str = ""
    segmentation: str = ""
    modality: str = ""
    answers: Answers = field(default_factory=Answers)
    edits: Edits = field(default_factory=Edits)

    def to_text(self) -> str:
        """As it is kept in the scene."""
        edits = self.edits
        return json.dumps(
            {
                "modality": self.modality,
                "answers": self.answers.given,
                "lines": [[one.level, one.column, one.caudal_lps, one.cranial_lps] for one in edits.lines],
                "renamed": edits.renamed,
                "bodies": edits.bodies,
            }
        )

    @classmethod
    def from_text(cls, text: str, volume: str, segmentation: str) -> Request:
        """As it was kept; the file of redrawn bodies is written anew from the scene when it is needed."""
        kept = json.loads(text)
        lines = tuple(MovedLine(level, column, tuple(one), tuple(two)) for level, column, one, two in kept["lines"])
        answers = Answers(tuple((scope, key, value) for scope, key, value in kept["answers"]))
        edits = Edits(lines, tuple(kept["renamed"]), tuple(kept["bodies"]))
        return cls(volume, segmentation, kept["modality"], answers, edits)


def _listed(value: str) -> list[str]:
    return [one.strip() for one in value.split(",") if one.strip()]


def _number_or_word(value: str) -> float | str:
    try:
        return float(value.replace(",", "."))
    except ValueError:
        return value
