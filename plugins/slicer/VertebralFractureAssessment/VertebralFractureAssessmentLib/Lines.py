"""Height lines and posterior walls as markups: drawn from a result, their ends read back when a reader drags one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from VertebralFractureAssessmentLib.Parameters import COLUMNS, Point
from VertebralFractureAssessmentLib.Places import lps_of_ras, ras_of_lps
from VertebralFractureAssessmentLib.Result import Result

LEVEL, COLUMN = "vfa.level", "vfa.column"  # node attributes that say what a line is
COLUMN_COLOURS = {"anterior": (0.3, 0.65, 1.0), "middle": (0.3, 0.9, 0.9), "posterior": (0.65, 0.55, 1.0)}
EDITED_COLOUR = (1.0, 0.45, 0.85)
WALL_COLOUR = (1.0, 0.85, 0.3)

Moved = Callable[[str, str, tuple[Point, Point]], None]


class Lines:
    """The markups of one result.

    Args:
        scene: where they stand.
        moved: told the level, the column and both ends (caudal first, LPS mm) when a reader lets go of an end.
    """

    def __init__(self, scene: Any, moved: Moved) -> None:
        self._scene, self._moved = scene, moved
        self._observed: list[tuple[Any, int]] = []

    def draw(self, result: Result) -> list[Any]:
        """Draw all lines and walls, in place of those that are there; returns the nodes."""
        self.remove()
        nodes = []
        for level in result.levels:
            nodes += [self._line(result, level, column) for column in COLUMNS if column in result.height_lines(level)]
            if result.wall(level):
                nodes.append(self._wall(result, level))
        self.observe()
        return nodes

    def nodes(self) -> list[Any]:
        """Markups that vfa drew, also those of a scene that was opened."""
        found = []
        for kind in ("vtkMRMLMarkupsLineNode", "vtkMRMLMarkupsCurveNode"):
            drawn = self._scene.GetNodesByClass(kind)
            drawn.UnRegister(None)
            found += [drawn.GetItemAsObject(number) for number in range(drawn.GetNumberOfItems())]
        return [node for node in found if node.GetAttribute(LEVEL)]

    def observe(self) -> None:
        """Hear when an end is let go of."""
        import slicer

        self._stop_observing()
        event = slicer.vtkMRMLMarkupsNode.PointEndInteractionEvent
        for node in self.nodes():
            if node.GetAttribute(COLUMN):
                self._observed.append((node, node.AddObserver(event, self._let_go)))

    def remove(self) -> None:
        """Take them down."""
        self._stop_observing()
        for node in self.nodes():
            self._scene.RemoveNode(node)

    def lock(self, is_locked: int) -> None:
        """Let ends be dragged (0) or not (1); walls never are."""
        for node in self.nodes():
            node.SetLocked(1 if is_locked or not node.GetAttribute(COLUMN) else 0)

    def _stop_observing(self) -> None:
        for node, tag in self._observed:
            node.RemoveObserver(tag)
        self._observed = []

    def _let_go(self, node: Any, _event: str) -> None:
        ends = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
        for number, end in enumerate(ends):
            node.GetNthControlPointPositionWorld(number, end)
        self._moved(node.GetAttribute(LEVEL), node.GetAttribute(COLUMN), (lps_of_ras(ends[0]), lps_of_ras(ends[1])))

    def _line(self, result: Result, level: str, column: str) -> Any:
        node = self._node("vtkMRMLMarkupsLineNode", result.line_name(level, column), level)
        node.SetAttribute(COLUMN, column)
        for end in result.height_lines(level)[column]:
            node.AddControlPointWorld(*ras_of_lps(end))
        node.SetNthControlPointLabel(0, "")
        node.SetNthControlPointLabel(1, result.line_number(level, column))
        # The number beside the line is the table's, along the body's own axis; Slicer's is the length as it lies.
        node.GetMeasurement("length").SetEnabled(False)
        is_edited = f"height_lines.{column}" in result[level].get("edited_by_reader", ())
        self._colour(node, EDITED_COLOUR if is_edited else COLUMN_COLOURS[column])
        return node

    def _wall(self, result: Result, level: str) -> Any:
        node = self._node("vtkMRMLMarkupsCurveNode", f"{level} posterior wall", level)
        node.SetCurveTypeToLinear()
        for point in result.wall(level):
            node.AddControlPointWorld(*ras_of_lps(point))
        node.GetMeasurement("length").SetEnabled(False)
        node.SetLocked(1)
        self._colour(node, WALL_COLOUR)
        node.GetDisplayNode().SetPointLabelsVisibility(False)
        return node

    def _node(self, kind: str, name: str, level: str) -> Any:
        node = self._scene.AddNewNodeByClass(kind, name)
        node.SetAttribute(LEVEL, level)
        node.CreateDefaultDisplayNodes()
        return node

    def _colour(self, node: Any, colour: tuple[float, float, float]) -> None:
        display = node.GetDisplayNode()
        display.SetColor(*colour)
        display.SetSelectedColor(*colour)
        display.SetPropertiesLabelVisibility(False)
        display.SetPointLabelsVisibility(True)
        display.SetTextScale(2.2)
        display.SetGlyphScale(1.5)
