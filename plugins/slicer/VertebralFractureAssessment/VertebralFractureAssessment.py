"""The 3D Slicer module: the thin shell that joins Slicer's widgets and scene to `VertebralFractureAssessmentLib`."""

from __future__ import annotations

import os
from typing import Annotated, Any

import qt
import slicer
import vtk
from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import Choice, parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

AS_THE_IMAGES_SAY = "as the images say"
MODALITIES = [AS_THE_IMAGES_SAY, "CT", "T1", "T2", "STIR", "MR"]
SAMPLE = "VertebralFracturePhantom"


class VertebralFractureAssessment(ScriptedLoadableModule):
    """What Slicer lists."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Vertebral Fracture Assessment")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Quantification")]
        parent.dependencies = []
        parent.contributors = ["the vfa developers"]
        parent.helpText = _(
            "Measures fractured vertebrae on CT and MRI, in millimetres with an interval, and says by explicit, "
            "sourced rules what stands against vertebroplasty or kyphoplasty. All of it can be corrected."
        )
        parent.acknowledgementText = _("Decision support for research use; not a medical device.")
        slicer.app.connect("startupCompleted()", _when_slicer_has_started)


def _when_slicer_has_started() -> None:
    """Offer the sample study and the codes; installs and loads nothing."""
    from VertebralFractureAssessmentLib import Sample, Terminology

    Terminology.load()
    Sample.register(SAMPLE)


@parameterNodeWrapper
class VertebralFractureAssessmentParameterNode:
    """What the user chose, kept with the scene.

    inputVolume: the CT or MR to assess.
    inputSegmentation: vertebrae somebody has segmented already; may be left out.
    modality: the kind of image, for files that do not say.
    """

    inputVolume: vtkMRMLScalarVolumeNode
    inputSegmentation: vtkMRMLSegmentationNode
    modality: Annotated[str, Choice(MODALITIES)] = AS_THE_IMAGES_SAY


class VertebralFractureAssessmentWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The module's panel."""

    def __init__(self, parent: Any = None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic: VertebralFractureAssessmentLogic | None = None
        self._parameters: Any = None
        self._gui_tag: Any = None

    def setup(self) -> None:
        """Build the panel."""
        ScriptedLoadableModuleWidget.setup(self)
        widget = slicer.util.loadUI(self.resourcePath("UI/VertebralFractureAssessment.ui"))
        self.layout.addWidget(widget)
        self.ui = slicer.util.childWidgetVariables(widget)
        widget.setMRMLScene(slicer.mrmlScene)
        self.logic = VertebralFractureAssessmentLogic()
        self.logic.present(self.ui)
        self.ui.exportButton.clicked.connect(lambda *_: self._export())
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self._scene_closes)
        self.addObserver(scene, scene.EndCloseEvent, self._scene_closed)
        self.addObserver(scene, scene.EndImportEvent, self._scene_opened)
        self._take_parameters()

    def enter(self) -> None:
        """The user comes (back) to this module."""
        self._take_parameters()

    def exit(self) -> None:
        """The user leaves this module."""
        self._leave_parameters()

    def cleanup(self) -> None:
        """The module goes: so does its worker."""
        self._leave_parameters()
        self.removeObservers()
        self.logic.presenter.close()

    def _export(self) -> None:
        folder = qt.QFileDialog.getExistingDirectory(None, _("Where shall the reports go?"))
        if folder:
            self.logic.presenter.export(str(folder))

    def _scene_closes(self, *_args: Any) -> None:
        self._leave_parameters()
        self.logic.presenter.scene_closed()

    def _scene_closed(self, *_args: Any) -> None:
        self._take_parameters()

    def _scene_opened(self, *_args: Any) -> None:
        self._leave_parameters()
        self._take_parameters()
        self.logic.presenter.scene_opened()

    def _take_parameters(self) -> None:
        if self._parameters is None:
            self._parameters = self.logic.getParameterNode()
            self._gui_tag = self._parameters.connectGui(self.ui)
            self.addObserver(self._parameters, vtk.vtkCommand.ModifiedEvent, self._chosen)
        self._chosen()

    def _leave_parameters(self) -> None:
        if self._parameters is not None:
            self.removeObserver(self._parameters, vtk.vtkCommand.ModifiedEvent, self._chosen)
            self._parameters.disconnectGui(self._gui_tag)
            self._parameters = None

    def _chosen(self, *_args: Any) -> None:
        chosen = self._parameters
        volume, segmentation = chosen.inputVolume, chosen.inputSegmentation
        self.logic.presenter.choose(
            volume.GetID() if volume else "",
            segmentation.GetID() if segmentation else "",
            "" if chosen.modality == AS_THE_IMAGES_SAY else chosen.modality,
        )


class VertebralFractureAssessmentLogic(ScriptedLoadableModuleLogic):
    """Puts presenter, scene, worker and panel together; usable from a script with a panel of its own."""

    def __init__(self) -> None:
        ScriptedLoadableModuleLogic.__init__(self)
        self.presenter: Any = None

    def getParameterNode(self) -> Any:  # Slicer's own name
        """What the user chose."""
        return VertebralFractureAssessmentParameterNode(super().getParameterNode())

    def present(self, ui: Any) -> None:
        """Let the presenter drive these widgets."""
        from VertebralFractureAssessmentLib.Install import Install, ask_in_slicer, pip_in_slicer
        from VertebralFractureAssessmentLib.Job import Job
        from VertebralFractureAssessmentLib.MrmlBridge import MrmlBridge
        from VertebralFractureAssessmentLib.Panel import Panel
        from VertebralFractureAssessmentLib.Presenter import Presenter

        panel = Panel(ui)
        bridge = MrmlBridge(slicer.mrmlScene, lambda *moved: self.presenter.line_moved(*moved))
        self.presenter = Presenter(bridge, Job(), Install(ask_in_slicer, pip_in_slicer), panel)
        panel.connect(self.presenter)


class VertebralFractureAssessmentTest(ScriptedLoadableModuleTest):
    """Run by Slicer's own test button; the cases stand in Testing/Python."""

    def runTest(self) -> None:  # Slicer's own name
        """Run the cases inside Slicer."""
        import unittest

        folder = os.path.join(os.path.dirname(__file__), "Testing", "Python")
        suite = unittest.defaultTestLoader.discover(folder, pattern="VertebralFractureAssessmentSlicerTest.py")
        if not unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful():
            raise AssertionError("a test of the module failed")
