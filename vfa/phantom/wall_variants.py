"""How do healthy posterior walls differ from each other?

Values only. Nothing here is damage: cortex of 0.25–0.8 mm with thin places, the basivertebral vein opening narrow,
wide or twice, and vessels or fat in front of the dural sac. A breach must be told from all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vfa.phantom.inclusions import check_range


class WallVariant:
    """Base of what makes one healthy wall differ from another."""


@dataclass(frozen=True)
class PosteriorCortex(WallVariant):
    """The cortex of the posterior wall, thinner than the body's elsewhere.

    Args:
        thickness_mm: where it is not thinned.
        thinning: how much of it lacks in its thin places.
        seed: of where they lie.

    Raises:
        ValueError: if a measure is out of its range.
    """

    thickness_mm: float = 0.45
    thinning: float = 0.3
    seed: int = 0

    def __post_init__(self) -> None:
        check_range("thickness_mm", self.thickness_mm, 0.15, 1.2)
        check_range("thinning", self.thinning, 0.0, 0.8)


@dataclass(frozen=True)
class VeinOpening(WallVariant):
    """Where the basivertebral vein leaves the body, as a funnel.

    Args:
        width_mm: of its mouth, of each of two when they are apart.
        height_mm: of its mouth.
        apart_mm: between the middles of two mouths; 0 for one.
        left_mm: of the middle, from the midline.
        height_fraction: of the middle between the endplates.
        depth_fraction: of the body's depth, how far the funnel reaches.

    Raises:
        ValueError: if a measure is out of its range.
    """

    width_mm: float = 7.2
    height_mm: float = 4.8
    apart_mm: float = 0.0
    left_mm: float = 0.0
    height_fraction: float = 0.48
    depth_fraction: float = 0.38

    def __post_init__(self) -> None:
        check_range("width_mm", self.width_mm, 1.5, 13.0)
        check_range("height_mm", self.height_mm, 1.5, 10.0)
        check_range("apart_mm", self.apart_mm, 0.0, 12.0)
        check_range("left_mm", self.left_mm, -3.0, 3.0)
        check_range("height_fraction", self.height_fraction, 0.35, 0.65)
        check_range("depth_fraction", self.depth_fraction, 0.1, 0.6)


@dataclass(frozen=True)
class EpiduralLayer(WallVariant):
    """What lies between the posterior wall and the dural sac, beside the midline.

    Args:
        thickness_mm: of the layer.
        filling: a vein as it is, a vein with contrast medium, or fat.

    Raises:
        ValueError: if the thickness is out of its range.
    """

    thickness_mm: float = 1.2
    filling: Literal["vein", "contrast", "fat"] = "vein"

    def __post_init__(self) -> None:
        check_range("thickness_mm", self.thickness_mm, 0.3, 3.0)
