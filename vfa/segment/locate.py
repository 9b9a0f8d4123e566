"""Where is the spine? The network, window by window, over a whole image at 2 mm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import product

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from vfa.model.frame import Grid
from vfa.segment.network_input import FloatImage, NetworkInput
from vfa.segment.segmenter import Progress

WINDOW = (64, 64, 80)  # voxels of 2 mm; what the network was trained on
OVERLAP = 0.25  # share of a window that the next one covers again
THREADS = 2
LEAST_SIGNAL_SHARE = 0.01  # of a window's voxels: fewer above LEAST_SIGNAL and it holds air alone
LEAST_SIGNAL = 0.08  # of the normalised brightness; CT: −160 HU


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


@lru_cache(maxsize=1)
def load_network() -> onnxruntime.InferenceSession:
    """The built-in weights, loaded once."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    weights = files("vfa.segment").joinpath("weights", "locate.onnx").read_bytes()
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])


def weights_version() -> str:
    """The name the weights carry inside their file."""
    return str(load_network().get_modelmeta().custom_metadata_map["version"])


def locate(seen: NetworkInput, progress: Progress) -> SpineMaps:
    """Run the network over the image; `progress` is told after every window."""
    shape = np.asarray(seen.image.shape)
    missing = np.maximum(np.asarray(WINDOW) - shape, 0)
    image = np.pad(seen.image, [(0, int(more)) for more in missing])
    total = np.zeros((7, *image.shape), dtype=np.float32)
    weight = np.full(image.shape, 1e-6, dtype=np.float32)
    blend = _blend()
    places = [place for place in _window_starts(image.shape) if _worth_a_look(image, place)]
    for number, place in enumerate(places, start=1):
        box = tuple(slice(start, start + size) for start, size in zip(place, WINDOW, strict=True))
        total[(slice(None), *box)] += _probabilities(image[box]) * blend
        weight[box] += blend
        progress("locating the spine", number / len(places))
    inside = tuple(slice(0, int(size)) for size in shape)
    maps = (total / weight)[(slice(None), *inside)] * seen.known
    return SpineMaps(maps[1], maps[2], maps[3], maps[4], maps[5], maps[6], seen.known, seen.grid)


def _probabilities(window: FloatImage) -> FloatImage:
    """(7, X, Y, Z): the six classes' probabilities and the centre map."""
    logits = load_network().run(None, {"image": window[None, None]})[0][0]
    classes = np.exp(logits[:6] - logits[:6].max(axis=0))
    classes /= classes.sum(axis=0)
    centre = 1 / (1 + np.exp(-np.clip(logits[6:], -30, 30)))
    return np.concatenate([classes, centre]).astype(np.float32)


def _worth_a_look(image: FloatImage, start: tuple[int, ...]) -> bool:
    box = tuple(slice(a, a + size) for a, size in zip(start, WINDOW, strict=True))
    return bool((image[box] > LEAST_SIGNAL).mean() >= LEAST_SIGNAL_SHARE)


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
