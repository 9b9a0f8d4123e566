"""Which files does vfa get for a volume of the scene?

The DICOM files themselves wherever the volume came from them: then vfa checks every slice's place itself, and can write
DICOM SEG and SR. Else the volume as it stands in the scene, written to a file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from VertebralFractureAssessmentLib.Parameters import Request
from VertebralFractureAssessmentLib.Roles import Given

INSTANCES = "DICOM.instanceUIDs"


def write_input(scene: Any, request: Request, folder: Path) -> Given:
    """The input of a request, in a folder.

    Raises:
        ValueError: when the volume is gone, empty, or cannot be written.
        OSError: when the folder cannot be written.
    """
    node = scene.GetNodeByID(request.volume) if request.volume else None
    if node is None or node.GetImageData() is None:
        raise ValueError("it is empty or no longer in the scene")
    options: list[str] = []
    if request.modality:
        options += ["--modality", request.modality]
    if request.segmentation and not request.edits.bodies_file:
        options += ["--segmentation", str(_written_segmentation(scene, request.segmentation, folder))]
    files = [] if _is_moved(node) else dicom_files(node)
    if files:
        return Given(str(_gathered(files, folder / "images")), tuple(options), is_dicom=True)
    return Given(str(_written_volume(scene, node, folder)), tuple(options))


def dicom_files(node: Any) -> list[str]:
    """The files a volume was loaded from; none unless the DICOM database knows every one."""
    import slicer

    database = getattr(slicer, "dicomDatabase", None)
    instances = (node.GetAttribute(INSTANCES) or "").split()
    if database is None or not instances:
        return []
    files = [database.fileForInstance(uid) for uid in instances]
    return files if all(files) else []


def _is_moved(node: Any) -> bool:
    """Whether a transform puts the volume elsewhere than its images say."""
    import vtk

    parent = node.GetParentTransformNode()
    if parent is None:
        return False
    matrix = vtk.vtkMatrix4x4()
    return not parent.IsLinear() or not parent.GetMatrixTransformToWorld(matrix) or not _is_identity(matrix)


def _is_identity(matrix: Any) -> bool:
    return all(abs(matrix.GetElement(i, j) - (i == j)) < 1e-9 for i in range(4) for j in range(4))


def _gathered(files: list[str], folder: Path) -> Path:
    """One folder with these files alone, since those beside them may be of another series; linked, else copied."""
    import shutil

    folder.mkdir(parents=True)
    for number, file in enumerate(files):
        target = folder / f"{number:05d}.dcm"
        try:
            os.link(file, target)
        except OSError:
            shutil.copyfile(file, target)
    return folder


def _written_volume(scene: Any, node: Any, folder: Path) -> Path:
    """The volume where it stands in the world, as NRRD."""
    import slicer

    path = folder / "volume.nrrd"
    copy = slicer.vtkMRMLScalarVolumeNode()
    copy.Copy(node)
    copy.SetAndObserveTransformNodeID(None)
    scene.AddNode(copy)
    try:
        if node.GetParentTransformNode() is not None:
            copy.SetAndObserveTransformNodeID(node.GetParentTransformNode().GetID())
            copy.HardenTransform()
        storage = slicer.vtkMRMLNRRDStorageNode()
        storage.SetFileName(str(path))
        if not storage.WriteData(copy):
            raise ValueError("Slicer could not write it")
    finally:
        scene.RemoveNode(copy)
    return path


def _written_segmentation(scene: Any, node_id: str, folder: Path) -> Path:
    from VertebralFractureAssessmentLib import Bodies

    node = scene.GetNodeByID(node_id)
    if node is None:
        raise ValueError("the segmentation is no longer in the scene")
    return Bodies.write(node, folder / "segmentation.seg.nrrd")
