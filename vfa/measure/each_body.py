"""How are all bodies looked at without waiting for each other?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

BODIES_AT_ONCE = 2  # numpy and scipy work outside of the interpreter lock

One = TypeVar("One")
Found = TypeVar("Found")


def for_each(look: Callable[[One], Found], bodies: Iterable[One]) -> Iterator[Found]:
    """What is found in each body, in their order, as it becomes known."""
    with ThreadPoolExecutor(BODIES_AT_ONCE) as pool:
        yield from pool.map(look, bodies)
