"""Healthy walls differ, and none of the differences is damage."""

from __future__ import annotations

import numpy as np
import pytest

from vfa.model.frame import Grid
from vfa.phantom.anatomy import PhantomVertebra, SpineRecipe, build_spine
from vfa.phantom.features import Feature
from vfa.phantom.inclusions import WallGap
from vfa.phantom.materials import Tissue
from vfa.phantom.painting import paint_labels
from vfa.phantom.tissues import body_parts
from vfa.phantom.true_wall import wall_gaps
from vfa.phantom.wall_variants import EpiduralLayer, PosteriorCortex, VeinOpening


def l3(*features: Feature) -> PhantomVertebra:
    return build_spine(SpineRecipe(levels=("L3",), features={"L3": features})).vertebrae[0]


def tissue_behind(vertebra: PhantomVertebra, left_mm: float, tissue: Tissue) -> float:
    """Millimetres of a tissue on a line through the wall at the middle of the height."""
    step = 0.02
    start = vertebra.construction.lps_of((left_mm, -vertebra.depth_mm / 2 - 3, 3.0))
    grid = Grid.from_axes((1, 400, 1), (step, step, step), start, vertebra.construction.axes)
    labels = np.zeros(grid.shape, dtype=np.uint8)
    paint_labels(labels, body_parts(vertebra), grid)
    return float((labels == tissue).sum()) * step


@pytest.mark.parametrize("thickness_mm", [0.3, 0.8])
def test_the_posterior_cortex_is_as_thick_as_it_is_told(thickness_mm: float):
    vertebra = l3(PosteriorCortex(thickness_mm, thinning=0.0))
    assert tissue_behind(vertebra, 9.0, Tissue.BODY_CORTEX) == pytest.approx(thickness_mm, abs=0.08)


def test_thin_cortex_wide_and_double_veins_are_no_gap_and_hide_none():
    healthy = (PosteriorCortex(0.25, 0.5), VeinOpening(width_mm=11.0, height_mm=6.0), EpiduralLayer(1.2, "contrast"))
    assert wall_gaps(l3(*healthy)) == ()
    (gap,) = wall_gaps(l3(*healthy, WallGap(5.0, 4.0, left_fraction=0.26, height_fraction=0.75)))
    assert gap.area_mm2 == pytest.approx(20.0, abs=3.0)


def test_a_double_vein_leaves_bone_in_the_midline():
    vertebra = l3(VeinOpening(width_mm=4.0, height_mm=4.0, apart_mm=8.0, height_fraction=0.5))
    in_the_midline = tissue_behind(vertebra, 0.0, Tissue.BODY_CORTEX)
    assert in_the_midline > 0.3


@pytest.mark.parametrize(("what", "value"), [("thickness_mm", 0.0), ("thinning", 1.0)])
def test_an_impossible_cortex_is_refused(what: str, value: float):
    with pytest.raises(ValueError, match=what):
        PosteriorCortex(**{what: value})
