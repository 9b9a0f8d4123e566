"""Damaged headers end in a refusal or in the true volume: never in a fault, never in a wrong volume."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.fuzzed_intake import KINDS, lying_directory, outcome
from tests.intake.written_series import axial_slices, save
from vfa.intake import list_series, load_volume
from vfa.model.frame import Grid
from vfa.model.volume import Volume

ROUNDS = int(os.environ.get("VFA_FUZZ_ROUNDS", "30"))  # of each kind; the benchmark takes thousands


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_damaged_inputs_end_in_a_refusal_or_in_the_true_volume(kind):
    ended = {seed: outcome(kind, seed) for seed in range(ROUNDS)}
    assert {seed: said for seed, said in ended.items() if said not in ("refused", "loaded")} == {}


def test_the_fuzzing_would_see_a_wrong_volume(monkeypatch):
    """A loader that puts every slice a millimetre too high is caught."""

    def too_high(folder: Path) -> Volume:
        volume = load_volume(folder)
        grid = Grid(volume.grid.shape, np.array(volume.lps_from_ijk) + np.eye(4, k=3)[[2, 1, 0, 3]])
        return replace(volume, grid=grid)

    monkeypatch.setattr("benchmarks.fuzzed_intake.load_volume", too_high)
    assert "wrong volume" in {outcome(lying_directory, seed) for seed in range(3)}


def test_a_header_nested_without_end_is_left_out(tmp_path):
    path = save(axial_slices(1)[0], tmp_path / "nested.dcm")
    content = path.read_bytes()
    opening = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    dataset_at = 144 + int.from_bytes(content[140:144], "little")
    path.write_bytes(content[:dataset_at] + opening * 5000)
    (left,) = list_series(path).left_out
    assert "export it again" in left.reason


def test_random_bytes_behind_a_dicom_prefix_are_left_out(tmp_path):
    for number in range(20):
        noise = random.Random(number).randbytes(4000)
        (tmp_path / f"{number}.dcm").write_bytes(b"\0" * 128 + b"DICM" + noise)
    found = list_series(tmp_path)
    assert (len(found.left_out), found.candidates) == (20, ())


def test_an_unreadable_file_is_left_out_and_the_rest_is_found(tmp_path: Path):
    for number, dataset in enumerate(axial_slices(5)):
        save(dataset, tmp_path / f"{number}.dcm")
    (tmp_path / "gone.dcm").symlink_to(tmp_path / "nowhere")
    found = list_series(tmp_path)
    assert found.candidates[0].usable
    assert "cannot be opened" in found.left_out[0].reason
