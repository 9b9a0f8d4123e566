"""How is one crop drawn from the cached scenes: where, how turned, how bent, and what is believed of it beforehand?"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from outline_generate import SCENE, STEPS_PER_MM
from scipy import ndimage

from vfa.model.frame import BodyFrame
from vfa.model.volume import Modality
from vfa.segment.outline import CROP_SHAPE, REACH_MM, crop_places_mm, normalised

Generator = np.random.Generator
FloatImage = NDArray[np.float32]

COARSE = 2  # the belief is made on every second voxel: the first network sees no more
BENT, MOST_BEND_MM = 0.5, 1.3
UNAWARE = 0.2  # of the beliefs say nothing of the bodies beside it
COLLAPSED = 0.2  # of the height lost
FAR_MM = 127 / STEPS_PER_MM


@dataclass(frozen=True, eq=False)
class Crop:
    """One example: `image`, `belief`, `distance_mm` (within ±REACH_MM), `known` and `neighbour` (0 or 1).

    All (X, Y, Z) float32; `neighbour` marks the bodies beside this one.
    """

    image: FloatImage
    belief: FloatImage
    distance_mm: FloatImage
    known: FloatImage
    neighbour: FloatImage
    is_ct: bool
    slice_mm: float
    loss: float


class Scenes:
    """The scenes of a folder, looked up again every half minute since more are being made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: list[Path] = []
        self._looked = 0.0

    def refresh(self) -> list[Path]:
        """The scenes that are complete."""
        if time.monotonic() - self._looked > 30 or not self.names:
            self._looked = time.monotonic()
            self.names = sorted(self.folder.glob(f"*{SCENE}"))
        return self.names

    def draw(self, rng: Generator) -> Crop:
        """A crop round a random body of a random scene, fractured ones twice as often, collapsed ones four times."""
        names = self.refresh()
        while True:
            with np.load(names[int(rng.integers(len(names)))]) as scene:
                learned = np.flatnonzero(scene["learned"])
                if not len(learned):
                    continue
                weights = np.select([scene["loss"][learned] > 0.3, scene["loss"][learned] > 0.08], [4.0, 2.0], 1.0)
                index = int(rng.choice(learned, p=weights / weights.sum()))
                images = sum(key.startswith("image") for key in scene.files)
                return crop_of(scene, index, int(rng.integers(images)), rng)


def crop_of(scene: Any, index: int, number: int, rng: Generator) -> Crop:
    """The crop round one body of a scene in one of its images, disturbed as a first network's guess would be."""
    frame, mirrored = _frame(scene, index, rng)
    scale = (float(rng.uniform(0.88, 1.14)) * rng.uniform(0.96, 1.04, 3)).astype(np.float32)
    places = crop_places_mm() * scale
    if rng.random() < BENT:
        places = places + _bend(rng)
    if mirrored:
        places = places * np.array([-1, 1, 1], dtype=np.float32)
    lps = places.reshape(-1, 3) @ frame.axes.T.astype(np.float32) + frame.centre_lps.astype(np.float32)
    values, known, is_ct, slice_mm = _seen(scene, number, lps, frame, rng)
    own = _distance(scene, index, lps).reshape(CROP_SHAPE) / np.float32(scale.mean())
    beside = _beside(scene, index, lps)
    belief = _belief(scene, index, lps, frame, rng)
    modality = Modality.CT if is_ct else Modality.MR
    image = _disturbed(normalised(values, known, modality), known, modality, rng)
    return Crop(
        image, belief, np.clip(own, -REACH_MM, REACH_MM), known.astype(np.float32),
        (beside.reshape(CROP_SHAPE) < 0).astype(np.float32), is_ct, slice_mm, float(scene["loss"][index]),
    )  # fmt: skip


def _frame(scene: Any, index: int, rng: Generator) -> tuple[BodyFrame, bool]:
    """Where and how turned the first network would think the body to be."""
    usual = rng.random() < 0.85
    centre = scene["centres"][index] + rng.normal(0, 1.6 if usual else 4.0, 3)
    cranial, anterior = scene["cranial"][index], scene["anterior"][index]
    turn = rng.normal(0, 5.0 if usual else 13.0, 3) * np.array([1.0, 0.7, 1.0])
    frame = BodyFrame.from_directions(centre, cranial, anterior)
    a, b, c = np.radians(turn)
    cranial = frame.cranial + np.tan(a) * frame.anterior + np.tan(b) * frame.left
    anterior = frame.anterior + np.tan(c) * frame.left
    return BodyFrame.from_directions(centre, cranial / np.linalg.norm(cranial), anterior), bool(rng.random() < 0.5)


def _bend(rng: Generator) -> FloatImage:
    """A smooth displacement (X, Y, Z, 3) in mm."""
    amount = float(rng.uniform(0, MOST_BEND_MM))
    coarse = rng.normal(0, amount, (5, 5, 5, 3))
    fields = [_grown(coarse[..., axis].astype(np.float32), CROP_SHAPE) for axis in range(3)]
    return np.stack(fields, axis=-1)


def _grown(coarse: FloatImage, shape: tuple[int, ...]) -> FloatImage:
    out = coarse
    for axis, size in enumerate(shape):
        at = np.linspace(0, coarse.shape[axis] - 1, size)
        low = np.minimum(at.astype(int), coarse.shape[axis] - 2)
        share = (at - low).astype(np.float32).reshape([-1 if n == axis else 1 for n in range(3)])
        out = np.take(out, low, axis) * (1 - share) + np.take(out, low + 1, axis) * share
    return np.asarray(out, dtype=np.float32)


def _seen(
    scene: Any, number: int, lps: FloatImage, frame: BodyFrame, rng: Generator
) -> tuple[FloatImage, NDArray[np.bool_], bool, float]:
    """The image at the crop's voxels, sometimes cut off on a side as fields of view are."""
    image = scene[f"image{number}"].astype(np.float32)
    is_ct, slice_axis, slice_mm = scene[f"about{number}"]
    inverse = np.linalg.inv(scene[f"grid{number}"])
    at = (lps @ inverse[:3, :3].T.astype(np.float32) + inverse[:3, 3].astype(np.float32)).T
    low, high = np.full(3, -0.5), np.asarray(image.shape) - 0.5
    middle = inverse[:3, :3] @ frame.centre_lps + inverse[:3, 3]
    per_mm = np.linalg.norm(inverse[:3, :3], axis=1)
    if not is_ct and int(slice_axis) == 0 and rng.random() < 0.6:
        half = rng.uniform(16, 45, 2) * per_mm[0]
        low[0], high[0] = max(low[0], middle[0] - half[0]), min(high[0], middle[0] + half[1])
    elif rng.random() < 0.15:
        axis, beyond = int(rng.integers(3)), float(rng.uniform(4, 26))
        if rng.random() < 0.5:
            low[axis] = max(low[axis], middle[axis] - beyond * per_mm[axis])
        else:
            high[axis] = min(high[axis], middle[axis] + beyond * per_mm[axis])
    known = ((at >= low[:, None]) & (at <= high[:, None])).all(axis=0).reshape(CROP_SHAPE)
    values = ndimage.map_coordinates(image, at, order=1, mode="nearest", output=np.float32).reshape(CROP_SHAPE)
    return values, known, bool(is_ct), float(slice_mm)


def _distance(scene: Any, index: int, lps: FloatImage) -> FloatImage:
    """Signed distance in mm of points (N, 3) to one body's surface; far ones are cut off at FAR_MM."""
    inverse = np.linalg.inv(scene["fine"])
    at = (lps @ inverse[:3, :3].T.astype(np.float32) + inverse[:3, 3].astype(np.float32)).T
    at -= scene["starts"][index].astype(np.float32)[:, None]
    steps = scene[f"steps{index}"].astype(np.float32)
    out = ndimage.map_coordinates(steps, at, order=1, mode="constant", cval=127, output=np.float32)
    return np.asarray(out / np.float32(STEPS_PER_MM), dtype=np.float32)


def _beside(scene: Any, index: int, lps: FloatImage) -> FloatImage:
    """Distance in mm of points (N, 3) to the nearer one of the bodies above and below."""
    others = [other for other in (index - 1, index + 1) if 0 <= other < len(scene["loss"])]
    far = np.full(len(lps), FAR_MM, dtype=np.float32)
    return np.minimum.reduce([far, *(_distance(scene, other, lps) for other in others)])


def _belief(scene: Any, index: int, lps: FloatImage, frame: BodyFrame, rng: Generator) -> FloatImage:
    """What the first network might believe: this body positive, the ones beside it mostly known too and negative.

    Both too large or small, shifted, in holes, merged; of this body sometimes no more than a place.
    """
    coarse = lps.reshape(*CROP_SHAPE, 3)[::COARSE, ::COARSE, ::COARSE]
    shape = coarse.shape[:3]
    moved = coarse.reshape(-1, 3) + rng.normal(0, 0.8, 3).astype(np.float32)
    soft = np.float32(rng.uniform(0.5, 1.6))
    beside = _beside(scene, index, moved).reshape(shape) + _rough(shape, rng)
    if rng.random() < 0.12:
        own, believed = np.zeros(shape, dtype=np.float32), _blob(rng)[::COARSE, ::COARSE, ::COARSE]
    else:
        own = _own(scene, index, moved, frame, rng).reshape(shape)
        if rng.random() < 0.3:
            own = np.minimum(own, np.maximum(beside, own - float(rng.uniform(1, 9))))  # part of them is taken for this
        own = own + _rough(shape, rng)
        believed = _soft(own, soft)
        if rng.random() < 0.15:
            believed = believed * _part(shape, rng)
    if rng.random() < UNAWARE:
        return _grown(believed, CROP_SHAPE)
    return _grown(np.where(own <= beside, believed, -_soft(beside, soft)).astype(np.float32), CROP_SHAPE)


def _own(scene: Any, index: int, lps: FloatImage, frame: BodyFrame, rng: Generator) -> FloatImage:
    """Distance to this body; a collapsed one often as tall as it never was, since the first network fills hollows."""
    if scene["loss"][index] < COLLAPSED or rng.random() < 0.4:
        return _distance(scene, index, lps)
    shift = (float(rng.uniform(0, 2.5)) * frame.cranial).astype(np.float32)
    return np.minimum(_distance(scene, index, lps + shift), _distance(scene, index, lps - shift))


def _rough(shape: tuple[int, ...], rng: Generator) -> FloatImage:
    """How far a surface is believed to lie from where it does, mm."""
    waves = _grown(rng.standard_normal((5, 5, 5), dtype=np.float32), shape)
    return np.float32(rng.uniform(0.3, 1.8)) * waves + np.float32(rng.normal(0, 0.8))


def _soft(distance_mm: FloatImage, soft_mm: np.float32) -> FloatImage:
    return np.asarray(1 / (1 + np.exp(np.clip(distance_mm / soft_mm, -30, 30))), dtype=np.float32)


def _part(shape: tuple[int, ...], rng: Generator) -> NDArray[np.bool_]:
    """What is seen where a part is missed."""
    cut = rng.normal(0, 1, 3)
    axes = np.meshgrid(*[np.linspace(-1, 1, n, dtype=np.float32) for n in shape], indexing="ij")
    side = sum(axis * part for axis, part in zip(axes, cut / np.linalg.norm(cut), strict=True))
    return np.asarray(side < rng.uniform(0.0, 0.5))


def _blob(rng: Generator) -> FloatImage:
    """No more than a place is known."""
    half_mm = rng.uniform([8, 6, 5], [18, 14, 11])
    reach = ((crop_places_mm() / half_mm) ** 2).sum(axis=-1)
    return np.exp(-reach).astype(np.float32)


def _disturbed(image: FloatImage, known: NDArray[np.bool_], modality: Modality, rng: Generator) -> FloatImage:
    if modality.is_ct:
        out = image * np.float32(rng.uniform(0.93, 1.07)) + np.float32(rng.uniform(-0.03, 0.03))
    else:
        out = np.clip(image, 0, None) ** np.float32(np.exp(rng.normal(0, 0.2))) * np.float32(rng.uniform(0.85, 1.2))
    out = out + np.float32(rng.uniform(0, 0.02)) * rng.standard_normal(image.shape, dtype=np.float32)
    return np.where(known, out, 0).astype(np.float32)
