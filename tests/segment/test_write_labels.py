import nibabel
import numpy as np
import pytest

from tests.segment.made_up import BOX_ML, box_spine, column_centre, column_grid
from vfa.errors import UsageError
from vfa.model.frame import LPS_FROM_RAS, Grid, apply_affine
from vfa.segment import read_segmentation, write_labels
from vfa.segment.write_labels import label_numbers, label_volume


def test_a_nifti_holds_verse_numbers_at_the_bodies_places(tmp_path):
    grid = column_grid(3, (1, 1, 2), [[0, 0, 1], [1, 0, 0], [0, -1, 0]])
    write_labels(box_spine(["T12", "L1", "L2"]), grid, tmp_path / "out.nii.gz")
    image = nibabel.load(tmp_path / "out.nii.gz")
    labels = np.asarray(image.dataobj)
    assert labels.shape == grid.shape
    for index, number in enumerate((19, 20, 21)):
        centre = apply_affine(LPS_FROM_RAS @ image.affine, np.argwhere(labels == number).mean(axis=0))
        assert centre == pytest.approx(column_centre(index), abs=0.1)
        assert (labels == number).sum() * 2 / 1000 == pytest.approx(BOX_ML, rel=0.01)


@pytest.mark.parametrize("ending", [".nii.gz", ".nii", ".nrrd", ".seg.nrrd", ".mha"])
@pytest.mark.parametrize("levels", [("T12", "L1", "L2", "L3"), ("V1", "V2", "V3", "V4"), ("T11", "T12", "T13", "L1")])
def test_what_is_written_is_read_again_with_its_names(tmp_path, ending, levels):
    spine = box_spine(list(levels))
    write_labels(spine, column_grid(4), tmp_path / f"out{ending}")
    again = read_segmentation([tmp_path / f"out{ending}"])
    assert again.levels == levels
    for index, vertebra in enumerate(again.vertebrae):
        assert vertebra.centre_lps == pytest.approx(column_centre(index), abs=0.1)
    assert list(tmp_path.iterdir()) == [tmp_path / f"out{ending}"]


def test_bodies_beyond_the_lattice_are_written_as_far_as_they_reach():
    spine = box_spine(["L1", "L2"])
    grid = Grid.from_axes(
        (60, 60, 12), (1, 1, 1), column_centre(0) - np.array([29.5, 29.5, -0.5])
    )  # the upper half of L1
    labels = label_volume(spine, grid, {"L1": 20, "L2": 21})
    assert (labels == 20).sum() / 1000 == pytest.approx(BOX_ML / 2)
    assert not (labels == 21).any()


def test_provisional_names_are_numbered_from_the_lowest():
    assert label_numbers(box_spine(["V1", "V2", "V4"])) == {"V1": 4, "V2": 3, "V4": 1}


def test_what_cannot_be_written_is_refused(tmp_path):
    spine, grid = box_spine(["L1"]), column_grid(1)
    with pytest.raises(UsageError, match=r"\.seg\.nrrd"):
        write_labels(spine, grid, tmp_path / "out.txt")
    sheared = np.array(grid.lps_from_ijk)
    sheared[1, 2] = 0.5
    with pytest.raises(UsageError, match="perpendicular"):
        write_labels(spine, Grid(grid.shape, sheared), tmp_path / "out.nii.gz")
    assert not list(tmp_path.iterdir())
