"""Gas within a body is told from gas in the disc and from the lung beside it."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.phantom_cases import grid_around, true_spine
from tests.measure.made_up_interior import LOWER, SHAPE, UPPER, ball, ct_of, interior_with
from vfa.measure import measure_spine
from vfa.measure.cleft import find_cleft
from vfa.model.estimate import Estimate
from vfa.model.morphometry import COLUMNS, BodyHeights
from vfa.model.posterior_wall import Presence
from vfa.phantom.anatomy import SpineRecipe, build_spine
from vfa.phantom.inclusions import VacuumDisc
from vfa.phantom.render_ct import CtScanner, render_ct
from vfa.phantom.truth import truth_of

GAS_HU = -900.0


def test_a_flat_hollow_of_gas_between_the_endplates_is_a_cleft_with_its_volume():
    hollow = ball((24, 20, 22), (9, 6, 2.5))
    found = find_cleft(interior_with((hollow, GAS_HU)), ct_of())
    volume = found.measures["gas_volume_mm3"]
    assert found.presence is Presence.PRESENT
    assert isinstance(volume, Estimate)
    assert volume.value == pytest.approx(hollow.sum(), rel=0.1)


def test_gas_in_the_disc_is_no_cleft():
    found = find_cleft(interior_with((ball((24, 20, UPPER + 4), (10, 8, 2.5)), GAS_HU)), ct_of())
    assert found.presence is Presence.ABSENT


def test_lung_in_the_waist_of_a_thoracic_body_is_no_cleft():
    lung = np.zeros(SHAPE, dtype=bool)
    lung[:7, 10:30, LOWER + 5 : UPPER - 5] = True  # three cells of it within the outline of the endplates
    found = find_cleft(interior_with((lung, GAS_HU)), ct_of())
    assert found.presence is Presence.ABSENT


def test_gas_that_reaches_from_the_disc_deep_into_the_body_is_left_to_a_reader():
    through = ball((24, 20, UPPER), (8, 6, 5))
    found = find_cleft(interior_with((through, GAS_HU)), ct_of())
    assert found.presence is Presence.NOT_ASSESSABLE
    assert "reader" in found.because


def test_slices_too_thick_to_show_a_cleft_do_not_exclude_one():
    assert find_cleft(interior_with(), ct_of(5.0)).presence is Presence.NOT_ASSESSABLE


@pytest.mark.slow
def test_gas_in_a_disc_moves_no_endplate_and_makes_no_cleft():
    spine = build_spine(SpineRecipe(seed=60900, levels=("L1", "L2"), features={"L1": (VacuumDisc(),)}))
    grid = grid_around(spine, (0.8, 0.8, 1.2))
    volume = render_ct(spine, grid, CtScanner(slice_thickness_mm=1.2, seed=60900))
    truth = {true.level: true.heights["centre"] for true in truth_of(spine)}
    for found in measure_spine(true_spine(spine, grid), volume):
        assert isinstance(found.heights, BodyHeights)
        for column in COLUMNS:
            true_mm = getattr(truth[found.level], f"{column}_mm")
            assert found.heights.centre[column].value == pytest.approx(true_mm, abs=0.6)
        assert found.findings["cleft"].presence is Presence.ABSENT
