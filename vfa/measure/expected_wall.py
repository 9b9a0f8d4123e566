"""Where would the posterior wall stand if nothing had pushed it back?

A smooth surface with few coefficients (place, lean, waist, hollow, turn), fitted to the body's own wall. What stands
behind the surface is not believed, however much of the wall it is; what the wall's normal hollow is comes from intact
neighbours, else from what is usual. A flat line between the corners would lie too far back (PMC6739913).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vfa.model.frame import FloatArray

TERMS = ("place", "lean", "waist", "turn", "twist", "hollow", "roundness")
HOLLOW_WIDTH_MM = 10.0  # half-width of the hollow in the midline, as of the phantom's and of textbook bodies
UNIT_MM = 10.0  # lateral places are counted in centimetres
# What is usual, as mean and standard deviation in mm; the wall is drawn in at mid-height and in the midline. Depths of
# 1–3 mm at T and L levels are usual, less at L5; plausible values, wide enough for both.
USUAL_MM = {
    "place": (0.0, 50.0),
    "lean": (-0.3, 0.7),
    "waist": (-1.5, 0.8),
    "turn": (0.0, 0.8),
    "twist": (0.0, 0.15),
    "hollow": (-1.6, 0.8),
    "roundness": (-0.1, 0.4),
}
NEIGHBOUR_SD_MM = {"waist": 0.3, "hollow": 0.35, "roundness": 0.2}
RAY_SD_MM = 0.35
RAYS_THAT_COUNT = 20.0  # neighbouring rays share their errors; more do not count
FRAGMENT_DISBELIEF_MM = 0.3
DISBELIEF_MM = 0.5  # a ray behind the wall weighs against a fit no more than one this far off
VANISHED_MM = 0.8  # a ray in front of it, as over the vein's opening, no more than one this far off
VEIN_HALF_MM, VEIN_HALF_HEIGHT = 6.5, 0.2  # around the midline and, of the height, mid-height: where it opens
TRUSTED_BEHIND_MM = 0.7  # bone this far behind the surface is still the wall
TRUSTED_IN_FRONT_MM = 1.5  # a wall farther in front is a gap
EDGE_MM = 1.2  # a jump over two rays, 1.5 mm
RAYS_APART = 2
EDGE_RAYS = 6  # that it goes on for
PASSES = 6
FLAT_BY_NATURE = ("L5", "L6")  # walls unlike their neighbours': flatter, and the lower endplate turned to the front
FOOT = 0.30  # of the posterior height: what holds the wall where fragments stand above
BULGE_HALF_MM = 15.0  # how far a smooth bulge reaches to either side
BULGE_SD_MM = 3.0
HELD_SD_SHARE = 0.25  # of what waist and hollow may otherwise differ from the usual
LEAST_HELD_RAYS = 15


@dataclass(frozen=True, eq=False)
class Usual:
    """What is believed of a wall before it is looked at: mean and standard deviation of each term, mm."""

    mean_mm: FloatArray
    sd_mm: FloatArray

    @classmethod
    def of_anyone(cls, lean_mm: float) -> Usual:
        """People in general; a wall square to the lower endplate leans by so much between mid-height and endplate."""
        mean, sd = (np.array([USUAL_MM[term][n] for term in TERMS]) for n in (0, 1))
        mean[TERMS.index("lean")] += lean_mm
        return cls(mean, sd)

    def learning_from(self, neighbours: list[WallShape]) -> Usual:
        """The same with waist, hollow and roundness as those of intact neighbours."""
        if not neighbours:
            return self
        mean, sd = self.mean_mm.copy(), self.sd_mm.copy()
        for term, spread in NEIGHBOUR_SD_MM.items():
            n = TERMS.index(term)
            mean[n] = float(np.mean([shape.terms_mm[n] for shape in neighbours]))
            sd[n] = spread if len(neighbours) > 1 else 1.4 * spread
        return replace(self, mean_mm=mean, sd_mm=sd)


@dataclass(frozen=True, eq=False)
class WallShape:
    """A fitted wall.

    Args:
        terms_mm: (7,) the coefficients, in the order of TERMS.
        behind_mm: (L, C) the surface, mm behind the body's centre.
        believed: (L, C) the rays it was fitted to.
        sigma_mm: (L, C) how well it is known there.
        under_bulge_mm: (L, C) the wall where a smooth bulge is fitted beside it and taken off.
        bulge_sd_mm: what people's waists and hollows alone make of a bulge, as a standard deviation.
        from_foot_mm: (L, C) the wall as the neighbours' shape held by the lower rim alone: no fragment above moves it.
    """

    terms_mm: FloatArray
    behind_mm: FloatArray
    believed: NDArray[np.bool_]
    sigma_mm: FloatArray
    under_bulge_mm: FloatArray
    bulge_sd_mm: float
    from_foot_mm: FloatArray


@dataclass(frozen=True, eq=False)
class _Rays:
    """What a wall is fitted to: (L, C, P) terms, (L, C) where bone begins, which rays count, where the vein opens."""

    design: FloatArray
    behind_mm: FloatArray
    seen: NDArray[np.bool_]
    vein: NDArray[np.bool_]


def fit_wall(
    behind_mm: FloatArray, between: NDArray[np.bool_], left_mm: FloatArray, height_fraction: FloatArray, usual: Usual
) -> WallShape | None:
    """Fit the wall as it would be without what stands behind it.

    Args:
        behind_mm: (L, C) where bone begins; NaN where none was met.
        between: (L, C) rays between the pedicles and the endplates.
        left_mm: (L,) positions across, from the midline of the canal.
        height_fraction: (L, C) 0 at the lower, 1 at the upper endplate.
        usual: what is believed beforehand.

    Returns:
        None where too few rays met bone.
    """
    seen = between & np.isfinite(behind_mm)
    if seen.sum() < 40:
        return None
    vein = vein_zone(left_mm[:, None], height_fraction)
    rays = _Rays(_design(left_mm, height_fraction), behind_mm, seen, vein)
    third = height_fraction < 0.36, height_fraction > 0.66
    sides = (
        np.broadcast_to((left_mm < -4.0)[:, None], seen.shape),
        np.broadcast_to((left_mm > 4.0)[:, None], seen.shape),
    )
    rim = (height_fraction < 0.22) | (height_fraction > 0.84) | sides[0] | sides[1]
    best: tuple[float, FloatArray, NDArray[np.bool_], FloatArray] | None = None
    for begin in (seen, *(seen & part for part in (*third, *sides, rim))):
        if begin.sum() < 15:
            continue
        fitted = _settle(rays, begin, usual)
        if best is None or fitted[0] < best[0]:
            best = fitted
    if best is None:
        return None
    _, terms, believed, covariance = best
    variance = np.einsum("lcp,pq,lcq->lc", rays.design, covariance, rays.design)
    sigma = np.sqrt(np.maximum(variance, 0.0))
    foot = height_fraction < FOOT
    under = _under_bulge(rays, _bulge(left_mm, height_fraction), usual)
    passing_for_one = float(np.hypot(*(usual.sd_mm[TERMS.index(term)] for term in ("waist", "hollow"))))
    held = _held_by(rays, foot, usual, terms)
    return WallShape(terms, rays.design @ terms, believed, sigma, under, passing_for_one, held)


def _bulge(left_mm: FloatArray, height_fraction: FloatArray) -> FloatArray:
    """(L, C) a smooth bulge of 1 mm: greatest at mid-height in the midline, none at the endplates."""
    across = np.clip(1 - (left_mm[:, None] / BULGE_HALF_MM) ** 2, 0, None) ** 2
    return np.asarray(across * np.clip(4 * height_fraction * (1 - height_fraction), 0, None))


def _under_bulge(rays: _Rays, bulge: FloatArray, usual: Usual) -> FloatArray:
    """(L, C) the wall where a smooth bulge is fitted beside it and taken off; waist and hollow hardly differ."""
    sd = usual.sd_mm.copy()
    sd[[TERMS.index(term) for term in NEIGHBOUR_SD_MM]] *= HELD_SD_SHARE
    both = np.concatenate([rays.design, bulge[..., None]], axis=-1)
    stiff = Usual(np.append(usual.mean_mm, 0.0), np.append(sd, BULGE_SD_MM))
    fitted_to = rays.seen & ~rays.vein
    terms = stiff.mean_mm
    for _ in range(PASSES):
        if fitted_to.sum() < LEAST_HELD_RAYS:
            break
        terms, _covariance = _solve(both[fitted_to], rays.behind_mm[fitted_to], stiff)
        off = np.abs(rays.behind_mm - both @ terms)
        fitted_to = rays.seen & ~rays.vein & (off < TRUSTED_IN_FRONT_MM)
    return np.asarray(rays.design @ terms[:-1])


def _held_by(rays: _Rays, part: NDArray[np.bool_], usual: Usual, otherwise: FloatArray) -> FloatArray:
    """(L, C) the wall fitted to one part of it, waist and hollow as usual; with the other terms where it is unseen."""
    sd = usual.sd_mm.copy()
    sd[[TERMS.index(term) for term in NEIGHBOUR_SD_MM]] *= HELD_SD_SHARE
    stiff = replace(usual, sd_mm=sd)
    believed, terms = rays.seen & part, otherwise
    for _ in range(PASSES):
        if believed.sum() < LEAST_HELD_RAYS:
            break
        terms, _covariance = _solve(rays.design[believed], rays.behind_mm[believed], stiff)
        behind = rays.behind_mm - rays.design @ terms
        believed = rays.seen & part & (behind < TRUSTED_BEHIND_MM) & (behind > -TRUSTED_IN_FRONT_MM)
    return np.asarray(rays.design @ terms)


def vein_zone(left_mm: FloatArray, height_fraction: FloatArray) -> NDArray[np.bool_]:
    """Where the basivertebral vein may open, as one opening or two: around the midline and mid-height."""
    return np.asarray((np.abs(left_mm) <= VEIN_HALF_MM) & (np.abs(height_fraction - 0.5) <= VEIN_HALF_HEIGHT))


def _settle(
    rays: _Rays, begin: NDArray[np.bool_], usual: Usual
) -> tuple[float, FloatArray, NDArray[np.bool_], FloatArray]:
    """Fit, drop what is not believed, fit again; returns cost, terms, believed rays and the terms' covariance."""
    design, behind_mm, seen, vein = rays.design, rays.behind_mm, rays.seen, rays.vein
    believed = begin
    terms, covariance = _solve(design[believed], behind_mm[believed], usual)
    for _ in range(PASSES):
        behind = behind_mm - design @ terms
        now = seen & (behind < TRUSTED_BEHIND_MM) & (behind > -TRUSTED_IN_FRONT_MM)
        if now.sum() < 15:
            break
        if (now == believed).all():
            break
        believed = now
        terms, covariance = _solve(design[believed], behind_mm[believed], usual)
    behind = np.where(seen, behind_mm - design @ terms, 0.0)
    # A ray on the wall costs its square; one behind it hardly anything, since fragments and bulges are large; one in
    # front of it more, since bone does not vanish but where the vein opens.
    # What stands behind the wall with an edge is a fragment; without one it rather is a wall that was misjudged.
    disbelief = FRAGMENT_DISBELIEF_MM if _has_edge(behind, seen) else DISBELIEF_MM
    in_front = np.where(vein, DISBELIEF_MM, VANISHED_MM)
    cost = np.where(behind > 0, np.minimum(behind, disbelief) ** 2, np.minimum(-behind, in_front) ** 2)
    strays = ((terms - usual.mean_mm) / usual.sd_mm) ** 2
    each = RAYS_THAT_COUNT / max(int(seen.sum()), 1)
    return float(each * cost[seen].sum() / RAY_SD_MM**2 + strays.sum()), terms, believed, covariance


def _has_edge(behind_mm: FloatArray, seen: NDArray[np.bool_]) -> bool:
    """Whether the surface jumps back somewhere along a few millimetres, from the wall to well behind it."""
    behind = np.where(seen, np.maximum(behind_mm, 0.0), 0.0)
    for axis in (0, 1):
        ahead, both = np.roll(behind, -RAYS_APART, axis), seen & np.roll(seen, -RAYS_APART, axis)
        last = [slice(None), slice(None)]
        last[axis] = slice(-RAYS_APART, None)
        both[tuple(last)] = False
        if int((both & (np.abs(ahead - behind) > EDGE_MM)).sum()) >= EDGE_RAYS:
            return True
    return False


def _solve(design: FloatArray, behind_mm: FloatArray, usual: Usual) -> tuple[FloatArray, FloatArray]:
    """Least squares with what is usual as prior; returns terms (P,) and their covariance (P, P)."""
    weight = min(1.0, RAYS_THAT_COUNT / len(behind_mm)) / RAY_SD_MM**2
    precision = design.T @ design * weight + np.diag(usual.sd_mm**-2.0)
    covariance = np.linalg.inv(precision)
    terms = covariance @ (design.T @ behind_mm * weight + usual.mean_mm / usual.sd_mm**2)
    return np.asarray(terms, dtype=np.float64), np.asarray(covariance, dtype=np.float64)


def _design(left_mm: FloatArray, height_fraction: FloatArray) -> FloatArray:
    """(L, C, P) the terms at every ray."""
    across = np.broadcast_to((left_mm / UNIT_MM)[:, None], height_fraction.shape)
    up = 2 * height_fraction - 1
    hollow = np.exp(-((across * UNIT_MM / HOLLOW_WIDTH_MM) ** 2))
    terms = [np.ones_like(up), up, 1 - up**2, across, across * up, hollow, across**2]
    return np.stack(terms, axis=-1)
