"""Who can segment a spine? Any object with a name, a version and `segment`; found by entry point.

A segmenter lives in its own package and registers itself in the entry point group `vfa.segmenters`, as a class that
is built without arguments or as a ready object. It is loaded only when asked for by name.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, runtime_checkable

from vfa.errors import UsageError
from vfa.model.spine import Spine
from vfa.model.volume import Volume

GROUP = "vfa.segmenters"
DEFAULT_SEGMENTER = "built-in"

Progress = Callable[[str, float], None]
"""Called with what is being done, in words, and the share done (0–1)."""


def silent(doing: str, fraction: float) -> None:
    """A Progress that tells nobody."""


@runtime_checkable
class Segmenter(Protocol):
    """Finds the vertebral bodies in an image."""

    @property
    def name(self) -> str:
        """The name it is asked for by."""

    @property
    def version(self) -> str:
        """Its version, with that of its weights where it has any."""

    def segment(self, volume: Volume, progress: Progress) -> Spine:
        """Return the bodies found, from head to foot; a spine of no vertebrae when none is found.

        Raises:
            vfa.errors.InputRefused: if this kind of image cannot be segmented by it.
        """


def available_segmenters() -> tuple[str, ...]:
    """Names of the segmenters that are installed; the built-in one first."""
    names = {point.name for point in entry_points(group=GROUP)}
    return tuple(sorted(names, key=lambda name: (name != DEFAULT_SEGMENTER, name)))


def find_segmenter(name: str = DEFAULT_SEGMENTER) -> Segmenter:
    """Load the segmenter of this name.

    Raises:
        UsageError: if none of that name is installed, two are, or what is installed is no segmenter.
    """
    points = [point for point in entry_points(group=GROUP) if point.name == name]
    if not points:
        installed = ", ".join(available_segmenters()) or "none"
        raise UsageError(f"--segmenter {name}: no such segmenter is installed; installed: {installed}")
    if len({point.value for point in points}) > 1:
        raise UsageError(f"--segmenter {name}: two packages offer it ({_packages(points)}); uninstall one of them")
    loaded = points[0].load()
    segmenter = loaded() if isinstance(loaded, type) else loaded
    if not isinstance(segmenter, Segmenter):
        raise UsageError(f"--segmenter {name}: {points[0].value} has no name, version and segment(volume, progress)")
    return segmenter


def _packages(points: list[EntryPoint]) -> str:
    return ", ".join(sorted(point.dist.name if point.dist is not None else point.value for point in points))
