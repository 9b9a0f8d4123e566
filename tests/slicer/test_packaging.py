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
from tests.slicer.environments import PINS, REPOSITORY, SLICER

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
    assert "requirements.txt is listed and not there" in ended.stderr


def packages(name: str) -> dict[str, str]:
    """Package → version, as pip listed them."""
    lines = (SLICER.folder / name).read_text(encoding="utf-8").split()
    return {line.split("==")[0].lower().replace("_", "-"): line.split("==")[1] for line in lines}


def test_installing_vfa_changes_nothing_that_slicer_bundles(slicer_environment: Path) -> None:
    before, after = packages("before.txt"), packages("after.txt")
    changed = {name: (version, after.get(name)) for name, version in before.items() if after.get(name) != version}
    assert changed == {}
    added = sorted(set(after) - set(before))
    print("added:", ", ".join(f"{name} {after[name]}" for name in added))
    assert "vfa" in added
    for line in PINS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, version = line.split("==")
            assert after[name.lower()] == version


def test_under_slicers_packages_vfa_measures_the_sample(slicer_environment: Path, sample_result: Path) -> None:
    """The installed vfa, from anywhere else than the repository."""
    assert slicer_environment.is_file()
    assert (sample_result / "assessment.json").is_file()
    assert (sample_result / "bodies.seg.nrrd").is_file()
