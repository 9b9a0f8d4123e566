"""How do the vertebral bodies become a DICOM segmentation on the grid of the image they were found in?

Binary Segmentation Storage (PS3.3 A.51), one segment per body, empty frames left out. Binary rather than label map,
since archives and viewers of the last ten years know it.
"""

from __future__ import annotations

import highdicom as hd
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from vfa import __version__
from vfa.errors import InputRefused
from vfa.model.frame import Grid
from vfa.model.spine import Spine, Vertebra
from vfa.model.volume import Volume
from vfa.report import dicom_codes as codes
from vfa.report.dicom_derived import UTF_8, DerivedFrom, add_notice, as_archives_hold_it

SEGMENTS_LABEL = "VFA_BODIES"  # CS, PS3.3 C.8.20.2
GIVEN_LABELS = "labels "  # how `Spine.segmented_by` begins where a file gave the masks
WHOLE_VOXEL = 1e-3  # of a voxel: offsets that differ less from whole numbers are the same lattice
# Body colours differ from their neighbours' and are told apart by colour-blind readers (Okabe and Ito, 2008).
COLOURS_RGB = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0))


@as_archives_hold_it()
def segmentation(spine: Spine, volume: Volume, source: DerivedFrom) -> Dataset:
    """The bodies as a DICOM SEG object; segments are numbered from head to foot, from 1.

    Args:
        spine: the bodies, at least one; a voxel that two masks claim belongs to the upper one.
        volume: the image, whose lattice the segmentation lies on.
        source: the series it refers to.

    Raises:
        InputRefused: if the lattice's axes are not perpendicular, which DICOM frames cannot hold.
        ValueError: if there is no body.
    """
    if not spine.vertebrae:
        raise ValueError("spine: expected at least one body to write")
    labels = label_volume(spine, volume.grid)
    try:
        made = hd.seg.Segmentation(
            source_images=list(source.headers),
            pixel_array=_as_frames(labels, volume.grid, source),
            segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
            segment_descriptions=[_segment(n, v, spine, source) for n, v in enumerate(spine.vertebrae, start=1)],
            content_label=SEGMENTS_LABEL,
            content_description="Vertebral bodies without posterior elements",
            omit_empty_frames=True,
            **source.identity("SEG", "vertebral bodies"),
        )
    except ValueError as error:
        raise InputRefused(f"the bodies cannot be written as a DICOM segmentation of these images: {error}") from error
    made.SpecificCharacterSet = UTF_8  # for a highdicom that is not told it
    add_notice(made)
    return made


def label_volume(spine: Spine, grid: Grid) -> NDArray[np.uint8]:
    """(I, J, K) segment numbers on a lattice: 1 for the first body, 0 for none."""
    labels = np.zeros(grid.shape, dtype=np.uint8)
    for number, vertebra in enumerate(spine.vertebrae, start=1):
        box, inside = _on_lattice(vertebra, grid)
        part = labels[box]
        part[inside & (part == 0)] = number
    return labels


def _on_lattice(vertebra: Vertebra, grid: Grid) -> tuple[tuple[slice, ...], NDArray[np.bool_]]:
    """The box of a lattice a body may reach, and which of its voxels lie in the body (by the mask's nearest voxel)."""
    corners = np.array(np.meshgrid(*[(-0.5, n - 0.5) for n in vertebra.body.shape], indexing="ij")).reshape(3, -1).T
    reach = grid.ijk_of(vertebra.grid.lps_of(corners))
    low = np.clip(np.ceil(reach.min(axis=0) - WHOLE_VOXEL), 0, grid.shape).astype(int)
    high = np.clip(np.floor(reach.max(axis=0) + WHOLE_VOXEL) + 1, low, grid.shape).astype(int)
    box = tuple(slice(int(start), int(stop)) for start, stop in zip(low, high, strict=True))
    voxels = np.stack(np.meshgrid(*[np.arange(s.start, s.stop) for s in box], indexing="ij"), axis=-1)
    nearest = np.rint(vertebra.grid.ijk_of(grid.lps_of(voxels))).astype(int)
    within = ((nearest >= 0) & (nearest < vertebra.body.shape)).all(axis=-1)
    inside = np.zeros(within.shape, dtype=bool)
    inside[within] = vertebra.body[tuple(nearest[within].T)]
    return box, inside


def _as_frames(labels: NDArray[np.uint8], grid: Grid, source: DerivedFrom) -> hd.Volume:
    """Frames along k, rows along j, columns along i: DICOM's order."""
    order = [2, 1, 0]
    affine = np.eye(4)
    affine[:3, :3] = grid.lps_from_ijk[:3, order]
    affine[:3, 3] = grid.lps_from_ijk[:3, 3]
    return hd.Volume(
        array=np.ascontiguousarray(labels.transpose(order)),
        affine=affine,
        coordinate_system="PATIENT",
        frame_of_reference_uid=source.first.FrameOfReferenceUID,
    )


def _segment(number: int, vertebra: Vertebra, spine: Spine, source: DerivedFrom) -> hd.seg.SegmentDescription:
    return hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=f"{vertebra.level} body",
        segmented_property_category=codes.ANATOMICAL_STRUCTURE,
        segmented_property_type=codes.VERTEBRAL_BODY,
        tracking_uid=source.tracking_uid(vertebra.level),
        tracking_id=tracking_id(vertebra.level),
        anatomic_regions=[codes.vertebra(vertebra.level)],
        display_color=hd.color.CIELabColor.from_rgb(*COLOURS_RGB[number % len(COLOURS_RGB)]),
        **_algorithm(spine.segmented_by),
    )


def tracking_id(level: str) -> str:
    """The name of a vertebra's tracking UID."""
    return f"{level} vertebral body"


def _algorithm(segmented_by: str) -> dict[str, object]:
    """Who made the masks: a program alone, or labels somebody gave, of which vfa cut the bodies."""
    given = segmented_by.startswith(GIVEN_LABELS)
    kinds = hd.seg.SegmentAlgorithmTypeValues
    return {
        "algorithm_type": kinds.SEMIAUTOMATIC if given else kinds.AUTOMATIC,
        "algorithm_identification": hd.AlgorithmIdentificationSequence(
            name=codes.shortened(segmented_by) or "not stated",
            family=codes.MORPHOLOGICAL_OPERATIONS if given else codes.ARTIFICIAL_INTELLIGENCE,
            version=__version__,
        ),
    }
