"""How does one volume lie to another whose frame of reference is another one?

A rigid motion is searched in two steps: all translations at once by correlating edge directions with Fourier
transforms, then the best few refined with rotation. Vertebrae repeat, so a spine matches itself shifted by one level;
the best match must therefore stand out from the next one. The upper and the lower half are then matched once more,
each alone: how far they move is the residual, and it shows a spine that was bent differently as well as a match that
has no hold. A match that is poor in any of this is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage, optimize
from scipy.spatial.transform import Rotation

from vfa.errors import GeometryRefused
from vfa.intake.edge_directions import EdgeField, Field, edge_field
from vfa.model.frame import FloatArray, Grid
from vfa.model.study import Registered
from vfa.model.volume import Volume

COARSE_MM, FINE_MM = 4.0, 2.0
OVERLAP_AT_LEAST = 0.65  # of the smaller image's edges
STARTS, STARTS_APART_MM = 6, 12.0  # half a level: nearer starts end at one place
MOST_TURN_DEG = 20.0  # a patient lies supine in either scanner
BEST_STARTS = 3  # are refined further: the one that fits and those it must stand out from
REGION_MARGIN_MM = 30.0  # around the bodies: what lies behind and beside them moves with the spine, the belly does not
STANDS_OUT = 1.1  # the best match's likeness over that of the next one elsewhere
LIKENESS_AT_LEAST = 0.06
MOST_RESIDUAL_MM = 3.5  # a tenth of a lumbar body's depth; marrow is read in its inner half
COARSE_BLURS, FINE_BLUR = (2.0, 0.7), 0.7  # voxels: how far from its place a start may be
COARSE_POINTS, FINE_POINTS = 1_500, 4_000
SLOPE_OVER_MM = 0.3  # slopes are taken over this way: linear interpolation has kinks at voxels
_TURN_SCALE_MM = 60.0  # millimetres that stand for one radian, so that the search's steps are alike


Points = tuple[FloatArray, FloatArray]
"""(N, 3) places in LPS mm and (N, 3) edge directions there."""

Wanted = Callable[[FloatArray], NDArray[np.bool_]]
"""Which of (N, 3) places to take."""


def _everywhere(places_lps: FloatArray) -> NDArray[np.bool_]:
    return np.ones(len(places_lps), dtype=bool)


def _near(region: Grid | None, motion: _Motion | None) -> Wanted:
    """Whether places, once moved, lie in a region or little beside it."""
    if region is None:
        return _everywhere
    margin = REGION_MARGIN_MM / np.array(region.spacing_mm)

    def wanted(places_lps: FloatArray) -> NDArray[np.bool_]:
        ijk = region.ijk_of(places_lps if motion is None else motion(places_lps))
        return np.asarray(((ijk > -margin) & (ijk < np.array(region.shape) + margin)).all(axis=1))

    return wanted


@dataclass(frozen=True, eq=False)
class _Motion:
    """x ↦ R (x − centre) + centre + shift; parameters: rotation vector × _TURN_SCALE_MM, shift in mm."""

    centre_lps: FloatArray
    parameters: FloatArray

    @property
    def turn(self) -> FloatArray:
        return np.asarray(Rotation.from_rotvec(self.parameters[:3] / _TURN_SCALE_MM).as_matrix(), dtype=np.float64)

    def __call__(self, points_lps: FloatArray) -> FloatArray:
        moved: FloatArray = (points_lps - self.centre_lps) @ self.turn.T + self.centre_lps + self.parameters[3:]
        return moved

    @property
    def matrix(self) -> FloatArray:
        matrix = np.eye(4)
        matrix[:3, :3] = self.turn
        matrix[:3, 3] = self(np.zeros(3))
        return matrix


def register(moved: Volume, onto: Volume, region: Grid | None = None) -> Registered:
    """The rigid motion that takes the LPS coordinates of `moved` to those of `onto`, with its residual.

    Args:
        moved: the image to be placed.
        onto: the image it is placed beside.
        region: where the spine is in `onto`: the motion settles on what lies there. None: on everything.

    Raises:
        GeometryRefused: if they do not show the same region, if the match fits as well one level further, or if its
            residual is too large to be used.
    """
    coarse = edge_field(moved, COARSE_MM), edge_field(onto, COARSE_MM)
    swapped = coarse[0].known.sum() > coarse[1].known.sum()  # the smaller one must find its place on the larger
    pair = (onto, moved) if swapped else (moved, onto)
    best = _best_match(*(coarse[::-1] if swapped else coarse))
    smaller, larger = edge_field(pair[0], FINE_MM), _Target.of(edge_field(pair[1], FINE_MM), FINE_BLUR)
    wanted = _near(region, None if swapped else best)
    best, _ = _refined(best, _points(smaller, wanted, FINE_POINTS), larger)
    residual_mm = _residual_mm(best, smaller, larger, wanted)
    if residual_mm > MOST_RESIDUAL_MM:
        raise GeometryRefused(f"its residual is {residual_mm:.1f} mm, more than the {MOST_RESIDUAL_MM:.1f} mm allowed")
    matrix = np.asarray(np.linalg.inv(best.matrix) if swapped else best.matrix, dtype=np.float64)
    return Registered(matrix, residual_mm)


def _best_match(moved: EdgeField, onto: EdgeField) -> _Motion:
    """The motion that fits best and clearly better than any other; GeometryRefused if there is none."""
    starts = _starts(moved, onto)
    if not starts:
        raise GeometryRefused("it shows another region: nowhere does enough of it lie on the other image")
    points = _points(moved, _everywhere, COARSE_POINTS)
    middle = points[0].mean(axis=0)
    found: list[tuple[_Motion, float]] = []
    for blur in COARSE_BLURS:
        target = _Target.of(onto, blur)
        refined = sorted((_refined(start, points, target) for start in starts), key=lambda one: -one[1])
        found = []
        for motion, value in refined:  # several starts may end at one place
            if all(np.linalg.norm(motion(middle) - other(middle)) > STARTS_APART_MM for other, _ in found):
                found.append((motion, value))
        starts = [motion for motion, _ in found[:BEST_STARTS]]
    (best, likeness), rivals = found[0], [value for _, value in found[1:]]
    if likeness < LIKENESS_AT_LEAST:
        raise GeometryRefused(f"it shows nothing that the other image shows (likeness {likeness:.2f} of 1)")
    if rivals and likeness < STANDS_OUT * max(rivals):
        raise GeometryRefused(
            f"it fits nearly as well at another level (likeness {likeness:.2f} and {max(rivals):.2f} of 1)"
        )
    return best


def _starts(moved: EdgeField, onto: EdgeField) -> list[_Motion]:
    """The translations at which most edges agree, best first, no two near each other."""
    likeness = _likeness_of_shifts(moved, onto)
    offset = onto.grid.lps_of([0, 0, 0]) - moved.grid.lps_of([0, 0, 0])
    reach = int(np.ceil(STARTS_APART_MM / COARSE_MM))
    starts: list[_Motion] = []
    centre = moved.grid.centre_lps
    while len(starts) < STARTS:
        at = np.unravel_index(int(np.argmax(likeness)), likeness.shape)
        if likeness[at] <= 0:
            break
        cyclic = zip(at, onto.known.shape, likeness.shape, strict=True)
        steps = np.array([n if n < size else n - whole for n, size, whole in cyclic])  # beyond the image: backwards
        starts.append(_Motion(centre, np.r_[0.0, 0.0, 0.0, offset + steps * COARSE_MM]))
        around = [np.arange(n - reach, n + reach + 1) % whole for n, whole in zip(at, likeness.shape, strict=True)]
        likeness[np.ix_(*around)] = 0
    return starts


def _likeness_of_shifts(moved: EdgeField, onto: EdgeField) -> NDArray[np.float32]:
    """For every whole shift of voxels, cyclic: the mean agreement of edge directions over the edges that overlap."""
    sizes = zip(moved.known.shape, onto.known.shape, strict=True)
    shape = [fft.next_fast_len(one + other - 1, real=True) for one, other in sizes]

    def spectrum(values: NDArray[np.generic]) -> NDArray[np.complex64]:
        return np.asarray(fft.rfftn(values.astype(np.float32), shape))

    def correlated(one: NDArray[np.complex64], other: NDArray[np.complex64]) -> NDArray[np.float32]:
        return np.asarray(fft.irfftn(np.conj(one) * other, shape))

    products = np.zeros((*shape[:2], shape[2] // 2 + 1), np.complex64)
    energy: list[Field] = [np.zeros(field.known.shape, np.float32) for field in (moved, onto)]
    for one, other in zip(_squares(moved.direction), _squares(onto.direction), strict=True):
        products += np.conj(spectrum(one)) * spectrum(other)
        energy[0] += one**2
        energy[1] += other**2
    where = spectrum(moved.known), spectrum(onto.known)
    overlap = correlated(spectrum(energy[0]), where[1]), correlated(where[0], spectrum(energy[1]))
    enough = overlap[0] >= OVERLAP_AT_LEAST * energy[0].sum()
    norm = np.sqrt(np.maximum(overlap[0] * overlap[1], 1e-6))
    return np.where(enough, np.asarray(fft.irfftn(products, shape)) / norm, 0).astype(np.float32)


def _squares(direction: Field) -> list[Field]:
    """The six terms whose product summed is the squared cosine, less what two random directions have in common."""
    third = (direction**2).sum(axis=0) / 3
    x, y, z = direction
    root = np.float32(np.sqrt(2))
    return [x * x - third, y * y - third, z * z - third, root * x * y, root * x * z, root * y * z]


def _points(field: EdgeField, wanted: Wanted, most: int) -> Points:
    """The clearest edges of a field among the places wanted, at most so many."""
    index = np.argwhere(field.known)
    places = field.grid.lps_of(index)
    keep = wanted(places)
    index, places = index[keep], places[keep]
    directions = field.direction[:, index[:, 0], index[:, 1], index[:, 2]].T.astype(np.float64)
    clearest = np.argsort(-(directions**2).sum(axis=1), kind="stable")[
        : 3 * most : 3
    ]  # every third: neighbours say the same
    return places[clearest], directions[clearest]


@dataclass(frozen=True, eq=False)
class _Target:
    """The image points are laid on: the squares of its edge directions, blurred for a search from further away.

    squares: (I · J · K, 6), one row for each voxel, so that reading one place touches one piece of memory.
    """

    squares: Field
    field: EdgeField

    @classmethod
    def of(cls, field: EdgeField, blur_voxels: float) -> _Target:
        parts = [ndimage.gaussian_filter(part, blur_voxels) for part in _squares(field.direction)]
        return cls(np.ascontiguousarray(np.stack(parts, axis=-1).reshape(-1, 6)), field)

    def at(self, places_lps: FloatArray) -> tuple[Field, NDArray[np.bool_]]:
        """(N, 6) squares at (N, 3) places, linearly interpolated, and which of the places are inside the image."""
        shape = np.array(self.field.known.shape)
        ijk = self.field.grid.ijk_of(places_lps)
        base = np.floor(ijk).astype(np.intp)
        inside: NDArray[np.bool_] = np.asarray(((base >= 0) & (base < shape - 1)).all(axis=1), dtype=np.bool_)
        base, part = np.where(inside[:, None], base, 0), (ijk - base).astype(np.float32)
        inside = inside & self.field.known[tuple(base.T)]
        steps = np.array([shape[1] * shape[2], shape[2], 1])
        first = base @ steps
        found = np.zeros((len(first), 6), np.float32)
        low, high = (1 - part).T, part.T
        for i, j, k in product((0, 1), repeat=3):
            weight = (high if i else low)[0] * (high if j else low)[1] * (high if k else low)[2]
            found += weight[:, None] * self.squares[first + int(np.array((i, j, k)) @ steps)]
        return found, inside


def _likeness(motion: _Motion, points: Points, onto: _Target) -> float:
    """Agreement of edge directions, −0.5 to 1, over the points that fall inside the other image."""
    places, directions = points
    there, inside = onto.at(motion(places))
    if inside.sum() < OVERLAP_AT_LEAST * len(places):
        return 0.0
    here = np.stack(_squares((directions @ motion.turn.T).T.astype(np.float32)), axis=1)[inside]
    there = there[inside]
    return float((here * there).sum() / max(np.sqrt((here**2).sum() * (there**2).sum()), 1e-9))


def _half(wanted: Wanted, middle_mm: float, side: int) -> Wanted:
    return lambda places: wanted(places) & ((places[:, 2] - middle_mm) * side > 0)


def _refined(start: _Motion, points: Points, onto: _Target) -> tuple[_Motion, float]:
    """The best motion near a start, with its likeness."""
    most = np.radians(MOST_TURN_DEG) * _TURN_SCALE_MM

    def unlike(parameters: FloatArray) -> float:
        if float(np.linalg.norm(parameters[:3])) > most:
            return 1.0
        return -_likeness(_Motion(start.centre_lps, parameters), points, onto)

    found = optimize.minimize(
        unlike, start.parameters, method="L-BFGS-B", options={"eps": SLOPE_OVER_MM, "ftol": 1e-5, "maxiter": 20}
    )
    return _Motion(start.centre_lps, np.asarray(found.x, dtype=np.float64)), -float(found.fun)


def _residual_mm(motion: _Motion, moved: EdgeField, onto: _Target, wanted: Wanted) -> float:
    """How far the upper and the lower half would rather lie, root mean square over their points."""
    places = moved.grid.lps_of(np.argwhere(moved.known))
    heads = places[wanted(places), 2]
    if len(heads) < 2:
        raise GeometryRefused("it does not show the spine that the other image shows")
    middle = float(heads.min() + heads.max()) / 2
    squares = []
    for side in (-1, 1):
        points = _points(moved, _half(wanted, middle, side), FINE_POINTS)
        own, _ = _refined(motion, points, onto)
        squares.append(((own(points[0]) - motion(points[0])) ** 2).sum(axis=1))
    return float(np.sqrt(np.concatenate(squares).mean()))
