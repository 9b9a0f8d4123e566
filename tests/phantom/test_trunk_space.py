from __future__ import annotations

import numpy as np
import pytest

from vfa.model.frame import Grid
from vfa.phantom.trunk_space import Ellipsoid, Place, Rod, Surrounding, TrunkRecipe, paint, paint_rod

STRAIGHT = np.array([[0.0, 0.0, -500.0], [0.0, 0.0, 500.0]])
LATTICE = Grid.from_axes((80, 80, 80), (1.0, 1.0, 1.0), (-40.0, -40.0, -40.0))


def _blank() -> np.ndarray:
    return np.full(LATTICE.shape, Surrounding.AIR, dtype=np.uint8)


def test_an_ellipsoid_fills_its_volume_and_its_skin_has_the_depth_asked_for() -> None:
    labels = _blank()
    shape = Ellipsoid((0.0, 0.0, 0.0), (20.25, 15.25, 30.25), Surrounding.LIVER, Surrounding.BONE_CORTEX, 3.0)
    paint(labels, Place.of(LATTICE, TrunkRecipe(0, STRAIGHT, 0.0)), shape)
    assert (labels != Surrounding.AIR).sum() == pytest.approx(4 / 3 * np.pi * 20.25 * 15.25 * 30.25, rel=0.02)
    front = labels[40, :, 40]  # along the radius of 15.25 mm
    assert (front == Surrounding.BONE_CORTEX).sum() == pytest.approx(2 * 3, abs=1)


def test_a_rod_fills_the_volume_of_a_capsule() -> None:
    labels = _blank()
    paint_rod(labels, Place.of(LATTICE, TrunkRecipe(0, STRAIGHT, 0.0)), Rod((-20, 0, 0), (10, 10, 5), 8.0, 103))
    length = np.linalg.norm([30, 10, 5])
    assert (labels == 103).sum() == pytest.approx(np.pi * 64 * length + 4 / 3 * np.pi * 512, rel=0.02)


def test_shapes_follow_the_curve_of_the_column_and_the_size_of_the_person() -> None:
    labels = _blank()
    bent = np.array([[0.0, 0.0, -500.0], [12.0, -7.0, 0.0], [12.0, -7.0, 500.0]])
    place = Place.of(LATTICE, TrunkRecipe(0, bent, -10.0, 0.5))
    paint(labels, place, Ellipsoid((10.0, 0.0, 20.0), (12.0, 12.0, 12.0), Surrounding.KIDNEY))
    centre_lps = LATTICE.lps_of(np.argwhere(labels == Surrounding.KIDNEY).mean(axis=0))
    np.testing.assert_allclose(centre_lps, [12 + 10 * 0.5, -7, -10 + 20 * 0.5], atol=0.6)
    assert (labels == Surrounding.KIDNEY).sum() == pytest.approx(4 / 3 * np.pi * 6**3, rel=0.05)


def test_a_shape_off_the_lattice_leaves_it_as_it_was() -> None:
    labels = _blank()
    place = Place.of(LATTICE, TrunkRecipe(0, STRAIGHT, 0.0))
    paint(labels, place, Ellipsoid((0.0, 300.0, 0.0), (20.0, 20.0, 20.0), Surrounding.LIVER))
    assert (labels == Surrounding.AIR).all()


@pytest.mark.parametrize(
    ("curve", "scale", "extras", "complaint"),
    [
        (np.zeros((1, 3)), 1.0, frozenset(), "column_lps"),
        (STRAIGHT, 3.0, frozenset(), "scale"),
        (STRAIGHT, 1.0, frozenset({"parrot"}), "parrot"),
    ],
)
def test_an_impossible_trunk_is_refused(
    curve: np.ndarray, scale: float, extras: frozenset[str], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        TrunkRecipe(0, curve, 0.0, scale, extras)
