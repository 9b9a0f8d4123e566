"""Normal spines with what looks like a fracture: a short version of `benchmarks/normal_spines.py`, on other seeds."""

from __future__ import annotations

import pytest

from benchmarks.normal_spines import measured, plans


@pytest.mark.slow
def test_no_fracture_is_seen_in_a_normal_spine_along_thick_slices() -> None:
    # Flat thoracic endplates along slices of 3 mm, where few distances are sampled; two Schmorl nodes.
    (plan,) = plans(92000, 1)
    assert (plan.slice_mm, plan.plane, plan.levels[0]) == (3.0, "axial", "T6")
    rows = measured(plan)
    assert {row.intended for row in rows} >= {"Schmorl"}
    assert [row.why_not for row in rows] == [""] * len(rows)
    assert "present" not in {row.fracture for row in rows}
    assert max(abs(row.errors_mm).max() for row in rows) < 2.2
