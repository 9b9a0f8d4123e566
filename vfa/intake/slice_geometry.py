"""Do these slices form one regular stack, and if not, what stands between them and one?

Pure geometry on positions and directions in LPS mm (DICOM PS3.3 C.7.6.2.1.1); no file and no pixel is known
here. Positions alone count: SliceThickness, SpacingBetweenSlices and SliceLocation are never used for spacing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vfa.errors import GeometryRefused
from vfa.model.frame import FloatArray

MIN_SLICES = 3  # two slices have one gap, which nothing can confirm
JITTER_FRACTION = 0.02  # of the spacing: deviations that are taken for rounding in the header
JITTER_MM = 0.06  # positions rounded to a tenth of a millimetre deviate by half of it from a line fitted to them
SAME_PLACE_FRACTION = 0.1  # of the usual spacing: slices closer than this lie at one position
SAME_PLACE_MM = 1e-3
WHOLE_GAP_TOLERANCE = 0.1  # how far a gap may be from a whole multiple to be called missing slices
VARIABLE_RATIO_LIMIT = 2.0  # greatest gap over smallest gap that is still resampled
DRIFT_MM = 0.1  # sideways drift over the whole stack that no voxel can show
MAX_TILT_DEG = 45.0  # gantries tilt by 30 degrees at most
_SENTENCES_AT_MOST = 3


@dataclass(frozen=True, eq=False)
class SliceStack:
    """Slices in the order of their positions along the normal.

    Args:
        order: indices of the given slices, sorted along the normal, one for each position.
        duplicates: (kept, dropped) indices of slices that share a position; whether they are equal is for the
            reader of their pixels to say.
        origin_lps: (3,) first pixel of the first slice.
        offsets_mm: (n,) distance of each slice from the first, along the normal.
        spacing_mm: distance between the slices of the regular stack they form, or are to be resampled to.
        drift: (2,) sideways shift along row and column, per mm along the normal; zero for an upright stack.
        spacing_kind: "regular", or "variable" when the slices must be resampled along the normal.
        notes: sentences for the record.
    """

    order: tuple[int, ...]
    duplicates: tuple[tuple[int, int], ...]
    origin_lps: FloatArray
    offsets_mm: FloatArray
    spacing_mm: float
    drift: tuple[float, float]
    spacing_kind: str
    notes: tuple[str, ...]

    @property
    def tilt_deg(self) -> float:
        """Angle between the line through the slices' corners and their normal."""
        return float(np.degrees(np.arctan(np.hypot(*self.drift))))


def stack_slices(
    positions_lps: ArrayLike, row_direction: ArrayLike, column_direction: ArrayLike, labels: Sequence[str]
) -> SliceStack:
    """Sort parallel slices along their normal and say how they lie.

    Args:
        positions_lps: (n, 3) centre of the first pixel of each slice, mm.
        row_direction: (3,) unit vector along which column numbers grow.
        column_direction: (3,) unit vector along which row numbers grow, perpendicular to it.
        labels: (n,) names of the slices for messages.

    Raises:
        GeometryRefused: if slices are missing, too few, at one position, unevenly spaced beyond resampling, or
            shifted sideways without rule.
    """
    positions = np.asarray(positions_lps, dtype=float).reshape(-1, 3)
    row, column = np.asarray(row_direction, dtype=float), np.asarray(column_direction, dtype=float)
    along = positions @ np.cross(row, column)
    kept, duplicates = _one_per_position(along)
    _check_count(len(positions), len(kept))
    offsets = along[kept] - along[kept[0]]
    names = [labels[index] for index in kept]
    spacing, spacing_kind, notes = _spacing(offsets, names)
    if spacing_kind == "regular":
        offsets = np.arange(len(kept)) * spacing
    sideways = (positions[kept] - positions[kept[0]]) @ np.stack([row, column], axis=1)
    drift = _drift(offsets, sideways, names)
    if any(drift):
        notes = (*notes, _tilt_note(spacing, drift))
    return SliceStack(
        order=tuple(kept),
        duplicates=tuple(duplicates),
        origin_lps=positions[kept[0]],
        offsets_mm=offsets,
        spacing_mm=spacing,
        drift=drift,
        spacing_kind=spacing_kind,
        notes=notes,
    )


def has_shared_positions(positions_lps: ArrayLike, normal: ArrayLike) -> bool:
    """Whether two of the slices lie at one position."""
    return bool(_one_per_position(np.asarray(positions_lps, dtype=float) @ np.asarray(normal))[1])


def _one_per_position(along: FloatArray) -> tuple[list[int], list[tuple[int, int]]]:
    order = [int(index) for index in np.argsort(along, kind="stable")]
    gaps = np.diff(along[order])
    apart = gaps[gaps > SAME_PLACE_MM]
    limit = max(SAME_PLACE_MM, SAME_PLACE_FRACTION * float(np.median(apart))) if len(apart) else SAME_PLACE_MM
    kept, duplicates = order[:1], []
    for index in order[1:]:
        if along[index] - along[kept[-1]] <= limit:
            duplicates.append((kept[-1], index))
        else:
            kept.append(index)
    return kept, duplicates


def _check_count(given: int, kept: int) -> None:
    if kept == 1 and given > 1:
        raise GeometryRefused(f"{given} images lie at one position, expected a stack of slices; choose another series.")
    if kept < MIN_SLICES:
        raise GeometryRefused(
            f"Got {kept} slice{'s' if kept > 1 else ''}, expected at least {MIN_SLICES} parallel ones; "
            "give the folder of a whole series."
        )


def _spacing(offsets: FloatArray, names: Sequence[str]) -> tuple[float, str, tuple[str, ...]]:
    gaps = np.diff(offsets)
    usual = float(np.median(gaps))
    _check_nothing_missing(gaps, _smallest_usual(gaps), names)
    spacing, first = np.polyfit(np.arange(len(offsets)), offsets, 1)
    deviation = float(np.abs(offsets - (first + spacing * np.arange(len(offsets)))).max())
    if deviation <= max(JITTER_FRACTION * usual, JITTER_MM):
        mean = float(offsets[-1] / (len(offsets) - 1))
        if deviation <= SAME_PLACE_MM:
            return mean, "regular", ()
        note = f"Slice positions deviate from an even spacing of {mean:.3f} mm by up to {deviation:.3f} mm; evened."
        return mean, "regular", (note,)
    least, most = float(gaps.min()), float(gaps.max())
    if most > VARIABLE_RATIO_LIMIT * least:
        raise GeometryRefused(
            f"Slices are unevenly spaced, {least:.2f} to {most:.2f} mm apart, expected one spacing; "
            "choose or export another series."
        )
    note = f"Slices {least:.2f} to {most:.2f} mm apart were resampled to an even {most:.2f} mm, the widest gap."
    return most, "variable", (note,)


def _smallest_usual(gaps: FloatArray) -> float:
    """The spacing a complete stack would have: the lower quartile, so that many missing slices do not hide it."""
    return float(np.quantile(gaps, 0.25, method="lower"))


def _check_nothing_missing(gaps: FloatArray, usual: float, names: Sequence[str]) -> None:
    missing = []
    for number, gap in enumerate(gaps):
        steps = round(float(gap) / usual)
        if steps >= 2 and abs(gap / usual - steps) <= WHOLE_GAP_TOLERANCE:
            missing.append(
                f"{steps - 1} between {names[number]} and {names[number + 1]} (a gap of {gap:.2f} mm, "
                f"expected {usual:.2f} mm)"
            )
    if missing:
        more = f" and {len(missing) - _SENTENCES_AT_MOST} more" if len(missing) > _SENTENCES_AT_MOST else ""
        listed = "; ".join(missing[:_SENTENCES_AT_MOST])
        raise GeometryRefused(f"Slices are missing: {listed}{more}; export the whole series again.")


def _drift(offsets: FloatArray, sideways: FloatArray, names: Sequence[str]) -> tuple[float, float]:
    """Sideways shift per mm along the normal, or zero where no voxel could show it."""
    slope = offsets @ sideways / (offsets @ offsets)
    residual = np.linalg.norm(sideways - np.outer(offsets, slope), axis=1)
    worst = int(residual.argmax())
    if residual[worst] > max(JITTER_MM, JITTER_FRACTION * float(offsets[1])):
        raise GeometryRefused(
            f"Slices are shifted sideways without rule, {names[worst]} by {residual[worst]:.2f} mm, expected one "
            "straight stack; choose another series."
        )
    if float(np.linalg.norm(slope)) * offsets[-1] <= DRIFT_MM:
        return 0.0, 0.0
    if np.hypot(*slope) > np.tan(np.radians(MAX_TILT_DEG)):
        raise GeometryRefused(
            f"Slices lie more beside than behind each other ({np.degrees(np.arctan(np.hypot(*slope))):.0f} degrees), "
            f"expected a tilt of at most {MAX_TILT_DEG:.0f}; choose another series."
        )
    return float(slope[0]), float(slope[1])


def _tilt_note(spacing_mm: float, drift: tuple[float, float]) -> str:
    tilt = np.arctan(np.hypot(*drift))
    return (
        f"A gantry tilt of {np.degrees(tilt):.1f} degrees was straightened by moving each slice within its plane; "
        f"planes are {spacing_mm:.3f} mm apart, table positions {spacing_mm / np.cos(tilt):.3f} mm."
    )
