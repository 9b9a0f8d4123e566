import numpy as np
import pytest
import SimpleITK
from scipy import ndimage

from tests.segment.made_up import dice, on_grid, phantom_grid, whole_vertebrae
from vfa.model.anatomy import VERSE_IDS
from vfa.model.frame import Grid
from vfa.phantom.anatomy import build_spine
from vfa.phantom.fractures import Burst, Crush, Wedge
from vfa.phantom.placement import Pose
from vfa.phantom.recipe import SpineRecipe
from vfa.phantom.truth import body_labels
from vfa.segment.bodies import BodyMask, cropped, within_box
from vfa.segment.body_cut import body_core, canal_beside, cut_body, find_canal
from vfa.segment.levels import head_to_foot, local_cranial

RECIPES = {
    "intact": SpineRecipe(seed=11, levels=("T6", "T7", "T8", "L1", "L2", "L3"), variation=1),
    "fractured": SpineRecipe(
        seed=12, levels=("T12", "L1", "L2", "L3"), fractures={"L1": Wedge(8), "L2": Crush(10)}, variation=1
    ),
    "lying askew": SpineRecipe(seed=13, levels=("T12", "L1", "L2"), pose=Pose((15, -20, 30), (10, 20, 30))),
}


def masks_of(labels: np.ndarray, grid: Grid) -> dict[int, BodyMask]:
    """Crops by label, from head to foot."""
    boxes = ndimage.find_objects(labels.astype(np.int32))
    whole = {n: within_box(labels == n, grid, box) for n, box in enumerate(boxes, start=1) if box is not None}
    order = head_to_foot([body.centre_lps for body in whole.values()])
    return {list(whole)[index]: list(whole.values())[index] for index in order}


def read(path) -> tuple[np.ndarray, Grid]:
    image = SimpleITK.ReadImage(str(path))
    axes = np.array(image.GetDirection()).reshape(3, 3)
    labels = SimpleITK.GetArrayFromImage(image).T
    return labels, Grid.from_axes(labels.shape, image.GetSpacing(), image.GetOrigin(), axes)


@pytest.mark.parametrize("name", RECIPES)
def test_bodies_cut_from_whole_phantom_vertebrae_are_the_true_bodies(name):
    spine = build_spine(RECIPES[name])
    grid = phantom_grid(spine)
    wholes = masks_of(whole_vertebrae(spine, grid), grid)
    truth = body_labels(spine, grid)
    centres = np.array([whole.centre_lps for whole in wholes.values()])
    for index, (label, whole) in enumerate(wholes.items()):
        vertebra = next(v for v in spine.vertebrae if VERSE_IDS[v.level] == label)
        canal = find_canal(whole, local_cranial(centres, index))
        assert canal is not None
        assert np.linalg.norm(canal.beside(vertebra.canal_lps) - vertebra.canal_lps) < 3
        body = cut_body(whole, canal)
        assert body is not None
        assert dice(on_grid(body, grid), truth == label) > 0.95, vertebra.level


def test_a_fragment_in_the_canal_stays_with_its_body():
    spine = build_spine(SpineRecipe(seed=14, levels=("T12", "L1", "L2"), fractures={"L1": Burst(9, 6)}))
    intact = build_spine(SpineRecipe(seed=14, levels=("T12", "L1", "L2"), fractures={"L1": Burst(9, 0)}))
    grid = phantom_grid(spine, (1, 1, 1))
    label = VERSE_IDS["L1"]
    fragment = (body_labels(spine, grid) == label) & ~(body_labels(intact, grid) == label)
    whole = cropped(whole_vertebrae(spine, grid) == label, grid)
    assert whole is not None
    canal = find_canal(whole, np.array([0.0, 0.0, 1.0]))
    assert canal is not None
    body = cut_body(whole, canal)
    assert body is not None
    assert fragment.sum() > 300
    assert on_grid(body, grid)[fragment].mean() > 0.8


def test_the_deepest_point_of_a_whole_vertebra_lies_in_its_body():
    spine = build_spine(SpineRecipe(seed=15, levels=("T8", "L3")))
    grid = phantom_grid(spine)
    truth = body_labels(spine, grid)
    for label, whole in masks_of(whole_vertebrae(spine, grid), grid).items():
        assert truth[tuple(np.rint(grid.ijk_of(body_core(whole))).astype(int))] == label


def test_an_open_ring_shows_no_canal_and_the_neighbours_serves():
    spine = build_spine(SpineRecipe(seed=16, levels=("L1", "L2", "L3"), variation=1))
    grid = phantom_grid(spine)
    labels, truth = whole_vertebrae(spine, grid), body_labels(spine, grid)
    wholes = masks_of(labels, grid)
    back = spine["L2"].canal_lps[1]
    ijk = np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape], indexing="ij"), axis=-1)
    open_ring = cropped((labels == VERSE_IDS["L2"]) & (grid.lps_of(ijk)[..., 1] < back), grid)  # no lamina in the mask
    assert open_ring is not None
    up = np.array([0.0, 0.0, 1.0])
    assert find_canal(open_ring, up) is None
    neighbour = find_canal(wholes[VERSE_IDS["L1"]], up)
    assert neighbour is not None
    body = cut_body(open_ring, canal_beside(open_ring, neighbour))
    assert body is not None
    assert dice(on_grid(body, grid), truth == VERSE_IDS["L2"]) > 0.9


def test_a_body_alone_has_no_canal():
    spine = build_spine(SpineRecipe(seed=17, levels=("L1", "L2")))
    grid = phantom_grid(spine)
    for body in masks_of(body_labels(spine, grid), grid).values():
        assert find_canal(body, np.array([0.0, 0.0, 1.0])) is None


@pytest.mark.parametrize(
    ("folder", "vertebrae", "subregions", "least"),
    [
        ("tum-sample001", "sub-sample001_seg-vert_msk.nii.gz", "sub-sample001_seg-subreg_msk.nii.gz", 0.96),
        ("tptbox-samples", "sub-ct_seg-vert_label-22_msk.nii.gz", "sub-ct_seg-subreg_label-22_msk.nii.gz", 0.98),
    ],
)
def test_bodies_cut_from_real_vertebrae_are_those_of_the_sub_regions(shared_data, folder, vertebrae, subregions, least):
    labels, grid = read(shared_data / folder / vertebrae)
    parts, parts_grid = read(shared_data / folder / subregions)
    wholes = masks_of(labels, grid)
    centres = np.array([whole.centre_lps for whole in wholes.values()])
    compared = 0
    for index, (label, whole) in enumerate(wholes.items()):
        canal = find_canal(whole, local_cranial(centres, index))
        if canal is None:
            continue
        body = cut_body(whole, canal)
        assert body is not None
        at = np.rint(parts_grid.ijk_of(whole.points_lps)).astype(int)
        truth = np.zeros(whole.mask.shape, dtype=bool)
        truth[whole.mask] = np.isin(parts[tuple(at.T)], (49, 50))
        assert dice(on_grid(body, whole.grid), truth) > least, label
        compared += 1
    assert compared >= len(wholes) - 1
