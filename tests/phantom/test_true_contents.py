import numpy as np
import pytest

from tests.phantom.flat_bodies import flat_body, vertebra_of
from tests.phantom.one_level import QUIET, around, image_of, recipe
from vfa.model.frame import Grid
from vfa.phantom.anatomy import Pose, SpineRecipe, build_spine
from vfa.phantom.fractures import Wedge
from vfa.phantom.inclusions import (
    Cement,
    Cleft,
    LyticLesion,
    Oedema,
    PedicleScrews,
    Spot,
    VacuumDisc,
)
from vfa.phantom.materials import Tissue
from vfa.phantom.render_ct import render_ct
from vfa.phantom.tissues import tissues
from vfa.phantom.true_contents import TrueContents, contents_of
from vfa.phantom.truth import body_labels, body_volume_mm3, true_vertebra


def test_a_plain_body_holds_nothing_else():
    assert contents_of(vertebra_of(flat_body())) == TrueContents()


def test_a_cleft_has_the_volume_of_its_ellipsoid_and_is_gas_on_ct():
    spine = build_spine(recipe(Cleft(20.0, 12.0, 4.0)))
    contents = contents_of(spine["L2"])
    assert contents.cleft_mm3 == pytest.approx(np.pi / 6 * 20 * 12 * 4, rel=0.03)
    assert contents.cleft_filling == "gas"
    image, grid = image_of(spine)
    bodies = body_labels(spine, grid) > 0
    gas = image < -400  # half-way from marrow to gas
    assert (gas & bodies).sum() * grid.voxel_volume_mm3 == pytest.approx(contents.cleft_mm3, rel=0.15)


def test_a_cleft_full_of_fluid_shows_no_gas():
    image, _ = image_of(build_spine(recipe(Cleft(filling="fluid"))))
    assert image[10:-10, 10:-10].min() > -250  # fat and disc are the darkest


def test_a_vacuum_disc_puts_gas_into_the_disc_and_none_into_the_body():
    spine = build_spine(recipe(VacuumDisc(3.0)))
    grid = around(spine, "L2")
    gas = tissues(spine, grid) == Tissue.GAS
    assert gas.sum() * grid.voxel_volume_mm3 > 100
    assert not (gas & (body_labels(spine, grid) > 0)).any()
    assert contents_of(spine["L2"]).cleft_mm3 == 0
    heights = spine["L2"].construction.body_of(grid.lps_of(np.argwhere(gas)))[:, 2]
    assert heights.max() < -spine["L2"].shape.posterior_height_mm / 2 + 2.5  # below the level that names it


@pytest.mark.parametrize("volume_mm3", [1500.0, 4500.0])
def test_cement_fills_its_volume_as_bright_as_given_and_keeps_clear_of_the_shell(volume_mm3):
    spine = build_spine(recipe(Cement(volume_mm3, hu=2100.0, seed=2)))
    image, grid = image_of(spine)
    cement = image > (2100 + 120) / 2
    assert cement.sum() * grid.voxel_volume_mm3 == pytest.approx(volume_mm3, rel=0.05)
    assert contents_of(spine["L2"]).cement_mm3 == pytest.approx(volume_mm3, rel=0.02)
    assert contents_of(spine["L2"]).treated == "cement"
    assert np.percentile(image[cement], 90) == pytest.approx(2100, abs=5)
    depth = spine["L2"].distance_mm(grid.lps_of(np.argwhere(cement)))
    assert depth.max() < -0.9


def test_screws_run_through_the_pedicles_brighter_than_bone_and_throw_streaks():
    spine = build_spine(recipe(PedicleScrews()))
    vertebra = spine["L2"]
    image, grid = image_of(spine)
    plain, _ = image_of(build_spine(recipe()))
    metal = grid.lps_of(np.argwhere(image > 3000))
    places = vertebra.construction.body_of(metal)
    assert {-1.0, 1.0} == set(np.sign(places[:, 0]))
    at_wall = np.abs(places[:, 1] + vertebra.depth_mm / 2) < 1
    pedicle = vertebra.arch.canal_width_mm / 2 + vertebra.arch.pedicle_width_mm / 2
    assert np.abs(places[at_wall, 0]).mean() == pytest.approx(pedicle, abs=2.5)
    height = np.rint(grid.ijk_of(vertebra.construction.lps_of((0, 0, 0.24 * 26)))).astype(int)[2]
    change = (image - plain)[:, :, height][image[:, :, height] < 1000]
    assert change.min() < -100
    assert change.max() > 100
    assert (image[:, :, 3] == plain[:, :, 3]).all()  # a slice without metal has none
    assert contents_of(vertebra).screws == 2
    assert contents_of(vertebra).treated == "implant"


def test_one_screw_stands_on_its_side():
    spine = build_spine(recipe(PedicleScrews(("left",))))
    grid = around(spine, "L2")
    metal = grid.lps_of(np.argwhere(tissues(spine, grid) == Tissue.METAL))
    assert spine["L2"].construction.body_of(metal)[:, 0].min() > 0


def test_streaks_lie_in_the_scanner_s_planes_on_a_sagittal_lattice_too():
    spine, plain = build_spine(recipe(PedicleScrews(), pose=Pose())), build_spine(recipe(pose=Pose()))
    axes = np.stack([[0, 1, 0], [0, 0, -1], [-1, 0, 0]], axis=1)  # i back, j to the feet, k to the right
    first = spine["L2"].construction.centre_lps + np.array([18, -25, 25])
    grid = Grid.from_axes((60, 60, 30), (1.0, 0.8, 1.2), first, axes)
    change = render_ct(spine, grid, QUIET).voxels.astype(float) - render_ct(plain, grid, QUIET).voxels
    streaked = np.abs(change).max(axis=(0, 2)) > 20
    heights = grid.lps_of([[0, j, 0] for j in np.flatnonzero(streaked)])[:, 2]
    assert heights.max() - heights.min() < 24  # screws and heads 6–12 mm thick, a tilt of some degrees
    assert 5 < streaked.sum() < 40


@pytest.mark.parametrize("fraction", [0.05, 0.25, 0.6])
def test_a_lesion_takes_its_share_of_the_body(fraction):
    spine = build_spine(recipe(LyticLesion(fraction, Spot(0.3, 0.5, 0.5), seed=4)))
    grid = around(spine, "L2")
    lesion = (tissues(spine, grid) == Tissue.TUMOUR) & (body_labels(spine, grid) > 0)
    counted = lesion.sum() * grid.voxel_volume_mm3 / body_volume_mm3(spine["L2"])
    assert counted == pytest.approx(fraction, abs=0.01)
    assert contents_of(spine["L2"]).lytic_fraction == pytest.approx(fraction, abs=0.01)


def test_a_lesion_at_the_back_destroys_the_wall_and_one_amid_the_body_does_not():
    behind = build_spine(recipe(LyticLesion(0.15, Spot(0.3, 0.9, 0.5))))["L2"]
    amid = build_spine(recipe(LyticLesion(0.05, Spot(0.0, 0.35, 0.5))))["L2"]
    assert true_vertebra(behind).wall.status == "breached"
    assert true_vertebra(behind).wall.gaps[0].area_mm2 > 30
    assert true_vertebra(amid).wall.status == "intact"


def test_oedema_is_not_seen_on_ct():
    fractures = {"L2": Wedge(6.0, band="sclerotic")}
    watery, _ = image_of(build_spine(recipe(Oedema(0.5), fractures=fractures)))
    dry, _ = image_of(build_spine(recipe(fractures=fractures)))
    assert np.abs(watery - dry).max() <= 1
    assert contents_of(build_spine(recipe(Oedema(0.5)))["L2"]).oedema


def test_the_parts_of_a_label_volume_keep_their_numbers():
    grid = Grid.from_axes((60, 60, 40), (1.0, 1.0, 1.0), (-30.0, -30.0, -20.0))
    spine = build_spine(SpineRecipe(levels=("L1",), features={"L1": (Cement(2000.0), LyticLesion(0.1))}))
    assert {30, 32} <= set(np.unique(tissues(spine, grid)).tolist())


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Spot(1.5), "left_fraction"),
        (lambda: Cleft(height_mm=0.0), "height_mm"),
        (lambda: Cement(hu=300.0), "hu"),
        (lambda: PedicleScrews(()), "sides"),
        (lambda: LyticLesion(1.0), "fraction"),
        (lambda: VacuumDisc(0.0), "thickness_mm"),
        (lambda: Oedema(0.0), "height_fraction"),
    ],
)
def test_impossible_contents_cannot_be_built(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_more_cement_than_the_body_holds_is_refused():
    with pytest.raises(ValueError, match="at most"):
        contents_of(build_spine(recipe(Cement(60_000.0)))["L2"])
