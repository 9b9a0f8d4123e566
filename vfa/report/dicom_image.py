"""How do the picture and the page become objects that every viewer shows? Secondary capture and encapsulated PDF.

Viewers that show little or nothing of a structured report show these two (PS3.3 A.8.1 and A.45.1).
"""

from __future__ import annotations

import io
import textwrap
from dataclasses import dataclass

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.uid import EncapsulatedPDFStorage, SecondaryCaptureImageStorage

from vfa.report.dicom_derived import DerivedFrom, add_notice, empty_object, referenced_instance, referenced_series

CAPTION_LINE_PIXELS = 16
CAPTION_FONT_POINTS = 8.0
DPI = 100
LETTER_PIXELS = 7.0  # a little more than the mean width of a letter of that size, so that no line runs out


@dataclass(frozen=True)
class Cut:
    """How a picture lies in the patient.

    Args:
        orientation: where its right and its lower edge face (PS3.3 C.7.6.1.1.1).
    """

    name: str
    orientation: tuple[str, str]
    description: str


SAGITTAL = Cut("sagittal", ("P", "F"), "Sagittal reformation through each vertebral body's own mid-plane")
AXIAL = Cut("axial", ("L", "P"), "Axial reformation across the vertebral body's own axis where its canal is narrowest")


@dataclass(frozen=True)
class KeyPicture:
    """A picture for the PACS.

    Args:
        name: as its file is called; no other picture of the answer has it.
        number: its place among the pictures, from 1.
        caption: what it shows and the notice of use; no patient's name, so that the object may say that none is
            burned in.
    """

    name: str
    number: int
    png: bytes
    caption: str
    cut: Cut


def secondary_capture(picture: KeyPicture, source: DerivedFrom) -> FileDataset:
    """A key picture, with its caption burned in below it, as Secondary Capture Image Storage.

    Args:
        picture: the picture and what is said of it.
        source: the series it was made from.
    """
    pixels = _captioned(picture.png, picture.caption)
    made = empty_object(source, "OT", SecondaryCaptureImageStorage, "key pictures")
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = source.uid(f"OT {picture.name}")
    made.InstanceNumber = picture.number
    add_notice(made)
    made.ReferencedSeriesSequence = [referenced_series(source)]
    made.SourceImageSequence = [referenced_instance(header) for header in source.headers]
    made.ConversionType = "WSD"  # workstation
    made.ImageType = ["DERIVED", "SECONDARY"]
    made.DerivationDescription = picture.cut.description
    made.PatientOrientation = list(picture.cut.orientation)
    made.BurnedInAnnotation = "NO"
    made.LossyImageCompression = "00"
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PlanarConfiguration = 3, "RGB", 0
    made.Rows, made.Columns = pixels.shape[:2]
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 8, 8, 7, 0
    content = pixels.tobytes()
    made.PixelData = content + b"\0" * (len(content) % 2)
    return made


def encapsulated_pdf(pdf: bytes, title: str, source: DerivedFrom) -> FileDataset:
    """The report as Encapsulated PDF Storage."""
    made = empty_object(source, "DOC", EncapsulatedPDFStorage, "report")
    made.ConversionType = "WSD"
    made.AcquisitionDateTime = ""
    made.BurnedInAnnotation = "NO"
    made.DocumentTitle = title
    made.ConceptNameCodeSequence = []
    made.SourceInstanceSequence = [referenced_instance(header) for header in source.headers]
    made.MIMETypeOfEncapsulatedDocument = "application/pdf"
    made.EncapsulatedDocumentLength = len(pdf)
    made.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    return made


def _captioned(picture_png: bytes, caption: str) -> NDArray[np.uint8]:
    """(rows, columns, 3) the picture with lines of white on black below it."""
    picture = np.asarray(imread(io.BytesIO(picture_png), format="png"))[..., :3]
    rows, columns = picture.shape[:2]
    lines = textwrap.wrap(caption, max(20, int(columns / LETTER_PIXELS)))
    below = CAPTION_LINE_PIXELS * (len(lines) + 1)
    figure = Figure(figsize=(columns / DPI, below / DPI), dpi=DPI, facecolor="black")
    canvas = FigureCanvasAgg(figure)
    figure.text(
        0.5,
        0.5,
        "\n".join(lines),
        color="white",
        fontsize=CAPTION_FONT_POINTS,
        ha="center",
        va="center",
        linespacing=1.3,
    )
    canvas.draw()
    strip = np.asarray(canvas.buffer_rgba())[..., :3]
    pixels = np.zeros((rows + strip.shape[0], columns, 3), dtype=np.uint8)
    pixels[:rows] = np.rint(picture * 255)
    pixels[rows:, : strip.shape[1]] = strip[:, :columns]
    return pixels
