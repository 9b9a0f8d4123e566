"""How does a result stand in the scene, and what does the scene tell of it?

One folder under the input's study holds everything vfa drew: segments, height lines, posterior walls, a table, and the
`assessment.json` itself as text, so that a saved scene brings back every number. Positions pass the LPS/RAS door in
`Places`. The segmentation's reference geometry is the volume's, which Slicer's own DICOM SEG export asks for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from VertebralFractureAssessmentLib import Bodies, Input
from VertebralFractureAssessmentLib.Lines import Lines, Moved
from VertebralFractureAssessmentLib.Parameters import Point, Request
from VertebralFractureAssessmentLib.Places import ras_of_lps
from VertebralFractureAssessmentLib.Result import COLUMN_HEADINGS, MidPlane, Result
from VertebralFractureAssessmentLib.Roles import Given, Kept

FOLDER = "Vertebral fracture assessment"
ROLE = "vfa.role"  # attribute of every node of ours that is no markup
VOLUME, SEGMENTATION = "vfa.volume", "vfa.segmentation"  # node references of the kept text


class MrmlBridge:
    """The scene, as the Presenter sees it.

    Args:
        scene: the MRML scene.
        moved: told when a reader has let go of an end of a height line.
    """

    def __init__(self, scene: Any, moved: Moved) -> None:
        self._scene = scene
        self._lines = Lines(scene, moved)

    # ---- files for vfa

    def write_input(self, request: Request, folder: Path) -> Given:
        """The input of a request as files; raises OSError or ValueError when that cannot be."""
        return Input.write_input(self._scene, request, folder)

    def write_bodies(self, folder: Path, names: dict[str, str]) -> Path:
        """The bodies as they are drawn now, as a label file, under these names."""
        return Bodies.write(self._node("bodies"), folder / "redrawn.seg.nrrd", names)

    def redrawn(self) -> tuple[str, ...]:
        """Levels whose segment is not as vfa drew it."""
        bodies = self._node("bodies")
        return Bodies.redrawn(bodies) if bodies is not None else ()

    # ---- nodes

    def show(self, result: Result, bodies_file: str, request: Request) -> None:
        """Draw a result; without a file the bodies stay as they are."""
        volume = self._scene.GetNodeByID(request.volume)
        bodies = self._node("bodies") or self._new("vtkMRMLSegmentationNode", "Vertebral bodies", "bodies")
        if bodies_file:
            Bodies.read(bodies, bodies_file)
        if Bodies.segments(bodies):
            Bodies.dress(bodies, result, volume)
        table = self._node("table") or self._new("vtkMRMLTableNode", "Vertebrae", "table")
        _fill(table, result)
        lines = self._lines.draw(result)
        self._file_away(volume, [bodies, table, *lines])

    def clear(self) -> None:
        """Take everything down that was drawn."""
        self._lines.remove()
        for role in ("bodies", "table", "found", "shown", "request"):
            node = self._node(role)
            if node is not None:
                self._scene.RemoveNode(node)
        tree, folder = self._tree(), self._folder()
        if tree is not None and folder:
            tree.RemoveItem(folder)

    def lock(self) -> None:
        """Let nothing be dragged."""
        self._lines.lock(1)

    def unlock(self) -> None:
        """Let height lines be dragged."""
        self._lines.lock(0)

    def jump(self, plane: MidPlane) -> None:
        """Lay the slice views into a body's own planes: sagittal through its middle, axial between its endplates."""
        for name, axes in _planes(plane).items():
            node = self._scene.GetNodeByID(f"vtkMRMLSliceNode{name}")
            if node is not None:
                matrix = node.GetSliceToRAS()
                for column, axis in enumerate((*axes, ras_of_lps(plane.centre_lps))):
                    for row in range(3):
                        matrix.SetElement(row, column, axis[row])
                node.UpdateMatrices()

    # ---- saved with the scene

    def keep(self, kept: Kept) -> None:
        """Save with the scene."""
        for role in ("found", "shown", "request"):
            node = self._node(role) or self._new("vtkMRMLTextNode", f"vfa {role}", role)
            node.SetText(getattr(kept, role))
            self._file_away(None, [node])
        request = self._node("request")
        for reference, node_id in ((VOLUME, kept.volume), (SEGMENTATION, kept.segmentation)):
            request.SetNodeReferenceID(reference, node_id or None)

    def kept(self) -> Kept | None:
        """What was saved with the scene, if anything."""
        nodes = {role: self._node(role) for role in ("found", "shown", "request")}
        if any(node is None for node in nodes.values()):
            return None
        request = nodes["request"]
        return Kept(
            **{role: node.GetText() for role, node in nodes.items()},
            volume=request.GetNodeReferenceID(VOLUME) or "",
            segmentation=request.GetNodeReferenceID(SEGMENTATION) or "",
        )

    # ---- inside

    def _node(self, role: str) -> Any:
        kinds = {"bodies": "vtkMRMLSegmentationNode", "table": "vtkMRMLTableNode"}
        nodes = self._scene.GetNodesByClass(kinds.get(role, "vtkMRMLTextNode"))
        nodes.UnRegister(None)
        for number in range(nodes.GetNumberOfItems()):
            node = nodes.GetItemAsObject(number)
            if node.GetAttribute(ROLE) == role:
                return node
        return None

    def _new(self, kind: str, name: str, role: str) -> Any:
        node = self._scene.AddNewNodeByClass(kind, name)
        node.SetAttribute(ROLE, role)
        return node

    def _file_away(self, volume: Any, nodes: list[Any]) -> None:
        """Put nodes into our folder, which stands beside the volume in its study."""
        tree = self._tree()
        if tree is None:
            return
        folder = self._folder()
        if not folder:
            item = tree.GetItemByDataNode(volume) if volume is not None else 0
            folder = tree.CreateFolderItem(tree.GetItemParent(item) if item else tree.GetSceneItemID(), FOLDER)
        for node in nodes:
            item = tree.GetItemByDataNode(node)
            if item:
                tree.SetItemParent(item, folder)
            else:  # where nothing adds new nodes to the tree by itself
                tree.CreateItem(folder, node)

    def _folder(self) -> int:
        tree = self._tree()
        return int(tree.GetItemChildWithName(tree.GetSceneItemID(), FOLDER, True)) if tree is not None else 0

    def _tree(self) -> Any:
        import slicer

        return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(self._scene)


def _fill(table: Any, result: Result) -> None:
    """The table with headings and units; words where a number was not measured."""
    import vtk

    table.RemoveAllColumns()
    rows = [result.row(level) for level in result.levels]
    for number, (heading, unit) in enumerate(COLUMN_HEADINGS):
        column = vtk.vtkStringArray()
        column.SetName(f"{heading} ({unit})" if unit else heading)
        for row in rows:
            column.InsertNextValue(row[number])
        table.AddColumn(column)
        if unit:
            table.SetColumnUnitLabel(column.GetName(), unit)


def _planes(plane: MidPlane) -> dict[str, tuple[Point, Point, Point]]:
    """For each slice view what points right, up and out of the plane, RAS, as Slicer lays its own views."""
    left, anterior, cranial = (ras_of_lps(axis) for axis in (plane.left, plane.anterior, plane.cranial))
    return {
        "Red": (left, anterior, cranial),
        "Yellow": (_opposite(anterior), cranial, left),
        "Green": (left, cranial, anterior),
    }


def _opposite(axis: Point) -> Point:
    return (-axis[0], -axis[1], -axis[2])
