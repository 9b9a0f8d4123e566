from dataclasses import replace

import numpy as np
import pytest

from tests.segment.made_up import box_spine, column_centre
from vfa.model.spine import Spine
from vfa.segment.canal_points import canal_point, carried_on, posterior_directions

UP = np.array([0.0, 0.0, 1.0])


def tube(centre_xy, radius_mm=6.0) -> np.ndarray:
    """A vertical canal of points 1 mm apart along z, 0–400 mm."""
    ring = [(radius_mm * np.cos(a), radius_mm * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 8, endpoint=False)]
    return np.array([(centre_xy[0] + x, centre_xy[1] + y, z) for z in range(400) for x, y in ring])


def test_the_canal_point_is_the_canals_middle_at_the_bodys_height():
    centre = column_centre(1)
    point = canal_point(tube((100, 78)), centre, UP)
    assert point == pytest.approx([100, 78, centre[2]], abs=0.6)


def test_a_canal_out_of_reach_is_none():
    assert canal_point(tube((100, 150)), column_centre(1), UP) is None
    assert canal_point(np.empty((0, 3)), column_centre(1), UP) is None


def test_a_missing_point_is_carried_on_between_its_neighbours():
    centres = np.array([column_centre(n) for n in range(3)])
    back = [np.array([0, 20.0, 0]), np.array([4.0, 24.0, 0])]
    points = carried_on([centres[0] + back[0], None, centres[2] + back[1]], centres)
    assert points[1] == pytest.approx(centres[1] + [2, 22, 0])
    assert carried_on([None, None], centres[:2]) == (None, None)


def with_canals(spine: Spine, offsets: list) -> Spine:
    vertebrae = tuple(
        replace(v, canal_lps=None if offset is None else v.centre_lps + np.array(offset, dtype=float))
        for v, offset in zip(spine.vertebrae, offsets, strict=True)
    )
    return replace(spine, vertebrae=vertebrae)


def test_the_back_is_where_the_canal_is():
    spine = with_canals(box_spine(["L1", "L2", "L3"]), [(10, 10, 3), (10, 10, 3), (10, 10, 3)])
    directions, says = posterior_directions(spine)
    for direction in directions:
        assert direction == pytest.approx([np.sqrt(0.5), np.sqrt(0.5), 0])
    assert says == "the back is where the canal is"


def test_without_any_canal_the_stated_posterior_axis_serves_and_it_is_said():
    directions, says = posterior_directions(box_spine(["L1", "L2", "L3"]))
    for direction in directions:
        assert direction == pytest.approx([0, 1, 0])
    assert "no canal" in says


def test_a_canal_known_at_some_levels_serves_the_others():
    spine = with_canals(box_spine(["L1", "L2", "L3"]), [(20, 0, 0), None, None])
    directions, says = posterior_directions(spine)
    assert directions[2] == pytest.approx([1, 0, 0])
    assert "1 of 3" in says
