"""Where is the spine? The network, window by window, over a whole image at 2 mm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.model.frame import FloatArray, Grid
from vfa.segment.network import load_network
from vfa.segment.network_input import FloatImage, NetworkInput
from vfa.segment.segmenter import Progress

WINDOW = (64, 64, 80)  # voxels of 2 mm; what the network was trained on
OVERLAP = 0.15  # share of a window that the next one covers again while searching
ALONG_STEP = 40  # voxels from window to window along the column
FOLLOWING_WEIGHT = 4.0  # of what is seen with the column in the middle of the window
SEARCH_SHARE = 0.5  # of the work, as progress tells it
LEAST_SHARE = 0.004  # of a window's voxels (10 ml) are bright enough to be part of a vertebra, or it is left out
OFF_MIDDLE_VOXELS = 30.0  # the further from the image's middle plane, the later a window is looked at

OUTPUTS = 7
BODY, DISC, CANAL, CENTRE = 1, 3, 4, 6  # channels of what the network says
COLUMN = (BODY, DISC, CANAL)
BELONGS_FROM = 0.5  # probability
CLEAR_CENTRE = 0.6  # every spine on the images looked at has a body with more; stool and bowel have not
CLEAR_PROBABILITY = 0.8  # likewise
CANAL_AT_LEAST_VOXELS = 150  # 1.2 ml
COLUMN_AT_LEAST_VOXELS = 150  # of bodies, discs and canal in a step of 80 mm, or the column has ended
ASIDE_VOXELS = 35  # a column goes aside by less than 70 mm in a step


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
    """Sums what windows say; windows may overlap. Memory is taken where it has looked only."""

    def __init__(self, image: FloatImage) -> None:
        self.image = image
        self.total = np.zeros((OUTPUTS, *image.shape), dtype=np.float32)
        self.weight = np.zeros(image.shape, dtype=np.float32)
        self.looked: list[tuple[slice, ...]] = []

    def look(self, start: tuple[int, ...], importance: float) -> FloatImage:
        """Run the network on the window that begins at a voxel; (7, X, Y, Z) what it says there."""
        box = _box(start)
        blend = _blend() * np.float32(importance)
        said = _probabilities(self.image[box])
        self.total[(slice(None), *box)] += said * blend
        self.weight[box] += blend
        self.looked.append(box)
        return said

    def around(self, middle: FloatArray, importance: float) -> None:
        """Look at the window round a voxel, moved as far as needed to stay on the image."""
        last = np.asarray(self.image.shape) - np.asarray(WINDOW)
        start = np.clip(np.rint(np.asarray(middle) - np.asarray(WINDOW) / 2), 0, last)
        self.look((int(start[0]), int(start[1]), int(start[2])), importance)

    def column(self, layers: tuple[int, int]) -> NDArray[np.intp]:
        """(N, 3) voxels of bodies, discs and canal in the layers from the first to before the second."""
        first, last = max(layers[0], 0), min(layers[1], self.image.shape[2])
        if first >= last:
            return np.zeros((0, 3), dtype=np.intp)
        part = sum(self.total[channel, :, :, first:last] for channel in COLUMN)
        inside = part > BELONGS_FROM * np.maximum(self.weight[:, :, first:last], 1e-6)
        voxels: NDArray[np.intp] = np.argwhere(inside)
        voxels[:, 2] += first
        return voxels

    def maps(self) -> FloatImage:
        """(7, X, Y, Z) the mean of what the windows said, 0 where none looked; the sums are used up."""
        box = tuple(slice(min(b[n].start for b in self.looked), max(b[n].stop for b in self.looked)) for n in range(3))
        self.total[(slice(None), *box)] /= np.maximum(self.weight[box], 1e-6)
        return self.total


def locate(seen: NetworkInput, progress: Progress) -> SpineMaps:
    """Run the network window by window until one shows a spine, then follow the column up and down from there.

    Where no window shows a spine beyond doubt the whole image is looked at.

    Args:
        seen: the image at 2 mm.
        progress: told after every window.
    """
    shape = np.asarray(seen.image.shape)
    missing = np.maximum(np.asarray(WINDOW) - shape, 0)
    walk = _Walk(np.pad(seen.image, [(0, int(more)) for more in missing]))
    places = _likely_first(walk.image, seen)
    for number, place in enumerate(places, start=1):
        progress("looking for the spine", SEARCH_SHARE * number / len(places))
        said = walk.look(place, 1.0)
        if (middle := _middle_of_spine(said, place)) is not None:
            _follow(walk, middle, progress)
            break
    progress("the spine is located", 1.0)
    inside = tuple(slice(0, int(size)) for size in shape)
    maps = walk.maps()[(slice(None), *inside)] if walk.looked else walk.total[(slice(None), *inside)]
    maps *= seen.known
    return SpineMaps(maps[1], maps[2], maps[3], maps[4], maps[5], maps[6], seen.known, seen.grid)


def _likely_first(image: FloatImage, seen: NetworkInput) -> list[tuple[int, ...]]:
    """The windows worth a look, those first that hold most of what is bright near the image's middle plane."""
    across = np.flatnonzero(seen.known.any(axis=(1, 2)))
    middle = float(across.mean()) if len(across) else 0.0
    shares = {start: float((image[_box(start)] > seen.seen_from).mean()) for start in _window_starts(image.shape)}
    worth = [start for start, share in shares.items() if share >= LEAST_SHARE]
    away = {start: (start[0] + (WINDOW[0] - 1) / 2 - middle) / OFF_MIDDLE_VOXELS for start in worth}
    return sorted(worth, key=lambda start: -shares[start] * float(np.exp(-0.5 * away[start] ** 2)))


def _middle_of_spine(said: FloatImage, start: tuple[int, ...]) -> FloatArray | None:
    """(3,) the voxel amid the column in what one window shows; None when it shows no spine beyond doubt."""
    clear = (said[CENTRE] >= CLEAR_CENTRE) & (said[BODY] >= CLEAR_PROBABILITY)
    if not clear.any() or (said[CANAL] > BELONGS_FROM).sum() < CANAL_AT_LEAST_VOXELS:
        return None
    labels, _ = ndimage.label(sum(said[channel] for channel in COLUMN) > BELONGS_FROM)
    best = np.argmax(np.bincount(labels[clear & (labels > 0)], minlength=1))
    return np.asarray(np.argwhere(labels == best).mean(axis=0) + np.asarray(start), dtype=np.float64)


def _follow(walk: _Walk, middle: FloatArray, progress: Progress) -> None:
    """Look at the column in steps up and down, each window with its part of the column in the middle."""
    walk.around(middle, FOLLOWING_WEIGHT)
    layers = walk.image.shape[2]
    done = 1
    for direction in (1, -1):
        at = middle
        while True:
            height = at[2] + direction * ALONG_STEP
            near = walk.column((int(height) - ALONG_STEP // 2, int(height) + ALONG_STEP // 2))
            near = near[np.linalg.norm(near[:, :2] - at[:2], axis=1) <= ASIDE_VOXELS]
            if len(near) < COLUMN_AT_LEAST_VOXELS:
                break
            at = np.array([*near[:, :2].mean(axis=0), height])
            walk.around(at, FOLLOWING_WEIGHT)
            done += 1
            progress("following the spine", min(SEARCH_SHARE + (1 - SEARCH_SHARE) * done * ALONG_STEP / layers, 1.0))


def _box(start: tuple[int, ...]) -> tuple[slice, ...]:
    return tuple(slice(at, at + size) for at, size in zip(start, WINDOW, strict=True))


def _probabilities(window: FloatImage) -> FloatImage:
    """(7, X, Y, Z): the six classes' probabilities and the centre map."""
    logits = load_network("locate").run(None, {"image": window[None, None]})[0][0]
    classes = np.exp(logits[:6] - logits[:6].max(axis=0))
    classes /= classes.sum(axis=0)
    centre = 1 / (1 + np.exp(-np.clip(logits[6:], -30, 30)))
    return np.concatenate([classes, centre]).astype(np.float32)


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
