"""How bright is each tissue on CT? Hounsfield units, with the marrow's own texture.

Marrow follows age (L1: 226 HU under 30 years down to 89 HU over 90, PubMed 30912719). Cortex is given as bone without
partial volume; a scanner's blur then brings the thin shell down to the 300–700 HU seen in images. All others are
usual values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from vfa.model.anatomy import order
from vfa.phantom.body_parts import BodyPart
from vfa.phantom.imaging import plain_values
from vfa.phantom.inclusion_parts import CementPart
from vfa.phantom.materials import Tissue
from vfa.phantom.painting import Part, Points
from vfa.phantom.screws import ScrewPart

HU: Mapping[Tissue, float] = MappingProxyType(
    {
        Tissue.AIR: -1000,
        Tissue.FAT: -100,
        Tissue.MUSCLE: 55,
        Tissue.ORGAN: 45,
        Tissue.SKIN: 30,
        Tissue.VESSEL: 45,
        Tissue.BODY_CORTEX: 950,
        Tissue.BODY_MARROW: 120,
        Tissue.ENDPLATE: 800,
        Tissue.IMPACTED_MARROW: 330,
        Tissue.POSTERIOR_BONE: 1050,
        Tissue.POSTERIOR_MARROW: 160,
        Tissue.DISC: 85,
        Tissue.DISC_NUCLEUS: 75,
        Tissue.CANAL: 12,
        Tissue.CORD: 38,
        Tissue.SACRUM_CORTEX: 750,
        Tissue.SACRUM_MARROW: 90,
        Tissue.RIB: 900,
        Tissue.RIB_MARROW: 150,
        Tissue.FLUID: 20,
        Tissue.GAS: -900,
        Tissue.CONTRAST: 300,
        Tissue.CALCIUM: 700,
        Tissue.PELVIS: 950,
        Tissue.PELVIS_MARROW: 100,
        Tissue.FEMUR: 1100,
        Tissue.FEMUR_MARROW: 80,
        Tissue.BOWEL: 30,
        Tissue.LUNG: -850,
        Tissue.CEMENT: 2000,
        Tissue.METAL: 3071,
        Tissue.TUMOUR: 50,
        Tissue.OEDEMA: 120,
    }
)

MARROW = (Tissue.BODY_MARROW, Tissue.OEDEMA)  # CT does not see the water
LEVEL_SHARE = 0.35  # how much the marrow of one level differs from the next, relative to the texture
TEXTURE_MM = 1.5  # pitch of the texture's lattice
TEXTURE_SHAPE = (44, 36, 32)  # covers the largest body


def background_hu(labels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """HU (I, J, K) of a label volume, each tissue plain.

    Raises:
        ValueError: if a label is no `Tissue`.
    """
    return plain_values(labels, HU)


@lru_cache(maxsize=16)
def _texture(seed: int, level: str) -> tuple[float, NDArray[np.float32]]:
    """A level's offset from the mean marrow, and its texture on a lattice around the body's middle, both of SD 1."""
    rng = np.random.default_rng([seed, order(level), 3])
    offset = float(rng.standard_normal())
    rough = gaussian_filter(rng.standard_normal(TEXTURE_SHAPE), 0.8, mode="wrap")
    return offset, (rough / rough.std()).astype(np.float32)


def marrow_texture(seed: int, level: str, points: tuple[Points, Points, Points]) -> tuple[float, Points]:
    """A level's offset from the mean marrow and its texture at points of its construction frame, both of SD 1."""
    offset, texture = _texture(seed, level)
    full = np.broadcast_arrays(*points)
    at = [p / np.float32(TEXTURE_MM) + np.float32(size / 2) for p, size in zip(full, TEXTURE_SHAPE, strict=True)]
    return offset, np.asarray(map_coordinates(texture, at, order=1, mode="nearest", output=np.float32))


@dataclass(frozen=True)
class HounsfieldShading:
    """The HU of each tissue of each part.

    Args:
        trabecular_hu: mean marrow of the bodies.
        texture_hu: standard deviation of the marrow's texture.
        seed: of the levels' differences and of the texture.
    """

    trabecular_hu: float
    texture_hu: float
    seed: int

    def value(self, part: Part, tissue: Tissue, points: tuple[Points, Points, Points]) -> Points | float:
        """The usual value; for a body's marrow the level's own, with texture; for cement and metal their own."""
        if isinstance(part, CementPart | ScrewPart):
            return part.hu
        if tissue not in MARROW or not isinstance(part, BodyPart):
            return self.trabecular_hu if tissue in MARROW else HU[tissue]
        if self.texture_hu == 0:
            return self.trabecular_hu
        offset, grain = marrow_texture(self.seed, part.vertebra.level, points)
        mean = np.float32(self.trabecular_hu + LEVEL_SHARE * self.texture_hu * offset)
        return np.asarray(mean + np.float32(self.texture_hu) * grain)
