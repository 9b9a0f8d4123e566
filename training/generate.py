"""Fill a cache with generated volumes: label lattices with truth, each rendered several times.

    python training/generate.py --cache CACHE/train --first 0 --count 2000 --renderings 5
    python training/generate.py --cache CACHE/check --first 9000000 --count 16 --renderings 1

A volume's number is its seed. The trainer may read while this runs; several may run with different numbers.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from cache import HEAT_STEPS, TRUTH, store
from cases import SHAPE, Case, Generator, draw_case
from fill import fill
from numpy.typing import NDArray
from render import render
from warp import WARP_STEP, warp, warped_places

from vfa.model.frame import Grid
from vfa.phantom.anatomy import PhantomSpine
from vfa.phantom.materials import Tissue
from vfa.phantom.surroundings import surroundings
from vfa.phantom.tissues import tissues
from vfa.phantom.trunk_space import Ellipsoid, Place, Rod, Surrounding, paint, paint_rod

CLASS_OF: dict[Tissue, int] = {
    Tissue.BODY_CORTEX: 1,
    Tissue.BODY_MARROW: 1,
    Tissue.ENDPLATE: 1,
    Tissue.IMPACTED_MARROW: 1,
    Tissue.CEMENT: 1,
    Tissue.POSTERIOR_BONE: 2,
    Tissue.POSTERIOR_MARROW: 2,
    Tissue.DISC: 3,
    Tissue.DISC_NUCLEUS: 3,
    Tissue.CANAL: 4,
    Tissue.CORD: 4,
    Tissue.SACRUM_CORTEX: 5,
    Tissue.SACRUM_MARROW: 5,
}
CLASSES = 6
CLASS_TABLE = np.zeros(256, dtype=np.uint8)
CLASS_TABLE[list(CLASS_OF)] = list(CLASS_OF.values())
HEAT_SIGMAS = (0.17, 0.17, 0.20)  # of width, depth and height
LEAST_SIGMA_MM = 2.0
BODY = 1


def _counts(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(6, X, Y, Z): how many of the eight fine voxels in a coarse one belong to each class."""
    classes = CLASS_TABLE[labels]
    x, y, z = (n // 2 for n in labels.shape)
    blocks = classes.reshape(x, 2, y, 2, z, 2)
    counts = np.stack([(blocks == c).sum(axis=(1, 3, 5), dtype=np.uint8) for c in range(1, CLASSES)])
    return np.concatenate([(8 - counts.sum(axis=0, dtype=np.uint8))[None], counts])


def _heat(spine: PhantomSpine | None, grid: Grid, places: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Centre heat-map times 255: a Gaussian at each body's centre, scaled to the body, in its own axes."""
    heat = np.zeros(places.shape[:3], dtype=np.float32)
    for vertebra in () if spine is None else spine.vertebrae:
        upper, lower = float(vertebra.upper_mm(0.0, 0.0)), float(vertebra.lower_mm(0.0, 0.0))
        size = np.array([vertebra.width_mm, vertebra.depth_mm, upper - lower])
        sigma = np.maximum(np.asarray(HEAT_SIGMAS) * size, LEAST_SIGMA_MM)
        centre_lps = vertebra.construction.lps_of((0.0, 0.0, (upper + lower) / 2))
        middle = grid.ijk_of(centre_lps) / 2
        low = np.clip((middle - 22).astype(int), 0, heat.shape)
        high = np.clip((middle + 22).astype(int), 0, heat.shape)
        if (low >= high).any():
            continue
        box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        offset = (places[box] + grid.lps_from_ijk[:3, 3] - centre_lps) @ vertebra.construction.axes
        heat[box] = np.maximum(heat[box], np.exp(-0.5 * ((offset / sigma) ** 2).sum(axis=-1)))
    return np.asarray(np.round(heat * HEAT_STEPS), dtype=np.uint8)


def _odd_objects(shape: tuple[int, int, int], rng: Generator) -> NDArray[np.uint8]:
    """No patient at all: balls, rods and cylinders of any tissue, one within another."""
    grid = Grid.from_axes(shape, (1.0, 1.0, 1.0), (-80.0, -80.0, -120.0))
    case = draw_case(rng)
    curve = np.array([[0.0, 0.0, -400.0], [0.0, 0.0, 400.0]])
    place = Place.of(grid, type(case.trunk)(1, curve, 0.0))
    labels = np.full(shape, Surrounding.AIR, dtype=np.uint8)
    kinds = [int(kind) for kind in Surrounding if kind is not Surrounding.AIR]
    for step in range(int(rng.integers(1, 25))):
        at = rng.uniform([-70, -70, -110], [70, 70, 110]) if step else rng.uniform(-20, 20, 3)
        size = float(rng.uniform(40, 110)) if step == 0 else float(rng.uniform(5, 40))
        inside, skin = (int(kind) for kind in rng.choice(kinds, 2))
        if rng.random() < 0.5:
            radii = tuple(float(r) for r in size * rng.uniform(0.5, 1.5, 3))
            paint(labels, place, Ellipsoid(tuple(at), (radii[0], radii[1], radii[2]), inside, skin, 3.0))
        else:
            end = at + rng.normal(0, 60, 3)
            paint_rod(labels, place, Rod(tuple(at), tuple(end), size * 0.6, inside, skin, 3.0))
    return labels


def _implants(labels: NDArray[np.uint8], rng: Generator) -> None:
    """Cement inside some bodies, in place: blobs in the marrow."""
    marrow = np.argwhere(labels[::4, ::4, ::4] == Tissue.BODY_MARROW) * 4
    for _ in range(int(rng.integers(1, 4)) if len(marrow) else 0):
        at, radius = marrow[int(rng.integers(len(marrow)))], int(rng.integers(4, 12))
        box = tuple(slice(max(c - radius, 0), c + radius + 1) for c in at)
        offset = np.meshgrid(
            *[np.arange(s.start, min(s.stop, n)) for s, n in zip(box, labels.shape, strict=True)], indexing="ij"
        )
        ball = sum((o - c) ** 2 for o, c in zip(offset, at, strict=True)) <= radius**2
        view = labels[box]
        view[ball & (view == Tissue.BODY_MARROW)] = Tissue.CEMENT


def _lattice(case: Case, rng: Generator) -> NDArray[np.uint8]:
    labels = surroundings(case.trunk, case.grid)
    if case.spine is not None:
        labels = tissues(case.spine, case.grid, labels)
        if rng.random() < 0.06:
            _implants(labels, rng)
    return labels


def make(number: int, renderings: int, folder: Path, mr_share: float = 0.5) -> None:
    """Generate one volume, its truth and its renderings."""
    rng = np.random.default_rng([20261122, number])
    case = draw_case(rng)
    odd = rng.random() < 0.04
    labels = _odd_objects(SHAPE, rng) if odd else _lattice(case, rng)
    size = [n // WARP_STEP + 2 for n in SHAPE]
    control = rng.normal(0, rng.uniform(0, 2.2), (3, *size))
    labels = warp(labels, control)
    places = warped_places(tuple(n // 2 for n in SHAPE), control)
    heat = _heat(None if odd else case.spine, case.grid, places)
    images = []
    for _ in range(renderings):
        rendering = render(labels, rng, mr_share)
        images.append(np.where(rendering.known, rendering.image, np.nan).astype(np.float16))
    store(folder, f"{number:07d}", _counts(labels), heat, images)


def main() -> None:
    """Generate the volumes asked for, skipping those that are there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--renderings", type=int, default=5)
    parser.add_argument("--mr-share", type=float, default=0.5, help="of the renderings")
    fill(parser, TRUTH, lambda number, asked: make(number, asked.renderings, asked.cache, asked.mr_share))


if __name__ == "__main__":
    main()
