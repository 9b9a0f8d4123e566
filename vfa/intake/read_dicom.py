"""A DICOM series as a volume: stored pixels become Hounsfield units or signal, slices become a lattice in LPS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vfa.errors import GeometryRefused
from vfa.intake.decode import FrameDecoder
from vfa.intake.dicom_file import quiet
from vfa.intake.frame_header import FrameHeader, PixelScale, PlaneGeometry
from vfa.intake.series import SeriesCandidate
from vfa.intake.series_kind import is_ct
from vfa.intake.slice_geometry import SliceStack
from vfa.intake.straighten import even_slices, move_slices
from vfa.model.frame import FloatArray, Grid
from vfa.model.volume import Modality, SeriesSource, Volume

AIR_HU = -1024  # the lowest value of a 12-bit CT, and what padding becomes
TISSUE_HU = (-900.0, 3000.0)  # a padding value that means such a density is taken for a header's mistake
_INT16 = np.iinfo(np.int16)


@dataclass
class _Tally:
    """Voxels that were changed while reading."""

    padded: int = 0
    below: int = 0
    above: int = 0
    odd_padding: int = 0


def read_dicom(candidate: SeriesCandidate) -> Volume:
    """Read the pixels of a usable series found by `list_series`.

    Returns:
        Voxels (I, J, K) indexed column, row, slice. CT: int16 Hounsfield units, or float32 where slope or
        intercept are fractions; never below −1024. MR: as stored, float32 where the series states a rescaling.

    Raises:
        NotAnImage: if pixels cannot be decoded.
        GeometryRefused: if two different images lie at one position.
    """
    if candidate.refusal is not None:
        raise candidate.refusal
    stack, frames = candidate.stack, candidate.frames
    geometry = frames[0].geometry
    if stack is None or geometry is None:
        raise GeometryRefused(f"{candidate.name} has no slice geometry, expected a series found by list_series.")
    tally = _Tally()
    ordered = [frames[index] for index in stack.order]
    with quiet(), FrameDecoder() as decoder:
        voxels_kji = np.empty((len(ordered), ordered[0].rows, ordered[0].columns), dtype=_voxel_type(frames))
        for k, frame in enumerate(ordered):
            _fill(voxels_kji[k], decoder.stored(frame), frame, tally)
        copies = _check_duplicates(stack, frames, decoder)
    fill = float(AIR_HU if is_ct(frames[0]) else 0)
    straight, grid = _straightened(voxels_kji, stack, geometry, fill)
    return Volume(
        voxels=straight.transpose(2, 1, 0),
        grid=grid,
        modality=candidate.kind or Modality.MR,
        frame_of_reference_uid=candidate.frame_of_reference_uid,
        source=SeriesSource(
            candidate.study_instance_uid,
            candidate.series_instance_uid,
            candidate.description,
            candidate.files,
            frames[0].patient_position,
        ),
        slice_thickness_mm=_thickness_mm(ordered),
        slice_axis=2,
        corrections=(*candidate.notes, *copies, *_value_notes(tally, voxels_kji.size), *_header_notes(ordered)),
    )


def _thickness_mm(frames: Sequence[FrameHeader]) -> float | None:
    stated = [frame.slice_thickness_mm for frame in frames if frame.slice_thickness_mm is not None]
    return float(np.median(stated)) if stated else None


def _voxel_type(frames: Sequence[FrameHeader]) -> np.dtype[Any]:
    scales = [_slope_and_intercept(frame.scale) for frame in frames]
    if is_ct(frames[0]):
        whole = all(slope == int(slope) and intercept == int(intercept) for slope, intercept in scales)
        return np.dtype(np.int16 if whole else np.float32)
    if any(scale != (1.0, 0.0) for scale in scales):
        return np.dtype(np.float32)
    return np.result_type(*{np.dtype(frame.stored_type) for frame in frames})


def _slope_and_intercept(scale: PixelScale) -> tuple[float, float]:
    """PS3.3 C.11.1.1: output = slope × stored + intercept; MR without them is signal as stored."""
    return (1.0 if scale.slope is None else scale.slope), (0.0 if scale.intercept is None else scale.intercept)


def _fill(target: NDArray[Any], stored: NDArray[Any], frame: FrameHeader, tally: _Tally) -> None:
    """Write one slice in output units."""
    padding = _padding_mask(stored, frame, tally)
    if not is_ct(frame):
        slope, intercept = _slope_and_intercept(frame.scale)
        target[...] = stored if target.dtype.kind in "iu" else stored * slope + intercept
        if padding is not None:
            target[padding] = 0
        return
    values = _hounsfield(stored, frame.scale, target.dtype)
    if padding is not None:
        values[padding] = AIR_HU
    least, most = values.min(), values.max()
    if least < AIR_HU:
        tally.below += int((values < AIR_HU).sum())
        np.maximum(values, AIR_HU, out=values)
    if target.dtype == np.int16 and most > _INT16.max:
        tally.above += int((values > _INT16.max).sum())
        np.minimum(values, _INT16.max, out=values)
    target[...] = values


def _hounsfield(stored: NDArray[Any], scale: PixelScale, dtype: np.dtype[Any]) -> NDArray[Any]:
    """In a type wide enough that nothing can overflow: whole numbers as int64 only where 32 bits may not do."""
    slope, intercept = _slope_and_intercept(scale)
    if dtype != np.int16:
        return (stored * slope + intercept).astype(np.float32)
    wide: type[Any] = (
        np.int32 if stored.dtype.itemsize <= 2 and abs(slope) <= 2**14 and abs(intercept) <= 2**29 else np.int64
    )
    values: NDArray[Any] = stored.astype(wide) * wide(slope) + wide(intercept)
    return values


def _padding_mask(stored: NDArray[Any], frame: FrameHeader, tally: _Tally) -> NDArray[np.bool_] | None:
    """Where PixelPaddingValue (PS3.3 C.7.5.1.1.2) says there is no image; None if nowhere."""
    if frame.scale.padding is None:
        return None
    low, high = (_as_stored(value, stored.dtype) for value in frame.scale.padding)
    mask: NDArray[np.bool_] = (stored >= min(low, high)) & (stored <= max(low, high))
    count = int(mask.sum())
    if not count:
        return None
    slope, intercept = _slope_and_intercept(frame.scale)
    meant = [slope * value + intercept for value in (low, high)]
    if is_ct(frame) and any(TISSUE_HU[0] < value < TISSUE_HU[1] for value in meant):
        tally.odd_padding += count
        return None
    tally.padded += count
    return mask


def _as_stored(value: int, dtype: np.dtype[Any]) -> int:
    """A padding value written with the other signedness, as many headers do."""
    info = np.iinfo(dtype)
    span = 1 << (dtype.itemsize * 8)
    if value < info.min:
        return value + span
    return value - span if value > info.max else value


def _check_duplicates(stack: SliceStack, frames: Sequence[FrameHeader], decoder: FrameDecoder) -> tuple[str, ...]:
    for kept, dropped in stack.duplicates:
        first, second = decoder.stored(frames[kept]), decoder.stored(frames[dropped])
        if frames[kept].scale != frames[dropped].scale or not np.array_equal(first, second):
            raise GeometryRefused(
                f"{frames[kept].label} and {frames[dropped].label} lie at one position and differ, expected one image "
                f"for each position ({len(stack.duplicates)} such pairs); choose or export another series."
            )
    if not stack.duplicates:
        return ()
    return (f"{len(stack.duplicates)} exact duplicates of slices were dropped.",)


def _straightened(
    voxels_kji: NDArray[Any], stack: SliceStack, geometry: PlaneGeometry, fill: float
) -> tuple[NDArray[Any], Grid]:
    """Apply the corrections the stack calls for, and place the result in LPS."""
    in_plane = np.array([geometry.column_spacing_mm, geometry.row_spacing_mm])
    origin: FloatArray = stack.origin_lps
    if any(stack.drift):
        shifts = np.outer(stack.offsets_mm, stack.drift) / in_plane
        voxels_kji, before = move_slices(voxels_kji, shifts, fill)
        back_mm = np.array(before) * in_plane
        origin = origin - back_mm[0] * geometry.row_direction - back_mm[1] * geometry.column_direction
    if stack.spacing_kind == "variable":
        voxels_kji = even_slices(voxels_kji, stack.offsets_mm, stack.spacing_mm)
    slices, rows, columns = voxels_kji.shape
    axes = np.stack([geometry.row_direction, geometry.column_direction, geometry.normal], axis=1)
    return voxels_kji, Grid.from_axes((columns, rows, slices), [*in_plane, stack.spacing_mm], origin, axes)


def _value_notes(tally: _Tally, size: int) -> list[str]:
    notes = []
    if tally.padded:
        notes.append(f"Padding ({tally.padded / size * 100:.1f} % of voxels) was set to air or no signal.")
    if tally.below:
        notes.append(f"Values below {AIR_HU} HU ({tally.below / size * 100:.1f} % of voxels) were set to {AIR_HU} HU.")
    if tally.above:
        notes.append(f"{tally.above} voxels above {_INT16.max} HU were set to {_INT16.max} HU.")
    if tally.odd_padding:
        notes.append("PixelPaddingValue means a density inside the body and was not followed.")
    return notes


def _header_notes(frames: Sequence[FrameHeader]) -> list[str]:
    notes = []
    if is_ct(frames[0]) and len({_slope_and_intercept(frame.scale) for frame in frames}) > 1:
        notes.append("RescaleSlope or RescaleIntercept differ between slices; each slice was scaled by its own.")
    if any(frame.lossy == "01" for frame in frames):  # (0028,2110), PS3.3 C.7.6.1.1.5
        notes.append("The images were compressed with loss before they came here.")
    return notes
