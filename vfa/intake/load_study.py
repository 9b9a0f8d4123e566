"""Which series of one examination belong together, and how does each lie to the one that is measured?

Chosen from headers alone (`choose_study`), then read (`with_companions`, or `load_study` in one go). One study is one
examination: series of another study are another day's, and never mixed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vfa.errors import GeometryRefused, InputRefused
from vfa.intake.find_series import Progress, list_series
from vfa.intake.frame_header import FrameHeader
from vfa.intake.load import best_of, choose_series, read_volume
from vfa.intake.series import SeriesCandidate, SeriesList
from vfa.model.frame import FloatArray, Grid
from vfa.model.study import Apart, Companion, Role, SameFrame, Study
from vfa.model.volume import Modality, Volume

# Fat-suppressed fluid, fat and water are what marrow is judged by; other MR contrasts say nothing of it.
COMPANION_KINDS = (Modality.T1, Modality.T2, Modality.STIR, Modality.CT)
SHARED_HEIGHT_FRACTION = 0.5  # of the lower of the two stacks: less is another region of the same spine


@dataclass(frozen=True, eq=False)
class StudyChoice:
    """What of an input is to be loaded.

    Args:
        primary: the series to be measured.
        companions: the best series of each other kind, of the same study.
        apart: the other series, which are not to be used, with the reason.
    """

    primary: SeriesCandidate
    companions: tuple[SeriesCandidate, ...]
    apart: tuple[Apart, ...]


def load_study(
    path: Path,
    series_uid: str | None = None,
    modality: Modality | None = None,
    on_progress: Progress | None = None,
) -> Study:
    """Load the series to be measured and those of its examination that belong beside it.

    Args:
        path: a folder, file or zip.
        series_uid: Series Instance UID of the one to be measured, where the input holds several.
        modality: what an untagged file holds, or which kind is to be measured where the input holds several.
        on_progress: told how many headers of how many were read.

    Raises:
        UsageError: if there is nothing at `path`, no such series, or several studies to choose from.
        NotAnImage: if there is no readable CT or MR.
        GeometryRefused: if there is one, but its slices form no volume.
    """
    choice = choose_study(list_series(Path(path), on_progress), Path(path), series_uid, modality)
    return with_companions(read_volume(choice.primary, modality), choice)


def choose_study(
    found: SeriesList, path: Path, series_uid: str | None = None, modality: Modality | None = None
) -> StudyChoice:
    """Choose by headers: the series `load_volume` takes, and the best of each other kind in its study.

    CT and the sagittal MR contrasts go together. Raises as `load_study`.
    """
    primary = choose_series(found, path, series_uid, modality)
    apart: list[Apart] = []
    rivals: dict[Modality, list[SeriesCandidate]] = {}
    for candidate in found.candidates:
        if candidate is primary:
            continue
        reason = candidate.reason or _why_no_companion(candidate, primary, modality)
        if reason:
            apart.append(_apart(candidate, reason))
        elif candidate.kind is not None:
            rivals.setdefault(candidate.kind, []).append(candidate)
    companions = []
    for kind in COMPANION_KINDS:
        if kind not in rivals:
            continue
        best = _nearest(rivals[kind], primary)
        companions.append(best)
        apart += [
            _apart(one, f"another {kind.value} series of the study is used") for one in rivals[kind] if one is not best
        ]
    return StudyChoice(primary, tuple(companions), tuple(apart))


def with_companions(primary: Volume, choice: StudyChoice, region: Grid | None = None) -> Study:
    """The primary volume of a choice, as read, with its companions read and placed beside it.

    A companion that cannot be read or placed is kept apart with the reason; nothing is raised.

    Args:
        primary: the volume of `choice.primary`.
        choice: what belongs to the examination.
        region: where the spine is in the primary volume; a registration settles there. None: everywhere.
    """
    companions: list[Companion] = []
    apart = list(choice.apart)
    for candidate in choice.companions:
        try:
            companions.append(_companion(read_volume(candidate), primary, region))
        except InputRefused as refusal:
            apart.append(_apart(candidate, str(refusal)))
    return Study(primary, tuple(companions), tuple(apart))


def _companion(volume: Volume, primary: Volume, region: Grid | None) -> Companion:
    role = Role.BONE if volume.modality.is_ct else Role.MARROW
    if share_frame(volume.frame_of_reference_uid, primary.frame_of_reference_uid):
        return Companion(volume, role, SameFrame())
    from vfa.intake.register import register  # here, since it brings an optimiser that most inputs never need

    try:
        return Companion(volume, role, register(volume, primary, region))
    except GeometryRefused as refusal:
        raise GeometryRefused(f"it has another frame of reference and cannot be registered: {refusal}") from refusal


def share_frame(one_uid: str, other_uid: str) -> bool:
    """Whether two Frame of Reference UIDs (0020,0052) state the same frame; nothing stated is nothing shared."""
    return bool(one_uid) and one_uid == other_uid


def _why_no_companion(candidate: SeriesCandidate, primary: SeriesCandidate, modality: Modality | None) -> str:
    """Why a usable series is not used beside the primary one; empty if it may be."""
    primary_kind = modality if primary.kind in (None, Modality.MR) and modality else primary.kind
    if not candidate.study_instance_uid:
        return "nothing in it says that it is of the same examination"
    if candidate.study_instance_uid != primary.study_instance_uid:
        date = f", of {candidate.study_date}" if candidate.study_date else ""
        return f"it belongs to another study{date}"
    if candidate.kind is primary_kind and _elsewhere(candidate, primary):
        return "it shows another region of the same kind; assess it by its own with --series"
    if candidate.kind is primary_kind:
        return f"another {candidate.kind.value if candidate.kind else 'image'} series of the study is measured"
    if candidate.kind not in COMPANION_KINDS:
        return "its contrast says nothing of marrow"
    if candidate.kind is Modality.T1 and candidate.frames and candidate.frames[0].contrast_agent:
        return "it was taken with contrast agent, in which sick marrow may look like intact marrow"
    if not candidate.kind.is_ct and candidate.plane != "sagittal":
        return f"it is {candidate.plane or 'of an unknown plane'}, and bodies are compared in sagittal images"
    if _elsewhere(candidate, primary):
        return f"it shows another region ({_shared_height(candidate, primary) * 100:.0f} % of its height is shared)"
    return ""


def _elsewhere(candidate: SeriesCandidate, primary: SeriesCandidate) -> bool:
    """Whether two stacks in one frame of reference share too little of their height to show the same bodies."""
    if not share_frame(candidate.frame_of_reference_uid, primary.frame_of_reference_uid):
        return False
    return _shared_height(candidate, primary) < SHARED_HEIGHT_FRACTION


def _nearest(candidates: list[SeriesCandidate], primary: SeriesCandidate) -> SeriesCandidate:
    """The best of one kind, those in the primary's frame of reference first: they need no registration."""
    same = [one for one in candidates if share_frame(one.frame_of_reference_uid, primary.frame_of_reference_uid)]
    return best_of(same or candidates)


def _shared_height(one: SeriesCandidate, other: SeriesCandidate) -> float:
    """How much of the lower stack's head–foot extent both show, 0–1; 1 where either states no geometry."""
    spans = [_span_mm(candidate) for candidate in (one, other)]
    if any(span is None for span in spans):
        return 1.0
    (low, high), (other_low, other_high) = (span for span in spans if span is not None)
    shared = min(high, other_high) - max(low, other_low)
    return max(0.0, shared) / max(min(high - low, other_high - other_low), 1e-6)


def _span_mm(candidate: SeriesCandidate) -> tuple[float, float] | None:
    """Lowest and highest LPS z of the corners of a stack's slices."""
    heights = [
        float(height) for frame in candidate.frames if frame.geometry is not None for height in _corner_heights(frame)
    ]
    return (min(heights), max(heights)) if heights else None


def _corner_heights(frame: FrameHeader) -> FloatArray:
    """(4,) LPS z of the centres of a frame's corner pixels."""
    geometry = frame.geometry
    if geometry is None:
        return np.empty(0)
    along_row = geometry.row_direction[2] * geometry.column_spacing_mm * (frame.columns - 1)
    down = geometry.column_direction[2] * geometry.row_spacing_mm * (frame.rows - 1)
    heights: FloatArray = geometry.position_lps[2] + np.array([0.0, along_row, down, along_row + down])
    return heights


def _apart(candidate: SeriesCandidate, reason: str) -> Apart:
    return Apart(
        candidate.name,
        candidate.kind,
        candidate.series_instance_uid,
        reason,
        candidate.description,
        candidate.spacing_mm,
    )
