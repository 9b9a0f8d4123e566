from __future__ import annotations

import numpy as np
import pytest

from tests.segment.made_up import BOX_MM, STEP_MM, box_body
from vfa.segment.between import Between


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
