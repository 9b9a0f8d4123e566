"""A foramen is held against its fellow and the other levels; what cannot be told is said so."""

from __future__ import annotations

import pytest

from vfa.measure.foramen import SIDES, Opening
from vfa.measure.foraminal import judge_openings
from vfa.model.estimate import Estimate
from vfa.model.posterior_wall import Finding, Presence

ORDER = ("T12", "L1", "L2", "L3", "L4", "L5")


def openings(**changed: float | str | Opening) -> dict[tuple[int, str], Opening | str]:
    """Foramina of 150 mm², 20 mm high; "L1_left" and its like name the level above and the side."""
    found: dict[tuple[int, str], Opening | str] = {(n, side): Opening(150.0, 20.0) for n in range(5) for side in SIDES}
    for name, value in changed.items():
        level, side = name.split("_")
        found[ORDER.index(level), side] = Opening(value, 20.0) if isinstance(value, float) else value
    return found


def judged(**changed: float | str | Opening) -> dict[str, Finding]:
    return judge_openings(ORDER, openings(**changed))  # type: ignore[arg-type]


def test_open_foramina_above_and_below_exclude_narrowing_by_bone():
    assert judged()["L2"].presence is Presence.ABSENT


def test_a_foramen_of_a_third_of_its_fellow_is_narrowed_for_both_vertebrae_that_bound_it():
    found = judged(L2_left=50.0)
    assert [found[level].presence for level in ("L2", "L3")] == [Presence.PRESENT] * 2
    assert found["L1"].presence is Presence.ABSENT
    assert "between L2 and L3 on the left" in found["L3"].because


def test_narrowing_on_both_sides_is_not_hidden_by_the_other_side():
    found = judged(L2_left=50.0, L2_right=50.0)["L2"]
    narrowing = found.measures["narrowing"]
    assert isinstance(narrowing, Estimate)
    assert narrowing.value == pytest.approx(1 - 50 / 150)
    assert found.presence is Presence.PRESENT


def test_the_more_open_area_is_left_the_less_narrowing_is_read():
    read = [judged(L2_left=area)["L2"].measures["narrowing"] for area in (40.0, 60.0, 80.0)]
    values = [one.value for one in read if isinstance(one, Estimate)]
    assert values == sorted(values, reverse=True)
    assert len(values) == 3


def test_a_foramen_somewhat_smaller_than_usual_is_left_open():
    assert judged(L2_left=112.0)["L2"].presence is Presence.NOT_ASSESSABLE


def test_where_one_foramen_was_not_measured_nothing_is_excluded_and_the_reason_is_said():
    found = judged(L2_left="metal beside it throws streaks across it")["L2"]
    assert found.presence is Presence.NOT_ASSESSABLE
    assert "metal" in found.because
    assert "narrowing" not in found.measures


def test_at_the_end_of_the_levels_in_view_nothing_is_excluded():
    found = judged()
    assert found["T12"].presence is Presence.NOT_ASSESSABLE
    assert "above it are not in view" in found["T12"].because
    assert "below it are not in view" in found["L5"].because


def test_a_low_lumbar_foramen_is_never_called_open():
    found = judged(L2_left=Opening(150.0, 14.0))["L2"]
    assert found.presence is Presence.NOT_ASSESSABLE
    assert "15 mm" in found.because


def test_without_another_level_the_two_sides_alone_say_nothing():
    pair = {(0, side): Opening(150.0, 20.0) for side in SIDES}
    assert judge_openings(("L1", "L2"), pair)["L1"].presence is Presence.NOT_ASSESSABLE
