"""`vfa series`: a page of a hundred columns on what an input holds and what would be measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from typer.testing import Result

from tests.intake.written_series import AXIAL, axial_slices, mr_slice, save_series

Vfa = Callable[..., Result]


def sagittal(uid: str, echo_ms: int, repetition_ms: int) -> list:
    pixels = np.full((12, 12), echo_ms, np.uint16)
    return [
        mr_slice(
            (4.0 * k, 0, 20),
            pixels,
            SeriesInstanceUID=uid,
            EchoTime=echo_ms,
            RepetitionTime=repetition_ms,
            SeriesDescription=f"sag echo {echo_ms}",
        )
        for k in range(11)
    ]


def table_rows(ended: Result) -> dict[str, list[str]]:
    """The words of each series' row, by its number; the mark before it comes first, empty if there is none."""
    lines = ended.stdout.split("\n\n")[0].splitlines()[2:]
    cut = [(line[:1].strip(), line[1:].split()) for line in lines]
    return {words[0]: [mark, *words[1:]] for mark, words in cut}


def test_the_series_assess_would_measure_is_marked_and_so_is_what_comes_along(vfa: Vfa, tmp_path: Path) -> None:
    save_series(sagittal("1.2.1", 10, 500), tmp_path / "a")
    save_series(sagittal("1.2.2", 100, 3500), tmp_path / "b")
    save_series(axial_slices(2, SeriesInstanceUID="1.2.3"), tmp_path / "c")
    ended = vfa("series", tmp_path)
    assert ended.exit_code == 0
    rows = table_rows(ended)
    assert [rows[number][:2] for number in "123"] == [["+", "T1"], ["*", "T2"], ["", "CT"]]
    assert rows["2"][2:7] == ["sagittal", "11", "1.00×1.00×4.00", "yes", "sag"]
    assert rows["3"][4:6] == ["unknown", "no"]
    assert "* is the series vfa assess measures; + belongs to the same examination." in ended.stdout
    assert "   3 Got 2 slices, expected at least 3 parallel ones" in ended.stdout
    assert "   2 1.2.2\n" in ended.stdout


def test_where_assess_would_refuse_the_reason_is_said_and_nothing_is_marked(vfa: Vfa, tmp_path: Path) -> None:
    save_series(axial_slices(4), tmp_path / "a")
    save_series(axial_slices(4, StudyInstanceUID="1.2.7", SeriesInstanceUID="1.2.7.1"), tmp_path / "b")
    ended = vfa("series", tmp_path)
    assert ended.exit_code == 0
    assert "vfa assess takes none of them:" in ended.stdout
    assert "holds 2 studies, expected one" in " ".join(ended.stdout.split())
    assert [row[0] for row in table_rows(ended).values()] == ["", ""]


def test_what_is_left_out_is_named_as_seen_from_the_input_with_its_reason(vfa: Vfa, tmp_path: Path) -> None:
    save_series(axial_slices(4), tmp_path / "CT")
    (tmp_path / "CT" / "notes.txt").write_text("text " * 50)
    ended = vfa("series", tmp_path)
    assert "\nLeft out:\n    CT/notes.txt: not a DICOM, NIfTI, NRRD or MetaImage file\n" in ended.stdout


def test_of_many_files_left_out_ten_are_named_and_the_rest_counted(vfa: Vfa, tmp_path: Path) -> None:
    save_series(axial_slices(4), tmp_path / "CT")
    for number in range(13):
        (tmp_path / f"{number}.txt").write_text("text " * 50)
    ended = vfa("series", tmp_path)
    assert ended.stdout.count(".txt: not a DICOM") == 10
    assert ended.stdout.endswith("    and 3 more files\n")


def test_what_was_corrected_is_a_note_on_a_usable_series(vfa: Vfa, tmp_path: Path) -> None:
    tilted = axial_slices(6)
    for k, dataset in enumerate(tilted):
        dataset.ImagePositionPatient = [-5, -6 + 0.5 * k, -4 + 2.0 * k]
    assert tilted[0].ImageOrientationPatient == list(AXIAL)
    ended = vfa("series", save_series(tilted, tmp_path))
    assert table_rows(ended)["1"][5:8] == ["yes,", "see", "notes"]
    assert "   1 A gantry tilt of 14.0 degrees" in ended.stdout


def test_the_page_stays_within_a_hundred_columns(vfa: Vfa, tmp_path: Path) -> None:
    slices = axial_slices(6, SeriesDescription="a description as long as they are allowed to be, i.e. 64 letters")
    del slices[2]
    deep = tmp_path / "/".join(["a folder with a long name"] * 5)
    save_series(slices, deep)
    (deep / "notes.txt").write_text("text " * 50)
    ended = vfa("series", tmp_path)
    assert max(map(len, ended.stdout.splitlines())) <= 100


def test_progress_counts_headers_in_per_cents(vfa: Vfa, tmp_path: Path) -> None:
    ended = vfa("series", save_series(axial_slices(4), tmp_path), "--progress", "json")
    assert ended.stderr.splitlines()[0] == '{"step": "reading 4 headers", "fraction": 0.25}'
    assert len(ended.stderr.splitlines()) == 4
