import numpy as np
import pytest

from tests.phantom.flat_bodies import flat_body, vertebra_of
from vfa.phantom.body_field import BodyField
from vfa.phantom.body_shape import BodyShape
from vfa.phantom.fractures import Burst, Wedge

LUMBAR = BodyShape(width_mm=46.0, depth_mm=35.0, anterior_height_mm=27.0, posterior_height_mm=26.0, fracture=Wedge(8.0))


def points(*xyz):
    return tuple(np.asarray(part, dtype=np.float32) for part in np.broadcast_arrays(*xyz))


def test_the_endplates_lie_where_the_shape_says_to_a_twentieth_of_a_millimetre():
    rng = np.random.default_rng(1)
    x, y = rng.uniform(-16, 16, 4000), rng.uniform(-12, 12, 4000)
    for surface in (LUMBAR.upper_mm, LUMBAR.lower_mm):
        distance = BodyField(LUMBAR).surface(*points(x, y, surface(x, y)))
        assert np.abs(distance).max() < 0.05
        assert abs(distance.mean()) < 0.003


def test_distance_grows_with_the_step_away_from_plane_endplates_and_walls():
    field = BodyField(flat_body())
    steps = np.linspace(-1.5, 1.5, 13)
    np.testing.assert_allclose(field.surface(*points(3.0, 2.0, 12.5 + steps)), steps, atol=1e-3)
    np.testing.assert_allclose(field.surface(*points(3.0, 2.0, -12.5 - steps)), steps, atol=1e-3)
    front = 17.0 + steps
    np.testing.assert_allclose(field.surface(*points(0.0, front, 0.0)), steps, atol=0.11)


def test_the_distance_to_a_sloping_endplate_is_square_to_it():
    field = BodyField(flat_body(anterior_mm=15.0, posterior_mm=29.0))
    slope = 7.0 / 34.0
    height = float(field.shape.upper_mm(0.0, 0.0))
    assert field.surface(*points(0.0, 0.0, height + 1.0)) == pytest.approx(1 / np.hypot(1, slope), abs=0.02)


def test_the_fragment_stands_behind_the_wall_by_the_retropulsion():
    shape = flat_body(fracture=Burst(6.0, retropulsion_mm=5.0))
    field = BodyField(shape)
    y = np.arange(-30, -10, 0.01)
    bone = y[field.surface(*points(0.0, y, 6.0)) < 0].min()
    beside = y[field.surface(*points(14.0, y, 6.0)) < 0].min()
    below = y[field.surface(*points(0.0, y, -8.0)) < 0].min()
    assert bone == pytest.approx(-22.0, abs=0.15)
    assert beside > -17.05
    assert below == pytest.approx(-17.0, abs=0.1)


def test_a_body_without_a_fragment_has_none_to_measure():
    with pytest.raises(ValueError, match="none"):
        BodyField(flat_body()).fragment(*points(0.0, 0.0, 0.0))


def test_distances_are_given_for_points_in_lps():
    vertebra = vertebra_of(flat_body())
    anterior_surface = np.array([[0.0, -18.0, 0.0], [0.0, 0.0, 13.5]])  # LPS: y points back
    np.testing.assert_allclose(vertebra.distance_mm(anterior_surface), [1.0, 1.0], atol=0.11)
