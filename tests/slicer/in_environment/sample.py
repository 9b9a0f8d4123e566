"""The sample study as a volume of the scene, and a DICOM database that knows its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.slicer.in_environment.mrml import add_volume

STUDY = Path(__file__).resolve().parents[3] / "sample_data" / "study"
RAS_FROM_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


class Database:
    """Says which file holds an instance, as Slicer's does."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files

    def fileForInstance(self, uid: str) -> str:  # Slicer's own name
        return self._files.get(uid, "")


def sample_volume(scene: Any) -> Any:
    """The study's CT as Slicer's DICOM import would leave it, its files known to `slicer.dicomDatabase`."""
    import pydicom
    import slicer

    from vfa.intake import load_volume

    volume = load_volume(STUDY)
    kji = np.asarray(volume.voxels, dtype=np.int16).transpose(2, 1, 0)
    node = add_volume(scene, kji, RAS_FROM_LPS @ volume.lps_from_ijk, "Spine thin")
    files = {pydicom.dcmread(file, stop_before_pixels=True).SOPInstanceUID: str(file) for file in STUDY.glob("*.dcm")}
    slicer.dicomDatabase = Database(files)
    node.SetAttribute("DICOM.instanceUIDs", " ".join(files))
    return node
