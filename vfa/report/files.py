"""How do files come to stand complete or not at all?"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def write_files(folder: Path, contents: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Write files into a folder by rename, so that no reader ever sees a half of one.

    All of them are first written and flushed under temporary names in their final folders, then renamed in the order
    given. When anything fails before the renames, nothing is left behind, a folder made for them included.

    Args:
        folder: where they go; made with its parents when missing.
        contents: bytes by file name; a name may lead into a folder below ("dicom/seg.dcm").

    Returns:
        The paths, in the order given.

    Raises:
        OSError: when the folder or a file cannot be written.
    """
    parents = tuple(dict.fromkeys([folder, *((folder / name).parent for name in contents)]))
    made = [path for parent in parents for path in _make_folders(parent)]
    staged: list[tuple[Path, Path]] = []
    try:
        for name, content in contents.items():
            staged.append((_stage(folder / name, content), folder / name))
        for temporary, final in staged:
            os.replace(temporary, final)
    except BaseException:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)
        _remove_empty(sorted(made, key=lambda path: len(path.parts), reverse=True))
        raise
    for parent in parents:
        _flush_folder(parent)
    return tuple(final for _, final in staged)


def _make_folders(folder: Path) -> list[Path]:
    """Make the folder and its missing parents; return the ones made."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _remove_empty(deepest_first: list[Path]) -> None:
    for folder in deepest_first:
        if any(folder.iterdir()):
            return
        folder.rmdir()


def _stage(final: Path, content: bytes) -> Path:
    """Write the content under a temporary name next to its final place, down to the disk."""
    handle, path = tempfile.mkstemp(prefix=f".{final.name}.", suffix=".tmp", dir=final.parent)
    temporary = Path(path)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o666 & ~_umask())  # mkstemp's 0600 would hide the result from the owner's group
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _flush_folder(folder: Path) -> None:
    """Make the renames last through a power cut, where folders can be flushed at all (not on Windows)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
