"""How fast, and in how much memory, is a series read? vfa beside a pydicom loop, SimpleITK, highdicom and dcm2niix.

python -m benchmarks.intake [--slices 300] [--repeats 3] [--files 20000] [--syntaxes raw,JPEG-LS,RLE,J2K,JPEG lossless]
                            [--clock wall|cpu]      cpu where other work shares the machine: processor time

Every reading runs in a process of its own: the time is the median of the repeats, with the files in the disk cache;
the memory is what the process needed at most beyond what it had before it began, over the size of the volume as
int16. All must give the same sum of Hounsfield units. dcm2niix is a program of its own (Debian package `dcm2niix`)
and is skipped where it is not installed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks.ct_series import SYNTAXES, write_ct

Reader = Callable[[Path], int]
"""Reads the folder's series and returns the sum of its Hounsfield units."""


def _processor_s() -> float:
    """Of this process, its threads and the programs it has run."""
    return sum(os.times()[:4])


CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": _processor_s}


class CannotRead(Exception):
    """A program that was built without this compression."""


def with_vfa(folder: Path) -> int:
    from vfa.intake import load_volume

    return int(load_volume(folder).voxels.sum(dtype=np.int64))


def with_pydicom(folder: Path) -> int:
    """The loop everybody writes: read, sort by position, decode, rescale; nothing is checked."""
    from pydicom import dcmread

    slices = sorted((dcmread(path) for path in folder.iterdir()), key=lambda one: one.ImagePositionPatient[2])
    volume = np.empty((len(slices), slices[0].Rows, slices[0].Columns), np.int16)
    for k, one in enumerate(slices):
        volume[k] = one.pixel_array
        volume[k] *= np.int16(one.RescaleSlope)
        volume[k] += np.int16(one.RescaleIntercept)
    return int(volume.sum(dtype=np.int64))


def with_simpleitk(folder: Path) -> int:
    import SimpleITK

    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    image = reader.Execute()  # kept, since a view of its memory does not keep it
    return int(SimpleITK.GetArrayViewFromImage(image).sum(dtype=np.int64))


def with_highdicom(folder: Path) -> int:
    import highdicom
    from pydicom import dcmread

    volume = highdicom.get_volume_from_series([dcmread(path) for path in folder.iterdir()], dtype=np.float32)
    return int(volume.array.sum(dtype=np.float64))


def with_dcm2niix(folder: Path) -> int:
    import SimpleITK

    with tempfile.TemporaryDirectory() as out:
        ran = subprocess.run(["dcm2niix", "-z", "n", "-b", "n", "-o", out, str(folder)], capture_output=True)
        if ran.returncode:
            raise CannotRead(ran.stdout.decode(errors="replace").strip().splitlines()[-1])
        (written,) = Path(out).glob("*.nii")
        image = SimpleITK.ReadImage(str(written))
        return int(SimpleITK.GetArrayViewFromImage(image).sum(dtype=np.int64))


READERS: dict[str, Reader] = {
    "vfa": with_vfa,
    "pydicom loop": with_pydicom,
    "SimpleITK": with_simpleitk,
    "highdicom": with_highdicom,
    "dcm2niix": with_dcm2niix,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slices", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--files", type=int, default=20_000, help="for the header scan; 0 leaves it out")
    parser.add_argument("--syntaxes", default=",".join(SYNTAXES))
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    options = parser.parse_args()
    readers = {name: one for name, one in READERS.items() if name != "dcm2niix" or shutil.which("dcm2niix")}
    clock = options.clock
    print(f"512 × 512 × {options.slices}, median of {options.repeats}: {clock} seconds (peak memory / int16 volume)")
    print(f"{'':14}" + "".join(f"{name:>20}" for name in readers) + f"{'vfa / loop':>14}")
    for syntax in options.syntaxes.split(","):
        with tempfile.TemporaryDirectory() as folder:
            write_ct(Path(folder), syntax, options.slices)
            print_row(syntax, readers, Path(folder), (options.slices, options.repeats, clock))
    if options.files:
        scan_headers(options.files, clock)


def print_row(syntax: str, readers: dict[str, Reader], folder: Path, size: tuple[int, int, str]) -> None:
    slices, repeats, clock = size
    cells: list[str] = []
    sums: dict[str, int] = {}
    seconds: dict[str, float] = {}
    for name in readers:
        try:
            seconds[name], peak_bytes, sums[name] = in_own_process(name, folder, repeats, clock)
        except CannotRead:
            cells.append("cannot read it")
            continue
        # the child of a child: what dcm2niix itself needs is not seen
        memory = f"({peak_bytes / (slices * 512 * 512 * 2):.2f})" if name != "dcm2niix" else "(–)"
        cells.append(f"{seconds[name]:.2f} {memory}")
    assert len(set(sums.values())) == 1, f"{syntax}: not the same voxels: {sums}"
    ratio = seconds["vfa"] / seconds["pydicom loop"]
    print(f"{syntax:14}" + "".join(f"{cell:>20}" for cell in cells) + f"{ratio:>14.2f}", flush=True)


def in_own_process(name: str, folder: Path, repeats: int, clock: str) -> tuple[float, int, int]:
    """Median seconds, peak bytes and the sum of voxels of one reader."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as process:  # which fails, and does not wait, if the process dies
        return process.submit(_measured, name, folder, repeats, clock).result()


def _measured(name: str, folder: Path, repeats: int, clock: str) -> tuple[float, int, int]:
    with tempfile.TemporaryDirectory() as small:
        READERS[name](write_ct(Path(small), "raw", 4, side=64))  # imports happen here
    before, now = _peak_bytes(), CLOCKS[clock]
    started = now()
    total = READERS[name](folder)
    times = [now() - started]
    peak = _peak_bytes() - before  # of the first reading: later ones cannot need less than they left behind
    for _ in range(repeats - 1):
        started = now()
        READERS[name](folder)
        times.append(now() - started)
    return statistics.median(times), peak, total


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # KiB on Linux


def scan_headers(files: int, clock: str) -> None:
    """How long does it take to see what lies in a folder of many series?"""
    from vfa.intake import list_series

    with tempfile.TemporaryDirectory() as folder:
        for series in range(files // 100):
            write_ct(Path(folder) / f"{series:03d}", "raw", 100, side=16, series=series + 1)
        told: list[tuple[int, int]] = []
        before, started = _peak_bytes(), CLOCKS[clock]()
        found = list_series(Path(folder), lambda done, total: told.append((done, total)))
        seconds = CLOCKS[clock]() - started
    assert len(found.usable) == files // 100
    assert told[-1] == (len(told), len(told))
    memory_kib = (_peak_bytes() - before) / len(told) / 1024
    print(
        f"header scan of {len(told)} files in {len(found.usable)} series: {seconds:.1f} {clock} s, "
        f"{len(told) / seconds:.0f} files/s, {memory_kib:.1f} KiB of memory a file, {len(told)} calls of progress"
    )


if __name__ == "__main__":
    main()
