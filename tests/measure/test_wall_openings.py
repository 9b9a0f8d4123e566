"""Soft tissue in the place of bone is an opening; a thin, dim cortex is not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from vfa.measure.back_surface import Levels
from vfa.measure.body_view import BEHIND_STEP_MM, CRANIAL_STEP_MM, LEFT_STEP_MM, BodyView
from vfa.measure.wall_openings import Opening, bone_below, openings
from vfa.model.frame import BodyFrame

WALL_MM = 16.0
CANAL_HU, MARROW_HU, CORTEX_HU = 15.0, 120.0, 1000.0
UPRIGHT = BodyFrame(np.zeros(3), np.array([0.0, 0.0, 1.0]), np.array([0.0, -1.0, 0.0]))


def wall_view(
    cortex_mm: float,
    hole_mm: tuple[float, float],
    hole_at_mm: tuple[float, float] = (8.0, 6.0),
    filled_hu: float = CANAL_HU + 10,
    deep_mm: float = 2.0,
) -> BodyView:
    """A flat wall at WALL_MM with a hole of a width and height, so deep, filled with blood, blurred as by a scanner."""
    left = np.arange(-16, 16.1, LEFT_STEP_MM)
    behind = np.arange(0, 36, BEHIND_STEP_MM)
    cranial = np.arange(-12, 12.1, CRANIAL_STEP_MM)
    fine = np.arange(0, 36, 0.05)
    column = np.where(fine < WALL_MM, MARROW_HU, CANAL_HU)
    column[(fine > WALL_MM - cortex_mm) & (fine < WALL_MM)] = CORTEX_HU
    opened = np.where((fine > WALL_MM - deep_mm) & (fine < WALL_MM), filled_hu, column)
    profiles = [ndimage.gaussian_filter1d(one, 0.5 / 0.05)[:: round(BEHIND_STEP_MM / 0.05)] for one in (column, opened)]
    inside = (np.abs(left[:, None] - hole_at_mm[0]) < hole_mm[0] / 2) & (
        np.abs(cranial[None, :] - hole_at_mm[1]) < hole_mm[1] / 2
    )
    share = ndimage.gaussian_filter(inside.astype(float), 0.6)[:, None, :]
    values = profiles[0][None, :, None] * (1 - share) + profiles[1][None, :, None] * share
    values = values + np.random.default_rng(1).normal(0, 12, values.shape)
    ends = np.full(len(left), 12.0)
    return BodyView(UPRIGHT, left, behind, cranial, values.astype(np.float32), ends, -ends, WALL_MM)


def seen(view: BodyView, marrow_hu: float = MARROW_HU) -> tuple[Opening, ...]:
    shape = len(view.left_mm), len(view.cranial_mm)
    flat = np.full(shape, WALL_MM)
    levels = Levels(CANAL_HU, marrow_hu, 300.0)
    counted = np.broadcast_to(np.abs(view.left_mm)[:, None] < 12, shape)
    left = np.broadcast_to(view.left_mm[:, None], shape)
    return openings(bone_below(view, levels, flat, flat, counted, counted), view, left)


@pytest.mark.parametrize("cortex_mm", [0.0, 0.25, 0.8])
def test_a_wall_is_closed_by_its_marrow_however_thin_its_cortex(cortex_mm: float):
    assert seen(wall_view(cortex_mm, (0.0, 0.0))) == ()


@pytest.mark.parametrize("cortex_mm", [0.25, 0.8])
def test_blood_in_the_place_of_bone_is_an_opening_with_its_place_and_size(cortex_mm: float):
    (one,) = seen(wall_view(cortex_mm, (5.0, 4.5)))
    assert one.left_mm == pytest.approx(8.0, abs=0.6)
    assert one.height_fraction == pytest.approx(0.75, abs=0.04)
    # Blur takes from an opening's edges: it is not seen larger than it is, nor at less than half its size.
    assert 2.5 <= one.width_mm <= 5.5
    assert 2.25 <= one.height_mm <= 5.0


def test_a_tumour_as_bright_as_marrow_in_the_place_of_a_bright_cortex_is_an_opening():
    (one,) = seen(wall_view(0.8, (7.0, 7.0), filled_hu=1.2 * MARROW_HU))
    assert one.darker_than == "wall"
    assert one.area_mm2 == pytest.approx(49.0, abs=15.0)


def test_at_the_veins_place_only_what_is_darker_than_marrow_is_an_opening():
    assert seen(wall_view(0.8, (7.0, 7.0), (0.0, 0.0), filled_hu=1.2 * MARROW_HU)) == ()


@pytest.mark.parametrize(("deep_mm", "in_front"), [(2.0, 1.0), (14.0, 0.1)])
def test_what_lies_in_front_of_an_opening_is_told(deep_mm: float, in_front: float):
    (one,) = seen(wall_view(0.5, (10.0, 10.0), (0.0, 0.0), deep_mm=deep_mm))
    assert one.in_front == pytest.approx(in_front, abs=0.35)


def test_a_channel_leads_into_the_marrow_from_a_deep_opening_and_none_from_a_gap_in_the_cortex():
    (gap,) = seen(wall_view(0.5, (10.0, 6.0), (0.0, 0.0), deep_mm=1.8))
    assert gap.channel_mm == (0.0, 0.0)
    (vein,) = seen(wall_view(0.5, (10.0, 6.0), (0.0, 0.0), deep_mm=10.0))
    assert vein.channel_mm == pytest.approx((10.0, 6.0), abs=1.5)
    assert vein.wider_than_channel == pytest.approx(1.0, abs=0.2)


def test_no_channel_is_asked_for_in_marrow_too_thin_to_show_one():
    (one,) = seen(wall_view(0.5, (10.0, 6.0), (0.0, 0.0)), marrow_hu=CANAL_HU + 50)
    assert one.channel_mm is None
    assert one.wider_than_channel is None


def test_a_pit_that_rays_go_on_into_is_an_opening_though_blur_has_brightened_it():
    """Thick slices blur a gap's edges over it: it is as bright as 0.7 of marrow, but bone begins 2 mm deeper."""
    view = wall_view(0.5, (7.0, 7.0), (0.0, 0.0), filled_hu=1.2 * MARROW_HU)
    shape = len(view.left_mm), len(view.cranial_mm)
    inside = (np.abs(view.left_mm)[:, None] < 3.5) & (np.abs(view.cranial_mm)[None, :] < 3.5)
    surface, flat = np.where(inside, WALL_MM - 2.0, WALL_MM), np.full(shape, WALL_MM)
    counted = np.broadcast_to(np.abs(view.left_mm)[:, None] < 12, shape)
    levels = Levels(CANAL_HU, MARROW_HU * 1.5, 300.0)
    left = np.broadcast_to(view.left_mm[:, None], shape)
    assert openings(bone_below(view, levels, flat, flat, counted, counted), view, left) == ()
    (one,) = openings(bone_below(view, levels, surface, flat, counted, counted), view, left)
    assert 15.0 <= one.area_mm2 <= 50.0
