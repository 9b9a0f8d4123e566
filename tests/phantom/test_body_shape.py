import numpy as np
import pytest

from tests.phantom.flat_bodies import flat_body
from vfa.phantom.body_shape import BodyShape
from vfa.phantom.fractures import Crush

LUMBAR = BodyShape(width_mm=46.0, depth_mm=35.0, anterior_height_mm=27.0, posterior_height_mm=26.0)


def test_the_rims_stand_as_far_apart_as_the_heights_say():
    wedge = flat_body(anterior_mm=20.0, posterior_mm=26.0)
    y = np.array([17.0, -17.0])
    np.testing.assert_allclose(wedge.upper_mm(0 * y, y) - wedge.lower_mm(0 * y, y), [20.0, 26.0], atol=0.01)


def test_the_rim_is_flat_for_two_millimetres_and_the_endplate_is_concave_within():
    rim_plane = LUMBAR.centre_height_mm / 2
    front = LUMBAR.depth_mm / 2 - np.array([1.0, 2.0, 2.9])
    below_rim = rim_plane - LUMBAR.rim_slope * front - LUMBAR.upper_mm(0 * front, front)
    np.testing.assert_allclose(below_rim, 0.0, atol=0.06)
    deepest = rim_plane - LUMBAR.upper_mm(0.0, -0.04 * LUMBAR.depth_mm) - LUMBAR.rim_slope * 0.04 * 35
    assert deepest == pytest.approx(LUMBAR.upper_concavity_mm, abs=0.06)


def test_the_outline_is_as_wide_and_deep_as_given_and_recedes_behind():
    x = np.linspace(-30, 30, 6001)
    y = np.linspace(-25, 25, 5001)
    inside = LUMBAR.rim_distance_mm(*np.meshgrid(x[::10], y[::10], indexing="ij")) < 0
    wide = x[::10][inside.any(axis=1)]
    deep = y[::10][inside.any(axis=0)]
    assert wide.max() - wide.min() == pytest.approx(46.0, abs=0.05)
    assert deep.max() - deep.min() == pytest.approx(35.0, abs=0.05)
    midline = y[LUMBAR.rim_distance_mm(0 * y, y) < 0].min()
    assert midline - deep.min() == pytest.approx(LUMBAR.posterior_concavity_mm, abs=0.05)


def test_the_waist_draws_the_front_in_at_mid_height_only():
    y = np.linspace(0, 25, 2501)
    at_rim = y[LUMBAR.wall_distance_mm(0 * y, y, 1.0) < 0].max()
    at_waist = y[LUMBAR.wall_distance_mm(0 * y, y, 0.5) < 0].max()
    assert at_rim - at_waist == pytest.approx(LUMBAR.waist_mm, abs=0.4)


def test_the_posterior_wall_is_where_its_distance_is_nought():
    x, t = np.array([0.0, 5.0, -8.0]), np.array([0.5, 0.2, 0.9])
    y = LUMBAR.posterior_wall_mm(x, t)
    np.testing.assert_allclose(LUMBAR.wall_distance_mm(x, y, t), 0.0, atol=1e-3)


def test_the_intact_body_is_the_same_without_its_fracture():
    broken = flat_body(fracture=Crush(6.0))
    assert float(broken.intact.upper_mm(0, 0) - broken.upper_mm(0, 0)) == pytest.approx(6.0)
    assert broken.intact == flat_body()


def test_a_fracture_that_leaves_no_bone_is_refused():
    with pytest.raises(ValueError, match="between the endplates"):
        flat_body(fracture=Crush(23.0))


def test_a_body_without_size_is_refused():
    with pytest.raises(ValueError, match="width_mm"):
        flat_body(width_mm=0.0)
