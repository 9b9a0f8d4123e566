from __future__ import annotations

import numpy as np
import pytest

from tests.measure.shapes import block_mask, column_of_blocks
from vfa.measure import measure_spine
from vfa.measure.alignment import align
from vfa.model.alignment import AlignmentMeasure
from vfa.model.frame import Grid
from vfa.model.spine import Spine, Vertebra


def measures(spine: Spine) -> dict[tuple[str, str], AlignmentMeasure]:
    return {(m.name, m.level): m for m in align(measure_spine(spine, None))}


def test_a_wedge_of_eight_millimetres_over_thirty_two_is_fourteen_degrees_of_kyphosis() -> None:
    found = measures(column_of_blocks([(27, 27), (20, 28), (27, 27)]))
    angle = found["vertebral_kyphosis", "L2"]
    assert angle.estimate.value == pytest.approx(14.0, abs=1.0)  # atan(8 / 32)
    assert angle.cranial_landmark == "superior endplate of L2"
    assert angle.caudal_landmark == "inferior endplate of L2"


def test_the_intact_body_above_adds_nothing_to_the_local_angle() -> None:
    found = measures(column_of_blocks([(27, 27), (20, 28), (27, 27)]))
    # The blocks' wedge is symmetric: half of it lies in each endplate.
    assert found["local_kyphosis", "L2"].estimate.value == pytest.approx(7.0, abs=1.0)
    assert found["local_kyphosis", "L2"].cranial_landmark == "superior endplate of L1"
    assert found["segmental_kyphosis", "L2"].estimate.value == pytest.approx(0.0, abs=1.0)


def test_a_reverse_wedge_is_negative() -> None:
    found = measures(column_of_blocks([(27, 27), (28, 20), (27, 27)]))
    assert found["vertebral_kyphosis", "L2"].estimate.value == pytest.approx(-14.0, abs=1.0)


def test_a_level_that_is_not_next_gives_no_local_angle() -> None:
    spine = column_of_blocks([(27, 27), (27, 27), (27, 27)])
    without_l2 = Spine((spine["L1"], spine["L3"]), spine.grid, "test")
    names = {(m.name, m.level) for m in align(measure_spine(without_l2, None))}
    assert ("vertebral_kyphosis", "L3") in names
    assert ("local_kyphosis", "L3") not in names


def test_a_body_that_has_slid_forward_is_a_positive_listhesis() -> None:
    grid = Grid.from_axes((80, 100, 90), (0.8, 0.8, 0.8), (-32, -40, -70))
    centres = {"L4": np.array([0.0, -6.0, -18.0]), "L5": np.array([0.0, 0.0, -52.0])}
    vertebrae = tuple(
        Vertebra(level, None, block_mask(grid, centre, 26, 26), grid, canal_lps=centre + np.array([0, 26, 0]))
        for level, centre in centres.items()
    )
    slip = measures(Spine(vertebrae, grid, "test"))["listhesis", "L5"]
    assert slip.estimate.value == pytest.approx(6.0, abs=1.0)
    assert slip.estimate.unit == "mm"
