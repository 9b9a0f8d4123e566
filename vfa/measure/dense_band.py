"""Is the marrow beneath an endplate packed? A sign beside height: a fracture impacts trabeculae into a dense band.

The layer beneath each endplate is held against the middle of its own body, and that difference against the other
endplates of the spine, since marrow is a little denser near any endplate. Worn discs harden endplates too, so a band
alone proves no fracture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from vfa.measure.body_interior import BodyInterior

LAYER_MM = (1.5, 3.0)  # beneath the endplate, clear of the shell's blur on thin slices
MIDDLE_MM = 5.0  # farther than this from both endplates
CLEAR_OF_WALL_MM = 5.0
FEWEST_CELLS = 60
LEAST_EXCESS_HU = 60.0
EXCESS_IN_SDS = 3.5
LEAST_SD_HU = 12.0
FEWEST_OTHERS = 3  # endplates of other bodies
THICKEST_STEP_MM = 2.0  # along the cranial axis; thicker slices mix the band with the shell
NOT_TOLD = "a dense band beneath an endplate cannot be told: slices too thick, or too little marrow to compare"


@dataclass(frozen=True)
class LayerExcess:
    """How much denser than the body's middle the layer beneath each endplate is, HU; None where too little was seen."""

    cranial_hu: float | None
    caudal_hu: float | None

    @property
    def by_end(self) -> dict[str, float]:
        """What is known, by end."""
        both = {"cranial": self.cranial_hu, "caudal": self.caudal_hu}
        return {end: value for end, value in both.items() if value is not None}


def layer_excess(interior: BodyInterior) -> LayerExcess:
    """Look beneath both endplates of one body on CT."""
    footprint = interior.inside.any(axis=2)
    clear = ndimage.distance_transform_edt(np.pad(footprint, 1))[1:-1, 1:-1] > CLEAR_OF_WALL_MM
    beneath = np.where(interior.inside & clear[..., None], -interior.above_mm, -1.0)
    middle = interior.values[beneath > MIDDLE_MM]
    layer = (beneath >= LAYER_MM[0]) & (beneath <= LAYER_MM[1])
    with np.errstate(invalid="ignore"):
        upper_half = interior.height_fraction > 0.5

    def excess(cells: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float | None:
        if min(cells.sum(), middle.size) < FEWEST_CELLS:
            return None
        return float(np.median(interior.values[cells]) - np.median(middle))

    return LayerExcess(excess(layer & upper_half), excess(layer & ~upper_half))


def dense_bands(excess: Mapping[str, LayerExcess]) -> dict[str, tuple[str, ...] | None]:
    """By level, the bands that stand out from all other bodies' endplates, in words; None where that cannot be told."""
    return {level: _stands_out(level, excess) for level in excess}


def _stands_out(level: str, excess: Mapping[str, LayerExcess]) -> tuple[str, ...] | None:
    others = [value for name, body in excess.items() if name != level for value in body.by_end.values()]
    if len(others) < FEWEST_OTHERS or not excess[level].by_end:
        return None
    usual = float(np.median(others))
    sd = max(1.4826 * float(np.median(np.abs(np.array(others) - usual))), LEAST_SD_HU)
    least = max(LEAST_EXCESS_HU, EXCESS_IN_SDS * sd)
    return tuple(
        f"marrow beneath the {end} endplate {value - usual:.0f} HU denser than in the other bodies "
        "(impacted or sclerotic trabeculae)"
        for end, value in excess[level].by_end.items()
        if value - usual > least
    )
