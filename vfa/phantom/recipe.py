"""Which spine is to be built? Everything that determines it, in one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from vfa.model.anatomy import order
from vfa.phantom.features import Feature
from vfa.phantom.fractures import Fracture
from vfa.phantom.inclusions import ForaminalNarrowing, VacuumDisc
from vfa.phantom.level_sizes import SIZES
from vfa.phantom.placement import Pose, SpineCurve
from vfa.phantom.shape_changes import NarrowDisc

THORACOLUMBAR = ("T11", "T12", "L1", "L2", "L3", "L4", "L5", "S1")


def _no_fractures() -> Mapping[str, Fracture]:
    return MappingProxyType({})


def _no_features() -> Mapping[str, tuple[Feature, ...]]:
    return MappingProxyType({})


@dataclass(frozen=True)
class SpineRecipe:
    """What determines a phantom; equal recipes build equal spines.

    Args:
        seed: of all that varies by chance.
        levels: from head to foot, T1–T13, L1–L6; "S1" at the end adds the whole sacrum.
        fractures: by level.
        size_scale: of the whole spine; 1 is an average adult.
        height_sd: standard deviation of each level's own height factor; people's is about 0.025.
        variation: how much shapes differ from the average level by level; 0 none, 1 as people do.
        curve: the bends of the spine beyond the average.
        pose: how the spine lies in the scanner.
        features: by level, what it has beside a fracture.

    Raises:
        ValueError: if the seed is negative, a level is unknown, out of order or named twice, or the level of a fracture
            or a feature is not there, or lacks the disc or the vertebra below that the feature needs.
    """

    seed: int = 0
    levels: tuple[str, ...] = THORACOLUMBAR
    fractures: Mapping[str, Fracture] = field(default_factory=_no_fractures)
    size_scale: float = 1.0
    height_sd: float = 0.0
    variation: float = 0.0
    curve: SpineCurve = field(default_factory=SpineCurve)
    pose: Pose = field(default_factory=Pose)
    features: Mapping[str, tuple[Feature, ...]] = field(default_factory=_no_features)

    def __post_init__(self) -> None:
        object.__setattr__(self, "features", MappingProxyType({k: tuple(v) for k, v in self.features.items()}))
        object.__setattr__(self, "fractures", MappingProxyType(dict(self.fractures)))
        if self.seed < 0:
            raise ValueError(f"seed: expected 0 or more, got {self.seed}")
        unknown = [level for level in self.levels if level not in SIZES and level != "S1"]
        if unknown or not self.bodies:
            raise ValueError(f"levels: expected T1–T13, L1–L6 and S1, got {', '.join(self.levels) or 'none'}")
        places = [order(level) for level in self.levels]
        if places != sorted(set(places)):
            raise ValueError(f"levels: expected head to foot, each once, got {', '.join(self.levels)}")
        for name, named in (("fractures", self.fractures), ("features", self.features)):
            strangers = [level for level in named if level not in self.bodies]
            if strangers:
                raise ValueError(f"{name}: {', '.join(strangers)} not among the levels {', '.join(self.bodies)}")
        self._check_discs()
        if not 0.5 <= self.size_scale <= 2:
            raise ValueError(f"size_scale: expected 0.5–2, got {self.size_scale}")
        if self.height_sd < 0 or self.variation < 0:
            raise ValueError("height_sd and variation: expected 0 or more")

    def _check_discs(self) -> None:
        """Refuse what belongs to the disc or the foramen below a level that has none."""
        below = dict(zip(self.levels, self.levels[1:], strict=False))
        for level, features in self.features.items():
            for feature in features:
                if isinstance(feature, VacuumDisc | NarrowDisc) and level not in below:
                    raise ValueError(f"features: {level} has no disc below it for {feature}")
                if isinstance(feature, ForaminalNarrowing) and below.get(level, "S1") == "S1":
                    raise ValueError(f"features: {level} has no free vertebra below it for {feature}")

    @property
    def bodies(self) -> tuple[str, ...]:
        """The free vertebrae, without the sacrum."""
        return tuple(level for level in self.levels if level != "S1")
