from __future__ import annotations

import numpy as np
import pytest

from vfa.model.frame import Grid
from vfa.model.spine import Spine
from vfa.model.volume import Modality, Volume
from vfa.phantom.anatomy import PhantomSpine, build_spine
from vfa.phantom.fractures import fracture_of
from vfa.phantom.recipe import SpineRecipe
from vfa.phantom.render_ct import CtScanner, render_ct
from vfa.phantom.truth import body_labels
from vfa.segment.built_in import NOTHING_FOUND, BuiltInSegmenter
from vfa.segment.naming import PROVISIONAL
from vfa.segment.segmenter import Segmenter, silent

LEVELS = ("L2", "L3", "L4", "L5", "S1")


@pytest.fixture(scope="module")
def phantom() -> PhantomSpine:
    wedge = fracture_of("wedge", 0.35, 25.0)
    return build_spine(SpineRecipe(seed=90210, levels=LEVELS, variation=1.0, fractures={"L3": wedge}))


@pytest.fixture(scope="module")
def image(phantom: PhantomSpine) -> Volume:
    centres = np.array([segment.construction.centre_lps for segment in phantom.segments])
    low = centres.min(axis=0) - np.array([75, 65, 45])
    high = centres.max(axis=0) + np.array([75, 50, 30])
    spacing = np.array([1.5, 1.5, 2.5])
    shape = np.ceil((high - low) / spacing).astype(int)
    grid = Grid.from_axes((int(shape[0]), int(shape[1]), int(shape[2])), spacing, low)
    return render_ct(phantom, grid, CtScanner(slice_thickness_mm=2.5, seed=1))


@pytest.fixture(scope="module")
def spine(image: Volume) -> Spine:
    return BuiltInSegmenter().segment(image, silent)


def _dice(spine: Spine, truth: np.ndarray, at: int) -> float:
    vertebra = spine.vertebrae[at]
    start = np.rint(spine.grid.ijk_of(vertebra.grid.lps_of((0, 0, 0)))).astype(int)
    box = tuple(slice(s, s + n) for s, n in zip(start, vertebra.grid.shape, strict=True))
    return float(2 * (vertebra.body & truth[box]).sum() / (vertebra.body.sum() + truth.sum()))


def test_every_body_of_a_phantom_is_found_apart_from_its_neighbours(
    spine: Spine, phantom: PhantomSpine, image: Volume
) -> None:
    assert len(spine.vertebrae) == len(phantom.vertebrae)
    for found, true in zip(spine.vertebrae, phantom.vertebrae, strict=True):
        assert np.linalg.norm(found.centre_lps - true.construction.centre_lps) < 5
        assert not found.unusable
    labels = body_labels(phantom, image.grid)
    for at, verse_id in enumerate((21, 22, 23, 24)):
        assert _dice(spine, labels == verse_id, at) > 0.85


def test_names_are_counted_from_the_sacrum_and_say_how_sure_they_are(spine: Spine) -> None:
    assert spine.levels == ("L2", "L3", "L4", "L5")
    assert "sacrum" in spine.naming
    assert spine.alternative_naming in (("L3", "L4", "L5", "L6"), ("L1", "L2", "L3", "L4"))
    assert all(v.level_confidence is not None and 0.5 <= v.level_confidence < 1 for v in spine.vertebrae)


def test_the_canal_point_lies_in_the_true_canal(spine: Spine, phantom: PhantomSpine) -> None:
    for found, true in zip(spine.vertebrae, phantom.vertebrae, strict=True):
        assert found.canal_lps is not None
        across = (found.canal_lps - true.canal_lps) @ true.construction.axes
        assert np.hypot(across[0], across[1]) < 6


def test_a_body_cut_by_the_edge_says_so_and_without_the_sacrum_names_are_provisional(
    image: Volume, phantom: PhantomSpine
) -> None:
    top = round(image.grid.ijk_of(phantom["L4"].construction.centre_lps)[2])
    shape = (*image.grid.shape[:2], image.grid.shape[2] - top)
    cut = Volume(image.voxels[:, :, top:], image.grid.crop((0, 0, top), shape), Modality.CT)
    spine = BuiltInSegmenter().segment(cut, silent)
    assert spine.levels[:2] == ("V1", "V2")
    assert spine.naming == PROVISIONAL
    assert spine.vertebrae[-1].touches_border
    assert not spine.vertebrae[1].touches_border


@pytest.mark.parametrize("modality", [Modality.CT, Modality.T2])
def test_noise_gives_no_vertebra(modality: Modality) -> None:
    grid = Grid.from_axes((60, 60, 70), (2.0, 2.0, 2.0), (0.0, 0.0, 0.0))
    voxels = np.random.default_rng(4).normal(0, 200, grid.shape).astype(np.int16)
    spine = BuiltInSegmenter().segment(Volume(voxels, grid, modality), silent)
    assert spine.vertebrae == ()
    assert spine.notes == (NOTHING_FOUND,)


def test_a_water_cylinder_gives_no_vertebra() -> None:
    grid = Grid.from_axes((64, 64, 60), (3.0, 3.0, 3.0), (-96.0, -96.0, 0.0))
    x, y, _ = np.moveaxis(grid.lps_of(np.moveaxis(np.indices(grid.shape), 0, -1)), -1, 0)
    voxels = np.where(np.hypot(x, y) < 80, 0, -1000) + np.random.default_rng(1).normal(0, 12, grid.shape)
    spine = BuiltInSegmenter().segment(Volume(voxels.astype(np.int16), grid, Modality.CT), silent)
    assert spine.vertebrae == ()


def test_it_is_a_segmenter_and_tells_how_far_it_is(image: Volume) -> None:
    segmenter = BuiltInSegmenter()
    assert isinstance(segmenter, Segmenter)
    assert segmenter.name == "built-in"
    assert segmenter.version.startswith("locate-")
    told: list[float] = []
    low = Volume(image.voxels[:, :, :20], image.grid.crop((0, 0, 0), (*image.grid.shape[:2], 20)), Modality.CT)
    segmenter.segment(low, lambda doing, fraction: told.append(fraction))
    assert told == sorted(told)
    assert told[-1] == 1.0
