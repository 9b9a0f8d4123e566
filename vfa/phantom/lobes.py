"""How does something fill a given volume of a body, in lobes, wherever it lies?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vfa.phantom.anatomy import PhantomVertebra
from vfa.phantom.inclusions import Spot

Points = NDArray[np.float32]
Place = tuple[float, float, float]

PITCH_MM = 0.4
LOBES = 4
LOBE_SPREAD_MM = 4.0  # standard deviation of where the lobes lie
LOBE_SIZE_MM = 1.5  # of how they differ in radius


def place_of(vertebra: PhantomVertebra, spot: Spot) -> Place:
    """The (x, y, z) of a spot in the construction frame."""
    shape = vertebra.shape
    x, y = spot.left_fraction * shape.width_mm / 2, (0.5 - spot.depth_fraction) * shape.depth_mm
    lower, upper = float(shape.lower_mm(x, y)), float(shape.upper_mm(x, y))
    return x, y, lower + spot.height_fraction * (upper - lower)


@dataclass(frozen=True, eq=False)
class Cells:
    """Small cells that fill a body's box, as points of its construction frame."""

    x: Points
    y: Points
    z: Points

    @classmethod
    def of(cls, vertebra: PhantomVertebra) -> Cells:
        """The cells around a body, fragment included."""
        low, high = vertebra.field.box_mm
        axes = [np.arange(low[n] - 1, high[n] + 1, PITCH_MM, dtype=np.float32) for n in range(3)]
        return cls(*(along.reshape([-1 if axis == n else 1 for n in range(3)]) for axis, along in enumerate(axes)))

    def volume_mm3(self, distance: Points) -> float:
        """Volume of a solid from its signed distance at the cells' centres."""
        coverage = np.clip(0.5 - distance / np.float32(PITCH_MM), 0, 1)
        return float(coverage.sum(dtype=float)) * PITCH_MM**3


@dataclass(frozen=True)
class Lobes:
    """Balls that run into one another, each as large as a common radius and its own surplus.

    Args:
        centres_mm: their middles in the construction frame.
        surplus_mm: what each one's radius has more than the common one.
        radius_mm: the common radius.
    """

    centres_mm: tuple[Place, ...]
    surplus_mm: tuple[float, ...]
    radius_mm: float = 0.0

    @classmethod
    def around(cls, middle_mm: Place, seed: int) -> Lobes:
        """Lobes by chance around a place, the first one at it."""
        rng = np.random.default_rng([seed, 4])
        moved = np.asarray(middle_mm) + np.vstack([np.zeros(3), rng.normal(0, LOBE_SPREAD_MM, (LOBES - 1, 3))])
        surplus = [0.0, *rng.normal(-1.0, LOBE_SIZE_MM, LOBES - 1)]
        return cls(tuple((float(x), float(y), float(z)) for x, y, z in moved), tuple(float(part) for part in surplus))

    def distance(self, x: Points, y: Points, z: Points) -> Points:
        """Signed distance to the lobes, exact outside."""
        balls = [
            np.sqrt((x - np.float32(a)) ** 2 + (y - np.float32(b)) ** 2 + (z - np.float32(c)) ** 2) - np.float32(more)
            for (a, b, c), more in zip(self.centres_mm, self.surplus_mm, strict=True)
        ]
        return np.asarray(np.minimum.reduce(balls) - np.float32(self.radius_mm))

    def grown_to(self, volume_mm3: float, vertebra: PhantomVertebra, within_mm: float) -> Lobes:
        """The same lobes, so large that they hold a volume of what of the body lies `within_mm` of its surface.

        Args:
            volume_mm3: to be filled.
            vertebra: whose body it is.
            within_mm: signed distance to the body's surface up to which there is room; negative is inside.

        Raises:
            ValueError: if there is not that much room.
        """
        cells = Cells.of(vertebra)
        room = vertebra.field.surface(cells.x, cells.y, cells.z) < within_mm
        away = np.sort(replace(self, radius_mm=0.0).distance(cells.x, cells.y, cells.z)[room])
        needed = round(volume_mm3 / PITCH_MM**3)
        if needed >= away.size:
            raise ValueError(f"volume_mm3: expected at most {away.size * PITCH_MM**3:.0f}, got {volume_mm3:.0f}")
        return replace(self, radius_mm=float(away[needed]))
