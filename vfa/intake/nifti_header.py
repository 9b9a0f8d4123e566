"""What does a NIfTI-1 header say that ITK passes over in silence?

ITK picks one of a file's two geometries without a word, and fills up a file that was cut short (nifti1.h and
https://nifti.nimh.nih.gov/nifti-1 define the fields). Other formats are left to ITK.
"""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import IO

import numpy as np

from vfa.errors import GeometryRefused, NotAnImage
from vfa.model.frame import LPS_FROM_RAS, FloatArray, Grid

DISAGREEMENT_MM = 0.1  # between the two geometries, at the far corners
_CHUNK_BYTES = 2**20


def nifti_notes(path: Path, grid: Grid, name: str) -> tuple[str, ...]:
    """Whether the qform and sform of a NIfTI-1 file agree (nifti1.h, methods 2 and 3).

    Raises:
        GeometryRefused: if both codes are 0, so that nothing says where left, front and head are.
    """
    header = _nifti1_header(path)
    if header is None:
        return ()
    order = "<" if header[:4] == struct.pack("<i", 348) else ">"
    qform_code, sform_code = struct.unpack_from(order + "2h", header, 252)
    if qform_code <= 0 and sform_code <= 0:
        raise GeometryRefused(
            f"{name} states no orientation (its qform and sform codes are 0), so left, front and head are "
            "unknown; convert it from DICOM again."
        )
    if qform_code <= 0 or sform_code <= 0:
        return ()
    sform = np.vstack([np.array(struct.unpack_from(order + "12f", header, 280)).reshape(3, 4), [0, 0, 0, 1]])
    qform = _qform(header, order)
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in grid.shape], indexing="ij")).reshape(3, -1)
    corners = np.vstack([corners, np.ones(8)])
    apart = float(np.linalg.norm(((sform - qform) @ corners)[:3], axis=0).max())
    if apart <= DISAGREEMENT_MM:
        return ()
    used = grid.lps_from_ijk @ corners
    to_sform = float(np.linalg.norm((LPS_FROM_RAS @ sform @ corners - used)[:3], axis=0).max())
    used_form = "sform" if to_sform <= DISAGREEMENT_MM else "qform"
    return (f"The file states two geometries (qform and sform) up to {apart:.1f} mm apart; its {used_form} was used.",)


def _nifti1_header(path: Path) -> bytes | None:
    if not path.name.lower().endswith((".nii", ".nii.gz")):
        return None
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
        stream.seek(0)
        if packed:
            with gzip.GzipFile(fileobj=stream) as plain:
                header = plain.read(348)
        else:
            header = stream.read(348)
    sizes = struct.pack("<i", 348), struct.pack(">i", 348)
    return header if len(header) == 348 and header[:4] in sizes else None


def _qform(header: bytes, order: str) -> FloatArray:
    """RAS from ijk by the quaternion, nifti1.h method 2."""
    pixdim = struct.unpack_from(order + "8f", header, 76)
    b, c, d, *offset = struct.unpack_from(order + "6f", header, 256)
    a = float(np.sqrt(max(0.0, 1.0 - (b * b + c * c + d * d))))
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    handedness = -1.0 if pixdim[0] < 0 else 1.0
    affine = np.eye(4)
    affine[:3, :3] = rotation * np.array([pixdim[1], pixdim[2], pixdim[3] * handedness])
    affine[:3, 3] = offset
    return affine


def check_complete(path: Path, grid: Grid, name: str) -> None:
    """Whether a NIfTI-1 file holds all voxels its header promises.

    Raises:
        NotAnImage: if it is cut short.
        OSError, EOFError, zlib.error: if it is compressed and damaged.
    """
    header = _nifti1_header(path)
    if header is None:
        return
    order = "<" if header[:4] == struct.pack("<i", 348) else ">"
    (bits,) = struct.unpack_from(order + "h", header, 72)
    (voxel_offset,) = struct.unpack_from(order + "f", header, 108)
    expected = int(np.prod(grid.shape)) * bits // 8 + int(max(voxel_offset, 0))
    with path.open("rb") as stream:
        held = _plain_bytes(stream, expected + _CHUNK_BYTES)
    if held < expected:
        raise NotAnImage(f"{name} is cut short ({held} of {expected} bytes), copy it again.")


def _plain_bytes(stream: IO[bytes], at_most: int) -> int:
    """Number of bytes, uncompressed, counted to `at_most`; reading to the end makes gzip compare its checksum."""
    packed = stream.read(2) == b"\x1f\x8b"
    if not packed:
        return stream.seek(0, 2)
    stream.seek(0)
    total = 0
    with gzip.GzipFile(fileobj=stream) as plain:
        while total < at_most and (chunk := plain.read(_CHUNK_BYTES)):
            total += len(chunk)
    return total
