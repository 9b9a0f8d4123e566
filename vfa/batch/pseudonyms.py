"""Which names stand in place of identifiers in everything that leaves?

A keyed hash (HMAC-SHA-256, RFC 2104) makes them: the same study has the same pseudonym in every run with the same
key, and nobody without the key can go back or check a guess. UIDs become UIDs of the root 2.25 (PS3.5 B.2).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vfa.errors import UsageError

KEY_BYTES = 32
LEAST_KEY_BYTES = 16
SHORTEST_NAME = 4  # shorter file names are numbers and letters that occur in any sentence


@dataclass(frozen=True)
class Pseudonyms:
    """Names in place of identifiers, from a secret key."""

    key: bytes

    def __post_init__(self) -> None:
        if len(self.key) < LEAST_KEY_BYTES:
            raise ValueError(f"key: expected {LEAST_KEY_BYTES} bytes or more, got {len(self.key)}")

    def uid(self, uid: str) -> str:
        """A UID in place of a UID; empty for none."""
        return f"2.25.{int.from_bytes(self._digest('uid', uid), 'big')}" if uid else ""

    def name(self, kind: str, identifier: str) -> str:
        """A name such as patient-1f0c… in place of an identifier; empty for none."""
        return f"{kind}-{self._digest(kind, identifier).hex()[:16]}" if identifier else ""

    def _digest(self, kind: str, identifier: str) -> bytes:
        return hmac.new(self.key, f"{kind}\n{identifier}".encode("utf-8", "surrogateescape"), hashlib.sha256).digest()[
            :16
        ]


def read_key(path: Path) -> Pseudonyms:
    """The key in this file; a missing file is made, with a new key that only its owner can read.

    Raises:
        UsageError: when the file cannot be read or made, or is no key.
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(KEY_BYTES) + "\n")
        key = path.read_bytes().strip()
    except OSError as error:
        raise UsageError(f"--deidentify {path}: the key cannot be read or made ({error})") from error
    if len(key) < LEAST_KEY_BYTES:
        raise UsageError(f"--deidentify {path}: expected a key of {LEAST_KEY_BYTES} bytes or more, got {len(key)}")
    return Pseudonyms(key)


class Scrubber:
    """Replaces identifiers and file names wherever they stand in a sentence."""

    def __init__(self, replacements: dict[str, str]) -> None:
        self._replacements = {old: new for old, new in replacements.items() if old}

    def text(self, text: str) -> str:
        """The sentence without them."""
        return str(self.tree(text))

    def tree(self, value: Any) -> Any:
        """Plain values (dicts, lists, strings, numbers), scrubbed all through; keys stay."""
        whole = "\n".join(_strings(value))
        # Longest first, so that a path goes before the file name in it.
        present = sorted((old for old in self._replacements if old in whole), key=len, reverse=True)
        if not present:
            return value
        pattern = re.compile(rf"(?<![\w.])(?:{'|'.join(_as_word(old) for old in present)})")
        return self._replaced(value, pattern)

    def _replaced(self, value: Any, pattern: re.Pattern[str]) -> Any:
        if isinstance(value, str):
            return pattern.sub(lambda found: self._replacements[found[0]], value)
        if isinstance(value, dict):
            return {key: self._replaced(part, pattern) for key, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._replaced(part, pattern) for part in value]
        return value


def _as_word(text: str) -> str:
    """A pattern that does not match the beginning of a longer word."""
    return re.escape(text) + (r"(?!\w)" if text[-1].isalnum() else "")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _strings(part)


def names_of_files(paths: Iterable[Path], names: Pseudonyms) -> dict[str, str]:
    """Replacements for files: their paths, their names, and the folders they lie in."""
    replacements: dict[str, str] = {}
    for path in paths:
        mark = names.name("file", str(path))
        replacements[str(path)] = mark
        if len(path.name) >= SHORTEST_NAME:
            replacements[path.name] = mark
        for folder in path.parents:
            if len(folder.name) >= SHORTEST_NAME:
                replacements.setdefault(str(folder), names.name("folder", str(folder)))
    return replacements
