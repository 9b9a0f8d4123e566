"""Which spine, seen from where? Draws the recipes that the network learns from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from conditions import draw_conditions, with_room

from vfa.model.frame import FloatArray, Grid
from vfa.phantom.anatomy import PhantomSpine, build_spine
from vfa.phantom.fractures import Fracture, fracture_of
from vfa.phantom.level_sizes import SIZES
from vfa.phantom.placement import Pose, SpineCurve
from vfa.phantom.recipe import SpineRecipe
from vfa.phantom.trunk_space import EXTRAS, TrunkRecipe

Generator = np.random.Generator

SHAPE = (160, 160, 240)  # fine voxels of 1 mm
THORACIC = tuple(f"T{n}" for n in range(1, 13))
LUMBAR = ("L1", "L2", "L3", "L4", "L5")
LEAST_DISC_MM = 1.5
TURN_SD_DEG, MOST_TURN_DEG = 9.0, 25.0
WITHOUT_SPINE = 0.07  # share of the volumes
FRACTURED = 0.65


@dataclass(frozen=True, eq=False)
class Case:
    """A spine (or none), the trunk round it, and the lattice it is seen on."""

    spine: PhantomSpine | None
    trunk: TrunkRecipe
    grid: Grid


def draw_case(rng: Generator) -> Case:
    """A random patient on a random part of the trunk."""
    spine, trunk = draw_patient(rng)
    segments = spine.segments
    centres = np.stack([segment.construction.centre_lps for segment in segments])
    weights = np.array([1.0 if s.level[0] == "T" and int(s.level[1:]) < 9 else 3.0 for s in segments])
    weights[-1] = 7.0  # the sacrum and what is round it fool the most
    focus = centres[int(rng.choice(len(segments), p=weights / weights.sum()))]
    without = rng.random() < WITHOUT_SPINE
    return Case(None if without else spine, trunk, _grid(rng, focus))


def draw_patient(rng: Generator) -> tuple[PhantomSpine, TrunkRecipe]:
    """A random spine and the trunk round it."""
    spine = with_room(_narrowed(build_spine(_upright(_recipe(rng), rng)), rng))
    centres = np.stack([segment.construction.centre_lps for segment in spine.segments])
    extras = frozenset(str(extra) for extra in EXTRAS if rng.random() < 0.4)
    scale = spine.recipe.size_scale
    trunk = TrunkRecipe(
        int(rng.integers(2**31)),
        centres[:-1],
        float(centres[-1, 2] + 16 * scale),
        float(np.clip(scale, 0.4, 1.8)),
        extras,
    )
    return spine, trunk


def _grid(rng: Generator, focus: FloatArray) -> Grid:
    """Mostly round the spine; sometimes aside of it or in front, where there is none to be found."""
    spread = np.array([18.0, 22.0, 50.0])
    offset = rng.uniform(-spread, spread) + np.array([0.0, -12.0, 0.0])
    if rng.random() < 0.18:
        offset = rng.uniform([-120, -110, -90], [120, 50, 90])
    origin = focus + offset - (np.asarray(SHAPE) - 1) / 2
    return Grid.from_axes(SHAPE, (1.0, 1.0, 1.0), origin)


def _levels(rng: Generator) -> tuple[str, ...]:
    """Mostly a regular spine; now and then a transitional one."""
    kind = rng.choice(["regular", "T13", "L6", "no L5"], p=[0.88, 0.03, 0.05, 0.04])
    thoracic = (*THORACIC, "T13") if kind == "T13" else THORACIC
    lumbar = (*LUMBAR, "L6") if kind == "L6" else LUMBAR[:-1] if kind == "no L5" else LUMBAR
    return (*thoracic, *lumbar, "S1")


def _recipe(rng: Generator) -> SpineRecipe:
    levels = _levels(rng)
    bodies = levels[:-1]
    scale = float(np.clip(rng.normal(1.0, 0.09), 0.75, 1.25))
    waves = np.linspace(0, rng.uniform(2, 9), len(bodies)) + rng.uniform(0, 6)
    bend = rng.normal(0, 1.0) * 3.0 * np.sin(waves) + rng.normal(0, 0.8, len(bodies))
    turn = rng.normal(0, 1.0) * 3.0 * np.sin(waves + 0.7)
    extra = rng.normal(0, 2.0, len(bodies))
    fractures = _fractures(rng, bodies, scale) if rng.random() < FRACTURED else {}
    return SpineRecipe(
        seed=int(rng.integers(2**31)),
        levels=levels,
        fractures=fractures,
        size_scale=scale,
        height_sd=float(rng.uniform(0, 0.06)),
        variation=float(rng.uniform(0.3, 2.2)),
        curve=SpineCurve(
            lordosis_scale=float(rng.uniform(0.2, 1.6)),
            extra_lordosis_deg=dict(zip(bodies, extra.tolist(), strict=True)),
            left_bend_deg=dict(zip(bodies, bend.tolist(), strict=True)),
            left_turn_deg=dict(zip(bodies, turn.tolist(), strict=True)),
        ),
        features=draw_conditions(rng, bodies, frozenset(fractures)),
    )


def _upright(recipe: SpineRecipe, rng: Generator) -> SpineRecipe:
    """The same spine lying as a patient does: T8 above the lowest body, give or take the turns of a bad day."""
    recipe, spine = _possible(recipe)
    x, y, z = spine["T8"].construction.centre_lps - spine.vertebrae[-1].construction.centre_lps
    upright = np.degrees([np.arctan2(y, z), -np.arctan2(x, z), 0.0])
    turns = upright + np.clip(rng.normal(0, TURN_SD_DEG, 3), -MOST_TURN_DEG, MOST_TURN_DEG)
    return replace(recipe, pose=Pose((float(turns[0]), float(turns[1]), float(turns[2]))))


def _possible(recipe: SpineRecipe) -> tuple[SpineRecipe, PhantomSpine]:
    """Build the spine; where a body is too low for its fracture, all its fractures are made milder until it is not."""
    for severity in (1.0, 0.85, 0.7, 0.5, 0.3):
        milder = {
            level: replace(fracture, loss_mm=fracture.loss_mm * severity)  # type: ignore[type-var]
            for level, fracture in recipe.fractures.items()
        }
        recipe = replace(recipe, fractures=milder)
        try:
            return recipe, build_spine(recipe)
        except ValueError as fault:
            if "between the endplates" not in str(fault):
                raise
    return replace(recipe, fractures={}), build_spine(replace(recipe, fractures={}))


def _narrowed(spine: PhantomSpine, rng: Generator) -> PhantomSpine:
    """Degenerate discs: what lies above comes down on some of them, never onto the bone below."""
    recipe, share = spine.recipe, float(rng.uniform(0, 0.8))
    shift, moved = np.zeros(3), []
    for above, below in zip(spine.vertebrae[::-1], spine.segments[:0:-1], strict=True):
        size, curve = SIZES[above.level], recipe.curve
        angle_deg = abs(size.disc_lordosis_deg * curve.lordosis_scale + curve.extra_lordosis_deg[above.level])
        angle_deg += abs(curve.left_bend_deg[above.level])
        thinnest_mm = size.disc_height_mm * recipe.size_scale - np.tan(np.radians(angle_deg)) * below.depth_mm / 2
        if rng.random() < share:
            shift = shift - below.construction.cranial * rng.uniform(0, 1) * max(thinnest_mm - LEAST_DISC_MM, 0.0)
        frame = above.construction
        moved.append(replace(above, construction=replace(frame, centre_lps=frame.centre_lps + shift)))
    return replace(spine, vertebrae=tuple(moved[::-1]))


def _fractures(rng: Generator, bodies: tuple[str, ...], scale: float) -> dict[str, Fracture]:
    """Several per spine, since a lattice sees a third of it; often neighbours."""
    chosen: dict[str, Fracture] = {}
    share = float(rng.uniform(0.1, 0.6))
    for level in bodies:
        if rng.random() > share:
            continue
        shape = rng.choice(["wedge", "biconcave", "crush", "burst"], p=[0.4, 0.25, 0.2, 0.15])
        chosen[level] = fracture_of(
            shape,
            float(rng.uniform(0.08, 0.72)),
            SIZES[level].posterior_height_mm * scale,
            retropulsion_mm=float(rng.uniform(1, 7)) if shape == "burst" or rng.random() < 0.1 else 0.0,
            side=str(rng.choice(["both", "left", "right"], p=[0.76, 0.12, 0.12])),
            band=str(rng.choice(["none", "sclerotic"])),
        )
    return chosen
