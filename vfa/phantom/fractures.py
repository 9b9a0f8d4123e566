"""How does a fracture change a vertebral body?

A fracture is a field over the endplates: how far, in mm, the upper endplate sinks and the lower one rises at each
place. Places are given as a fraction of the depth (0 = anterior margin, 1 = posterior margin) and of the half width
(-1 = right margin, +1 = left margin). A burst fracture also drives a fragment of the wall into the canal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Side = Literal["both", "left", "right"]
Band = Literal["none", "sclerotic"]
Shape = Literal["wedge", "biconcave", "crush", "burst"]
Edge = Literal["open", "closed"]
Field = NDArray[np.floating[Any]]

BURST_POSTERIOR_SHARE = 0.35  # of the anterior loss, as the posterior wall buckles too
BICONCAVE_UPPER_SHARE = 0.6  # of the loss, the rest is the lower endplate's


@dataclass(frozen=True)
class FragmentMotion:
    """What a fragment of the posterior wall did beside being driven straight back.

    Args:
        tilt_deg: turn about the left axis, positive brings its upper end backwards.
        turn_deg: turn about the cranial axis, positive brings its left side backwards.
        lift_mm: how far it moved towards the head, negative towards the feet.
        edge: "open" where the cortex ends in a step, "closed" where it has healed over the fragment's edges.

    Raises:
        ValueError: for a turn beyond a right angle or a move that is no number.
    """

    tilt_deg: float = 0.0
    turn_deg: float = 0.0
    lift_mm: float = 0.0
    edge: Edge = "open"

    def __post_init__(self) -> None:
        for name in ("tilt_deg", "turn_deg"):
            if not abs(getattr(self, name)) <= 90:
                raise ValueError(f"{name}: expected -90 to 90 degrees, got {getattr(self, name)}")
        if not np.isfinite(self.lift_mm):
            raise ValueError(f"lift_mm: expected a number of mm, got {self.lift_mm}")

    @property
    def is_straight(self) -> bool:
        """Whether it only moved straight back."""
        return self.tilt_deg == 0 and self.turn_deg == 0 and self.lift_mm == 0


STRAIGHT_BACK = FragmentMotion()


class Fracture(Protocol):
    """What every fracture tells of itself; each is a frozen dataclass with these fields."""

    @property
    def loss_mm(self) -> float:
        """The height lost where the fracture is deepest, in mm."""

    @property
    def side(self) -> Side:
        """Which side has collapsed."""

    @property
    def band(self) -> Band:
        """Whether packed trabeculae lie under the upper endplate."""

    @property
    def retropulsion_mm(self) -> float:
        """How far a fragment of the posterior wall was driven into the canal, in mm; 0 for no fragment."""

    @property
    def fragment(self) -> FragmentMotion:
        """What that fragment did beside."""

    def upper_drop_mm(self, depth_fraction: Field, left_fraction: Field) -> Field:
        """How far the upper endplate has sunk, in mm, at each place."""

    def lower_rise_mm(self, depth_fraction: Field, left_fraction: Field) -> Field:
        """How far the lower endplate has risen, in mm, at each place."""


def _step(value: Field) -> Field:
    """Rise smoothly from 0 at 0 to 1 at 1, flat outside."""
    inside = np.clip(value, 0.0, 1.0)
    return inside * inside * (3.0 - 2.0 * inside)


def _share_of_side(side: Side, left_fraction: Field) -> Field:
    """How much of the fracture each place takes: 1 everywhere, or only on the collapsed side."""
    if side == "both":
        return np.ones_like(left_fraction)
    towards = left_fraction if side == "left" else -left_fraction
    return _step((towards + 0.6) / 1.2)


def _anterior_ramp(depth_fraction: Field) -> Field:
    """1 over the anterior band (design: depth 0.08–0.20), 0 over the posterior one (0.80–0.92)."""
    return 1.0 - _step((depth_fraction - 0.22) / 0.58)


def _central_dip(depth_fraction: Field, left_fraction: Field) -> Field:
    """1 over the middle band and the central third, 0 at the rim."""
    radius = np.sqrt((2.0 * depth_fraction - 1.0) ** 2 + left_fraction**2)
    return 1.0 - _step((radius - 0.38) / 0.47)


def _check(loss_mm: float, retropulsion_mm: float) -> None:
    if not (np.isfinite(loss_mm) and loss_mm >= 0):
        raise ValueError(f"loss_mm: expected a height of 0 mm or more, got {loss_mm}")
    if not (np.isfinite(retropulsion_mm) and retropulsion_mm >= 0):
        raise ValueError(f"retropulsion_mm: expected 0 mm or more, got {retropulsion_mm}")


@dataclass(frozen=True)
class Wedge:
    """The anterior part of the upper endplate has sunk by `loss_mm`; the posterior height remains."""

    loss_mm: float
    side: Side = "both"
    band: Band = "none"
    retropulsion_mm: float = 0.0
    fragment: FragmentMotion = STRAIGHT_BACK

    def __post_init__(self) -> None:
        _check(self.loss_mm, self.retropulsion_mm)

    def upper_drop_mm(self, depth_fraction: Field, left_fraction: Field) -> Field:
        """Deepest in front, none behind."""
        return self.loss_mm * _anterior_ramp(depth_fraction) * _share_of_side(self.side, left_fraction)

    def lower_rise_mm(self, depth_fraction: Field, left_fraction: Field) -> Field:
        """None."""
        return np.zeros_like(depth_fraction)


@dataclass(frozen=True)
class Biconcave:
    """Both endplates have sunk in the middle, together by `loss_mm`; the rims remain."""

    loss_mm: float
    side: Side = "both"
    band: Band = "none"
    retropulsion_mm: float = 0.0
    fragment: FragmentMotion = STRAIGHT_BACK

    def __post_init__(self) -> None:
        _check(self.loss_mm, self.retropulsion_mm)

    def _dip_mm(self, depth_fraction: Field, left_fraction: Field) -> Field:
        dip = _central_dip(depth_fraction, left_fraction)
        return self.loss_mm * dip * _share_of_side(self.side, left_fraction)

    def upper_drop_mm(self, depth_fraction: Field, left_fraction: Field) -> Field:
        """The greater share of the dip."""
        return BICONCAVE_UPPER_SHARE * self._dip_mm(depth_fraction, left_fraction)

    def lower_rise_mm(self, depth_fraction: Field, left_fraction: Field) -> Field:
        """The smaller share of the dip."""
        return (1.0 - BICONCAVE_UPPER_SHARE) * self._dip_mm(depth_fraction, left_fraction)


@dataclass(frozen=True)
class Crush:
    """The whole upper endplate has sunk by `loss_mm`."""

    loss_mm: float
    side: Side = "both"
    band: Band = "none"
    retropulsion_mm: float = 0.0
    fragment: FragmentMotion = STRAIGHT_BACK

    def __post_init__(self) -> None:
        _check(self.loss_mm, self.retropulsion_mm)

    def upper_drop_mm(self, depth_fraction: Field, left_fraction: Field) -> Field:
        """The same everywhere (or on the collapsed side)."""
        return self.loss_mm * _share_of_side(self.side, left_fraction)

    def lower_rise_mm(self, depth_fraction: Field, left_fraction: Field) -> Field:
        """None."""
        return np.zeros_like(depth_fraction)


@dataclass(frozen=True)
class Burst:
    """Sunk in front by `loss_mm`, behind by a third of it; a fragment of the wall stands in the canal."""

    loss_mm: float
    retropulsion_mm: float
    side: Side = "both"
    band: Band = "none"
    fragment: FragmentMotion = STRAIGHT_BACK

    def __post_init__(self) -> None:
        _check(self.loss_mm, self.retropulsion_mm)

    def upper_drop_mm(self, depth_fraction: Field, left_fraction: Field) -> Field:
        """Deepest in front, some behind."""
        ramp = BURST_POSTERIOR_SHARE + (1.0 - BURST_POSTERIOR_SHARE) * _anterior_ramp(depth_fraction)
        return self.loss_mm * ramp * _share_of_side(self.side, left_fraction)

    def lower_rise_mm(self, depth_fraction: Field, left_fraction: Field) -> Field:
        """None."""
        return np.zeros_like(depth_fraction)


def fracture_of(
    shape: Shape,
    loss_fraction: float,
    height_mm: float,
    *,
    retropulsion_mm: float = 0.0,
    side: Side = "both",
    band: Band = "none",
) -> Fracture:
    """A fracture that takes `loss_fraction` (0–1) of a column `height_mm` high.

    Raises:
        ValueError: if the shape is none of the four words or the fraction is not within 0–0.9.
    """
    if not 0 <= loss_fraction <= 0.9:
        raise ValueError(f"loss_fraction: expected 0–0.9, got {loss_fraction}")
    loss_mm = loss_fraction * height_mm
    if shape == "burst":
        return Burst(loss_mm, retropulsion_mm, side, band)
    kinds: dict[str, type[Wedge] | type[Biconcave] | type[Crush]] = {
        "wedge": Wedge,
        "biconcave": Biconcave,
        "crush": Crush,
    }
    if shape not in kinds:
        raise ValueError(f"shape: expected wedge, biconcave, crush or burst, got {shape!r}")
    return kinds[shape](loss_mm, side, band, retropulsion_mm)
