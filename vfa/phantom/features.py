"""What can a level have beside a fracture? One name for all of it, and how a recipe's list is sorted out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from vfa.phantom.inclusions import Inclusion
from vfa.phantom.shape_changes import Bulge, Comminution, NarrowDisc, Osteophyte, SchmorlNode, ShortBody
from vfa.phantom.wall_variants import WallVariant

Feature = Inclusion | WallVariant | Bulge | Comminution | SchmorlNode | Osteophyte | ShortBody | NarrowDisc
Kind = TypeVar("Kind")


def of_kind(features: Iterable[object], kind: type[Kind]) -> tuple[Kind, ...]:
    """Those features that are of a kind, in their order."""
    return tuple(feature for feature in features if isinstance(feature, kind))


def only_one(features: Iterable[object], kind: type[Kind]) -> Kind | None:
    """The one feature of a kind; None when there is none.

    Raises:
        ValueError: if there are several.
    """
    found = of_kind(features, kind)
    if len(found) > 1:
        raise ValueError(f"features: expected one {kind.__name__} per level, got {len(found)}")
    return found[0] if found else None
