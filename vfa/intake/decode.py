"""The stored pixel values of one frame, whatever its transfer syntax."""

from __future__ import annotations

import struct
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import get_frame
from pydicom.pixels import get_decoder
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000TransferSyntaxes,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSTransferSyntaxes,
    JPEGTransferSyntaxes,
    RLELossless,
)

from vfa.errors import NotAnImage
from vfa.intake.dicom_file import plain_stream
from vfa.intake.frame_header import FrameHeader
from vfa.intake.stored_file import FileOpener, StoredFile

# Fastest first, by the time for one 512 × 512 slice; what is not installed is passed over.
_FASTEST: dict[str, tuple[str, ...]] = {
    RLELossless: ("pylibjpeg",),
    JPEGLossless: ("gdcm",),
    JPEGLosslessSV1: ("gdcm",),
    **{syntax: ("pyjpegls", "gdcm") for syntax in JPEGLSTransferSyntaxes},
    **{syntax: ("pylibjpeg", "gdcm") for syntax in JPEG2000TransferSyntaxes},
}
# Codestreams that end with an end-of-image marker (ITU-T T.81 B.1.1.3, T.87, T.800 A.4.4)
_MARKED = {*JPEGTransferSyntaxes, *JPEGLSTransferSyntaxes, *JPEG2000TransferSyntaxes}
_FRAME_HEADERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
_PLAIN_SYNTAXES = {ImplicitVRLittleEndian, ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian}
_END_OF_IMAGE = b"\xff\xd9"


class FrameDecoder:
    """Decodes frames one after another; keeps the last multi-frame file, so that it is read once."""

    def __init__(self) -> None:
        self._opener = FileOpener()
        self._kept: tuple[StoredFile, bytes] | None = None

    def __enter__(self) -> FrameDecoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opener.__exit__(kind, value, trace)

    def stored(self, frame: FrameHeader) -> NDArray[Any]:
        """(rows, columns) stored values as they were before rescaling.

        Raises:
            NotAnImage: if they cannot be decoded, or are not what the header promised.
        """
        syntax = UID(frame.pixels.syntax)
        try:
            data = self._pixel_data(frame)
            values = _plain(data, frame) if syntax in _PLAIN_SYNTAXES else _decoded(data, syntax, frame)
        except (NotAnImage, MemoryError):
            raise
        except Exception as error:  # each decoder raises its own kinds
            raise NotAnImage(
                f"{frame.label}: its {syntax.name or 'unknown'} pixel data cannot be decoded "
                f"({type(error).__name__}); export it again, uncompressed."
            ) from error
        if values.shape != (frame.rows, frame.columns) or values.dtype.kind not in "iu":
            raise NotAnImage(f"{frame.label}: its pixel data are not the {frame.rows} × {frame.columns} it states.")
        return _within_bits_stored(values, frame.pixels.bits_stored)

    def _pixel_data(self, frame: FrameHeader) -> bytes:
        """The value of the pixel data element and what follows it."""
        if self._kept is not None and self._kept[0] == frame.file:
            return self._kept[1]
        with self._opener.open(frame.file) as stream:
            plain, plain_bytes = plain_stream(stream, self._opener.size_bytes(frame.file))
            plain.seek(frame.pixels.start)
            data = plain.read(plain_bytes - frame.pixels.start)  # a file takes as much memory as it is asked for
        if frame.frames_in_file > 1:
            self._kept = frame.file, data
        return data


def _plain(data: bytes, frame: FrameHeader) -> NDArray[Any]:
    """Uncompressed little endian: the bytes are the values (PS3.5 8.1.1)."""
    stored_type = np.dtype(frame.stored_type).newbyteorder("<")
    count = frame.rows * frame.columns
    values = np.frombuffer(data, stored_type, count, frame.frame * count * stored_type.itemsize)
    return values.reshape(frame.rows, frame.columns)


def _decoded(data: bytes, syntax: UID, frame: FrameHeader) -> NDArray[Any]:
    _check_code(data, syntax, frame)
    stored_type = np.dtype(frame.stored_type)
    values, _ = get_decoder(syntax).as_array(
        data,
        index=frame.frame,
        raw=True,
        decoding_plugin=_plugin(syntax),
        rows=frame.rows,
        columns=frame.columns,
        number_of_frames=frame.frames_in_file,
        samples_per_pixel=1,
        bits_allocated=stored_type.itemsize * 8,
        bits_stored=frame.pixels.bits_stored,
        pixel_representation=int(stored_type.kind == "i"),
        photometric_interpretation=frame.pixels.photometric,
        pixel_keyword="PixelData",
        pixel_vr=frame.pixels.vr,
    )
    decoded: NDArray[Any] = values
    return decoded


def _plugin(syntax: UID) -> str:
    """The name of the fastest decoder that is installed; empty lets pydicom choose."""
    wanted = _FASTEST.get(syntax, ())
    available = get_decoder(syntax).available_plugins if wanted else ()
    return next((name for name in wanted if name in available), "")


def _check_code(data: bytes, syntax: UID, frame: FrameHeader) -> None:
    """Decoders fill up a codestream that was cut short with invented pixels, so it is looked at first."""
    if syntax not in _MARKED:
        return
    code = get_frame(data, frame.frame, number_of_frames=frame.frames_in_file)
    if _END_OF_IMAGE not in code[-4:]:  # up to two bytes of padding may follow
        raise NotAnImage(f"{frame.label}: its compressed image is cut short, export it again.")
    size = _coded_size(code)
    if size != (frame.rows, frame.columns):
        raise NotAnImage(
            f"{frame.label}: its compressed image is of {size[0]} × {size[1]} pixels, expected the {frame.rows} × "
            f"{frame.columns} of its header; export it again."
        )


def _coded_size(code: bytes) -> tuple[int, int]:
    """Rows and columns a codestream states itself; decoders reserve memory by them. (0, 0) if it states none.

    JPEG 2000: the SIZ marker comes first (ITU-T T.800 A.5.1). JPEG and JPEG-LS: the frame header, after any number
    of other segments (T.81 B.2.2, T.87 C.2.2).
    """
    if code[:4] == b"\xff\x4f\xff\x51":
        right, bottom, left, top = struct.unpack_from(">4L", code, 8)
        return bottom - top, right - left
    at = 2
    while at + 9 <= len(code) and code[at] == 0xFF:
        marker, length = code[at + 1], int.from_bytes(code[at + 2 : at + 4], "big")
        if marker in _FRAME_HEADERS:
            rows, columns = struct.unpack_from(">2H", code, at + 5)
            return rows, columns
        at += 1 if marker == 0xFF else 2 + length
    return 0, 0


def _within_bits_stored(values: NDArray[Any], bits_stored: int) -> NDArray[Any]:
    """Drop what old scanners keep in the bits above BitsStored (overlays), PS3.5 8.1.1."""
    unused = values.dtype.itemsize * 8 - bits_stored
    if unused <= 0:
        return values
    low, high = (
        (-(1 << (bits_stored - 1)), 1 << (bits_stored - 1)) if values.dtype.kind == "i" else (0, 1 << bits_stored)
    )
    if low <= int(values.min()) and int(values.max()) < high:
        return values
    kept: NDArray[Any] = np.right_shift(np.left_shift(values, unused), unused)
    return kept
