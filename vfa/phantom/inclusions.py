"""What may be found in or at a vertebra that does not change the outer surface of its body?

Values only, placed in fractions of the body: left from -1 (right margin) to +1 (left margin), depth from 0 (anterior
margin) to 1 (posterior margin), height from 0 (lower endplate) to 1 (upper endplate).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Filling = Literal["blood", "tumour"]


def check_range(name: str, value: float, low: float = 0.0, high: float = 1.0) -> None:
    """Raise ValueError unless the value lies within the limits."""
    if not low <= value <= high:
        raise ValueError(f"{name}: expected {low:g}–{high:g}, got {value}")


def check_positive(name: str, value: float) -> None:
    """Raise ValueError unless the value is a positive number."""
    if not 0 < value < float("inf"):
        raise ValueError(f"{name}: expected more than 0, got {value}")


@dataclass(frozen=True)
class WallGap:
    """A hole in the cortex of the posterior wall, a rectangle seen from behind.

    Args:
        width_mm: across, before it is turned.
        height_mm: along the wall, before it is turned.
        left_fraction: where its middle lies across; 0 is the midline, where the basivertebral foramen opens.
        height_fraction: where its middle lies between the endplates; the foramen opens at about 0.5.
        turn_deg: turn in the plane of the wall; 45 is an oblique fracture line.
        filling: what fills it.

    Raises:
        ValueError: if a size is not positive or a place lies outside the wall.
    """

    width_mm: float
    height_mm: float
    left_fraction: float = 0.0
    height_fraction: float = 0.5
    turn_deg: float = 0.0
    filling: Filling = "blood"

    def __post_init__(self) -> None:
        check_positive("width_mm", self.width_mm)
        check_positive("height_mm", self.height_mm)
        check_range("left_fraction", self.left_fraction, -0.8, 0.8)
        check_range("height_fraction", self.height_fraction)

    @property
    def area_mm2(self) -> float:
        """Of the hole, seen from behind."""
        return self.width_mm * self.height_mm


@dataclass(frozen=True)
class Spot:
    """A place in a body, in its fractions.

    Raises:
        ValueError: if it lies outside.
    """

    left_fraction: float = 0.0
    depth_fraction: float = 0.5
    height_fraction: float = 0.5

    def __post_init__(self) -> None:
        check_range("left_fraction", self.left_fraction, -1.0, 1.0)
        check_range("depth_fraction", self.depth_fraction)
        check_range("height_fraction", self.height_fraction)


@dataclass(frozen=True)
class Cleft:
    """A flat hollow within a fractured body (Kümmell), clear of its endplates.

    Args:
        width_mm: left to right.
        depth_mm: front to back.
        height_mm: of the gap.
        spot: its middle.
        filling: gas, or fluid that has taken its place.

    Raises:
        ValueError: if a size is not positive.
    """

    width_mm: float = 22.0
    depth_mm: float = 14.0
    height_mm: float = 4.0
    spot: Spot = Spot(0.0, 0.4, 0.62)
    filling: Literal["gas", "fluid"] = "gas"

    def __post_init__(self) -> None:
        for name in ("width_mm", "depth_mm", "height_mm"):
            check_positive(name, getattr(self, name))


@dataclass(frozen=True)
class VacuumDisc:
    """Gas in the disc below a level, as in degeneration: no cleft of the body.

    Args:
        thickness_mm: of the gas in its middle; it is cut where the endplates are nearer.
        share: of the disc's width and depth that it takes.

    Raises:
        ValueError: if a measure is out of its range.
    """

    thickness_mm: float = 3.0
    share: float = 0.5

    def __post_init__(self) -> None:
        check_positive("thickness_mm", self.thickness_mm)
        check_range("share", self.share, 0.05, 0.95)


@dataclass(frozen=True)
class Cement:
    """Bone cement (PMMA) within a body: compact lobes, 1 mm or more below the surface.

    Args:
        volume_mm3: how much; a filled body holds 3000–6000.
        hu: its brightness on CT, 1500–3000 with the usual opacifiers.
        spot: amid the lobes.
        seed: of where the lobes lie.

    Raises:
        ValueError: if there is none or it is no brighter than bone.
    """

    volume_mm3: float = 4000.0
    hu: float = 2200.0
    spot: Spot = Spot(0.0, 0.45, 0.5)
    seed: int = 0

    def __post_init__(self) -> None:
        check_positive("volume_mm3", self.volume_mm3)
        check_range("hu", self.hu, 1000.0, 5000.0)


@dataclass(frozen=True)
class PedicleScrews:
    """Screws through the pedicles into the body.

    Args:
        sides: which pedicles.
        diameter_mm: of the shaft.
        share_of_depth: how far into the body they reach.
        hu: brightness, beyond what most scanners can store.

    Raises:
        ValueError: if there is no side or a measure is out of its range.
    """

    sides: tuple[Literal["left", "right"], ...] = ("left", "right")
    diameter_mm: float = 6.0
    share_of_depth: float = 0.65
    hu: float = 9000.0

    def __post_init__(self) -> None:
        if not self.sides:
            raise ValueError("sides: expected left, right or both, got none")
        check_range("diameter_mm", self.diameter_mm, 3.0, 9.0)
        check_range("share_of_depth", self.share_of_depth, 0.2, 0.9)
        check_range("hu", self.hu, 3000.0, 30000.0)


@dataclass(frozen=True)
class LyticLesion:
    """Soft tissue in the place of bone, the cortex gone where it reaches it.

    Args:
        fraction: of the body's volume.
        spot: amid it.
        seed: of its lobes.

    Raises:
        ValueError: if it is nothing or the whole body.
    """

    fraction: float
    spot: Spot = Spot(0.2, 0.6, 0.5)
    seed: int = 0

    def __post_init__(self) -> None:
        check_range("fraction", self.fraction, 0.005, 0.95)


@dataclass(frozen=True)
class ForaminalNarrowing:
    """Bone that has grown from the front into the neural foramen below a level's pedicle.

    Args:
        side: of the foramen.
        share: of its area that is taken.

    Raises:
        ValueError: if the share is not within 0.05–0.95.
    """

    side: Literal["left", "right"]
    share: float

    def __post_init__(self) -> None:
        check_range("share", self.share, 0.05, 0.95)


@dataclass(frozen=True)
class Oedema:
    """Watery marrow under the upper endplate of a fresh fracture: seen on MR, not on CT.

    Args:
        height_fraction: how much of the height it takes, from the upper endplate down.

    Raises:
        ValueError: if that is not within 0.05–1.
    """

    height_fraction: float = 0.5

    def __post_init__(self) -> None:
        check_range("height_fraction", self.height_fraction, 0.05, 1.0)


Inclusion = WallGap | Cleft | VacuumDisc | Cement | PedicleScrews | LyticLesion | ForaminalNarrowing | Oedema
