"""What are the vertebrae called, and in which order do they stand?

A level is a string: C1…C7, T1…T13, L1…L6, S1, or a provisional name V1, V2, … (from head to foot) when nothing
in the image says which level it is.
"""

from __future__ import annotations

import re

CERVICAL = tuple(f"C{n}" for n in range(1, 8))
THORACIC = tuple(f"T{n}" for n in range(1, 14))
LUMBAR = tuple(f"L{n}" for n in range(1, 7))
LEVELS: tuple[str, ...] = (*CERVICAL, *THORACIC, *LUMBAR, "S1")
TRANSITIONAL_EXTRA = ("T13", "L6")  # present in few people, so no level is counted across them by default
REGULAR_LEVELS: tuple[str, ...] = tuple(level for level in LEVELS if level not in TRANSITIONAL_EXTRA)

VERSE_IDS: dict[str, int] = {
    **{level: n for n, level in enumerate(CERVICAL, start=1)},
    **{level: n for n, level in enumerate(THORACIC[:12], start=8)},
    **{level: n for n, level in enumerate(LUMBAR, start=20)},
    "S1": 26,
    "T13": 28,
}
LEVEL_OF_VERSE_ID: dict[int, str] = {number: level for level, number in VERSE_IDS.items()}

_PROVISIONAL = re.compile(r"V[1-9][0-9]?")


def is_provisional(level: str) -> bool:
    """Whether the name is a counting name (V1, V2, …) and no anatomical level."""
    return _PROVISIONAL.fullmatch(level) is not None


def check_level(level: str) -> str:
    """Return the level if it is one; raise ValueError with what was expected otherwise."""
    if level in LEVELS or is_provisional(level):
        return level
    raise ValueError(f"level: expected C1–C7, T1–T13, L1–L6, S1 or a provisional V1, V2, …, got {level!r}")


def order(level: str) -> int:
    """Position from head to foot; provisional names follow their number."""
    check_level(level)
    return int(level[1:]) if is_provisional(level) else LEVELS.index(level)


def levels_apart(cranial: str, caudal: str) -> int | None:
    """How many steps the second level lies below the first in a regular spine; None when that is unknown.

    T13 and L6 are counted only when named: T12→L1 is one step, T12→T13→L1 two.
    """
    if is_provisional(cranial) != is_provisional(caudal):
        return None
    if is_provisional(cranial):
        return order(caudal) - order(cranial)
    named = {cranial, caudal}
    ladder = [level for level in LEVELS if level in REGULAR_LEVELS or level in named]
    return ladder.index(caudal) - ladder.index(cranial)
