"""A real MRML scene outside Slicer: what Slicer's application sets up, as far as slicer-core has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

_LOGICS = (
    "vtkSlicerSubjectHierarchyModuleLogic",
    "vtkSlicerMarkupsLogic",
    "vtkSlicerSegmentationsModuleLogic",
    "vtkSlicerTablesLogic",
    "vtkSlicerTextsLogic",
    "vtkSlicerVolumesLogic",
)

_ALIVE: list[Any] = []  # a scene's logics must outlive it


def new_scene(root: Path) -> Any:
    """An empty scene with slice views, as `slicer.mrmlScene`; files of a saved scene go under `root`."""
    import slicer

    scene = slicer.vtkMRMLScene()
    slicer.mrmlScene = scene
    application = slicer.vtkSlicerApplicationLogic()
    application.SetMRMLScene(scene)
    for kind in ("vtkMRMLSelectionNode", "vtkMRMLInteractionNode"):
        node = getattr(slicer, kind)()
        node.SetSingletonTag("Singleton")
        scene.AddNode(node)
    logics = []
    for kind in _LOGICS:
        logic = getattr(slicer, kind)()
        logic.SetMRMLScene(scene)
        logics.append(logic)
    cache = slicer.vtkCacheManager()
    cache.SetRemoteCacheDirectory(str(root))
    files = slicer.vtkDataIOManager()
    files.SetCacheManager(cache)
    scene.SetCacheManager(cache)
    scene.SetDataIOManager(files)
    _ALIVE.append((scene, application, logics, cache, files))
    scene.SetRootDirectory(str(root))
    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene, True)  # patient's right at the screen's left
    for name in ("Red", "Yellow", "Green"):
        view = scene.CreateNodeByClass("vtkMRMLSliceNode")  # with the presets
        view.UnRegister(None)
        view.SetSingletonTag(name)
        view.SetName(name)
        view.SetLayoutName(name)
        scene.AddNode(view)
    return scene


def add_volume(scene: Any, voxels_kji: Any, ras_from_ijk: Any, name: str = "CT") -> Any:
    """A scalar volume of a (K, J, I) array with its own, possibly oblique geometry."""
    import slicer
    import vtk
    from vtk.util import numpy_support

    image = vtk.vtkImageData()
    image.SetDimensions(*reversed(voxels_kji.shape))
    scalars = numpy_support.numpy_to_vtk(np.ascontiguousarray(voxels_kji).ravel(), deep=True)
    image.GetPointData().SetScalars(scalars)
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    node.SetAndObserveImageData(image)
    matrix = vtk.vtkMatrix4x4()
    for row in range(4):
        for column in range(4):
            matrix.SetElement(row, column, float(ras_from_ijk[row][column]))
    node.SetIJKToRASMatrix(matrix)
    assert slicer.mrmlScene is scene
    return node
