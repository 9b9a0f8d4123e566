"""Stand-ins for everything the Presenter plays with, and a result made by hand for it to show."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from VertebralFractureAssessmentLib.Parameters import Request
from VertebralFractureAssessmentLib.Presenter import Presenter
from VertebralFractureAssessmentLib.Result import MidPlane, Result
from VertebralFractureAssessmentLib.Roles import Given, Kept, Listener
from VertebralFractureAssessmentLib.Shown import Shown

from tests.report import made_up
from vfa.report.document import to_document
from vfa.report.json import to_bytes

FOUND: dict[str, Any] = json.loads(to_bytes(to_document(made_up.assessment())))
LADDER = ("T9", "T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5")


def named(document: dict[str, Any], shift: int) -> dict[str, Any]:
    """The same result with every vertebra called so many levels lower."""
    moved = deepcopy(document)
    for one in moved["vertebrae"]:
        one["level"] = LADDER[LADDER.index(one["level"]) + shift]
        one["edited_by_reader"] = ["level"]
    return moved


@dataclass
class Scene:
    """A scene that writes down what it was asked to do."""

    is_dicom: bool = True
    faulty: str = ""
    shown: list[tuple[Result, str, Request]] = field(default_factory=list)
    jumps: list[MidPlane] = field(default_factory=list)
    locked: bool = True
    cleared: int = 0
    saved: Kept | None = None
    written: list[dict[str, str]] = field(default_factory=list)
    changed: tuple[str, ...] = ()

    def write_input(self, request: Request, folder: Path) -> Given:
        if self.faulty:
            raise ValueError(self.faulty)
        return Given("/study", ("--series", "1.2.3"), self.is_dicom)

    def write_bodies(self, folder: Path, names: dict[str, str]) -> Path:
        self.written.append(names)
        return folder / "redrawn.seg.nrrd"

    def redrawn(self) -> tuple[str, ...]:
        return self.changed

    def show(self, result: Result, bodies_file: str, request: Request) -> None:
        self.shown.append((result, bodies_file, request))

    def clear(self) -> None:
        self.cleared += 1
        self.saved = None

    def jump(self, plane: MidPlane) -> None:
        self.jumps.append(plane)

    def lock(self) -> None:
        self.locked = True

    def unlock(self) -> None:
        self.locked = False

    def keep(self, kept: Kept) -> None:
        self.saved = replace(kept, volume="volume-1")

    def kept(self) -> Kept | None:
        return self.saved


@dataclass
class ByHand:
    """A worker that ends when the test says so."""

    commands: list[list[str]] = field(default_factory=list)
    listener: Listener | None = None
    cancelled: int = 0
    abandoned: int = 0

    def start(self, arguments: list[str], listener: Listener) -> None:
        self.commands.append(arguments)
        self.listener = listener

    def cancel(self) -> None:
        self.cancelled += 1

    def abandon(self) -> None:
        self.abandoned += 1
        self.listener = None

    def option(self, name: str) -> str:
        """The value of an option of the last command; empty when it was not given."""
        last = self.commands[-1]
        return last[last.index(name) + 1] if name in last else ""

    def file(self, option: str) -> dict[str, Any]:
        """The content of a file the last command was given."""
        content: dict[str, Any] = json.loads(Path(self.option(option)).read_text(encoding="utf-8"))
        return content

    def ends(self, status: int = 0, last_words: str = "", document: dict[str, Any] | None = None) -> None:
        """End, having written this result where it was asked to."""
        out = Path(self.option("--out"))
        if document is not None:
            out.mkdir(parents=True, exist_ok=True)
            (out / "assessment.json").write_text(json.dumps(document), encoding="utf-8")
            (out / "bodies.seg.nrrd").write_bytes(b"")
        assert self.listener is not None
        self.listener.ended(status, last_words)


@dataclass
class Ready:
    """An installer that has nothing to do, or a reason why it could not."""

    reason: str = ""
    asked: int = 0

    def ensure(self) -> str:
        self.asked += 1
        return self.reason


@dataclass
class Watched:
    """A panel that remembers what it was given to show."""

    shown: list[Shown] = field(default_factory=list)

    def render(self, shown: Shown) -> None:
        self.shown.append(shown)

    @property
    def now(self) -> Shown:
        return self.shown[-1]


@dataclass
class Stage:
    """A presenter with everything around it."""

    scene: Scene = field(default_factory=Scene)
    worker: ByHand = field(default_factory=ByHand)
    installer: Ready = field(default_factory=Ready)
    panel: Watched = field(default_factory=Watched)

    def __post_init__(self) -> None:
        self.presenter = Presenter(self.scene, self.worker, self.installer, self.panel)

    @property
    def now(self) -> Shown:
        return self.panel.now

    def with_result(self, document: dict[str, Any] = FOUND) -> Stage:
        """Assessed once, without answers or edits."""
        self.presenter.choose("volume-1", "", "")
        self.presenter.assess()
        self.worker.ends(document=document)
        return self
