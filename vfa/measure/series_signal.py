"""How bright are the bodies, their discs and the fluid behind them in another series of the examination?

Read in the core of each body: away from its surface, by more where the series had to be registered, and away from its
sides, where slices as thick as those of MR mix it with muscle.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.model.frame import FloatArray
from vfa.model.spine import Spine, Vertebra
from vfa.model.study import Companion, Registered, Role, SameFrame, Study
from vfa.model.volume import Modality, Volume

MARGIN_MM = 3.0  # from the body's surface: cortex, endplates and what segmentations miss
BEYOND_RESIDUAL_MM = 1.5  # of a registration
MIDDLE_SHARE = 0.7  # of the body's extent across the slices
SEEN_AT_LEAST = 0.9  # of the core's points must lie in the images
POINTS_AT_LEAST, POINTS_AT_MOST = 60, 6_000
BALL_MM = 3.0  # around the middle of a disc
CANAL_BALL_MM = 5.0
CSF_PERCENTILE = 90.0  # of the canal: roots and cord are darker than the fluid around them


@dataclass(frozen=True, eq=False)
class SeriesSignal:
    """What was read in one series.

    Args:
        name: how a sentence calls it: "STIR series “t2_tirm_sag”".
        modality: its kind.
        core: by level, the signal at points of the body's core; levels that cannot be read are missing.
        why_not: by level, why not, as the beginning of a sentence.
        discs: signal in the middle between neighbouring bodies.
        csf: by level, signal of the fluid in the canal behind it.
        body: by level, the signal at every voxel of the body (NaN outside it or too near its surface), and the volume
            of one voxel in mm³.
    """

    name: str
    modality: Modality
    core: dict[str, FloatArray] = field(default_factory=dict)
    why_not: dict[str, str] = field(default_factory=dict)
    discs: tuple[float, ...] = ()
    csf: dict[str, float] = field(default_factory=dict)
    body: dict[str, tuple[NDArray[np.float32], float]] = field(default_factory=dict)

    def unreadable(self, level: str) -> str:
        """Why a level cannot be read, empty if it can."""
        return "" if level in self.core else self.why_not.get(level, f"{level} is not shown")

    def median(self, level: str) -> float:
        """Median signal of a body's core; never 0, since ratios to it are taken."""
        return max(float(np.median(self.core[level])), 1e-6)

    def largest_piece_mm3(self, level: str, at_least: float) -> float:
        """Volume of the largest connected part of a body with such a signal."""
        signal, voxel_mm3 = self.body[level]
        pieces, count = ndimage.label(np.nan_to_num(signal, nan=-np.inf) >= at_least)
        return float(np.bincount(pieces.ravel())[1:].max()) * voxel_mm3 if count else 0.0


def read_series(study: Study, kind: Modality, spine: Spine) -> SeriesSignal | None:
    """The signal of one kind of MR of the examination, the measured series included; None if it has none."""
    own = study.primary.modality is kind
    companion = Companion(study.primary, Role.MORPHOMETRY, SameFrame()) if own else study.companion(kind)
    if companion is None:
        return None
    volume = companion.volume
    described = f" “{volume.source.description}”" if volume.source.description else ""
    read = SeriesSignal(f"{kind.value} series{described}", kind)
    for vertebra in spine.vertebrae:
        _read_body(read, vertebra, companion)
    return SeriesSignal(
        read.name, kind, read.core, read.why_not, _discs(spine, companion), _csf(spine, companion), read.body
    )


def signal_at(companion: Companion, points_lps: FloatArray) -> FloatArray:
    """(N,) signal at (N, 3) points of the primary volume's LPS; NaN outside the companion's images."""
    volume = companion.volume
    ijk = volume.grid.ijk_of(companion.placement.companion_lps_of(points_lps))
    low = np.clip(np.floor(ijk.min(axis=0)).astype(int) - 1, 0, np.array(volume.grid.shape) - 1)
    high = np.clip(np.ceil(ijk.max(axis=0)).astype(int) + 2, 1, np.array(volume.grid.shape))
    outside = ((ijk < -0.5) | (ijk > np.array(volume.grid.shape) - 0.5)).any(axis=1)
    found = np.full(len(ijk), np.nan)
    if (high > low).all() and not outside.all():
        window = volume.voxels[tuple(slice(a, b) for a, b in zip(low, high, strict=True))].astype(np.float32)
        found = ndimage.map_coordinates(window, (ijk - low).T, order=1, mode="nearest").astype(np.float64)
        found[outside] = np.nan
    return found


def _read_body(read: SeriesSignal, vertebra: Vertebra, companion: Companion) -> None:
    level = vertebra.level
    if vertebra.touches_border or vertebra.unusable:
        read.why_not[level] = f"{level} is cut by the measured images' edge or was not found clearly"
        return
    spacing = vertebra.grid.spacing_mm
    depth_mm = ndimage.distance_transform_edt(np.pad(vertebra.body, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    placement = companion.placement
    margin_mm = MARGIN_MM
    if isinstance(placement, Registered):
        margin_mm = max(MARGIN_MM, placement.residual_mm + BEYOND_RESIDUAL_MM)
    index = np.argwhere(depth_mm > margin_mm)
    if len(index) < POINTS_AT_LEAST:
        read.why_not[level] = f"{level} is too small to be read away from its surface"
        return
    points = vertebra.grid.lps_of(index)
    signal = signal_at(companion, points)
    if np.isfinite(signal).mean() < SEEN_AT_LEAST:
        read.why_not[level] = f"{level} lies outside, wholly or in part,"
        return
    inside = np.full(vertebra.grid.shape, np.nan, dtype=np.float32)
    inside[tuple(index.T)] = signal
    read.body[level] = inside, float(np.prod(spacing))
    core = signal[_middle(points, companion.volume, placement) & np.isfinite(signal)]
    if len(core) < POINTS_AT_LEAST:
        del read.body[level]
        read.why_not[level] = f"{level} is too small to be read away from its surface"
        return
    read.core[level] = core[:: max(1, len(core) // POINTS_AT_MOST)]


def _middle(points_lps: FloatArray, volume: Volume, placement: SameFrame | Registered) -> NDArray[np.bool_]:
    """Which points lie in the middle of the body across the companion's slices."""
    across = volume.grid.axes[:, volume.slice_axis]
    along = placement.companion_lps_of(points_lps) @ across
    low, high = float(along.min()), float(along.max())
    return np.asarray(np.abs(along - (low + high) / 2) <= MIDDLE_SHARE * (high - low) / 2)


def _discs(spine: Spine, companion: Companion) -> tuple[float, ...]:
    """Signal in the middle between each two neighbouring bodies."""
    ball = _ball(BALL_MM)
    found = []
    for upper, lower in zip(spine.vertebrae, spine.vertebrae[1:], strict=False):
        signal = signal_at(companion, (_lower_middle(upper) + _upper_middle(lower)) / 2 + ball)
        if np.isfinite(signal).all():
            found.append(float(np.median(signal)))
    return tuple(found)


def _lower_middle(vertebra: Vertebra) -> FloatArray:
    """(3,) about the middle of a body's lower surface."""
    points = vertebra.grid.lps_of(np.argwhere(vertebra.body))
    return np.asarray(points[points[:, 2] <= np.quantile(points[:, 2], 0.1)].mean(axis=0))


def _upper_middle(vertebra: Vertebra) -> FloatArray:
    points = vertebra.grid.lps_of(np.argwhere(vertebra.body))
    return np.asarray(points[points[:, 2] >= np.quantile(points[:, 2], 0.9)].mean(axis=0))


def _csf(spine: Spine, companion: Companion) -> dict[str, float]:
    ball = _ball(CANAL_BALL_MM)
    found = {}
    for vertebra in spine.vertebrae:
        if vertebra.canal_lps is not None:
            signal = signal_at(companion, vertebra.canal_lps + ball)
            if np.isfinite(signal).all():
                found[vertebra.level] = float(np.percentile(signal, CSF_PERCENTILE))
    return found


def _ball(radius_mm: float) -> FloatArray:
    steps = np.arange(-radius_mm, radius_mm + 0.5, 1.0)
    points = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    return np.asarray(points[np.linalg.norm(points, axis=1) <= radius_mm])
