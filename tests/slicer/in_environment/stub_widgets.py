"""Stub widgets: PySide6 under the names that Slicer's Python has, with stand-ins for what slicer-core lacks.

Real here: MRML, Qt's own widgets and processes, the module's .ui file. Stand-ins: ctk and qMRML widgets, Slicer's
application object, its module base classes and parameter node wrapper. Nothing tested so was tested in Slicer.
"""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any, get_args, get_origin

from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets


class ctkCollapsibleButton(QtWidgets.QGroupBox):
    """A box."""


class qMRMLWidget(QtWidgets.QWidget):
    """Hands its scene on to the node selectors inside."""

    def setMRMLScene(self, scene: Any) -> None:
        for box in self.findChildren(qMRMLNodeComboBox):
            box.setMRMLScene(scene)


class qMRMLNodeComboBox(QtWidgets.QWidget):
    """Holds a node."""

    currentNodeChanged = QtCore.Signal(object)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._node: Any = None
        self.scene: Any = None

    def setMRMLScene(self, scene: Any) -> None:
        self.scene = scene

    def setCurrentNode(self, node: Any) -> None:
        if node is not self._node:
            self._node = node
            self.currentNodeChanged.emit(node)

    def currentNode(self) -> Any:
        return self._node


class _Application:
    def __init__(self) -> None:
        self.started: list[Any] = []

    def connect(self, signal: str, hear: Any) -> None:
        assert signal == "startupCompleted()"
        self.started.append(hear)


class ScriptedLoadableModule:
    def __init__(self, parent: Any) -> None:
        self.parent = parent


class ScriptedLoadableModuleWidget:
    def __init__(self, parent: Any = None) -> None:
        self.parent = parent or QtWidgets.QWidget()
        self.layout = QtWidgets.QVBoxLayout(self.parent)

    def setup(self) -> None:
        pass

    def resourcePath(self, name: str) -> str:
        return str(Path(sys.modules[type(self).__module__].__file__).parent / "Resources" / name)


class ScriptedLoadableModuleLogic:
    def getParameterNode(self) -> Any:
        import slicer

        name = type(self).__name__.removesuffix("Logic")
        node = slicer.mrmlScene.GetSingletonNode(name, "vtkMRMLScriptedModuleNode")
        if node is None:
            node = slicer.vtkMRMLScriptedModuleNode()
            node.SetSingletonTag(name)
            node.SetModuleName(name)
            node = slicer.mrmlScene.AddNode(node)
        return node


class ScriptedLoadableModuleTest:
    """Never run here."""


class Choice:
    def __init__(self, choices: list[str]) -> None:
        self.choices = choices


class _ParameterNode:
    """A stand-in: node references and choices as attributes, connected to widgets by SlicerParameterName."""

    _wrapped: type

    def __init__(self, node: Any) -> None:
        object.__setattr__(self, "parameterNode", node)

    def __getattr__(self, name: str) -> Any:
        if name not in self._wrapped.__annotations__:
            raise AttributeError(name)
        if self._choices(name):
            return self.parameterNode.GetParameter(name) or getattr(self._wrapped, name)
        return self.parameterNode.GetNodeReference(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if self._choices(name):
            assert value in self._choices(name)
            self.parameterNode.SetParameter(name, value)
        else:
            self.parameterNode.SetNodeReferenceID(name, value.GetID() if value is not None else None)
        self.parameterNode.Modified()

    def _choices(self, name: str) -> list[str]:
        kind = self._wrapped.__annotations__[name]
        kind = (
            eval(kind, sys.modules[self._wrapped.__module__].__dict__) if isinstance(kind, str) else kind
        )  # names of the module under test
        return get_args(kind)[1].choices if get_origin(kind) is not None or get_args(kind) else []

    def AddObserver(self, *arguments: Any) -> Any:
        return self.parameterNode.AddObserver(*arguments)

    def RemoveObserver(self, tag: Any) -> None:
        self.parameterNode.RemoveObserver(tag)

    def connectGui(self, ui: Any) -> list[Any]:
        made = []
        for widget in vars(ui).values():
            name = widget.property("SlicerParameterName")
            if not name:
                continue
            if isinstance(widget, qMRMLNodeComboBox):
                widget.setCurrentNode(getattr(self, name))
                made.append((widget.currentNodeChanged, self._setter(name)))
            else:
                widget.clear()
                widget.addItems(self._choices(name))
                widget.setCurrentText(getattr(self, name))
                made.append((widget.currentTextChanged, self._setter(name)))
            made[-1][0].connect(made[-1][1])
        return made

    def _setter(self, name: str) -> Any:
        return lambda value: setattr(self, name, value)

    def disconnectGui(self, made: list[Any]) -> None:
        for signal, hear in made:
            signal.disconnect(hear)


def parameterNodeWrapper(wrapped: type) -> type:
    return type("Wrapper", (_ParameterNode,), {"_wrapped": wrapped})


class _Loader(QtUiTools.QUiLoader):
    _CLASSES = (ctkCollapsibleButton, qMRMLWidget, qMRMLNodeComboBox)

    def createWidget(self, name: str, parent: Any = None, called: str = "") -> Any:
        for made in self._CLASSES:
            if made.__name__ == name:
                widget = made(parent)
                widget.setObjectName(called)
                return widget
        return super().createWidget(name, parent, called)


def load_ui(path: str) -> Any:
    file = QtCore.QFile(path)
    assert file.open(QtCore.QFile.ReadOnly), path
    widget = _Loader().load(file)
    assert widget is not None, path
    return widget


def child_widgets(widget: Any) -> Any:
    found = {one.objectName(): one for one in widget.findChildren(QtWidgets.QWidget) if one.objectName()}
    return types.SimpleNamespace(**found)


def install() -> QtWidgets.QApplication:
    """Put everything in place of Slicer's own; returns Qt's application."""
    import slicer
    import slicer.util

    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
    qt = types.ModuleType("qt")
    for part in (QtCore, QtGui, QtWidgets):
        qt.__dict__.update({name: getattr(part, name) for name in dir(part) if name.startswith("Q")})
    sys.modules["qt"] = qt
    i18n = _module("slicer.i18n", tr=lambda text: text, translate=lambda _context, text: text)
    bases = (
        ScriptedLoadableModule,
        ScriptedLoadableModuleWidget,
        ScriptedLoadableModuleLogic,
        ScriptedLoadableModuleTest,
    )
    slicer.i18n = i18n
    slicer.ScriptedLoadableModule = _module("slicer.ScriptedLoadableModule", **{one.__name__: one for one in bases})
    slicer.parameterNodeWrapper = _module(
        "slicer.parameterNodeWrapper", parameterNodeWrapper=parameterNodeWrapper, Choice=Choice
    )
    slicer.app = _Application()
    slicer.modules = types.SimpleNamespace()
    slicer.util.loadUI = load_ui
    slicer.util.childWidgetVariables = child_widgets
    return application


def _module(name: str, **content: Any) -> types.ModuleType:
    made = types.ModuleType(name)
    made.__dict__.update(content)
    sys.modules[name] = made
    return made
