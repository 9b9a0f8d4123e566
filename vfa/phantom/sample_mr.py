"""What does MR show of the sample's spine? A T1 and a STIR series beside its CT, with oedema in the fresh fractures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from vfa.model.frame import Grid
from vfa.model.volume import Modality
from vfa.phantom.anatomy import PhantomSpine, build_spine
from vfa.phantom.inclusions import Oedema
from vfa.phantom.recipe import SpineRecipe
from vfa.phantom.render_mr import MrScanner, render_mr
from vfa.phantom.write_dicom import StudyHeader, write_series

WEIGHTINGS = (Modality.T1, Modality.STIR)
FIRST_SERIES_NUMBER = 3  # after the CT
PIXEL_MM, SLICES, SLICE_SPACING_MM, SLICE_THICKNESS_MM = 1.4, 9, 4.4, 4.0
BEFORE_MM, BEHIND_MM, BEYOND_MM = 55.0, 85.0, 25.0  # what the slices show round the column's centres
SAGITTAL = np.array([[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])  # columns: to the back, to the feet, right
NOISE = 0.009


def with_oedema(recipe: SpineRecipe) -> SpineRecipe:
    """The same spine with watery marrow in every fractured body, which only MR sees."""
    features = {level: (*recipe.features.get(level, ()), Oedema(0.6)) for level in recipe.fractures}
    return replace(recipe, features={**recipe.features, **features})


def write_sample_mr(recipe: SpineRecipe, folder: Path, header: StudyHeader) -> None:
    """Write T1 and STIR into folders of those names, as series of the CT's study and in its frame of reference.

    Args:
        recipe: the spine, without oedema.
        folder: made when absent.
        header: of the CT.
    """
    spine = build_spine(with_oedema(recipe))
    grid = mr_grid(spine)
    for number, weighting in enumerate(WEIGHTINGS, start=FIRST_SERIES_NUMBER):
        scanner = MrScanner(weighting, SLICE_THICKNESS_MM, noise=NOISE, seed=number)
        series = replace(header, series_number=number, series_description=f"Spine {weighting.value} sagittal")
        write_series(render_mr(spine, grid, scanner), folder / weighting.value.lower(), series, "jpeg-ls")


def mr_grid(spine: PhantomSpine) -> Grid:
    """Sagittal slices across the middle of the bodies, from above the first to below the sacrum's first."""
    centres = np.stack([segment.construction.centre_lps for segment in spine.segments])
    low, high = centres.min(axis=0), centres.max(axis=0)
    size = np.array([high[1] - low[1] + BEFORE_MM + BEHIND_MM, high[2] - low[2] + 2 * BEYOND_MM])
    columns, rows = (int(np.ceil(length / PIXEL_MM)) for length in size)
    left = (low[0] + high[0]) / 2 + SLICE_SPACING_MM * (SLICES - 1) / 2
    origin = np.round([left, low[1] - BEFORE_MM, high[2] + BEYOND_MM], 2)
    return Grid.from_axes((columns, rows, SLICES), (PIXEL_MM, PIXEL_MM, SLICE_SPACING_MM), origin, SAGITTAL)
