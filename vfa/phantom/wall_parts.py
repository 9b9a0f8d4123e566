"""How are the variants of a healthy posterior wall painted?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vfa.model.frame import BodyFrame, FloatArray
from vfa.phantom.anatomy import PhantomVertebra
from vfa.phantom.features import of_kind
from vfa.phantom.materials import Tissue
from vfa.phantom.painting import Part
from vfa.phantom.solids import Bar
from vfa.phantom.wall_variants import EpiduralLayer, PosteriorCortex, VeinOpening

Points = NDArray[np.float32]

USUAL_VEIN = VeinOpening()
FUNNEL_END_MM = 0.7  # half-size of the vein deep in the body
BACK_FROM, BACK_FULL = 0.25, 0.42  # of the depth behind the middle: where the posterior wall's cortex takes over
THIN_PLACES = 3
THIN_PLACE_MM = 3.5  # standard deviation of a thin place
LAYER_MM = (1.5, 9.0)  # from the midline: where the epidural veins run
FILLINGS = {"vein": Tissue.VESSEL, "contrast": Tissue.CONTRAST, "fat": Tissue.FAT}


def cortex_mm(vertebra: PhantomVertebra, x: Points, y: Points, z: Points) -> Points | np.float32:
    """Thickness of the wall at points of the construction frame."""
    shape = vertebra.shape
    variant = posterior_cortex(vertebra)
    if variant is None:
        return np.float32(shape.cortex_mm)
    behind = np.clip((-y / np.float32(shape.depth_mm) - BACK_FROM) / (BACK_FULL - BACK_FROM), 0, 1)
    back = np.float32(variant.thickness_mm) * (1 - np.float32(variant.thinning) * _thin_places(vertebra, x, z))
    return np.asarray(shape.cortex_mm + behind * (back - shape.cortex_mm), dtype=np.float32)


def posterior_cortex(vertebra: PhantomVertebra) -> PosteriorCortex | None:
    """The variant that a vertebra's posterior cortex has; None for the body's own."""
    found = of_kind(vertebra.inclusions, PosteriorCortex)
    return found[0] if found else None


def least_cortex_mm(vertebra: PhantomVertebra) -> float:
    """The thinnest the posterior wall's whole cortex gets."""
    variant = posterior_cortex(vertebra)
    return vertebra.shape.cortex_mm if variant is None else variant.thickness_mm * (1 - variant.thinning)


def _thin_places(vertebra: PhantomVertebra, x: Points, z: Points) -> NDArray[np.floating[Any]]:
    """How thin the cortex is, 0–1, over (x, z): a few soft spots."""
    variant = posterior_cortex(vertebra)
    rng = np.random.default_rng([0 if variant is None else variant.seed, 31])
    reach = 0.3 * vertebra.shape.width_mm, 0.35 * vertebra.shape.centre_height_mm
    thin: NDArray[np.floating[Any]] = np.zeros(np.broadcast_shapes(x.shape, z.shape), dtype=np.float32)
    for _ in range(THIN_PLACES):
        left, up = rng.uniform(-reach[0], reach[0]), rng.uniform(-reach[1], reach[1])
        away = ((x - np.float32(left)) ** 2 + (z - np.float32(up)) ** 2) / np.float32(2 * THIN_PLACE_MM**2)
        thin = np.maximum(thin, np.exp(-away))
    return thin


def vein_funnels(vertebra: PhantomVertebra) -> tuple[Bar, ...]:
    """The funnels that open in the posterior wall."""
    shape = vertebra.shape
    found = []
    for vein in of_kind(vertebra.inclusions, VeinOpening) or (USUAL_VEIN,):
        wall = float(shape.posterior_wall_mm(0.0, 0.5))
        up = (vein.height_fraction - 0.5) * shape.centre_height_mm
        end = (vein.left_mm, wall + vein.depth_fraction * vertebra.depth_mm, up)
        half = vein.height_mm / 2, vein.width_mm / 2
        for side in (-1, 1) if vein.apart_mm else (0,):
            start = (vein.left_mm + side * vein.apart_mm / 2, wall - 0.5, up)
            found.append(Bar(start, end, half, (FUNNEL_END_MM, FUNNEL_END_MM)))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class EpiduralPart:
    """A layer behind the posterior wall, to either side of the midline; the body is painted over it."""

    vertebra: PhantomVertebra
    layer: EpiduralLayer

    @property
    def frame(self) -> BodyFrame:
        """The construction frame."""
        return self.vertebra.construction

    @property
    def box_mm(self) -> tuple[FloatArray, FloatArray]:
        """The body's box and the layer behind it."""
        low, high = self.vertebra.field.box_mm
        return low - np.array([0.0, self.layer.thickness_mm + 1, 0.0]), np.array([high[0], 0.0, high[2]])

    def layers(self, x: Points, y: Points, z: Points) -> Iterator[tuple[Tissue, Points]]:
        """What fills it."""
        near, far = (np.float32(mm) for mm in LAYER_MM)
        aside = np.maximum(near - np.abs(x), np.abs(x) - far)
        behind = self.vertebra.field.distances(x, y, z).surface - np.float32(self.layer.thickness_mm)
        yield FILLINGS[self.layer.filling], np.asarray(np.maximum(np.maximum(aside, behind), y))


def epidural_parts(vertebra: PhantomVertebra) -> list[Part]:
    """What lies behind the posterior wall, to be painted before the body."""
    return [EpiduralPart(vertebra, layer) for layer in of_kind(vertebra.inclusions, EpiduralLayer)]
