"""The open area between two pedicles is that of the phantom's truth."""

from __future__ import annotations

import pytest

from benchmarks.phantom_cases import grid_around, true_spine
from vfa.measure import measure_spine
from vfa.model.estimate import Estimate
from vfa.model.posterior_wall import Presence
from vfa.phantom.anatomy import SpineRecipe, build_spine
from vfa.phantom.foramina import true_foramina
from vfa.phantom.inclusions import ForaminalNarrowing
from vfa.phantom.render_ct import CtScanner, render_ct


@pytest.mark.slow
def test_a_foramen_narrowed_by_more_than_half_is_found_and_the_areas_of_open_ones_are_true():
    features = {"L3": (ForaminalNarrowing("left", 0.65),)}
    spine = build_spine(SpineRecipe(seed=60901, levels=("L2", "L3", "L4", "L5"), features=features))
    grid = grid_around(spine, (0.8, 0.8, 1.2), behind_mm=34.0)
    volume = render_ct(spine, grid, CtScanner(slice_thickness_mm=1.2, seed=60901))
    found = {one.level: one.findings["foraminal_stenosis"] for one in measure_spine(true_spine(spine, grid), volume)}
    assert [found[level].presence for level in ("L3", "L4")] == [Presence.PRESENT] * 2
    assert "between L3 and L4 on the left" in found["L3"].because
    for (level, side), true in true_foramina(spine).items():
        read = found[level].measures[f"open_area_{side}"]
        assert isinstance(read, Estimate)
        if true.narrowing_fraction == 0:
            assert read.value == pytest.approx(true.open_mm2, abs=3 * read.sigma)
        else:  # its narrower sections, while the truth is that of the pedicle's middle
            assert read.value < true.open_mm2 + 3 * read.sigma
