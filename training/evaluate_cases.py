"""Which patients is the whole path tried on? Spines as training draws them, imaged by the phantom's own scanners."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from cases import draw_patient
from numpy.typing import NDArray

from vfa.model.anatomy import VERSE_IDS
from vfa.model.frame import FloatArray, Grid
from vfa.model.volume import Modality, Volume
from vfa.phantom.anatomy import PhantomSpine
from vfa.phantom.materials import Tissue
from vfa.phantom.render_ct import CtScanner, render_ct
from vfa.phantom.render_mr import MrScanner, render_mr
from vfa.phantom.surroundings import surroundings
from vfa.phantom.trunk_space import Surrounding
from vfa.phantom.truth import L6_ID, TrueVertebra, body_labels, true_vertebra

Generator = np.random.Generator

SIZE_MM = {"CT": (150.0, 145.0, 210.0), "MR": (88.0, 170.0, 230.0)}  # left, back, head
CT_SLICES_MM = (0.75, 1.0, 1.25, 1.5, 3.0, 3.0)
MR_SLICES_MM = (3.0, 3.5, 4.0, 4.0, 4.5)
SAGITTAL: FloatArray = np.array([[0.0, 0, 1], [1, 0, 0], [0, -1, 0]])  # i to the back, j to the feet, k to the left
SAME: dict[Surrounding, Tissue] = {
    Surrounding.AIR: Tissue.AIR, Surrounding.FAT: Tissue.FAT, Surrounding.MUSCLE: Tissue.MUSCLE,
    Surrounding.LIVER: Tissue.ORGAN, Surrounding.SPLEEN: Tissue.ORGAN, Surrounding.KIDNEY: Tissue.ORGAN,
    Surrounding.HEART: Tissue.ORGAN, Surrounding.LUNG: Tissue.LUNG, Surrounding.ARTERY: Tissue.VESSEL,
    Surrounding.VEIN: Tissue.VESSEL, Surrounding.CALCIUM: Tissue.CALCIUM, Surrounding.BOWEL_WALL: Tissue.BOWEL,
    Surrounding.BOWEL_FLUID: Tissue.FLUID, Surrounding.GAS: Tissue.GAS, Surrounding.STOOL: Tissue.ORGAN,
    Surrounding.CONTRAST: Tissue.CONTRAST, Surrounding.BONE_CORTEX: Tissue.PELVIS,
    Surrounding.BONE_MARROW: Tissue.PELVIS_MARROW, Surrounding.METAL: Tissue.METAL, Surrounding.TABLE: Tissue.FAT,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Patient:
    """One image with its truth: `labels` (VerSe numbers on its lattice), `levels` by number, `truth` by level."""

    number: int
    kind: str
    slice_mm: float
    spine: PhantomSpine
    volume: Volume
    labels: NDArray[np.uint8]
    levels: dict[int, str]
    truth: dict[str, TrueVertebra]


def draw_image(number: int) -> Patient:
    """One patient; even numbers are CT, odd ones MR."""
    rng = np.random.default_rng([20261126, number])
    spine, trunk = draw_patient(rng)
    kind = "MR" if number % 2 else "CT"
    weights = np.array([0.3 if v.level[0] == "T" and int(v.level[1:]) < 9 else 1.0 for v in spine.vertebrae])
    focus = spine.vertebrae[int(rng.choice(len(weights), p=weights / weights.sum()))].construction.centre_lps
    middle = focus + rng.uniform([-8, 2, -25], [8, 16, 25])
    grid, slice_mm = _lattice(middle, kind, rng)
    table = np.arange(256, dtype=np.uint8)
    for surrounding, tissue in SAME.items():
        table[surrounding] = tissue
    background = table[surroundings(trunk, grid)]
    volume = (_ct if kind == "CT" else _mr)(spine, grid, slice_mm, background, rng)
    labels = body_labels(spine, grid)
    levels = {L6_ID if v.level == "L6" else VERSE_IDS[v.level]: v.level for v in spine.vertebrae}
    seen = {levels[n]: true_vertebra(spine[levels[n]]) for n in np.unique(labels) if n in levels}
    return Patient(number, kind, slice_mm, spine, volume, labels, levels, seen)


def _lattice(middle: FloatArray, kind: str, rng: Generator) -> tuple[Grid, float]:
    pixel = float(rng.uniform(0.6, 1.0))
    slice_mm = float(rng.choice(CT_SLICES_MM if kind == "CT" else MR_SLICES_MM))
    axes = np.eye(3) if kind == "CT" else SAGITTAL
    spacing = np.array([pixel, pixel, slice_mm * (1.0 if kind == "CT" else float(rng.choice([1.0, 1.1])))])
    size = np.abs(np.asarray(SIZE_MM[kind]) @ axes)
    shape = tuple(int(n) for n in np.ceil(size / spacing))
    origin = middle - axes @ ((np.asarray(shape) - 1) / 2 * spacing)
    return Grid.from_axes((shape[0], shape[1], shape[2]), spacing, origin, axes), slice_mm


def _ct(spine: PhantomSpine, grid: Grid, slice_mm: float, background: NDArray[np.uint8], rng: Generator) -> Volume:
    scanner = CtScanner(
        in_plane_blur_mm=float(rng.uniform(0.3, 0.6)),
        slice_thickness_mm=slice_mm,
        noise_hu=float(rng.uniform(8, 35)),
        trabecular_hu=float(rng.uniform(30, 220)),
        seed=int(rng.integers(2**31)),
    )
    return render_ct(spine, grid, scanner, background)


def _mr(spine: PhantomSpine, grid: Grid, slice_mm: float, background: NDArray[np.uint8], rng: Generator) -> Volume:
    kinds = (Modality.T1, Modality.T2, Modality.STIR)
    scanner = MrScanner(
        weighting=kinds[int(rng.integers(3))],
        slice_thickness_mm=slice_mm,
        in_plane_blur_mm=float(rng.uniform(0.3, 0.6)),
        fat_shift_mm=float(rng.uniform(-1.5, 1.5)),
        noise=float(rng.uniform(0.006, 0.03)),
        seed=int(rng.integers(2**31)),
    )
    return render_mr(spine, grid, scanner, background)
