"""Which criteria does a profile choose, and how does it set them? Profiles are TOML files, shipped or a hospital's own.

    name = "ours"
    title = "Our hospital's rules"
    source = "Committee, 12 March"
    [criteria]
    VP-I1 = {}
    VP-C4 = { max_loss = "2/5" }

A criterion that is not listed is not applied; a setting that is not given keeps its default.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from vfa.eligibility.criterion import Criterion
from vfa.eligibility.parameter import Parameter, Setting
from vfa.eligibility.profile import SETTINGS, Profile
from vfa.eligibility.registry import criteria
from vfa.eligibility.toml_file import ReadFile, nearest, read_table
from vfa.errors import ClinicalRefused
from vfa.model.assessment import PROCEDURES, RuleKind

DEFAULT = "seed"
_KEYS = ("name", "title", "source", "criteria", "settings", "notes")


def shipped_profiles() -> tuple[str, ...]:
    """The names of the profiles that come with vfa, the default first."""
    folder = files("vfa.eligibility") / "profiles"
    names = sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return (DEFAULT, *(name for name in names if name != DEFAULT))


def load_profile(name_or_path: str | Path = DEFAULT) -> Profile:
    """A shipped profile by name, or a file.

    Raises:
        ClinicalRefused: with the line at fault, for a name or file that is no valid profile.
    """
    if isinstance(name_or_path, str) and name_or_path in shipped_profiles():
        return _read(read_table(Path(str(files("vfa.eligibility") / "profiles" / f"{name_or_path}.toml")), "profile"))
    path = Path(name_or_path)
    if path.suffix != ".toml" and not path.exists():
        raise ClinicalRefused(
            f"profile {str(name_or_path)!r}: neither a shipped profile nor a file; "
            f"{nearest(str(name_or_path), shipped_profiles())}"
        )
    return _read(read_table(path, "profile"))


def _read(file: ReadFile) -> Profile:
    for key in file.table:
        if key not in _KEYS:
            raise file.refuse((key,), f"unknown key {key!r}; {nearest(key, _KEYS)}")
    chosen = _subtable(file, ("criteria",))
    if not chosen:
        raise file.refuse(("criteria",), "expected a table [criteria] that lists at least one criterion")
    settings = {parameter.name: parameter.default for parameter in SETTINGS}
    settings |= _settings(file, ("settings",), SETTINGS)
    built = tuple(_criterion(file, criterion_id, chosen) for criterion_id in chosen)
    _check_each_procedure_has_an_indication(file, built)
    return Profile(
        name=_text(file, "name"),
        title=_text(file, "title"),
        source=_text(file, "source"),
        criteria=built,
        settings=settings,
        notes=_notes(file),
    )


def _criterion(file: ReadFile, criterion_id: str, chosen: dict[str, Any]) -> Criterion:
    known = criteria()
    keys = ("criteria", criterion_id)
    if criterion_id not in known:
        raise file.refuse(keys, f"unknown criterion {criterion_id!r}; {nearest(criterion_id, known)}")
    kind = known[criterion_id]
    if not kind.twin:
        return kind(_settings(file, keys, kind.parameters))
    if chosen[criterion_id]:
        raise file.refuse(keys, f"{criterion_id} shares the settings of {kind.twin}; set them there")
    if kind.twin not in chosen:
        raise file.refuse(keys, f"{criterion_id} needs its twin {kind.twin} in the same profile")
    return kind(_settings(file, ("criteria", kind.twin), kind.parameters))


def _settings(file: ReadFile, keys: tuple[str, ...], parameters: tuple[Parameter, ...]) -> dict[str, Setting]:
    by_name = {parameter.name: parameter for parameter in parameters}
    read: dict[str, Setting] = {}
    for name, raw in _subtable(file, keys).items():
        if name not in by_name:
            hint = nearest(name, by_name) if by_name else "it takes none"
            raise file.refuse((*keys, name), f"{'.'.join(keys)}: unknown setting {name!r}; {hint}")
        try:
            read[name] = by_name[name].read(raw)
        except ValueError as error:
            raise file.refuse((*keys, name), f"{'.'.join(keys)}: {error}") from error
    return read


def _subtable(file: ReadFile, keys: tuple[str, ...]) -> dict[str, Any]:
    table: Any = file.table
    for depth, key in enumerate(keys, start=1):
        table = table.get(key, {})
        if not isinstance(table, dict):
            raise file.refuse(keys[:depth], f"{'.'.join(keys[:depth])}: expected a table such as {{}}, got {table!r}")
    return dict(table)


def _text(file: ReadFile, key: str) -> str:
    value = file.table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise file.refuse((key,), f'expected {key} = "some words", got {value!r}')
    return value


def _notes(file: ReadFile) -> tuple[str, ...]:
    notes = file.table.get("notes", [])
    if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
        raise file.refuse(("notes",), f"notes: expected a list of sentences, got {notes!r}")
    return tuple(notes)


def _check_each_procedure_has_an_indication(file: ReadFile, built: tuple[Criterion, ...]) -> None:
    for procedure in PROCEDURES:
        rules = [criterion for criterion in built if criterion.applies_to(procedure)]
        if rules and not any(rule.kind is RuleKind.INDICATION for rule in rules):
            raise file.refuse(("criteria",), f"{procedure} has no indication, so nothing could ever speak for it")
