"""A segmenter that reads masks lying ready in a folder, and a way to have it found as an installed package.

It stands in for a real one where something else is tried: masks are read as `<Series Instance UID>.nii.gz` in the
folder of the environment variable VFA_LABELS_BESIDE.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from vfa.errors import InputRefused
from vfa.model.spine import Spine
from vfa.model.volume import Volume
from vfa.segment import parse_labels, read_segmentation
from vfa.segment.segmenter import Progress

NAME = "labels-beside"
FOLDER_VARIABLE = "VFA_LABELS_BESIDE"
TROUBLE = "{uid}.trouble"
_METADATA = "Metadata-Version: 2.1\nName: vfa-labels-beside\nVersion: 1\n"
_ENTRY_POINTS = f"[vfa.segmenters]\n{NAME} = benchmarks.labels_beside:LabelsBeside\n"


class LabelsBeside:
    """Reads the masks of a series; a file `<UID>.trouble` beside them makes it misbehave as its text says."""

    name = NAME
    version = "1"

    def segment(self, volume: Volume, progress: Progress) -> Spine:
        folder = Path(os.environ[FOLDER_VARIABLE])
        uid = volume.source.series_instance_uid
        trouble = folder / TROUBLE.format(uid=uid)
        if trouble.exists():
            _misbehave(trouble.read_text().strip(), trouble)
        labels = folder / f"{uid}.nii.gz"
        if not labels.exists():
            raise InputRefused(f"no masks lie ready for series {uid}")
        return read_segmentation((labels,), parse_labels("verse:body"), None, volume)


def _misbehave(how: str, trouble: Path) -> None:
    if how == "hang":
        while True:
            time.sleep(1)
    if how == "die":
        os.abort()
    if how == "die once":
        trouble.unlink()
        os.abort()
    if how == "memory":
        raise MemoryError
    if how == "eat memory":
        eaten = []
        while True:
            eaten.append(bytearray(64 * 2**20))
    if how == "fault":
        raise ZeroDivisionError("float division by zero")
    raise ValueError(f"unknown trouble {how!r}")


def install(folder: Path) -> Path:
    """Make the segmenter known to every Python that has `folder` on its path; return the folder."""
    info = folder / "vfa_labels_beside-1.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text(_METADATA)
    (info / "entry_points.txt").write_text(_ENTRY_POINTS)
    return folder
