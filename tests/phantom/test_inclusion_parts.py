import numpy as np
import pytest

from tests.phantom.one_level import around, image_of, recipe
from vfa.model.frame import Grid
from vfa.phantom.anatomy import SpineRecipe, build_spine
from vfa.phantom.fractures import Burst
from vfa.phantom.inclusions import Cement, Cleft, Spot, WallGap
from vfa.phantom.render_ct import CtScanner, render_ct
from vfa.phantom.shape_changes import Bulge, Comminution
from vfa.phantom.truth import body_labels, true_vertebra


def test_a_gap_is_dark_on_ct_where_the_truth_says_and_the_wall_beside_it_is_bright():
    spine = build_spine(recipe(WallGap(5.0, 6.0, left_fraction=0.3, height_fraction=0.45)))
    image, grid = image_of(spine)
    (gap,) = true_vertebra(spine["L2"]).wall.gaps
    here = np.rint(grid.ijk_of(gap.centre_lps)).astype(int)
    mirrored = spine["L2"].construction.body_of(gap.centre_lps) * [-1, 1, 1]
    there = np.rint(grid.ijk_of(spine["L2"].construction.lps_of(mirrored))).astype(int)
    peaks = [image[i, j - 3 : j + 4, k].max() for i, j, k in (here, there)]
    assert peaks[0] < 150
    assert peaks[1] > 300


def test_what_is_put_into_a_wall_leaves_the_body_s_mask_as_it_was():
    plain, opened = build_spine(recipe()), build_spine(recipe(WallGap(5.0, 6.0, 0.3)))
    grid = around(plain, "L2")
    assert (body_labels(plain, grid) == body_labels(opened, grid)).all()


def test_a_bulge_takes_the_place_of_the_canal_s_fat():
    spine = build_spine(recipe(Bulge(4.0)))
    grid = around(spine, "L2")
    grown = (body_labels(spine, grid) > 0).sum() - (body_labels(build_spine(recipe()), grid) > 0).sum()
    # The crown ((1 − u²)² across, parabola up) holds 8/15 · 2/3 of its box: 4 × 0.7 · 44.5 × 26.2 mm.
    assert grown * grid.voxel_volume_mm3 == pytest.approx(8 / 15 * 2 / 3 * 4 * 0.7 * 44.5 * 25.0, rel=0.12)


def test_two_bulges_at_one_level_are_refused():
    with pytest.raises(ValueError, match="one Bulge"):
        build_spine(recipe(Bulge(2.0), Bulge(3.0)))


def test_a_feature_at_a_level_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="features: T4"):
        SpineRecipe(features={"T4": (Bulge(2.0),)})


def test_thick_slices_of_a_damaged_level_are_the_means_of_thin_ones():
    features = (WallGap(4.0, 6.0, 0.3), Comminution(0.6, 4), Cleft(height_mm=3.0), Cement(1500.0, spot=Spot(0.3)))
    spine = build_spine(recipe(*features, fractures={"L2": Burst(7.0, 4.0)}))
    thin_grid = around(spine, "L2", (24, 24, 12), 0.75)
    thick_grid = Grid.from_axes(
        (*thin_grid.shape[:2], thin_grid.shape[2] // 4),
        (0.75, 0.75, 3.0),
        thin_grid.lps_of((0, 0, 1.5)),
        thin_grid.axes,
    )
    quiet = {"noise_hu": 0.0, "texture_hu": 0.0}
    thin = render_ct(spine, thin_grid, CtScanner(slice_thickness_mm=0.75, **quiet)).voxels.astype(float)
    thick = render_ct(spine, thick_grid, CtScanner(slice_thickness_mm=3.0, **quiet)).voxels
    means = thin.reshape(*thick.shape, 4).mean(axis=3)
    assert np.percentile(np.abs(thick - means), 99) < 12
    assert abs(float((thick - means).mean())) < 0.5
