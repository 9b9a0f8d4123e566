"""Every command: its help, its refusals, and the small ones end to end."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from jsonschema import Draft202012Validator
from typer.testing import Result

from tests.report import made_up
from vfa import __version__
from vfa.cli import app
from vfa.model.anatomy import VERSE_IDS
from vfa.report.schema import SCHEMA_PATH

Vfa = Callable[..., Result]

COMMANDS = [str(command.callback.__name__) for command in app.registered_commands if command.callback]


@pytest.fixture
def boxes(tmp_path: Path) -> tuple[Path, Path]:
    """An image and its labels as NIfTI: the made-up boxes of bone, T11 to L2 as VerSe numbers."""
    spine, volume = made_up.spine(), made_up.volume()
    labels = np.zeros(spine.grid.shape, dtype=np.uint8)
    for vertebra in spine.vertebrae:
        labels[vertebra.body] = VERSE_IDS[vertebra.level]
    paths = tmp_path / "ct.nii.gz", tmp_path / "labels.nii.gz"
    for path, voxels in zip(paths, (volume.voxels, labels), strict=True):
        image = SimpleITK.GetImageFromArray(voxels.T)
        image.SetOrigin([float(x) for x in spine.grid.lps_of([0, 0, 0])])
        SimpleITK.WriteImage(image, str(path))
    return paths


def test_python_dash_m_vfa_is_vfa() -> None:
    ran = subprocess.run([sys.executable, "-m", "vfa", "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout == f"vfa {__version__}\n"


def test_help_does_not_wait_for_the_image_libraries() -> None:
    code = "import sys, vfa.cli; print(sorted({'SimpleITK', 'skimage', 'matplotlib', 'pydicom'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_debug(vfa: Vfa, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    ended = vfa(command, "--help")
    assert ended.exit_code == 0
    assert "--debug" in ended.stdout


def test_the_notice_stands_in_the_help(vfa: Vfa) -> None:
    assert "not a medical device" in " ".join(vfa("--help").stdout.split())


def test_an_unknown_command_is_wrong_use(vfa: Vfa) -> None:
    assert vfa("cure").exit_code == 2


@pytest.mark.parametrize("command", ["assess", "series"])
def test_a_text_file_is_refused_in_one_line(vfa: Vfa, command: str, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("no image")
    ended = vfa(command, file)
    assert ended.exit_code == 3
    assert ended.stderr.startswith("vfa: ")
    assert ended.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("place", ["empty", "nowhere"])
def test_an_empty_folder_and_a_place_that_is_not_there_write_nothing(vfa: Vfa, tmp_path: Path, place: str) -> None:
    (tmp_path / "empty").mkdir()
    ended = vfa("assess", tmp_path / place, "--out", tmp_path / "result")
    assert ended.exit_code in (2, 3)
    assert ended.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_assess_walks_from_an_image_and_its_labels_to_a_valid_file(
    vfa: Vfa, boxes: tuple[Path, Path], tmp_path: Path
) -> None:
    image, labels = boxes
    out = tmp_path / "result"
    ended = vfa("assess", image, "--segmentation", labels, "--labels", "verse:body", "--out", out)
    assert ended.exit_code == 0, ended.stderr
    written = json.loads((out / "assessment.json").read_text(encoding="utf-8"))
    schema = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    assert list(Draft202012Validator(schema).iter_errors(written)) == []
    assert [vertebra["level"] for vertebra in written["vertebrae"]] == ["T11", "T12", "L1", "L2"]
    assert {"vertebroplasty", "kyphoplasty"} == set(written["vertebrae"][2]["procedures"])
    assert (out / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_dicom_objects_of_a_nifti_file_are_refused_before_any_work(
    vfa: Vfa, boxes: tuple[Path, Path], tmp_path: Path
) -> None:
    image, labels = boxes
    out = tmp_path / "result"
    asked = ("assess", image, "--segmentation", labels, "--labels", "verse:body", "--out", out, "--emit")
    for emit, wanted in (("json,sr", "sr"), ("seg,sc", "seg,sc")):
        ended = vfa(*asked, emit)
        assert ended.exit_code == 2
        assert ended.stderr.startswith(f"vfa: --emit {wanted}: a DICOM object belongs to the study of its images")
        assert ended.stderr.count("\n") == 1
    assert not out.exists()
    assert vfa(*asked, "pdf").exit_code == 0
    assert [path.name for path in out.iterdir()] == ["report.pdf"]


def test_series_lists_a_nifti_file_as_usable(vfa: Vfa, boxes: tuple[Path, Path]) -> None:
    ended = vfa("series", boxes[0])
    assert ended.exit_code == 0
    (row,) = [line for line in ended.stdout.splitlines() if "yes" in line]
    assert "140" in row or "60" in row


def test_measure_writes_one_row_per_level_with_heights_of_the_boxes(
    vfa: Vfa, boxes: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "heights.csv"
    ended = vfa("measure", "--segmentation", boxes[1], "--labels", "verse:body", "--out", out)
    assert ended.exit_code == 0, ended.stderr
    rows = {row["level"]: row for row in csv.DictReader(io.StringIO(out.read_text()))}
    assert list(rows) == ["T11", "T12", "L1", "L2"]
    for level in ("T12", "L1"):
        # 23 voxel layers of 1 mm: the box's 22 mm between outer voxel centres and half a voxel on either side
        assert float(rows[level]["middle_mm"]) == pytest.approx(23.0, abs=1.0)


def test_measure_refuses_an_unknown_ending_before_reading(vfa: Vfa, tmp_path: Path) -> None:
    ended = vfa("measure", tmp_path / "nowhere", "--out", tmp_path / "heights.xlsx")
    assert ended.exit_code == 2
    assert ".csv, .json, .parquet" in ended.stderr


def test_segment_writes_the_bodies_as_verse_numbers_on_the_images_grid(
    vfa: Vfa, boxes: tuple[Path, Path], tmp_path: Path
) -> None:
    image, labels = boxes
    out = tmp_path / "made" / "bodies.nii.gz"
    ended = vfa("segment", image, "--segmentation", labels, "--labels", "verse:body", "--out", out)
    assert ended.exit_code == 0, ended.stderr
    written = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(out)))
    given = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(labels)))
    assert np.array_equal(written, given)


def test_segment_refuses_an_unknown_ending_before_reading(vfa: Vfa, tmp_path: Path) -> None:
    ended = vfa("segment", tmp_path / "nowhere", "--out", tmp_path / "bodies.txt")
    assert ended.exit_code == 2
    assert ".nii.gz" in ended.stderr


@pytest.mark.parametrize("fracture", ["L1", "L1=wedge", "L1=bent:30", "X9=wedge:30", "S1=wedge:30", "L1=wedge:95"])
def test_sample_refuses_a_fracture_it_cannot_make(vfa: Vfa, tmp_path: Path, fracture: str) -> None:
    ended = vfa("sample", tmp_path / "study", "--fracture", fracture)
    assert ended.exit_code == 2
    assert "--fracture" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_sample_does_not_write_into_a_folder_in_use(vfa: Vfa, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    ended = vfa("sample", tmp_path)
    assert ended.exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.slow
def test_a_sample_is_written_with_the_fracture_asked_for_and_its_series_is_usable(vfa: Vfa, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    ended = vfa("sample", folder, "--fracture", "L2=crush:40")
    assert ended.exit_code == 0, ended.stderr
    expected = json.loads((folder / "expected.json").read_text())["vertebrae"]
    assert [level["level"] for level in expected if level["fracture"] != "none"] == ["L2"]
    (l2,) = [level for level in expected if level["level"] == "L2"]
    assert max(l2["height_loss_fraction"].values()) == pytest.approx(0.4, abs=0.06)  # of an average L2
    listed = vfa("series", folder / "study")
    assert listed.exit_code == 0
    assert "CT" in listed.stdout
    assert "yes" in listed.stdout
