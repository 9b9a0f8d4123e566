"""Where does an attribute of one frame stand, and can it be trusted?

In an enhanced object a frame's attributes stand in its own functional groups, else in the shared ones, else in the
dataset itself (PS3.3 C.7.6.16.1.1). What the geometry or the values hang on must be readable; the rest is a hint.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from pydicom.dataset import Dataset
from pydicom.tag import BaseTag, Tag

from vfa.errors import NotAnImage

# The functional group macros that describe one frame, PS3.3 C.7.6.16.2, C.8.13.5 (MR), C.8.15.3 (CT).
FRAME_MACROS = (
    "PixelMeasuresSequence",
    "PlanePositionSequence",
    "PlaneOrientationSequence",
    "PixelValueTransformationSequence",
    "FrameContentSequence",
    "MRImageFrameTypeSequence",
    "CTImageFrameTypeSequence",
    "MRTimingAndRelatedParametersSequence",
    "MREchoSequence",
    "MRModifierSequence",
    "MRDiffusionSequence",
    "CTReconstructionSequence",
    "FrameAnatomySequence",
)


class FrameAttributes:
    """The attributes of one frame: its own groups first, then the shared ones, then the dataset's."""

    def __init__(self, sources: Sequence[Dataset]) -> None:
        self._sources = sources

    def raw(self, keyword: str) -> Any:
        """The first non-empty value among the sources, None if there is none; raises what pydicom raises."""
        tag = _tag_of(keyword)
        for source in self._sources:
            if tag in source:
                value = source[tag].value
                if value is not None and value != "":
                    return value
        return None

    def hint(self, keyword: str, convert: Callable[[Any], Any], default: Any) -> Any:
        """An attribute nothing measured depends on: unreadable counts as not stated."""
        try:
            value = self.raw(keyword)
            return default if value is None else convert(value)
        except Exception:  # pydicom's converters raise a dozen kinds on malformed values
            return default

    def text(self, keyword: str) -> str:
        """A hint as text, empty if not stated."""
        return str(self.hint(keyword, lambda value: str(value).strip(), ""))

    def words(self, keyword: str) -> tuple[str, ...]:
        """A hint of several words, in capitals; empty if not stated."""
        found: tuple[str, ...] = self.hint(keyword, _words, ())
        return found

    def number_hint(self, keyword: str) -> float | None:
        """A hint that is a finite number (the first of several), None if not stated."""
        found: float | None = self.hint(keyword, _finite, None)
        return found

    def numbers(self, keyword: str, count: int) -> tuple[float, ...] | None:
        """Numbers the geometry or the values hang on: None if absent, NotAnImage if unreadable."""
        try:
            value = self.raw(keyword)
            if value is None:
                return None
            several = hasattr(value, "__iter__") and not isinstance(value, (str, bytes))
            found = tuple(_finite(item) for item in (value if several else [value]))
        except Exception as error:  # as above
            raise NotAnImage(f"{keyword} cannot be read, expected {count} numbers") from error
        if len(found) != count:
            raise NotAnImage(f"{keyword} holds {len(found)} numbers, expected {count}")
        return found

    def number(self, keyword: str) -> float | None:
        """One number, as `numbers`."""
        found = self.numbers(keyword, 1)
        return None if found is None else found[0]

    def whole(self, keyword: str, low: int, high: int) -> int:
        """A whole number that must be there and within the limits; NotAnImage otherwise."""
        value = self.number(keyword)
        if value is None or value != int(value) or not low <= value <= high:
            stated = "missing" if value is None else f"{value:g}"
            raise NotAnImage(f"{keyword} is {stated}, expected {low} to {high}")
        return int(value)


@cache
def _tag_of(keyword: str) -> BaseTag:
    """The attribute's tag; looked up once, since headers are read by the ten thousand."""
    return Tag(keyword)


def frame_macros(group: Dataset) -> list[Dataset]:
    """The items of one functional group, each describing a side of the frame."""
    found = [group.get(keyword) for keyword in FRAME_MACROS]
    return [sequence[0] for sequence in found if sequence]


def _words(value: Any) -> tuple[str, ...]:
    several = [value] if isinstance(value, str) else list(value)
    return tuple(str(word).strip().upper() for word in several)


def _finite(value: Any) -> float:
    if not isinstance(value, (str, bytes)) and hasattr(value, "__iter__"):
        value = next(iter(value))
    if "_" in str(value):  # Python would read 1_0 as 10; in a decimal string (PS3.5 6.2) it is a damaged 1.0
        raise ValueError("no decimal string")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number
