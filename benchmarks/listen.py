"""Does `vfa listen`, with its real assessment, answer every study once although it is killed again and again?

python -m benchmarks.listen [--studies 20] [--kills 5]

A real Orthanc gets the answers. The studies are the sample study's images, each with its own identifiers. Needs
Debian's orthanc; prints how often it was killed, how many studies were answered with which objects, and in what time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.pacs import orthanc
from tests.pacs.killing import REPOSITORY, Plan, Study, kill_while_sending
from vfa.intake import load_volume
from vfa.pacs.peer import Peer
from vfa.phantom.write_dicom import StudyHeader, write_series

QUIET_SECONDS = 1.0
PATIENCE_SECONDS_PER_STUDY = 180.0  # on a busy machine


def written(folder: Path, how_many: int) -> list[Study]:
    volume = load_volume(REPOSITORY / "sample_data" / "study")
    headers = [StudyHeader(name_of_study=f"listened to {number}") for number in range(how_many)]
    return [
        (str(header.uid("study")), write_series(volume, folder / str(number), header, "none"))
        for number, header in enumerate(headers)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=20)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder, port = Path(made), orthanc.free_port()
        studies = written(folder / "in", options.studies)
        images = len(studies[0][1])
        with orthanc.running(folder / "pacs", {"VFA": port}) as pacs:
            store = folder / "store"
            listen = ["listen", "--store", store, "--answer-to", pacs.peer, "--allow", "SENDER", "--port", port]
            command = [sys.executable, "-m", "vfa", *map(str, listen), "--quiet", str(QUIET_SECONDS)]
            patience = PATIENCE_SECONDS_PER_STUDY * options.studies
            plan = Plan(command, store, Peer("VFA", "127.0.0.1", port), options.kills, patience / 20, patience)
            start = time.monotonic()
            killed, unsent, settled = kill_while_sending(plan, studies, options.seed)
            seconds = time.monotonic() - start
            answers = Counter(str(sorted(pacs.modalities_of(uid).items())) for uid, _ in studies)
    print(f"{options.studies} studies of {images} images, listener killed {killed} times, {seconds:.0f} s")
    print(f"not taken in: {unsent}; settled: {settled}; objects in the PACS, by how many studies have just these:")
    for objects, count in answers.items():
        print(f"  {count} × {objects}")
    whole = len(answers) == 1 and (killed, unsent, settled) == (options.kills, 0, options.studies)
    print("all answered once" if whole and "[]" not in answers else "NOT all answered once")
    sys.exit(0 if whole else 1)


if __name__ == "__main__":
    main()
