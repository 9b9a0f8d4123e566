"""Label volumes whose every place and size is chosen by hand: a straight column of boxes, and the phantom's vertebrae.

A box is 40 mm wide (left–right), 32 mm deep and 24 mm high (30.72 ml), like a lumbar body; neighbours stand 36 mm apart
along LPS z. Everything lies 100 mm to the left of and 50 mm behind the origin.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np

from vfa.model.anatomy import VERSE_IDS
from vfa.model.frame import RAS_FROM_LPS, Grid
from vfa.model.spine import Spine, Vertebra
from vfa.phantom.anatomy import PhantomSpine
from vfa.phantom.materials import Tissue
from vfa.phantom.tissues import tissues
from vfa.segment.bodies import BodyMask

BOX_MM = np.array([40.0, 32.0, 24.0])
BOX_ML = 30.72
STEP_MM = 36.0
BONE = [tissue for tissue in Tissue if tissue.name.startswith(("BODY", "ENDPLATE", "POSTERIOR", "IMPACTED"))]


def column_centre(index: int) -> np.ndarray:
    """LPS centre of the box that stands so many steps below the first."""
    return np.array([100.0, 50.0, 300.0 - STEP_MM * index])


def column_grid(count: int, spacing_mm=(2.0, 2.0, 2.0), axes=None) -> Grid:
    """A lattice around the whole column; axes are unit columns i, j, k in LPS."""
    directions = np.eye(3) if axes is None else np.asarray(axes, dtype=float)
    middle = (column_centre(0) + column_centre(count - 1)) / 2
    extent = np.abs(directions.T @ np.array([70.0, 60.0, STEP_MM * count + 20]))
    shape = tuple(2 * int(n) for n in np.ceil(extent / np.asarray(spacing_mm) / 2))  # even: boxes fill whole voxels
    corner = middle - directions @ ((np.array(shape) - 1) / 2 * np.asarray(spacing_mm))
    return Grid.from_axes(shape, spacing_mm, corner, directions)


def box_at(grid: Grid, centre_lps: np.ndarray, size_mm=BOX_MM) -> np.ndarray:
    """Which voxel centres of a lattice lie in a box along the LPS axes."""
    ijk = np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape], indexing="ij"), axis=-1)
    return (np.abs(grid.lps_of(ijk) - centre_lps) < np.asarray(size_mm) / 2).all(axis=-1)


def column(labels: list[int], grid: Grid) -> np.ndarray:
    """A column of boxes with these labels from head to foot."""
    volume = np.zeros(grid.shape, dtype=np.uint8)
    for index, label in enumerate(labels):
        volume[box_at(grid, column_centre(index))] = label
    return volume


def box_body(index: int = 0, size_mm=BOX_MM, shift_lps=(0.0, 0.0, 0.0)) -> BodyMask:
    """One box on its own 1 mm crop."""
    centre = column_centre(index) + np.asarray(shift_lps)
    shape = tuple(int(n) + 8 for n in size_mm)
    grid = Grid.from_axes(shape, (1, 1, 1), centre - (np.array(shape) - 1) / 2)
    return BodyMask(box_at(grid, centre, size_mm), grid)


def box_vertebra(level: str, index: int, size_mm=BOX_MM, shift_lps=(0.0, 0.0, 0.0)) -> Vertebra:
    body = box_body(index, size_mm, shift_lps)
    return Vertebra(level, None, body.mask, body.grid)


def box_spine(levels: list[str]) -> Spine:
    vertebrae = tuple(box_vertebra(level, index) for index, level in enumerate(levels))
    return Spine(vertebrae, column_grid(len(levels)), "made up")


def save_nifti(path: Path, labels: np.ndarray, grid: Grid) -> Path:
    """Written by nibabel, so that vfa's reading is checked against another's writing."""
    nibabel.save(nibabel.Nifti1Image(labels, RAS_FROM_LPS @ grid.lps_from_ijk), path)
    return path


def phantom_grid(spine: PhantomSpine, spacing_mm=(1.2, 1.2, 1.5)) -> Grid:
    """A lattice around all bodies and arches of a phantom."""
    centres = np.array([vertebra.construction.centre_lps for vertebra in spine.vertebrae])
    low, high = centres.min(axis=0) - np.array([60, 70, 45]), centres.max(axis=0) + np.array([60, 90, 45])
    shape = tuple(int(n) for n in np.ceil((high - low) / np.asarray(spacing_mm)))
    return Grid.from_axes(shape, spacing_mm, low)


def whole_vertebrae(spine: PhantomSpine, grid: Grid) -> np.ndarray:
    """Body and arch of every phantom vertebra, with VerSe numbers."""
    labels = np.zeros(grid.shape, dtype=np.uint8)
    for vertebra in spine.vertebrae:
        alone = replace(spine, vertebrae=(vertebra,), sacrum=None)
        bone = np.isin(tissues(alone, grid, np.zeros(grid.shape, np.uint8)), BONE)
        labels[bone] = VERSE_IDS[vertebra.level]
    return labels


def on_grid(body: BodyMask, grid: Grid) -> np.ndarray:
    """A crop's mask put back on the lattice it was cut from."""
    start = np.rint(grid.ijk_of(body.grid.lps_of([0, 0, 0]))).astype(int)
    full = np.zeros(grid.shape, dtype=bool)
    full[tuple(slice(s, s + n) for s, n in zip(start, body.mask.shape, strict=True))] = body.mask
    return full


def dice(one: np.ndarray, two: np.ndarray) -> float:
    return float(2 * (one & two).sum() / (one.sum() + two.sum()))
