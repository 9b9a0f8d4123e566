"""Phantom spines with damaged posterior walls, fragments, lesions and implants, and what is true of them.

Every level draws its own kind of damage. What differs between healthy walls is drawn as widely as people differ, or
more: cortex of 0.25–0.8 mm with thin places, veins that open 3–12 mm wide or twice, osteoporotic marrow, vessels or fat
behind the wall; noise, kernel, voxel size and pose per spine. The field of view holds the arch, as a spine CT does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from benchmarks.degraded_masks import KINDS as SPOILT
from benchmarks.degraded_masks import degraded
from benchmarks.phantom_cases import LEVELS, true_spine
from vfa.model.frame import FloatArray, Grid
from vfa.model.spine import Spine, Vertebra
from vfa.model.volume import Volume
from vfa.phantom.anatomy import PhantomSpine, Pose, SpineCurve, SpineRecipe, build_spine
from vfa.phantom.features import Feature
from vfa.phantom.foramina import true_foramina
from vfa.phantom.fractures import Burst, Fracture, FragmentMotion, fracture_of
from vfa.phantom.inclusions import (
    Cement,
    Cleft,
    ForaminalNarrowing,
    LyticLesion,
    PedicleScrews,
    Spot,
    VacuumDisc,
    WallGap,
)
from vfa.phantom.render_ct import CtScanner, render_ct
from vfa.phantom.shape_changes import Bulge, Comminution
from vfa.phantom.truth import TrueVertebra, truth_of
from vfa.phantom.wall_variants import EpiduralLayer, PosteriorCortex, VeinOpening, WallVariant
from vfa.segment.segmenter import find_segmenter, silent

MASKS = ("true", *SPOILT, "segmented")  # the built-in segmenter's
Render = Callable[[PhantomSpine, Grid, CtScanner], Volume]

KINDS = {
    "intact": 0.26,
    "simple": 0.16,
    "burst": 0.08,
    "comminuted": 0.11,
    "gap": 0.13,
    "bulge": 0.05,
    "cleft": 0.05,
    "cement": 0.05,
    "screws": 0.03,
    "lytic": 0.08,
}


@dataclass(frozen=True)
class Mix:
    """How often what is drawn.

    Args:
        kinds: probability of each kind of damage at a level; they sum to 1.
        vacuum_disc: probability of gas in the disc below a level.
        narrowed: probability that one foramen below a level is narrowed.
        in_plane_mm: least and greatest voxel size within a slice.
    """

    kinds: Mapping[str, float]
    vacuum_disc: float = 0.12
    narrowed: float = 0.08
    in_plane_mm: tuple[float, float] = (0.4, 0.8)


WALLS = Mix(KINDS)
ARCH_MM = 12.0  # behind the canal
MARGIN_MM = 12.0
USUAL_HEIGHT_MM = 24.0
SAME_BODY_MM = 12.0


@dataclass(frozen=True, eq=False)
class WallCase:
    """One rendered phantom.

    Args:
        seed: what it was made from.
        volume: the CT.
        spine: the true masks.
        kinds: by level, what was drawn.
        truth: by level.
        narrowing: by level and side, how much less open the foramen below its pedicle is than it was before all damage.
        marrow_hu: mean of the marrow over all levels.
    """

    seed: int
    volume: Volume
    spine: Spine
    kinds: dict[str, str]
    truth: dict[str, TrueVertebra]
    narrowing: dict[tuple[str, str], float]
    marrow_hu: float


def wall_case(
    seed: int, slice_mm: float, masks: str = "true", mix: Mix = WALLS, render: Render = render_ct
) -> WallCase:
    """The phantom of one seed, imaged with slices this far apart.

    Args:
        seed: of the spine, its damage and its image.
        slice_mm: how far apart slices lie.
        masks: one of MASKS: the true ones, those spoilt on purpose, or the built-in segmenter's.
        mix: how often which damage is drawn.
        render: how the spine becomes an image.

    Raises:
        ValueError: if the seed's damage cannot be drawn.
    """
    rng = np.random.default_rng([seed, 601])
    spine, kinds = _spine(seed, mix, rng)
    in_plane = float(rng.uniform(*mix.in_plane_mm))
    scanner = CtScanner(
        in_plane_blur_mm=float(rng.uniform(0.3, 0.5)),
        slice_thickness_mm=slice_mm * float(rng.choice([1.0, 1.25])),
        noise_hu=float(rng.uniform(8, 30)),
        trabecular_hu=float(rng.uniform(50, 190)),
        seed=seed,
    )
    volume = render(spine, _grid(spine, (in_plane, in_plane, slice_mm)), scanner)
    truth = {true.level: true for true in truth_of(spine)}
    narrowing = _narrowing(spine)
    bodies = true_spine(spine, volume.grid)
    if masks == "segmented":
        bodies = _named_as(bodies, find_segmenter().segment(volume, silent))
    elif masks != "true":
        bodies = degraded(bodies, masks, seed)
    return WallCase(seed, volume, bodies, kinds, truth, narrowing, scanner.trabecular_hu)


def _named_as(true: Spine, found: Spine) -> Spine:
    """The bodies that were found, each under the name of the true body nearest to it; those near none are left out."""
    named: dict[str, Vertebra] = {}
    for one in found.vertebrae:
        nearest = min(true.vertebrae, key=lambda body: float(np.linalg.norm(body.centre_lps - one.centre_lps)))
        if np.linalg.norm(nearest.centre_lps - one.centre_lps) < SAME_BODY_MM:
            named.setdefault(nearest.level, replace(one, level=nearest.level))
    return Spine(tuple(named.values()), found.grid, found.segmented_by)


def _spine(seed: int, mix: Mix, rng: Generator) -> tuple[PhantomSpine, dict[str, str]]:
    kinds = {level: str(rng.choice(list(mix.kinds), p=list(mix.kinds.values()))) for level in LEVELS}
    fractures: dict[str, Fracture] = {}
    features: dict[str, tuple[Feature, ...]] = {}
    person = _Person.drawn(np.random.default_rng([seed, 602]))
    for level, kind in kinds.items():
        fracture, held = _damage(kind, rng)
        if fracture is not None:
            fractures[level] = fracture
        if rng.random() < mix.vacuum_disc:
            held = (*held, VacuumDisc())
        if level not in ("L5",) and rng.random() < mix.narrowed:
            side = "left" if rng.random() < 0.5 else "right"
            held = (*held, ForaminalNarrowing(side, float(rng.uniform(0.5, 0.7))))  # type: ignore[arg-type]
        features[level] = (*held, *person.wall_of(level, np.random.default_rng([seed, 603, len(features)])))
    recipe = SpineRecipe(
        seed=seed,
        levels=(*LEVELS, "S1"),
        fractures=fractures,
        features=features,
        size_scale=float(rng.uniform(0.92, 1.08)),
        height_sd=0.02,
        variation=1.0,
        curve=SpineCurve(
            lordosis_scale=float(rng.uniform(0.6, 1.3)),
            left_bend_deg={level: float(rng.normal(0, 2)) for level in LEVELS},
        ),
        pose=Pose(
            rotation_deg=tuple(float(a) for a in rng.uniform(-12, 12, 3)),  # type: ignore[arg-type]
            translation_mm=tuple(float(t) for t in rng.uniform(-2, 2, 3)),  # type: ignore[arg-type]
        ),
    )
    return build_spine(recipe), kinds


@dataclass(frozen=True)
class _Person:
    """How one person's healthy walls look, before levels differ."""

    cortex_mm: float
    thinning: float
    vein_mm: float
    behind: str
    behind_mm: float

    @classmethod
    def drawn(cls, rng: Generator) -> _Person:
        wide = rng.random() < 0.15
        return cls(
            float(rng.uniform(0.25, 0.8)),
            float(rng.uniform(0, 0.5)),
            float(rng.uniform(8, 11) if wide else rng.uniform(3, 8)),
            str(rng.choice(["", "vein", "contrast", "fat"], p=[0.4, 0.3, 0.1, 0.2])),
            float(rng.uniform(0.6, 1.6)),
        )

    def wall_of(self, level: str, rng: Generator) -> tuple[WallVariant, ...]:
        """The wall of one level."""
        cortex = PosteriorCortex(self.cortex_mm * float(rng.uniform(0.85, 1.15)), self.thinning, int(rng.integers(999)))
        width, height = self.vein_mm * float(rng.uniform(0.8, 1.15)), float(rng.uniform(3, 7))
        twice = level in ("L3", "L4", "L5") and rng.random() < 0.3
        vein = VeinOpening(
            width_mm=float(rng.uniform(2.5, 4.5)) if twice else min(width, 12.0),
            height_mm=min(height, 0.8 * width + 1),
            apart_mm=float(rng.uniform(6, 9)) if twice else 0.0,
            left_mm=float(rng.uniform(-1, 1)),
            height_fraction=float(rng.uniform(0.45, 0.56)),
            depth_fraction=float(rng.uniform(0.2, 0.45)),
        )
        if not self.behind:
            return cortex, vein
        return cortex, vein, EpiduralLayer(self.behind_mm, self.behind)  # type: ignore[arg-type]


def _compressed(rng: Generator) -> Fracture:
    shape = str(rng.choice(["wedge", "wedge", "biconcave", "crush"]))
    band = "sclerotic" if rng.random() < 0.4 else "none"
    return fracture_of(shape, float(rng.uniform(0.2, 0.45)), USUAL_HEIGHT_MM, band=band)  # type: ignore[arg-type]


def _burst(rng: Generator) -> Fracture:
    motion = FragmentMotion(
        tilt_deg=float(rng.uniform(-12, 12)),
        turn_deg=float(rng.uniform(-12, 12)),
        lift_mm=float(rng.uniform(-1, 1)),
        edge="open" if rng.random() < 0.8 else "closed",
    )
    loss_mm = float(rng.uniform(0.2, 0.45)) * USUAL_HEIGHT_MM
    return Burst(loss_mm, float(rng.uniform(2, 7)), band="sclerotic" if rng.random() < 0.3 else "none", fragment=motion)


def _damage(kind: str, rng: Generator) -> tuple[Fracture | None, tuple[Feature, ...]]:
    if kind == "simple":
        return _compressed(rng), ()
    if kind == "burst":
        return _burst(rng), ()
    if kind == "comminuted":
        pieces = Comminution(
            height_fraction=float(rng.uniform(0.4, 0.9)),
            pieces=int(rng.integers(3, 6)),
            cleft_mm=float(rng.uniform(0.8, 2.0)),
            spread_mm=float(rng.uniform(0.5, 2.0)),
            turn_deg=float(rng.uniform(0, 90)),
        )
        return _burst(rng), (pieces,)
    if kind == "gap":
        return (_compressed(rng) if rng.random() < 0.5 else None), (_gap(rng),)
    if kind == "bulge":
        return None, (Bulge(float(rng.uniform(2.5, 5.0))),)
    if kind == "cleft":
        return _compressed(rng), (Cleft(height_mm=float(rng.uniform(2.5, 5.0))),)
    if kind == "cement":
        return None, (
            Cement(float(rng.uniform(1500, 5000)), float(rng.uniform(1600, 3000)), seed=int(rng.integers(99))),
        )
    if kind == "screws":
        return None, (PedicleScrews(),)
    if kind == "lytic":
        spot = Spot(float(rng.uniform(-0.3, 0.3)), float(rng.uniform(0.35, 0.65)), float(rng.uniform(0.4, 0.6)))
        return None, (LyticLesion(float(rng.uniform(0.08, 0.5)), spot, seed=int(rng.integers(99))),)
    return None, ()


def _gap(rng: Generator) -> WallGap:
    """Half of them over the foramen, half beside it; at least 12 mm² of it beside what the foramen opens anyway."""
    through = rng.random() < 0.5
    return WallGap(
        width_mm=float(rng.uniform(9, 13) if through else rng.uniform(4, 7)),
        height_mm=float(rng.uniform(3.5, 6)),
        left_fraction=float(rng.uniform(-0.05, 0.05) if through else rng.choice([-1, 1]) * rng.uniform(0.22, 0.28)),
        height_fraction=float(rng.uniform(0.42, 0.6) if through else rng.uniform(0.2, 0.8)),
        turn_deg=float(rng.uniform(-30, 30)),
    )


def _narrowing(spine: PhantomSpine) -> dict[tuple[str, str], float]:
    """What bone grown into a foramen and fractures that let its roof down have taken of it."""
    before = true_foramina(build_spine(replace(spine.recipe, fractures={}, features={})))
    return {(f.level, str(f.side)): 1 - f.open_mm2 / before[key].open_mm2 for key, f in true_foramina(spine).items()}


def _grid(spine: PhantomSpine, spacing_mm: tuple[float, float, float]) -> Grid:
    """A grid that holds every free vertebra whole, its canal and its arch."""
    corners: list[FloatArray] = []
    for vertebra in spine.vertebrae:
        low, high = (np.array(bound, dtype=float) for bound in vertebra.field.box_mm)
        low[1] -= vertebra.arch.canal_depth_mm + ARCH_MM
        box = np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(3, -1).T
        corners.append(vertebra.construction.lps_of(box))
    points = np.concatenate(corners)
    low, high = points.min(axis=0) - MARGIN_MM, points.max(axis=0) + MARGIN_MM
    shape = tuple(int(n) for n in np.ceil((high - low) / np.asarray(spacing_mm)) + 1)
    return Grid.from_axes((shape[0], shape[1], shape[2]), spacing_mm, low)
