"""Does the built-in segmenter invent vertebrae where there is no spine? Drawn knees, thighs, heads, trunks; real crops.

    python -m benchmarks.no_spine --seeds 6
    python -m benchmarks.no_spine --seeds 0 --data ../shared/data

The second takes real series, cropped to what lies beside the spine. Shapes are simple and sizes those of adults,
rounded; each seed draws other sizes, another scanner and another contrast.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.intake import load_volume
from vfa.model.frame import FloatArray, Grid
from vfa.model.volume import Modality, Volume
from vfa.phantom.surroundings import surroundings
from vfa.phantom.trunk_space import Surrounding as Of
from vfa.phantom.trunk_space import TrunkRecipe
from vfa.segment.built_in import BuiltInSegmenter
from vfa.segment.segmenter import silent

Generator = np.random.Generator
Labels = NDArray[np.uint8]
Points = tuple[FloatArray, FloatArray, FloatArray]  # mm to the left, to the back, to the head of the middle

SIZE_MM = (150.0, 160.0, 230.0)
BESIDE_MM = 55.0  # of the column's middle: transverse processes end there
SERIES = ("ircadb01-case17", "totalseg-example-ct/example_ct.nii.gz")
CARTILAGE, WATER, BRAIN = 1, 2, 3
HU = {
    Of.AIR: -1000, Of.FAT: -100, Of.MUSCLE: 55, Of.LIVER: 60, Of.SPLEEN: 55, Of.KIDNEY: 40, Of.LUNG: -820,
    Of.ARTERY: 45, Of.VEIN: 45, Of.CALCIUM: 500, Of.BOWEL_WALL: 45, Of.BOWEL_FLUID: 15, Of.GAS: -950, Of.STOOL: -20,
    Of.CONTRAST: 250, Of.BONE_CORTEX: 800, Of.BONE_MARROW: 130, Of.METAL: 2500, Of.TABLE: -200, Of.HEART: 45,
    CARTILAGE: 90, WATER: 5, BRAIN: 36,
}  # fmt: skip
# Fat, marrow, muscle, cartilage, water, brain, organs: the rest is dark.
MR = {
    Modality.T1: (0.9, 0.75, 0.35, 0.3, 0.12, 0.45, 0.4),
    Modality.T2: (0.7, 0.55, 0.2, 0.15, 1.0, 0.5, 0.4),
    Modality.STIR: (0.08, 0.12, 0.28, 0.2, 1.0, 0.5, 0.4),
}
ORGANS = (Of.LIVER, Of.SPLEEN, Of.KIDNEY, Of.HEART, Of.BOWEL_WALL, Of.STOOL, Of.CONTRAST, Of.VEIN)


def knee(points: Points, rng: Generator) -> Labels:
    """Two condyles on two plateaus with dark cartilage between, kneecap, fat and muscle round them."""
    x, y, z = points
    labels = _limb(points, 68 * rng.uniform(0.85, 1.15))
    gap, radius = float(rng.uniform(3, 6)), float(rng.uniform(20, 27))
    femur = (np.hypot(np.abs(x) - 24, y) < 19 + 0 * z) & (z > 30) & (z < 60)
    for side in (-1, 1):
        femur |= np.sqrt((x - side * 23) ** 2 + y**2 + (z - radius - gap / 2) ** 2) < radius
    femur |= (np.hypot(x / 1.5, y) < 16) & (z > 25)
    tibia = (np.hypot(x / 1.6, y / 1.1) < 25 + 0.1 * np.minimum(z, 0)) & (z < -gap / 2) & (z > -45)
    tibia |= (np.hypot(x, y) < 15) & (z < -30)
    kneecap = ((x / 22) ** 2 + ((y + radius + 14) / 9) ** 2 + ((z - 25) / 22) ** 2) < 1
    for bone in (femur, tibia, kneecap):
        _add_bone(labels, bone, points)
    joint = (np.hypot(x / 1.7, y / 1.1) < 24) & (np.abs(z) < gap / 2 + 2) & (labels == Of.MUSCLE)
    labels[joint] = CARTILAGE
    return labels


def thigh(points: Points, rng: Generator) -> Labels:
    """A shaft with marrow in muscle and fat, running along the body or across the image as a humerus may."""
    x, y, z = points
    tilt = float(rng.uniform(-0.4, 0.4))
    labels = _limb(points, 75 * rng.uniform(0.8, 1.1))
    thick = float(rng.uniform(10, 17))
    shaft = np.hypot(x - tilt * z, y) < thick
    labels[shaft] = Of.BONE_CORTEX
    labels[np.hypot(x - tilt * z, y) < 0.55 * thick] = Of.BONE_MARROW
    return labels


def head(points: Points, rng: Generator) -> Labels:
    """A skull with brain and ventricles, eyes and air-filled sinuses; no neck."""
    x, y, z = points
    size = float(rng.uniform(0.9, 1.05))
    away = np.sqrt((x / 72) ** 2 + (y / 90) ** 2 + (z / 82) ** 2) / size
    labels = np.full(away.shape, Of.AIR, dtype=np.uint8)
    for limit, tissue in (
        (1.0, Of.MUSCLE),
        (0.94, Of.BONE_CORTEX),
        (0.92, Of.BONE_MARROW),
        (0.89, Of.BONE_CORTEX),
    ):
        labels[away < limit] = tissue
    labels[away < 0.86] = BRAIN
    for side in (-1, 1):
        labels[((x - side * 12) / 7) ** 2 + (y / 32) ** 2 + ((z - 8) / 9) ** 2 < 1] = WATER
        labels[(x - side * 32) ** 2 + (y + 78) ** 2 + (z + 18) ** 2 < 12**2] = WATER
        labels[((x - side * 24) / 13) ** 2 + ((y + 66) / 16) ** 2 + ((z + 45) / 15) ** 2 < 1] = Of.GAS
    return labels


def trunk(points: Points, rng: Generator) -> Labels:
    """Chest, belly or pelvis as the phantom draws them, with muscle and fat where the spine would be."""
    up = float(rng.uniform(60, 420))
    line = np.array([[0.0, 0.0, height] for height in np.linspace(0, 520, 27)])
    recipe = TrunkRecipe(int(rng.integers(2**31)), line, 0.0, 1.0, frozenset())
    x, y, z = (axis.ravel() for axis in (points[0][:, 0, 0], points[1][0, :, 0], points[2][0, 0, :]))
    spacing = (x[1] - x[0], y[1] - y[0], z[1] - z[0])
    grid = Grid.from_axes((len(x), len(y), len(z)), spacing, np.array([x[0], y[0] - 35, z[0] + up]))
    return surroundings(recipe, grid)


def cylinder(points: Points, rng: Generator) -> Labels:
    """A water phantom with bright and dark rods along it."""
    x, y, z = points
    labels = np.where(np.hypot(x, y) + 0 * z < rng.uniform(55, 72), WATER, Of.AIR).astype(np.uint8)
    for tissue, angle in (
        (Of.BONE_MARROW, 0.0),
        (Of.FAT, 1.6),
        (Of.BONE_CORTEX, 3.1),
        (Of.GAS, 4.7),
    ):
        labels[np.hypot(x - 35 * np.cos(angle), y - 35 * np.sin(angle)) + 0 * z < rng.uniform(6, 14)] = tissue
    return labels


def noise(points: Points, rng: Generator) -> Labels:
    """Nothing but noise: random blocks of every brightness."""
    shape = np.broadcast_shapes(*(axis.shape for axis in points))
    return rng.choice(np.array([Of.FAT, Of.MUSCLE, Of.BONE_MARROW, WATER], dtype=np.uint8), size=shape)


PLACES: tuple[Callable[[Points, Generator], Labels], ...] = (knee, thigh, head, trunk, cylinder, noise)


def _limb(points: Points, radius_mm: float) -> Labels:
    x, y, z = points
    away = np.hypot(x, y) + 0 * z
    labels = np.full(away.shape, Of.AIR, dtype=np.uint8)
    labels[away < radius_mm] = Of.FAT
    labels[away < radius_mm - 8] = Of.MUSCLE
    return labels


def _add_bone(labels: Labels, bone: NDArray[np.bool_], points: Points) -> None:
    steps = [abs(float(np.diff(axis.ravel()[:2])[0])) for axis in points]
    depth_mm = ndimage.distance_transform_edt(bone, sampling=steps)
    labels[bone] = Of.BONE_CORTEX
    labels[depth_mm > 1.5] = Of.BONE_MARROW


def drawn(place: Callable[[Points, Generator], Labels], modality: Modality, seed: int) -> Volume:
    """One image of a place without a spine: axial CT of 1–3 mm, or sagittal MR of 3–4.5 mm resampled to its slices."""
    rng = np.random.default_rng([20261125, seed])
    spacing = np.array([1.2, 1.2, 1.2])
    thick, axis = (float(rng.uniform(1.2, 3.0)), 2) if modality.is_ct else (float(rng.uniform(3.0, 4.5)), 0)
    spacing[axis] = thick
    axes = [
        (np.arange(int(size / step)) - int(size / step) / 2) * step for size, step in zip(SIZE_MM, spacing, strict=True)
    ]
    points = (axes[0][:, None, None], axes[1][None, :, None], axes[2][None, None, :])
    labels = place(points, rng)
    table = np.zeros(256, dtype=np.float32)
    for label, value in (HU if modality.is_ct else _signals(modality, rng)).items():
        table[label] = value
    image = ndimage.gaussian_filter(table[labels], 0.6 / spacing)
    if modality.is_ct:
        image = image + rng.normal(0, rng.uniform(8, 35), image.shape)
    else:
        sigma = 1000 * rng.uniform(0.01, 0.04)
        image = np.hypot(1000 * image + rng.normal(0, sigma, image.shape), rng.normal(0, sigma, image.shape))
    origin = np.array([axis[0] for axis in axes])
    return Volume(image.astype(np.int16), Grid.from_axes(image.shape, spacing, origin), modality)


def _signals(modality: Modality, rng: Generator) -> dict[int, float]:
    fat, marrow, muscle, cartilage, water, brain, organ = (v * rng.uniform(0.85, 1.15) for v in MR[modality])
    own = {
        Of.FAT: fat,
        Of.BONE_MARROW: marrow,
        Of.MUSCLE: muscle,
        CARTILAGE: cartilage,
        WATER: water,
        BRAIN: brain,
    }
    organs = {tissue: organ * rng.uniform(0.6, 1.4) for tissue in ORGANS}
    return {int(k): float(v) for k, v in {**own, **organs, Of.BOWEL_FLUID: water}.items()}


def beside_spine(path: Path) -> Iterator[tuple[str, Volume]]:
    """What lies to the left and to the right of a real spine, as images of their own."""
    whole = load_volume(path, None, None)
    centres = np.array([v.centre_lps for v in BuiltInSegmenter().segment(whole, silent).vertebrae])
    across = int(np.argmax(np.abs(whole.grid.lps_from_ijk[0, :3])))
    middle = whole.grid.ijk_of(centres)[:, across]
    reach = BESIDE_MM / whole.spacing_mm[across]
    for word, low, high in (
        ("one side", 0, int(middle.min() - reach)),
        ("other side", int(middle.max() + reach), whole.grid.shape[across]),
    ):
        box = [slice(None)] * 3
        box[across] = slice(low, high)
        start = np.zeros(3, dtype=int)
        start[across] = low
        part = whole.voxels[tuple(box)]
        yield f"{path.name}, {word}", replace(whole, voxels=part, grid=whole.grid.crop(start, part.shape))


def main() -> None:
    """Print what was found in each image; end with the count of images in which a vertebra was invented."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=6, help="images of each place, every second CT")
    parser.add_argument("--data", type=Path, help="folder of the real series")
    options = parser.parse_args()
    kinds = (Modality.CT, Modality.T1, Modality.CT, Modality.T2, Modality.CT, Modality.STIR)
    images = [
        (f"{place.__name__} {seed}", drawn(place, kinds[seed % len(kinds)], seed))
        for place in PLACES
        for seed in range(options.seeds)
    ]
    for name in SERIES if options.data else ():
        images += beside_spine(options.data / name)
    invented = 0
    for name, volume in images:
        spine = BuiltInSegmenter().segment(volume, silent)
        invented += bool(spine.vertebrae)
        found = ", ".join(f"{v.level}{' (doubted)' if v.unusable else ''}" for v in spine.vertebrae)
        print(f"{name} {volume.modality.value}: {found or 'no vertebra'}", flush=True)
    print(f"vertebrae invented in {invented} of {len(images)} images")


if __name__ == "__main__":
    main()
