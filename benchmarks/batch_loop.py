"""The plain loop that a batch is compared with: every folder is assessed and its assessment.json written."""

from __future__ import annotations

import sys
from pathlib import Path

import vfa
from vfa.report.json import write_assessment


def main(segmenter: str, export: Path, folders: list[str]) -> None:
    for number, folder in enumerate(folders):
        try:
            result = vfa.assess(vfa.AssessmentRequest(input=export / folder, segmenter=segmenter))
        except vfa.VfaError:
            continue  # a broken study: the batch refuses it too
        write_assessment(result.assessment, Path("loop") / str(number))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
