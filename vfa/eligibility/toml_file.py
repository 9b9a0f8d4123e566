"""How is a small TOML or JSON file read, so that a mistake in it is named with its place?"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from vfa.errors import ClinicalRefused

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TOML_HINT = "words stand in quotes, decimals have a point, nothing is told twice"
LINE_SHOWN = 80  # letters of a line at fault
MAX_BYTES = 1_000_000  # a page of answers; more is some other file


@dataclass(frozen=True)
class ReadFile:
    """A file's table, with its text so that a key's line can be named."""

    path: Path
    text: str
    table: dict[str, Any]

    def place(self, *keys: str) -> str:
        """Say FILE, line 12 for the key, or FILE alone when the line cannot be told."""
        if self.path.suffix.lower() == ".json":
            return str(self.path)
        shorter = (keys[:length] for length in range(len(keys), 0, -1))  # an inline table stands on its key's line
        line = next((found for part in shorter if (found := _line_of(self.text, part))), None)
        return f"{self.path}, line {line}" if line else str(self.path)

    def refuse(self, keys: tuple[str, ...], sentence: str) -> ClinicalRefused:
        """The error for one key."""
        return ClinicalRefused(f"{self.place(*keys)}: {sentence}")


def read_table(path: Path, kind: str) -> ReadFile:
    """Read a TOML file, or JSON when its name ends so.

    Raises:
        ClinicalRefused: when it is missing, too big, not text, or not TOML or JSON.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ClinicalRefused(f"{path}: the {kind} cannot be read ({error.strerror}); give a TOML file") from error
    if len(raw) > MAX_BYTES:
        raise ClinicalRefused(f"{path}: expected a {kind} of at most 1 MB; is this the right file?")
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
        table = _parse_json(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise ClinicalRefused(f"{path}: the {kind} is no UTF-8 text; save it as UTF-8") from error
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        raise ClinicalRefused(_malformed(path, kind, text, str(error))) from error
    return ReadFile(path, text, table)


def _malformed(path: Path, kind: str, text: str, error: str) -> str:
    """The parser's complaint with the line it is about, and what most often is wrong there."""
    hint = "" if path.suffix.lower() == ".json" else f"; {TOML_HINT}"
    place = re.search(r"line (\d+),? column", error)
    lines = text.splitlines()
    if place is None or int(place[1]) > len(lines):
        return f"{path}: the {kind} is malformed: {error}{hint}"
    reason = re.sub(r" \(at [^)]*\)$|: line \d+ column .*$", "", error)
    written = lines[int(place[1]) - 1].strip()[:LINE_SHOWN]
    return f"{path}, line {place[1]}: the {kind} is malformed: {reason} in {written!r}{hint}"


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint at the nearest known word, else the list of those there are."""
    words = list(known)
    close = get_close_matches(word, words, n=1, cutoff=0.6) or [one for one in words if word and one.startswith(word)]
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(words)}"


def _parse_json(text: str) -> dict[str, Any]:
    table = json.loads(text, object_pairs_hook=_no_key_twice)
    if not isinstance(table, dict):
        raise ValueError("expected an object with [patient] and [levels]")
    return table


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"key given twice: {', '.join(twice)}")
    return dict(pairs)


def _line_of(text: str, keys: tuple[str, ...]) -> int | None:
    """The line of a key such as ("levels", "L1", "pain"), inside its [levels.L1] table or written dotted."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.fullmatch(r"\s*\[\[?([^\[\]]+)\]\]?\s*(#.*)?", line)
        if header:
            table = _parts(header[1])
            if table == keys:
                return number
            continue
        written = re.match(r"\s*([^=#]+?)\s*=", line)
        if written and (*table, *_parts(written[1])) == keys:
            return number
    return None


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
