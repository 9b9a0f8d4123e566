"""Where are the vertebrae? TotalSegmentator says, in a process of its own; vfa cuts the bodies and measures them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import metadata, util
from pathlib import Path

import SimpleITK

from vfa.errors import InputRefused, UsageError
from vfa.model.spine import Spine
from vfa.model.volume import Volume
from vfa.segment import parse_labels, read_segmentation

Progress = Callable[[str, float], None]
Run = Callable[[Sequence[str]], None]

LABELS = "totalseg:whole"  # whole vertebrae, by the numbers of the task `total`
CT_TASK = "total"
LEVELS = (
    *(f"C{n}" for n in range(1, 8)),
    *(f"T{n}" for n in range(1, 13)),
    *(f"L{n}" for n in range(1, 6)),
    "S1",
)


class TotalSegmentator:
    """The segmenter `totalsegmentator`.

    Args:
        run: runs a command to its end; raises subprocess.CalledProcessError when it fails.
    """

    name = "totalsegmentator"

    def __init__(self, run: Run | None = None) -> None:
        self._run = run or run_command

    @property
    def version(self) -> str:
        """That of the installed TotalSegmentator, which brings its weights' version with it."""
        try:
            return metadata.version("TotalSegmentator")
        except metadata.PackageNotFoundError:
            return "not installed"

    def segment(self, volume: Volume, progress: Progress) -> Spine:
        """The vertebrae of a CT, from head to foot, their bodies cut by vfa.

        Raises:
            UsageError: if TotalSegmentator is not installed or fails.
            InputRefused: for MR, whose model knows vertebrae only as one label.
            LabelsRefused: if it finds no vertebra.
        """
        if not volume.modality.is_ct:
            raise InputRefused(
                "--segmenter totalsegmentator: on MR its open model gives all vertebrae one label, so no level can be "
                "told; leave the option out, or give labels of your own with --segmentation"
            )
        progress("TotalSegmentator looks for the vertebrae (minutes without a GPU)", 0.0)
        with tempfile.TemporaryDirectory(prefix="vfa-totalsegmentator-") as folder:
            image, labels = Path(folder) / "image.nii.gz", Path(folder) / "labels.nii.gz"
            write_image(volume, image)
            try:
                self._run(command(image, labels))
            except subprocess.CalledProcessError as error:
                said = (error.stderr or "").strip().splitlines()
                raise UsageError(f"--segmenter totalsegmentator: it failed ({said[-1] if said else error})") from error
            if not labels.is_file():
                raise UsageError("--segmenter totalsegmentator: it ended well but wrote no labels")
            progress("cutting the vertebral bodies", 0.9)
            spine = read_segmentation([labels], parse_labels(LABELS), None, volume)
        return _said_by(spine, f"TotalSegmentator {self.version}, task {CT_TASK}")


def command(image: Path, labels: Path) -> list[str]:
    """TotalSegmentator's own command for all vertebrae in one label file."""
    if util.find_spec("totalsegmentator") is None:
        raise UsageError(
            "--segmenter totalsegmentator: TotalSegmentator is not installed (pip install TotalSegmentator)"
        )
    wanted = [f"vertebrae_{level}" for level in LEVELS]
    program = [sys.executable, "-m", "totalsegmentator.bin.TotalSegmentator"]
    return [*program, "-i", str(image), "-o", str(labels), "--ml", "--task", CT_TASK, "--roi_subset", *wanted]


def run_command(arguments: Sequence[str]) -> None:
    """Run a command to its end, keeping what it says on standard error for the message when it fails."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    subprocess.run(
        arguments,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def write_image(volume: Volume, path: Path) -> None:
    """Write a volume as NIfTI, every voxel in its place."""
    image = SimpleITK.GetImageFromArray(volume.voxels.T)
    image.SetSpacing(volume.spacing_mm)
    image.SetOrigin(volume.grid.lps_of([0, 0, 0]).tolist())
    image.SetDirection(volume.grid.axes.ravel().tolist())
    SimpleITK.WriteImage(image, str(path))


def _said_by(spine: Spine, who: str) -> Spine:
    return replace(spine, segmented_by=who, naming=f"levels as {who.split(',')[0]} names them")
