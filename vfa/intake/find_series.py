"""Which series does an input hold, and which of them can be measured?

The input is walked whole; headers are read, pixels are not. A DICOMDIR is a hint at what is missing, never more.
What is no image is kept in `left_out` with the reason.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vfa.errors import GeometryRefused, InputRefused, NotAnImage, UsageError
from vfa.intake.dicom_file import quiet
from vfa.intake.dicomdir import check_directory, folder_key, missing_by_folder
from vfa.intake.frame_header import FrameHeader, PlaneGeometry
from vfa.intake.group_frames import FrameGroup, group_frames
from vfa.intake.read_header import read_headers
from vfa.intake.read_image import image_candidate, is_image_name
from vfa.intake.series import LeftOut, SeriesCandidate, SeriesList
from vfa.intake.series_kind import kind_of, not_hounsfield, not_slices, plane_of
from vfa.intake.slice_geometry import SliceStack, stack_slices
from vfa.intake.stored_file import MAX_BYTES, FileOpener, StoredFile, walk
from vfa.model.volume import Modality

READERS = min(8, os.cpu_count() or 1)  # threads: they hide the waiting for slow disks, parsing takes turns
MAX_VOXELS = MAX_BYTES // 2  # as int16

Progress = Callable[[int, int], None]
"""Called with the number of files read and the number there are."""


def list_series(path: Path, on_progress: Progress | None = None) -> SeriesList:
    """Every series below a folder, or in a file or zip, fit for measuring or not.

    A single bad file never raises; it comes in `left_out`, or as the reason of the series it belongs to.

    Raises:
        UsageError: if there is nothing at `path`.
    """
    if not path.exists():
        raise UsageError(f"{path} does not exist; give a folder, a file or a zip with images.")
    with FileOpener() as opener:
        return list_files(walk(root_of(path), opener), opener, on_progress)


def list_files(
    found: Iterable[StoredFile | LeftOut], opener: FileOpener, on_progress: Progress | None = None
) -> SeriesList:
    """Every series in these files; what is left out already stays so."""
    candidates: list[SeriesCandidate] = []
    headers: list[FrameHeader] = []
    items = list(found)
    left_out = [item for item in items if isinstance(item, LeftOut)]
    files = [item for item in items if isinstance(item, StoredFile)]
    for result in _read_all(files, opener, on_progress):
        if isinstance(result, LeftOut):
            left_out.append(result)
        elif isinstance(result, SeriesCandidate):
            candidates.append(result)
        else:
            headers += result
    left_out, missing = _with_directories(left_out, files, opener)
    lost = _Lost(_damaged_by_folder(left_out), missing)
    for group in group_frames(headers):
        candidates.append(_dicom_candidate(group, lost))
        left_out += [LeftOut(str(frame.file), reason) for frame, reason in group.set_aside]
    candidates.sort(
        key=lambda candidate: (candidate.study_instance_uid, candidate.series_instance_uid, candidate.files)
    )
    return SeriesList(tuple(candidates), tuple(left_out))


def root_of(path: Path) -> Path:
    """A DICOMDIR stands for the folder it lies in (PS3.10 8.6)."""
    return path.parent if path.is_file() and path.name.upper().split(".")[0] == "DICOMDIR" else path


def _read_all(
    files: list[StoredFile], opener: FileOpener, on_progress: Progress | None
) -> Iterable[tuple[FrameHeader, ...] | SeriesCandidate | LeftOut]:
    def read(file: StoredFile) -> tuple[FrameHeader, ...] | SeriesCandidate | LeftOut:
        return image_candidate(file, opener) if is_image_name(file.lower_name) else read_headers(file, opener)

    results = []
    with quiet(), ThreadPoolExecutor(READERS) as readers:
        for number, result in enumerate(readers.map(read, files, chunksize=64), start=1):
            results.append(result)
            if on_progress is not None:
                on_progress(number, len(files))
    return results


@dataclass(frozen=True)
class _Lost:
    """By folder, what may have belonged to a series and is not in it: damaged images, and those never copied."""

    damaged: Mapping[str, list[LeftOut]]
    missing: Mapping[str, tuple[str, ...]]


def _with_directories(
    left_out: list[LeftOut], files: list[StoredFile], opener: FileOpener
) -> tuple[list[LeftOut], dict[str, tuple[str, ...]]]:
    """What is left out, with each DICOMDIR's own sentence, and by folder the images they list that are not there."""
    by_name = {str(file): file for file in files}
    with quiet():
        checks = {
            item.path: check_directory(by_name[item.path], opener, files)
            for item in left_out
            if item.state == "directory"
        }
    told = [checks[item.path].left_out if item.path in checks else item for item in left_out]
    return told, missing_by_folder(checks.values())


def _damaged_by_folder(left_out: list[LeftOut]) -> dict[str, list[LeftOut]]:
    folders: dict[str, list[LeftOut]] = defaultdict(list)
    for item in left_out:
        if item.state == "damaged":
            folders[os.path.dirname(item.path)].append(item)
    return folders


def _dicom_candidate(group: FrameGroup, lost: _Lost) -> SeriesCandidate:
    """Judge one group of frames: how its slices lie, and what stands against loading it."""
    frames, first = group.frames, group.frames[0]
    stack, refusal = None, None
    try:
        _check_frames(group)
        stack = _stack(frames)
    except InputRefused as error:
        refusal = error
    geometry = first.geometry
    spacing = extent = None
    if geometry is not None and stack is not None:
        spacing = (geometry.column_spacing_mm, geometry.row_spacing_mm, stack.spacing_mm)
        extent = _extent(geometry, stack, first)
    ordered = [frames[index] for index in stack.order] if stack else list(frames)
    return SeriesCandidate(
        study_instance_uid=first.study_instance_uid,
        series_instance_uid=first.series_instance_uid,
        description=first.description,
        kind=_kind(frames),
        plane=plane_of(geometry.normal) if geometry is not None and not group.mixture else "",
        spacing_mm=spacing,
        shape=(first.columns, first.rows, len(ordered)),
        extent_lps_mm=extent,
        body_part=first.body_part,
        frame_of_reference_uid=first.frame_of_reference_uid,
        study_date=first.study_date,
        stored_files=tuple(dict.fromkeys(frame.file for frame in ordered)),
        notes=(*_aside_notes(group), *_lost_notes(group, lost), *(stack.notes if stack else ())),
        refusal=refusal,
        frames=frames,
        stack=stack,
    )


def _kind(frames: tuple[FrameHeader, ...]) -> Modality:
    kinds = {kind_of(frame) for frame in frames}
    return kinds.pop() if len(kinds) == 1 else Modality.MR


def _check_frames(group: FrameGroup) -> None:
    frames = group.frames
    for check in (not_slices, not_hounsfield):
        reasons = [(frame, reason) for frame in frames if (reason := check(frame))]
        if reasons:
            frame, reason = reasons[0]
            raise NotAnImage(f"{frame.label}: {reason}; choose another series.")
    broken = [frame for frame in frames if frame.defect]
    if broken:
        more = f" (and {len(broken) - 1} more files)" if len(broken) > 1 else ""
        raise NotAnImage(f"{broken[0].label}{more}: {broken[0].defect}.")
    lost = [frame for frame in frames if frame.geometry is None]
    if lost:
        raise GeometryRefused(
            f"{lost[0].label}: ImagePositionPatient, ImageOrientationPatient or PixelSpacing is missing, "
            "so nothing says where it lies; export the original images."
        )
    if group.mixture:
        raise GeometryRefused(f"Got {group.mixture} in one series, expected one stack; choose another series.")
    claimed = frames[0].rows * frames[0].columns * len(frames)
    if claimed > MAX_VOXELS:
        raise GeometryRefused(f"The series claims {claimed / 1e9:.1f} billion voxels, more than can be held; crop it.")


def _stack(frames: tuple[FrameHeader, ...]) -> SliceStack:
    geometries = [frame.geometry for frame in frames if frame.geometry is not None]
    return stack_slices(
        np.array([geometry.position_lps for geometry in geometries]),
        geometries[0].row_direction,
        geometries[0].column_direction,
        [frame.label for frame in frames],
    )


def _extent(geometry: PlaneGeometry, stack: SliceStack, first: FrameHeader) -> tuple[float, float, float]:
    """Size along left, posterior and head of the box around the stack."""
    sides = np.stack(
        [
            geometry.row_direction * geometry.column_spacing_mm * first.columns,
            geometry.column_direction * geometry.row_spacing_mm * first.rows,
            geometry.normal * (stack.offsets_mm[-1] + stack.spacing_mm),
        ]
    )
    left, posterior, head = np.abs(sides).sum(axis=0)
    return float(left), float(posterior), float(head)


def _lost_notes(group: FrameGroup, lost: _Lost) -> tuple[str, ...]:
    """A lost slice inside a stack shows as a gap; one lost at its end would not show at all."""
    paths = [str(frame.file) for frame in group.frames]
    damaged = [item for folder in sorted({*map(os.path.dirname, paths)}) for item in lost.damaged.get(folder, [])]
    missing = [path for folder in sorted({*map(folder_key, paths)}) for path in lost.missing.get(folder, ())]
    notes = []
    if damaged:
        first = f"{os.path.basename(damaged[0].path)}: {damaged[0].reason}"
        notes.append(
            f"Damaged images in the same folder were left out ({len(damaged)}, {first}); the stack may lack its end."
        )
    if missing:
        notes.append(
            f"The DICOMDIR lists images in the same folder that are not there ({len(missing)}, "
            f"{os.path.basename(missing[0])} the first); the stack may lack its end."
        )
    return tuple(notes)


def _aside_notes(group: FrameGroup) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for _, reason in group.set_aside:
        counts[reason] = counts.get(reason, 0) + 1
    return tuple(f"Left out of the series: {reason} ({count})." for reason, count in counts.items())
