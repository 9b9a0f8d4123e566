"""Which phantoms prove the ruler, and what is true of each?

A plan lists what to render: fractured and normal spines, every slice thickness and plane, CT and MR, all kinds of
noise and sharpness, poses to ±25°. Equal plans render equal images, so a rendered case may be kept in a folder.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from benchmarks.phantom_cases import grid_around, true_spine
from vfa.model.frame import FloatArray
from vfa.model.morphometry import COLUMNS
from vfa.model.spine import Spine
from vfa.model.volume import Modality, Volume
from vfa.phantom.anatomy import PhantomSpine, Pose, SpineCurve, SpineRecipe, build_spine
from vfa.phantom.features import Feature
from vfa.phantom.fractures import Crush, Fracture, fracture_of
from vfa.phantom.render_ct import CtScanner, render_ct
from vfa.phantom.render_mr import MrScanner, render_mr
from vfa.phantom.shape_changes import NarrowDisc, Osteophyte, SchmorlNode, ShortBody
from vfa.phantom.true_heights import heights_of

Content = Literal["fractured", "normal", "found"]
Plane = Literal["axial", "sagittal", "oblique"]
LUMBAR = ("T11", "T12", "L1", "L2", "L3", "L4", "L5")
THORACIC = ("T6", "T7", "T8", "T9", "T10", "T11", "T12")
SHAPES = ("wedge", "biconcave", "crush", "burst", "lateral")
CT_SLICES_MM = (0.7, 1.0, 1.5, 3.0, 5.0)
MR_SLICE_MM = 4.0
HEIGHT_SD = 0.025  # people's own variation about their spine's course
FOUND_LOSS = {"wedge": 0.30, "biconcave": 0.30, "crush": 0.35, "lateral": 0.30}
THIRDS = ("left", "centre", "right")
CACHE_VERSION = 1
ACCEPTANCE_SEED = 71000  # seeds from here on are kept for acceptance; those from 70000 have been looked at
PLANES: tuple[Plane, ...] = ("axial", "sagittal", "oblique")


@dataclass(frozen=True)
class Plan:
    """What to render: one spine in one scanner."""

    seed: int
    content: Content
    modality: Modality
    plane: Plane
    slice_mm: float
    levels: tuple[str, ...] = LUMBAR

    @property
    def spacing_name(self) -> str:
        """The group it is counted in: "CT 3 mm", "T2 4 mm"."""
        return f"{self.modality.value} {self.slice_mm:g} mm"


@dataclass(frozen=True)
class TrueBody:
    """Heights of one body, in mm: by third, (anterior, middle, posterior)."""

    heights: dict[str, tuple[float, ...]]
    intact: dict[str, tuple[float, ...]]

    @property
    def loss_fraction(self) -> float:
        """The greatest column loss of the central third."""
        return self._loss("centre")

    @property
    def lateral_loss_fraction(self) -> float:
        """The greatest column loss of the left and right thirds."""
        return max(self._loss("left"), self._loss("right"))

    def _loss(self, third: str) -> float:
        return max(1 - h / i for h, i in zip(self.heights[third], self.intact[third], strict=True))


@dataclass(frozen=True, eq=False)
class Case:
    """A rendered plan with its truth.

    Args:
        plan: what it was rendered from.
        volume: the image.
        spine: the true masks.
        truth: by level.
        shapes: fracture shape by fractured level.
        intended: what makes a level special beside a fracture: "Schmorl", "short", "flanked".
    """

    plan: Plan
    volume: Volume
    spine: Spine
    truth: dict[str, TrueBody]
    shapes: dict[str, str]
    intended: dict[str, str]


def plans(
    first_seed: int, repeats: int, contents: tuple[Content, ...] = ("fractured", "normal", "found")
) -> list[Plan]:
    """All plans from one first seed; `repeats` spines for every slice thickness and plane."""
    listed: list[Plan] = []

    def add(content: Content, modality: Modality, plane: Plane, slice_mm: float) -> None:
        seed = first_seed + len(listed)
        levels = THORACIC if content == "fractured" and seed % 4 == 3 else LUMBAR
        listed.append(Plan(seed, content, modality, plane, slice_mm, levels))

    for content in contents:
        for _ in range(repeats):
            if content == "found":
                for slice_mm in (1.0, 1.5, 3.0):
                    for plane in PLANES:
                        add(content, Modality.CT, plane, slice_mm)
                continue
            for slice_mm in CT_SLICES_MM if content == "fractured" else CT_SLICES_MM[1:]:
                for plane in PLANES:
                    add(content, Modality.CT, plane, slice_mm)
            for weighting in (Modality.T1, Modality.T2, Modality.STIR):
                add(content, weighting, "sagittal", MR_SLICE_MM)
    return listed


def rendered(plan: Plan, cache: Path | None) -> Case:
    """The case of a plan, from the folder of kept ones if it is there."""
    if cache is None:
        return _render(plan)
    key = hashlib.sha256(repr((CACHE_VERSION, plan)).encode()).hexdigest()[:24]
    kept = cache / f"{key}.pickle"
    if kept.exists():
        with kept.open("rb") as file:
            case: Case = pickle.load(file)
            return case
    case = _render(plan)
    cache.mkdir(parents=True, exist_ok=True)
    part = kept.with_suffix(f".{plan.seed}.part")
    part.write_bytes(pickle.dumps(case, protocol=pickle.HIGHEST_PROTOCOL))
    part.rename(kept)
    return case


def _render(plan: Plan) -> Case:
    rng = np.random.default_rng([plan.seed, 4711])
    recipe = _normal_recipe(plan, rng)
    shapes: dict[str, str] = {}
    intended: dict[str, str] = {}
    if plan.content == "normal":
        features, intended = _oddities(plan.levels, rng)
        recipe = replace(recipe, features=features)
    else:
        choose = _random_fractures if plan.content == "fractured" else _fractures_to_find
        fractures, shapes, intended = choose(build_spine(recipe), rng)
        recipe = replace(recipe, fractures=fractures)
    spine = build_spine(recipe)
    volume = _image(plan, spine, rng)
    truth = {v.level: _truth(v.shape, v.canal_centre_mm) for v in spine.vertebrae}
    return Case(plan, volume, true_spine(spine, volume.grid), truth, shapes, intended)


def _normal_recipe(plan: Plan, rng: np.random.Generator) -> SpineRecipe:
    bend = 4.0 if plan.content == "normal" else 2.0  # degrees: scoliosis among the normal spines
    return SpineRecipe(
        seed=plan.seed,
        levels=(*plan.levels, "S1") if plan.levels[-1] == "L5" else plan.levels,
        size_scale=float(rng.uniform(0.87, 1.13)),
        height_sd=HEIGHT_SD,
        variation=1.0,
        curve=SpineCurve(
            lordosis_scale=float(rng.uniform(0.6, 1.3)),
            left_bend_deg={level: float(rng.normal(0, bend)) for level in plan.levels},
            left_turn_deg={level: float(rng.normal(0, bend / 2)) for level in plan.levels},
        ),
        pose=Pose(
            rotation_deg=tuple(float(a) for a in rng.uniform(-25, 25, 3)),  # type: ignore[arg-type]
            translation_mm=tuple(float(t) for t in rng.uniform(-2, 2, 3)),  # type: ignore[arg-type]
        ),
    )


def _own_height(spine: PhantomSpine, level: str, shape: str) -> float:
    """The height (mm) that a fracture of this shape takes its share of."""
    heights = heights_of(spine[level].shape, spine[level].canal_centre_mm)["centre"]
    return heights.middle_mm if shape == "biconcave" else heights.anterior_mm


def _fracture(spine: PhantomSpine, level: str, shape: str, loss: float, rng: np.random.Generator) -> Fracture:
    height = _own_height(spine, level, shape)
    band: Literal["none", "sclerotic"] = "sclerotic" if rng.random() < 0.4 else "none"
    if shape == "lateral":
        return Crush(loss * height, side="left" if rng.random() < 0.5 else "right", band=band)
    driven = float(rng.uniform(2, 7)) if shape == "burst" else 0.0
    return fracture_of(shape, loss, height, retropulsion_mm=driven, band=band)  # type: ignore[arg-type]


def _random_fractures(
    spine: PhantomSpine, rng: np.random.Generator
) -> tuple[dict[str, Fracture], dict[str, str], dict[str, str]]:
    """Every level fractured with probability 0.4, by 15–60 % of its own height."""
    fractures, shapes = {}, {}
    for vertebra in spine.vertebrae:
        if rng.random() < 0.4:
            shapes[vertebra.level] = str(rng.choice(SHAPES))
            loss = float(rng.uniform(0.15, 0.6))
            fractures[vertebra.level] = _fracture(spine, vertebra.level, shapes[vertebra.level], loss, rng)
    return fractures, shapes, {}


def _fractures_to_find(
    spine: PhantomSpine, rng: np.random.Generator
) -> tuple[dict[str, Fracture], dict[str, str], dict[str, str]]:
    """The clear-cut fractures of `FOUND_LOSS`; in a third of the spines a crush between two fractured neighbours."""
    levels = [v.level for v in spine.vertebrae]
    fractures, shapes, intended = {}, {}, {}
    if rng.random() < 1 / 3:
        at = int(rng.integers(1, len(levels) - 1))
        for place, shape in (
            (at - 1, str(rng.choice(SHAPES[:3]))),
            (at, "crush"),
            (at + 1, str(rng.choice(SHAPES[:3]))),
        ):
            shapes[levels[place]] = shape
            loss = FOUND_LOSS[shape] if place == at else float(rng.uniform(0.25, 0.5))
            fractures[levels[place]] = _fracture(spine, levels[place], shape, loss, rng)
        intended[levels[at]] = "flanked"
        return fractures, shapes, intended
    chosen = rng.choice(len(levels), size=3, replace=False)
    for place in chosen:
        shape = str(rng.choice(list(FOUND_LOSS)))
        shapes[levels[place]] = shape
        fractures[levels[place]] = _fracture(spine, levels[place], shape, FOUND_LOSS[shape], rng)
    return fractures, shapes, intended


def _oddities(
    levels: tuple[str, ...], rng: np.random.Generator
) -> tuple[dict[str, tuple[Feature, ...]], dict[str, str]]:
    """What normal spines have: a short vertebra, Schmorl nodes, osteophytes, narrow discs."""
    features: dict[str, list[Feature]] = {level: [] for level in levels}
    named: dict[str, str] = {}
    if rng.random() < 0.5:
        level = str(rng.choice(levels))
        features[level].append(ShortBody(float(rng.uniform(0.88, 0.95))))
        named[level] = "short"
    for level in rng.choice(levels, size=2, replace=False):
        end: Literal["upper", "lower"] = "upper" if rng.random() < 0.5 else "lower"
        features[level].append(
            SchmorlNode(
                float(rng.uniform(2, 5)),
                float(rng.uniform(3, 6)),
                end,
                float(rng.uniform(-0.4, 0.4)),
                float(rng.uniform(0.3, 0.7)),
            )
        )
        named[str(level)] = f"{named.get(str(level), '')} Schmorl".strip()
    for level in rng.choice(levels, size=3, replace=False):
        spur: Literal["upper", "lower"] = "upper" if rng.random() < 0.5 else "lower"
        features[level].append(
            Osteophyte(float(rng.uniform(20, 160)), float(rng.uniform(2, 7)), float(rng.uniform(2, 4)), spur)
        )
    for level in levels[:-1]:
        if rng.random() < 0.25:
            features[level].append(NarrowDisc(float(rng.uniform(0.3, 0.8))))
    return {level: tuple(found) for level, found in features.items()}, named


def _axes(plane: Plane, rng: np.random.Generator) -> FloatArray:
    """(3, 3) unit voxel axes i, j, k as columns in LPS."""
    if plane == "axial":
        return np.eye(3)
    if plane == "sagittal":
        return np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
    return Pose(tuple(float(a) for a in rng.uniform(-30, 30, 3))).rotation  # type: ignore[arg-type]


def _image(plan: Plan, spine: PhantomSpine, rng: np.random.Generator) -> Volume:
    in_plane = 0.7 if plan.slice_mm <= 1.5 else float(rng.uniform(0.6, 0.95))
    grid = grid_around(spine, (in_plane, in_plane, plan.slice_mm), _axes(plan.plane, rng))
    if not plan.modality.is_ct:
        scanner = MrScanner(
            weighting=plan.modality,
            slice_thickness_mm=plan.slice_mm * float(rng.uniform(0.85, 1.0)),
            in_plane_blur_mm=float(rng.uniform(0.35, 0.5)),
            fat_shift_mm=float(rng.uniform(-1.2, 1.2)),
            frequency_axis="j" if rng.random() < 0.5 else "i",
            noise=float(rng.uniform(0.006, 0.02)),
            seed=plan.seed,
        )
        return render_mr(spine, grid, scanner)
    ct = CtScanner(
        in_plane_blur_mm=float(rng.uniform(0.3, 0.55)),
        slice_thickness_mm=plan.slice_mm * float(rng.uniform(1.0, 1.25)),
        noise_hu=float(rng.uniform(8, 30)),
        trabecular_hu=float(rng.uniform(60, 180)),
        seed=plan.seed,
    )
    return render_ct(spine, grid, ct)


def _truth(shape: object, canal_centre_mm: tuple[float, float, float]) -> TrueBody:
    def heights(body: object) -> dict[str, tuple[float, ...]]:
        found = heights_of(body, canal_centre_mm)  # type: ignore[arg-type]
        return {third: tuple(getattr(found[third], f"{c}_mm") for c in COLUMNS) for third in THIRDS}

    return TrueBody(heights(shape), heights(shape.intact))  # type: ignore[attr-defined]


def all_cases(listed: list[Plan], cache: Path | None) -> Iterator[Case]:
    """Render, or take from the folder, one case per plan."""
    for plan in listed:
        yield rendered(plan, cache)
