from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from vfa.model.frame import Grid
from vfa.phantom.surroundings import surroundings
from vfa.phantom.trunk_space import Surrounding, TrunkRecipe

STRAIGHT = np.array([[0.0, 0.0, -500.0], [0.0, 0.0, 500.0]])
COARSE = Grid.from_axes((100, 80, 130), (4.0, 4.0, 4.0), (-200.0, -200.0, -200.0))
BONE = (Surrounding.BONE_CORTEX, Surrounding.BONE_MARROW)


@pytest.fixture(scope="module")
def trunk() -> np.ndarray:
    return surroundings(TrunkRecipe(5, STRAIGHT, 0.0), COARSE)


def _heights_lps(labels: np.ndarray, kind: int) -> np.ndarray:
    return COARSE.lps_of(np.argwhere(labels == kind))[:, 2]


def test_lungs_lie_above_the_lumbar_spine_and_bowel_below_them(trunk: np.ndarray) -> None:
    assert _heights_lps(trunk, Surrounding.LUNG).min() > 100
    assert np.median(_heights_lps(trunk, Surrounding.BOWEL_WALL)) < np.median(_heights_lps(trunk, Surrounding.LUNG))


def test_there_is_pelvic_bone_on_both_sides_but_none_where_the_spine_belongs(trunk: np.ndarray) -> None:
    places = COARSE.lps_of(np.argwhere(np.isin(trunk, BONE)))
    pelvis = places[places[:, 2] < 20]
    assert (pelvis[:, 0] > 60).sum() > 200
    assert (pelvis[:, 0] < -60).sum() > 200
    column = (np.abs(places[:, 0]) < 25) & (np.abs(places[:, 1]) < 20) & (places[:, 2] > 0)
    assert not column.any()


def test_the_body_is_one_piece_with_air_all_round(trunk: np.ndarray) -> None:
    body = trunk != Surrounding.AIR
    _, count = ndimage.label(body)
    assert count == 1
    assert not body[0].any()
    assert not body[-1].any()


def test_a_seed_gives_the_same_trunk_again_and_another_seed_another() -> None:
    small = Grid.from_axes((40, 40, 40), (5.0, 5.0, 5.0), (-100.0, -100.0, -100.0))
    first, again, other = (surroundings(TrunkRecipe(seed, STRAIGHT, 0.0), small) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.02


def test_an_oblique_lattice_sees_the_same_tissue_at_the_same_place() -> None:
    turn = np.radians(30)
    axes = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    oblique = Grid.from_axes((30, 30, 30), (4.0, 4.0, 4.0), (-70.0, -60.0, -20.0), axes)
    recipe = TrunkRecipe(7, np.array([[-10.0, 0.0, -200.0], [10.0, 5.0, 200.0]]), 0.0)
    places = oblique.lps_of(np.array([[3, 4, 5], [15, 15, 15], [20, 10, 25], [28, 2, 9]]))
    for index, place in zip([(3, 4, 5), (15, 15, 15), (20, 10, 25), (28, 2, 9)], places, strict=True):
        alone = surroundings(recipe, Grid.from_axes((1, 1, 1), (1.0, 1.0, 1.0), place))
        assert surroundings(recipe, oblique)[index] == alone[0, 0, 0]


def test_extras_appear_only_when_asked_for() -> None:
    plain = surroundings(TrunkRecipe(5, STRAIGHT, 0.0), COARSE)
    assert not np.isin(plain, (Surrounding.TABLE, Surrounding.METAL, Surrounding.CALCIUM)).any()
    extras = frozenset({"table", "hip prosthesis", "aortic calcium"})
    fitted = surroundings(TrunkRecipe(5, STRAIGHT, 0.0, 1.0, extras), COARSE)
    assert (fitted == Surrounding.TABLE).any()
    assert (fitted == Surrounding.METAL).any()
