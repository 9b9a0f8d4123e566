"""Which studies are tried again though nothing changed?"""

from __future__ import annotations

from enum import Enum


class Retry(str, Enum):
    """Which studies are tried again though nothing changed."""

    NONE = "none"
    FAILED = "failed"
