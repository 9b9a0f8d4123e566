"""Bodies at the image's edge: which are cut beyond measuring, and which only at their sides."""

from __future__ import annotations

import numpy as np
import pytest

from tests.segment.made_up import box_body, column_centre
from vfa.measure import measure_spine
from vfa.model.findings import VertebraFindings
from vfa.model.frame import Grid
from vfa.model.morphometry import BodyHeights
from vfa.model.spine import Spine
from vfa.model.volume import Modality, Volume
from vfa.segment.bodies import BodyMask, judge_bodies, vertebra_of
from vfa.segment.edges import edge_cut, faces_reached, left_of

AROUND_MM = np.array([200.0, 200.0, 200.0])
CANAL = column_centre(0) + np.array([0.0, 26.0, 0.0])


def slab(
    width_mm: float, shift_mm: float = 0.0, axes: np.ndarray | None = None, size_mm: np.ndarray = AROUND_MM
) -> Grid:
    """A sagittal stack of 4 mm slices around the first box (40 mm wide, 32 deep, 24 high); k is left–right."""
    directions = np.eye(3)[:, [1, 2, 0]] if axes is None else axes
    spacing = np.array([1.0, 1.0, 4.0])
    shape = np.array([size_mm[1], size_mm[2], round(width_mm / 4)]).astype(int)
    middle = column_centre(0) + np.array([shift_mm, 0.0, 0.0])
    corner = middle - directions @ ((shape - 1) / 2 * spacing)
    return Grid.from_axes(tuple(shape), spacing, corner, directions)


def seen_in(grid: Grid, body: BodyMask | None = None) -> BodyMask:
    """The part of a body that an image of this lattice shows, drawn on that lattice."""
    body = body or box_body()
    ijk = np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape], indexing="ij"), axis=-1)
    index = np.rint(body.grid.ijk_of(grid.lps_of(ijk))).astype(int)
    inside = ((index >= 0) & (index < body.grid.shape)).all(axis=-1)
    mask = np.zeros(grid.shape, dtype=bool)
    mask[inside] = body.mask[tuple(index[inside].T)]
    return BodyMask(mask, grid)


def turned_deg(about: int, degrees: float) -> np.ndarray:
    """(3, 3) rotation about one LPS axis."""
    turn = np.eye(3)
    one, two = [n for n in range(3) if n != about]
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn[one, one], turn[two, two], turn[one, two], turn[two, one] = c, c, -s, s
    return turn


def test_a_sagittal_slab_narrower_than_the_body_cuts_it_sideways_and_says_how_much_is_seen():
    grid = slab(32)
    vertebra = vertebra_of("L1", seen_in(grid), [grid], CANAL)
    assert (vertebra.cut_sideways, vertebra.touches_border) == (True, False)
    (sentence,) = vertebra.quality
    assert "28 mm of this body's width" in sentence  # eight slices: seven steps of 4 mm between the outermost


def test_a_slab_wider_than_the_body_cuts_nothing():
    grid = slab(60)
    vertebra = vertebra_of("L1", seen_in(grid), [grid], CANAL)
    assert (vertebra.cut_sideways, vertebra.touches_border, vertebra.quality) == (False, False, ())


def test_a_slab_that_shows_less_than_twenty_millimetres_cuts_through():
    grid = slab(20)  # 16 mm between the outermost of five slices
    vertebra = vertebra_of("L1", seen_in(grid), [grid], CANAL)
    assert (vertebra.cut_sideways, vertebra.touches_border) == (False, True)


@pytest.mark.parametrize(("axis", "name"), [(1, "front and back"), (2, "above and below")])
def test_a_body_that_also_reaches_another_margin_is_cut_through(axis, name):
    size = AROUND_MM.copy()
    size[axis] = 20
    grid = slab(32, size_mm=size)
    assert vertebra_of("L1", seen_in(grid), [grid], CANAL).touches_border, name


def test_one_side_alone_outside_the_images_is_a_sideways_cut():
    grid = slab(60, shift_mm=20)  # from 10 mm right of the middle to 50 mm left
    assert vertebra_of("L1", seen_in(grid), [grid], CANAL).cut_sideways


@pytest.mark.parametrize("degrees", [-30, 15, 30])
def test_an_oblique_slab_still_cuts_sideways(degrees):
    axes = turned_deg(2, degrees) @ np.eye(3)[:, [1, 2, 0]]
    grid = slab(24, axes=axes)
    cut = edge_cut(seen_in(grid).points_lps, [grid])
    assert cut.kind == "sideways"


def test_the_canal_tells_that_a_turned_body_is_cut_in_front_and_not_at_its_side():
    """A body turned by 40 degrees with its canal; a coronal face at 50 degrees to its left is no lateral one."""
    canal_direction = turned_deg(2, 40) @ np.array([0.0, 1.0, 0.0])
    points = box_body().points_lps
    left = left_of(points, points.mean(axis=0) + 26 * canal_direction)
    assert left == pytest.approx(turned_deg(2, 40) @ np.array([1.0, 0.0, 0.0]), abs=1e-6)


def test_a_canal_straight_beside_the_body_is_not_believed():
    points = box_body().points_lps
    assert left_of(points, points.mean(axis=0) + np.array([26.0, 0.0, 0.0])) == pytest.approx([1, 0, 0])


def test_the_faces_reached_are_named_by_their_outward_normals():
    grid = Grid.from_axes((10, 10, 10), (1, 1, 1), (0, 0, 0))
    normals = faces_reached(np.array([[0.0, 5, 5], [5, 9, 5]]), grid)
    assert np.array(normals) == pytest.approx(np.array([[-1, 0, 0], [0, 1, 0]]))


def test_bodies_cut_sideways_are_compared_with_each_other_only():
    grid = slab(24)
    cut = [vertebra_of("L1", seen_in(grid), [grid], CANAL)]
    whole = [vertebra_of(level, box_body(n), [], CANAL) for n, level in ((1, "L2"), (2, "L3"))]
    assert not any(vertebra.unusable for vertebra in judge_bodies([*cut, *whole]))


def heights_in(grid: Grid, image: str) -> VertebraFindings:
    vertebra = vertebra_of("L1", seen_in(grid), [grid], CANAL)
    voxels = np.where(seen_in(grid).mask, 600, 100).astype(np.int16)
    volume = Volume(voxels, grid, Modality.T1) if image == "with image" else None
    (found,) = measure_spine(Spine((vertebra,), grid, "by hand"), volume)
    return found


def middle_mm(found: VertebraFindings) -> float:
    assert isinstance(found.heights, BodyHeights)
    return found.heights.centre["middle"].value


def test_a_box_cut_sideways_has_the_height_it_was_made_with():
    assert middle_mm(heights_in(slab(32), "masks alone")) == pytest.approx(24.0, abs=0.6)


def test_a_body_cut_sideways_is_measured_in_the_image_as_if_it_were_whole_and_the_sentence_reaches_the_findings():
    cut, whole = heights_in(slab(32), "with image"), heights_in(slab(60), "with image")
    assert middle_mm(cut) == pytest.approx(middle_mm(whole), abs=0.1)
    assert any("28 mm of this body's width" in sentence for sentence in cut.quality)
    assert whole.quality == ()
