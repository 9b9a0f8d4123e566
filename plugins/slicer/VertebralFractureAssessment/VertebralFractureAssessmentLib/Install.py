"""Is vfa there, and if not, may it be installed? Asked from the action, never when Slicer starts.

Nothing that is already installed may change: every package there is becomes a constraint, so that pip refuses rather
than replaces one that Slicer bundles.
"""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

REQUESTER = "VertebralFractureAssessment"
QUESTION = (
    "Vertebral Fracture Assessment needs the Python package vfa, which is not installed. Install it now? "
    "Packages that Slicer brings stay as they are. This needs the internet and takes a few minutes."
)
REFUSED = "vfa is not installed, so nothing can be assessed. Press Assess again to install it."
REQUIREMENTS = Path(__file__).resolve().parent.parent / "Resources" / "requirements.txt"


def is_installed() -> bool:
    """Whether vfa can be imported, without importing it."""
    importlib.invalidate_caches()
    return importlib.util.find_spec("vfa") is not None


def constraints() -> list[str]:
    """Every installed package at its version, as pip's constraints."""
    found = {dist.metadata["Name"]: dist.version for dist in metadata.distributions() if dist.metadata["Name"]}
    return [f"{name}=={version}" for name, version in sorted(found.items())]


class Install:
    """Asks, installs, and says in a sentence what went wrong.

    Args:
        ask: shows a question, returns whether the user agrees.
        pip: installs requirements from a file under a constraints file; raises when it cannot.
    """

    def __init__(self, ask: Callable[[str], bool], pip: Callable[[Path, Path], None]) -> None:
        self._ask, self._pip = ask, pip

    def ensure(self) -> str:
        """Install vfa if it is missing, after asking; the reason why it is not there afterwards, or nothing."""
        if is_installed():
            return ""
        if not self._ask(QUESTION):
            return REFUSED
        with tempfile.TemporaryDirectory() as folder:
            limits = Path(folder) / "constraints.txt"
            limits.write_text("\n".join(constraints()) + "\n", encoding="utf-8")
            try:
                self._pip(REQUIREMENTS, limits)
            except Exception as error:  # pip's failures have no common base
                return f"vfa could not be installed; nothing that Slicer brings was changed. {error}"
        return "" if is_installed() else "pip ended well, but vfa is not there; restart Slicer and try again."


def ask_in_slicer(question: str) -> bool:
    """Slicer's own question box."""
    import slicer

    return bool(slicer.util.confirmOkCancelDisplay(question, "Vertebral Fracture Assessment"))


def pip_in_slicer(requirements: Path, limits: Path) -> None:
    """Slicer's own pip: with its progress window where it has one (5.11 and later)."""
    import slicer

    try:
        from slicer import packaging
    except ImportError:
        slicer.util.pip_install(f'-r "{requirements}" -c "{limits}"')
        return
    wanted = packaging.load_requirements(str(requirements))
    packaging.pip_ensure(wanted, constraints=str(limits), prompt_install=False, requester=REQUESTER)
