import numpy as np
import pytest

from vfa.model.frame import Grid
from vfa.phantom.anatomy import Pose, SpineCurve, SpineRecipe, build_spine
from vfa.phantom.fractures import Biconcave, Burst, Crush, Wedge
from vfa.phantom.inclusions import ForaminalNarrowing, VacuumDisc
from vfa.phantom.painting import points_in
from vfa.phantom.placement import LEAST_DISC_MM, thinnest_disc_mm

PLAIN = SpineRecipe()


def forward_tilt_deg(vertebra):
    return np.degrees(np.arctan2(-vertebra.construction.cranial[1], vertebra.construction.cranial[2]))


def test_vertebrae_stand_from_head_to_foot_above_the_sacrum():
    spine = build_spine(PLAIN)
    heights = [segment.construction.centre_lps[2] for segment in spine.segments]
    assert heights == sorted(heights, reverse=True)
    assert [segment.level for segment in spine.segments] == list(PLAIN.levels)
    assert spine.sacrum is not None


def test_every_canal_lies_behind_its_body():
    for segment in build_spine(PLAIN).segments:
        assert segment.canal_lps[1] > segment.construction.centre_lps[1] + 15  # LPS: y points back


def test_the_lumbar_spine_is_lordotic_and_the_thoracic_kyphotic():
    spine = build_spine(SpineRecipe(levels=(*(f"T{n}" for n in range(4, 13)), *(f"L{n}" for n in range(1, 6)), "S1")))
    lordosis = forward_tilt_deg(spine["S1"]) - forward_tilt_deg(spine["L1"])
    kyphosis = forward_tilt_deg(spine["T4"]) - forward_tilt_deg(spine["T12"])
    assert 35 < lordosis < 65
    assert 15 < kyphosis < 45


def test_equal_recipes_build_equal_spines_and_seeds_differ():
    varied = SpineRecipe(seed=3, variation=1.0, height_sd=0.025)
    first, again = build_spine(varied), build_spine(varied)
    other = build_spine(SpineRecipe(seed=4, variation=1.0, height_sd=0.025))
    assert [v.shape for v in first.vertebrae] == [v.shape for v in again.vertebrae]
    assert [v.shape for v in first.vertebrae] != [v.shape for v in other.vertebrae]


def test_a_level_looks_the_same_whichever_levels_stand_beside_it():
    whole = build_spine(SpineRecipe(seed=5, variation=1.0, height_sd=0.02))
    part = build_spine(SpineRecipe(seed=5, variation=1.0, height_sd=0.02, levels=("L1", "L2", "L3")))
    assert whole["L2"].shape == part["L2"].shape
    plain = build_spine(SpineRecipe(levels=("L1", "L2", "L3")))
    assert forward_tilt_deg(build_spine(PLAIN)["L2"]) == pytest.approx(forward_tilt_deg(plain["L2"]), abs=0.1)


def test_the_spine_kyphoses_over_a_wedge_fracture():
    broken = build_spine(SpineRecipe(fractures={"L1": Wedge(9.0)}))
    intact = build_spine(PLAIN)

    def angle(spine):
        return forward_tilt_deg(spine["T12"]) - forward_tilt_deg(spine["L2"])

    assert 8 < angle(broken) - angle(intact) < 18


@pytest.mark.parametrize(
    "fractures",
    [
        {"L1": Wedge(12.0), "L2": Wedge(12.0)},
        {"L3": Burst(13.0, 7.0), "L2": Biconcave(14.0)},
        {"T12": Crush(14.0), "L1": Crush(14.0, side="left"), "L4": Wedge(13.0, side="right")},
    ],
)
def test_no_body_touches_its_neighbour_however_bad_the_fractures(fractures):
    spine = build_spine(SpineRecipe(fractures=fractures, variation=1.0, seed=9))
    for above, below in spine.discs:
        gap = thinnest_disc_mm((below.construction, below.shape), (above.construction, above.shape))
        assert gap > LEAST_DISC_MM - 0.3
    grid = Grid.from_axes((70, 120, 300), (1.0, 1.0, 1.0), (-35.0, -50.0, -160.0))
    everything = (slice(0, 70), slice(0, 120), slice(0, 300))
    inside = [v.field.surface(*points_in(grid, everything, v.construction)) < 0 for v in spine.segments]
    assert np.sum(inside, axis=0).max() == 1


def test_a_pose_turns_and_moves_the_whole_spine_as_one():
    pose = Pose((12.0, -8.0, 25.0), (30.0, -20.0, 500.0))
    lying, posed = build_spine(PLAIN), build_spine(SpineRecipe(pose=pose))
    for before, after in zip(lying.segments, posed.segments, strict=True):
        expected = pose.rotation @ before.construction.centre_lps + pose.translation_mm
        np.testing.assert_allclose(after.construction.centre_lps, expected, atol=1e-9)
        np.testing.assert_allclose(after.frame.cranial, pose.rotation @ before.frame.cranial, atol=1e-9)
        np.testing.assert_allclose(after.frame.anterior, pose.rotation @ before.frame.anterior, atol=1e-9)


def test_a_quarter_turn_about_z_takes_x_to_y():
    np.testing.assert_allclose(Pose((0.0, 0.0, 90.0)).rotation @ [1, 0, 0], [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(Pose((90.0, 0.0, 0.0)).rotation @ [0, 1, 0], [0, 0, 1], atol=1e-12)


def test_scoliosis_tilts_what_is_above_to_the_left():
    spine = build_spine(SpineRecipe(curve=SpineCurve(left_bend_deg={"L3": 10.0, "L2": 5.0})))
    cranial = spine["L1"].construction.cranial
    assert np.degrees(np.arctan2(cranial[0], cranial[2])) == pytest.approx(15.0, abs=1.0)
    assert spine["L5"].construction.cranial[0] == pytest.approx(0.0, abs=1e-9)


def test_transitional_spines_have_their_extra_levels():
    spine = build_spine(SpineRecipe(levels=("T12", "T13", "L1", "L2", "L3", "L4", "L5", "L6", "S1")))
    assert spine["T13"].construction.centre_lps[2] > spine["L1"].construction.centre_lps[2]
    assert spine["L6"].construction.centre_lps[2] > spine["S1"].construction.centre_lps[2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": -1}, "seed"),
        ({"levels": ("C7", "T1")}, "levels"),
        ({"levels": ("L2", "L1")}, "head to foot"),
        ({"levels": ("S1",)}, "levels"),
        ({"fractures": {"T4": Wedge(3.0)}}, "T4"),
        ({"size_scale": 3.0}, "size_scale"),
        ({"height_sd": -0.1}, "height_sd"),
        ({"levels": ("L1", "L2"), "features": {"L2": (VacuumDisc(),)}}, "no disc below"),
        ({"levels": ("L5", "S1"), "features": {"L5": (ForaminalNarrowing("left", 0.5),)}}, "no free vertebra"),
    ],
)
def test_an_impossible_recipe_cannot_be_built(changes, message):
    with pytest.raises(ValueError, match=message):
        SpineRecipe(**changes)
