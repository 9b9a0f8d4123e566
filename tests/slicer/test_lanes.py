"""Lanes L1 to L3, each in its environment: see `in_environment/` for what they check."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.slicer.environments import REPOSITORY

RUN = ["-m", "tests.slicer.in_environment.run_lane"]


def faults(python: Path, *what: str, **given: str) -> str:
    """Run a lane's tests; what they said when one failed, was skipped or none ran, else nothing."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "QT_QPA_PLATFORM": "offscreen", **given}
    ended = subprocess.run(
        [str(python), *RUN, *what], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    if ended.returncode == 0 and " passed" in ended.stdout and " skipped" not in ended.stdout:
        return ""
    said = [line for line in f"{ended.stdout}\n{ended.stderr}".splitlines() if "ERR|" not in line]
    return "\n".join([f"exit status {ended.returncode}", *said])[-8000:]


@pytest.mark.slow
def test_l1_the_bridge_on_the_newest_slicer_core(slicer_environment: Path) -> None:
    assert faults(slicer_environment, "test_bridge.py") == ""


@pytest.mark.slow
def test_l1_the_bridge_on_slicer_core_5_11(trame_environment: Path) -> None:
    assert faults(trame_environment, "test_bridge.py") == ""


@pytest.mark.slow
def test_l2_stub_widgets_with_real_processes(slicer_environment: Path) -> None:
    assert faults(slicer_environment, "test_widgets.py") == ""


@pytest.mark.slow
def test_l3_rendering_through_trame_slicer(trame_environment: Path, sample_result: Path) -> None:
    assert faults(trame_environment, "test_render.py", VFA_SAMPLE_RESULT=str(sample_result)) == ""
