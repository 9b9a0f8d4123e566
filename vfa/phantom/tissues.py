"""Which tissue is at each voxel? The whole phantom as a label volume, on any lattice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vfa.model.frame import Grid
from vfa.phantom.anatomy import PhantomSpine, PhantomVertebra
from vfa.phantom.body_parts import SACRAL_NAMES, BodyPart, DiscPart, FragmentPart, SpurPart
from vfa.phantom.foramina import ridge_parts
from vfa.phantom.inclusion_parts import inclusion_parts
from vfa.phantom.materials import Tissue
from vfa.phantom.painting import Part, paint_labels
from vfa.phantom.posterior_elements import (
    EPIDURAL_MM,
    arch_parts,
    canal_tube,
    outer_reach_mm,
    pedicle_bridges,
    sacrum_parts,
)
from vfa.phantom.screws import screw_parts
from vfa.phantom.soft_tissue import soft_tissue
from vfa.phantom.solids import EllipticTube, TubePart
from vfa.phantom.wall_parts import epidural_parts

__all__ = ["Tissue", "body_parts", "spine_parts", "tissues"]

CORD_HALF_MM = (4.6, 3.4)
CORD_LEVELS = (*(f"T{n}" for n in range(1, 14)), "L1")  # the cord ends at about L1
FORAMEN_FAT_MM = 4.0  # the fat beside and behind the wall in which the nerve roots run


def _canal_parts(vertebra: PhantomVertebra) -> list[Part]:
    canal = canal_tube(vertebra, outer_reach_mm(vertebra))
    frame = vertebra.construction
    sac = canal.shrunk(EPIDURAL_MM)
    parts: list[Part] = [TubePart(frame, canal, Tissue.FAT), TubePart(frame, sac, Tissue.CANAL)]
    if vertebra.level in CORD_LEVELS:
        parts.append(TubePart(frame, EllipticTube(canal.centre_mm, CORD_HALF_MM, canal.z_mm), Tissue.CORD))
    return parts


def _foramen_fat(vertebra: PhantomVertebra) -> TubePart:
    canal = canal_tube(vertebra, outer_reach_mm(vertebra))
    half = canal.half_mm[0] + FORAMEN_FAT_MM, canal.half_mm[1] + FORAMEN_FAT_MM / 2
    return TubePart(vertebra.construction, EllipticTube(canal.centre_mm, half, canal.z_mm), Tissue.FAT)


def spine_parts(spine: PhantomSpine) -> list[Part]:
    """Everything from discs to fragments in painting order, later parts over earlier ones."""
    parts: list[Part] = [_foramen_fat(vertebra) for vertebra in spine.segments]
    parts += [DiscPart(above, below) for above, below in spine.discs]
    parts += ridge_parts(spine)
    for vertebra in spine.vertebrae:
        parts += arch_parts(vertebra, canal_tube(vertebra, outer_reach_mm(vertebra)))
    if spine.sacrum is not None:
        parts += sacrum_parts(spine.sacrum)
    for vertebra in spine.segments:
        parts += [*_canal_parts(vertebra), *epidural_parts(vertebra)]
    if spine.sacrum is not None:
        parts.append(BodyPart(spine.sacrum, SACRAL_NAMES))
    for vertebra in spine.vertebrae:
        parts += body_parts(vertebra)
    return parts


def body_parts(vertebra: PhantomVertebra) -> list[Part]:
    """One vertebra's body with all that happened to it, in painting order."""
    parts: list[Part] = [BodyPart(vertebra), *pedicle_bridges(vertebra)]
    if vertebra.shape.spurs:
        parts.append(SpurPart(vertebra))
    if vertebra.shape.fracture is not None and vertebra.shape.fracture.retropulsion_mm > 0:
        parts.append(FragmentPart(vertebra))
    return [*parts, *inclusion_parts(vertebra), *screw_parts(vertebra)]


def tissues(spine: PhantomSpine, grid: Grid, background: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
    """Label each voxel (I, J, K) with the `Tissue` at its centre.

    Args:
        spine: the phantom.
        grid: any lattice, oblique ones included.
        background: labels of what surrounds the spine on the same lattice; the plain trunk when not given.

    Raises:
        ValueError: if the background does not fit the grid.
    """
    if background is not None and background.shape != grid.shape:
        raise ValueError(f"background: shape {background.shape} does not fit the grid {grid.shape}")
    labels = soft_tissue(spine, grid) if background is None else background.astype(np.uint8, copy=True)
    paint_labels(labels, spine_parts(spine), grid)
    return labels
