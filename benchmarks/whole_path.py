"""How long from a folder of DICOM files to the printed answer, and with how much memory?

    python -m benchmarks.whole_path                     # a lumbar CT of 512×512×300 voxels and a lumbar MR study
    python -m benchmarks.whole_path --input FOLDER      # any folder

The phantom's spine in its trunk is written as DICOM once (about two minutes) and kept in a cache folder; then
`vfa assess` runs in a process of its own, as a user would start it, and that process is timed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vfa.model.frame import Grid
from vfa.model.volume import Modality
from vfa.phantom.anatomy import PhantomSpine, build_spine
from vfa.phantom.fractures import Wedge
from vfa.phantom.materials import Tissue
from vfa.phantom.recipe import SpineRecipe
from vfa.phantom.render_ct import CtScanner, render_ct
from vfa.phantom.render_mr import MrScanner, render_mr
from vfa.phantom.surroundings import surroundings
from vfa.phantom.trunk_space import Surrounding, TrunkRecipe
from vfa.phantom.write_dicom import StudyHeader, write_ct_study, write_series

LEVELS = (*(f"T{n}" for n in range(1, 13)), "L1", "L2", "L3", "L4", "L5", "S1")
CT_SHAPE, CT_SPACING_MM = (512, 512, 300), (0.75, 0.75, 1.0)
MR_SHAPE, MR_SPACING_MM = (512, 512, 17), (0.65, 0.65, 4.4)
AS_TISSUE = {
    Surrounding.AIR: Tissue.AIR, Surrounding.FAT: Tissue.FAT, Surrounding.MUSCLE: Tissue.MUSCLE,
    Surrounding.LIVER: Tissue.ORGAN, Surrounding.SPLEEN: Tissue.ORGAN, Surrounding.KIDNEY: Tissue.ORGAN,
    Surrounding.LUNG: Tissue.LUNG, Surrounding.ARTERY: Tissue.VESSEL, Surrounding.VEIN: Tissue.VESSEL,
    Surrounding.CALCIUM: Tissue.CALCIUM, Surrounding.BOWEL_WALL: Tissue.BOWEL, Surrounding.BOWEL_FLUID: Tissue.FLUID,
    Surrounding.GAS: Tissue.GAS, Surrounding.STOOL: Tissue.BOWEL, Surrounding.CONTRAST: Tissue.CONTRAST,
    Surrounding.BONE_CORTEX: Tissue.PELVIS, Surrounding.BONE_MARROW: Tissue.PELVIS_MARROW,
    Surrounding.METAL: Tissue.METAL, Surrounding.TABLE: Tissue.FAT, Surrounding.HEART: Tissue.ORGAN,
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    """What one run took: seconds by the clock and of CPU, and the most memory held, in bytes."""

    wall_s: float
    cpu_s: float
    peak_bytes: int

    def __str__(self) -> str:
        return f"{self.wall_s:.1f} s ({self.cpu_s:.1f} s of CPU), {self.peak_bytes / 1e9:.2f} GB at most"


def main() -> None:
    """Print what each study took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", type=Path, action="append", help="a folder to assess instead of the phantoms")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "vfa-whole-path")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    for folder in options.input or written(options.cache):
        runs = [assess(folder) for _ in range(options.repeat)]
        print(f"{folder}: {min(runs, key=lambda run: run.wall_s)} (best of {options.repeat})", flush=True)


def assess(folder: Path) -> Run:
    """Time `vfa assess` on a folder, its report written to a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as out:
        began = time.perf_counter()
        command = [sys.executable, "-m", "vfa", "assess", str(folder), "--out", out, "--progress", "none"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - began
    if (code := os.waitstatus_to_exitcode(status)) != 0:
        raise SystemExit(f"{' '.join(command)}: exit status {code}")
    return Run(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def written(cache: Path) -> tuple[Path, Path]:
    """The folders of the CT and of the MR study, written when they are not there."""
    ct, mr = cache / "ct-512x512x300", cache / "mr-t1-t2-stir"
    spine = build_spine(SpineRecipe(seed=5, levels=LEVELS, fractures={"L1": Wedge(7.0)}, variation=0.5))
    if not ct.exists():
        grid = _grid_from(spine, CT_SHAPE, CT_SPACING_MM, np.eye(3))
        volume = render_ct(spine, grid, CtScanner(seed=5), trunk(spine, grid))
        write_ct_study(volume, cache / "part", StudyHeader(name_of_study="vfa benchmark CT"), "none")
        (cache / "part").rename(ct)
    if not mr.exists():
        sagittal = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]]).T
        grid = _grid_from(spine, MR_SHAPE, MR_SPACING_MM, sagittal)
        background = trunk(spine, grid)
        for number, kind in enumerate((Modality.T1, Modality.T2, Modality.STIR), start=1):
            volume = render_mr(spine, grid, MrScanner(kind, slice_thickness_mm=4.0, seed=number), background)
            header = StudyHeader(
                name_of_study="vfa benchmark MR", series_number=number, series_description=f"{kind.value} sagittal"
            )
            write_series(volume, cache / "part" / kind.value, header, "none")
        (cache / "part").rename(mr)
    return ct, mr


def _grid_from(
    spine: PhantomSpine, shape: tuple[int, int, int], spacing_mm: tuple[float, float, float], axes: NDArray[np.float64]
) -> Grid:
    """A lattice round L2, so that a lumbar field of view of 300 mm holds T11 to the sacrum."""
    middle = spine["L2"].construction.centre_lps + np.array([0.0, -35.0, 0.0])
    reach = axes @ ((np.asarray(shape) - 1) * np.asarray(spacing_mm) / 2)
    return Grid.from_axes(shape, spacing_mm, middle - reach, axes)


def trunk(spine: PhantomSpine, grid: Grid) -> NDArray[np.uint8]:
    """`Tissue` labels of the trunk round a spine; drawn at twice the spacing and then repeated, to save time."""
    factors = np.array([2 if n > 100 else 1 for n in grid.shape])
    matrix = np.array(grid.lps_from_ijk)
    matrix[:3, 3] = grid.lps_of((factors - 1) / 2)
    matrix[:3, :3] *= factors
    shape = np.asarray(grid.shape) // factors
    coarse = Grid((int(shape[0]), int(shape[1]), int(shape[2])), matrix)
    centres = np.stack([vertebra.construction.centre_lps for vertebra in spine.vertebrae])
    labels = surroundings(TrunkRecipe(3, centres, float(centres[-1, 2] - 16)), coarse)
    table = np.zeros(256, dtype=np.uint8)
    for surrounding, tissue in AS_TISSUE.items():
        table[surrounding] = tissue
    plain = table[labels]
    for axis, factor in enumerate(factors):
        plain = np.repeat(plain, factor, axis=axis)
    return plain


if __name__ == "__main__":
    main()
