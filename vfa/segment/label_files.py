"""What does a label file hold? Regions by number, each where it lies in the patient, with names where it has them.

NIfTI, NRRD (also Slicer's .seg.nrrd) and MetaImage are read by SimpleITK, which gives LPS; DICOM SEG by highdicom.
Nothing is resampled: a region keeps the lattice it was drawn on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK
from numpy.typing import NDArray
from scipy import ndimage

from vfa.errors import LabelsRefused, UsageError
from vfa.model.frame import Grid
from vfa.segment.bodies import BodyMask, within_box
from vfa.segment.segment_names import SegmentMeaning, meaning_of

IMAGE_ENDINGS = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
SEG_STORAGE_UIDS = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")  # Segmentation, Label Map
LARGEST_LABEL = 10_000  # more is an image, no label volume
MOST_LABELS = 200  # likewise: the richest conventions have about 120 numbers


class Extent(str, Enum):
    """What the edge of a label volume is."""

    IMAGE = "image"  # the edge of the image that was segmented
    CROP = "crop"  # possibly just the edge of what was drawn (DICOM SEG without empty frames, Slicer's cropped NRRD)


class LabelRegions(Mapping[int, BodyMask]):
    """The regions of a label volume by number, cropped when asked for.

    Args:
        labels: (I, J, K) whole numbers ≥ 0; 0 is background.
        grid: its lattice, in LPS mm.
    """

    def __init__(self, labels: NDArray[np.int32], grid: Grid) -> None:
        self.labels = labels
        self.grid = grid

    @cached_property
    def _boxes(self) -> dict[int, tuple[slice, ...]]:
        found = ndimage.find_objects(self.labels)
        return {label: box for label, box in enumerate(found, start=1) if box is not None}

    def __getitem__(self, label: int) -> BodyMask:
        box = self._boxes[label]
        outer = tuple(slice(max(0, side.start - 3), side.stop + 3) for side in box)
        part = self.labels[outer] == label
        inner = tuple(slice(a.start - b.start, a.stop - b.start) for a, b in zip(box, outer, strict=True))
        grid = self.grid.crop([side.start for side in outer], (part.shape[0], part.shape[1], part.shape[2]))
        return within_box(part, grid, inner)

    def __iter__(self) -> Iterator[int]:
        return iter(self._boxes)

    def __len__(self) -> int:
        return len(self._boxes)


@dataclass(frozen=True, eq=False)
class LabelFile:
    """One label file.

    Args:
        name: the file's name, for messages.
        grid: its whole lattice, in LPS mm.
        regions: mask of each number; numbers without a voxel are absent.
        meanings: what the file itself says about a number (segment names, codes); empty when it says nothing.
        extent: what the edge of the lattice is.
        producer: who made it, as far as the file says.
    """

    name: str
    grid: Grid
    regions: Mapping[int, BodyMask]
    meanings: Mapping[int, SegmentMeaning] = field(default_factory=dict)
    extent: Extent = Extent.IMAGE
    producer: str = ""


def read_label_file(path: Path) -> LabelFile:
    """Read any label file vfa knows.

    Raises:
        UsageError: if there is no such file.
        LabelsRefused: if it is no label file, or does not say where it lies in the patient.
    """
    if not path.is_file():
        raise UsageError(f"--segmentation {path}: there is no such file")
    if path.name.lower().endswith(IMAGE_ENDINGS):
        file = _read_with_itk(path)
    elif _is_dicom(path):
        file = _read_dicom_seg(path)
    else:
        raise LabelsRefused(f"{path.name}: expected a label file ({', '.join(IMAGE_ENDINGS)} or DICOM SEG)")
    if len(file.regions) > MOST_LABELS:
        raise LabelsRefused(f"{path.name}: holds {len(file.regions)} different labels; is this an image?")
    if not file.regions:
        raise LabelsRefused(f"{path.name}: holds no label at all, every voxel is background")
    return file


def _read_with_itk(path: Path) -> LabelFile:
    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(str(path))
    warnings_shown = SimpleITK.ProcessObject.GetGlobalWarningDisplay()
    SimpleITK.ProcessObject.GlobalWarningDisplayOff()  # what ITK warns of is checked below
    try:
        image = reader.Execute()
    except RuntimeError as fault:
        reason = str(fault).strip().splitlines()[-1]
        raise LabelsRefused(f"{path.name}: cannot be read as a label volume ({reason})") from fault
    finally:
        SimpleITK.ProcessObject.SetGlobalWarningDisplay(warnings_shown)
    metadata = {key: reader.GetMetaData(key) for key in reader.GetMetaDataKeys()}
    if metadata.get("qform_code") == "0" and metadata.get("sform_code") == "0":
        raise LabelsRefused(f"{path.name}: does not say where it lies in the patient (qform and sform code are 0)")
    if image.GetDimension() == 4 and image.GetSize()[3] == 1:
        image = image[:, :, :, 0]
    if image.GetDimension() != 3:
        raise LabelsRefused(f"{path.name}: expected three dimensions, got {image.GetDimension()}")
    size = image.GetSize()
    axes = np.array(image.GetDirection()).reshape(3, 3)
    grid = Grid.from_axes((size[0], size[1], size[2]), image.GetSpacing(), image.GetOrigin(), axes)
    layers = _layers(np.array(SimpleITK.GetArrayViewFromImage(image)), path.name)
    if any(key.startswith("Segment0_") for key in metadata):
        return _slicer_segmentation(path.name, grid, layers, metadata)
    if len(layers) != 1:
        raise LabelsRefused(f"{path.name}: holds {len(layers)} values per voxel, expected one")
    return LabelFile(path.name, grid, LabelRegions(layers[0], grid))


def _layers(kji: NDArray[np.generic], name: str) -> list[NDArray[np.int32]]:
    """(K, J, I[, layers]) → one (I, J, K) array of whole numbers per layer."""
    stacked = kji[..., np.newaxis] if kji.ndim == 3 else kji
    if stacked.dtype.kind == "f" and not np.array_equal(stacked, np.rint(stacked)):
        raise LabelsRefused(f"{name}: holds fractions, expected whole numbers; is this an image rather than labels?")
    if stacked.dtype.kind not in "iuf" or stacked.min() < 0 or stacked.max() > LARGEST_LABEL:
        raise LabelsRefused(f"{name}: expected labels 0–{LARGEST_LABEL}; is this an image rather than labels?")
    return [stacked[..., layer].T.astype(np.int32) for layer in range(stacked.shape[-1])]


def _slicer_segmentation(
    name: str, grid: Grid, layers: list[NDArray[np.int32]], metadata: Mapping[str, str]
) -> LabelFile:
    """Slicer's .seg.nrrd: SegmentN_Name, SegmentN_LabelValue, SegmentN_Layer."""
    by_layer = [LabelRegions(layer, grid) for layer in layers]
    regions: dict[int, BodyMask] = {}
    meanings: dict[int, SegmentMeaning] = {}
    number = 0
    while f"Segment{number}_ID" in metadata or f"Segment{number}_Name" in metadata:
        value = int(metadata.get(f"Segment{number}_LabelValue", number + 1))
        found = by_layer[int(metadata.get(f"Segment{number}_Layer", 0))].get(value)
        # Segments of different layers may share a value, so they are numbered anew when there are layers.
        label = value if len(layers) == 1 else number + 1
        if found is not None:
            regions[label] = found
            meanings[label] = meaning_of(metadata.get(f"Segment{number}_Name", ""))
        number += 1
    return LabelFile(name, grid, regions, meanings, Extent.CROP, "3D Slicer")


def _is_dicom(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


def _read_dicom_seg(path: Path) -> LabelFile:
    import highdicom  # slow to import, and few label files are DICOM

    header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SOPClassUID", "Modality"])
    if header.get("SOPClassUID") not in SEG_STORAGE_UIDS:
        raise LabelsRefused(f"{path.name}: is DICOM of modality {header.get('Modality', '?')}, expected SEG")
    try:
        seg = highdicom.seg.segread(path)
        numbers = list(seg.segment_numbers)
        masks = {number: _segment(seg, number) for number in numbers}
    except (ValueError, RuntimeError, AttributeError, KeyError, TypeError) as fault:
        raise LabelsRefused(f"{path.name}: this DICOM SEG cannot be read as one volume ({fault})") from fault
    regions = {number: part for number, (whole, part) in masks.items() if part is not None}
    meanings = {number: _segment_meaning(seg.get_segment_description(number)) for number in numbers}
    grid = next(iter(masks.values()))[0]
    maker = " ".join(str(seg.get(key, "")) for key in ("Manufacturer", "ManufacturerModelName")).strip()
    return LabelFile(path.name, grid, regions, meanings, Extent.CROP, maker)


def _segment(seg: object, number: int) -> tuple[Grid, BodyMask | None]:
    """The whole lattice of a SEG and one segment's mask; fractional segments count from one half."""
    volume = seg.get_volume(segment_numbers=[number], combine_segments=False)  # type: ignore[attr-defined]
    array = np.asarray(volume.array)[..., 0]
    grid = Grid((array.shape[0], array.shape[1], array.shape[2]), np.asarray(volume.affine, dtype=float))
    regions = LabelRegions((array >= 0.5).astype(np.int32), grid)
    return grid, regions.get(1)


def _segment_meaning(description: object) -> SegmentMeaning:
    codes = [description.segmented_property_type]  # type: ignore[attr-defined]
    for part in ("anatomic_regions", "primary_anatomic_structures"):
        codes += getattr(description, part) or []
    return meaning_of(str(description.segment_label), tuple(codes))  # type: ignore[attr-defined]
