"""What did a reader change in a result? Names, ends of height lines, bodies; everything else stays as it was found."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vfa.model.anatomy import LEVELS, check_level
from vfa.model.frame import FloatArray
from vfa.model.morphometry import COLUMNS

BODY_EDITED = "body"
LEVEL_EDITED = "level"


def line_edited(column: str) -> str:
    """The token for a moved height line: "height_lines.anterior"."""
    return f"height_lines.{column}"


@dataclass(frozen=True, eq=False)
class LevelEdit:
    """What a reader changed at one vertebra.

    Args:
        level: its name in the result the reader looked at.
        centre_lps: (3,) centre of its body there, LPS mm: tells whether the body found now is the same one.
        lines_lps: for each moved column the (2, 3) ends of the reader's height line, caudal first, LPS mm.
        renamed_to: the name the reader gives it; empty when it keeps its own.
        body_edited: whether its mask was redrawn (the new mask comes as a label file).

    Raises:
        ValueError: for a level or column that does not exist, or an end that is no point.
    """

    level: str
    centre_lps: FloatArray
    lines_lps: dict[str, FloatArray] = field(default_factory=dict)
    renamed_to: str = ""
    body_edited: bool = False

    def __post_init__(self) -> None:
        check_level(self.level)
        if self.renamed_to and self.renamed_to not in LEVELS:
            raise ValueError(f"renamed_to: expected C1–C7, T1–T13, L1–L6 or S1, got {self.renamed_to!r}")
        for column, line in self.lines_lps.items():
            if column not in COLUMNS or np.shape(line) != (2, 3) or not np.isfinite(line).all():
                raise ValueError(f"lines_lps: expected two points for one of {', '.join(COLUMNS)}, got {column!r}")

    @property
    def tokens(self) -> tuple[str, ...]:
        """What was changed, for `edited_by_reader`."""
        moved = tuple(line_edited(column) for column in COLUMNS if column in self.lines_lps)
        redrawn = (BODY_EDITED,) if self.body_edited else ()
        renamed = (LEVEL_EDITED,) if self.renamed_to else ()
        return (*renamed, *redrawn, *moved)


@dataclass(frozen=True)
class Provenance:
    """What the result the reader looked at said of its bodies, to be kept when they come back as a label file.

    Args:
        segmented_by: who made them.
        naming: what the names hang on.
        alternative_naming: the other names they could have, from head to foot.
        confidences: probability of each name; None where nobody said.
        unusable: why no measurement may be made, for bodies that failed.
    """

    segmented_by: str
    naming: str
    alternative_naming: tuple[str, ...]
    confidences: dict[str, float | None]
    unusable: dict[str, str]


@dataclass(frozen=True, eq=False)
class ReaderEdits:
    """All edits of one result; none at all by default.

    Args:
        levels: one for each vertebra that was edited.
        study_instance_uid: the study they belong to; empty when its images carry none.
        provenance: of the bodies the reader looked at, when the edits tell.
    """

    levels: tuple[LevelEdit, ...] = ()
    study_instance_uid: str = ""
    provenance: Provenance | None = None

    def __getitem__(self, level: str) -> LevelEdit | None:
        return next((edit for edit in self.levels if edit.level == level), None)
