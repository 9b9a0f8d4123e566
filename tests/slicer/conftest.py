"""The extension's own modules are found as Slicer finds them: flat, from the module's folder; and the environments."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MODULE = Path(__file__).resolve().parents[2] / "plugins" / "slicer" / "VertebralFractureAssessment"
sys.path.insert(0, str(MODULE))

from tests.slicer.environments import REPOSITORY, SLICER, TRAME, Environment  # noqa: E402


def _python(environment: Environment) -> Path:
    if not environment.is_ready:
        pytest.skip(f"the environment {environment.folder} is not there or out of date: make slicer-test makes it")
    return environment.python


@pytest.fixture(scope="session")
def slicer_environment() -> Path:
    """The Python of slicer-core under Slicer's own packages, with vfa installed."""
    return _python(SLICER)


@pytest.fixture(scope="session")
def trame_environment() -> Path:
    """The Python of trame-slicer."""
    return _python(TRAME)


@pytest.fixture(scope="session")
def sample_result(slicer_environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample study assessed by the vfa that is installed under Slicer's packages."""
    out = tmp_path_factory.mktemp("sample") / "result"
    study, clinical = REPOSITORY / "sample_data" / "study", REPOSITORY / "sample_data" / "clinical.toml"
    command = [str(slicer_environment), "-m", "vfa", "assess", str(study), "--clinical", str(clinical)]
    elsewhere = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    options = ["--out", str(out), "--emit", "json,labels", "--progress", "none"]
    subprocess.run([*command, *options], check=True, capture_output=True, cwd=out.parent, env=elsewhere)
    return out
