"""Does this body hold bone cement or metal?

Both are brighter than any bone and compact. Dense bone islands reach 1300 HU (mean 1190; read.qxmd.com/read/27101076)
and cortex with partial volume about 1000, so what counts is brighter and larger than either. Metal runs out of the body
through a pedicle; cement stays inside. A hollow that casts streaks is not told apart from what casts them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from vfa.model.spine import Vertebra
from vfa.model.volume import Volume

FOREIGN_HU = 1400.0
CORE_HU = 1500.0  # some of it must be this bright
LEAST_MM3 = 120.0  # a bone island of 6 mm has 113 mm³
LEAST_THICKNESS_MM = 2.0  # cortex is thin however bright
MARGIN_MM = 12.0
LEAVES_MM = 5.0  # behind the body: what goes this far out of it is a screw
METAL_HU = 3000.0  # at or beyond what most scanners store


@dataclass(frozen=True)
class ForeignMaterial:
    """What was found in a body.

    Args:
        kind: "cement" or "implant".
        volume_mm3: of it, inside the body.
        greatest_hu: of it.
    """

    kind: str
    volume_mm3: float
    greatest_hu: float

    @property
    def because(self) -> str:
        """One sentence."""
        what = "Compact material brighter than bone lies" if self.kind == "cement" else "Metal runs"
        where = "inside the body" if self.kind == "cement" else "through a pedicle into the body"
        return f"{what} {where}: {self.volume_mm3 / 1000:.1f} ml, up to {self.greatest_hu:.0f} HU."


def foreign_material(vertebra: Vertebra, volume: Volume) -> ForeignMaterial | None:
    """Cement or metal inside one body on CT; None when there is none, or on MR, where neither can be told."""
    if not volume.modality.is_ct:
        return None
    inside = volume.grid.ijk_of(vertebra.grid.lps_of(np.argwhere(vertebra.body)))
    margin = MARGIN_MM / np.asarray(volume.spacing_mm)
    start = np.clip(np.floor(inside.min(axis=0) - margin), 0, None).astype(int)
    stop = np.minimum(np.ceil(inside.max(axis=0) + margin).astype(int) + 1, volume.grid.shape)
    values = volume.voxels[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))]
    bright = values >= FOREIGN_HU
    if bright.sum() * volume.grid.voxel_volume_mm3 < LEAST_MM3:
        return None
    body = np.zeros(values.shape, dtype=bool)
    places = np.round(inside).astype(int) - start
    kept = ((places >= 0) & (places < values.shape)).all(axis=1)
    body[tuple(places[kept].T)] = True
    body = ndimage.binary_closing(np.pad(body, 3), iterations=3)[
        3:-3, 3:-3, 3:-3
    ]  # a mask may leave the bright part out
    pieces, count = ndimage.label(bright)
    for number in np.argsort(-np.bincount(pieces.ravel(), minlength=count + 1)[1:]) + 1 if count else []:
        piece = pieces == number
        held = piece & body
        volume_mm3 = float(held.sum()) * volume.grid.voxel_volume_mm3
        if volume_mm3 < LEAST_MM3:
            continue
        # From voxel centres: a layer of one voxel is one voxel thick.
        deepest = float(ndimage.distance_transform_edt(piece, sampling=volume.spacing_mm).max())
        thickness = 2 * deepest - max(volume.spacing_mm)
        if thickness < LEAST_THICKNESS_MM or float(values[held].max()) < CORE_HU:
            continue
        away = ndimage.distance_transform_edt(~body, sampling=volume.spacing_mm)
        greatest = float(values[piece].max())
        # Cement that leaked is still mostly inside; a screw's shaft and head are mostly outside.
        leaves = float(away[piece].max()) >= LEAVES_MM and greatest >= METAL_HU
        return ForeignMaterial("implant" if leaves else "cement", volume_mm3, greatest)
    return None
