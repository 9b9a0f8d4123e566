import numpy as np
import pytest

from vfa.model.frame import Grid
from vfa.model.volume import Modality
from vfa.phantom.anatomy import SpineRecipe, build_spine
from vfa.phantom.fractures import Wedge
from vfa.phantom.inclusions import Cement, Cleft, Oedema
from vfa.phantom.materials import Tissue
from vfa.phantom.mr_signal import POOLS, SEQUENCES, signals
from vfa.phantom.render_mr import FULL_SIGNAL, MrScanner, render_mr
from vfa.phantom.tissues import tissues
from vfa.phantom.truth import body_labels
from vfa.phantom.write_dicom import StudyHeader, write_series

SAGITTAL = np.stack([[0, 1, 0], [0, 0, -1], [-1, 0, 0]], axis=1).astype(float)  # i back, j to the feet, k to the right
BODY = {"noise": 0.0, "bias": 0.0, "contrast_spread": 0.0, "texture": 0.0, "fat_shift_mm": 0.0}


def clean(weighting=Modality.T2, **changes):
    return MrScanner(**{"weighting": weighting, **BODY, **changes})


def sagittal(spine, level="L2", spacing=(0.8, 0.8, 4.0), size=(90, 90, 5)):
    centre = spine[level].construction.centre_lps + np.array([0.0, 10.0, 0.0])
    first = centre - SAGITTAL @ (np.array(spacing) * (np.array(size) - 1) / 2)
    return Grid.from_axes(size, spacing, first, SAGITTAL)


@pytest.fixture(scope="module")
def spine():
    features = {"L1": (Oedema(1.0),), "L2": (Cleft(24.0, 18.0, 7.0, filling="fluid"),), "L3": (Cement(5000.0),)}
    return build_spine(SpineRecipe(levels=("T12", "L1", "L2", "L3", "L4"), features=features))


def mean_of(spine, weighting, level, tissue):
    """The mean of those voxels whose surroundings are all of one tissue."""
    grid = sagittal(spine, level, (0.8, 0.8, 1.5), (90, 90, 7))
    labels = tissues(spine, grid)
    whole = labels == tissue
    for axis in range(3):
        for by in (-2, -1, 1, 2):
            whole = whole & (np.roll(labels, by, axis) == tissue)
    assert whole.sum() > 10
    scanner = clean(weighting, slice_thickness_mm=1.5)
    return render_mr(spine, grid, scanner).voxels[whole].mean() / FULL_SIGNAL


def test_csf_is_dark_on_t1_and_bright_on_t2_and_stir(spine):
    disc = {w: mean_of(spine, w, "L4", Tissue.DISC_NUCLEUS) for w in (Modality.T1, Modality.T2, Modality.STIR)}
    csf = {w: mean_of(spine, w, "L4", Tissue.CANAL) for w in disc}
    assert csf[Modality.T1] < 0.6 * disc[Modality.T1]
    assert csf[Modality.T2] > 1.5 * disc[Modality.T2]
    assert csf[Modality.STIR] > 1.5 * disc[Modality.STIR]


def test_oedema_is_darker_than_marrow_on_t1_and_much_brighter_on_stir(spine):
    ratio = {
        w: mean_of(spine, w, "L1", Tissue.OEDEMA) / mean_of(spine, w, "T12", Tissue.BODY_MARROW)
        for w in (Modality.T1, Modality.STIR)
    }
    assert ratio[Modality.T1] < 0.75
    assert ratio[Modality.STIR] > 2.0


def test_a_fluid_cleft_is_as_bright_as_csf_on_stir_and_cement_is_void(spine):
    fluid = mean_of(spine, Modality.STIR, "L2", Tissue.FLUID)
    assert fluid > 0.5 * mean_of(spine, Modality.STIR, "L4", Tissue.CANAL)
    for weighting in (Modality.T1, Modality.T2):
        assert mean_of(spine, weighting, "L3", Tissue.CEMENT) < 0.02


def test_fat_is_nulled_by_stir_and_bright_on_t1():
    fat = {w: signals(SEQUENCES[w], "fat", 0.0, 0)[Tissue.FAT] for w in SEQUENCES}
    assert fat[Modality.STIR] < 0.05
    assert fat[Modality.T1] > 0.7
    assert fat[Modality.T2] > 0.3


def test_a_spin_echo_s_signal_is_that_of_its_equation():
    # (1 − e^(−TR/T1)) e^(−TE/T2) with TR = T1 ln 2 and TE = T2 ln 2 is a quarter.
    sequence = SEQUENCES[Modality.T2]
    assert sequence.signal(3500.0 / np.log(2), 100.0 / np.log(2)) == pytest.approx(0.25)
    # Inversion at T1 ln 2 nulls, but for the share that TR leaves.
    stir = SEQUENCES[Modality.STIR]
    assert stir.signal(160.0 / np.log(2), 1e9) == pytest.approx(0.0, abs=1e-6)


def test_every_tissue_has_a_signal():
    assert set(POOLS) == set(Tissue)


def test_cortex_and_endplates_are_dark_lines_between_marrow_and_fat(spine):
    grid = sagittal(spine, "L4", (0.4, 0.4, 1.0), (200, 60, 3))
    image = render_mr(spine, grid, clean(Modality.T1, slice_thickness_mm=1.0, in_plane_blur_mm=0.2)).voxels
    front = spine["L4"].construction.lps_of((0.0, spine["L4"].depth_mm / 2, 0.0))
    i, j, k = np.rint(grid.ijk_of(front)).astype(int)
    row = image[i - 12 : i + 25, j, k].astype(float)
    assert row.min() < 0.5 * min(row[:4].mean(), row[-4:].mean())


def test_fat_is_shifted_along_the_frequency_axis_and_water_is_not(spine):
    grid = sagittal(spine, "L4", (1.0, 1.0, 4.0), (80, 80, 3))
    still = render_mr(spine, grid, clean(Modality.T1)).voxels.astype(float)
    moved = render_mr(spine, grid, clean(Modality.T1, fat_shift_mm=2.0, frequency_axis="i")).voxels.astype(float)
    labels = tissues(spine, grid)
    change = np.abs(moved - still)
    assert change.max() > 0.3 * FULL_SIGNAL
    water_only = clean(Modality.T1).signals("fat")[Tissue.CANAL]
    assert water_only == 0
    # What is two voxels from any fat has not changed.
    far = np.isin(labels, (Tissue.CANAL, Tissue.DISC, Tissue.DISC_NUCLEUS))
    for by in (-3, -2, -1, 1, 2, 3):
        for axis in (0, 1):
            far = far & np.isin(np.roll(labels, by, axis), (Tissue.CANAL, Tissue.DISC, Tissue.DISC_NUCLEUS))
    assert far[:, :, 1].sum() > 20
    assert change[:, :, 1][far[:, :, 1]].max() < 0.1 * FULL_SIGNAL


def test_a_thick_slice_is_the_mean_of_the_thin_ones_in_it(spine):
    thick = render_mr(spine, sagittal(spine, "L4", (0.9, 0.9, 4.0), (70, 70, 3)), clean(slice_thickness_mm=4.0))
    thin_grid = sagittal(spine, "L4", (0.9, 0.9, 0.8), (70, 70, 15))
    thin = render_mr(spine, thin_grid, clean(slice_thickness_mm=0.8)).voxels.astype(float)
    means = thin[:, :, 5:10].mean(axis=2)
    difference = np.abs(thick.voxels[:, :, 1] - means)
    assert np.percentile(difference, 95) < 0.02 * FULL_SIGNAL


def test_the_coil_is_uneven_by_no_more_than_its_bias_and_the_noise_as_large_as_asked(spine):
    grid = sagittal(spine, "L4", (1.5, 1.5, 4.0), (60, 60, 5))
    even = render_mr(spine, grid, clean()).voxels.astype(float)
    uneven = render_mr(spine, grid, clean(bias=0.3)).voxels.astype(float)
    ratio = uneven[even > 500] / even[even > 500]
    assert 0.69 < ratio.min() < ratio.max() < 1.31
    assert ratio.max() - ratio.min() > 0.05
    noisy = render_mr(spine, grid, clean(noise=0.02)).voxels.astype(float)
    bright = even > 600  # where a magnitude's noise is normal
    assert (noisy - even)[bright].std() == pytest.approx(0.02 * FULL_SIGNAL, rel=0.1)


def test_equal_seeds_give_equal_images_and_others_another_contrast(spine):
    grid = sagittal(spine, "L4", (1.5, 1.5, 4.0), (50, 50, 4))
    first, again, other = (render_mr(spine, grid, MrScanner(seed=seed)).voxels for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).mean() > 0.5
    usual, unusual = (MrScanner(seed=3, contrast_spread=spread).signals("water") for spread in (0.0, 0.3))
    assert abs(np.log(unusual[Tissue.MUSCLE] / usual[Tissue.MUSCLE])) > 0.02


def test_bodies_are_where_they_are_on_ct(spine):
    grid = sagittal(spine, "T12", (0.8, 0.8, 2.0), (90, 90, 5))
    image = render_mr(spine, grid, clean(Modality.STIR, slice_thickness_mm=2.0)).voxels
    bodies = body_labels(spine, grid) > 0
    oedema = image[bodies & (tissues(spine, grid) == Tissue.OEDEMA)].mean()
    assert oedema > 2 * image[bodies & (tissues(spine, grid) == Tissue.BODY_MARROW)].mean()


def test_an_mr_volume_is_written_as_dicom(tmp_path):
    spine = build_spine(SpineRecipe(levels=("L1", "L2"), fractures={"L1": Wedge(5.0)}))
    volume = render_mr(spine, sagittal(spine, "L1", (1.5, 1.5, 4.0), (40, 40, 4)), MrScanner(Modality.STIR))
    assert volume.modality is Modality.STIR
    assert volume.slice_thickness_mm == 4.0
    assert volume.voxels.dtype == np.int16
    assert len(write_series(volume, tmp_path, StudyHeader(series_number=4), "none")) == 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weighting": Modality.CT}, "weighting"),
        ({"slice_thickness_mm": 0.0}, "slice_thickness_mm"),
        ({"bias": 1.0}, "bias"),
        ({"noise": -0.1}, "noise"),
        ({"fat_shift_mm": 9.0}, "fat_shift_mm"),
    ],
)
def test_an_impossible_scanner_cannot_be_built(changes, message):
    with pytest.raises(ValueError, match=message):
        MrScanner(**changes)


def test_a_background_of_another_size_or_of_strange_tissues_is_refused(spine):
    grid = sagittal(spine, "L4", (2.0, 2.0, 4.0), (20, 20, 3))
    with pytest.raises(ValueError, match="background"):
        render_mr(spine, grid, MrScanner(), np.zeros((5, 5, 5), np.uint8))
    with pytest.raises(ValueError, match="200"):
        render_mr(spine, grid, MrScanner(), np.full(grid.shape, 200, np.uint8))
