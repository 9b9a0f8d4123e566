"""Lane L2, stub widgets: a user clicks through the module on real MRML, with real processes on the sample study."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from tests.slicer.in_environment import mrml, stub_widgets
from tests.slicer.in_environment.sample import sample_volume

MODULE = Path(__file__).resolve().parents[3] / "plugins" / "slicer" / "VertebralFractureAssessment"
SILENT = (
    "import sys, time; from vfa.cli.parent import end_with_parent as e; from vfa.cli.progress import ProgressKind as P"
)
SILENT += "; e(P.JSON); time.sleep(300)"  # says nothing: a chatty worker would die of its closed output


@pytest.fixture(scope="module")
def application() -> Any:
    return stub_widgets.install()


@pytest.fixture
def widget(application: Any, tmp_path: Path) -> Iterator[Any]:
    """The module's own widget in a fresh scene, built as Slicer builds it."""
    mrml.new_scene(tmp_path)
    from VertebralFractureAssessment import VertebralFractureAssessmentWidget

    made = VertebralFractureAssessmentWidget()
    made.setup()
    yield made
    made.cleanup()


@pytest.fixture
def pump(application: Any, widget: Any) -> Callable[..., None]:
    """Let Qt work until something is so."""

    def until(is_so: Callable[[], bool], seconds: float = 900) -> None:
        end = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < end, widget.ui.messageLabel.text()
            application.processEvents()
            time.sleep(0.01)

    return until


def is_idle(widget: Any) -> bool:
    return widget.ui.assessButton.text() != "Cancel"


def cells(widget: Any, column: int) -> list[str]:
    table = widget.ui.resultTable
    return [table.item(row, column).text() for row in range(table.rowCount())]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_the_ui_file_loads_with_nothing_to_press(widget: Any) -> None:
    assert not widget.ui.assessButton.isEnabled()
    assert not widget.ui.exportButton.isEnabled()
    assert widget.ui.messageLabel.text() == "Choose a volume."
    assert widget.ui.modality.count() == 6


def test_nothing_is_installed_or_loaded_when_slicer_starts(widget: Any) -> None:
    import slicer
    import VertebralFractureAssessment as shell

    slicer.app.started.clear()
    shell.VertebralFractureAssessment(type("Parent", (), {})())
    (started,) = slicer.app.started
    before = set(sys.modules)
    started()
    assert not {name for name in set(sys.modules) - before if name.split(".")[0] in ("vfa", "numpy", "SimpleITK")}


def test_a_silent_worker_is_cancelled_and_leaves_no_orphan(widget: Any, pump: Any) -> None:
    import slicer
    from VertebralFractureAssessmentLib.Job import Job

    job = Job([sys.executable, "-c", SILENT])
    widget.logic.presenter._worker = job
    widget.ui.inputVolume.setCurrentNode(sample_volume(slicer.mrmlScene))
    assert widget.ui.assessButton.isEnabled()
    widget.ui.assessButton.click()
    assert widget.ui.assessButton.text() == "Cancel"
    pump(lambda: job.process_id > 0, 30)
    pid = job.process_id
    time.sleep(2)  # until the worker watches its standard input
    assert alive(pid)
    widget.ui.assessButton.click()
    pump(lambda: is_idle(widget), 20)
    assert widget.ui.messageLabel.text() == "Cancelled."
    pump(lambda: not alive(pid), 10)


def test_a_program_that_is_not_there_is_a_failure_that_says_so(widget: Any, pump: Any) -> None:
    import slicer
    from VertebralFractureAssessmentLib.Job import Job

    widget.logic.presenter._worker = Job(["/no/such/python"])
    widget.ui.inputVolume.setCurrentNode(sample_volume(slicer.mrmlScene))
    widget.ui.assessButton.click()
    pump(lambda: is_idle(widget), 20)
    assert "could not be started" in widget.ui.messageLabel.text()


def test_closing_the_scene_stops_the_worker(widget: Any, pump: Any) -> None:
    import slicer
    from VertebralFractureAssessmentLib.Job import Job

    job = Job([sys.executable, "-c", SILENT])
    widget.logic.presenter._worker = job
    widget.ui.inputVolume.setCurrentNode(sample_volume(slicer.mrmlScene))
    widget.ui.assessButton.click()
    pump(lambda: job.process_id > 0, 30)
    pid = job.process_id
    slicer.mrmlScene.Clear(0)
    pump(lambda: not alive(pid), 20)
    assert not widget.ui.assessButton.isEnabled()


def test_a_user_walks_from_the_volume_to_the_export(widget: Any, pump: Any, tmp_path: Path) -> None:
    import slicer

    ui, scene = widget.ui, slicer.mrmlScene
    ui.inputVolume.setCurrentNode(sample_volume(scene))
    ui.assessButton.click()
    seen = set()
    pump(lambda: seen.add(ui.messageLabel.text()) or is_idle(widget))
    assert "looking for the spine …" in seen or "measuring …" in seen
    found = cells(widget, 0)
    assert ui.messageLabel.text() == f"{len(found)} of {len(found)} vertebrae measured."
    assert cells(widget, 5).count("present") == 2
    assert scene.GetNumberOfNodesByClass("vtkMRMLMarkupsLineNode") == 3 * len(found)
    fractured = found[cells(widget, 5).index("present")]
    assert f"<h3>{fractured}</h3>" in ui.reasonsText.toHtml() or fractured in ui.reasonsText.toPlainText()

    # A click on a row lays the sagittal view into that body's own mid-plane.
    sagittal = scene.GetNodeByID("vtkMRMLSliceNodeYellow")
    ui.resultTable.cellClicked.emit(0, 0)
    first = [sagittal.GetSliceToRAS().GetElement(row, 3) for row in range(3)]
    ui.resultTable.cellClicked.emit(found.index(fractured), 0)
    assert [sagittal.GetSliceToRAS().GetElement(row, 3) for row in range(3)] != first

    # An answer makes the conclusions out of date, and goes along with the next question to vfa.
    control = next(
        shown for asked, shown in ui_controls(widget) if asked.scope == "patient" and asked.key == "osteoporosis"
    )
    control.setCurrentText("yes")
    assert ui.assessButton.text() == "Update"
    assert ui.warningLabel.text()

    # One choice renames all levels.
    lower = {"T12": "L1", "L1": "L2", "T11": "T12", "L2": "L3", "L3": "L4"}[fractured]
    ui.levelCombo.setCurrentText(lower)
    pump(lambda: is_idle(widget))
    renamed = cells(widget, 0)
    assert renamed[found.index(fractured)] == lower
    assert all(one != two for one, two in zip(found, renamed, strict=True))
    assert ui.assessButton.text() == "Assess"
    told = json.loads(scene_text(scene, "shown"))["clinical"]
    assert told["patient"] == {"osteoporosis": "yes"}

    # A dragged end is measured anew and marked.
    line = next(
        node
        for node in (scene.GetNthNodeByClass(n, "vtkMRMLMarkupsLineNode") for n in range(3 * len(found)))
        if (node.GetAttribute("vfa.level"), node.GetAttribute("vfa.column")) == (lower, "anterior")
    )
    assert not line.GetLocked()
    before = cells(widget, 1)[found.index(fractured)]
    end = [0.0, 0.0, 0.0]
    line.GetNthControlPointPositionWorld(1, end)
    line.SetNthControlPointPositionWorld(1, end[0], end[1], end[2] - 3.0)
    line.InvokeEvent(slicer.vtkMRMLMarkupsNode.PointEndInteractionEvent)
    pump(lambda: is_idle(widget))
    after = cells(widget, 1)[found.index(fractured)]
    assert float(before.split()[0]) - float(after.split()[0]) == pytest.approx(3.0, abs=0.2)
    assert "height lines anterior" in cells(widget, 10)[found.index(fractured)]

    # Undo brings the number back.
    ui.undoButton.click()
    pump(lambda: is_idle(widget))
    assert cells(widget, 1)[found.index(fractured)] == before

    widget.logic.presenter.export(str(tmp_path / "export"))
    pump(lambda: is_idle(widget))
    assert ui.messageLabel.text() == f"Written to {tmp_path / 'export'}."
    written = {
        str(path.relative_to(tmp_path / "export")) for path in (tmp_path / "export").rglob("*") if path.is_file()
    }
    assert {"assessment.json", "report.html", "report.pdf", "dicom/seg.dcm", "dicom/sr.dcm"} <= written


def scene_text(scene: Any, role: str) -> str:
    """One of the texts that are saved with the scene."""
    nodes = [
        scene.GetNthNodeByClass(n, "vtkMRMLTextNode") for n in range(scene.GetNumberOfNodesByClass("vtkMRMLTextNode"))
    ]
    return next(node.GetText() for node in nodes if node.GetAttribute("vfa.role") == role)


def ui_controls(widget: Any) -> list[tuple[Any, Any]]:
    """The clinical questions that are shown, with their controls."""
    return list(widget.logic.presenter._panel._controls.items())
