"""What stands beside the heights fits together."""

from __future__ import annotations

import pytest

from vfa.measure.beside_heights import _unless_destroyed
from vfa.model.estimate import Unmeasurable, Why
from vfa.model.posterior_wall import Finding, PosteriorWall, Presence, WallStatus


def wall(status: WallStatus) -> PosteriorWall:
    unknown = Unmeasurable("L1", "this", Why.QUALITY_FAILED)
    return PosteriorWall(status, "seen", *[unknown] * 7)


def destruction(presence: Presence) -> dict[str, Finding]:
    return {"destruction": Finding("destruction", presence, "seen")}


def test_the_wall_of_a_body_that_has_lost_bone_is_never_called_intact():
    judged = _unless_destroyed(wall(WallStatus.INTACT), destruction(Presence.PRESENT))
    assert isinstance(judged, PosteriorWall)
    assert judged.status is WallStatus.NOT_ASSESSABLE
    assert "bone is lost" in judged.because


@pytest.mark.parametrize("presence", [Presence.ABSENT, Presence.NOT_ASSESSABLE])
def test_without_loss_of_bone_the_wall_stays_as_it_was_read(presence: Presence):
    intact = wall(WallStatus.INTACT)
    assert _unless_destroyed(intact, destruction(presence)) is intact


def test_a_breach_stays_a_breach_where_bone_is_lost():
    breached = wall(WallStatus.BREACHED)
    assert _unless_destroyed(breached, destruction(Presence.PRESENT)) is breached
