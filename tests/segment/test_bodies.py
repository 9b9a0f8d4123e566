import numpy as np
import pytest

from tests.segment.made_up import BOX_ML, box_at, box_body, box_vertebra, column, column_centre, column_grid
from vfa.model.frame import Grid
from vfa.segment.bodies import (
    BodyMask,
    cropped,
    judge_bodies,
    reaches_edge,
    separate_bodies,
    tidy,
    vertebra_of,
)


def test_a_crop_keeps_every_voxel_in_place_with_three_empty_layers_around():
    grid = column_grid(1)
    body = cropped(column([20], grid) == 20, grid)
    assert body is not None
    assert body.centre_lps == pytest.approx(column_centre(0), abs=0.01)
    assert body.volume_ml == pytest.approx(BOX_ML, rel=0.01)
    inner = body.mask[3:-3, 3:-3, 3:-3]
    assert inner.sum() == body.mask.sum()
    assert all(inner.any(axis=tuple({0, 1, 2} - {axis}))[[0, -1]].all() for axis in range(3))


def test_a_crop_ends_where_the_lattice_ends():
    grid = Grid.from_axes((10, 10, 10), (1, 1, 1), (0, 0, 0))
    mask = np.zeros(grid.shape, dtype=bool)
    mask[0:4, 4:6, 9] = True
    body = cropped(mask, grid)
    assert body is not None
    assert body.mask.shape == (7, 8, 4)
    assert body.grid.lps_of([0, 0, 0]) == pytest.approx([0, 1, 6])


def test_an_empty_mask_has_no_crop():
    grid = Grid.from_axes((4, 4, 4), (1, 1, 1), (0, 0, 0))
    assert cropped(np.zeros(grid.shape, dtype=bool), grid) is None


def test_bodies_that_do_not_touch_are_told_apart_and_specks_are_none():
    grid = column_grid(3)
    mask = column([1, 2, 3], grid) > 0
    mask[0, 0, 0] = True
    bodies = separate_bodies(mask, grid)
    assert sorted(round(float(body.centre_lps[2])) for body in bodies) == [228, 264, 300]


def test_bodies_that_meet_only_at_an_edge_are_two():
    grid = Grid.from_axes((24, 24, 24), (1, 1, 1), (0, 0, 0))
    mask = np.zeros(grid.shape, dtype=bool)
    mask[2:12, 2:12, 2:12] = True
    mask[2:12, 12:22, 12:22] = True
    assert len(separate_bodies(mask, grid)) == 2


def test_a_far_speck_is_dropped_and_said_so():
    body = box_body()
    mask = np.pad(body.mask, ((0, 20), (0, 0), (0, 0)))
    mask[-2, 5, 5] = True
    grid = Grid(mask.shape, body.grid.lps_from_ijk)
    tidied, notes = tidy(BodyMask(mask, grid))
    assert tidied.volume_ml == pytest.approx(BOX_ML, rel=0.01)
    assert len(notes) == 1
    assert "left out" in notes[0]


def test_a_large_piece_close_to_the_body_is_kept_as_its_fragment():
    body = box_body()
    mask = np.pad(body.mask, ((0, 20), (0, 0), (0, 0)))
    end = int(np.argwhere(body.mask)[:, 0].max())
    mask[end + 3 : end + 13, 8:22, 8:22] = True  # 2.0 ml, 2 mm beside the body
    grid = Grid(mask.shape, body.grid.lps_from_ijk)
    tidied, notes = tidy(BodyMask(mask, grid))
    assert tidied.volume_ml == pytest.approx(BOX_ML + 1.96, rel=0.01)
    assert "2 pieces" in notes[0]


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("side", ["low", "high"])
def test_a_body_in_the_outermost_layer_of_any_axis_reaches_the_edge(axis, side):
    grid = Grid.from_axes((20, 20, 20), (1, 1, 3), (5, 6, 7))
    mask = np.zeros(grid.shape, dtype=bool)
    mask[8:12, 8:12, 8:12] = True
    body = cropped(mask, grid)
    assert body is not None
    assert not reaches_edge(body, grid)
    layers = [slice(8, 12)] * 3
    layers[axis] = slice(0, 12) if side == "low" else slice(8, 20)
    mask[tuple(layers)] = True
    body = cropped(mask, grid)
    assert body is not None
    assert reaches_edge(body, grid)


def test_one_voxel_layer_between_body_and_edge_means_it_is_not_cut():
    grid = Grid.from_axes((20, 20, 20), (1, 1, 1), (0, 0, 0))
    mask = np.zeros(grid.shape, dtype=bool)
    mask[1:19, 1:19, 1:19] = True
    body = cropped(mask, grid)
    assert body is not None
    assert not reaches_edge(body, grid)


def test_a_coarse_image_cuts_a_body_that_its_own_finer_lattice_does_not():
    body = box_body()  # the box ends 12 mm below its centre
    low_end = column_centre(0) - [40, 40, 12]
    image = Grid.from_axes((20, 20, 8), (4, 4, 5), low_end)
    assert not reaches_edge(body, body.grid)
    assert reaches_edge(body, image)
    assert vertebra_of("L1", body, [body.grid, image]).touches_border


def test_two_bodies_in_one_mask_are_unusable():
    vertebrae = [box_vertebra(level, index) for index, level in enumerate(["L1", "L2", "L3"])]
    vertebrae.append(box_vertebra("L4", 3, (40, 30, 60), (0, 0, -18)))
    judged = judge_bodies(vertebrae)
    assert [bool(vertebra.unusable) for vertebra in judged] == [False, False, False, True]
    assert "merged" in judged[3].unusable


def test_a_vertebra_plana_is_usable_and_a_sliver_is_not():
    others = [box_vertebra(level, index) for index, level in enumerate(["T12", "L1", "L2"])]
    plana = judge_bodies([*others, box_vertebra("L3", 3, (40, 30, 8))])
    sliver = judge_bodies([*others, box_vertebra("L3", 3, (40, 30, 4))])
    assert not plana[3].unusable
    assert "only" in sliver[3].unusable


def test_a_small_body_cut_by_the_edge_is_not_called_a_bad_mask():
    others = [box_vertebra(level, index) for index, level in enumerate(["T12", "L1", "L2"])]
    cut = vertebra_of("L3", box_body(3, (40, 30, 4)), [Grid.from_axes((80, 80, 80), (2, 2, 2), (40, 0, 193))])
    assert cut.touches_border
    assert not judge_bodies([*others, cut])[3].unusable


def test_a_body_far_beside_the_column_is_unusable():
    levels = ["T12", "L1", "L2", "L3", "L4"]
    vertebrae = [
        box_vertebra(level, index, shift_lps=(60.0 if level == "L2" else 0.0, 0, 0))
        for index, level in enumerate(levels)
    ]
    assert [vertebra.level for vertebra in judge_bodies(vertebrae) if vertebra.unusable] == ["L2"]


def test_a_curved_column_is_not_called_out_of_line():
    shifts = [0, 12, 20, 24, 20, 12, 0]  # a scoliosis of 24 mm over seven levels
    levels = ["T11", "T12", "L1", "L2", "L3", "L4", "L5"]
    vertebrae = [box_vertebra(level, n, shift_lps=(shifts[n], 0, 0)) for n, level in enumerate(levels)]
    assert not [vertebra.level for vertebra in judge_bodies(vertebrae) if vertebra.unusable]


@pytest.mark.parametrize("level", ["C1", "C2", "S1"])
def test_levels_without_two_endplates_of_a_body_are_never_measured(level):
    small = (18, 16, 14)
    assert judge_bodies([box_vertebra(level, 0, small)])[0].unusable


def test_a_body_mask_is_never_empty():
    grid = column_grid(1)
    with pytest.raises(ValueError, match="non-empty"):
        BodyMask(np.zeros(grid.shape, dtype=bool), grid)
    assert box_at(grid, column_centre(0)).any()
