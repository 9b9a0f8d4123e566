"""Numbers of wall and canal are those of the phantom, and where they were measured is kept with them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from benchmarks.phantom_cases import grid_around, true_spine
from vfa.measure import measure_spine
from vfa.model.estimate import Estimate
from vfa.model.findings import VertebraFindings
from vfa.model.frame import BodyFrame
from vfa.model.posterior_wall import PosteriorWall, WallStatus
from vfa.phantom.anatomy import SpineRecipe, build_spine
from vfa.phantom.fractures import Burst
from vfa.phantom.render_ct import CtScanner, render_ct
from vfa.phantom.truth import TrueVertebra, truth_of

ARCH_MM = 32.0  # behind the bodies
BURST = Burst(6.0, 5.0)


@cache
def measured() -> dict[str, tuple[VertebraFindings, TrueVertebra]]:
    """T12 and L2 whole, L1 burst."""
    spine = build_spine(SpineRecipe(seed=5, levels=("T12", "L1", "L2", "S1"), fractures={"L1": BURST}))
    grid = grid_around(spine, (0.8, 0.8, 1.0), behind_mm=ARCH_MM)
    found = measure_spine(true_spine(spine, grid), render_ct(spine, grid, CtScanner()))
    truth = {true.level: true for true in truth_of(spine)}
    return {one.level: (one, truth[one.level]) for one in found}


def wall_of(level: str) -> tuple[PosteriorWall, BodyFrame, TrueVertebra]:
    found, true = measured()[level]
    assert isinstance(found.posterior_wall, PosteriorWall)
    assert isinstance(found.frame, BodyFrame)
    return found.posterior_wall, found.frame, true


def length_mm(line: np.ndarray | None) -> float:
    assert line is not None
    return float(np.linalg.norm(line[1] - line[0]))


@pytest.mark.slow
@pytest.mark.parametrize("level", ["T12", "L1", "L2"])
def test_the_canal_is_as_wide_as_the_phantoms_and_its_line_as_long(level: str) -> None:
    wall, frame, true = wall_of(level)
    assert isinstance(wall.canal_ap_mm, Estimate)
    assert isinstance(wall.canal_area_mm2, Estimate)
    assert wall.canal_ap_mm.value == pytest.approx(true.canal.ap_mm, abs=0.6)
    assert wall.canal_area_mm2.value == pytest.approx(true.canal.area_mm2, rel=0.08)
    assert length_mm(wall.canal_ap_line_lps) == pytest.approx(wall.canal_ap_mm.value, abs=0.05)
    # In the midline of a body that stands straight, front before back, and in the outline's own plane.
    assert wall.canal_ap_line_lps is not None
    assert wall.canal_outline_lps is not None
    ends, around = frame.body_of(wall.canal_ap_line_lps), frame.body_of(wall.canal_outline_lps)
    assert np.abs(ends[:, 0]).max() < 1.0
    assert ends[0, 1] > ends[1, 1]
    assert np.ptp(np.concatenate([ends[:, 2], around[:, 2]])) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.slow
def test_retropulsion_runs_from_the_expected_wall_straight_back_to_the_fragment() -> None:
    wall, frame, true = wall_of("L1")
    assert isinstance(wall.retropulsion_mm, Estimate)
    low, high = wall.retropulsion_mm.ci95
    assert low <= true.retropulsion_mm <= high
    assert wall.retropulsion_line_lps is not None
    foot, tip = frame.body_of(wall.retropulsion_line_lps)
    assert foot - tip == pytest.approx([0.0, wall.retropulsion_mm.value, 0.0], abs=1e-6)


@pytest.mark.slow
def test_the_canal_is_narrowest_at_the_fragment() -> None:
    wall, frame, _ = wall_of("L1")
    assert wall.canal_ap_line_lps is not None
    assert wall.retropulsion_line_lps is not None
    front, tip = frame.body_of(wall.canal_ap_line_lps)[0], frame.body_of(wall.retropulsion_line_lps)[1]
    assert front[1] == pytest.approx(tip[1], abs=2.0)


@pytest.mark.slow
def test_slices_three_millimetres_apart_never_show_that_a_wall_is_whole() -> None:
    spine = build_spine(SpineRecipe(seed=5, levels=("T12", "L1", "L2", "S1")))
    grid = grid_around(spine, (0.8, 0.8, 3.0), behind_mm=ARCH_MM)
    walls = [one.posterior_wall for one in measure_spine(true_spine(spine, grid), render_ct(spine, grid, CtScanner()))]
    assert all(isinstance(wall, PosteriorWall) and wall.status is WallStatus.NOT_ASSESSABLE for wall in walls)
    assert "slices of 3 mm" in walls[0].because  # type: ignore[union-attr]
