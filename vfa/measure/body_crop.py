"""Which part of the image do a body's endplates need, and what in it must not be taken for one?

Gas in a degenerated disc stands out from the disc more than bone does, and its far side was once taken for the endplate
(7 mm off). On CT it is therefore shown no darker than fat. What belongs to other bodies is marked.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vfa.model.spine import Spine, Vertebra
from vfa.model.volume import Volume

MARGIN_MM = 12.0  # the image around a body that its endplates and their discs need
GAS_AS_HU = -50


def crop_around(spine: Spine, vertebra: Vertebra, volume: Volume) -> tuple[Volume, NDArray[np.bool_]]:
    """The image around one body, gas in it made harmless, and which of its voxels belong to other bodies."""
    ijk = volume.grid.ijk_of(vertebra.ends_lps)
    margin = MARGIN_MM / np.asarray(volume.spacing_mm)
    start = np.clip(np.floor(ijk.min(axis=0) - margin), 0, None).astype(int)
    stop = np.minimum(np.ceil(ijk.max(axis=0) + margin).astype(int) + 1, volume.grid.shape)
    size = tuple(int(n) for n in stop - start)
    window = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
    voxels = volume.voxels[window]
    if volume.modality.is_ct and voxels.min(initial=0) < GAS_AS_HU:
        voxels = np.maximum(voxels, GAS_AS_HU)
    crop = replace(volume, voxels=voxels, grid=volume.grid.crop(start, (size[0], size[1], size[2])))
    foreign = np.zeros(crop.grid.shape, dtype=bool)
    for other in spine.vertebrae:
        if other is not vertebra and _overlap(other, crop):
            foreign |= _on_grid(other, crop)
    return crop, foreign


def _overlap(vertebra: Vertebra, crop: Volume) -> bool:
    """Whether a vertebra's body may reach into the crop."""
    ijk = crop.grid.ijk_of(vertebra.ends_lps)
    return bool((ijk.max(axis=0) >= 0).all() and (ijk.min(axis=0) <= np.asarray(crop.grid.shape) - 1).all())


def _on_grid(vertebra: Vertebra, crop: Volume) -> NDArray[np.bool_]:
    """(I, J, K) bool: the body of another vertebra on the crop's grid, by position."""
    marked = np.zeros(crop.grid.shape, dtype=bool)
    ijk = np.round(crop.grid.ijk_of(vertebra.grid.lps_of(np.argwhere(vertebra.body)))).astype(int)
    within = ((ijk >= 0) & (ijk < np.asarray(crop.grid.shape))).all(axis=1)
    marked[tuple(ijk[within].T)] = True
    return marked
