"""Which environments do the Slicer lanes need, and how are they made? `python tests/slicer/environments.py` makes them.

slicer   slicer-core under Slicer 5.12.3's own packages, with vfa installed into it as a user's Slicer would have it:
         5.12 where the machine has Python 3.12, else 5.13 on 3.11.
trame    trame-slicer, which renders, and brings slicer-core 5.11: the second version for the bridge.

They stand in `.slicer/` beside the repository's own environment and are made again when what they are made of changes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
ROOT = Path(os.environ.get("VFA_SLICER_ENVIRONMENTS", REPOSITORY / ".slicer"))
PINS = HERE / "slicer-5.12.3.txt"
TOOLS = ("pytest>=8", "hypothesis>=6.100", "jsonschema>=4.21", "pytest-xdist>=3.5")


@dataclass(frozen=True)
class Environment:
    """One environment and what tells whether it is up to date."""

    name: str

    @property
    def folder(self) -> Path:
        """Where it stands."""
        return ROOT / self.name

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def stamp(self) -> Path:
        """Written last: what it was made of."""
        return self.folder / "made-of.txt"

    @property
    def is_ready(self) -> bool:
        """Whether it was made of what it would be made of now."""
        return self.stamp.is_file() and self.stamp.read_text(encoding="utf-8") == made_of()


SLICER = Environment("slicer")
TRAME = Environment("trame")


def made_of() -> str:
    """A fingerprint of what decides the environments' content."""
    parts = (PINS, Path(__file__), REPOSITORY / "pyproject.toml")
    return hashlib.sha256(b"".join(path.read_bytes() for path in parts)).hexdigest()


def python_312() -> str:
    """A Python 3.12 that runs; empty where there is none."""
    places = [shutil.which("python3.12") or "", sys.executable]
    places += [str(path) for path in sorted(Path.home().glob(".pyenv/versions/3.12*/bin/python3.12"))]
    return next((place for place in places if place and _version(place) == "3.12"), "")


def slicer_core() -> tuple[str, str]:
    """The Python to take, and the slicer-core for it."""
    found = python_312()
    return (found, "slicer-core==5.12.4.0") if found else (sys.executable, "slicer-core==5.13.31053.0")


def make_slicer() -> None:
    """Slicer's packages first, then vfa into them, keeping what pip says before and after."""
    python, core = slicer_core()
    _fresh(SLICER, python)
    _pip(SLICER, core, "-r", str(PINS), "PySide6-Essentials>=6.7", "cmake>=3.28", *TOOLS)
    _keep(SLICER, "before.txt")
    limits = SLICER.folder / "constraints.txt"
    limits.write_text(_frozen(SLICER), encoding="utf-8")
    _pip(SLICER, "--constraint", str(limits), str(REPOSITORY))
    _keep(SLICER, "after.txt")
    SLICER.stamp.write_text(made_of(), encoding="utf-8")


def make_trame() -> None:
    """Renders off screen."""
    _fresh(TRAME, sys.executable)
    _pip(TRAME, "trame-slicer[standalone]==2.0.0", *TOOLS, str(REPOSITORY))
    TRAME.stamp.write_text(made_of(), encoding="utf-8")


def packages(name: str) -> dict[str, str]:
    """Package → version, as pip listed them `before.txt` and `after.txt` vfa was installed among Slicer's."""
    lines = (SLICER.folder / name).read_text(encoding="utf-8").split()
    return {line.split("==")[0].lower().replace("_", "-"): line.split("==")[1] for line in lines}


def difference() -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """What installing vfa among Slicer's packages changed (old and new version, empty when gone), and what it added."""
    before, after = packages("before.txt"), packages("after.txt")
    changed = {name: (old, after.get(name, "")) for name, old in before.items() if after.get(name) != old}
    return changed, {name: new for name, new in sorted(after.items()) if name not in before}


def _fresh(environment: Environment, python: str) -> None:
    shutil.rmtree(environment.folder, ignore_errors=True)
    subprocess.run([python, "-m", "venv", str(environment.folder)], check=True)


def _pip(environment: Environment, *wanted: str) -> None:
    command = [str(environment.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted]
    subprocess.run(command, check=True)


def _frozen(environment: Environment) -> str:
    command = [str(environment.python), "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _keep(environment: Environment, name: str) -> None:
    (environment.folder / name).write_text(_frozen(environment), encoding="utf-8")


def _version(python: str) -> str:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        said = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    except OSError:
        return ""
    return said.stdout.strip()


if __name__ == "__main__":
    for environment, make in ((SLICER, make_slicer), (TRAME, make_trame)):
        if environment.is_ready:
            print(f"{environment.folder} is up to date")
        else:
            print(f"making {environment.folder}", flush=True)
            make()
    changed, added = difference()
    print(f"Installing vfa among Slicer's packages changed: {changed or 'nothing'}")
    print("and added:", ", ".join(f"{name} {version}" for name, version in added.items()))
