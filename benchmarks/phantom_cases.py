"""Phantom spines with known truth, for measuring how far measurements are off.

Each case is one spine in its own pose with its own fractures, rendered as CT on one grid, with true body masks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from vfa.model.anatomy import VERSE_IDS
from vfa.model.frame import Grid
from vfa.model.spine import Spine, Vertebra
from vfa.model.volume import Volume
from vfa.phantom.anatomy import PhantomSpine, Pose, SpineCurve, SpineRecipe, build_spine
from vfa.phantom.fractures import Fracture, fracture_of
from vfa.phantom.render_ct import CtScanner, render_ct
from vfa.phantom.truth import TrueVertebra, body_labels, truth_of

LEVELS = ("T11", "T12", "L1", "L2", "L3", "L4", "L5")
SHAPES = ("wedge", "biconcave", "crush", "burst")
MARGIN_MM = 14.0


@dataclass(frozen=True, eq=False)
class Case:
    """One rendered phantom with its truth.

    Args:
        seed: what it was made from.
        volume: the CT.
        spine: the true masks of the free vertebrae that the grid holds.
        truth: by level.
        shapes: fracture shape by fractured level.
    """

    seed: int
    volume: Volume
    spine: Spine
    truth: dict[str, TrueVertebra]
    shapes: dict[str, str]


def random_spine(
    seed: int, *, height_sd: float, fracture_share: float, levels: tuple[str, ...] = LEVELS
) -> tuple[PhantomSpine, dict[str, str]]:
    """A spine with people's variation, tilted up to 20°, some of its levels fractured by 20–60 %."""
    rng = np.random.default_rng([seed, 77])
    fractures: dict[str, Fracture] = {}
    shapes: dict[str, str] = {}
    for level in levels:
        if rng.random() < fracture_share:
            shapes[level] = str(rng.choice(SHAPES))
            fractures[level] = fracture_of(
                shapes[level],  # type: ignore[arg-type]
                float(rng.uniform(0.2, 0.6)),
                24.0,
                retropulsion_mm=float(rng.uniform(2, 7)) if shapes[level] == "burst" else 0.0,
                band="sclerotic" if rng.random() < 0.4 else "none",
            )
    bends = {level: float(rng.normal(0, 2)) for level in levels}
    recipe = SpineRecipe(
        seed=seed,
        levels=(*levels, "S1"),
        fractures=fractures,
        size_scale=float(rng.uniform(0.9, 1.1)),
        height_sd=height_sd,
        variation=1.0,
        curve=SpineCurve(lordosis_scale=float(rng.uniform(0.6, 1.3)), left_bend_deg=bends),
        pose=Pose(
            rotation_deg=tuple(float(a) for a in rng.uniform(-20, 20, 3)),  # type: ignore[arg-type]
            translation_mm=tuple(float(t) for t in rng.uniform(-2, 2, 3)),  # type: ignore[arg-type]
        ),
    )
    return build_spine(recipe), shapes


def grid_around(
    spine: PhantomSpine,
    spacing_mm: tuple[float, float, float],
    axes: np.ndarray | None = None,
    behind_mm: float = MARGIN_MM,
) -> Grid:
    """A grid that holds every free vertebra whole, and so much of what lies behind the bodies."""
    directions = np.eye(3) if axes is None else axes
    corners = np.concatenate(
        [
            v.construction.lps_of(np.array(np.meshgrid(*zip(*v.field.box_mm, strict=True))).reshape(3, -1).T)
            for v in spine.vertebrae
        ]
    )
    along = corners @ directions
    low, high = along.min(axis=0) - MARGIN_MM, along.max(axis=0) + MARGIN_MM
    high[1] += behind_mm - MARGIN_MM  # the second axis is the one that runs towards the back
    shape = tuple(int(n) for n in np.ceil((high - low) / np.asarray(spacing_mm)) + 1)
    return Grid.from_axes((shape[0], shape[1], shape[2]), spacing_mm, directions @ low, directions)


def true_spine(spine: PhantomSpine, grid: Grid) -> Spine:
    """The true masks as a segmentation."""
    labels = body_labels(spine, grid)
    found: list[Vertebra] = []
    boxes = ndimage.find_objects(labels)
    for vertebra in spine.vertebrae:
        number = VERSE_IDS[vertebra.level]
        box = boxes[number - 1] if number <= len(boxes) else None
        if box is None:
            continue
        start = [max(s.start - 3, 0) for s in box]
        stop = [min(s.stop + 3, n) for s, n in zip(box, grid.shape, strict=True)]
        window = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
        mask = labels[window] == number
        crop = grid.crop(start, mask.shape)
        touches = any(s.start == 0 or s.stop == n for s, n in zip(box, grid.shape, strict=True))
        found.append(Vertebra(vertebra.level, 1.0, mask, crop, vertebra.canal_lps, touches_border=touches))
    return Spine(tuple(found), grid, "true masks of the phantom")


def cases(
    seeds: range,
    spacing_mm: tuple[float, float, float],
    *,
    height_sd: float = 0.0,
    fracture_share: float = 0.4,
    axes: np.ndarray | None = None,
) -> Iterator[Case]:
    """Render one case per seed."""
    for seed in seeds:
        spine, shapes = random_spine(seed, height_sd=height_sd, fracture_share=fracture_share)
        grid = grid_around(spine, spacing_mm, axes)
        scanner = CtScanner(slice_thickness_mm=spacing_mm[2], seed=seed)
        volume = render_ct(spine, grid, scanner)
        truth = {true.level: true for true in truth_of(spine)}
        yield Case(seed, volume, true_spine(spine, grid), truth, shapes)
