from __future__ import annotations

import numpy as np
import pytest

from tests.measure.shapes import column_of_blocks
from vfa.errors import EditsRefused
from vfa.measure import measure_spine
from vfa.measure.reader_lines import READER_SIGMA_MM
from vfa.model.edits import LevelEdit, ReaderEdits
from vfa.model.estimate import Unmeasurable
from vfa.model.findings import VertebraFindings
from vfa.model.morphometry import FractureStatus

SPINE = column_of_blocks([(26, 26), (26, 26), (26, 26), (26, 26)])
FOUND = {v.level: v for v in measure_spine(SPINE, None)}


def line_of(level: str, column: str = "anterior") -> np.ndarray:
    heights = FOUND[level].heights
    assert not isinstance(heights, Unmeasurable)
    return np.array(heights.lines_lps[column])


def edited(level: str, lines: dict[str, np.ndarray]) -> dict[str, VertebraFindings]:
    edit = LevelEdit(level, FOUND[level].centre_lps, lines)
    return {v.level: v for v in measure_spine(SPINE, None, edits=ReaderEdits((edit,)))}


def lowered(level: str, by_mm: float) -> np.ndarray:
    """The anterior line with its cranial end brought down; the blocks stand upright in LPS z."""
    line = line_of(level)
    line[1, 2] -= by_mm
    return line


def test_a_lowered_end_takes_that_much_from_the_height_and_makes_it_a_loss() -> None:
    now = edited("L2", {"anterior": lowered("L2", 13.0)})["L2"]
    before = FOUND["L2"]
    assert now.heights.anterior.value == pytest.approx(before.heights.anterior.value - 13.0, abs=0.01)
    assert now.heights.posterior == before.heights.posterior
    assert now.height_loss.column == "anterior"
    assert now.height_loss.fraction.value == pytest.approx(0.5, abs=0.03)  # 13 of 26 mm
    assert before.deformity.fracture is FractureStatus.ABSENT
    assert now.deformity.fracture is FractureStatus.PRESENT
    assert now.deformity.shape.value == "wedge"


def test_an_edited_height_carries_a_readers_uncertainty_and_is_marked() -> None:
    now = edited("L2", {"anterior": lowered("L2", 5.0)})["L2"]
    assert now.heights.anterior.sigma == READER_SIGMA_MM
    assert now.edited == ("height_lines.anterior",)
    assert any("anterior height line edited by reader: 21" in sentence for sentence in now.quality)


def test_other_levels_are_marked_by_nothing_and_keep_their_heights() -> None:
    now = edited("L2", {"anterior": lowered("L2", 13.0)})
    for level in ("L1", "L3", "L4"):
        assert now[level].edited == ()
        assert [h.value for h in now[level].heights.centre] == [h.value for h in FOUND[level].heights.centre]


def test_a_level_broken_by_an_edit_is_no_longer_a_reference_for_its_neighbours() -> None:
    assert "L2" in FOUND["L3"].expected_heights.reference
    now = edited("L2", {column: lowered("L2", 13.0) for column in ("anterior",)})
    assert "L2" not in now["L3"].expected_heights.reference


def test_without_edits_everything_is_as_found() -> None:
    again = {v.level: v for v in measure_spine(SPINE, None, edits=ReaderEdits())}
    assert again["L2"].heights.anterior == FOUND["L2"].heights.anterior
    assert again["L2"].edited == ()


def test_an_end_in_another_vertebra_is_refused() -> None:
    line = line_of("L2") + np.array([0, 0, 60.0])
    with pytest.raises(EditsRefused, match=r"height_lines\.anterior of L2: an end lies \d+ mm from the body's centre"):
        edited("L2", {"anterior": line})


def test_a_line_set_upside_down_is_refused() -> None:
    with pytest.raises(EditsRefused, match="does not run from the caudal end up"):
        edited("L2", {"anterior": line_of("L2")[::-1]})


def test_a_line_across_the_body_is_refused() -> None:
    line = line_of("L2")
    line[1] = line[0] + np.array([20.0, 0, 2.0])
    with pytest.raises(EditsRefused, match="does not run from the caudal end up"):
        edited("L2", {"anterior": line})


def test_two_ends_in_one_place_are_refused() -> None:
    line = line_of("L2")
    line[1] = line[0]
    with pytest.raises(EditsRefused, match=r"its ends lie 0\.0 mm apart"):
        edited("L2", {"anterior": line})
