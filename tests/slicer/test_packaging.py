"""Lane L4: the archive the Extensions Manager would get, and what installing vfa does to what Slicer bundles.

The archive is made with CMake under a stand-in for Slicer's build system; installing is real, under Slicer's pins.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.slicer.conftest import MODULE
from tests.slicer.environments import PINS, REPOSITORY, difference, packages

STAND_IN = Path(__file__).resolve().parent / "stand_in"
PREFIX = "lib/Slicer-5.12/qt-scripted-modules"


@pytest.fixture
def cmake(slicer_environment: Path) -> str:
    """CMake of the Slicer environment."""
    return str(slicer_environment.parent / ("cmake.exe" if os.name == "nt" else "cmake"))


def configured(cmake: str, source: Path, build: Path) -> subprocess.CompletedProcess[str]:
    command = [cmake, "-S", str(source), "-B", str(build), f"-DSlicer_DIR={STAND_IN}", "-DBUILD_TESTING=OFF"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_archive_holds_the_module_and_nothing_else(cmake: str, tmp_path: Path) -> None:
    ended = configured(cmake, REPOSITORY, tmp_path)
    assert ended.returncode == 0, ended.stderr
    packed = [cmake, "--build", str(tmp_path), "--target", "package"]
    subprocess.run(packed, check=True, capture_output=True)
    with tarfile.open(tmp_path / "VertebralFractureAssessment.tar.gz") as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames() if not name.endswith("/")}
        files = {name for name in names if "." in Path(name).name and not Path(name).name.startswith("Slicer-5")}
    module = {
        f"{PREFIX}/{path.relative_to(MODULE)}"
        for path in MODULE.rglob("*")
        if path.is_file() and not {"Testing", "__pycache__"} & set(path.parts) and path.name != "CMakeLists.txt"
    }
    assert files == {*module, "share/Slicer-5.12/VertebralFractureAssessment.s4ext"}


def test_a_listed_file_that_is_missing_stops_the_configuration(cmake: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(MODULE, source / "plugins" / "slicer" / MODULE.name)
    shutil.copy(REPOSITORY / "CMakeLists.txt", source)
    (source / "plugins" / "slicer" / MODULE.name / "Resources" / "requirements.txt").unlink()
    ended = configured(cmake, source, tmp_path / "build")
    assert ended.returncode != 0
    assert "requirements.txt is listed and not there" in " ".join(ended.stderr.split())


def test_installing_vfa_changes_nothing_that_slicer_bundles(slicer_environment: Path) -> None:
    assert slicer_environment.is_file()
    changed, added = difference()
    assert changed == {}
    assert "vfa" in added
    after = packages("after.txt")
    for line in PINS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, version = line.split("==")
            assert after[name.lower()] == version


def test_under_slicers_packages_vfa_measures_the_sample(slicer_environment: Path, sample_result: Path) -> None:
    """The installed vfa, from anywhere else than the repository."""
    assert slicer_environment.is_file()
    assert (sample_result / "assessment.json").is_file()
    assert (sample_result / "bodies.seg.nrrd").is_file()
