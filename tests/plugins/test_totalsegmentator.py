"""The TotalSegmentator plugin, on what TotalSegmentator itself wrote for its example CT; the network is not run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from vfa.errors import InputRefused, UsageError
from vfa.intake import load_volume
from vfa.model.volume import Modality, Volume
from vfa.segment.segmenter import Segmenter

PACKAGE = Path(__file__).resolve().parents[2] / "plugins" / "totalsegmentator"
sys.path.insert(0, str(PACKAGE))

import vfa_totalsegmentator  # noqa: E402
from vfa_totalsegmentator import TotalSegmentator, write_image  # noqa: E402

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@pytest.fixture(scope="module")
def example(shared_data: Path) -> Path:
    return shared_data / "totalseg-example-ct"


@pytest.fixture(scope="module")
def volume(example: Path) -> Volume:
    return load_volume(example / "example_ct.nii.gz", modality=Modality.CT)


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if TotalSegmentator were installed; what it would write is given by each test."""
    monkeypatch.setattr(vfa_totalsegmentator.util, "find_spec", lambda name: object())


def writing(labels: Path):
    """A stand-in for the run: puts TotalSegmentator's own file where it was told to write, and keeps the command."""
    commands: list[list[str]] = []

    def run(arguments: Sequence[str]) -> None:
        commands.append(list(arguments))
        shutil.copyfile(labels, arguments[arguments.index("-o") + 1])

    run.commands = commands  # type: ignore[attr-defined]
    return run


def test_it_is_found_by_its_entry_point_and_is_a_segmenter() -> None:
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["vfa.segmenters"] == {"totalsegmentator": "vfa_totalsegmentator:TotalSegmentator"}
    assert isinstance(TotalSegmentator(), Segmenter)
    assert TotalSegmentator().name == "totalsegmentator"


def test_its_own_output_becomes_bodies_with_levels(example: Path, volume: Volume) -> None:
    run = writing(example / "totalseg.nii.gz")
    spine = TotalSegmentator(run).segment(volume, lambda step, fraction: None)
    assert [level for level in ("T12", "L1", "L2", "L3", "L4", "L5") if level in spine.levels] == list(
        ("T12", "L1", "L2", "L3", "L4", "L5")
    )
    assert any(note.startswith("T11 was set aside") for note in spine.notes)  # cut by the edge of the scan
    assert spine.segmented_by.startswith("TotalSegmentator ")
    # Bodies cut by vfa, beside the bodies TotalSegmentator's other model drew: all as one label.
    peer = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(example / "totalseg_vertebrae_body.nii.gz"))).T == 1
    lumbar = np.zeros(volume.grid.shape, dtype=bool)
    for level in ("L1", "L2", "L3", "L4"):
        at = np.round(volume.grid.ijk_of(spine[level].grid.lps_of(np.argwhere(spine[level].body)))).astype(int)
        lumbar[tuple(at.T)] = True
    inside = (lumbar & peer).sum() / lumbar.sum()
    assert inside > 0.85  # hardly any arch is left in them


def test_the_command_is_totalsegmentators_own_with_every_vertebra(example: Path, volume: Volume) -> None:
    run = writing(example / "totalseg.nii.gz")
    TotalSegmentator(run).segment(volume, lambda step, fraction: None)
    (command,) = run.commands
    assert command[1:3] == ["-m", "totalsegmentator.bin.TotalSegmentator"]
    assert "--ml" in command
    assert command[command.index("--task") + 1] == "total"
    assert command[command.index("--roi_subset") + 1 :] == [
        *(f"vertebrae_C{n}" for n in range(1, 8)),
        *(f"vertebrae_T{n}" for n in range(1, 13)),
        *(f"vertebrae_L{n}" for n in range(1, 6)),
        "vertebrae_S1",
    ]


def test_the_image_it_gets_has_every_voxel_in_its_place(example: Path, volume: Volume, tmp_path: Path) -> None:
    write_image(volume, tmp_path / "image.nii.gz")
    written = SimpleITK.ReadImage(str(tmp_path / "image.nii.gz"))
    for index in ((0, 0, 0), (20, 30, 40), (100, 90, 100)):
        place = volume.grid.lps_of(index)
        assert written.TransformContinuousIndexToPhysicalPoint([float(i) for i in index]) == pytest.approx(
            place, abs=1e-3
        )
        assert written[index] == pytest.approx(float(volume.voxels[index]))


def test_mr_is_refused_with_the_reason(shared_data: Path) -> None:
    image = load_volume(shared_data / "mr-bodies" / "VB2_02_img.nii.gz", modality=Modality.T2)
    with pytest.raises(InputRefused, match="one label, so no level can be told"):
        TotalSegmentator(writing(Path())).segment(image, lambda step, fraction: None)


def test_a_failing_run_is_told_in_its_own_last_words(volume: Volume) -> None:
    def fails(arguments: Sequence[str]) -> None:
        raise subprocess.CalledProcessError(1, "TotalSegmentator", stderr="loading\nRuntimeError: no weights\n")

    with pytest.raises(UsageError, match=r"it failed \(RuntimeError: no weights\)"):
        TotalSegmentator(fails).segment(volume, lambda step, fraction: None)


def test_a_run_that_writes_nothing_is_an_error(volume: Volume) -> None:
    with pytest.raises(UsageError, match="wrote no labels"):
        TotalSegmentator(lambda arguments: None).segment(volume, lambda step, fraction: None)


def test_without_totalsegmentator_it_says_what_to_install(volume: Volume, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vfa_totalsegmentator.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="pip install TotalSegmentator"):
        TotalSegmentator(lambda arguments: None).segment(volume, lambda step, fraction: None)
