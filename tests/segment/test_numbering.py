from __future__ import annotations

import pytest

from vfa.segment.numbering import VARIANTS, Evidence, Numbering, number_bodies
from vfa.segment.ribs import Sight

RIB: tuple[Sight, Sight] = ("rib", "rib")
SHORT: tuple[Sight, Sight] = ("short rib", "short rib")
NONE: tuple[Sight, Sight] = ("none", "none")
UNSEEN: tuple[Sight, Sight] = ("unknown", "unknown")


def _numbered(*ribs: tuple[Sight, Sight], sacrum: str = "unseen") -> Numbering | None:
    steps = ((tuple(range(len(ribs))), 1.0),)
    return number_bodies(Evidence(steps, sacrum == "below", ribs))


def test_the_shares_of_all_kinds_of_spine_add_up_to_everybody() -> None:
    assert sum(variant.share for variant in VARIANTS) == pytest.approx(1.0)


def test_where_nothing_anchors_there_are_no_names() -> None:
    assert _numbered(UNSEEN, UNSEEN, UNSEEN) is None
    assert _numbered(RIB, RIB, RIB) is None
    assert _numbered(NONE, NONE, NONE) is None


def test_a_sacrum_alone_names_the_lowest_l5_and_tells_the_other_count() -> None:
    found = _numbered(UNSEEN, UNSEEN, UNSEEN, UNSEEN, sacrum="below")
    assert found is not None
    assert found.levels == ("L2", "L3", "L4", "L5")
    assert found.alternative in (("L1", "L2", "L3", "L4"), ("L3", "L4", "L5", "L6"))
    assert all(0.8 < confidence < 0.95 for confidence in found.confidences)  # one spine in eight is unusual


def test_the_last_ribs_alone_name_the_body_that_bears_them_t12() -> None:
    found = _numbered(RIB, RIB, NONE, NONE)
    assert found is not None
    assert found.levels == ("T11", "T12", "L1", "L2")
    assert min(found.confidences) > 0.9


def test_ribs_and_sacrum_that_agree_make_the_names_nearly_sure() -> None:
    found = _numbered(RIB, NONE, NONE, NONE, NONE, NONE, sacrum="below")
    assert found is not None
    assert found.levels == ("T12", "L1", "L2", "L3", "L4", "L5")
    assert min(found.confidences) > 0.99
    assert found.transitional == ""


@pytest.mark.parametrize(
    ("lumbar", "levels", "words"),
    [
        (6, ("T12", "L1", "L2", "L3", "L4", "L5", "L6"), "six lumbar"),
        (4, ("T12", "L1", "L2", "L3", "L4"), "four free lumbar"),
    ],
)
def test_a_count_other_than_five_between_ribs_and_sacrum_is_told(
    lumbar: int, levels: tuple[str, ...], words: str
) -> None:
    found = _numbered(RIB, *[NONE] * lumbar, sacrum="below")
    assert found is not None
    assert found.levels == levels
    assert words in found.transitional
    assert found.alternative != ()
    assert max(found.confidences) < 0.99


def test_rudiments_of_ribs_raise_the_question_of_a_thirteenth_pair() -> None:
    found = _numbered(RIB, RIB, SHORT, NONE, NONE, NONE, NONE, NONE, sacrum="below")
    assert found is not None
    assert "T13" in found.transitional
    assert found.transitional_probability > 0.1


def test_a_missed_body_shifts_the_names_beyond_it_and_makes_them_less_sure() -> None:
    evidence = Evidence((((0, 2, 3), 0.9), ((0, 1, 2), 0.1)), sacrum_below=True, ribs=(UNSEEN,) * 3)
    found = number_bodies(evidence)
    assert found is not None
    assert found.levels == ("L2", "L4", "L5")
    assert found.confidences[0] < found.confidences[1]


def test_confidences_are_probabilities_and_sharing_an_anchor_they_move_together() -> None:
    found = _numbered(UNSEEN, UNSEEN, sacrum="below")
    assert found is not None
    assert all(0 <= confidence <= 1 for confidence in found.confidences)
    assert found.confidences[0] == pytest.approx(found.confidences[1], abs=0.05)
