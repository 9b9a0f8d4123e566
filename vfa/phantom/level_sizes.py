"""How large is each vertebra of an average adult?

Posterior heights down to L1: Panjabi et al. 1991/1992 (cadaver means, quoted from memory and unverified), enlarged by
8 % to living adults. L2–L5: as bodies change from L1 on in `vfa/measure/height_course.py`, where the sources stand; the
CT means of large adults (L5 30.3 and 26.3 mm) are 1.15 times these. Sagittal wedging T9–L5: the mean of the women's and
the men's means of PMC2899959, table 1; above T9 plausible values. Widths, depths, discs and the arch are plausible
values that grow towards the foot. Good enough to prove a ruler with; never a norm to judge a patient by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

LIVING_ADULT_SCALE = 1.08


@dataclass(frozen=True)
class LevelSize:
    """The average measures of one vertebra and of the disc below it, in mm and degrees."""

    posterior_height_mm: float
    wedge_deg: float  # angle between the endplates, positive when the anterior height is the lower one
    width_mm: float
    depth_mm: float
    disc_height_mm: float  # of the disc below, between the rims, at its centre
    disc_lordosis_deg: float  # of the disc below, positive when it opens forward
    canal_depth_mm: float
    canal_width_mm: float
    pedicle_width_mm: float
    spinous_length_mm: float


def _level(height_mm: float, *rest: float) -> LevelSize:
    return LevelSize(height_mm * LIVING_ADULT_SCALE, *rest)


SIZES: Mapping[str, LevelSize] = MappingProxyType(
    {
        "T1": _level(14.1, 1.0, 27.5, 18.5, 4.5, 0.0, 16.0, 20.0, 8.5, 32.0),
        "T2": _level(15.6, 1.0, 27.0, 19.6, 4.2, 0.0, 15.5, 18.0, 7.5, 30.0),
        "T3": _level(15.7, 1.5, 26.5, 22.0, 4.0, -0.5, 15.5, 17.5, 6.5, 30.0),
        "T4": _level(16.2, 2.5, 26.5, 23.3, 4.0, -0.5, 15.5, 17.0, 6.0, 30.0),
        "T5": _level(16.2, 3.0, 27.0, 24.3, 4.2, -0.5, 15.5, 17.0, 6.0, 32.0),
        "T6": _level(17.4, 3.5, 28.0, 26.0, 4.5, -0.5, 15.5, 17.0, 6.2, 32.0),
        "T7": _level(18.2, 3.5, 29.0, 27.4, 4.8, -0.5, 15.5, 17.0, 6.5, 32.0),
        "T8": _level(18.7, 3.5, 30.0, 27.9, 5.0, -0.5, 15.5, 17.5, 6.8, 31.0),
        "T9": _level(19.3, 3.8, 31.5, 29.3, 5.3, -0.5, 15.8, 17.8, 7.2, 30.0),
        "T10": _level(20.2, 3.2, 33.5, 30.5, 5.8, 0.0, 16.0, 18.2, 7.8, 29.0),
        "T11": _level(21.3, 5.0, 36.5, 31.7, 6.5, 0.0, 16.2, 19.5, 8.6, 27.0),
        "T12": _level(22.7, 4.2, 39.5, 32.6, 7.3, 1.0, 16.8, 21.5, 8.6, 26.0),
        "L1": _level(23.8, 3.35, 42.5, 33.6, 8.3, 4.0, 17.0, 22.5, 8.4, 28.0),
        "L2": _level(23.65, 1.65, 44.5, 34.4, 9.3, 6.0, 16.6, 23.0, 8.9, 30.0),
        "L3": _level(23.4, 0.1, 46.5, 34.9, 10.2, 8.0, 16.2, 23.8, 10.2, 31.0),
        "L4": _level(22.6, -1.9, 48.8, 35.3, 11.0, 11.0, 16.2, 25.2, 12.5, 29.0),
        "L5": _level(20.5, -6.6, 51.5, 35.7, 10.0, 13.0, 15.6, 28.2, 16.0, 23.0),
        # The extra levels of transitional spines resemble their neighbours.
        "T13": _level(23.2, 3.8, 41.0, 33.1, 7.8, 2.0, 16.9, 22.0, 8.5, 27.0),
        "L6": _level(20.0, -6.0, 52.5, 35.5, 9.5, 13.0, 15.6, 29.0, 16.5, 22.0),
    }
)

SACRAL_SLOPE_DEG = 38.0  # supine, plausible; the sacral endplate's tilt towards the front
SACRAL_WIDTH_MM = 51.0
SACRAL_DEPTH_MM = 33.0
SACRAL_ANTERIOR_HEIGHT_MM = 30.0
SACRAL_POSTERIOR_HEIGHT_MM = 25.0
SACRAL_CANAL_DEPTH_MM = 14.0
SACRAL_CANAL_WIDTH_MM = 30.0
