"""Where exactly does an endplate end? Found in the image, below voxel size.

On CT an endplate is a thin bright shell between marrow and disc, blurred by the scanner. Voxels near the mask's
edge are not interpolated: each keeps its own distance from a smooth reference surface, and a blurred shell
(marrow, shell, disc; the blur from voxel size, slice thickness and kernel, as in cortical bone mapping: Treece et
al., Med Image Anal 2010; 2012) is fitted to all voxels around each column of the body. Because endplates are tilted and
curved against the slices, voxels of thick slices fall at many distances, and the edge is found well below the
slice spacing. The same model with a dark shell serves MR, where cortex is black.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vfa.measure.blur import Blur, blur_along
from vfa.measure.grey_samples import Evidence, GreySamples
from vfa.measure.lattice import ColumnLattice, carried
from vfa.measure.surface import smooth_field, smooth_surface
from vfa.measure.uncertainty import step_along
from vfa.model.frame import FloatArray
from vfa.model.volume import Volume

SHELL_MM = 0.6  # thickness of a bony endplate: 0.4–0.9 mm in cadavers (Roberts 1997; Edwards 2001); ±0.15 mm of bias
# Trabeculae beneath the shell, impacted or sclerotic, may be nearly as bright as it on CT and as dark on MR: without a
# layer of their own the lower margin of an impacted band was taken for the endplate, 3 mm too low, on T1 and T2.
BAND_MM = 2.5
# Where flat endplates lie along thick slices few distances are sampled, and a band as bright as it likes would fit an
# endplate anywhere: unless voxels say otherwise it is as bright as the marrow. Share of the voxels that this counts as,
# per mm between samples along the cranial axis.
BELIEF_PER_MM = 0.01
BAND_AS_MARROW = np.array([[1.0, -1.0, 0.0, 0.0], [-1.0, 1.0, 0.0, 0.0], [0.0] * 4, [0.0] * 4])
NO_BELIEF = np.zeros((2, 2))
MOST_EFFECTIVE_VOXELS = 50.0  # neighbouring voxels share noise; more do not count
START_SMOOTH_MM = 1.5
START_SMOOTH_PER_STEP = 0.5


@dataclass(frozen=True)
class Search:
    """One pass over candidate positions of the surface, all in mm from the reference.

    Args:
        reach_mm: how far on either side.
        step_mm: between candidates; the best is interpolated between them.
        wander_mm: prior: the surface is usually within this of the reference.
        smooth_mm: the scale on which what was found is smoothed.
        every: in both directions, only every so many columns are searched.
    """

    reach_mm: float
    step_mm: float
    wander_mm: float
    smooth_mm: float
    every: int = 1

    @property
    def candidates_mm(self) -> FloatArray:
        """(C,) outward offsets to try."""
        count = round(self.reach_mm / self.step_mm)
        return np.arange(-count, count + 1, dtype=np.float64) * self.step_mm


@dataclass(frozen=True)
class Searches:
    """All passes over one endplate.

    Args:
        whole: first the surface moves as a whole: what all columns see together is beyond noise, while one column of
            thick slices holds too few voxels to tell where in several millimetres its endplate lies. None: it does not.
        passes: then column by column, ever finer.
    """

    whole: Search | None
    passes: tuple[Search, ...]


BRIGHT = Searches(
    Search(4.5, 0.5, 3.0, 0.0, 3),  # however far the mask is off
    (Search(3.5, 0.5, 2.5, 2.0, 2), Search(1.5, 0.25, 1.0, 1.2, 2), Search(0.75, 0.25, 1.0, 0.7)),
)
# On MR dark lines run inside the body too (basivertebral vein, sclerosis), and a thin dark disc has the next body's
# endplate close behind: the mask's word weighs more.
DARK = Searches(
    Search(1.5, 0.5, 1.0, 0.0, 3),
    (Search(1.5, 0.5, 0.8, 2.5, 2), Search(1.5, 0.25, 0.8, 1.5, 2), Search(0.75, 0.25, 0.8, 1.0)),
)


@dataclass(frozen=True)
class ShellModel:
    """How an endplate looks in an image.

    Args:
        blur: of the scanner, along the endplate's normal.
        dark: whether the shell is darker than both sides (MR) or brighter (CT).
        belief: share of the voxels that the band's likeness to the marrow counts as.
    """

    blur: Blur
    dark: bool
    belief: float

    @classmethod
    def of(cls, volume: Volume, normal_lps: FloatArray) -> ShellModel:
        """In this image, for an endplate with this normal."""
        step_mm = step_along(volume.grid, normal_lps)
        return cls(blur_along(volume, normal_lps), not volume.modality.is_ct, BELIEF_PER_MM * step_mm)


@dataclass(frozen=True, eq=False)
class Endplate:
    """One endplate as a height field on the body's lattice.

    Args:
        cranial_mm: (L, A) outer bone surface along the cranial axis; NaN outside the footprint.
        course_mm: (L, A) the same, continued beyond the footprint.
        contrast: (L, A) share of the local grey-value variation that the shell model explains, 0–1.
        scatter_mm: robust standard deviation of the surface's local roughness.
        blur_mm: the extent of the blur along the surface's normal (box width and Gaussian combined, as a sd).
    """

    cranial_mm: FloatArray
    course_mm: FloatArray
    contrast: FloatArray
    scatter_mm: float
    blur_mm: float


def find_endplates(volume: Volume, lattice: ColumnLattice, foreign: NDArray[np.bool_]) -> tuple[Endplate, Endplate]:
    """Find the cranial and the caudal endplate in the image, starting from where the mask ends.

    Args:
        volume: the image, cropped around the body.
        lattice: the body's columns.
        foreign: (I, J, K) bool on the volume's grid: voxels of other bodies, left out.

    Returns:
        Both endplates; their NaN columns are those without a footprint.
    """
    searches = BRIGHT if volume.modality.is_ct else DARK
    # Enough to take away the mask's stairs; more would level the rim of a deep dip.
    sigma_mm = min(START_SMOOTH_MM + START_SMOOTH_PER_STEP * step_along(volume.grid, lattice.frame.cranial), 4.0)
    starts = [smooth_surface(start, lattice.footprint, sigma_mm) for start in (lattice.upper_mm, lattice.lower_mm)]
    return _search_both(volume, lattice, starts, foreign, searches)


def refind_endplates(
    volume: Volume,
    lattice: ColumnLattice,
    found: tuple[ColumnLattice, Endplate, Endplate],
    foreign: NDArray[np.bool_],
) -> tuple[Endplate, Endplate]:
    """The same endplates on a turned lattice, starting from where they were found on another one of the body."""
    searches = BRIGHT if volume.modality.is_ct else DARK
    before, *plates = found
    starts = [carried(before, plate.course_mm, lattice) for plate in plates]
    return _search_both(volume, lattice, starts, foreign, Searches(None, searches.passes[-1:]))


def _search_both(
    volume: Volume,
    lattice: ColumnLattice,
    starts: list[FloatArray],
    foreign: NDArray[np.bool_],
    searches: Searches,
) -> tuple[Endplate, Endplate]:
    samples = GreySamples.near(volume, lattice, foreign)
    upper, lower = (
        _find_endplate(volume, samples.close_to(start), start, outward, searches)
        for start, outward in zip(starts, (+1, -1), strict=True)
    )
    return upper, lower


def _find_endplate(
    volume: Volume,
    samples: GreySamples,
    reference: FloatArray,
    outward: int,
    searches: Searches,
) -> Endplate:
    """One endplate, outward +1 for the cranial and −1 for the caudal one, from a first course of it (L, A)."""
    lattice = samples.lattice
    footprint = lattice.footprint
    model = ShellModel.of(volume, _mean_normal(lattice, reference))
    aggregate_mm = float(np.clip(0.7 + 0.4 * model.blur.box_mm, 1.0, 3.0))

    def stride(course: FloatArray, search: Search) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The step from this course to a better one, what smoothing took from it, and the contrast seen."""
        where = footprint & _every(footprint.shape, search.every)
        evidence = samples.binned(course, outward, aggregate_mm, where)
        found, explained = _best_offset(evidence, model, search)
        offset, contrast = np.zeros_like(course), np.zeros_like(course)
        offset[where], contrast[where] = outward * found, explained
        # Only the step is smoothed, so that each pass adds detail and none takes any away.
        step = smooth_field(offset, where, search.smooth_mm, weight=0.02 + contrast)
        return step, (offset - step)[where & lattice.inner], contrast

    if searches.whole is not None:
        where = footprint & _every(footprint.shape, searches.whole.every)
        evidence = samples.binned(reference, outward, aggregate_mm, where)
        reference = reference + outward * _whole_shift(evidence, model, searches.whole)
    for search in searches.passes:
        step, rough, contrast = stride(reference, search)
        reference = reference + step
    scatter = 1.4826 * _median_size(rough)
    return Endplate(np.where(footprint, reference, np.nan), reference, contrast, scatter, model.blur.sd_mm)


def _median_size(values: FloatArray) -> float:
    return float(np.median(np.abs(values))) if values.size else 0.0


def _every(shape: tuple[int, ...], step: int) -> NDArray[np.bool_]:
    """(L, A): every so many columns in both directions."""
    chosen = np.zeros(shape, dtype=bool)
    chosen[::step, ::step] = True
    return chosen


def _mean_normal(lattice: ColumnLattice, surface: FloatArray) -> FloatArray:
    """(3,) LPS normal of the surface in the middle of the footprint."""
    slope_left = np.asarray(np.gradient(surface, lattice.left_mm, axis=0))
    slope_anterior = np.asarray(np.gradient(surface, lattice.anterior_mm, axis=1))
    where = lattice.inner if lattice.inner.any() else lattice.footprint
    normal = np.array([-np.mean(slope_left[where]), -np.mean(slope_anterior[where]), 1.0])
    return np.asarray(lattice.frame.axes @ (normal / np.linalg.norm(normal)))


def _best_offset(evidence: Evidence, model: ShellModel, search: Search) -> tuple[FloatArray, FloatArray]:
    """(N,) outward offset of the surface at each column, and the share of variation the model explains."""
    candidates = search.candidates_mm
    total = evidence.mass.sum(axis=1)
    mean = evidence.first.sum(axis=1) / np.maximum(total, 1e-9)
    variation = np.maximum(evidence.second - total * mean**2, 1e-6)
    relative = _misfit(evidence, model, candidates) / variation[:, None]
    # A Gaussian prior on the offset, in the units of −2 log likelihood, matters only where the image says little.
    noise = np.maximum(relative.min(axis=1, keepdims=True), 0.02)
    effective = np.clip(total, 1.0, MOST_EFFECTIVE_VOXELS)[:, None]
    objective = relative / noise * effective + (candidates / search.wander_mm) ** 2
    best = np.clip(np.argmin(objective, axis=1), 1, len(candidates) - 2)
    rows = np.arange(len(best))
    before, at, after = objective[rows, best - 1], objective[rows, best], objective[rows, best + 1]
    bend = before - 2 * at + after
    shift = np.where(bend > 1e-12, 0.5 * (before - after) / np.maximum(bend, 1e-12), 0.0)
    offset = candidates[best] + np.clip(shift, -1, 1) * search.step_mm
    seen = total > 1e-6
    return np.where(seen, offset, 0.0), np.where(seen, np.clip(1 - relative[rows, best], 0, 1), 0.0)


def _whole_shift(evidence: Evidence, model: ShellModel, whole: Search) -> float:
    """The outward offset (mm) at which the model fits best when all columns move by the same."""
    total = evidence.mass.sum(axis=1)
    mean = evidence.first.sum(axis=1) / np.maximum(total, 1e-9)
    variation = np.maximum(evidence.second - total * mean**2, 0.0).sum()
    candidates = whole.candidates_mm
    relative = _misfit(evidence, model, candidates).sum(axis=0) / max(float(variation), 1e-6)
    noise = max(float(relative.min()), 0.02)
    objective = relative / noise * MOST_EFFECTIVE_VOXELS + (candidates / whole.wander_mm) ** 2
    return float(candidates[int(np.argmin(objective))])


def _misfit(evidence: Evidence, model: ShellModel, candidates_mm: FloatArray) -> FloatArray:
    """(N, C) residual sum of squares of the blurred-shell model with its outer surface at each of (C,) offsets."""
    distance = evidence.distance_mm - candidates_mm[:, None]
    step = model.blur.step
    outer, inner = step(distance), step(distance + SHELL_MM)
    below = step(distance + SHELL_MM + BAND_MM)
    # Marrow, the marrow next to the shell, shell, disc.
    layers = np.stack([1 - below, below - inner, inner - outer, outer], axis=1)
    residual, solution = _residual(evidence, layers, model.belief * BAND_AS_MARROW)
    flat, _ = _residual(evidence, np.stack([1 - outer, outer], axis=1), NO_BELIEF)
    sides, shell = solution[..., (1, 3)], solution[..., 2]
    wrong = shell > sides.min(axis=-1) if model.dark else shell < sides.max(axis=-1)
    return np.where(wrong, flat, residual)


def _residual(evidence: Evidence, shapes: FloatArray, belief: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weighted least squares of each column's bins on shapes (C, P, M): residual (N, C), solution (N, C, P).

    The belief (P, P) is a quadratic form in the solution that counts as this share of the column's voxels.
    """
    candidates, count, bins = shapes.shape
    products = np.einsum("cpm,cqm->cpqm", shapes, shapes).reshape(-1, bins)
    normal = (evidence.mass @ products.T).reshape(-1, candidates, count, count)
    right = (evidence.first @ shapes.reshape(-1, bins).T).reshape(-1, candidates, count)
    ridge = 1e-6 * np.trace(normal, axis1=-2, axis2=-1)[..., None, None] * np.eye(count) + 1e-9 * np.eye(count)
    ridge = ridge + evidence.mass.sum(axis=1)[:, None, None, None] * belief
    solution = np.linalg.solve(normal + ridge, right[..., None])[..., 0]
    return evidence.second[:, None] - np.einsum("ncp,ncp->nc", solution, right), solution
