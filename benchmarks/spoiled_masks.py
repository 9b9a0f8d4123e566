"""Body masks off in the ways in which a segmenter's are: too far back, too short, tilted, or swollen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.model.spine import Spine, Vertebra

KINDS = ("none", "back", "short", "tilted", "swollen", "shrunk")
MARGIN_MM = 8.0


def spoiled(spine: Spine, seed: int) -> Spine:
    """The same spine, every body's mask off in a way of its own; the canal's points a little off too."""
    rng = np.random.default_rng([seed, 611])
    return replace(spine, vertebrae=tuple(_spoiled(one, rng) for one in spine.vertebrae))


def _spoiled(vertebra: Vertebra, rng: np.random.Generator) -> Vertebra:
    kind = str(rng.choice(KINDS))
    amount = float(rng.uniform(0.5, 1.0))
    spacing = np.asarray(vertebra.grid.spacing_mm)
    margin = np.ceil(MARGIN_MM / spacing).astype(int)
    body = np.pad(vertebra.body, [(int(n), int(n)) for n in margin])
    matrix = np.array(vertebra.grid.lps_from_ijk)
    matrix[:3, 3] = vertebra.grid.lps_of(-margin)
    grid = replace(vertebra.grid, shape=(body.shape[0], body.shape[1], body.shape[2]), lps_from_ijk=matrix)
    if kind in ("back", "short"):
        backwards = np.round(_backwards(vertebra) * 5.0 * amount / spacing).astype(int)
        moved = np.roll(body, tuple(int(n) for n in backwards), axis=(0, 1, 2))
        body = body | moved if kind == "back" else body & np.roll(body, tuple(-int(n) for n in backwards), (0, 1, 2))
    elif kind == "tilted":
        body = _tilted(body, spacing, float(rng.choice([-1, 1])) * 8.0 * amount)
    elif kind != "none":
        inside = ndimage.distance_transform_edt(body, sampling=spacing)
        outside = ndimage.distance_transform_edt(~body, sampling=spacing)
        body = (inside > amount) if kind == "shrunk" else (outside <= amount)
    canal = None if vertebra.canal_lps is None else vertebra.canal_lps + rng.normal(0, 1.0, 3)
    return replace(vertebra, body=body, grid=grid, canal_lps=canal)


def _backwards(vertebra: Vertebra) -> NDArray[np.float64]:
    """Unit vector from body to canal, along the grid's axes."""
    if vertebra.canal_lps is None:
        return np.array([0.0, 1.0, 0.0])
    towards = np.asarray(vertebra.canal_lps) - vertebra.centre_lps
    along = vertebra.grid.axes.T @ towards
    return np.asarray(along / np.linalg.norm(along))


def _tilted(body: NDArray[np.bool_], spacing: NDArray[np.float64], degrees: float) -> NDArray[np.bool_]:
    """The mask turned about the left axis through its middle."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    matrix = np.diag(1 / spacing) @ turn @ np.diag(spacing)
    middle = np.argwhere(body).mean(axis=0)
    return np.asarray(
        ndimage.affine_transform(body.astype(np.float32), matrix, middle - matrix @ middle, order=1) > 0.5
    )
