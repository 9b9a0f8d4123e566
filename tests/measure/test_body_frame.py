from __future__ import annotations

import numpy as np
import pytest

from vfa.measure.body_frame import _plane_normal


@pytest.mark.parametrize("step_mm", [1.0, 3.0, 5.0])
def test_the_stairs_of_a_coarse_mask_do_not_leave_a_plane_without_points(step_mm: float) -> None:
    left, anterior = np.meshgrid(np.arange(-20.0, 21.0), np.arange(-15.0, 16.0), indexing="ij")
    exact = 0.36 * anterior + 0.1 * left  # tilted by 20°
    stairs = np.floor(exact / step_mm) * step_mm
    normal = _plane_normal(np.stack([left, anterior, stairs], axis=-1).reshape(-1, 3))
    true = np.array([-0.1, -0.36, 1.0]) / np.linalg.norm([-0.1, -0.36, 1.0])
    assert np.degrees(np.arccos(normal @ true)) < 3.0


def test_an_edge_that_falls_away_does_not_tilt_the_plane() -> None:
    left, anterior = np.meshgrid(np.arange(-20.0, 21.0), np.arange(-15.0, 16.0), indexing="ij")
    surface = np.where(anterior > 11, -8.0, 0.0)
    normal = _plane_normal(np.stack([left, anterior, surface], axis=-1).reshape(-1, 3))
    assert normal == pytest.approx([0, 0, 1], abs=0.01)
