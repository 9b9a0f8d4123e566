import numpy as np
import pytest

from tests.segment.made_up import (
    BOX_ML,
    column,
    column_centre,
    column_grid,
    phantom_grid,
    save_nifti,
    whole_vertebrae,
)
from vfa.errors import LabelsRefused, UsageError
from vfa.model.frame import Grid
from vfa.model.spine import Vertebra
from vfa.model.volume import Modality, Volume
from vfa.phantom.anatomy import build_spine
from vfa.phantom.recipe import SpineRecipe
from vfa.phantom.truth import body_labels
from vfa.segment import Anchor, parse_labels, read_segmentation


def volume_ml(vertebra: Vertebra) -> float:
    return float(vertebra.body.sum()) * vertebra.grid.voxel_volume_mm3 / 1000


def image_on(grid: Grid) -> Volume:
    return Volume(np.zeros(grid.shape, np.int16), grid, Modality.CT)


@pytest.fixture
def boxes(tmp_path):
    """Write a column of boxes with these labels, head to foot, and return the file."""

    def write(labels: list[int], grid: Grid | None = None, name: str = "labels.nii.gz"):
        lattice = column_grid(len(labels)) if grid is None else grid
        return save_nifti(tmp_path / name, column(labels, lattice), lattice)

    return write


def test_bodies_come_from_head_to_foot_with_the_levels_of_the_file(boxes):
    spine = read_segmentation([boxes([19, 20, 21, 22])])
    assert spine.levels == ("T12", "L1", "L2", "L3")
    assert [vertebra.level_confidence for vertebra in spine.vertebrae] == [None] * 4
    for index, vertebra in enumerate(spine.vertebrae):
        assert vertebra.centre_lps == pytest.approx(column_centre(index), abs=0.01)
        assert volume_ml(vertebra) == pytest.approx(BOX_ML)
        assert vertebra.canal_lps is None
    assert "verse" in spine.naming
    assert "labels.nii.gz" in spine.segmented_by


def test_counting_labels_give_provisional_names_until_one_is_pointed_out(boxes):
    path = boxes([4, 3, 2, 1])
    assert read_segmentation([path]).levels == ("V1", "V2", "V3", "V4")
    named = read_segmentation([path], anchor=Anchor("L5", column_centre(3)))
    assert named.levels == ("L2", "L3", "L4", "L5")


def test_a_number_left_out_of_the_count_leaves_its_level_out(boxes):
    named = read_segmentation([boxes([5, 4, 2, 1])], parse_labels("count:body"), Anchor("L5", column_centre(3)))
    assert named.levels == ("L1", "L2", "L4", "L5")


def test_numbers_that_do_not_follow_the_spine_give_way_to_the_place(boxes):
    assert read_segmentation([boxes([7, 2, 9, 4])], parse_labels("count:body")).levels == ("V1", "V2", "V3", "V4")


def test_mixed_up_labels_are_pointed_out_and_kept_in_place(boxes):
    spine = read_segmentation([boxes([19, 22, 20, 21])], parse_labels("verse:body"))
    assert spine.levels == ("T12", "L3", "L1", "L2")
    assert any("out of order" in sentence for sentence in spine["L3"].quality)
    assert not any("out of order" in sentence for sentence in spine["L1"].quality)


def test_a_body_cut_by_the_label_volumes_edge_is_marked(boxes):
    grid = column_grid(4)
    spine = read_segmentation([boxes([20, 21, 22, 23], grid)])
    assert not any(vertebra.touches_border for vertebra in spine.vertebrae)
    short = grid.crop([0, 0, 9], (*grid.shape[:2], grid.shape[2] - 9))  # 18 mm off at the foot's end
    cut = read_segmentation([boxes([20, 21, 22, 23], short, "short.nii.gz")])
    assert [vertebra.touches_border for vertebra in cut.vertebrae] == [False, False, False, True]


def test_a_body_cut_by_the_images_edge_is_marked_though_the_labels_go_on(boxes):
    grid = column_grid(3)
    image = Grid.from_axes((90, 90, 30), (1, 1, 3), column_centre(1) - np.array([45, 45, 45]))
    spine = read_segmentation([boxes([20, 21, 22], grid)], volume=image_on(image))
    assert {v.level: v.touches_border for v in spine.vertebrae} == {"L1": True, "L2": False, "L3": True}


def test_labels_finer_than_the_image_keep_their_own_lattice(boxes):
    fine = column_grid(3, (1, 1, 1))
    coarse = column_grid(3, (4, 4, 5), [[0, 1, 0], [0, 0, -1], [1, 0, 0]])
    spine = read_segmentation([boxes([20, 21, 22], fine)], volume=image_on(coarse))
    assert spine["L1"].grid.spacing_mm == pytest.approx((1, 1, 1))
    assert volume_ml(spine["L1"]) == pytest.approx(BOX_ML)


def test_labels_of_another_place_are_refused_with_both_places(boxes):
    elsewhere = Grid.from_axes((50, 50, 50), (2, 2, 2), (1000, 1000, 1000))
    with pytest.raises(LabelsRefused, match="do not lie in the image"):
        read_segmentation([boxes([20, 21, 22])], volume=image_on(elsewhere))


def test_a_body_outside_the_image_is_left_out_and_said_so(boxes):
    grid = column_grid(3)
    upper = Grid.from_axes((90, 90, 70), (1, 1, 1), column_centre(1) - np.array([45, 45, 15]))
    spine = read_segmentation([boxes([20, 21, 22], grid)], volume=image_on(upper))
    assert spine.levels == ("L1", "L2")
    assert any("L3 was left out" in note for note in spine.notes)


def test_the_sacrum_is_set_aside_and_said_so(boxes, tmp_path):
    grid = column_grid(4)
    labels = column([22, 23, 24, 0], grid)
    ijk = np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape], indexing="ij"), axis=-1)
    sacrum = (np.abs(grid.lps_of(ijk) - column_centre(3)) < [30, 25, 17]).all(axis=-1)  # 102 ml
    labels[sacrum & (labels == 0)] = 26
    spine = read_segmentation([save_nifti(tmp_path / "sacrum.nii.gz", labels, grid)], parse_labels("verse:body"))
    assert spine.levels == ("L3", "L4", "L5")
    assert any("S1 was set aside" in note for note in spine.notes)


def test_whole_vertebrae_come_out_as_bodies_with_their_canal(tmp_path):
    phantom = build_spine(SpineRecipe(seed=31, levels=("T12", "L1", "L2"), variation=1))
    grid = phantom_grid(phantom)
    whole = save_nifti(tmp_path / "whole.nii.gz", whole_vertebrae(phantom, grid), grid)
    bodies = save_nifti(tmp_path / "bodies.nii.gz", body_labels(phantom, grid), grid)
    cut, drawn = read_segmentation([whole]), read_segmentation([bodies])
    assert cut.levels == drawn.levels == ("T12", "L1", "L2")
    for level in cut.levels:
        assert volume_ml(cut[level]) == pytest.approx(volume_ml(drawn[level]), rel=0.06)
        assert any("arch was cut off" in sentence for sentence in cut[level].quality)
        assert np.linalg.norm(cut[level].canal_lps - phantom[level].canal_lps) < 3
        assert drawn[level].canal_lps is None


def test_whole_vertebrae_without_any_arch_in_view_may_not_be_measured(boxes):
    spine = read_segmentation([boxes([20, 21, 22])], parse_labels("verse:whole"))
    assert all("no canal" in vertebra.unusable for vertebra in spine.vertebrae)


@pytest.fixture
def instances_and_parts(tmp_path):
    """A phantom's vertebrae, and their sub-regions on a lattice of another orientation."""
    phantom = build_spine(SpineRecipe(seed=32, levels=("L1", "L2", "L3")))
    grid = phantom_grid(phantom)
    whole, bodies = whole_vertebrae(phantom, grid), body_labels(phantom, grid)
    parts = np.where(bodies > 0, 49, np.where(whole > 0, 41, 0)).astype(np.uint8)
    turned = Grid(grid.shape[::-1], grid.lps_from_ijk[:, [2, 1, 0, 3]])
    return (
        save_nifti(tmp_path / "vert.nii.gz", whole, grid),
        save_nifti(tmp_path / "subreg.nii.gz", np.ascontiguousarray(parts.transpose(2, 1, 0)), turned),
        phantom,
        {level: int((bodies == label).sum()) for level, label in (("L1", 20), ("L2", 21), ("L3", 22))},
    )


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_second_file_says_what_is_body_in_whatever_order(instances_and_parts, order):
    *paths, phantom, voxels = instances_and_parts
    spine = read_segmentation([paths[order[0]], paths[order[1]]])
    assert spine.levels == ("L1", "L2", "L3")
    for vertebra in spine.vertebrae:
        assert vertebra.body.sum() == pytest.approx(voxels[vertebra.level], rel=0.01)
        assert np.linalg.norm(vertebra.canal_lps - phantom[vertebra.level].canal_lps) < 3


def test_sub_regions_alone_give_bodies_without_names(instances_and_parts):
    _, parts, _, voxels = instances_and_parts
    spine = read_segmentation([parts])
    assert spine.levels == ("V1", "V2", "V3")
    assert [int(v.body.sum()) for v in spine.vertebrae] == pytest.approx(list(voxels.values()), rel=0.01)


def test_two_files_of_one_kind_are_refused(instances_and_parts):
    vertebrae, parts, *_ = instances_and_parts
    with pytest.raises(LabelsRefused, match="neither is a sub-region file"):
        read_segmentation([vertebrae, vertebrae])
    with pytest.raises(LabelsRefused, match="both are sub-region files"):
        read_segmentation([parts, parts])
    with pytest.raises(UsageError, match="got 3"):
        read_segmentation([vertebrae, parts, parts])


def test_labels_that_are_no_vertebra_in_the_scheme_asked_for_are_refused(boxes):
    with pytest.raises(LabelsRefused, match="no label that is a vertebra in totalseg"):
        read_segmentation([boxes([20, 21, 22])], parse_labels("totalseg"))


def test_the_fractured_sample_is_read_from_both_its_files(shared_data):
    folder = shared_data / "tum-sample001"
    spine = read_segmentation([folder / f"sub-sample001_seg-{kind}_msk.nii.gz" for kind in ("vert", "subreg")])
    assert spine.levels == (*(f"T{n}" for n in range(1, 13)), *(f"L{n}" for n in range(1, 6)))
    assert not any(vertebra.unusable or vertebra.touches_border for vertebra in spine.vertebrae)
    assert all(vertebra.canal_lps is not None for vertebra in spine.vertebrae)


def test_the_cut_levels_of_the_peers_example_are_marked_or_set_aside(shared_data):
    spine = read_segmentation([shared_data / "totalseg-example-ct" / "totalseg.nii.gz"])
    assert spine.levels == ("T12", "L1", "L2", "L3", "L4", "L5")
    assert [vertebra.level for vertebra in spine.vertebrae if vertebra.touches_border] == ["T12"]
    assert any("T11" in note for note in spine.notes)


def test_the_whole_body_between_two_cut_ones_is_the_only_one_uncut(shared_data):
    spine = read_segmentation([shared_data / "tptbox-samples" / "sub-ct_seg-vert_label-22_msk.nii.gz"])
    assert {vertebra.level: vertebra.touches_border for vertebra in spine.vertebrae} == {
        "L2": True,
        "L3": False,
        "L4": True,
    }


def test_counts_that_would_be_cervical_are_asked_about(shared_data):
    with pytest.raises(LabelsRefused, match="--labels"):
        read_segmentation([shared_data / "tptbox-samples" / "sub-mri_seg-vert_label-6_msk.nii.gz"])


@pytest.mark.parametrize(("name", "bodies"), [("VB1_10_DzZ_T1", 9), ("VB2_02", 7), ("VB3_01", 5)])
def test_manual_mr_bodies_are_counted_from_the_lowest(shared_data, name, bodies):
    spine = read_segmentation([shared_data / "mr-bodies" / f"{name}_body_msk.nii.gz"])
    assert spine.levels == tuple(f"V{n}" for n in range(1, bodies + 1))
    assert np.all(np.diff([vertebra.centre_lps[2] for vertebra in spine.vertebrae]) < 0)
