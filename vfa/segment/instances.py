"""Which voxels are one body? Peaks of the centre map, the bodies round them, and the chain that is a spine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import watershed

from vfa.model.frame import FloatArray
from vfa.segment.locate import SpineMaps
from vfa.segment.network_input import SPACING_MM

BODY_AT_LEAST = 0.5  # probability
VOXEL_ML = SPACING_MM**3 / 1000
PEAK_AT_LEAST = 0.25  # of the centre map; a perfect peak is 1
PEAK_OFF_VOXELS = 2.0  # how far from the mask a peak may lie
WAIST_AT_MOST = 0.4  # of the voxels in a layer below and in one above: an hourglass fracture keeps more than half
FAINTEST_CENTRE = 1e-4  # below it the centre map says nothing
ONE_PEAK_VALLEY = 0.6  # two peaks with no deeper valley between them than this share of the lower one are one body
PEAKS_WITHIN_MM = 30.0  # only peaks this near to each other are compared
CANDIDATE_AT_LEAST_ML = 0.8  # a vertebra plana of the upper thoracic spine has about 1.5 ml
STEP_MM = (9.0, 58.0)  # from centre to centre of neighbours, crushed ones and tall ones included
LONG_STEP_MM = 95.0  # one body was missed in between
MISSED_COST = 0.6  # of a typical body's worth
MOST_TILT_DEG = 75.0  # of a step against the head-foot axis: a hunched upper chest lies nearly flat
FILLED_AT_LEAST = 0.5  # share of the way between neighbours that is body or disc
SACRUM_AT_MOST = 0.2  # likewise, that is sacrum
CLEAR_CENTRE = 0.6  # every spine on the images looked at has a body with more; stool and bowel have not
CLEAR_PROBABILITY = 0.8  # likewise
CANAL_WITHIN_MM = 55.0
CANAL_AT_LEAST_ML = 0.4
CANAL_SLAB_MM = 12.0  # of canal behind a body is averaged


@dataclass(frozen=True, eq=False)
class Candidate:
    """One body found on the 2 mm lattice.

    Args:
        number: its label in the instance map.
        centre_lps: (3,) its centre of mass.
        volume_ml: by counting voxels.
        centre_height: the centre map's peak, 0–1.
        mean_probability: of being body, over its voxels.
    """

    number: int
    centre_lps: FloatArray
    volume_ml: float
    centre_height: float
    mean_probability: float

    @property
    def worth(self) -> float:
        """How much it speaks for a chain to hold this body, 0–1."""
        return self.centre_height * min(self.volume_ml / 5.0, 1.0)


def find_instances(maps: SpineMaps) -> tuple[NDArray[np.int32], tuple[Candidate, ...]]:
    """Split the body map at the centre map's peaks, and at waists that no peak tells of.

    Returns:
        (X, Y, Z) int32 instance map, and a candidate for every number in it that is large enough.
    """
    labels = np.zeros(maps.body.shape, dtype=np.int32)
    boxes = ndimage.find_objects((maps.body >= BODY_AT_LEAST).view(np.uint8))
    if not boxes:
        return labels, ()
    box = tuple(slice(max(side.start - 3, 0), side.stop + 3) for side in boxes[0])
    body, centre = maps.body[box], maps.centre[box]
    mask = body >= BODY_AT_LEAST
    peaks = _peaks(centre, mask)
    markers = np.zeros(mask.shape, dtype=np.int32)
    markers[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    # Each peak is scaled to its body, so the way to it, in its own widths, says whose voxel it is.
    relief = -np.log(np.maximum(centre, FAINTEST_CENTRE))
    own = np.asarray(watershed(relief, markers, mask=mask), dtype=np.int32)
    _add_cut_bodies(own, mask, ndimage.binary_erosion(maps.known[box], iterations=2))
    _part_at_waists(own)
    labels[box] = own
    found = (_candidate(maps, labels, number, part) for number, part in enumerate(ndimage.find_objects(labels), 1))
    return labels, tuple(candidate for candidate in found if candidate is not None)


def _add_cut_bodies(labels: NDArray[np.int32], mask: NDArray[np.bool_], inner: NDArray[np.bool_]) -> None:
    """Number the pieces without a peak that reach the image's edge: bodies whose centre was not scanned."""
    count = int(labels.max())
    pieces, _ = ndimage.label(mask & (labels == 0))
    for number, box in enumerate(ndimage.find_objects(pieces), start=1):
        own = pieces[box] == number
        if own.sum() * VOXEL_ML >= CANDIDATE_AT_LEAST_ML and not inner[box][own].all():
            count += 1
            labels[box][own] = count


def _part_at_waists(labels: NDArray[np.int32]) -> None:
    """Give the upper part of an instance with a waist across the column a number of its own.

    Where a body is crushed flat the centre map may peak too faintly, and its voxels go to the body beside it.
    """
    count = int(labels.max())
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        own = labels[box] == number
        layers = own.sum(axis=(0, 1))
        waist = _waist(layers)
        if waist is not None:
            count += 1
            upper = own.copy()
            upper[:, :, :waist] = False
            labels[box][upper] = count


def _waist(layers: NDArray[np.int_]) -> int | None:
    """The layer with far fewer voxels than one below and one above it, if both parts could be bodies."""
    below, above = np.maximum.accumulate(layers), np.maximum.accumulate(layers[::-1])[::-1]
    depth = layers / np.maximum(np.minimum(below, above), 1)
    at = int(np.argmin(depth))
    parts_ml = layers[:at].sum() * VOXEL_ML, layers[at:].sum() * VOXEL_ML
    return at if depth[at] <= WAIST_AT_MOST and min(parts_ml) >= CANDIDATE_AT_LEAST_ML else None


def _candidate(
    maps: SpineMaps, labels: NDArray[np.int32], number: int, box: tuple[slice, ...] | None
) -> Candidate | None:
    if box is None:
        return None
    own = labels[box] == number
    volume_ml = float(own.sum() * VOXEL_ML)
    if volume_ml < CANDIDATE_AT_LEAST_ML:
        return None
    middle = np.argwhere(own).mean(axis=0) + [side.start for side in box]
    peak, mean = float(maps.centre[box][own].max()), float(maps.body[box][own].mean())
    return Candidate(number, maps.grid.lps_of(middle), volume_ml, peak, mean)


def _peaks(centre: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """(N, 3) voxels of the centre map's peaks, one per body.

    The middle of a body crushed flat may itself not be seen as body: its peak is moved onto the nearest voxel that is.
    """
    height = ndimage.gaussian_filter(centre, 0.7)
    near, nearest = ndimage.distance_transform_edt(~mask, return_indices=True)
    top = (ndimage.maximum_filter(height, size=3) == height) & (near <= PEAK_OFF_VOXELS) & (centre >= PEAK_AT_LEAST)
    found = np.argwhere(top)
    found = found[np.argsort(-centre[tuple(found.T)], kind="stable")]
    kept: list[NDArray[np.intp]] = []
    for peak in found:
        if not any(_same_hill(centre, peak, other) for other in kept):
            kept.append(peak)
    moved = [nearest[(slice(None), *peak)] for peak in kept]
    return np.array(moved, dtype=np.intp).reshape(-1, 3)


def _same_hill(centre: NDArray[np.float32], one: NDArray[np.intp], other: NDArray[np.intp]) -> bool:
    if np.linalg.norm(one - other) * SPACING_MM > PEAKS_WITHIN_MM:
        return False
    way = np.linspace(one, other, 16).T
    heights = ndimage.map_coordinates(centre, way, order=1)
    return bool(heights.min() > ONE_PEAK_VALLEY * min(heights[0], heights[-1]))


def spine_chain(maps: SpineMaps, candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """The best chain of plausible neighbours, from head to foot; empty when nothing amounts to a spine.

    The chain is worth the sum of its bodies, less for every body that seems to have been missed. It counts only when
    one of its bodies at least is beyond doubt, and when a canal runs behind it: without one it is no spine.
    """
    ordered = sorted(candidates, key=lambda c: -float(c.centre_lps[2]))
    best: list[float] = []
    before: list[int | None] = []
    for index, candidate in enumerate(ordered):
        options = [(0.0, None)] + [
            (best[above] - cost, above)
            for above in range(index)
            if (cost := _step_cost(maps, ordered[above], candidate)) is not None
        ]
        value, link = max(options, key=lambda option: option[0])
        best.append(value + candidate.worth)
        before.append(link)
    if not best:
        return ()
    at: int | None = int(np.argmax(best))
    chain: list[Candidate] = []
    while at is not None:
        chain.insert(0, ordered[at])
        at = before[at]
    sure = any(c.centre_height >= CLEAR_CENTRE and c.mean_probability >= CLEAR_PROBABILITY for c in chain)
    return tuple(chain) if sure and _has_canal(maps, chain) else ()


def _step_cost(maps: SpineMaps, above: Candidate, below: Candidate) -> float | None:
    """What it costs to call two bodies neighbours; None when they cannot be."""
    step = below.centre_lps - above.centre_lps
    length_mm = float(np.linalg.norm(step))
    if not STEP_MM[0] <= length_mm <= LONG_STEP_MM:
        return None
    if -step[2] < length_mm * np.cos(np.radians(MOST_TILT_DEG)):
        return None
    way = maps.grid.ijk_of(above.centre_lps + np.linspace(0, 1, 24)[:, None] * step).T
    filled = sum(ndimage.map_coordinates(part, way, order=1) for part in (maps.body, maps.disc)) > BODY_AT_LEAST
    if filled.mean() < FILLED_AT_LEAST:
        return None
    if (ndimage.map_coordinates(maps.sacrum, way, order=1) > BODY_AT_LEAST).mean() > SACRUM_AT_MOST:
        return None  # no free vertebra stands below the sacrum
    return 0.0 if length_mm <= STEP_MM[1] else MISSED_COST


def _has_canal(maps: SpineMaps, chain: list[Candidate]) -> bool:
    canal = np.argwhere(maps.canal > BODY_AT_LEAST)
    if not len(canal):
        return False
    places = maps.grid.lps_of(canal)
    near = np.zeros(len(places), dtype=bool)
    for candidate in chain:
        near |= np.linalg.norm(places - candidate.centre_lps, axis=1) < CANAL_WITHIN_MM
    return bool(near.sum() * VOXEL_ML >= CANAL_AT_LEAST_ML * min(len(chain), 3))


def canal_behind(maps: SpineMaps, centre_lps: FloatArray, cranial: FloatArray) -> FloatArray | None:
    """(3,) middle of the canal at the height of a body; None when no canal was found there.

    Args:
        maps: the network's maps.
        centre_lps: (3,) the body's centre.
        cranial: (3,) unit vector along the column.
    """
    low = np.clip(
        np.floor(maps.grid.ijk_of(centre_lps) - CANAL_WITHIN_MM / SPACING_MM).astype(int), 0, maps.canal.shape
    )
    high = np.clip(low + int(2 * CANAL_WITHIN_MM / SPACING_MM), 0, maps.canal.shape)
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    voxels = np.argwhere(maps.canal[box] > BODY_AT_LEAST) + low
    if not len(voxels):
        return None
    offset = maps.grid.lps_of(voxels) - centre_lps
    level = np.abs(offset @ cranial) < CANAL_SLAB_MM / 2
    near = np.linalg.norm(offset, axis=1) < CANAL_WITHIN_MM
    chosen = offset[level & near]
    return None if len(chosen) < 3 else np.asarray(centre_lps + chosen.mean(axis=0), dtype=np.float64)
