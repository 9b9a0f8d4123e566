"""A small DICOM study with boxes for vertebral bodies, in any orientation, and what other programs say of an object."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from tests.report import made_up
from vfa.intake import load_volume
from vfa.model.frame import FloatArray, Grid
from vfa.model.spine import Spine, Vertebra
from vfa.model.volume import Modality, Volume
from vfa.phantom.write_dicom import StudyHeader, write_series
from vfa.report.dicom_derived import DerivedFrom, derived_from, file_bytes
from vfa.report.document import to_document

MADE_AT = datetime(2026, 1, 2, 3, 4, 5)
LET_THROUGH = "Unrecognized defined term <99VFA>"  # dciodvfy knows no private scheme
HALF_SIZES_MM = np.array([20.0, 15.0, 11.0])


def turned(about: str, degrees: float) -> FloatArray:
    angle = np.radians(degrees)
    c, s = np.cos(angle), np.sin(angle)
    return {
        "x": np.array([[1, 0, 0], [0, c, -s], [0, s, c]]),
        "z": np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]),
    }[about]


SAGITTAL = np.array([[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])  # columns run to posterior, rows to the feet
OBLIQUE = turned("x", 17.0) @ turned("z", 11.0)
# name → axes as columns, spacing mm, shape, kind; all of them hold the whole made-up spine
KINDS: dict[str, tuple[FloatArray, tuple[float, float, float], tuple[int, int, int], Modality]] = {
    "axial CT": (np.eye(3), (1.0, 1.1, 2.0), (58, 52, 72), Modality.CT),
    "oblique CT": (OBLIQUE, (1.2, 1.2, 2.5), (60, 80, 64), Modality.CT),
    "sagittal MR": (SAGITTAL, (1.0, 1.2, 4.0), (60, 130, 14), Modality.T2),
}


@dataclass(frozen=True, eq=False)
class Study:
    folder: Path
    volume: Volume
    spine: Spine
    source: DerivedFrom


def write_study(folder: Path, kind: str) -> Study:
    axes, spacing, shape, modality = KINDS[kind]
    centre = np.array([0.0, 0.0, 17.5])
    origin = centre - axes @ ((np.array(shape) - 1) / 2 * np.array(spacing))
    grid = Grid.from_axes(shape, spacing, origin, axes)
    inside = _boxes(grid)
    bone, tissue = (400, 40) if modality.is_ct else (900, 300)
    voxels = np.where(np.any(list(inside.values()), axis=0), bone, tissue).astype(np.int16)
    write_series(Volume(voxels, grid, modality), folder, StudyHeader(name_of_study=f"boxes {kind}"), "none")
    return read_study(folder)


def read_study(folder: Path) -> Study:
    volume = load_volume(folder)
    vertebrae = tuple(_cropped(level, mask, volume.grid) for level, mask in _boxes(volume.grid).items())
    return Study(
        folder,
        volume,
        Spine(vertebrae, volume.grid, "labels given as a file"),
        derived_from(volume, b"an answer", MADE_AT),
    )


def _boxes(grid: Grid) -> dict[str, np.ndarray]:
    points = grid.lps_of(np.argwhere(np.ones(grid.shape, dtype=bool)))
    return {
        level: (np.abs(points - centre) <= HALF_SIZES_MM).all(axis=1).reshape(grid.shape)
        for level, centre in made_up.CENTRES_LPS.items()
    }


def _cropped(level: str, mask: np.ndarray, grid: Grid) -> Vertebra:
    found = np.argwhere(mask)
    low, high = found.min(axis=0), found.max(axis=0) + 1
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    return Vertebra(level, None, np.ascontiguousarray(mask[box]), grid.crop(low, tuple(high - low)))


def whole_mask(study: Study, level: str) -> np.ndarray:
    """(I, J, K) the body on the image's lattice."""
    vertebra = study.spine[level]
    mask = np.zeros(study.volume.grid.shape, dtype=bool)
    start = np.rint(study.volume.grid.ijk_of(vertebra.grid.lps_of([0, 0, 0]))).astype(int)
    mask[tuple(slice(a, a + n) for a, n in zip(start, vertebra.body.shape, strict=True))] = vertebra.body
    return mask


def enhanced(folder: Path, into: Path) -> Path:
    """The CT study as one multi-frame file (Legacy Converted Enhanced CT)."""
    slices = [pydicom.dcmread(path) for path in sorted(folder.iterdir())]
    converted = highdicom.legacy.LegacyConvertedEnhancedCTImage(slices, "2.25.71", 3, "2.25.72", 1)
    into.mkdir()
    converted.save_as(into / "enhanced.dcm")
    return into


def the_document():
    return to_document(made_up.assessment())


def saved(made: Dataset, path: Path) -> Path:
    path.write_bytes(file_bytes(made))
    return path


def complaints(path: Path) -> list[str]:
    """What dciodvfy says against an object; its exit status alone lets some errors pass."""
    ran = subprocess.run([needed("dciodvfy"), str(path)], capture_output=True, text=True, check=False)
    said = sorted({line for line in ran.stderr.splitlines() if LET_THROUGH not in line})
    errors = [line for line in said if line.startswith("Error")]
    return [f"exit {ran.returncode}", *errors] if ran.returncode else errors


def dcmtk(program: str, *arguments: str | Path) -> str:
    """What a program of DCMTK prints; an AssertionError when it does not like what it is given."""
    ran = subprocess.run([needed(program), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def needed(program: str) -> str:
    """The program's full path: pynetdicom puts programs of the same names on the path of a virtual environment."""
    path = shutil.which(program, path="/usr/bin:/usr/sbin:/usr/local/bin")
    if path is None:
        pytest.skip(f"{program} is not installed (Debian packages dicom3tools, dcmtk)")
    return path


Reader = Callable[[Path], Dataset]
