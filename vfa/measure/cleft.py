"""Is there a hollow filled with gas inside the body (as in Kümmell's disease)?

Gas in the disc is common in degeneration and may reach the endplate or a pit in it, and lung lies in the waist of a
thoracic body: it is a cleft of the body only when most of it lies between the endplates, and some of it deep within.
Gas gives way to fluid after minutes of lying, which CT does not show.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from vfa.measure.body_interior import CELL_MM3, BodyInterior
from vfa.model.estimate import Estimate
from vfa.model.posterior_wall import Finding, Presence
from vfa.model.volume import Volume

GAS_HU = -200.0  # fat is above −130, and partial volume draws thin gas up to here
LEAST_MM3 = 40.0
CLEAR_MM = 1.0  # inside an endplate, for a cell of gas to be the body's
DEEP_MM = 3.0  # inside the body's outline, which some of it must be
LEAST_SHARE_INSIDE = 0.6  # of a piece of gas, for it to be a cleft
DOUBTFUL_SHARE_INSIDE = 0.3
THICKEST_SLICE_MM = 3.0


def find_cleft(interior: BodyInterior, volume: Volume) -> Finding:
    """Gas inside one body."""
    if not volume.modality.is_ct:
        return Finding("cleft", Presence.NOT_ASSESSABLE, "gas and fluid in a cleft are not told apart on MR here")
    pieces, count = ndimage.label(interior.values < GAS_HU)
    held_mm3, doubtful_mm3 = 0.0, 0.0
    for number in range(1, count + 1):
        piece = pieces == number
        own = piece & (interior.above_mm <= -CLEAR_MM)
        own_mm3 = float(own.sum()) * CELL_MM3
        if own_mm3 < LEAST_MM3:
            continue
        share, deep = float(own.sum() / piece.sum()), float(interior.depth_mm[own].max()) > DEEP_MM
        from_beside = bool(np.isinf(interior.above_mm[piece]).any())  # lung lies in a waist and is seldom deep
        if share >= LEAST_SHARE_INSIDE and deep:
            held_mm3 += own_mm3
        elif share >= DOUBTFUL_SHARE_INSIDE and (deep or not from_beside):
            doubtful_mm3 += own_mm3
    if held_mm3:
        estimate = Estimate(held_mm3, float(np.hypot(20.0, 0.2 * held_mm3)), "mm3", "cells darker than −200 HU", 0.0)
        because = f"Gas fills a hollow of {held_mm3 / 1000:.2f} ml between the endplates."
        return Finding("cleft", Presence.PRESENT, because, {"gas_volume_mm3": estimate})
    if doubtful_mm3:
        because = (
            f"Gas of {doubtful_mm3 / 1000:.2f} ml lies at the body's edge; "
            "whether it is a cleft or belongs to what lies beside it a reader must say."
        )
        return Finding("cleft", Presence.NOT_ASSESSABLE, because)
    if volume.slice_spacing_mm > THICKEST_SLICE_MM:
        because = f"Slices of {volume.slice_spacing_mm:g} mm may hide a thin gas cleft."
        return Finding("cleft", Presence.NOT_ASSESSABLE, because)
    return Finding("cleft", Presence.ABSENT, "No gas lies between the endplates.")
