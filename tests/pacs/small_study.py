"""Small CT studies for the network: a few slices of water, and a listener's stand-in assessment."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vfa.model.frame import Grid
from vfa.model.volume import Modality, Volume
from vfa.phantom.write_dicom import StudyHeader, write_series


def water(folder: Path, name: str, slices: int = 4) -> tuple[str, tuple[Path, ...]]:
    """A CT study of water; its UID and files."""
    grid = Grid.from_axes((16, 16, slices), (2, 2, 2), (0, 0, 0))
    header = StudyHeader(name_of_study=name)
    volume = Volume(np.zeros(grid.shape, dtype=np.int16), grid, Modality.CT)
    return str(header.uid("study")), write_series(volume, folder, header, "none")
