"""Is there a hollow filled with gas inside the body (as in Kümmell's disease)?

Gas in the disc is common in degeneration and may reach the endplate or a pit in it; it is a cleft of the body only when
most of it lies between the endplates. Gas gives way to fluid after minutes of lying, which CT does not show.
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
LEAST_SHARE_INSIDE = 0.6
THICKEST_SLICE_MM = 3.0


def find_cleft(interior: BodyInterior, volume: Volume) -> Finding:
    """Gas inside one body."""
    if not volume.modality.is_ct:
        return Finding("cleft", Presence.NOT_ASSESSABLE, "gas and fluid in a cleft are not told apart on MR here")
    gas = (interior.values < GAS_HU) & np.isfinite(interior.above_mm)
    pieces, count = ndimage.label(gas)
    held_mm3 = 0.0
    for number in range(1, count + 1):
        piece = pieces == number
        own = float((piece & (interior.above_mm <= -CLEAR_MM)).sum()) * CELL_MM3
        if own >= LEAST_MM3 and own >= LEAST_SHARE_INSIDE * float(piece.sum()) * CELL_MM3:
            held_mm3 += own
    if held_mm3:
        estimate = Estimate(held_mm3, float(np.hypot(20.0, 0.2 * held_mm3)), "mm3", "cells darker than −200 HU", 0.0)
        because = f"Gas fills a hollow of {held_mm3 / 1000:.2f} ml between the endplates."
        return Finding("cleft", Presence.PRESENT, because, {"gas_volume_mm3": estimate})
    if volume.slice_spacing_mm > THICKEST_SLICE_MM:
        because = f"Slices of {volume.slice_spacing_mm:g} mm may hide a thin gas cleft."
        return Finding("cleft", Presence.NOT_ASSESSABLE, because)
    return Finding("cleft", Presence.ABSENT, "No gas lies between the endplates.")
