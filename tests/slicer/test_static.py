"""Lane L0, static: what can be said of the extension without running any of it."""

from __future__ import annotations

import ast
import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from VertebralFractureAssessmentLib.Parameters import LEVELS
from VertebralFractureAssessmentLib.Terminology import CONTEXT, entry

from tests.slicer.conftest import MODULE
from vfa.eligibility import clinical_keys
from vfa.model import anatomy
from vfa.report import dicom_codes

REPOSITORY = MODULE.parents[2]
LIB = MODULE / "VertebralFractureAssessmentLib"
SHELL = MODULE / "VertebralFractureAssessment.py"
LIB_FILES = sorted(LIB.glob("*.py"))


def imported_at_file_scope(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("path", LIB_FILES, ids=lambda path: path.name)
def test_the_lib_imports_neither_slicer_nor_qt_nor_vfa_at_file_scope(path: Path) -> None:
    allowed = {"VertebralFractureAssessmentLib", *sys.stdlib_module_names}
    assert imported_at_file_scope(path) <= allowed


def test_the_shell_imports_only_what_slicer_has_at_file_scope() -> None:
    assert imported_at_file_scope(SHELL) <= {"__future__", "os", "typing", "qt", "slicer", "vtk"}


@pytest.mark.parametrize("path", [SHELL, *LIB_FILES], ids=lambda path: path.name)
def test_nothing_imports_vfa_inside_slicer_at_all(path: Path) -> None:
    """The panel reads files; vfa runs in a process of its own, so that a fault of its never takes Slicer down."""
    imports = re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert "vfa" not in imports


@pytest.mark.parametrize("path", [SHELL, *LIB_FILES], ids=lambda path: path.name)
def test_every_file_says_on_top_what_it_is_and_stays_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= 350


def test_every_file_is_listed_in_cmake_and_every_listed_file_is_there() -> None:
    listed = set(re.findall(r"^  (\S+\.\w+)$", (MODULE / "CMakeLists.txt").read_text(encoding="utf-8"), re.MULTILINE))
    listed = {name.replace("${MODULE_NAME}", "VertebralFractureAssessment") for name in listed}
    there = {
        str(path.relative_to(MODULE))
        for path in MODULE.rglob("*")
        if path.is_file() and "Testing" not in path.parts and "__pycache__" not in path.parts
    }
    assert listed == there - {"CMakeLists.txt"}


def test_the_extension_is_named_by_the_conventions_of_the_index() -> None:
    text = (REPOSITORY / "CMakeLists.txt").read_text(encoding="utf-8")
    assert "project(VertebralFractureAssessment)" in text
    assert "add_subdirectory(plugins/slicer/VertebralFractureAssessment)" in text
    for name in ("HOMEPAGE", "CONTRIBUTORS", "DESCRIPTION", "ICONURL", "SCREENSHOTURLS", "DEPENDS"):
        (value,) = re.findall(rf'^set\(EXTENSION_{name} "(.+)"\)$', text, re.MULTILINE)
        assert "$" not in value
    catalogue = json.loads((MODULE.parent / "VertebralFractureAssessment.json").read_text(encoding="utf-8"))
    assert catalogue["$schema"].endswith("slicer-extension-catalog-entry-schema-v1.0.2.json#")
    assert catalogue["category"] == "Quantification"
    homepage = re.search(r'EXTENSION_HOMEPAGE "(.+)"', text)
    assert homepage is not None
    assert catalogue["scm_url"] == f"{homepage[1]}.git"
    assert (REPOSITORY / "LICENSE").is_file()


def test_no_file_of_the_flat_install_can_be_mistaken_for_another() -> None:
    names = [path.name for path in MODULE.glob("*.py")]
    assert names == ["VertebralFractureAssessment.py"]
    assert not list(MODULE.rglob("vfa.py"))


def widgets() -> dict[str, str]:
    root = ElementTree.parse(MODULE / "Resources" / "UI" / "VertebralFractureAssessment.ui").getroot()
    return {widget.get("name", ""): widget.get("class", "") for widget in root.iter("widget")}


def test_the_ui_has_every_widget_the_panel_and_the_shell_speak_of() -> None:
    spoken_of = set()
    for path in (LIB / "Panel.py", SHELL):
        spoken_of |= set(re.findall(r"\bui\.(\w+)", path.read_text(encoding="utf-8")))
    assert spoken_of <= set(widgets())


def test_the_ui_uses_qts_widgets_and_the_declared_ones_of_slicer() -> None:
    root = ElementTree.parse(MODULE / "Resources" / "UI" / "VertebralFractureAssessment.ui").getroot()
    declared = {one.findtext("class", "") for one in root.iter("customwidget")}
    assert declared == {"ctkCollapsibleButton", "qMRMLNodeComboBox", "qMRMLWidget"}
    assert {kind for kind in widgets().values() if not kind.startswith("Q")} == declared


def test_every_parameter_has_its_widget() -> None:
    root = ElementTree.parse(MODULE / "Resources" / "UI" / "VertebralFractureAssessment.ui").getroot()
    connected = {prop.findtext("string") for prop in root.iter("property") if prop.get("name") == "SlicerParameterName"}
    (node,) = [
        one
        for one in ast.parse(SHELL.read_text(encoding="utf-8")).body
        if isinstance(one, ast.ClassDef) and one.name.endswith("ParameterNode")
    ]
    assert connected == {one.target.id for one in node.body if isinstance(one, ast.AnnAssign)}


def test_the_panel_knows_every_level_and_every_question_that_vfa_knows() -> None:
    assert LEVELS == anatomy.LEVELS
    shipped = json.loads((MODULE / "Resources" / "questions.json").read_text(encoding="utf-8"))
    numbers = {**clinical_keys.LEVEL_NUMBERS, **clinical_keys.PATIENT_NUMBERS}
    assert shipped == {
        "patient": clinical_keys.PATIENT_ANSWERS,
        "level": clinical_keys.LEVEL_ANSWERS,
        "numbers": {key: one.sentence for key, one in numbers.items()},
        "words": {key: list(words) for key, words in clinical_keys.LEVEL_WORDS.items()},
    }


def test_the_shipped_codes_are_those_of_vfas_own_dicom_objects() -> None:
    shipped = json.loads((MODULE / "Resources" / "VertebralFractureAssessment.term.json").read_text(encoding="utf-8"))
    assert shipped["SegmentationCategoryTypeContextName"] == CONTEXT
    (category,) = shipped["SegmentationCodes"]["Category"]
    assert category["CodeValue"] == dicom_codes.ANATOMICAL_STRUCTURE.value
    types = {one["CodeMeaning"]: (one["CodingSchemeDesignator"], one["CodeValue"]) for one in category["Type"]}
    for level, code in dicom_codes.VERTEBRA_OF_LEVEL.items():
        assert types[f"{level} vertebra"] == ("SCT", code.value)


def test_a_level_without_a_code_of_its_own_is_a_vertebra() -> None:
    assert "SCT^66794005^L1 vertebra" in entry("L1")
    for level in ("T13", "L6", "V3"):
        assert "SCT^51282000^Vertebra" in entry(level)


def test_the_requirements_hold_nothing_that_slicer_bundles() -> None:
    lines = (MODULE / "Resources" / "requirements.txt").read_text(encoding="utf-8").split()
    assert [re.split(r"[<>=]", line)[0] for line in lines] == ["vfa"]


def test_lines_end_as_the_index_wants_them() -> None:
    for path in MODULE.rglob("*"):
        if path.suffix in (".py", ".txt", ".json", ".ui"):
            assert b"\r" not in path.read_bytes(), path
