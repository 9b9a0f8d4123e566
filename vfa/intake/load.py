"""Which series of an input is the one to measure, and what is said when there is none?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from vfa.errors import GeometryRefused, InputRefused, NotAnImage, UsageError
from vfa.intake.find_series import list_series
from vfa.intake.read_dicom import read_dicom
from vfa.intake.read_image import read_image
from vfa.intake.series import SeriesCandidate, SeriesList
from vfa.intake.series_kind import for_the_lung, is_derived, region_rank
from vfa.model.volume import Modality, Volume

COVERAGE_FRACTION = 0.8  # of the longest one's height: what covers less is no rival, however thin
REFORMAT_COARSER = 1.5  # than its slices: it was interpolated from others
LUNG_COARSER = 2.0  # its edges overshoot
_MR_ORDER = (Modality.T2, Modality.T1, Modality.STIR, Modality.MR)  # T2 shows endplates, canal and discs


def load_volume(path: Path, series_uid: str | None = None, modality: Modality | None = None) -> Volume:
    """Load the series to be measured: the named one, else the best CT, else the best sagittal MR.

    Args:
        path: a folder, file or zip.
        series_uid: Series Instance UID, where the input holds several.
        modality: what an untagged file holds, or which kind to take from an input that holds several.

    Raises:
        UsageError: if there is nothing at `path`, no such series, or several studies to choose from.
        NotAnImage: if there is no readable CT or MR.
        GeometryRefused: if there is one, but its slices form no volume.
    """
    found = list_series(Path(path))
    return read_volume(choose_series(found, Path(path), series_uid, modality), modality)


def read_volume(candidate: SeriesCandidate, modality: Modality | None = None) -> Volume:
    """Read the pixels of one candidate; raises its refusal if it is not usable."""
    if candidate.refusal is not None:
        raise candidate.refusal
    if not candidate.frames:
        return read_image(candidate.stored_files[0], modality)
    volume = read_dicom(candidate)
    if modality is None or modality is volume.modality:
        return volume
    note = f"The header says {volume.modality.value}; taken for {modality.value} as the caller states."
    return replace(volume, modality=modality, corrections=(*volume.corrections, note))


def choose_series(
    found: SeriesList, path: Path, series_uid: str | None = None, modality: Modality | None = None
) -> SeriesCandidate:
    """The candidate to be measured; raises as `load_volume`."""
    candidates = list(found.candidates)
    if series_uid is not None:
        candidates = [candidate for candidate in candidates if candidate.series_instance_uid == series_uid]
        if not candidates:
            known = sorted({candidate.series_instance_uid for candidate in found.candidates} - {""})
            raise UsageError(f"No series {series_uid} in {path}, expected one of: {', '.join(known) or 'none'}.")
    if modality is not None:
        candidates = _of_kind(candidates, modality, path)
    usable = [candidate for candidate in candidates if candidate.usable]
    if not usable:
        raise _nothing_usable(found, candidates, path)
    tagged = [candidate for candidate in usable if candidate.frames]
    rivals = tagged or usable
    _check_one_study(rivals, path)
    return best_of(rivals)


def best_of(candidates: list[SeriesCandidate]) -> SeriesCandidate:
    """The best of usable candidates of one study: CT before MR, the spine before other regions.

    CT: the finest slices; MR: sagittal before other planes, then by contrast, then the finest. Either among those
    that cover most of what the longest of their kind covers, from head to foot; of equals, the one without contrast
    agent. A reformat, or a kernel for the lung, counts as coarser than its slices are.
    """
    near = min(_region(candidate) for candidate in candidates)
    candidates = [candidate for candidate in candidates if _region(candidate) == near]
    cts = [candidate for candidate in candidates if candidate.kind is Modality.CT]
    if cts:
        return min(_long_enough(cts), key=_fineness)
    first = min(map(_mr_rank, candidates))
    return min(_long_enough([one for one in candidates if _mr_rank(one) == first]), key=_fineness)


def _mr_rank(candidate: SeriesCandidate) -> tuple[bool, int]:
    return candidate.plane != "sagittal", _MR_ORDER.index(candidate.kind or Modality.MR)


def _long_enough(candidates: list[SeriesCandidate]) -> list[SeriesCandidate]:
    longest = max(_height_mm(candidate) for candidate in candidates)
    return [candidate for candidate in candidates if _height_mm(candidate) >= COVERAGE_FRACTION * longest]


def _fineness(candidate: SeriesCandidate) -> tuple[float, bool, str, str]:
    frame = candidate.frames[0] if candidate.frames else None
    coarser = 1.0
    if frame is not None and is_derived(frame):
        coarser *= REFORMAT_COARSER
    if frame is not None and candidate.kind is Modality.CT and for_the_lung(frame):
        coarser *= LUNG_COARSER
    agent = frame is not None and bool(frame.contrast_agent)
    return coarser * _coarseness_mm(candidate), agent, *_identity(candidate)


def _of_kind(candidates: list[SeriesCandidate], modality: Modality, path: Path) -> list[SeriesCandidate]:
    """Candidates of that very kind, else those the header leaves open (untagged, MR of unknown contrast)."""
    exact = [candidate for candidate in candidates if candidate.kind is modality]
    if any(candidate.usable for candidate in exact):
        return exact
    opened = [
        candidate
        for candidate in candidates
        if candidate.kind is None or (candidate.kind is Modality.MR and not modality.is_ct)
    ]
    if candidates and not exact and not opened:
        kinds = sorted({candidate.kind.value for candidate in candidates if candidate.kind is not None})
        raise NotAnImage(f"{path} holds no {modality.value} series, only {', '.join(kinds)}; ask for one of these.")
    return exact + opened


def _check_one_study(rivals: list[SeriesCandidate], path: Path) -> None:
    """Files without a study count as one study each."""
    studies: dict[str, list[SeriesCandidate]] = defaultdict(list)
    for candidate in rivals:
        studies[candidate.study_instance_uid or candidate.files[0]].append(candidate)
    if len(studies) == 1:
        return
    best = [best_of(members) for _, members in sorted(studies.items())]
    listed = "; ".join(f"{one.study_date + ', ' if one.study_date else ''}{one.name}" for one in best)
    raise UsageError(
        f"{path} holds {len(studies)} studies, expected one; name a series of one of them with --series, or "
        f"assess them all with vfa batch. The best of each: {listed}."
    )


def _nothing_usable(found: SeriesList, candidates: list[SeriesCandidate], path: Path) -> InputRefused:
    """The sentence for an input without any usable series."""
    if len(candidates) == 1:
        refusal = candidates[0].refusal or NotAnImage("it cannot be read.")
        return type(refusal)(f"{path}: {refusal}")
    if candidates:
        first = max(candidates, key=lambda candidate: len(candidate.frames))
        kind = GeometryRefused if isinstance(first.refusal, GeometryRefused) else NotAnImage
        return kind(
            f"{path}: none of its {len(candidates)} series can be measured; the largest, {first.name}: {first.reason}"
        )
    if not found.left_out:
        return NotAnImage(f"{path} holds no files, expected CT or MR images (DICOM, NIfTI, NRRD or MetaImage).")
    if len(found.left_out) == 1 and found.left_out[0].path == str(path):
        return NotAnImage(f"{path}: {found.left_out[0].reason.rstrip('.')}; expected a CT or MR image.")
    first_out = found.left_out[0]
    return NotAnImage(
        f"{path} holds no CT or MR image among {len(found.left_out)} files, the first being {first_out.path} "
        f"({first_out.reason.rstrip('.')})."
    )


def _region(candidate: SeriesCandidate) -> int:
    return region_rank(candidate.body_part, candidate.description)


def _height_mm(candidate: SeriesCandidate) -> float:
    return candidate.extent_lps_mm[2] if candidate.extent_lps_mm else 0.0


def _coarseness_mm(candidate: SeriesCandidate) -> float:
    return round(max(candidate.spacing_mm), 2) if candidate.spacing_mm else float("inf")


def _identity(candidate: SeriesCandidate) -> tuple[str, str]:
    return candidate.description, candidate.series_instance_uid
