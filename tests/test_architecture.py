"""Who may import whom: the rules of CONTRIBUTING.md, enforced."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "vfa"
STAGES = ("intake", "segment", "measure", "eligibility", "report", "phantom")
SHARED = {"model", "errors", "intended_use", "__init__"}

ALLOWED_ROOMS: dict[str, set[str]] = {
    "model": {"model"},
    **{stage: {stage, *SHARED} for stage in STAGES},
    "pipeline": {"intake", "segment", "measure", "eligibility", "report", *SHARED},
    "batch": {"batch", "pipeline", "intake", "segment", "eligibility", "report", *SHARED},
    "cli": {"cli", "pacs", "pipeline", "batch", "intake", "eligibility", "report", "phantom", "segment", *SHARED},
    "pacs": {"pacs", "pipeline", "report", *SHARED},
    "errors": set(),
    "intended_use": set(),
    "__init__": {"pipeline", "batch", "report", *SHARED},
    "__main__": {"cli"},
}

# third-party package → the places that may import it (None: anywhere in the package)
ALLOWED_THIRD_PARTY: dict[str, tuple[str, ...] | None] = {
    "numpy": None,
    "scipy": ("segment", "measure", "phantom", "report", "intake", "batch"),
    "SimpleITK": ("intake", "segment", "measure"),
    "skimage": ("segment", "measure", "report"),
    "pydicom": ("intake", "segment", "phantom", "report", "pacs"),
    "highdicom": ("segment", "report"),
    "reportlab": ("report",),
    "pynetdicom": ("pacs",),
    "dicomweb_client": ("pacs",),
    "requests": ("pacs",),  # dicomweb-client's own, for the faults it raises
    "onnxruntime": ("segment",),
    "threadpoolctl": ("measure",),
    "pydantic": ("eligibility", "report"),
    "fhir": ("eligibility",),
    "jinja2": ("report",),
    "matplotlib": ("report",),
    "typer": ("cli",),
    "click": ("cli",),
    "rich": ("cli", "report"),
    "tomli": ("eligibility",),
    "pandas": ("cli", "report", "batch"),
    "pyarrow": ("cli", "report", "batch"),
    "distributed": ("batch",),
}
NO_NUMERICS = ("eligibility",)
NUMERICS = {"numpy", "scipy", "SimpleITK", "skimage"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(source: str) -> list[str]:
    """Full names of what is imported, absolute only (relative imports are not used)."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide who depends on whom"
            base = node.module or ""
            names += [f"{base}.{alias.name}" if base == "vfa" else base for alias in node.names]
    return names


def violations(place: str, source: str) -> list[str]:
    """Sentences on what this source, standing in this room, may not import."""
    found = []
    for name in imports(source):
        top, _, rest = name.partition(".")
        if top == "vfa":
            wanted = rest.partition(".")[0] or "__init__"
            if wanted not in ALLOWED_ROOMS[place] and not wanted.startswith("__version"):
                found.append(f"{place} may not import vfa.{wanted}")
        elif top not in sys.stdlib_module_names:
            if top not in ALLOWED_THIRD_PARTY:
                found.append(f"{place} imports {top}, which is no declared dependency")
            elif (places := ALLOWED_THIRD_PARTY[top]) is not None and place not in places:
                found.append(f"{place} may not import {top}")
            elif place in NO_NUMERICS and top in NUMERICS:
                found.append(f"{place} decides by rules and may not import {top}")
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_room_may(path: Path) -> None:
    assert violations(room(path), path.read_text(encoding="utf-8")) == []


def test_the_test_fails_when_measure_imports_eligibility() -> None:
    assert violations("measure", "from vfa.eligibility import judge\n") == ["measure may not import vfa.eligibility"]


def test_the_test_fails_when_a_rule_imports_numpy() -> None:
    assert violations("eligibility", "import numpy as np\n") == [
        "eligibility decides by rules and may not import numpy"
    ]


def test_the_test_fails_when_torch_is_imported() -> None:
    assert violations("segment", "import torch\n") == ["segment imports torch, which is no declared dependency"]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_says_on_top_which_question_it_answers(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_stays_short_enough_to_be_one_concept(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350
