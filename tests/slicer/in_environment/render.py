"""Lane L3: the sample study as Slicer's own displayable managers draw it, off screen, through trame-slicer.

`python -m tests.slicer.in_environment.render VOLUME.nrrd RESULT_DIR OUT.png [LEVEL]` writes a sagittal view in a body's
own mid-plane beside a 3D view. This is Slicer's rendering code and not the Slicer application.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

SIZE = (700, 900)
SAGITTAL_HEIGHT_MM = 210.0


def scene_of(volume_file: Path, result_dir: Path, level: str) -> tuple[Any, Any, Any, Any]:
    """A trame-slicer application whose scene holds the volume and everything the bridge draws; the volume, the bridge
    and the level's own plane."""
    import slicer
    from trame_slicer.core import SlicerApp
    from VertebralFractureAssessmentLib.MrmlBridge import MrmlBridge
    from VertebralFractureAssessmentLib.Parameters import Request
    from VertebralFractureAssessmentLib.Result import Result

    app = SlicerApp()
    slicer.mrmlScene = app.scene
    volume = app.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "CT")
    storage = slicer.vtkMRMLNRRDStorageNode()
    storage.SetFileName(str(volume_file))
    assert storage.ReadData(volume), volume_file
    volume.CreateDefaultDisplayNodes()
    display = volume.GetDisplayNode()
    display.SetAndObserveColorNodeID("vtkMRMLColorTableNodeGrey")
    display.SetAutoWindowLevel(False)
    display.SetWindowLevel(900, 250)
    result = Result((result_dir / "assessment.json").read_text(encoding="utf-8"))
    bridge = MrmlBridge(app.scene, lambda *_: None)
    bridge.show(result, str(result_dir / "bodies.seg.nrrd"), Request(volume=volume.GetID()))
    return app, volume, bridge, result.mid_plane(level)


def picture_of(view: Any) -> np.ndarray:
    """(height, width, 3) uint8 of a view."""
    import vtk
    from vtk.util import numpy_support

    view.render()
    grab = vtk.vtkWindowToImageFilter()
    grab.SetInput(view.render_window())
    grab.ReadFrontBufferOff()
    grab.Update()
    image = grab.GetOutput()
    width, height, _ = image.GetDimensions()
    pixels = numpy_support.vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, -1)
    return pixels[::-1, :, :3].copy()


def rendered(volume_file: Path, result_dir: Path, level: str) -> tuple[np.ndarray, np.ndarray]:
    """The sagittal and the 3D view, (height, width, 3) uint8 each."""
    from trame_slicer.views import SliceView, ThreeDView
    from trame_slicer.views.threed_view import ViewDirection

    app, volume, bridge, plane = scene_of(volume_file, result_dir, level)
    width, height = SIZE
    sagittal = SliceView(app.scene, app.app_logic, "Yellow")
    sagittal.render_window().SetSize(width, height)
    sagittal.set_background_volume_id(volume.GetID())
    node = app.scene.GetNodeByID("vtkMRMLSliceNodeYellow")
    node.SetDimensions(width, height, 1)
    node.SetFieldOfView(SAGITTAL_HEIGHT_MM * width / height, SAGITTAL_HEIGHT_MM, 1.0)
    bridge.jump(plane)
    solid = ThreeDView(app.scene, app.app_logic, "View1")
    solid.render_window().SetSize(width, height)
    solid.rotate_to_view_direction(ViewDirection.LEFT)
    solid.reset_camera()
    return picture_of(sagittal), picture_of(solid)


def main() -> None:
    """Write the picture."""
    from PIL import Image

    volume, result, out, *level = sys.argv[1:]
    views = rendered(Path(volume), Path(result), level[0] if level else "L1")
    Image.fromarray(np.concatenate(views, axis=1)).save(out)
    sys.stdout.flush()
    os._exit(0)  # taking VTK's windows apart while Python ends can crash, after everything has been written


if __name__ == "__main__":
    main()
