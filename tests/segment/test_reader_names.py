from __future__ import annotations

import numpy as np
import pytest

from tests.measure.shapes import column_of_blocks
from vfa.errors import EditsRefused, LabelsRefused
from vfa.model.edits import LevelEdit, Provenance, ReaderEdits
from vfa.model.volume import Modality
from vfa.segment import name_by_reader, with_provenance

SPINE = column_of_blocks([(26, 26), (26, 26), (26, 26)])  # L1, L2, L3


def edit(level: str, renamed_to: str = "", lines: dict[str, np.ndarray] | None = None) -> LevelEdit:
    return LevelEdit(level, SPINE[level].centre_lps, lines or {}, renamed_to)


def test_one_renamed_vertebra_renames_all() -> None:
    spine, edits = name_by_reader(SPINE, ReaderEdits((edit("L2", "L1"),)))
    assert spine.levels == ("T12", "L1", "L2")
    assert [one.level for one in edits.levels] == ["T12", "L1", "L2"]
    assert all(one.tokens == ("level",) for one in edits.levels)


def test_a_moved_line_follows_its_body_under_the_new_name() -> None:
    line = np.array([[0, -10, 0], [0, -10, 20.0]])
    _, edits = name_by_reader(SPINE, ReaderEdits((edit("L3", "L4"), edit("L1", lines={"anterior": line}))))
    moved = edits["L2"]
    assert moved is not None
    assert moved.lines_lps["anterior"] is line
    assert edits["L4"].lines_lps == {}


def test_a_transitional_vertebra_is_counted_once_named() -> None:
    spine, _ = name_by_reader(SPINE, ReaderEdits((edit("L3", "L6"),)))
    assert spine.levels == ("L4", "L5", "L6")


def test_without_a_new_name_nothing_is_renamed() -> None:
    given = ReaderEdits((edit("L1", lines={"middle": np.array([[0, 0, 0], [0, 0, 20.0]])}),))
    assert name_by_reader(SPINE, given) == (SPINE, given)


def test_two_names_that_agree_are_taken_and_two_that_do_not_are_refused() -> None:
    spine, _ = name_by_reader(SPINE, ReaderEdits((edit("L1", "L2"), edit("L2", "L3"))))
    assert spine.levels == ("L2", "L3", "L4")
    with pytest.raises(EditsRefused, match="makes L2 L3, not L1"):
        name_by_reader(SPINE, ReaderEdits((edit("L1", "L2"), edit("L2", "L1"))))


def test_an_edit_of_a_level_that_was_not_found_is_refused() -> None:
    with pytest.raises(EditsRefused, match=r"T9 is no vertebra that was found \(L1, L2, L3\)"):
        name_by_reader(SPINE, ReaderEdits((LevelEdit("T9", np.zeros(3), {}, "T10"),)))


def test_an_edit_of_a_body_that_stands_elsewhere_is_refused() -> None:
    other = LevelEdit("L1", SPINE["L2"].centre_lps, {}, "L2")
    with pytest.raises(EditsRefused, match="L1 stands 34 mm from where the edits have it"):
        name_by_reader(SPINE, ReaderEdits((other,)))


def test_a_count_past_the_sacrum_is_refused() -> None:
    with pytest.raises(LabelsRefused, match="runs past S1"):
        name_by_reader(SPINE, ReaderEdits((edit("L1", "S1"),)))


def test_what_was_known_of_the_bodies_comes_back_with_the_edited_labels() -> None:
    kept = Provenance("built-in", "counted from the sacrum", ("T12", "L1", "L2"), {"L1": 0.8}, {"L3": "merged"})
    spine = with_provenance(SPINE, ReaderEdits(provenance=kept), None)
    assert spine.naming == "counted from the sacrum"
    assert spine.alternative_naming == ("T12", "L1", "L2")
    assert (spine["L1"].level_confidence, spine["L2"].level_confidence) == (0.8, None)
    assert spine["L3"].unusable == "merged"
    assert spine.segmented_by == "built-in; bodies edited by reader"


def test_an_automatic_outline_stays_as_unsure_as_it_was_until_the_reader_redraws_it() -> None:
    kept = Provenance("built-in segmenter, weights w-1", "", (), {}, {})
    redrawn = LevelEdit("L2", SPINE["L2"].centre_lps, body_edited=True)
    spine = with_provenance(SPINE, ReaderEdits((redrawn,), provenance=kept), Modality.T2)
    assert [spine[level].outline_sigma_mm > 0 for level in ("L1", "L2", "L3")] == [True, False, True]
    others = Provenance("another segmenter 1.0", "", (), {}, {})
    assert with_provenance(SPINE, ReaderEdits(provenance=others), Modality.T2)["L1"].outline_sigma_mm == 0


def test_labels_of_which_nothing_is_known_stay_as_they_are() -> None:
    assert with_provenance(SPINE, ReaderEdits(), Modality.CT) is SPINE
