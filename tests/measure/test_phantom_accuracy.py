"""Heights against a phantom's truth: a short version of `benchmarks/accuracy.py`, on seeds used nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.degraded_masks import degraded
from benchmarks.phantom_cases import cases, grid_around, true_spine
from vfa.measure import measure_spine
from vfa.model.estimate import Unmeasurable, Why
from vfa.model.morphometry import COLUMNS, BodyHeights, HeightLoss
from vfa.model.spine import Spine
from vfa.model.volume import Modality
from vfa.phantom.anatomy import SpineRecipe, build_spine
from vfa.phantom.fractures import Crush
from vfa.phantom.render_ct import CtScanner, render_ct
from vfa.phantom.render_mr import MrScanner, render_mr
from vfa.phantom.truth import truth_of


@pytest.mark.slow
@pytest.mark.parametrize(
    ("slice_mm", "height_mae_mm", "loss_mae_fraction"),
    [(1.0, 0.35, 0.035), (3.0, 0.7, 0.05)],
)
def test_heights_and_losses_of_a_tilted_spine_with_fractures_are_those_of_the_truth(
    slice_mm: float, height_mae_mm: float, loss_mae_fraction: float
) -> None:
    in_plane = 0.7 if slice_mm < 2 else 0.8
    case = next(cases(range(7300, 7301), (in_plane, in_plane, slice_mm), fracture_share=0.5))
    height_errors, loss_errors, covered = [], [], []
    findings = measure_spine(case.spine, case.volume)
    assert case.shapes
    for found in findings:
        true = case.truth[found.level]
        assert isinstance(found.heights, BodyHeights), found.heights
        for column in COLUMNS:
            error = found.heights.centre[column].value - getattr(true.heights["centre"], f"{column}_mm")
            height_errors.append(error)
            covered.append(abs(error) <= 1.96 * found.heights.centre[column].sigma)
        if found.level in case.shapes:
            assert isinstance(found.height_loss, HeightLoss)
            loss_errors.append(found.height_loss.fraction.value - true.height_loss_fraction)
    assert np.abs(height_errors).mean() <= height_mae_mm
    assert np.abs(loss_errors).mean() <= loss_mae_fraction
    assert np.mean(covered) >= 0.8


@pytest.mark.slow
def test_a_body_cut_by_the_image_is_not_measured_even_when_its_mask_stops_short_of_the_edge() -> None:
    case = next(cases(range(7310, 7311), (0.9, 0.9, 2.0), fracture_share=0.0))
    top = case.spine.vertebrae[0]
    upper_half = float(case.volume.grid.ijk_of(top.centre_lps)[2]) + 2
    slices = int(upper_half)
    grid = case.volume.grid.crop((0, 0, 0), (*case.volume.grid.shape[:2], slices))
    cut_volume = replace(case.volume, voxels=case.volume.voxels[:, :, :slices], grid=grid)
    ijk = np.argwhere(top.body)
    short_of_edge = np.array(top.body)
    beyond = grid.ijk_of(top.grid.lps_of(ijk))[:, 2] > slices - 1.6
    short_of_edge[tuple(ijk[beyond].T)] = False
    spine = Spine((replace(top, body=short_of_edge), *case.spine.vertebrae[1:]), grid, "cut")
    found = measure_spine(spine, cut_volume)
    assert isinstance(found[0].heights, Unmeasurable)
    assert found[0].heights.reason is Why.TOUCHES_BORDER
    assert isinstance(found[1].heights, BodyHeights)


@pytest.mark.slow
def test_masks_three_millimetres_too_tall_at_both_ends_give_the_heights_of_the_image_with_wider_intervals() -> None:
    spine = build_spine(SpineRecipe(seed=7320, levels=("L1", "L2", "L3"), fractures={"L2": Crush(8.0)}, variation=1.0))
    grid = grid_around(spine, (0.9, 0.9, 3.0))
    volume = render_ct(spine, grid, CtScanner(slice_thickness_mm=3.0, seed=7320))
    exact = true_spine(spine, grid)
    as_drawn = measure_spine(exact, volume)[1].heights
    too_tall = measure_spine(degraded(exact, "tall", 7320), volume)[1].heights
    assert isinstance(as_drawn, BodyHeights)
    assert isinstance(too_tall, BodyHeights)
    truth = {true.level: true for true in truth_of(spine)}["L2"].heights["centre"]
    for column in COLUMNS:
        assert too_tall.centre[column].value == pytest.approx(getattr(truth, f"{column}_mm"), abs=1.0)
        assert too_tall.centre[column].sigma > 1.5 * as_drawn.centre[column].sigma


@pytest.mark.slow
def test_on_t1_a_band_of_impacted_marrow_is_not_taken_for_the_endplate() -> None:
    crushed = {"L2": Crush(7.0, band="sclerotic")}
    spine = build_spine(SpineRecipe(seed=7330, levels=("L1", "L2", "L3"), fractures=crushed, variation=1.0))
    sagittal = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
    grid = grid_around(spine, (0.8, 0.8, 4.0), sagittal)
    scanner = MrScanner(Modality.T1, slice_thickness_mm=3.6, fat_shift_mm=0.9, frequency_axis="i", seed=7330)
    found = measure_spine(true_spine(spine, grid), render_mr(spine, grid, scanner))[1].heights
    assert isinstance(found, BodyHeights)
    truth = {true.level: true for true in truth_of(spine)}["L2"].heights["centre"]
    for column in COLUMNS:
        assert found.centre[column].value == pytest.approx(getattr(truth, f"{column}_mm"), abs=1.2)
