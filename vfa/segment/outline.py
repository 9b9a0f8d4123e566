"""Where exactly does one body end? The second network looks at each body alone, in the body's own frame, at 1 mm.

It sees the image round one body and what the first network believes of it, and answers with the signed distance to
the surface of this body: neighbours are background to it, so that bodies that touch come apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.model.frame import BodyFrame, FloatArray, Grid
from vfa.model.volume import Modality, Volume
from vfa.segment.belief import Belief, covering
from vfa.segment.bodies import BodyMask
from vfa.segment.instances import BODY_AT_LEAST
from vfa.segment.network import load_network
from vfa.segment.network_input import CT_WINDOW_HU, MOST_MR, MR_PERCENTILES, FloatImage

CROP_SHAPE = (56, 56, 48)  # voxels towards left, anterior, cranial
CROP_SPACING_MM = (1.25, 1.0, 1.0)
REACH_MM = 4.0  # distances are known up to here, farther ones are only said to be farther
FINEST_MM = 1.0  # voxels are averaged together while they stay at or below this size
LOOK_AGAIN_MM = 4.0  # a body that lies farther from the crop's middle is looked at again with it in the middle
SPECK_SHARE = 0.02  # of the largest piece
AGREE_AT_LEAST = 0.5  # Dice of the two networks' bodies; below it they do not mean the same thing
DISAGREE = "the two networks disagree on where this body ends (overlap {dice:.2f}); the coarser outline is shown"


@dataclass(frozen=True, eq=False)
class Outline:
    """One body's surface.

    Args:
        distance_mm: (X, Y, Z) signed distance to it, negative inside, within ±REACH_MM.
        grid: the crop's lattice: i to the left, j to the front, k to the head of the body; LPS mm.
        agreement: Dice with what the first network believed, 0–1.
    """

    distance_mm: FloatImage
    grid: Grid
    agreement: float

    @property
    def doubt(self) -> str:
        """Why it is not to be believed; empty when it is."""
        return "" if self.agreement >= AGREE_AT_LEAST else DISAGREE.format(dice=self.agreement)

    def mask_on(self, image: Grid) -> BodyMask | None:
        """The body on an image's own voxels; None if no voxel's centre lies inside."""
        inside = np.argwhere(self.distance_mm < 0)
        if not len(inside):
            return None
        crop = covering(image, self.grid, inside.min(axis=0) - 1.0, inside.max(axis=0) + 1.0)
        to_own = self.grid.ijk_from_lps @ crop.lps_from_ijk
        fine = ndimage.affine_transform(
            self.distance_mm, to_own[:3, :3], to_own[:3, 3], crop.shape, order=1, mode="constant", cval=REACH_MM
        )
        return BodyMask(fine < 0, crop) if (fine < 0).any() else None


def outline(volume: Volume, frame: BodyFrame, belief: Belief) -> Outline:
    """Find the surface of the body at a place.

    Args:
        volume: the image.
        frame: about where the body is and how it is turned, to 5 mm and 15°.
        belief: what the first network makes of it.
    """
    found = _look(volume, frame, belief)
    inside = np.argwhere(found.distance_mm < 0)
    if not len(inside):
        return found
    centre_lps = found.grid.lps_of(inside.mean(axis=0))
    if np.linalg.norm(centre_lps - frame.centre_lps) <= LOOK_AGAIN_MM:
        return found
    return _look(volume, BodyFrame(centre_lps, frame.cranial, frame.anterior), belief)


def guessed_frame(centre_lps: FloatArray, cranial: FloatArray, canal_lps: FloatArray | None) -> BodyFrame:
    """A body's frame from its centre, the line of its neighbours and the canal behind it (None: the patient's back)."""
    anterior = np.array([0.0, -1.0, 0.0]) if canal_lps is None else centre_lps - canal_lps
    return BodyFrame.from_directions(centre_lps, cranial, anterior)


def _look(volume: Volume, frame: BodyFrame, belief: Belief) -> Outline:
    grid = crop_grid(frame)
    values, known = sampled(volume, grid)
    believed = belief.on(grid)
    seen = np.stack([normalised(values, known, volume.modality), believed])[None]
    distance_mm = load_network("outline").run(None, {"crop": seen})[0][0, 0]
    own, other = (distance_mm < 0) & known, (believed >= BODY_AT_LEAST) & known
    both = float(own.sum() + other.sum())
    agreement = 2 * float((own & other).sum()) / both if both else 0.0
    return Outline(_main_piece(distance_mm), grid, agreement)


def _main_piece(distance_mm: FloatImage) -> FloatImage:
    """Specks away from the largest piece are pushed outside."""
    labels, count = ndimage.label(distance_mm < 0)
    if count < 2:
        return distance_mm
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    specks = (labels > 0) & (sizes[labels] < SPECK_SHARE * sizes.max())
    return np.where(specks, REACH_MM, distance_mm).astype(np.float32)


@lru_cache(maxsize=1)
def crop_places_mm() -> FloatImage:
    """(X, Y, Z, 3) left, anterior, cranial of a crop's voxels from the body's centre, mm."""
    axes = [(np.arange(n) - (n - 1) / 2) * mm for n, mm in zip(CROP_SHAPE, CROP_SPACING_MM, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).astype(np.float32)


def crop_grid(frame: BodyFrame) -> Grid:
    """The crop's lattice round a body: i to the left, j to the front, k to the head."""
    half = (np.asarray(CROP_SHAPE) - 1) / 2 * np.asarray(CROP_SPACING_MM)
    return Grid.from_axes(CROP_SHAPE, CROP_SPACING_MM, frame.lps_of(-half), frame.axes)


def normalised(values: FloatImage, known: NDArray[np.bool_], modality: Modality) -> FloatImage:
    """Brightness about 0–1 of a crop; 0 where it lies outside the image. MR by the crop's own percentiles."""
    if modality.is_ct:
        low, high = CT_WINDOW_HU
        scaled = (np.clip(values, low, high) - low) / (high - low)
    else:
        low, high = np.percentile(values[known], MR_PERCENTILES) if known.any() else (0.0, 1.0)
        scaled = np.clip((values - low) / max(float(high - low), 1e-6), 0, MOST_MR)
    return np.where(known, scaled, 0).astype(np.float32)


def sampled(volume: Volume, grid: Grid) -> tuple[FloatImage, NDArray[np.bool_]]:
    """The image on another lattice, fine voxels averaged first.

    Returns:
        Its values and whether each voxel lies within the image, both of the lattice's shape.
    """
    part = covering(volume.grid, grid, np.zeros(3), np.asarray(grid.shape) - 1.0)
    first = np.rint(volume.grid.ijk_of(part.lps_of(np.zeros(3)))).astype(int)
    box = tuple(slice(a, a + n) for a, n in zip(first, part.shape, strict=True))
    values, own = _averaged(volume.voxels[box].astype(np.float32), part)
    to_own = own.ijk_from_lps @ grid.lps_from_ijk
    out = ndimage.affine_transform(values, to_own[:3, :3], to_own[:3, 3], grid.shape, order=1, mode="nearest")
    to_image = volume.grid.ijk_from_lps @ grid.lps_from_ijk
    known = np.ones(grid.shape, dtype=bool)
    for axis, size in enumerate(volume.grid.shape):
        row = [to_image[axis, n] * np.arange(grid.shape[n]) for n in range(3)]
        at = row[0][:, None, None] + row[1][None, :, None] + row[2][None, None, :] + to_image[axis, 3]
        known &= (at >= -0.5) & (at <= size - 0.5)
    return np.asarray(out, dtype=np.float32), known


def _averaged(values: FloatImage, grid: Grid) -> tuple[FloatImage, Grid]:
    """Whole voxels averaged together along each axis as long as they stay small."""
    factors = np.maximum(np.floor(FINEST_MM / np.asarray(grid.spacing_mm) + 1e-3).astype(int), 1)
    factors = np.minimum(factors, values.shape)
    for axis, factor in enumerate(factors):
        if factor > 1:
            cut = np.moveaxis(values, axis, 0)
            cut = cut[: len(cut) // factor * factor]
            values = np.moveaxis(cut.reshape(-1, factor, *cut.shape[1:]).mean(axis=1), 0, axis)
    affine = np.array(grid.lps_from_ijk)
    affine[:3, 3] = grid.lps_of((factors - 1) / 2)
    affine[:3, :3] = affine[:3, :3] * factors
    return values, Grid((values.shape[0], values.shape[1], values.shape[2]), affine)
