from __future__ import annotations

import numpy as np
import pytest

from tests.segment.made_up import BOX_MM, STEP_MM, box_body
from vfa.segment.between import Between
from vfa.segment.bodies import BodyMask


def test_the_gap_runs_from_surface_to_surface_along_the_line_between_the_centres() -> None:
    between = Between.of(box_body(0), box_body(1))
    assert between.gap_mm == pytest.approx(STEP_MM - BOX_MM[2], abs=0.1)
    assert between.heights_mm == pytest.approx((BOX_MM[2], BOX_MM[2]), abs=0.1)
    np.testing.assert_allclose(between.cranial, [0, 0, 1], atol=1e-9)
    np.testing.assert_allclose(between.middle_lps, (box_body(0).centre_lps + box_body(1).centre_lps) / 2, atol=0.6)


def test_bodies_of_unequal_height_leave_the_middle_of_the_gap_nearer_to_the_low_one() -> None:
    low = box_body(1, size_mm=(40, 32, 10))
    between = Between.of(box_body(0), low)
    assert between.gap_mm == pytest.approx(STEP_MM - 17, abs=0.1)
    assert between.middle_lps[2] == pytest.approx(low.centre_lps[2] + 5 + between.gap_mm / 2, abs=0.1)


def test_bodies_that_run_into_each_other_leave_less_than_nothing() -> None:
    assert Between.of(box_body(0), box_body(1, shift_lps=(0, 0, 15.0))).gap_mm < -1


def test_a_speck_far_below_does_not_lengthen_a_body() -> None:
    body = box_body(0)
    mask = np.zeros((*body.mask.shape[:2], body.mask.shape[2] + 20), dtype=bool)
    mask[:, :, 20:] = body.mask
    mask[22:26, 18:22, 1:3] = True
    shape = (mask.shape[0], mask.shape[1], mask.shape[2])
    specked = BodyMask(mask, body.grid.crop((0, 0, -20), shape))
    assert Between.of(specked, box_body(1)).gap_mm == pytest.approx(Between.of(body, box_body(1)).gap_mm, abs=0.1)
