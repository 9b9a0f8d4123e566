"""What do masks look like that are as wrong as a segmenter's? The true ones, spoilt on purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.model.frame import FloatArray
from vfa.model.spine import Spine, Vertebra

PAD_MM = 5.0
GROWN_MM = 1.2
TALL_MM = 3.0  # at each end: what a segmenter makes of a crush that it takes for a usual body
COARSE_MM = 2.0
ROUGH_SD_MM = 1.0
ROUGH_SCALE_MM = 6.0

Mask = NDArray[np.bool_]


def degraded(spine: Spine, kind: str, seed: int) -> Spine:
    """The spine under masks that are `grown`, `shrunk`, `tall`, `rough` or `coarse`.

    Raises:
        KeyError: for another kind.
    """
    spoil = KINDS[kind]
    rng = np.random.default_rng([seed, 99])
    centres = [v.centre_lps for v in spine.vertebrae]
    spoilt = []
    for number, vertebra in enumerate(spine.vertebrae):
        up = centres[max(number - 1, 0)] - centres[min(number + 1, len(centres) - 1)]
        wide = _padded(vertebra)
        spoilt.append(replace(wide, body=spoil(wide, up / np.linalg.norm(up), rng)))
    return Spine(tuple(spoilt), spine.grid, f"true masks, {kind}")


def _padded(vertebra: Vertebra) -> Vertebra:
    pad = [int(np.ceil(PAD_MM / s)) for s in vertebra.grid.spacing_mm]
    body = np.pad(vertebra.body, [(n, n) for n in pad])
    shape = (body.shape[0], body.shape[1], body.shape[2])
    return replace(vertebra, body=body, grid=vertebra.grid.crop([-n for n in pad], shape))


def _distance_mm(vertebra: Vertebra) -> FloatArray:
    """Signed distance to the mask's edge, negative inside."""
    spacing = vertebra.grid.spacing_mm
    outside = ndimage.distance_transform_edt(~vertebra.body, sampling=spacing)
    inside = ndimage.distance_transform_edt(vertebra.body, sampling=spacing)
    return np.asarray(outside - inside)


def _grown(vertebra: Vertebra, up: FloatArray, rng: np.random.Generator) -> Mask:
    return np.asarray(_distance_mm(vertebra) < GROWN_MM)


def _shrunk(vertebra: Vertebra, up: FloatArray, rng: np.random.Generator) -> Mask:
    return np.asarray(_distance_mm(vertebra) < -GROWN_MM)


def _tall(vertebra: Vertebra, up: FloatArray, rng: np.random.Generator) -> Mask:
    by = vertebra.grid.axes.T @ (up * TALL_MM) / np.asarray(vertebra.grid.spacing_mm)
    field = vertebra.body.astype(np.float32)
    raised, lowered = (ndimage.shift(field, sign * by, order=1) >= 0.5 for sign in (1, -1))
    return np.asarray(vertebra.body | raised | lowered)


def _rough(vertebra: Vertebra, up: FloatArray, rng: np.random.Generator) -> Mask:
    scales = [ROUGH_SCALE_MM / s for s in vertebra.grid.spacing_mm]
    noise = ndimage.gaussian_filter(rng.standard_normal(vertebra.body.shape), scales)
    return np.asarray(_distance_mm(vertebra) < noise * (ROUGH_SD_MM / noise.std()))


def _coarse(vertebra: Vertebra, up: FloatArray, rng: np.random.Generator) -> Mask:
    sizes = [max(1, round(COARSE_MM / s)) for s in vertebra.grid.spacing_mm]
    means = ndimage.uniform_filter(vertebra.body.astype(np.float32), sizes)
    kept = means[tuple(slice(n // 2, None, n) for n in sizes)]
    places = np.meshgrid(*[np.arange(n) for n in vertebra.body.shape], indexing="ij")
    fine = ndimage.map_coordinates(kept, [(p - n // 2) / n for p, n in zip(places, sizes, strict=True)], order=1)
    return np.asarray(fine >= 0.5)


KINDS: dict[str, Callable[[Vertebra, FloatArray, np.random.Generator], Mask]] = {
    "grown": _grown,
    "shrunk": _shrunk,
    "tall": _tall,
    "rough": _rough,
    "coarse": _coarse,
}
