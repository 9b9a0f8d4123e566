import numpy as np
import pytest

from tests.phantom.flat_bodies import flat_body, outline_area_mm2, vertebra_of
from tests.phantom.one_level import around, image_of, recipe
from vfa.phantom.anatomy import build_spine
from vfa.phantom.body_field import BodyField
from vfa.phantom.fractures import Burst
from vfa.phantom.shape_changes import Comminution, NarrowDisc, Osteophyte, SchmorlNode, ShortBody
from vfa.phantom.truth import body_labels, body_volume_mm3, true_vertebra


def dark_widths(shape, start, direction, length_mm=60.0, step_mm=0.02):
    """Widths of the stretches within a body's outline that lie outside its bone, along a line."""
    along = np.arange(0, length_mm, step_mm)
    points = np.asarray(start) + along[:, None] * np.asarray(direction)
    inside = BodyField(shape).surface(*points.astype(np.float32).T) < 0
    edges = np.flatnonzero(np.diff(inside.astype(int)))
    return [round((b - a) * step_mm, 1) for a, b in zip(edges[1:-1:2], edges[2:-1:2], strict=True)]


def test_a_sagittal_split_is_as_wide_as_its_cleft_and_what_the_halves_moved():
    split = flat_body(comminution=Comminution(1.0, 2, cleft_mm=1.2, spread_mm=0.9, turn_deg=90.0))
    assert dark_widths(split, (-28, 3, 2), (1, 0, 0)) == [pytest.approx(1.2 + 2 * 0.9, abs=0.05)]


def test_the_part_in_pieces_ends_in_a_cleft_below_and_the_rest_is_whole():
    broken = flat_body(comminution=Comminution(0.6, 3, cleft_mm=1.0, spread_mm=0.0))
    # A prism 25 mm high: the border lies 15 mm below its top, half a cleft to each side.
    assert dark_widths(broken, (6, 8, -20), (0, 0, 1)) == [pytest.approx(1.0, abs=0.05)]
    z = np.array([-3.2, -2.8, -2.2, -1.8], dtype=np.float32)
    inside = BodyField(broken).surface(np.full(4, 6, np.float32), np.full(4, 8, np.float32), z) < 0
    assert inside.tolist() == [True, False, False, True]


def test_no_piece_moves_backwards():
    for pieces in range(2, 9):
        comminution = Comminution(pieces=pieces, spread_mm=2.0)
        assert min(comminution.shift_mm(n)[1] for n in range(pieces)) >= 0


def test_pieces_hold_what_the_clefts_leave_of_the_body():
    # Three spokes of 17–22 mm, 1 mm wide and 25 mm high, are taken out of the prism.
    broken = flat_body(comminution=Comminution(1.0, 3, cleft_mm=1.0, spread_mm=0.0, turn_deg=90.0))
    taken = 25.0 * outline_area_mm2(flat_body()) - body_volume_mm3(vertebra_of(broken))
    spokes_mm = 17.0 + 2 * 22.0 / np.cos(np.radians(30)) * 0.9
    assert taken == pytest.approx(spokes_mm * 25.0, rel=0.1)


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_the_comminuted_share_of_a_prism_is_that_of_its_height(share):
    truth = true_vertebra(vertebra_of(flat_body(comminution=Comminution(share))))
    assert truth.contents.comminuted_fraction == pytest.approx(share, abs=0.01)
    assert truth.contents.pieces == 4
    assert truth.heights == truth.intact_heights


def test_a_body_in_one_piece_has_no_comminuted_share():
    contents = true_vertebra(vertebra_of(flat_body(fracture=Burst(6.0, 4.0)))).contents
    assert contents.comminuted_fraction == 0
    assert contents.pieces == 0


def test_a_split_through_the_posterior_wall_is_a_gap_in_it():
    split = flat_body(comminution=Comminution(1.0, 2, cleft_mm=1.5, spread_mm=0.5, turn_deg=90.0))
    (gap,) = true_vertebra(vertebra_of(split)).wall.gaps
    # 2.5 mm wide over the 86 % of 25 mm that count, without the foramen's 4.8 mm.
    assert gap.area_with_foramen_mm2 - gap.area_mm2 > 8
    assert gap.area_mm2 == pytest.approx(2.5 * (0.86 * 25 - 4.8), rel=0.2)
    assert gap.through_foramen


def test_a_schmorl_node_sinks_the_endplate_as_deep_as_given_and_no_height():
    pitted = flat_body(pits=(SchmorlNode(4.0, 5.0), SchmorlNode(3.0, 4.0, "lower", -0.3, 0.4)))
    assert float(flat_body().upper_mm(0, -1.7) - pitted.upper_mm(0, -1.7)) == pytest.approx(4.0, abs=0.01)
    assert float(pitted.lower_mm(-6.6, 3.4) - flat_body().lower_mm(-6.6, 3.4)) == pytest.approx(3.0, abs=0.01)
    assert float(pitted.upper_mm(5.2, -1.7)) == pytest.approx(12.5)
    truth, plain = (true_vertebra(vertebra_of(shape)) for shape in (pitted, flat_body()))
    assert truth.heights == plain.heights
    np.testing.assert_array_equal(truth.frame.cranial, plain.frame.cranial)
    assert truth.height_loss_fraction == 0
    # The pit depth · (1 − r²)² holds a third of its cylinder.
    lost = plain.volume_mm3 - truth.volume_mm3
    assert lost == pytest.approx(np.pi / 3 * (4 * 25 + 3 * 16), rel=0.05)


@pytest.mark.parametrize(("turn_deg", "direction"), [(90.0, (0, 1)), (0.0, (1, 0)), (180.0, (-1, 0))])
def test_an_osteophyte_stands_out_of_the_rim_where_it_is_put_by_its_length(turn_deg, direction):
    spurred = flat_body(spurs=(Osteophyte(turn_deg, 6.0, 4.0),))
    rim = 22.0 if direction[0] else flat_body().depth_mm / 2
    out = np.arange(rim - 3, rim + 10, 0.05)
    z = 12.5 - 2.3 + 0.25 * (out - rim + 2.5)
    points = np.stack([out * direction[0], out * direction[1], z]).astype(np.float32)
    reach = out[BodyField(spurred).surface(*points) < 0].max()
    assert reach - rim == pytest.approx(6.0, abs=1.2)  # and half its tip's thickness
    assert true_vertebra(vertebra_of(spurred)).heights == true_vertebra(vertebra_of(flat_body())).heights
    assert body_volume_mm3(vertebra_of(spurred)) > body_volume_mm3(vertebra_of(flat_body())) + 50


def test_an_osteophyte_belongs_to_the_body_s_mask_and_is_bone_on_ct():
    spine, plain = build_spine(recipe(Osteophyte(60.0, 7.0, 5.0))), build_spine(recipe())
    grid = around(plain, "L2")
    spur = (body_labels(spine, grid) > 0) & ~(body_labels(plain, grid) > 0)
    assert spur.sum() * grid.voxel_volume_mm3 > 70  # 7 mm long, some 3 by 8 mm across on the way to its tip
    image, _ = image_of(spine)
    assert image[spur].mean() > 250


def test_a_short_vertebra_is_lower_in_every_column_and_not_fractured():
    low, plain = (true_vertebra(build_spine(recipe(*features))["L2"]) for features in ((ShortBody(0.85),), ()))
    for band in ("anterior_mm", "middle_mm", "posterior_mm"):
        shorter = getattr(low.heights["centre"], band) / getattr(plain.heights["centre"], band)
        assert shorter == pytest.approx(0.85, abs=0.025)  # the endplates stay as hollow
    assert low.height_loss_fraction == 0


def test_a_narrow_disc_brings_its_neighbours_nearer():
    narrow, plain = build_spine(recipe(NarrowDisc(0.4))), build_spine(recipe())

    def apart(spine):
        return np.linalg.norm(spine["L2"].construction.centre_lps - spine["L3"].construction.centre_lps)

    assert apart(plain) - apart(narrow) == pytest.approx(0.6 * 9.3, abs=0.4)  # L2's disc is 9.3 mm high


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: SchmorlNode(depth_mm=0.0), "depth_mm"),
        (lambda: Osteophyte(turn_deg=270.0), "turn_deg"),
        (lambda: ShortBody(0.1), "height_scale"),
        (lambda: NarrowDisc(0.0), "height_scale"),
    ],
)
def test_impossible_changes_cannot_be_built(build, message):
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize(
    "changes", [{"height_fraction": 0.0}, {"pieces": 1}, {"cleft_mm": 0.0}, {"spread_mm": -1.0}, {"pieces": 12}]
)
def test_impossible_comminution_cannot_be_built(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        Comminution(**changes)
