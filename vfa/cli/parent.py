"""When the program that started this one is gone, who stops it? It does, on seeing its standard input close.

Killing a launcher leaves what it launched running, on every system; a closed pipe is seen on every system. Only a pipe
or socket is watched: a terminal, a file or the null device says nothing about a parent.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
import time

from vfa.cli.progress import ProgressKind

ENDED_WITH_PARENT = 143  # as if terminated
_POLL_SECONDS = 0.5


def end_with_parent(progress: ProgressKind) -> None:
    """End this process at once when its standard input closes, if that is a pipe; else do nothing.

    Only where progress is told in JSON, which is for a program that started this one. Files appear by rename, so
    ending at any moment leaves none half-written.
    """
    if progress is not ProgressKind.JSON:
        return
    try:
        mode = os.fstat(0).st_mode
    except OSError:  # no standard input at all
        return
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        threading.Thread(target=_wait_and_end, name="ends with its parent", daemon=True).start()


def _wait_and_end() -> None:
    wait = _wait_windows if sys.platform == "win32" else _wait_until_closed
    wait()
    os._exit(ENDED_WITH_PARENT)


def _wait_until_closed() -> None:
    """Read what comes, to no purpose, until nothing can come any more."""
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        return


def _wait_windows() -> None:
    """Ask now and then: a blocking read of standard input would there hold up the loading of libraries."""
    import ctypes
    import msvcrt

    windows = ctypes.windll.kernel32  # type: ignore[attr-defined]
    handle = msvcrt.get_osfhandle(0)  # type: ignore[attr-defined]
    while windows.PeekNamedPipe(handle, None, 0, None, None, None):
        time.sleep(_POLL_SECONDS)
