"""A listener killed again and again loses no study and answers none twice."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.pacs import orthanc
from tests.pacs.killing import Plan, kill_while_sending
from tests.pacs.small_study import water
from vfa.pacs.peer import Peer

STUDIES, KILLS = 20, 5


@pytest.mark.slow
def test_killed_five_times_at_random_moments_all_twenty_studies_are_answered_once(tmp_path: Path) -> None:
    studies = [water(tmp_path / "in" / str(number), f"study {number}") for number in range(STUDIES)]
    store, port = tmp_path / "store", orthanc.free_port()
    with orthanc.running(tmp_path / "pacs", {"VFA": port}) as pacs:
        command = [sys.executable, "-m", "tests.pacs.quick_listener", str(store), str(port), str(pacs.peer)]
        plan = Plan(command, store, Peer("VFA", "127.0.0.1", port), KILLS, 2.5, 150)
        assert kill_while_sending(plan, studies, seed=20260101) == (KILLS, 0, STUDIES)
        answers = {uid: pacs.modalities_of(uid) for uid, _ in studies}
    assert answers == {uid: {"OT": 1} for uid, _ in studies}
