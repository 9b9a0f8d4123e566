"""Three levels with something the matter in the middle one, and a lattice square to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from vfa.model.frame import FloatArray, Grid
from vfa.phantom.anatomy import PhantomSpine, Pose, SpineRecipe
from vfa.phantom.features import Feature
from vfa.phantom.render_ct import CtScanner, render_ct

QUIET = CtScanner(noise_hu=0.0, texture_hu=0.0, slice_thickness_mm=0.7)


def recipe(*features: Feature, **changes: Any) -> SpineRecipe:
    return SpineRecipe(
        **{"levels": ("L1", "L2", "L3"), "features": {"L2": features}, "pose": Pose((6.0, 4.0, -8.0)), **changes}
    )


def around(
    spine: PhantomSpine, level: str, half_mm: tuple[int, int, int] = (26, 26, 17), spacing_mm: float = 0.7
) -> Grid:
    """A lattice square to a body that holds it and the canal."""
    frame = spine[level].construction
    shape = tuple(round(2 * half / spacing_mm) for half in half_mm)
    first = frame.lps_of((-half_mm[0], -half_mm[1] - 8, -half_mm[2]))
    return Grid.from_axes(shape, (spacing_mm,) * 3, first, frame.axes)


def image_of(spine: PhantomSpine, scanner: CtScanner = QUIET) -> tuple[FloatArray, Grid]:
    grid = around(spine, "L2")
    return render_ct(spine, grid, scanner).voxels.astype(np.float64), grid
