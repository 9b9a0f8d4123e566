"""How high is a column whose line a reader has moved?

The reader's two ends stand for the two endplates there; the height is their distance along the body's cranial axis,
as for every other column. It carries the uncertainty of a reader, not of the ruler it replaces.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vfa.errors import EditsRefused
from vfa.model.edits import LevelEdit, line_edited
from vfa.model.estimate import Estimate, Unmeasurable
from vfa.model.frame import BodyFrame, FloatArray
from vfa.model.morphometry import COLUMNS, BodyHeights, ThreeHeights

# Two readers' height losses of fractured bodies on CT differ within ±12.53 points (95 %; PMC3733867): 4.5 points each,
# which is 1.1 mm of a usual height of 24 mm.
READER_SIGMA_MM = 1.1
STEEPEST_COSINE = 0.5  # a line leaning more than 60° from the cranial axis measures no height
FARTHEST_MM = 40.0  # from the body's centre: beyond, the end lies in another vertebra
SHORTEST_MM = 1.0  # two ends closer than this are one


def with_reader_lines(
    edit: LevelEdit, frame: BodyFrame | Unmeasurable, heights: BodyHeights | Unmeasurable
) -> tuple[BodyHeights | Unmeasurable, tuple[str, ...]]:
    """The heights with the reader's columns in place of those found, and a sentence for each.

    Raises:
        EditsRefused: if the body has no lines to move, or a line cannot be a height of it.
    """
    if not edit.lines_lps:
        return heights, ()
    if isinstance(frame, Unmeasurable) or isinstance(heights, Unmeasurable):
        raise EditsRefused(
            f"edits: a height line of {edit.level} was moved, but {edit.level} has none; "
            "edit its body in the segmentation, or leave the line out"
        )
    centre = {column: heights.centre[column] for column in COLUMNS}
    sentences = []
    for column, line in edit.lines_lps.items():
        found = centre[column]
        value = _height_mm(edit.level, column, line, frame)
        sigma = max(READER_SIGMA_MM, found.sigma)
        centre[column] = Estimate(value, sigma, "mm", "between the ends a reader set", at_least=0.0)
        sentences.append(
            f"{column} height line edited by reader: {value:.1f} mm, where vfa had found {found.value:.1f}"
        )
    three = ThreeHeights(centre["anterior"], centre["middle"], centre["posterior"])
    return replace(heights, centre=three, lines_lps={**heights.lines_lps, **edit.lines_lps}), tuple(sentences)


def _height_mm(level: str, column: str, line_lps: FloatArray, frame: BodyFrame) -> float:
    """Distance of the ends along the cranial axis, once it is sure that they are ends of this body's height."""
    what = f"edits: {line_edited(column)} of {level}"
    caudal, cranial = np.asarray(line_lps, dtype=float)
    farthest = max(float(np.linalg.norm(end - frame.centre_lps)) for end in (caudal, cranial))
    if farthest > FARTHEST_MM:
        raise EditsRefused(
            f"{what}: an end lies {farthest:.0f} mm from the body's centre; expected LPS mm of this body"
        )
    length = float(np.linalg.norm(cranial - caudal))
    height = float((cranial - caudal) @ frame.cranial)
    if length < SHORTEST_MM:
        raise EditsRefused(f"{what}: its ends lie {length:.1f} mm apart; expected one on each endplate")
    if height < STEEPEST_COSINE * length:
        raise EditsRefused(
            f"{what}: the line does not run from the caudal end up to the cranial one; set its ends anew"
        )
    return height
