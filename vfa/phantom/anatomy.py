"""What does the phantom consist of? Vertebrae from head to foot, a sacrum, and where they stand in LPS."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vfa.model.anatomy import order
from vfa.model.frame import BodyFrame, FloatArray
from vfa.phantom.body_field import BodyField
from vfa.phantom.body_shape import BodyShape
from vfa.phantom.features import of_kind, only_one
from vfa.phantom.inclusions import Inclusion
from vfa.phantom.level_sizes import (
    SACRAL_ANTERIOR_HEIGHT_MM,
    SACRAL_CANAL_DEPTH_MM,
    SACRAL_CANAL_WIDTH_MM,
    SACRAL_DEPTH_MM,
    SACRAL_POSTERIOR_HEIGHT_MM,
    SACRAL_SLOPE_DEG,
    SACRAL_WIDTH_MM,
    SIZES,
)
from vfa.phantom.placement import Disc, Pose, SpineCurve, stacked, turned, wedge_half_deg
from vfa.phantom.recipe import SpineRecipe
from vfa.phantom.shape_changes import Bulge, Comminution, NarrowDisc, Osteophyte, SchmorlNode, ShortBody
from vfa.phantom.true_frame import true_frame
from vfa.phantom.wall_variants import WallVariant

__all__ = ["Arch", "PhantomSpine", "PhantomVertebra", "Pose", "SpineCurve", "SpineRecipe", "build_spine"]

Field = NDArray[np.floating[Any]]

# How much people differ, as standard deviations at variation 1: plausible values, none of them a norm.
WEDGE_SD_DEG = 1.2
GIRTH_SD = 0.035
CONCAVITY_SD = 0.3
ARCH_SD = 0.08


@dataclass(frozen=True)
class Arch:
    """The measures of canal and posterior elements, in mm, in the body's construction frame."""

    canal_depth_mm: float
    canal_width_mm: float
    pedicle_width_mm: float
    spinous_length_mm: float
    cortex_mm: float = 0.9


@dataclass(frozen=True, eq=False)
class PhantomVertebra:
    """One vertebra: the shape of its body and arch, and where its construction frame lies in LPS.

    The sacrum's first segment is one of these too, with level "S1". `inclusions` are what is found in or at it.
    """

    level: str
    construction: BodyFrame
    shape: BodyShape
    arch: Arch
    inclusions: tuple[Inclusion | WallVariant, ...] = ()

    @property
    def width_mm(self) -> float:
        """Of the upper rim."""
        return self.shape.width_mm

    @property
    def depth_mm(self) -> float:
        """Of the upper rim."""
        return self.shape.depth_mm

    @cached_property
    def field(self) -> BodyField:
        """Fast signed distances to the body, in the construction frame."""
        return BodyField(self.shape)

    @property
    def intact(self) -> PhantomVertebra:
        """The same vertebra, in the same place, before anything happened to it."""
        return replace(self, shape=self.shape.intact, inclusions=of_kind(self.inclusions, WallVariant))

    @property
    def canal_centre_mm(self) -> tuple[float, float, float]:
        """Middle of the canal behind the body at mid-height, in the construction frame."""
        return 0.0, -self.shape.depth_mm / 2 - self.arch.canal_depth_mm / 2, 0.0

    @property
    def canal_lps(self) -> FloatArray:
        """(3,) middle of the canal behind the body, in LPS mm."""
        return self.construction.lps_of(self.canal_centre_mm)

    @cached_property
    def frame(self) -> BodyFrame:
        """The body's own frame: cranial bisects its endplates' normals, anterior points away from the canal."""
        return true_frame(self.shape, self.construction, self.canal_lps)

    def upper_mm(self, left_mm: ArrayLike, anterior_mm: ArrayLike) -> Field:
        """Height of the upper endplate's outer surface over places in the construction frame."""
        return self.shape.upper_mm(left_mm, anterior_mm)

    def lower_mm(self, left_mm: ArrayLike, anterior_mm: ArrayLike) -> Field:
        """Height of the lower endplate's outer surface over places in the construction frame."""
        return self.shape.lower_mm(left_mm, anterior_mm)

    def distance_mm(self, points_lps: ArrayLike) -> NDArray[np.float32]:
        """Signed distance of LPS points, shape (..., 3), to the body's outer surface; negative inside."""
        x, y, z = np.moveaxis(self.construction.body_of(points_lps).astype(np.float32), -1, 0)
        return self.field.surface(x, y, z)


@dataclass(frozen=True, eq=False)
class PhantomSpine:
    """A whole phantom.

    Args:
        recipe: what it was built from.
        vertebrae: from head to foot, without the sacrum.
        sacrum: its first segment, on which the rest of the sacrum hangs; None when the recipe has no S1.
        patient: the patient's own frame: centre amid the spine, cranial and anterior as the pose turns them.
    """

    recipe: SpineRecipe
    vertebrae: tuple[PhantomVertebra, ...]
    sacrum: PhantomVertebra | None
    patient: BodyFrame

    def __getitem__(self, level: str) -> PhantomVertebra:
        for vertebra in self.segments:
            if vertebra.level == level:
                return vertebra
        raise KeyError(level)

    @property
    def segments(self) -> tuple[PhantomVertebra, ...]:
        """From head to foot, the sacrum's first segment included."""
        return self.vertebrae if self.sacrum is None else (*self.vertebrae, self.sacrum)

    @property
    def discs(self) -> tuple[tuple[PhantomVertebra, PhantomVertebra], ...]:
        """Each disc by the vertebra above it and the one below."""
        segments = self.segments
        return tuple(itertools.pairwise(segments))

    @property
    def canal_lps(self) -> FloatArray:
        """(N, 3) the canal's middle behind each segment, from head to foot."""
        return np.stack([segment.canal_lps for segment in self.segments])


def _varied(recipe: SpineRecipe, level: str) -> tuple[BodyShape, Arch]:
    """Shape and arch of one level; what varies depends on the seed and the level alone."""
    size, features = SIZES[level], recipe.features.get(level, ())
    rng = np.random.default_rng([recipe.seed, order(level), 1])
    chance = rng.standard_normal(9) * recipe.variation
    height = recipe.size_scale * (1 + recipe.height_sd * rng.standard_normal())
    if (short := only_one(features, ShortBody)) is not None:
        height *= short.height_scale
    width, depth = recipe.size_scale * np.array([size.width_mm, size.depth_mm]) * (1 + GIRTH_SD * chance[0:2])
    wedge_mm = depth * np.tan(np.radians(size.wedge_deg + WEDGE_SD_DEG * chance[2]) / 2)
    middle_mm = size.posterior_height_mm - size.depth_mm * np.tan(np.radians(size.wedge_deg) / 2)
    dish, shrink = np.clip(1 + CONCAVITY_SD * chance[3:5], 0.3, 2.0), size.depth_mm / SIZES["L3"].depth_mm
    arch = recipe.size_scale * np.clip(1 + ARCH_SD * chance[5:9], 0.7, 1.3)
    shape = BodyShape(
        width_mm=float(width),
        depth_mm=float(depth),
        anterior_height_mm=float(middle_mm * height - wedge_mm),
        posterior_height_mm=float(middle_mm * height + wedge_mm),
        upper_concavity_mm=float(1.1 * dish[0] * shrink),
        lower_concavity_mm=float(1.7 * dish[1] * shrink),
        posterior_concavity_mm=0.2 if level in ("L5", "L6") else float(1.6 * shrink),  # nearly flat at L5
        waist_mm=float(2.8 * shrink * recipe.size_scale * np.clip(1 + 0.2 * chance[4], 0.4, 1.6)),
        cortex_mm=float(np.clip(0.6 + 0.08 * chance[7], 0.4, 1.0)),
        endplate_mm=float(np.clip(0.62 + 0.06 * chance[8], 0.5, 0.8)),
        fracture=recipe.fractures.get(level),
        bulge=only_one(features, Bulge),
        comminution=only_one(features, Comminution),
        pits=of_kind(features, SchmorlNode),
        spurs=of_kind(features, Osteophyte),
    )
    return shape, Arch(
        float(size.canal_depth_mm * arch[0]),
        float(size.canal_width_mm * arch[1]),
        float(size.pedicle_width_mm * arch[2]),
        float(size.spinous_length_mm * arch[3]),
    )


def _sacral(recipe: SpineRecipe) -> tuple[BodyShape, Arch]:
    scale = recipe.size_scale
    shape = BodyShape(
        width_mm=SACRAL_WIDTH_MM * scale,
        depth_mm=SACRAL_DEPTH_MM * scale,
        anterior_height_mm=SACRAL_ANTERIOR_HEIGHT_MM * scale,
        posterior_height_mm=SACRAL_POSTERIOR_HEIGHT_MM * scale,
        lower_scale=0.78,
        upper_concavity_mm=0.8,
        lower_concavity_mm=0.0,
        posterior_concavity_mm=0.2,
        waist_mm=0.5,
    )
    return shape, Arch(SACRAL_CANAL_DEPTH_MM * scale, SACRAL_CANAL_WIDTH_MM * scale, 16.0 * scale, 14.0 * scale)


def _disc(level: str, recipe: SpineRecipe) -> Disc:
    """The disc below a level."""
    curve, narrow = recipe.curve, only_one(recipe.features.get(level, ()), NarrowDisc)
    height_mm = SIZES[level].disc_height_mm * recipe.size_scale
    return Disc(
        height_mm if narrow is None else height_mm * narrow.height_scale,
        SIZES[level].disc_lordosis_deg * curve.lordosis_scale + curve.extra_lordosis_deg.get(level, 0.0),
        curve.left_bend_deg.get(level, 0.0),
        curve.left_turn_deg.get(level, 0.0),
    )


def _base(recipe: SpineRecipe, lowest: BodyShape) -> BodyFrame:
    """The rim frame the lowest level stands on, tilted as far as the missing levels below would tilt it."""
    upright = BodyFrame(np.zeros(3), np.array([0.0, 0.0, 1.0]), np.array([0.0, -1.0, 0.0]))
    bottom = recipe.levels[-1]
    if bottom == "S1":
        return turned(upright, SACRAL_SLOPE_DEG - 2 * wedge_half_deg(lowest))
    tilt = SACRAL_SLOPE_DEG
    for level in ("L5", "L4", "L3", "L2", "L1", *(f"T{n}" for n in range(12, 0, -1))):
        if order(level) < order(bottom):
            break
        tilt -= SIZES[level].disc_lordosis_deg * recipe.curve.lordosis_scale
        if level != bottom:
            tilt += SIZES[level].wedge_deg
    return turned(upright, tilt)


def build_spine(recipe: SpineRecipe) -> PhantomSpine:
    """Build the phantom a recipe describes."""
    parts = {level: _sacral(recipe) if level == "S1" else _varied(recipe, level) for level in recipe.levels}
    upward = list(reversed(recipe.levels))
    shapes: Mapping[str, BodyShape] = {level: parts[level][0] for level in upward}
    discs = {level: _disc(level, recipe) for level in recipe.bodies}
    frames = stacked(shapes, discs, _base(recipe, shapes[upward[0]]))
    middle = np.mean([frames[level].centre_lps for level in recipe.bodies], axis=0)
    upright = BodyFrame(np.zeros(3), np.array([0.0, 0.0, 1.0]), np.array([0.0, -1.0, 0.0]))
    segments = {}
    for level in recipe.levels:
        frame = frames[level]
        centred = BodyFrame.from_directions(frame.centre_lps - middle, frame.cranial, frame.anterior)
        inclusions = tuple(f for f in recipe.features.get(level, ()) if isinstance(f, Inclusion | WallVariant))
        segments[level] = PhantomVertebra(level, recipe.pose.placed(centred), *parts[level], inclusions)
    return PhantomSpine(
        recipe,
        tuple(segments[level] for level in recipe.bodies),
        segments.get("S1"),
        recipe.pose.placed(upright),
    )
