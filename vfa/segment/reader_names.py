"""Which body does a reader's edit mean, and what are the bodies called after it?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vfa.errors import EditsRefused
from vfa.model.edits import LevelEdit, ReaderEdits
from vfa.model.spine import Spine, Vertebra
from vfa.model.volume import Modality
from vfa.segment.levels import Anchor, name_by_anchor
from vfa.segment.outline_error import outline_sigma_mm
from vfa.segment.segmenter import DEFAULT_SEGMENTER

SAME_BODY_MM = 12.0  # a redrawn mask moves its centre less than this; the next body is farther


def name_by_reader(spine: Spine, edits: ReaderEdits) -> tuple[Spine, ReaderEdits]:
    """The spine under the reader's names, and the edits under the same.

    One renamed vertebra renames all, counted from it; where several are renamed they must agree.

    Raises:
        EditsRefused: if an edit means no body that was found, or two names contradict each other.
        LabelsRefused: if the count runs past C1 or S1.
    """
    for edit in edits.levels:
        if edit.level not in spine.levels:
            found = ", ".join(spine.levels) or "none"
            raise EditsRefused(
                f"edits: {edit.level} is no vertebra that was found ({found}); are they of another result?"
            )
        away = float(np.linalg.norm(spine[edit.level].centre_lps - edit.centre_lps))
        if away > SAME_BODY_MM:
            raise EditsRefused(
                f"edits: {edit.level} stands {away:.0f} mm from where the edits have it; are they of another result?"
            )
    renamed = [edit for edit in edits.levels if edit.renamed_to]
    if not renamed:
        return spine, edits
    first = renamed[0]
    point = _inside(spine[first.level])
    named = name_by_anchor(spine, Anchor(first.renamed_to, point))
    names = dict(zip(spine.levels, named.levels, strict=True))
    for edit in renamed:
        if names[edit.level] != edit.renamed_to:
            raise EditsRefused(
                f"edits: {first.level} renamed to {first.renamed_to} makes {edit.level} {names[edit.level]}, "
                f"not {edit.renamed_to}; rename one vertebra, the others are counted from it"
            )
    return named, replace(edits, levels=_under(names, spine, edits))


def _under(names: dict[str, str], spine: Spine, edits: ReaderEdits) -> tuple[LevelEdit, ...]:
    """The edits under the new names; every vertebra whose name changed is an edited one."""
    levels = []
    for vertebra in spine.vertebrae:
        new = names[vertebra.level]
        edit = edits[vertebra.level] or LevelEdit(vertebra.level, vertebra.centre_lps)
        levels.append(replace(edit, level=new, renamed_to=new if new != vertebra.level else ""))
    return tuple(edit for edit in levels if edit.tokens)


def with_provenance(spine: Spine, edits: ReaderEdits, modality: Modality | None) -> Spine:
    """A spine read from an edited label file, with what was known of its bodies before; as it is when nothing was.

    Args:
        spine: as read.
        edits: what the earlier result said of its bodies, and which were redrawn: those outlines are the reader's own.
        modality: of the image; None when there is none.
    """
    kept = edits.provenance
    if kept is None:
        return spine
    redrawn = {edit.level for edit in edits.levels if edit.body_edited}
    sigma_mm = 0.0
    if modality is not None and kept.segmented_by.startswith(f"{DEFAULT_SEGMENTER} "):
        sigma_mm = outline_sigma_mm(modality)
    vertebrae = tuple(
        replace(
            vertebra,
            level_confidence=kept.confidences.get(vertebra.level, vertebra.level_confidence),
            unusable=vertebra.unusable or kept.unusable.get(vertebra.level, ""),
            outline_sigma_mm=0.0 if vertebra.level in redrawn else sigma_mm,
        )
        for vertebra in spine.vertebrae
    )
    same_bodies = len(kept.alternative_naming) == len(vertebrae)
    return replace(
        spine,
        vertebrae=vertebrae,
        segmented_by=f"{kept.segmented_by}; bodies edited by reader",
        naming=kept.naming,
        alternative_naming=kept.alternative_naming if same_bodies else (),
    )


def _inside(vertebra: Vertebra) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """(3,) LPS of the body's own voxel nearest its centre."""
    points = vertebra.grid.lps_of(np.argwhere(vertebra.body))
    nearest = np.linalg.norm(points - vertebra.centre_lps, axis=1).argmin()
    return np.asarray(points[nearest], dtype=np.float64)
