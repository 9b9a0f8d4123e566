import numpy as np
import pytest

from vfa.model.frame import BodyFrame, Grid
from vfa.phantom.materials import Tissue
from vfa.phantom.painting import paint_image, paint_labels, points_in, window_of
from vfa.phantom.solids import Bar, BarPart, EllipticTube, TubePart

UPRIGHT = BodyFrame(np.zeros(3), np.array([0.0, 0.0, 1.0]), np.array([0.0, -1.0, 0.0]))
TILTED = BodyFrame.from_directions([3.2, -1.7, 4.9], [0.3, 0.2, 0.9], [0.1, -1.0, 0.2])
ROD = Bar((-6.0, 0.0, 0.0), (6.0, 0.0, 0.0), (4.0, 4.0), (4.0, 4.0))
ROD_MM3 = np.pi * 4**2 * 12 + 4 / 3 * np.pi * 4**3


class Plain:
    """Every tissue has the value 1."""

    def value(self, part, tissue, points):
        return 1.0


def points(*xyz):
    return tuple(np.asarray(part, dtype=np.float32) for part in np.broadcast_arrays(*xyz))


def test_the_distance_to_a_round_bar_is_that_to_its_axis_less_its_radius():
    across = np.array([0.0, 1.0, 4.0, 5.0])
    np.testing.assert_allclose(ROD.distance(*points(2.0, across, 0.0)), across - 4.0, atol=0.02)
    np.testing.assert_allclose(ROD.distance(*points(12.0, 0.0, 0.0)), 2.0, atol=0.02)


def test_an_elliptic_bar_has_its_first_half_size_along_its_side():
    flat = Bar((0.0, 0.0, 0.0), (0.0, -20.0, 0.0), (8.0, 3.0), (8.0, 3.0), side=(0.0, 0.0, 1.0))
    np.testing.assert_allclose(flat.distance(*points([0.0, 3.0], -10.0, [8.0, 0.0])), 0.0, atol=1e-4)


def test_a_bar_tapers_from_start_to_end():
    taper = Bar((0.0, 0.0, 0.0), (0.0, 0.0, 10.0), (4.0, 4.0), (2.0, 2.0), side=(1.0, 0.0, 0.0))
    np.testing.assert_allclose(taper.distance(*points([4.0, 3.0, 2.0], 0.0, [0.0, 5.0, 10.0])), 0.0, atol=1e-4)


@pytest.mark.parametrize("frame", [UPRIGHT, TILTED])
@pytest.mark.parametrize("spacing", [(0.4, 0.4, 0.4), (0.3, 0.3, 0.6)])
def test_coverage_adds_up_to_the_volume_on_any_lattice(frame, spacing):
    grid = Grid.from_axes((90, 90, 70), spacing, (-12.5, -13.0, -12.0))
    image = np.zeros(grid.shape, dtype=np.float32)
    paint_image(image, [BarPart(frame, ROD, Tissue.RIB)], grid, Plain())
    assert image.sum() * grid.voxel_volume_mm3 == pytest.approx(ROD_MM3, rel=0.01)


def test_coverage_keeps_the_place_of_the_surface_below_voxel_size():
    for shift in (0.0, 0.13, 0.4):
        grid = Grid.from_axes((40, 3, 3), (0.5, 0.5, 0.5), (-10.0 + shift, -0.5, -0.5))
        image = np.zeros(grid.shape, dtype=np.float32)
        tube = EllipticTube((0.0, 0.0), (6.0, 6.0), (-5.0, 5.0))
        paint_image(image, [TubePart(UPRIGHT, tube, Tissue.CANAL)], grid, Plain())
        assert image[:, 1, 1].sum() * 0.5 == pytest.approx(12.0, abs=0.02)


def test_labels_are_painted_where_voxel_centres_lie_inside():
    grid = Grid.from_axes((50, 50, 50), (0.5, 0.5, 0.5), (-12.0, -12.0, -12.0))
    labels = np.zeros(grid.shape, dtype=np.uint8)
    paint_labels(labels, [BarPart(UPRIGHT, ROD, Tissue.RIB)], grid)
    x, y, z = np.moveaxis(grid.lps_of(np.argwhere(np.ones(grid.shape))), -1, 0)
    inside = np.hypot(np.hypot(np.maximum(np.abs(x) - 6, 0), y), z) < 4
    assert ((labels.ravel() == Tissue.RIB) != inside).mean() < 1e-4


def test_later_parts_are_painted_over_earlier_ones_and_cores_lie_within_shells():
    grid = Grid.from_axes((50, 50, 50), (0.5, 0.5, 0.5), (-12.0, -12.0, -12.0))
    labels = np.zeros(grid.shape, dtype=np.uint8)
    paint_labels(
        labels, [BarPart(UPRIGHT, ROD, Tissue.RIB), BarPart(UPRIGHT, ROD, Tissue.RIB_MARROW, inset_mm=1.0)], grid
    )
    thick = labels[24, :, 24]
    assert (thick == Tissue.RIB_MARROW).sum() * 0.5 == pytest.approx(6.0, abs=0.5)
    assert (thick == Tissue.RIB).sum() * 0.5 == pytest.approx(2.0, abs=0.5)


def test_a_bar_keeps_clear_of_the_canal():
    canal = EllipticTube((0.0, 0.0), (3.0, 3.0), (-20.0, 20.0))
    part = BarPart(UPRIGHT, ROD, Tissue.POSTERIOR_MARROW, inset_mm=1.0, around=canal)
    ((_, distance),) = part.layers(*points([0.0, 3.9, 4.1], 0.0, 0.0))
    assert list(distance < 0) == [False, False, True]


def test_what_lies_outside_the_lattice_is_not_visited():
    grid = Grid.from_axes((10, 10, 10), (1.0, 1.0, 1.0), (500.0, 0.0, 0.0))
    assert window_of(grid, UPRIGHT, *ROD.box_mm) is None


def test_points_of_a_window_are_the_voxel_centres_in_the_part_s_frame():
    grid = Grid.from_axes((12, 10, 8), (0.7, 0.8, 1.5), (-4.0, -4.0, -6.0), TILTED.axes)
    window = (slice(2, 7), slice(1, 9), slice(3, 8))
    x, y, z = np.broadcast_arrays(*points_in(grid, window, UPRIGHT))
    expected = UPRIGHT.body_of(grid.lps_of((2 + 3, 1 + 4, 3 + 2)))
    np.testing.assert_allclose((x[3, 4, 2], y[3, 4, 2], z[3, 4, 2]), expected, atol=1e-4)
