"""How do generated volumes wait on disk for the trainer, and how is a patch drawn from them?"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Size = tuple[int, int, int]

PATCH: Size = (64, 64, 80)
SMALL_PATCH: Size = (48, 48, 64)  # twice the updates in the same time while there is most to learn
SUBVOXELS = 8  # eight 1 mm voxels in one of 2 mm: class fractions are counts of them
HEAT_STEPS = 255
TRUTH = ".truth.npy"
SACRUM = 5
SACRUM_SHARE = 0.25  # of the patches are drawn round a sacrum, the hardest thing to tell from a body


@dataclass(frozen=True, eq=False)
class Patch:
    """One training example: `image` (X, Y, Z), `fractions` (6, X, Y, Z), `heat` and `known` (X, Y, Z), all float32."""

    image: NDArray[np.float32]
    fractions: NDArray[np.float32]
    heat: NDArray[np.float32]
    known: NDArray[np.float32]


def store(
    folder: Path, name: str, counts: NDArray[np.uint8], heat: NDArray[np.uint8], images: list[NDArray[np.float16]]
) -> None:
    """Write one volume with its renderings; the truth appears last and by rename, so a reader never sees half of it.

    Args:
        folder: the cache.
        name: of the volume.
        counts: (6, X, Y, Z) how many of the eight fine voxels belong to each class.
        heat: (X, Y, Z) the heat-map times 255.
        images: (X, Y, Z) renderings, NaN outside the field of view.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(images):
        np.save(folder / f"{name}.image{number}.npy", image)
    np.save(folder / f"{name}.part.npy", np.concatenate([counts, heat[None]]))
    os.replace(folder / f"{name}.part.npy", folder / f"{name}{TRUTH}")


class Cache:
    """The volumes of a folder, looked up again every half minute since more are being made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: list[str] = []
        self._looked = 0.0
        self._sacra: dict[str, NDArray[np.float64] | None] = {}

    def refresh(self) -> list[str]:
        """Names of the volumes that are complete."""
        if time.monotonic() - self._looked > 30 or not self.names:
            self._looked = time.monotonic()
            self.names = sorted(path.name.removesuffix(TRUTH) for path in self.folder.glob(f"*{TRUTH}"))
        return self.names

    def images(self, name: str) -> list[Path]:
        """The renderings of one volume."""
        return sorted(self.folder.glob(f"{name}.image*.npy"))

    def patch(self, name: str, image: Path, start: Size, size: Size = PATCH) -> Patch:
        """The patch that begins at voxel `start`."""
        window = tuple(slice(s, s + n) for s, n in zip(start, size, strict=True))
        pixels = np.load(image, mmap_mode="r")[window].astype(np.float32)
        truth = np.load(self.folder / f"{name}{TRUTH}", mmap_mode="r")[(slice(None), *window)].astype(np.float32)
        known = np.isfinite(pixels)
        return Patch(
            np.where(known, pixels, 0).astype(np.float32),
            truth[:-1] / SUBVOXELS,
            truth[-1] / HEAT_STEPS,
            known.astype(np.float32),
        )

    def _sacrum(self, name: str) -> NDArray[np.float64] | None:
        """(3,) the middle of a volume's sacrum in voxels; None when it shows none."""
        if name not in self._sacra:
            count = np.load(self.folder / f"{name}{TRUTH}", mmap_mode="r")[SACRUM, ::2, ::2, ::2]
            voxels = np.argwhere(count > SUBVOXELS / 2) * 2
            self._sacra[name] = voxels.mean(axis=0) if len(voxels) > 100 else None
        return self._sacra[name]

    def draw(self, rng: np.random.Generator, size: Size) -> Patch:
        """A random patch of a random rendering, mirrored left to right half of the time, its brightness disturbed."""
        names = self.refresh()
        name = names[int(rng.integers(len(names)))]
        middle = None
        if rng.random() < SACRUM_SHARE:
            with_sacrum = [other for other in names if self._sacrum(other) is not None]
            name = with_sacrum[int(rng.integers(len(with_sacrum)))] if with_sacrum else name
            middle = self._sacrum(name)
        images = self.images(name)
        image = images[int(rng.integers(len(images)))]
        last = np.load(image, mmap_mode="r").shape - np.asarray(size)
        if middle is None:
            start = rng.integers(0, last + 1)
        else:
            start = np.clip(np.rint(middle + rng.uniform(-0.4, 0.4, 3) * size - np.asarray(size) / 2), 0, last)
        patch = self.patch(name, image, (int(start[0]), int(start[1]), int(start[2])), size)
        if rng.random() < 0.5:
            patch = Patch(patch.image[::-1], patch.fractions[:, ::-1], patch.heat[::-1], patch.known[::-1])
        pixels = patch.image * float(rng.uniform(0.9, 1.1)) + float(rng.uniform(-0.04, 0.04))
        pixels = pixels + float(rng.uniform(0, 0.02)) * rng.standard_normal(size, dtype=np.float32)
        return Patch((pixels * patch.known).astype(np.float32), patch.fractions, patch.heat, patch.known)
