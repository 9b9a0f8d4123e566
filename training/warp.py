"""How is the last regularity taken away? A smooth random displacement of the label lattice."""

from __future__ import annotations

import numba
import numpy as np

WARP_STEP = 32  # fine voxels between control points


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _displacement(control, i, j, k):  # type: ignore[no-untyped-def]
    """Trilinear displacement (3,) in fine voxels at a fine voxel."""
    a, b, c = i / WARP_STEP, j / WARP_STEP, k / WARP_STEP
    x, y, z = int(a), int(b), int(c)
    u, v, w = a - x, b - y, c - z
    out = np.zeros(3)
    for axis in range(3):
        g = control[axis]
        low = (g[x, y, z] * (1 - u) + g[x + 1, y, z] * u) * (1 - v)
        low += (g[x, y + 1, z] * (1 - u) + g[x + 1, y + 1, z] * u) * v
        top = (g[x, y, z + 1] * (1 - u) + g[x + 1, y, z + 1] * u) * (1 - v)
        top += (g[x, y + 1, z + 1] * (1 - u) + g[x + 1, y + 1, z + 1] * u) * v
        out[axis] = low * (1 - w) + top * w
    return out


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def warp(labels, control):  # type: ignore[no-untyped-def]
    """Labels pulled through the displacement, nearest voxel."""
    out = np.empty_like(labels)
    ni, nj, nk = labels.shape
    for i in range(ni):
        for j in range(nj):
            for k in range(nk):
                d = _displacement(control, i, j, k)
                x = min(max(round(i + d[0]), 0), ni - 1)
                y = min(max(round(j + d[1]), 0), nj - 1)
                z = min(max(round(k + d[2]), 0), nk - 1)
                out[i, j, k] = labels[x, y, z]
    return out


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def warped_places(shape, control):  # type: ignore[no-untyped-def]
    """Where the middle of each coarse voxel was before the warp, (X, Y, Z, 3) in fine voxels."""
    out = np.empty((shape[0], shape[1], shape[2], 3), np.float32)
    for i in range(shape[0]):
        for j in range(shape[1]):
            for k in range(shape[2]):
                d = _displacement(control, 2 * i + 0.5, 2 * j + 0.5, 2 * k + 0.5)
                out[i, j, k, 0] = 2 * i + 0.5 + d[0]
                out[i, j, k, 1] = 2 * j + 0.5 + d[1]
                out[i, j, k, 2] = 2 * k + 0.5 + d[2]
    return out
