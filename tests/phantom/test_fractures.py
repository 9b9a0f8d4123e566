import numpy as np
import pytest

from vfa.phantom.fractures import Biconcave, Burst, Crush, Wedge, fracture_of

FRONT, MIDDLE, BACK = 0.14, 0.50, 0.86


def drop(fracture, depth, left=0.0):
    return float(fracture.upper_drop_mm(np.array([depth]), np.array([left]))[0])


def rise(fracture, depth, left=0.0):
    return float(fracture.lower_rise_mm(np.array([depth]), np.array([left]))[0])


def test_a_wedge_lowers_the_front_by_its_loss_and_leaves_the_back():
    assert drop(Wedge(7.0), FRONT) == pytest.approx(7.0)
    assert drop(Wedge(7.0), BACK) == pytest.approx(0.0)
    assert 2.0 < drop(Wedge(7.0), MIDDLE) < 5.0


def test_a_biconcave_fracture_sinks_the_middle_from_both_sides_and_leaves_the_rims():
    fracture = Biconcave(8.0)
    assert drop(fracture, MIDDLE) + rise(fracture, MIDDLE) == pytest.approx(8.0)
    assert drop(fracture, 0.0) == drop(fracture, 1.0) == 0.0
    assert drop(fracture, MIDDLE, left=1.0) == 0.0


def test_a_crush_lowers_every_place_alike():
    assert {drop(Crush(5.0), depth) for depth in (0.0, FRONT, MIDDLE, BACK, 1.0)} == {5.0}


def test_a_burst_lowers_the_front_most_and_the_back_somewhat():
    fracture = Burst(9.0, retropulsion_mm=5.0)
    assert drop(fracture, FRONT) == pytest.approx(9.0)
    assert 2.0 < drop(fracture, BACK) < 4.0


@pytest.mark.parametrize(("side", "left"), [("left", 0.67), ("right", -0.67)])
def test_a_lateral_collapse_spares_the_other_side(side, left):
    fracture = Crush(6.0, side=side)
    assert drop(fracture, MIDDLE, left) > 5.9
    assert drop(fracture, MIDDLE, -left) < 0.1


def test_a_fraction_of_a_height_becomes_millimetres():
    assert fracture_of("wedge", 0.3, 24.0).loss_mm == pytest.approx(7.2)
    burst = fracture_of("burst", 0.4, 25.0, retropulsion_mm=5.0)
    assert burst.loss_mm == pytest.approx(10.0)
    assert burst.retropulsion_mm == 5.0


@pytest.mark.parametrize("loss", [-1.0, float("nan"), float("inf")])
def test_an_impossible_loss_cannot_be_built(loss):
    with pytest.raises(ValueError, match="loss_mm"):
        Wedge(loss)


def test_an_unknown_shape_or_fraction_is_refused():
    with pytest.raises(ValueError, match="wedge, biconcave, crush or burst"):
        fracture_of("pancake", 0.3, 24.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="loss_fraction"):
        fracture_of("wedge", 30, 24.0)
