from __future__ import annotations

import numpy as np
import pytest

from vfa.model.frame import Grid
from vfa.segment.instances import Candidate, canal_behind, find_instances, spine_chain
from vfa.segment.locate import SpineMaps

GRID = Grid.from_axes((60, 60, 90), (2.0, 2.0, 2.0), (-60.0, -60.0, 0.0))
PLACES = GRID.lps_of(np.moveaxis(np.indices(GRID.shape), 0, -1))


def _column(heights_mm: list[float], z_mm: list[float], gap: str = "disc", canal: str = "there") -> SpineMaps:
    """Cylinders of 40 mm across at x = y = 0, a canal 30 mm behind them."""
    across = np.hypot(PLACES[..., 0], PLACES[..., 1])
    body, centre, disc = (np.zeros(GRID.shape, np.float32) for _ in range(3))
    for height, z in zip(heights_mm, z_mm, strict=True):
        up = np.abs(PLACES[..., 2] - z)
        body[(across < 20) & (up < height / 2)] = 1
        centre = np.maximum(centre, np.exp(-0.5 * ((across / 7) ** 2 + (up / (0.2 * height)) ** 2))).astype(np.float32)
    if gap == "disc":
        disc[(across < 20) & (body == 0) & (PLACES[..., 2] > min(z_mm)) & (PLACES[..., 2] < max(z_mm))] = 1
    tube = np.hypot(PLACES[..., 0], PLACES[..., 1] - 30) < 8
    ones = (tube if canal == "there" else np.zeros_like(tube)).astype(np.float32)
    blank = np.zeros(GRID.shape, np.float32)
    return SpineMaps(body, blank, disc, ones, blank, centre, np.ones(GRID.shape, bool), GRID)


def test_bodies_that_touch_are_told_apart_by_their_centres() -> None:
    maps = _column([24, 12, 24], [131, 113, 95], gap="none")
    labels, candidates = find_instances(maps)
    assert len(candidates) == 3
    volumes_ml = sorted(candidate.volume_ml for candidate in candidates)
    expected_ml = sorted(np.pi * 20**2 * height / 1000 for height in (24, 12, 24))
    assert volumes_ml == pytest.approx(expected_ml, rel=0.08)
    assert labels.max() == 3


def test_neighbours_make_a_chain_from_head_to_foot() -> None:
    maps = _column([24, 24, 24], [40, 72, 104])
    chain = spine_chain(maps, find_instances(maps)[1])
    assert [round(float(c.centre_lps[2])) for c in chain] == [104, 72, 40]


@pytest.mark.parametrize(("tilt_deg", "bodies"), [(70.0, 3), (80.0, 2)])
def test_a_hunched_chest_may_lie_nearly_flat_but_no_spine_turns_back(tilt_deg: float, bodies: int) -> None:
    tilt = np.radians(tilt_deg)
    places = [(0.0, 0.0, 60.0), (0.0, 0.0, 90.0), (0.0, -26.0 * np.sin(tilt), 90.0 + 26.0 * np.cos(tilt))]
    candidates = tuple(Candidate(n, np.array(place), 12.0, 0.9, 0.95) for n, place in enumerate(places, start=1))
    everywhere = np.ones(GRID.shape, np.float32)
    blank = np.zeros(GRID.shape, np.float32)
    maps = SpineMaps(everywhere, blank, blank, everywhere, blank, blank, everywhere > 0, GRID)
    assert len(spine_chain(maps, candidates)) == bodies


def test_a_body_far_from_the_column_is_left_out() -> None:
    maps = _column([24, 24, 24], [40, 72, 104])
    ball = np.linalg.norm(PLACES - [45, -45, 150], axis=-1)
    maps.body[ball < 14] = 1
    maps.centre[:] = np.maximum(maps.centre, np.exp(-0.5 * (ball / 5) ** 2))
    candidates = find_instances(maps)[1]
    assert len(candidates) == 4
    assert len(spine_chain(maps, candidates)) == 3


def test_bodies_with_nothing_of_a_spine_between_them_are_no_neighbours() -> None:
    maps = _column([14, 14], [40, 90], gap="none")
    assert len(spine_chain(maps, find_instances(maps)[1])) == 1


def test_without_a_canal_there_is_no_spine() -> None:
    maps = _column([24, 24, 24], [40, 72, 104], canal="missing")
    assert spine_chain(maps, find_instances(maps)[1]) == ()


def test_a_chain_of_doubtful_bodies_is_no_spine() -> None:
    maps = _column([24, 24, 24], [40, 72, 104])
    maps.body[maps.body > 0] = 0.7
    candidates = find_instances(maps)[1]
    assert len(candidates) == 3
    assert spine_chain(maps, candidates) == ()


def test_a_body_without_a_centre_counts_only_where_the_image_ends() -> None:
    maps = _column([24, 24], [40, 72])
    maps.body[(np.hypot(PLACES[..., 0], PLACES[..., 1]) < 20) & (PLACES[..., 2] > 170)] = 1
    assert len(find_instances(maps)[1]) == 3
    maps.body[..., -6:] = 0  # the same piece, away from the edge
    maps.body[(np.hypot(PLACES[..., 0], PLACES[..., 1]) < 20) & (np.abs(PLACES[..., 2] - 140) < 6)] = 1
    assert len(find_instances(maps)[1]) == 2


def test_the_canal_point_lies_in_the_canal_at_the_bodys_height() -> None:
    maps = _column([24, 24, 24], [40, 72, 104])
    point = canal_behind(maps, np.array([0.0, 0.0, 72.0]), np.array([0.0, 0.0, 1.0]))
    assert point is not None
    np.testing.assert_allclose(point, [0, 30, 72], atol=1.1)


def test_a_crushed_body_without_a_peak_of_its_own_is_parted_at_the_waist() -> None:
    maps = _column([24, 10], [104, 82], gap="none")
    across, z = np.hypot(PLACES[..., 0], PLACES[..., 1]), PLACES[..., 2]
    maps.body[(across < 7) & (z < 93) & (z > 85)] = 1  # a bridge through the disc
    maps.centre[z < 92] *= 0.2
    candidates = find_instances(maps)[1]
    assert len(candidates) == 2
    assert sorted(round(float(c.centre_lps[2])) for c in candidates) == pytest.approx([82, 104], abs=3)


def test_an_hourglass_is_one_body() -> None:
    maps = _column([24], [104])
    across, z = np.hypot(PLACES[..., 0], PLACES[..., 1]), PLACES[..., 2]
    maps.body[(np.abs(z - 104) < 4) & (across > 15)] = 0
    assert len(find_instances(maps)[1]) == 1


def test_the_middle_of_a_body_crushed_flat_need_not_look_like_body() -> None:
    maps = _column([24, 12, 24], [131, 113, 95])
    maps.body[np.linalg.norm(PLACES - [0, 0, 113], axis=-1) < 3] = 0
    assert len(find_instances(maps)[1]) == 3


def test_what_lies_below_the_sacrum_is_no_neighbour() -> None:
    maps = _column([24, 24, 24], [40, 120, 152])
    assert len(spine_chain(maps, find_instances(maps)[1])) == 3
    maps.sacrum[(np.hypot(PLACES[..., 0], PLACES[..., 1]) < 25) & (np.abs(PLACES[..., 2] - 80) < 18)] = 1
    assert len(spine_chain(maps, find_instances(maps)[1])) == 2
