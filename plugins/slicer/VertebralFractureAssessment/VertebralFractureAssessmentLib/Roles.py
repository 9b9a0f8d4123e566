"""Who plays with the Presenter? The scene, the worker, the installer and the panel, as it sees them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from VertebralFractureAssessmentLib.Parameters import Request
from VertebralFractureAssessmentLib.Result import MidPlane, Result
from VertebralFractureAssessmentLib.Shown import Shown


@dataclass(frozen=True)
class Given:
    """The input as vfa takes it: a path, options, and whether it is DICOM (then SEG and SR can be written)."""

    path: str
    options: tuple[str, ...] = ()
    is_dicom: bool = False


@dataclass(frozen=True)
class Kept:
    """What is saved with the scene: both results word for word, the request, and which nodes it was about."""

    found: str
    shown: str
    request: str
    volume: str = ""
    segmentation: str = ""


class Listener(Protocol):
    """Hears of the worker."""

    def progressed(self, step: str, fraction: float) -> None:
        """How far it is."""

    def ended(self, status: int, last_words: str) -> None:
        """With which exit status it ended, and its last sentence."""


class Worker(Protocol):
    """Runs vfa beside Slicer."""

    def start(self, arguments: list[str], listener: Listener) -> None:
        """Start `vfa` with these arguments; tells the listener, also when it cannot start."""

    def cancel(self) -> None:
        """Stop it; the listener hears that it ended."""

    def abandon(self) -> None:
        """Stop it, if it works; nobody hears of it any more."""


class Installer(Protocol):
    """Sees to it that vfa is there."""

    def ensure(self) -> str:
        """Install it if it is missing, after asking; the reason why it is not there afterwards, or nothing."""


class Panel(Protocol):
    """What the user looks at."""

    def render(self, shown: Shown) -> None:
        """Show this."""


class Bridge(Protocol):
    """The scene."""

    def write_input(self, request: Request, folder: Path) -> Given:
        """The input of a request as files; raises OSError or ValueError when that cannot be."""

    def write_bodies(self, folder: Path, names: dict[str, str]) -> Path:
        """The bodies as they are drawn now, as a label file, under these names."""

    def redrawn(self) -> tuple[str, ...]:
        """Levels whose body the reader has drawn otherwise than vfa."""

    def show(self, result: Result, bodies_file: str, request: Request) -> None:
        """Draw a result; without a file the bodies stay as they are."""

    def clear(self) -> None:
        """Take everything down that was drawn."""

    def jump(self, plane: MidPlane) -> None:
        """Lay the slice views into a body's own planes."""

    def lock(self) -> None:
        """Let nothing be dragged."""

    def unlock(self) -> None:
        """Let height lines be dragged."""

    def keep(self, kept: Kept) -> None:
        """Save with the scene."""

    def kept(self) -> Kept | None:
        """What was saved with the scene, if anything."""
