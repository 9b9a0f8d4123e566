import numpy as np
import pytest

from vfa.model.frame import Grid
from vfa.phantom.anatomy import Pose, SpineRecipe, build_spine
from vfa.phantom.fractures import Burst, Wedge
from vfa.phantom.tissues import Tissue, tissues
from vfa.phantom.truth import body_labels

RECIPE = SpineRecipe(levels=("T12", "L1", "L2"), fractures={"L1": Wedge(7.0, band="sclerotic")})
GRID = Grid.from_axes((110, 120, 110), (1.0, 1.0, 1.0), (-55.0, -40.0, -55.0))
BODY = (Tissue.BODY_CORTEX, Tissue.BODY_MARROW, Tissue.ENDPLATE, Tissue.IMPACTED_MARROW)


@pytest.fixture(scope="module")
def spine():
    return build_spine(RECIPE)


@pytest.fixture(scope="module")
def labels(spine):
    return tissues(spine, GRID)


def at(spine, labels, level, place_mm):
    i, j, k = np.rint(GRID.ijk_of(spine[level].construction.lps_of(place_mm))).astype(int)
    return Tissue(labels[i, j, k])


def test_each_tissue_is_where_anatomy_puts_it(spine, labels):
    depth, height = spine["L2"].depth_mm, spine["L2"].shape.posterior_height_mm
    assert at(spine, labels, "L2", (0, 4, 0)) is Tissue.BODY_MARROW
    assert at(spine, labels, "L2", (0, -2, height / 2 + 4)) is Tissue.DISC_NUCLEUS
    assert at(spine, labels, "L2", (0, depth / 2 - 2, height / 2 + 4)) is Tissue.DISC
    assert at(spine, labels, "L2", spine["L2"].canal_centre_mm) is Tissue.CANAL
    assert at(spine, labels, "L1", spine["L1"].canal_centre_mm) is Tissue.CORD
    assert at(spine, labels, "L2", (0, -depth / 2 - 17 - 16, -10)) is Tissue.POSTERIOR_MARROW
    assert at(spine, labels, "L2", (0, depth / 2 + 4, 0)) is Tissue.FAT


def test_pedicles_join_the_upper_half_of_the_body_and_leave_the_lower_free(spine, labels):
    vertebra = spine["L2"]
    side = vertebra.arch.canal_width_mm / 2 + vertebra.arch.pedicle_width_mm / 2
    behind = -vertebra.depth_mm / 2 - 4
    assert at(spine, labels, "L2", (side, behind, 0.24 * 26)) is Tissue.POSTERIOR_MARROW
    assert at(spine, labels, "L2", (side, behind, -0.35 * 26)) in (Tissue.FAT, Tissue.MUSCLE)


def test_the_packed_band_lies_under_the_fractured_endplate_only(spine, labels):
    packed = np.argwhere(labels == Tissue.IMPACTED_MARROW)
    inside = spine["L1"].construction.body_of(GRID.lps_of(packed))
    depth_below = spine["L1"].upper_mm(inside[:, 0], inside[:, 1]) - inside[:, 2]
    assert len(packed) > 500
    assert depth_below.min() > 0.3
    assert depth_below.max() < 3.7


def test_a_thoracic_level_has_ribs_and_a_lumbar_one_has_not(spine, labels):
    ribs = GRID.lps_of(np.argwhere(np.isin(labels, (Tissue.RIB, Tissue.RIB_MARROW))))
    assert len(ribs) > 200
    assert ribs[:, 2].min() > spine["L1"].construction.centre_lps[2]


def test_bone_of_the_body_lies_within_the_body_s_true_surface(spine, labels):
    bodies = body_labels(spine, GRID) > 0
    bone = np.isin(labels, BODY)
    assert not (bone & ~bodies).any()
    assert bone.sum() > 0.95 * bodies.sum()  # the rest: pedicle marrow and the vein that pass the wall


def test_a_lattice_that_turns_with_the_spine_shows_the_same(labels):
    pose = Pose((14.0, -9.0, 21.0), (40.0, 10.0, -30.0))
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = pose.rotation, pose.translation_mm
    turned_grid = Grid(GRID.shape, matrix @ GRID.lps_from_ijk)
    turned = tissues(build_spine(SpineRecipe(**{**vars(RECIPE), "pose": pose})), turned_grid)
    assert (turned != labels).mean() < 1e-3  # only centres that lie on a surface may change sides


def test_the_sacrum_has_wings_and_lower_segments():
    spine = build_spine(SpineRecipe(levels=("L5", "S1")))
    grid = Grid.from_axes((120, 120, 120), (1.5, 1.5, 1.5), (-90.0, -60.0, -150.0))
    sacrum = np.isin(tissues(spine, grid), (Tissue.SACRUM_CORTEX, Tissue.SACRUM_MARROW))
    places = spine["S1"].construction.body_of(grid.lps_of(np.argwhere(sacrum)))
    assert places[:, 0].max() - places[:, 0].min() > 90
    assert places[:, 2].min() < -90


def test_a_burst_fragment_takes_the_place_of_the_front_of_the_canal():
    intact = build_spine(SpineRecipe(levels=("L2", "L3", "L4")))
    broken = build_spine(SpineRecipe(levels=("L2", "L3", "L4"), fractures={"L3": Burst(9.0, 5.0)}))
    shape = broken["L3"].shape
    behind = float(shape.posterior_wall_mm(0.0, 0.85)) - 3.0
    height = float(shape.upper_mm(0.0, behind + 5)) - 4.0

    def seen(spine):
        grid = Grid.from_axes((1, 1, 1), (1, 1, 1), spine["L3"].construction.lps_of((0, behind, height)))
        return Tissue(tissues(spine, grid)[0, 0, 0])

    assert seen(broken) in BODY
    assert seen(intact) in (Tissue.FAT, Tissue.CANAL)


def test_the_caller_s_own_background_surrounds_the_spine(spine):
    background = np.full(GRID.shape, Tissue.LUNG, dtype=np.uint8)
    labels = tissues(spine, GRID, background)
    assert labels[0, 0, 0] == Tissue.LUNG
    assert (background == Tissue.LUNG).all()
    with pytest.raises(ValueError, match="background"):
        tissues(spine, GRID, background[:-1])


def test_a_lattice_far_from_the_patient_shows_air(spine):
    far = Grid.from_axes((8, 8, 8), (1.0, 1.0, 1.0), (900.0, 0.0, 0.0))
    assert (tissues(spine, far) == Tissue.AIR).all()
