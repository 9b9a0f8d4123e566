import numpy as np
import pytest
import SimpleITK

from tests.segment.made_up import box_body, phantom_grid, whole_vertebrae
from vfa.model.frame import Grid
from vfa.phantom.anatomy import build_spine
from vfa.phantom.fractures import Biconcave, Crush
from vfa.phantom.recipe import SpineRecipe
from vfa.phantom.truth import body_labels
from vfa.segment.bodies import cropped
from vfa.segment.body_or_whole import body_or_whole, solidity_of
from vfa.segment.label_schemes import Holds

RECIPE = SpineRecipe(seed=21, levels=("T12", "L1", "L2"), fractures={"L1": Biconcave(9), "L2": Crush(12)})


def regions(labels: np.ndarray, grid: Grid) -> list:
    return [cropped(labels == label, grid) for label in np.unique(labels) if label]


def test_a_box_fills_its_hull():
    assert solidity_of(box_body()) == pytest.approx(1.0, abs=1e-6)


def test_bodies_are_told_from_whole_vertebrae_even_when_fractured():
    spine = build_spine(RECIPE)
    grid = phantom_grid(spine)
    assert body_or_whole(regions(whole_vertebrae(spine, grid), grid), grid) is Holds.WHOLE
    assert body_or_whole(regions(body_labels(spine, grid), grid), grid) is Holds.BODY


def test_bodies_with_half_of_their_arch_leave_a_doubt():
    spine = build_spine(RECIPE)
    grid = phantom_grid(spine)
    labels = whole_vertebrae(spine, grid)
    ijk = np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape], indexing="ij"), axis=-1)
    labels[grid.lps_of(ijk)[..., 1] > spine["L1"].canal_lps[1] + 4] = 0  # pedicles and processes, no closed ring
    assert body_or_whole(regions(labels, grid), grid) is None


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        ("totalseg-example-ct/totalseg.nii.gz", Holds.WHOLE),
        ("totalseg-example-ct/totalseg_vertebrae_pp_refined.nii.gz", Holds.BODY),
        ("tptbox-samples/sub-ct_seg-vert_label-22_msk.nii.gz", Holds.WHOLE),
        ("mr-bodies/VB1_10_DzZ_T1_body_msk.nii.gz", Holds.BODY),
        ("mr-bodies/VB2_02_body_msk.nii.gz", Holds.BODY),
        ("mr-bodies/VB3_01_body_msk.nii.gz", Holds.BODY),
    ],
)
def test_real_masks_are_told_apart(shared_data, path, holds):
    image = SimpleITK.ReadImage(str(shared_data / path))
    labels = SimpleITK.GetArrayFromImage(image).T
    axes = np.array(image.GetDirection()).reshape(3, 3)
    grid = Grid.from_axes(labels.shape, image.GetSpacing(), image.GetOrigin(), axes)
    assert body_or_whole(regions(labels, grid), grid) is holds
