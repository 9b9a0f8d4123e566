"""Lane L5, inside 3D Slicer: UNVERIFIED, these cases have never been run.

They need a Slicer (5.10 or later) with this extension and with vfa installed in its Python:
`Slicer --testing --python-script VertebralFractureAssessmentSlicerTest.py`, or the module's "Reload and Test".
"""

from __future__ import annotations

import time
import unittest

import slicer

SECONDS = 600


class VertebralFractureAssessmentSlicerTest(unittest.TestCase):
    """One walk through the module, as a user would take it."""

    def setUp(self) -> None:
        slicer.mrmlScene.Clear()
        slicer.util.selectModule("VertebralFractureAssessment")
        self.widget = slicer.modules.vertebralfractureassessment.widgetRepresentation().self()
        self.ui = self.widget.ui

    def test_the_module_opens_with_nothing_to_press(self) -> None:
        self.assertFalse(self.ui.assessButton.enabled)

    def test_the_sample_is_assessed_corrected_saved_and_exported(self) -> None:
        import SampleData

        volume = SampleData.SampleDataLogic().downloadSample("VertebralFracturePhantom")
        self.ui.inputVolume.setCurrentNode(volume)
        self.assertTrue(self.ui.assessButton.enabled)
        self.ui.assessButton.click()
        self.assertEqual(self.ui.assessButton.text, "Cancel")
        self._wait_until_idle()
        self.assertGreater(self.ui.resultTable.rowCount, 4)
        segmentations = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
        self.assertEqual(len(segmentations), 1)
        self.assertEqual(len(slicer.util.getNodesByClass("vtkMRMLMarkupsLineNode")) % 3, 0)

        line = slicer.util.getNodesByClass("vtkMRMLMarkupsLineNode")[0]
        end = [0.0, 0.0, 0.0]
        line.GetNthControlPointPositionWorld(1, end)
        line.SetNthControlPointPositionWorld(1, end[0], end[1], end[2] - 2.0)
        line.InvokeEvent(slicer.vtkMRMLMarkupsNode.PointEndInteractionEvent)
        self._wait_until_idle()
        self.assertTrue(self.ui.undoButton.enabled)

        path = slicer.app.temporaryPath + "/vfa.mrb"
        self.assertTrue(slicer.util.saveScene(path))
        slicer.mrmlScene.Clear()
        self.assertEqual(self.ui.resultTable.rowCount, 0)
        slicer.util.loadScene(path)
        self.assertGreater(self.ui.resultTable.rowCount, 4)

    def _wait_until_idle(self) -> None:
        until = time.time() + SECONDS
        while self.ui.assessButton.text == "Cancel":
            self.assertLess(time.time(), until, "the worker did not end")
            slicer.app.processEvents()
            time.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
