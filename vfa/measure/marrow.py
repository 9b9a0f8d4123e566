"""How dense is the trabecular bone of an intact body?

The mean attenuation well inside the body, clear of cortex, endplates and the basivertebral vein. A fractured body's
trabeculae are packed together, so its attenuation says nothing about bone quality: only intact bodies are measured.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from vfa.model.estimate import Estimate, Measured, Unmeasurable, Why
from vfa.model.frame import BodyFrame
from vfa.model.morphometry import FractureStatus, HeightMap
from vfa.model.volume import Volume

CLEAR_OF_WALL_MM = 5.0  # columns this near the outline run along cortex
HEIGHT_RANGE = (0.25, 0.75)  # between the endplates
FRONT_SHARE = 0.60  # of the depth; behind it runs the basivertebral vein
FEWEST_PLACES = 60
SAMPLES = 12
SYSTEMATIC_HU = 4.0  # scanner calibration and where the region lies; contrast medium and tube voltage come on top


def marrow_mean_hu(
    level: str, volume: Volume, frame: BodyFrame, surfaces: HeightMap, fracture: FractureStatus | Unmeasurable
) -> Measured:
    """Mean HU of one body's trabecular bone; Unmeasurable unless the body is intact and the image a CT."""
    quantity = "marrow attenuation"
    if not volume.modality.is_ct:
        return Unmeasurable(level, quantity, Why.MODALITY_INSUFFICIENT, "attenuation is a property of CT images")
    if isinstance(fracture, Unmeasurable):
        detail = "whether the body is intact is not known, and a fractured body's marrow is packed together"
        return Unmeasurable(level, quantity, fracture.reason, detail)
    if fracture is not FractureStatus.ABSENT:
        detail = "the body is or may be fractured, which packs its trabeculae together"
        return Unmeasurable(level, quantity, Why.QUALITY_FAILED, detail)
    values = _inside(volume, frame, surfaces)
    if values.size < FEWEST_PLACES:
        return Unmeasurable(level, quantity, Why.QUALITY_FAILED, "the body leaves no room clear of its cortex")
    low, high = np.quantile(values, (0.02, 0.98))
    kept = values[(values >= low) & (values <= high)]
    sigma = float(np.hypot(SYSTEMATIC_HU, kept.std() / np.sqrt(max(kept.size / 30, 1))))  # neighbours share noise
    return Estimate(float(kept.mean()), sigma, "HU", "mean clear of cortex, in front of the vein")


def _inside(volume: Volume, frame: BodyFrame, surfaces: HeightMap) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Values of the image at places well inside the body, shape (N,)."""
    footprint = np.isfinite(surfaces.height_mm)
    clear = ndimage.distance_transform_edt(np.pad(footprint, 1))[1:-1, 1:-1] > CLEAR_OF_WALL_MM
    clear &= ~surfaces.upper_pits & ~surfaces.lower_pits
    columns = np.nonzero(footprint.any(axis=0))[0]
    if not columns.size or not clear.any():
        return np.zeros(0)
    back, front = surfaces.anterior_mm[columns[0]], surfaces.anterior_mm[columns[-1]]
    clear &= (surfaces.anterior_mm >= front - FRONT_SHARE * (front - back))[None, :]
    rows, depths = np.nonzero(clear)
    share = np.linspace(*HEIGHT_RANGE, SAMPLES)
    lower, upper = surfaces.lower_mm[rows, depths], surfaces.upper_mm[rows, depths]
    cranial = lower[:, None] + share * (upper - lower)[:, None]
    left = np.broadcast_to(surfaces.left_mm[rows][:, None], cranial.shape)
    anterior = np.broadcast_to(surfaces.anterior_mm[depths][:, None], cranial.shape)
    ijk = volume.grid.ijk_of(frame.lps_of(np.stack([left, anterior, cranial], axis=-1))).reshape(-1, 3)
    return np.asarray(ndimage.map_coordinates(volume.voxels, ijk.T, order=1, mode="nearest", output=np.float64))
