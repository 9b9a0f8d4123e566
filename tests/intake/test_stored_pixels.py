"""Are a file's pixel data what its header says? Found before they are read."""

from __future__ import annotations

import io

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

from tests.intake.written_series import axial_slices, save
from vfa.intake import list_series


@pytest.mark.parametrize("compressed", ["in the header alone", "in the pixels alone"])
def test_a_transfer_syntax_that_disagrees_with_the_pixel_data_is_refused(tmp_path, compressed):
    """Compressed bytes must never be taken for pixel values: they would be noise with a valid header."""
    for number, dataset in enumerate(axial_slices(4)):
        if compressed == "in the pixels alone":
            dataset.compress(RLELossless, generate_instance_uid=False)
        path = save(dataset, tmp_path / f"{number}.dcm")
        whole = dcmread(path)
        is_rle = whole.file_meta.TransferSyntaxUID == RLELossless
        whole.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if is_rle else RLELossless
        path.write_bytes(_with_meta_of(whole, path.read_bytes()))
    (series,) = list_series(tmp_path).candidates
    assert "disagree on whether they are compressed" in series.reason


def _with_meta_of(dataset: Dataset, content: bytes) -> bytes:
    """The file with the meta information of this dataset before the bytes of its own (PS3.10 7.1)."""
    meta = io.BytesIO()
    write_file_meta_info(meta, dataset.file_meta)
    return content[:132] + meta.getvalue() + content[144 + int.from_bytes(content[140:144], "little") :]
