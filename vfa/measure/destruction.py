"""How much of the body has soft tissue taken (lysis)?

Smoothed over a few millimetres, lysed bone reads like muscle or tumour, and trabecular bone reads higher by what the
patient's intact bodies show. Where bone is so thin that the two lie close together, lysis cannot be told from it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.measure.body_interior import CELL_MM3, BodyInterior
from vfa.model.estimate import Estimate, Measured
from vfa.model.posterior_wall import Finding, Presence
from vfa.model.volume import Volume

SOFT_TISSUE_HU = 50.0  # tumour and muscle: usually 20–100
LEAST_CONTRAST_HU = 35.0  # between trabecular bone and soft tissue
SMOOTH_MM = 1.5
LEAST_PIECE_MM3 = 400.0  # the basivertebral vein and its funnel take up to 300
GAS_HU = -150.0
DESTROYED_FRACTION = 0.10
SOUND_FRACTION = 0.05
IN_FRAGMENTS_FRACTION = 0.25  # blood between fragments takes up to this much
DARK_SHARE = 0.4  # of the way from soft tissue to sound bone: the mean of a lysed piece lies below
SHELL_ABOVE_HU = 130.0  # cells so much brighter than sound bone are cortex and would hide lysis beside them
OWN_QUANTILE = 0.65  # of a body's own cells: sound bone, in a body of which up to a half may be lysed
CLEAR_OF_SHELL_MM = 3.0
FLOOR_FRACTION, SHARE_OF_IT = 0.02, 0.12  # standard uncertainty of the lytic fraction; checked on the phantom
THICKEST_SLICE_MM = 3.0


def find_destruction(interior: BodyInterior, volume: Volume, intact_hu: Measured, fragments: Presence) -> Finding:
    """The lytic fraction of one body.

    Args:
        interior: the body.
        volume: the image it was taken from.
        intact_hu: trabecular attenuation of the patient's intact bodies; without any, the body's own brighter part.
        fragments: whether the body is in pieces, between which blood is as dark as lysis.
    """
    name = "destruction"
    if not volume.modality.is_ct:
        return Finding(name, Presence.NOT_ASSESSABLE, "Bone destruction is not measured on MR.")
    if volume.slice_spacing_mm > THICKEST_SLICE_MM:
        because = f"Slices of {volume.slice_spacing_mm:g} mm are too thick to measure bone destruction."
        return Finding(name, Presence.NOT_ASSESSABLE, because)
    sound_hu = intact_hu.value if isinstance(intact_hu, Estimate) else _own_hu(interior)
    if sound_hu - SOFT_TISSUE_HU < LEAST_CONTRAST_HU:
        because = f"Bone of {sound_hu:.0f} HU is too thin to be told from soft tissue."
        return Finding(name, Presence.NOT_ASSESSABLE, because)
    fraction = float(lytic_cells(interior, sound_hu).sum() / max(int(interior.inside.sum()), 1))
    sigma = float(np.hypot(FLOOR_FRACTION, SHARE_OF_IT * fraction))
    measures: dict[str, Measured] = {
        "lytic_fraction": Estimate(fraction, sigma, "fraction", "cells as dark as soft tissue", 0.0)
    }
    words = f"soft tissue takes {100 * fraction:.0f} % of the body"
    if fraction <= SOUND_FRACTION:
        return Finding(name, Presence.ABSENT, f"Trabecular bone fills the body; {words}.", measures)
    if fraction < DESTROYED_FRACTION or (fragments is not Presence.ABSENT and fraction < IN_FRAGMENTS_FRACTION):
        dark = f"{100 * fraction:.0f} % of the body is as dark as soft tissue"
        because = f"{dark}; whether that is destruction or blood in a fracture a reader must say."
        return Finding(name, Presence.NOT_ASSESSABLE, because, measures)
    return Finding(name, Presence.PRESENT, f"Bone is lacking: {words}.", measures)


def lytic_cells(interior: BodyInterior, sound_hu: float) -> NDArray[np.bool_]:
    """(L, A, K) cells that read like soft tissue, in pieces too large for the basivertebral vein."""
    read = interior.inside & (interior.values > GAS_HU) & (interior.values < sound_hu + SHELL_ABOVE_HU)
    smooth = _smoothed(interior.values, read)
    dark = read & (smooth < (sound_hu + SOFT_TISSUE_HU) / 2)
    core = ndimage.binary_opening(dark, iterations=2)  # fracture lines and the vein's branches are thinner
    dark &= ndimage.binary_dilation(core, iterations=3)
    pieces, count = ndimage.label(dark)
    if not count:
        return np.asarray(dark)
    numbers = np.arange(count + 1)
    sizes = np.bincount(pieces.ravel(), minlength=count + 1) * CELL_MM3
    means = ndimage.mean(smooth, pieces, numbers)
    lysed = (sizes >= LEAST_PIECE_MM3) & (means < SOFT_TISSUE_HU + DARK_SHARE * (sound_hu - SOFT_TISSUE_HU))
    lysed[0] = False
    return np.asarray(lysed[pieces])


def _own_hu(interior: BodyInterior) -> float:
    """The attenuation of a body's own brighter part."""
    deep = interior.depth_mm > CLEAR_OF_SHELL_MM
    if not deep.any():
        return SOFT_TISSUE_HU
    return float(np.quantile(_smoothed(interior.values, interior.inside)[deep], OWN_QUANTILE))


def _smoothed(values: NDArray[np.float32], where: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(L, A, K) means over a few millimetres of the cells that count."""
    weight = where.astype(np.float32)
    summed = ndimage.gaussian_filter(values * weight, SMOOTH_MM)
    return np.asarray(summed / np.maximum(ndimage.gaussian_filter(weight, SMOOTH_MM), 1e-3))
