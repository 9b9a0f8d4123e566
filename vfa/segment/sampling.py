"""Are the slices fine enough for a body's heights to be measured at all?"""

from __future__ import annotations

import numpy as np

from vfa.model.frame import FloatArray, Grid

# Along the column: the endplates of a body 15 mm high are then still three slices apart. From front to back: the bands
# in which the heights are taken are 4–5 mm deep. Across: the middle third is about 15 mm wide.
COARSEST_MM = {"along the column": 5.5, "from front to back": 6.0, "from left to right": 12.0}
TOO_COARSE = "the images are sampled only every {step:.0f} mm {way}; heights need {most:g} mm or less"


def too_coarse(image: Grid, cranial: FloatArray, back: FloatArray) -> str:
    """Why the image is too coarse for heights to be measured in a body; empty when it is not.

    Args:
        image: the image's lattice.
        cranial: (3,) unit vector along the column, LPS.
        back: (3,) unit vector from the body towards its canal.
    """
    for way, axis in zip(COARSEST_MM, (cranial, back, np.cross(back, cranial)), strict=True):
        step_mm = float(np.abs(image.axes.T @ axis) @ np.asarray(image.spacing_mm))
        if step_mm > COARSEST_MM[way]:
            return TOO_COARSE.format(step=step_mm, way=way, most=COARSEST_MM[way])
    return ""
