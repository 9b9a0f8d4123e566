"""Damaged headers end in a refusal or in the true volume: never in a fault, never in a wrong volume."""

from __future__ import annotations

import io
import os
import random
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian

from tests.intake.written_series import axial_slices, enhanced_ct, linear_field, save
from vfa.errors import VfaError
from vfa.intake import list_series, load_volume
from vfa.model.volume import Volume

ROUNDS = int(os.environ.get("VFA_FUZZ_ROUNDS", "150"))


def series_bytes(kind: str) -> list[bytes]:
    slices = axial_slices(5)
    if kind == "implicit":
        for dataset in slices:
            dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    datasets = [enhanced_ct(slices)] if kind == "enhanced" else slices
    return [as_bytes(dataset) for dataset in datasets]


def as_bytes(dataset: Dataset) -> bytes:
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def damaged(content: bytes, pixel_bytes: int, rng: random.Random) -> bytes:
    """The file with something wrong in its header: bytes changed, a piece lost or doubled, or its end cut off."""
    data = bytearray(content)
    place = rng.randrange(132, len(data) - pixel_bytes - 4)  # what a changed pixel means, nobody can tell
    match rng.randrange(5):
        case 0:
            data[place] = rng.randrange(256)
        case 1:
            data[place : place + 4] = rng.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f"])
        case 2:
            del data[place : place + rng.randrange(1, 24)]
        case 3:
            data[place:place] = data[place - rng.randrange(1, 24) : place]
        case _:
            del data[rng.randrange(len(data)) :]
    return bytes(data)


@pytest.mark.parametrize("kind", ["explicit", "implicit", "enhanced"])
def test_a_damaged_file_ends_in_a_refusal_or_in_a_volume_no_worse(tmp_path, kind):
    """A volume that loads in spite of the damage has every voxel's value where the field has it, or says a doubt."""
    whole = series_bytes(kind)
    paths = [tmp_path / f"IM{n}.dcm" for n in range(len(whole))]
    for number in range(ROUNDS):
        rng = random.Random(f"{kind} {number}")
        contents = list(whole)
        chosen = rng.randrange(len(contents))
        contents[chosen] = damaged(contents[chosen], 1200 // len(whole), rng)
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        volume = volume_or_none(tmp_path)
        if volume is not None:
            every = np.argwhere(np.ones(volume.voxels.shape, bool))
            off = np.abs(volume.voxels.reshape(-1) - linear_field(volume.grid.lps_of(every)))
            if "differ between slices" in " ".join(volume.corrections):
                continue  # a changed rescale is a legal header; the doubt is said
            assert off.max() <= 0.51 + 18.5 * 0.12, f"round {number}: a wrong volume"


def volume_or_none(folder: Path) -> Volume | None:
    """The volume, or None for a refusal; anything else that is raised fails the test."""
    try:
        return load_volume(folder)
    except VfaError:
        return None


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
