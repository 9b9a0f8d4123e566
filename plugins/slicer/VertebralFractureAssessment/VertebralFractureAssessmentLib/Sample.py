"""Where does sample data come from? vfa makes it: a digital spine with two fractures of known size, and no patient."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

TITLE = "Vertebral fracture phantom (made on this computer)"


def register(name: str) -> None:
    """Offer it in Slicer's Sample Data module; nothing is made before it is asked for."""
    try:
        import SampleData
    except ImportError:
        return
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="Vertebral Fracture Assessment",
        sampleName=name,
        sampleDescription=TITLE,
        thumbnailFileName=str(
            Path(__file__).resolve().parent.parent / "Resources/Icons/VertebralFractureAssessment.png"
        ),
        customDownloader=_make,
    )


def _make(_source: Any) -> list[Any]:
    """Write the study with `vfa sample` and load it as any DICOM study."""
    import slicer
    from DICOMLib import DICOMUtils

    from VertebralFractureAssessmentLib.Install import REFUSED, Install, ask_in_slicer, pip_in_slicer

    if Install(ask_in_slicer, pip_in_slicer).ensure():
        raise RuntimeError(REFUSED)
    folder = Path(tempfile.mkdtemp(prefix="vfa-sample-")) / "study"
    command = command_to_make(folder)
    with slicer.util.WaitCursor():
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        with DICOMUtils.TemporaryDICOMDatabase() as database:
            DICOMUtils.importDicom(str(folder), database)
            nodes = [node for uid in database.patients() for node in DICOMUtils.loadPatientByUID(uid)]
    return [slicer.mrmlScene.GetNodeByID(node) for node in nodes]


def command_to_make(folder: Path) -> list[str]:
    """The command that writes the study into a folder."""
    import shutil
    import sys

    return [shutil.which("PythonSlicer") or sys.executable, "-m", "vfa", "sample", str(folder)]
