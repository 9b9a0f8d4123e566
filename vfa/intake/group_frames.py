"""Which frames belong to one stack?

Frames of one series are parted by everything that may differ inside it: object size, pixel spacing, direction,
frame of reference, echo, temporal position, b-value, image type, localizers. A small part beside a large one is
left out (a planning image inside the stack); several small parts and no large one are no stack at all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vfa.intake.frame_header import FrameHeader
from vfa.intake.series_kind import is_ct, not_slices, plane_of
from vfa.intake.slice_geometry import has_shared_positions

SAME_DIRECTION = 1e-3  # radians: header rounding stays below, 0.06 degrees move the far end of a slice by 0.2 mm
MIN_PART_SLICES = 10  # a part of a mixed series counts as a stack from here: a sagittal lumbar MR has at least 11

_ASPECTS = (
    "frame of reference",
    "number of rows or columns",
    "pixel spacing",
    "image type",
    "echo time",
    "temporal position",
    "b-value",
    "orientation",
)


@dataclass(frozen=True, eq=False)
class FrameGroup:
    """Frames for one candidate.

    Args:
        frames: the headers.
        set_aside: frames of the same series that are no part of this stack, each with the reason.
        mixture: why the frames form no one stack ("19 images in 5 orientations"); empty if they may.
    """

    frames: tuple[FrameHeader, ...]
    set_aside: tuple[tuple[FrameHeader, str], ...] = ()
    mixture: str = ""


def group_frames(headers: Sequence[FrameHeader]) -> list[FrameGroup]:
    """Group the frames of all series; the order of the headers does not matter."""
    series: dict[tuple[str, str], list[FrameHeader]] = defaultdict(list)
    for header in sorted(headers, key=lambda header: (header.file, header.frame)):
        series[header.study_instance_uid, header.series_instance_uid].append(header)
    return [group for _, frames in sorted(series.items()) for group in _groups_of_series(frames)]


def _groups_of_series(frames: list[FrameHeader]) -> list[FrameGroup]:
    frames, copies = _without_copies(frames)
    parts = defaultdict(list)
    for frame, key in zip(frames, _keys(frames), strict=True):
        parts[key].append(frame)
    large = {key: part for key, part in parts.items() if len(part) >= MIN_PART_SLICES}
    if len(parts) == 1 or not large:
        mixture = _mixture(parts) if len(parts) > 1 else ""
        return [FrameGroup(tuple(part), copies, mixture) for part in _by_acquisition(frames, bool(mixture))]
    main_key = max(large, key=lambda key: len(large[key]))
    aside = tuple(
        (frame, _why_aside(frame, key, main_key)) for key, part in parts.items() if key not in large for frame in part
    )
    groups = []
    for key, part in large.items():
        extra = (*copies, *aside) if key == main_key else ()
        groups += [FrameGroup(tuple(piece), extra) for piece in _by_acquisition(part, is_mixed=False)]
    return groups


def _without_copies(
    frames: list[FrameHeader],
) -> tuple[list[FrameHeader], tuple[tuple[FrameHeader, str], ...]]:
    """One frame for each SOP Instance UID (PS3.3 C.12.1) and place: an object exported twice counts once.

    The place is asked too, since careless de-identification gives all images of a series one UID.
    """
    seen: set[tuple[object, ...]] = set()
    kept, copies = [], []
    for frame in sorted(frames, key=lambda frame: bool(frame.defect)):
        place = None if frame.geometry is None else tuple(frame.geometry.position_lps)
        identity = (frame.sop_instance_uid, frame.frame, place)
        if frame.sop_instance_uid and identity in seen:
            copies.append((frame, "a second copy of an image already read"))
        else:
            seen.add(identity)
            kept.append(frame)
    kept.sort(key=lambda frame: (frame.file, frame.frame))
    return kept, tuple(copies)


def _keys(frames: list[FrameHeader]) -> list[tuple[object, ...]]:
    """For each frame the aspects named in `_ASPECTS`; near directions count as one."""
    directions: list[np.ndarray] = []
    return [_key(frame, directions) for frame in frames]


def _key(frame: FrameHeader, directions: list[np.ndarray]) -> tuple[object, ...]:
    geometry = frame.geometry
    spacing = None if geometry is None else (round(geometry.row_spacing_mm, 4), round(geometry.column_spacing_mm, 4))
    contrast = frame.contrast
    kind_of_image = frame.image_type[2:] if not is_ct(frame) else not_slices(frame)
    return (
        frame.frame_of_reference_uid,
        (frame.rows, frame.columns),
        spacing,
        kind_of_image,
        contrast.echo_time_ms,
        frame.temporal_position,
        contrast.b_value,
        -1
        if geometry is None
        else _direction_number(np.r_[geometry.row_direction, geometry.column_direction], directions),
    )


def _direction_number(cosines: np.ndarray, directions: list[np.ndarray]) -> int:
    for number, known in enumerate(directions):
        if np.abs(cosines - known).max() <= SAME_DIRECTION:
            return number
    directions.append(cosines)
    return len(directions) - 1


def _mixture(parts: dict[tuple[object, ...], list[FrameHeader]]) -> str:
    count = sum(map(len, parts.values()))
    differing = [
        f"{len({key[n] for key in parts})} {aspect}{'s' if not aspect.endswith('columns') else ''}"
        for n, aspect in enumerate(_ASPECTS)
        if len({key[n] for key in parts}) > 1
    ]
    return f"{count} images of {', '.join(reversed(differing))}"


def _why_aside(frame: FrameHeader, key: tuple[object, ...], main_key: tuple[object, ...]) -> str:
    differing = [aspect for n, aspect in enumerate(_ASPECTS) if key[n] != main_key[n]]
    if frame.geometry is None:
        return "an image without a position inside a stack"
    what = not_slices(frame) or f"a single {plane_of(frame.geometry.normal)} image"
    return f"{what} inside a stack of another {' and '.join(reversed(differing))}"


def _by_acquisition(frames: list[FrameHeader], is_mixed: object) -> list[list[FrameHeader]]:
    """Part frames that share positions by Acquisition Number (0020,0012) where that leaves whole stacks."""
    if is_mixed or any(frame.geometry is None for frame in frames):
        return [frames]
    if not _shares_positions(frames):
        return [frames]
    numbers = Counter(frame.acquisition for frame in frames)
    parts = [[frame for frame in frames if frame.acquisition == number] for number in sorted(numbers)]
    if len(parts) > 1 and all(len(part) >= MIN_PART_SLICES and not _shares_positions(part) for part in parts):
        return parts
    return [frames]


def _shares_positions(frames: list[FrameHeader]) -> bool:
    geometries = [frame.geometry for frame in frames if frame.geometry is not None]
    return bool(geometries) and has_shared_positions(
        [geometry.position_lps for geometry in geometries], geometries[0].normal
    )
