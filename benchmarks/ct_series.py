"""A made-up CT series of any length in any compression, for measuring how fast series are read.

An ellipse of tissue with bone in it and noise as of an abdominal scan, so that compression neither helps nor hinders
more than on patients (JPEG-LS halves it).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import gdcm
import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

SYNTAXES = {
    "raw": ExplicitVRLittleEndian,
    "JPEG-LS": JPEGLSLossless,
    "RLE": RLELossless,
    "J2K": JPEG2000Lossless,
    "JPEG lossless": JPEGLosslessSV1,
}
NOISE_HU = 12.0
SPACING_MM = (0.7, 0.7, 1.0)


def write_ct(folder: Path, syntax: str, slices: int, side: int = 512, series: int = 1) -> Path:
    """Write a series of `slices` images of `side` × `side` pixels; the values depend on the slice alone."""
    folder.mkdir(parents=True, exist_ok=True)
    for k in range(slices):
        dataset = _slice(k, side, series)
        path = folder / f"IM{k:05d}.dcm"
        if syntax == "JPEG lossless":
            _with_gdcm(dataset, path)
            continue
        if syntax != "raw":
            dataset.compress(SYNTAXES[syntax], generate_instance_uid=False)
        dataset.save_as(path, enforce_file_format=True)
    return folder


def _slice(k: int, side: int, series: int) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = CTImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = f"1.2.826.0.1.3680043.10.1.{series}.{k + 1}"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.StudyDate, dataset.SeriesDescription = "20260101", "benchmark"
    dataset.StudyTime, dataset.AccessionNumber, dataset.Manufacturer = "120000", "", "vfa"
    dataset.Modality, dataset.PatientName, dataset.PatientID = "CT", "Bench^Mark", "1"
    dataset.BodyPartExamined, dataset.PatientPosition = "LSPINE", "HFS"
    dataset.SliceThickness, dataset.KVP, dataset.ConvolutionKernel = "1.0", "120", "B"
    dataset.StudyInstanceUID = "1.2.826.0.1.3680043.10.1"
    dataset.SeriesInstanceUID = f"1.2.826.0.1.3680043.10.1.{series}"
    dataset.FrameOfReferenceUID = "1.2.826.0.1.3680043.10.1.0"
    dataset.SeriesNumber, dataset.InstanceNumber = series, k + 1
    dataset.ImagePositionPatient = [-100.0, -100.0, SPACING_MM[2] * k]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.PixelSpacing = list(SPACING_MM[:2])
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows = dataset.Columns = side
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.RescaleIntercept, dataset.RescaleSlope = "-1024", "1"
    dataset.PixelData = _pixels(k, side).tobytes()
    dataset["PixelData"].VR = "OW"
    return dataset


def _pixels(k: int, side: int) -> np.ndarray:
    across, down = np.meshgrid(*[np.linspace(-1, 1, side, dtype=np.float32)] * 2, indexing="xy")
    hu = np.where((across / 0.9) ** 2 + (down / 0.65) ** 2 < 1, 40.0, -1000.0)
    hu[(across**2 + (down - 0.3) ** 2) < 0.02] = 250.0
    hu += NOISE_HU * np.random.default_rng(k).standard_normal(hu.shape, dtype=np.float32)
    return np.clip(np.rint(hu) + 1024, 0, 4095).astype(np.uint16)


def _with_gdcm(dataset: Dataset, path: Path) -> None:
    """What pydicom cannot write: JPEG lossless (process 14, selection value 1)."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.dcm"
        dataset.save_as(plain, enforce_file_format=True)
        reader = gdcm.ImageReader()
        reader.SetFileName(str(plain))
        if not reader.Read():
            raise RuntimeError(f"gdcm cannot read {plain}")
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
        change.SetInput(reader.GetImage())
        if not change.Change():
            raise RuntimeError("gdcm cannot compress to JPEG lossless")
        writer = gdcm.ImageWriter()
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        writer.SetFileName(str(path))
        if not writer.Write():
            raise RuntimeError(f"gdcm cannot write {path}")
