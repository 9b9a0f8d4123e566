"""How is one DICOM file opened without trusting it?

Files without preamble or meta header are read (PS3.10 7.1 requires them, exports forget them). A deflated
dataset is unpacked only up to a bound. Whether the pixel data are all there is told from the lengths in the
file, before anything is decoded.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from vfa.errors import NotAnImage
from vfa.intake.stored_file import MAX_BYTES

# 7FE0,0010 pixel data; 7FE0,0008 and 0009 hold float pixels, which no CT or MR object has (PS3.3 C.7.6.3)
_PIXEL_DATA = (0x7FE0, 0x0010)
_ITEM, _SEQUENCE_END = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)
_UNDEFINED = 0xFFFFFFFF
_DEFLATED, _EXPLICIT = b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.1.2.1\0\0\0"  # of one length (PS3.5 9.1)
_GROUP_LENGTH = b"\x02\x00\x00\x00UL\x04\x00"  # 0002,0000, the first element (PS3.10 7.1)
_META_BYTES = 4096  # file meta information takes a few hundred
_REST_BYTES = 4096
_LATER_GROUPS_BIG_ENDIAN = (b"\x7f\xe0", b"\xff\xfa", b"\xff\xfc")  # 7FE0, FFFA signatures, FFFC trailing padding
_MAX_INFLATED_BYTES = MAX_BYTES // 8


@contextmanager
def quiet() -> Iterator[None]:
    """Silence pydicom's remarks on odd headers: what matters of them is checked and said by vfa itself.

    Set it up around threads, not inside: warning filters belong to the whole process.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def looks_like_dicom(start: bytes) -> bool:
    """Whether the first 132 bytes may begin a DICOM file, with preamble or without.

    Without it, the first element is one of group 0002 or 0008 with a small element number, little endian.
    """
    if start[128:132] == b"DICM":
        return True
    if len(start) < 8:
        return False
    group, element = struct.unpack("<HH", start[:4])
    return group in (0x0002, 0x0008) and element <= 0x0018


def plain_stream(stream: IO[bytes], size_bytes: int) -> tuple[IO[bytes], int]:
    """The stream itself and its size, or, if its dataset is deflated (PS3.5 A.5), a plain copy, bounded in size.

    Raises:
        NotAnImage: if the deflated dataset is damaged or unpacks beyond the bound.
    """
    start = stream.read(_META_BYTES)
    stream.seek(0)
    if start[128:132] != b"DICM" or _DEFLATED not in start:
        return stream, size_bytes
    if start[132:140] != _GROUP_LENGTH:
        raise NotAnImage("its file meta information lacks its length, expected a conforming DICOM file")
    dataset_at = 144 + int.from_bytes(start[140:144], "little")
    stream.seek(0)
    meta = stream.read(dataset_at).replace(_DEFLATED, _EXPLICIT)
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = unpacker.decompress(stream.read(), _MAX_INFLATED_BYTES)
    except zlib.error as error:
        raise NotAnImage("its deflated dataset is damaged, export it again") from error
    if unpacker.unconsumed_tail:
        raise NotAnImage(f"its deflated dataset unpacks to more than {_MAX_INFLATED_BYTES // 2**20} MiB")
    return io.BytesIO(meta + plain), len(meta) + len(plain)


def read_dataset(stream: IO[bytes], pixels: str) -> FileDataset:
    """Read a dataset with its pixels ("with") or up to them ("without"), leaving the stream at the pixel data.

    Raises:
        Exception: whatever pydicom raises on a malformed file.
    """
    dataset = dcmread(stream, stop_before_pixels=pixels == "without", force=True)
    if "TransferSyntaxUID" not in dataset.file_meta:
        is_implicit, _ = dataset.original_encoding
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if is_implicit else ExplicitVRLittleEndian
    return dataset


@dataclass(frozen=True, slots=True)
class StoredPixels:
    """Where the pixel data of a file stand, and how they are stored.

    Args:
        defect: why they cannot all be there; empty if the lengths in the file leave no doubt.
        start: byte at which their value begins, in the file or, if it is deflated, in its plain copy.
        syntax: Transfer Syntax UID.
        vr: value representation of the pixel data, OB or OW.
        bits_stored: of those allocated; what scanners keep in the bits above is no image (PS3.5 8.1.1).
        photometric: Photometric Interpretation (0028,0004).
    """

    defect: str
    start: int = 0
    syntax: str = ""
    vr: str = "OW"
    bits_stored: int = 16
    photometric: str = "MONOCHROME2"


def stored_pixels(stream: IO[bytes], dataset: Dataset, size_bytes: int) -> StoredPixels:
    """Find the pixel data, without reading them.

    Args:
        stream: stands at the pixel data element (PS3.5 7.1), as `read_dataset(…, pixels="without")` leaves it.
        dataset: what was read up to there.
        size_bytes: of the whole file.
    """
    syntax = UID(dataset.file_meta.TransferSyntaxUID)
    element = _pixel_element(stream, syntax)
    if isinstance(element, str):
        return StoredPixels(element)
    start, length, vr = element
    allocated = int(dataset.BitsAllocated)
    stored = int(dataset.get("BitsStored") or allocated)
    if not 1 <= stored <= allocated:
        return StoredPixels(f"BitsStored is {stored}, expected 1 to {allocated}")
    return StoredPixels(
        _pixel_defect(stream, dataset, (start, length), size_bytes),
        start,
        str(syntax),
        vr,
        stored,
        str(dataset.get("PhotometricInterpretation") or "MONOCHROME2"),
    )


def _pixel_defect(stream: IO[bytes], dataset: Dataset, element: tuple[int, int], size_bytes: int) -> str:
    start, length = element
    frames = int(dataset.get("NumberOfFrames") or 1)
    if UID(dataset.file_meta.TransferSyntaxUID).is_encapsulated != (length == _UNDEFINED):  # PS3.5 A.4
        return "its pixel data and its transfer syntax disagree on whether they are compressed, export it again"
    if length == _UNDEFINED:
        return _fragment_defect(stream, size_bytes, frames)
    row_bytes = int(dataset.Columns) * int(dataset.BitsAllocated) // 8
    expected = row_bytes * int(dataset.Rows) * frames
    if expected > MAX_BYTES:
        return f"it claims {expected / 2**30:.1f} GiB of pixels, more than the {MAX_BYTES // 2**30} GiB allowed"
    held = min(length, size_bytes - start)
    if held < expected:
        return f"its pixel data are cut short ({held} of {expected} bytes), export it again"
    if length > held:
        return f"the file is cut short within its pixel data ({held} of {length} bytes), export it again"
    if length > expected + row_bytes:  # up to a row of padding is seen in practice
        return f"its pixel data are longer than its header says ({length} of {expected} bytes), export it again"
    return _end_defect(stream, start + length, size_bytes)


def _pixel_element(stream: IO[bytes], syntax: UID) -> tuple[int, int, str] | str:
    """Where the value of the pixel data element starts, how long it says it is and its VR, or why there is none."""
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    header = stream.read(8 if syntax.is_implicit_VR else 12)
    if len(header) < 8:
        return "the file ends before its pixel data, export it again"
    if struct.unpack(order + "HH", header[:4]) != _PIXEL_DATA:
        return "it holds no integer pixel data"
    if not syntax.is_implicit_VR and (header[4:8] not in (b"OW\0\0", b"OB\0\0") or len(header) < 12):
        return "its pixel data element is damaged, export it again"
    (length,) = struct.unpack(order + "L", header[-4:])
    return stream.tell(), length, "OB" if not syntax.is_implicit_VR and header[4:6] == b"OB" else "OW"


def _end_defect(stream: IO[bytes], end: int, size_bytes: int) -> str:
    """What follows the pixels must be zeros or a later element (PS3.5 7.1); else the pixels are shifted."""
    stream.seek(end)
    rest = stream.read(min(_REST_BYTES, size_bytes - end))
    is_element = len(rest) >= 8 and struct.unpack("<H", rest[:2])[0] >= _PIXEL_DATA[0]
    if not rest.strip(b"\0") or is_element or (len(rest) >= 8 and rest[:2] in _LATER_GROUPS_BIG_ENDIAN):
        return ""
    return "something that is no DICOM element follows its pixel data, export it again"


def _fragment_defect(stream: IO[bytes], size_bytes: int, frames: int) -> str:
    """Walk the items of encapsulated pixel data (PS3.5 A.4) without reading them."""
    items = -1  # the first item is the offset table
    while True:
        header = stream.read(8)
        if len(header) < 8:
            return "its compressed pixel data are cut short, export it again"
        group, element, length = struct.unpack("<HHL", header)
        if (group, element) == _SEQUENCE_END:
            break
        if (group, element) != _ITEM or stream.tell() + length > size_bytes:
            return "its compressed pixel data are cut short or damaged, export it again"
        items += 1
        stream.seek(length, io.SEEK_CUR)
    if items < frames:
        return f"its compressed pixel data hold {items} of {frames} frames, export it again"
    return ""
