"""What may a profile set about a criterion? A ratio, a number of millimetres or weeks, or one of some words."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

Setting = Fraction | str

_WRITTEN_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?|\d{1,9}/0*[1-9]\d{0,8}")


@dataclass(frozen=True)
class Parameter:
    """One setting of a criterion.

    Args:
        name: with its unit where it has one, as a profile writes it.
        default: the value when a profile says nothing.
        meaning: what it does, in words.
        source: where the default comes from.
        verified: whether that source was seen to state the value.
        choices: the words allowed; empty for numbers.
        at_most: the greatest number allowed.
    """

    name: str
    default: Setting
    meaning: str
    source: str
    verified: bool
    choices: tuple[str, ...] = ()
    at_most: Fraction = Fraction(1000)

    def read(self, raw: object) -> Setting:
        """The setting from what a profile wrote: "1/3", 0.7, 2 or a word.

        Raises:
            ValueError: with what was expected.
        """
        if self.choices:
            if isinstance(raw, str) and raw in self.choices:
                return raw
            raise ValueError(f"{self.name}: expected one of {', '.join(self.choices)}, got {raw!r}")
        number = exact(raw)
        if number is None or not 0 <= number <= self.at_most:
            raise ValueError(f"{self.name}: expected a number or a ratio from 0 to {self.at_most}, got {raw!r}")
        return number


def exact(raw: object) -> Fraction | None:
    """A number or ratio as an exact fraction: "1/3" → 1/3, 0.7 → 7/10; None when it is neither."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        return None
    if isinstance(raw, float):
        return Fraction(repr(raw)) if math.isfinite(raw) else None
    if isinstance(raw, str) and not _WRITTEN_NUMBER.fullmatch(raw):
        return None
    return Fraction(raw)


def number_in(settings: Mapping[str, Setting], name: str) -> Fraction:
    """A numeric setting."""
    value = settings[name]
    if isinstance(value, str):
        raise TypeError(f"{name} is a word, not a number")
    return value


def word_in(settings: Mapping[str, Setting], name: str) -> str:
    """A setting that is one of some words."""
    value = settings[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is a number, not a word")
    return value
