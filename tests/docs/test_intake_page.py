"""The table of docs/intake.md says what the code does with every folder of awkward images, and leaves none out."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.intake_folders import BEGIN, DESCRIBED, END, PAGE, folder_table


@pytest.mark.slow
def test_the_page_says_what_becomes_of_each_folder(shared_data: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    written = page[page.index(BEGIN) + len(BEGIN) : page.index(END)].strip()
    assert written == folder_table(), "run python -m benchmarks.intake_folders and look at what changed"


@pytest.mark.parametrize("group", DESCRIBED)
def test_no_folder_is_left_out(shared_data: Path, group: str) -> None:
    assert {path.name for path in (shared_data / group).iterdir() if path.is_dir()} == set(DESCRIBED[group])
