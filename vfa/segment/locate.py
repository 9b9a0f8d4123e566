"""Where is the spine? The network, window by window, over a whole image at 2 mm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.model.frame import Grid
from vfa.segment.network import load_network
from vfa.segment.network_input import FloatImage, NetworkInput
from vfa.segment.segmenter import Progress

WINDOW = (64, 64, 80)  # voxels of 2 mm; what the network was trained on
OVERLAP = 0.15  # share of a window that the next one covers again on the first walk over the image
ALONG_STEP = 40  # voxels from window to window on the second walk, which follows the column
SECOND_WALK_WEIGHT = 4.0  # of what is seen with the column in the middle of the window
FIRST_WALK_SHARE = 0.7  # of the work, as progress tells it
LEAST_SHARE = 0.004  # of a window's voxels (10 ml) are bright enough to be part of a vertebra, or it is left out


@dataclass(frozen=True, eq=False)
class SpineMaps:
    """What the network says about every voxel, float32 0–1, all of shape (X, Y, Z).

    Args:
        body: probability of a vertebral body.
        posterior: probability of posterior elements.
        disc: probability of a disc.
        canal: probability of the spinal canal.
        sacrum: probability of the sacrum.
        centre: height of the heat-map that peaks at each body's centre.
        known: whether the image covers the voxel.
        grid: the 2 mm lattice, in LPS mm.
    """

    body: FloatImage
    posterior: FloatImage
    disc: FloatImage
    canal: FloatImage
    sacrum: FloatImage
    centre: FloatImage
    known: NDArray[np.bool_]
    grid: Grid


class _Walk:
    """Sums what windows say; windows may overlap."""

    def __init__(self, image: FloatImage) -> None:
        self.image = image
        self.total = np.zeros((7, *image.shape), dtype=np.float32)
        self.weight = np.full(image.shape, 1e-6, dtype=np.float32)

    def look(self, start: tuple[int, ...], importance: float) -> None:
        """Run the network on the window that begins at a voxel."""
        box = tuple(slice(at, at + size) for at, size in zip(start, WINDOW, strict=True))
        blend = _blend() * np.float32(importance)
        self.total[(slice(None), *box)] += _probabilities(self.image[box]) * blend
        self.weight[box] += blend

    @property
    def maps(self) -> FloatImage:
        """(7, X, Y, Z) the mean of what the windows said."""
        return np.asarray(self.total / self.weight, dtype=np.float32)


def locate(seen: NetworkInput, progress: Progress) -> SpineMaps:
    """Run the network over the image, then once more along the column it found.

    Args:
        seen: the image at 2 mm.
        progress: told after every window.
    """
    shape = np.asarray(seen.image.shape)
    missing = np.maximum(np.asarray(WINDOW) - shape, 0)
    walk = _Walk(np.pad(seen.image, [(0, int(more)) for more in missing]))
    first = [place for place in _window_starts(walk.image.shape) if _worth_a_look(walk.image, place, seen.seen_from)]
    for number, place in enumerate(first, start=1):
        walk.look(place, 1.0)
        progress("looking for the spine", FIRST_WALK_SHARE * number / len(first))
    second = _column_windows(walk.maps)
    for number, place in enumerate(second, start=1):
        walk.look(place, SECOND_WALK_WEIGHT)
        progress("following the spine", FIRST_WALK_SHARE + (1 - FIRST_WALK_SHARE) * (number - 1) / len(second))
    progress("the spine is located", 1.0)
    inside = tuple(slice(0, int(size)) for size in shape)
    maps = walk.maps[(slice(None), *inside)] * seen.known
    return SpineMaps(maps[1], maps[2], maps[3], maps[4], maps[5], maps[6], seen.known, seen.grid)


def _column_windows(maps: FloatImage) -> list[tuple[int, ...]]:
    """Windows along the largest piece of bodies, discs and canal, each with its part of the column in the middle."""
    labels, count = ndimage.label(maps[1] + maps[3] + maps[4] > 0.5)
    if count == 0:
        return []
    column = np.argwhere(labels == np.argmax(np.bincount(labels.ravel())[1:]) + 1)
    low, high = int(column[:, 2].min()), int(column[:, 2].max())
    middles = np.arange(low, high + ALONG_STEP, ALONG_STEP)
    windows = set()
    for middle in middles:
        near = column[np.abs(column[:, 2] - middle) <= WINDOW[2] // 2]
        centre = np.array([*near[:, :2].mean(axis=0), middle]) if len(near) else np.array(maps.shape[1:]) / 2
        start = np.clip(np.rint(centre - np.asarray(WINDOW) / 2), 0, np.asarray(maps.shape[1:]) - np.asarray(WINDOW))
        windows.add(tuple(int(at) for at in start))
    return sorted(windows)


def _probabilities(window: FloatImage) -> FloatImage:
    """(7, X, Y, Z): the six classes' probabilities and the centre map."""
    logits = load_network("locate").run(None, {"image": window[None, None]})[0][0]
    classes = np.exp(logits[:6] - logits[:6].max(axis=0))
    classes /= classes.sum(axis=0)
    centre = 1 / (1 + np.exp(-np.clip(logits[6:], -30, 30)))
    return np.concatenate([classes, centre]).astype(np.float32)


def _worth_a_look(image: FloatImage, start: tuple[int, ...], seen_from: float) -> bool:
    box = tuple(slice(a, a + size) for a, size in zip(start, WINDOW, strict=True))
    return bool((image[box] > seen_from).mean() >= LEAST_SHARE)


def _window_starts(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Evenly spread windows that cover the image."""
    starts = []
    for size, window in zip(shape, WINDOW, strict=True):
        count = max(int(np.ceil((size - window) / (window * (1 - OVERLAP)))), 0) + 1
        starts.append([round(at) for at in np.linspace(0, size - window, count)])
    return list(product(*starts))


@lru_cache(maxsize=1)
def _blend() -> FloatImage:
    """Weights of a window: a Gaussian, since the network is surest in the middle of what it sees."""
    x, y, z = (np.exp(-0.5 * ((np.arange(n) - (n - 1) / 2) / (n / 5)) ** 2) for n in WINDOW)
    blend = x[:, None, None] * y[None, :, None] * z[None, None, :]
    return np.asarray(np.maximum(blend, 1e-3), dtype=np.float32)
