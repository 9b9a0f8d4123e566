"""Fill a cache for the outline network: a piece of a spine, the signed distances of its bodies, several images of it.

    python training/outline_generate.py --cache CACHE/train --first 0 --count 2000 --renderings 3
    python training/outline_generate.py --cache CACHE/check --first 9000000 --count 24 --renderings 1
    python training/outline_generate.py --cache CACHE/train --first 200000 --count 500 --mr-share 0.85

A scene's number is its seed. The trainer may read while this runs.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cases import draw_patient
from fill import fill
from numpy.typing import NDArray
from outline_render import FINE_MM, Scene, render_scene

from vfa.model.frame import FloatArray, Grid
from vfa.phantom.anatomy import PhantomSpine, PhantomVertebra
from vfa.phantom.painting import points_in, window_of
from vfa.phantom.surroundings import surroundings
from vfa.phantom.tissues import tissues

Generator = np.random.Generator

SHAPE = (128, 124, 180)  # of FINE_MM
STEPS_PER_MM = 16.0  # distances are kept as whole steps in int8
AROUND_MM = 7.0  # how far from a body its distances are kept
INSIDE_MM = 8.0  # a body whose centre lies at least this far within the scene is learned from
SCENE = ".scene.npz"


@dataclass(frozen=True, eq=False)
class Body:
    """One body of a scene: its distances from `start` on, in fine voxels, and where the locate stage would look."""

    start: NDArray[np.int64]
    steps: NDArray[np.int8]
    centre_lps: FloatArray
    cranial: FloatArray
    anterior: FloatArray
    loss: float


def draw_scene(number: int) -> tuple[PhantomSpine, Scene, list[Body], Generator]:
    """Tissues and bodies round a vertebra drawn by chance, and the generator for what comes after."""
    rng = np.random.default_rng([20261125, number])
    spine, trunk = draw_patient(rng)
    levels = spine.vertebrae
    weights = np.array([1.0 if v.level[0] == "T" and int(v.level[1:]) < 8 else 2.5 for v in levels])
    weights *= np.where([v.shape.fracture is not None for v in levels], 2.0, 1.0)
    focus = levels[int(rng.choice(len(levels), p=weights / weights.sum()))].construction.centre_lps
    middle = focus + rng.uniform([-6, -2, -10], [6, 10, 10])
    grid = Grid.from_axes(SHAPE, (FINE_MM,) * 3, middle - (np.asarray(SHAPE) - 1) / 2 * FINE_MM)
    labels = tissues(spine, grid, surroundings(trunk, grid))
    nearest = np.full(SHAPE, 127, dtype=np.int8)
    bodies = []
    for index, vertebra in enumerate(spine.segments):
        window = window_of(grid, vertebra.construction, *vertebra.field.box_mm, AROUND_MM)
        if window is None:
            continue
        distance = vertebra.field.surface(*points_in(grid, window, vertebra.construction))
        steps = np.clip(np.round(distance * STEPS_PER_MM), -127, 127).astype(np.int8)
        nearest[window] = np.minimum(nearest[window], steps)
        if vertebra.level != "S1":
            bodies.append(_body(spine, index, steps, np.array([side.start for side in window])))
    return spine, Scene(labels, nearest.astype(np.float32) / STEPS_PER_MM, grid), bodies, rng


def _body(spine: PhantomSpine, index: int, steps: NDArray[np.int8], start: NDArray[np.int64]) -> Body:
    centres = np.stack([v.frame.centre_lps for v in spine.vertebrae])
    above, below = max(index - 1, 0), min(index + 1, len(centres) - 1)
    cranial = centres[above] - centres[below]
    vertebra = spine.vertebrae[index]
    anterior = centres[index] - vertebra.canal_lps
    return Body(start, steps, centres[index], cranial / np.linalg.norm(cranial), anterior, _loss(vertebra))


def _loss(vertebra: PhantomVertebra) -> float:
    """Share of the height lost along the middle of the body, where most is lost."""
    y = np.linspace(-0.42, 0.42, 15) * vertebra.depth_mm
    zero = np.zeros_like(y)
    shape, intact = vertebra.shape, vertebra.shape.intact
    left = (shape.upper_mm(zero, y) - shape.lower_mm(zero, y)) / (intact.upper_mm(zero, y) - intact.lower_mm(zero, y))
    return float(1 - np.min(left))


def make(number: int, renderings: int, mr_share: float, folder: Path) -> None:
    """Generate one scene with its renderings; it appears by rename."""
    _, scene, bodies, rng = draw_scene(number)
    middle = scene.grid.ijk_of(np.stack([body.centre_lps for body in bodies]))
    margin = INSIDE_MM / FINE_MM
    learned = ((middle > margin) & (middle < np.asarray(SHAPE) - 1 - margin)).all(axis=1)
    kept: dict[str, NDArray[np.generic]] = {
        "fine": scene.grid.lps_from_ijk,
        "learned": learned,
        "centres": np.stack([body.centre_lps for body in bodies]),
        "cranial": np.stack([body.cranial for body in bodies]),
        "anterior": np.stack([body.anterior for body in bodies]),
        "loss": np.array([body.loss for body in bodies]),
        "starts": np.stack([body.start for body in bodies]),
    }
    for index, body in enumerate(bodies):
        kept[f"steps{index}"] = body.steps
    for index in range(renderings):
        picture = render_scene(scene, rng, mr_share)
        kept[f"image{index}"] = picture.image.astype(np.float16)
        kept[f"grid{index}"] = picture.grid.lps_from_ijk
        kept[f"about{index}"] = np.array([picture.is_ct, picture.slice_axis, picture.slice_mm], dtype=np.float32)
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{number:07d}.part.npz"
    np.savez(part, **kept)  # type: ignore[arg-type]
    os.replace(part, folder / f"{number:07d}{SCENE}")


def main() -> None:
    """Generate the scenes asked for, skipping those that are there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--renderings", type=int, default=3)
    parser.add_argument("--mr-share", type=float, default=0.5, help="of the renderings")
    fill(parser, SCENE, lambda number, asked: make(number, asked.renderings, asked.mr_share, asked.cache))


if __name__ == "__main__":
    main()
