import numpy as np
import pytest

from vfa.model.frame import Grid
from vfa.model.volume import Modality
from vfa.phantom.anatomy import Pose, SpineRecipe, build_spine
from vfa.phantom.hounsfield import HU
from vfa.phantom.materials import Tissue
from vfa.phantom.render_ct import CtScanner, render_ct

NUCLEUS_HU = HU[Tissue.DISC_NUCLEUS]
RECIPE = SpineRecipe(levels=("L2", "L3", "L4"), pose=Pose((7.0, -5.0, 11.0)))


def clean(**changes):
    """No noise and no texture, marrow as bright as the nucleus: an endplate is a shell between equals."""
    return CtScanner(**{"noise_hu": 0.0, "texture_hu": 0.0, "trabecular_hu": NUCLEUS_HU, **changes})


def along_the_axis(vertebra, start_mm, spacing, slices, across=9):
    """A lattice square to a body, its middle column at x = 0, y = -1.5 and its first slice at z = start."""
    centre = (across - 1) / 2
    axes = vertebra.construction.axes
    origin = vertebra.construction.lps_of((-centre * spacing[0], -1.5 - centre * spacing[1], start_mm))
    return Grid.from_axes((across, across, slices), spacing, origin, axes)


@pytest.mark.parametrize("spacing", [(0.7, 0.7, 0.25), (1.0, 1.0, 0.5)])
@pytest.mark.parametrize("thickness_mm", [1.0, 1.5, 3.0])
@pytest.mark.parametrize("shift_mm", [0.0, 0.37])
def test_the_endplate_s_shell_has_its_centre_where_the_truth_says(spacing, thickness_mm, shift_mm):
    # Slices overlap (steps are a part of the thickness), so that sums over slices are true integrals.
    spine = build_spine(RECIPE)
    vertebra = spine["L3"]
    surface = float(vertebra.upper_mm(0.0, -1.5))
    step = spacing[2]
    grid = along_the_axis(vertebra, surface - 6.3 + shift_mm, spacing, int(12 / step))
    image = render_ct(spine, grid, clean(slice_thickness_mm=thickness_mm)).voxels
    profile = image[4, 4].astype(float) - NUCLEUS_HU
    z = surface - 6.3 + shift_mm + step * np.arange(len(profile))
    centre = (profile * z).sum() / profile.sum()
    assert centre == pytest.approx(surface - vertebra.shape.endplate_mm / 2, abs=0.05)
    shell_hu_mm = (HU[Tissue.ENDPLATE] - NUCLEUS_HU) * vertebra.shape.endplate_mm
    assert profile.sum() * step == pytest.approx(shell_hu_mm, rel=0.05)


def test_both_endplates_are_as_far_apart_as_the_shape_says():
    spine = build_spine(RECIPE)
    vertebra = spine["L3"]
    upper, lower = float(vertebra.upper_mm(0.0, -1.5)), float(vertebra.lower_mm(0.0, -1.5))
    grid = along_the_axis(vertebra, -20.0, (0.7, 0.7, 0.4), 101)
    profile = render_ct(spine, grid, clean(slice_thickness_mm=0.8)).voxels[4, 4].astype(float) - NUCLEUS_HU
    z = -20.0 + 0.4 * np.arange(101)
    top, bottom = np.abs(z - upper) < 5, np.abs(z - lower) < 5
    centres = [(profile[part] * z[part]).sum() / profile[part].sum() for part in (top, bottom)]
    assert centres[0] - centres[1] == pytest.approx(upper - lower - vertebra.shape.endplate_mm, abs=0.06)


def test_a_thicker_slice_and_a_softer_kernel_blur_more_but_keep_the_mean():
    spine = build_spine(RECIPE)
    grid = along_the_axis(spine["L3"], -18.0, (0.7, 0.7, 1.0), 37, across=60)
    sharp = render_ct(spine, grid, clean(in_plane_blur_mm=0.3)).voxels.astype(float)
    soft = render_ct(spine, grid, clean(in_plane_blur_mm=0.8, slice_thickness_mm=3.0)).voxels.astype(float)
    assert soft.max() < 0.8 * sharp.max()
    assert soft[10:-10, 10:-10, 4:-4].mean() == pytest.approx(sharp[10:-10, 10:-10, 4:-4].mean(), abs=6.0)


def test_marrow_has_the_asked_for_hounsfield_units_and_noise():
    spine = build_spine(RECIPE)
    grid = along_the_axis(spine["L3"], -5.0, (0.7, 0.7, 1.0), 6, across=27)
    core = (slice(2, -2), slice(18, -2), slice(None))  # clear of the vein
    quiet = render_ct(spine, grid, CtScanner(noise_hu=0.0, texture_hu=0.0, trabecular_hu=140.0)).voxels[core]
    assert np.abs(quiet.astype(float) - 140.0).max() <= 1.0
    noisy = render_ct(spine, grid, CtScanner(noise_hu=20.0, texture_hu=0.0, trabecular_hu=140.0)).voxels[core]
    assert noisy.std() == pytest.approx(20.0, rel=0.15)
    textured = render_ct(spine, grid, CtScanner(noise_hu=0.0, texture_hu=25.0, trabecular_hu=140.0)).voxels[core]
    assert 5 < textured.std() < 30


def test_the_image_is_the_same_for_the_same_seed_and_another_for_another():
    spine = build_spine(RECIPE)
    grid = along_the_axis(spine["L3"], -5.0, (0.8, 0.8, 1.0), 8, across=30)
    first, again, other = (render_ct(spine, grid, CtScanner(seed=seed)).voxels for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).mean() > 0.5


def test_a_lattice_cut_in_slabs_has_no_seams():
    spine = build_spine(RECIPE)
    long_grid = along_the_axis(spine["L3"], -20.0, (0.8, 0.8, 1.0), 40, across=40)
    short_grid = long_grid.crop((0, 0, 7), (40, 40, 20))
    scanner = clean(slice_thickness_mm=2.0)
    whole = render_ct(spine, long_grid, scanner).voxels[:, :, 10:24]
    part = render_ct(spine, short_grid, scanner).voxels[:, :, 3:17]
    assert np.abs(whole.astype(int) - part).max() <= 1


def test_the_volume_says_what_it_is():
    spine = build_spine(RECIPE)
    grid = along_the_axis(spine["L3"], -5.0, (0.8, 0.8, 1.0), 4)
    volume = render_ct(spine, grid, CtScanner(slice_thickness_mm=2.0))
    assert volume.voxels.dtype == np.int16
    assert volume.modality is Modality.CT
    assert volume.slice_thickness_mm == 2.0
    assert volume.grid is grid


def test_soft_tissue_alone_is_imaged_where_no_bone_is():
    spine = build_spine(RECIPE)
    air = Grid.from_axes((6, 6, 6), (1.0, 1.0, 1.0), (700.0, 0.0, 0.0))
    assert (render_ct(spine, air, CtScanner(noise_hu=0.0)).voxels == -1000).all()


def test_an_impossible_scanner_or_background_is_refused():
    with pytest.raises(ValueError, match="slice_thickness_mm"):
        CtScanner(slice_thickness_mm=0.0)
    with pytest.raises(ValueError, match="noise_hu"):
        CtScanner(noise_hu=-1.0)
    grid = Grid.from_axes((6, 6, 6), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    with pytest.raises(ValueError, match="background"):
        render_ct(build_spine(RECIPE), grid, CtScanner(), np.zeros((5, 6, 6), np.uint8))
    with pytest.raises(ValueError, match="200"):
        render_ct(build_spine(RECIPE), grid, CtScanner(), np.full(grid.shape, 200, np.uint8))
