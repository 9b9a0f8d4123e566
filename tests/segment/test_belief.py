from __future__ import annotations

import numpy as np

from vfa.model.frame import Grid
from vfa.segment.belief import Belief
from vfa.segment.locate import SpineMaps

SHAPE = (20, 20, 30)


def _maps(body: np.ndarray) -> SpineMaps:
    none = np.zeros(SHAPE, dtype=np.float32)
    grid = Grid.from_axes(SHAPE, (2.0, 2.0, 2.0), (-10.0, 5.0, 40.0))
    return SpineMaps(body.astype(np.float32), none, none, none, none, none, np.ones(SHAPE, dtype=bool), grid)


def _two_bodies() -> tuple[SpineMaps, np.ndarray]:
    body, instances = np.zeros(SHAPE), np.zeros(SHAPE, dtype=np.int32)
    for number, (low, high) in enumerate(((4, 12), (13, 21)), start=1):
        body[5:15, 5:15, low:high] = 0.9
        instances[5:15, 5:15, low:high] = number
    body[:, :, 12] = 0.4  # between them, no body for sure
    body[4, 5:15, 4:12] = 0.45
    return _maps(body), instances


def test_it_ends_halfway_to_the_neighbour_and_keeps_what_lies_just_outside_its_voxels() -> None:
    maps, instances = _two_bodies()
    belief = Belief.of(maps, instances, 1)
    whole = belief.on(maps.grid)
    assert (whole[instances == 1] > 0.89).all()
    assert (whole[instances == 2] == 0).all()
    np.testing.assert_allclose(whole[4, 6:14, 5:11], 0.45, atol=1e-6)


def test_a_body_beside_it_is_believed_with_the_opposite_sign_and_a_scrap_that_is_none_not_at_all() -> None:
    maps, instances = _two_bodies()
    whole = Belief.of(maps, instances, 1, {2}).on(maps.grid)
    assert (whole[instances == 1] > 0.89).all()
    assert (whole[instances == 2] < -0.89).all()
    scrap = np.where((instances == 2) & (np.arange(SHAPE[2]) > 18), 3, instances).astype(np.int32)
    assert (Belief.of(maps, scrap, 1, {2}).on(maps.grid)[scrap == 3] == 0).all()


def test_on_a_finer_image_its_mask_covers_the_same_place() -> None:
    maps, instances = _two_bodies()
    image = Grid.from_axes((80, 80, 120), (0.5, 0.5, 0.5), (-10.5, 4.5, 39.5))
    body = Belief.of(maps, instances, 2).mask_on(image)
    assert body is not None
    expected = maps.grid.lps_of(np.argwhere(instances == 2).mean(axis=0))
    assert np.linalg.norm(body.centre_lps - expected) < 0.5


def test_an_image_elsewhere_shows_nothing_of_it() -> None:
    maps, instances = _two_bodies()
    elsewhere = Grid.from_axes((10, 10, 10), (1.0, 1.0, 1.0), (300.0, 300.0, 300.0))
    assert Belief.of(maps, instances, 1).mask_on(elsewhere) is None
