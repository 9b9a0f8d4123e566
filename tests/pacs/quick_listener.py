"""A listener whose assessment takes a blink: each study is answered by one secondary capture.

Run as a program:

    python -m tests.pacs.quick_listener STORE PORT AET@HOST:PORT
"""

from __future__ import annotations

import sys
import threading
import time
from datetime import datetime
from pathlib import Path

from tests.report import made_up
from vfa.intake import load_volume
from vfa.pacs.answer import Assessed
from vfa.pacs.inbox import Inbox
from vfa.pacs.listen import Door, Listener
from vfa.pacs.peer import parse_peer
from vfa.pacs.send import Caller
from vfa.report.dicom_derived import derived_from, file_bytes
from vfa.report.dicom_image import SAGITTAL, KeyPicture, secondary_capture
from vfa.report.figures import spine_figure
from vfa.report.files import write_files

PICTURE = spine_figure(None, made_up.spine(), made_up.findings())


def assess(images: Path, out: Path) -> Assessed:
    time.sleep(0.1)
    volume = load_volume(images)
    # An answer to half of a study is another answer, which the PACS would then hold beside the right one.
    source = derived_from(volume, repr(volume.grid.shape).encode(), datetime.now())
    made = secondary_capture(KeyPicture("spine", 1, PICTURE, "an answer", SAGITTAL), source)
    write_files(out, {"dicom/sc-spine.dcm": file_bytes(made), "assessment.json": b"{}"})
    return Assessed(0, "")


def main(store: str, port: str, answer_to: str) -> None:
    inbox = Inbox(Path(store), most_open=50, least_free_bytes=0)
    door = Door("VFA", int(port), ("SENDER",), "127.0.0.1")
    listener = Listener(inbox, door, parse_peer(answer_to), Caller("VFA"), assess, quiet_seconds=0.7)
    listener.run(threading.Event(), lambda taken: print(f"listening on {taken}", flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
