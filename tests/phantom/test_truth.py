import numpy as np
import pytest

from tests.phantom.flat_bodies import CANAL_CENTRE_MM, flat_body, outline_area_mm2, vertebra_of
from vfa.model.frame import Grid
from vfa.phantom.anatomy import Pose, SpineRecipe, build_spine
from vfa.phantom.fractures import Biconcave, Burst, Crush, Wedge
from vfa.phantom.true_heights import heights_of
from vfa.phantom.truth import body_labels, body_volume_mm3, true_vertebra, truth_of

FOUR = {"T12": Crush(5.0), "L1": Wedge(7.0), "L2": Biconcave(7.0), "L3": Burst(9.0, 5.0)}


def centre_heights(shape):
    heights = heights_of(shape, CANAL_CENTRE_MM)["centre"]
    return heights.anterior_mm, heights.middle_mm, heights.posterior_mm


def test_a_prism_is_as_high_as_its_endplates_are_apart():
    assert centre_heights(flat_body(25.0, 25.0)) == pytest.approx((25.0, 25.0, 25.0), abs=1e-3)


def test_the_heights_of_a_plain_wedge_are_those_worked_out_by_hand():
    # Endplates fall symmetrically by 0.1 per mm, so the cranial axis is z; depth runs over 34 mm from the front.
    anterior, middle, posterior = centre_heights(flat_body(19.0, 25.8))
    by_hand = [19.0 + 6.8 * depth for depth in (0.14, 0.50, 0.86)]
    assert (anterior, middle, posterior) == pytest.approx(by_hand, abs=0.06)


def test_tilting_one_endplate_turns_the_cranial_axis_by_half_of_it():
    # A rotated prism seen from a wedge with one level endplate: upper plane falls by 0.2 per mm, the lower is level.
    class Ramp(Wedge):
        def upper_drop_mm(self, depth_fraction, left_fraction):
            return self.loss_mm * (1 - depth_fraction)

    vertebra = vertebra_of(flat_body(fracture=Ramp(6.8)))
    tilt = np.degrees(np.arctan2(-vertebra.frame.cranial[1], vertebra.frame.cranial[2]))
    assert tilt == pytest.approx(np.degrees(np.arctan(0.2)) / 2, abs=0.02)
    np.testing.assert_allclose(vertebra.frame.left, [1.0, 0.0, 0.0], atol=1e-9)


def test_a_crush_of_a_prism_takes_the_same_from_every_column_and_third():
    truth = true_vertebra(vertebra_of(flat_body(fracture=Crush(5.0))))
    for third in truth.heights.values():
        assert (third.anterior_mm, third.middle_mm, third.posterior_mm) == pytest.approx((20.0,) * 3, abs=1e-3)
    assert truth.height_loss_fraction == pytest.approx(0.2, abs=1e-4)


def test_the_losses_of_each_shape_are_where_they_should_be():
    truth = {true.level: true.column_losses for true in truth_of(build_spine(SpineRecipe(fractures=FOUR)))}
    wedge, biconcave, crush, burst = (truth[level] for level in ("L1", "L2", "T12", "L3"))
    assert wedge[0] == pytest.approx(7.0 / 23.5, abs=0.02)
    assert wedge[2] < 0.04
    assert np.argmax(biconcave) == 1
    assert biconcave[1] == pytest.approx(7.0 / 23.0, abs=0.02)
    assert crush == pytest.approx((5.0 / 22.3, 5.0 / 21.0, 5.0 / 23.4), abs=0.01)
    assert burst[0] > burst[1] > burst[2] > 0.08
    assert truth["L4"] == (0.0, 0.0, 0.0)


def test_a_lateral_collapse_is_lost_on_its_side():
    spine = build_spine(SpineRecipe(levels=("L1", "L2", "L3"), fractures={"L2": Crush(8.0, side="left")}))
    losses = truth_of(spine)[1].lateral_loss_fraction
    assert losses["left"] > 0.25
    assert losses["right"] < 0.08


@pytest.mark.parametrize("level", ["L1", "L3"])
def test_the_heights_are_those_counted_on_a_fine_mask_in_the_body_s_own_frame(level):
    # No wedge: it tilts the axis, and lines that leave through the wall cannot be told from whole ones on a mask.
    fractures = {"L1": Crush(6.0, side="left"), "L3": Crush(5.0)}
    spine = build_spine(SpineRecipe(levels=("L1", "L2", "L3"), fractures=fractures, pose=Pose((9.0, -6.0, 14.0))))
    vertebra, step = spine[level], 0.2
    left, anterior = np.arange(-30, 30, 0.8), np.arange(-24, 24, 0.4)
    along = np.arange(-18, 18, step)
    places = np.stack(np.meshgrid(left, anterior, along, indexing="ij"), axis=-1)
    inside = vertebra.distance_mm(vertebra.frame.lps_of(places)) < 0
    heights = inside.sum(axis=2) * step
    columns = np.flatnonzero((heights > 5).any(axis=1))
    thirds = dict(zip(("right", "centre", "left"), np.array_split(columns, 3), strict=True))
    truth = true_vertebra(vertebra)
    for third, band, (front, back) in (
        ("centre", "anterior_mm", (0.08, 0.20)),
        ("centre", "middle_mm", (0.42, 0.58)),
        ("centre", "posterior_mm", (0.80, 0.92)),
        ("left", "middle_mm", (0.42, 0.58)),
        ("right", "middle_mm", (0.42, 0.58)),
    ):
        found = []
        for column in thirds[third]:
            rows = np.flatnonzero(heights[column] > 5)[::-1]  # from the front back
            depth = (np.arange(len(rows)) + 0.5) / len(rows)
            found += list(heights[column, rows[(depth >= front) & (depth <= back)]])
        assert np.median(found) == pytest.approx(getattr(truth.heights[third], band), abs=0.25)


def test_heights_do_not_depend_on_the_pose():
    posed = SpineRecipe(fractures=FOUR, pose=Pose((15.0, 10.0, 30.0), (5.0, 5.0, 5.0)))
    for lying, turned in zip(
        truth_of(build_spine(SpineRecipe(fractures=FOUR))), truth_of(build_spine(posed)), strict=True
    ):
        assert lying.heights == turned.heights


def test_retropulsion_is_what_the_recipe_asked_for_and_narrows_the_canal_by_as_much():
    spine = build_spine(SpineRecipe(fractures={"L3": Burst(9.0, 5.0)}))
    truth = {true.level: true for true in truth_of(spine)}
    burst = truth["L3"]
    assert burst.retropulsion_mm == pytest.approx(5.0, abs=0.1)
    assert burst.intact_canal.ap_mm - burst.canal.ap_mm == pytest.approx(5.0, abs=1.2)  # the midline wall is concave
    assert 0.15 < 1 - burst.canal.area_mm2 / burst.intact_canal.area_mm2 < 0.4
    assert truth["L4"].retropulsion_mm == 0.0
    assert truth["L4"].canal == truth["L4"].intact_canal


def test_an_intact_canal_is_as_deep_as_its_arch_and_the_walls_hollow():
    truth = true_vertebra(vertebra_of(flat_body()))
    assert truth.canal.ap_mm == pytest.approx(17.0, abs=0.5)


def test_the_volume_of_a_prism_is_area_times_height():
    assert body_volume_mm3(vertebra_of(flat_body())) == pytest.approx(25.0 * outline_area_mm2(flat_body()), rel=0.005)


def test_labels_count_as_many_voxels_as_the_true_volume_holds():
    spine = build_spine(SpineRecipe(levels=("L1", "L2", "L3"), pose=Pose((10.0, 5.0, 0.0))))
    grid = Grid.from_axes((90, 90, 150), (0.7, 0.7, 0.8), (-31.0, -31.0, -60.0))
    labels = body_labels(spine, grid)
    assert set(np.unique(labels)) == {0, 20, 21, 22}  # VerSe: L1, L2, L3
    counted = (labels == 21).sum() * grid.voxel_volume_mm3
    assert counted == pytest.approx(body_volume_mm3(spine["L2"]), rel=0.005)


def test_labels_carry_verse_numbers_with_the_first_sacral_body_as_26():
    spine = build_spine(SpineRecipe(levels=("T12", "T13", "L1", "L2", "L3", "L4", "L5", "L6", "S1")))
    grid = Grid.from_axes((60, 110, 180), (1.5, 1.5, 2.0), (-45.0, -80.0, -190.0))
    assert set(np.unique(body_labels(spine, grid))) == {0, 19, 28, 20, 21, 22, 23, 24, 25, 26}


def test_a_wedge_whose_axis_leans_keeps_the_canal_that_no_fragment_narrows():
    """At the rims, where it is narrowest, nothing moved; across a leaning axis a straight canal is no narrower."""
    truth = truth_of(build_spine(SpineRecipe(seed=1, levels=("T12", "L1", "L2", "S1"), fractures={"L1": Wedge(11.0)})))
    wedge = next(one for one in truth if one.level == "L1")
    lost_mm = wedge.intact_canal.ap_mm - wedge.canal.ap_mm
    assert -1.0 <= lost_mm <= 0.3
