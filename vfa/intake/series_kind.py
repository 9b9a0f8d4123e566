"""What kind of image is a series: CT, T1, T2, STIR or other MR; and is it a picture of slices at all?

Every test names the attribute it looks at and the clause of DICOM PS3.3 that defines it. The limits on echo,
repetition and inversion time are those of general MR practice, wide enough for 0.2 to 3 tesla; what falls
between them is "other MR", never a guess.
"""

from __future__ import annotations

import re

import numpy as np

from vfa.intake.frame_header import Contrast, FrameHeader
from vfa.model.volume import Modality

SHORT_TR_MS, LONG_TR_MS = 1000.0, 1800.0
SHORT_TE_MS, LONG_TE_MS = 35.0, 60.0
STIR_TI_MS = (70.0, 260.0)  # nulls fat: 0.69 × its T1, 110 ms at 0.3 T to 230 ms at 3 T
T1_FLAIR_TI_MS = (400.0, 1300.0)

# C.8.13.3.1.2, Table C.8-86
_ENHANCED_CONTRAST = {"T1": Modality.T1, "T2": Modality.T2, "STIR": Modality.STIR}
_FAT_DARK_WORD = re.compile(r"(?<![a-z])(fs|fat[ _-]?sat|spair|spir)(?![a-z])", re.IGNORECASE)
_STIR_WORD = re.compile(r"(?<![a-z])(stir|tirm)(?![a-z])", re.IGNORECASE)
_OTHER_WORD = re.compile(
    r"(?<![a-z])(flair|dwi|adc|diff\w*|dixon|water|fat(?![ _-]?sat)|sub|subtr\w*)(?![a-z])", re.IGNORECASE
)
_WORD = re.compile(r"(?<![a-z])(t1|t2)(?!\*|_?star|[0-9])", re.IGNORECASE)
# C.8.2.1.1.1, C.8.3.1.1.1, C.8.16.1.3: images computed across slices, or maps of another quantity
_PROJECTIONS = {"PROJECTION IMAGE", "MAX_IP", "MIN_IP", "MIP", "MINIP", "VOLUME_RENDER", "SURFACE_RENDER", "CPR"}
# Value 4 of multi-energy CT, C.8.2.1.1.1, and what makers write: how much of a material, not how dense
_MATERIALS = {"MAT_SPECIFIC", "MAT_REMOVED", "MAT_FRACTIONAL", "MAT_VALUE_BASED", "EFF_ATOMIC_NUM", "ELECTRON_DENSITY"}
_MATERIALS |= {"IODINE", "CALCIUM", "VNCA", "ROI_EFF_ATOMIC_NUM", "Z_EFFECTIVE"}
_LUNG_WORD = re.compile(r"(?<![a-z])(lung|pulmo\w*|lunge|bl\d\d)(?![a-z])", re.IGNORECASE)
_SIEMENS_KERNEL = re.compile(r"^[A-Z][A-Z]?(\d\d)[A-Z]?(?:$|[ \\])", re.IGNORECASE)
_SHARPEST_FOR_BONE = 69  # Siemens numbers kernels by sharpness; beyond, edges overshoot as those for the lung do
_PLANES = ("sagittal", "coronal", "axial")
_SPINE_PARTS = re.compile(r"spine|lumb|thorac|dorsal|sacr|abd|chest|thorax|pelv|body|trunk|vert", re.IGNORECASE)
_NECK_PARTS = re.compile(r"cervi|(?<![a-z])(c[- _]?spine|csp|hws|neck)(?![a-z])", re.IGNORECASE)  # no levels of ours
_NON_SPINE_PARTS = re.compile(
    r"head|brain|skull|sinus|knee|hand|foot|ankle|wrist|elbow|shoulder|leg|arm|breast", re.IGNORECASE
)


def is_ct(header: FrameHeader) -> bool:
    """Modality (0008,0060), C.7.3.1.1.1."""
    return header.modality == "CT"


def kind_of(header: FrameHeader) -> Modality:
    """CT, or the contrast of an MR frame."""
    return Modality.CT if is_ct(header) else _mr_kind(header.contrast, header.description)


def _mr_kind(contrast: Contrast, description: str) -> Modality:
    if contrast.acquisition_contrast:  # (0008,9209), C.8.13.3.1.2
        return _ENHANCED_CONTRAST.get(contrast.acquisition_contrast, Modality.MR)
    if contrast.b_value or _OTHER_WORD.search(description):  # (0018,9087), C.8.13.5.9
        return Modality.MR
    sequence = contrast.scanning_sequence  # (0018,0020), C.8.3.1
    if "GR" in sequence or "EP" in sequence or "RM" in sequence:
        return Modality.MR
    if "IR" not in sequence and ("FS" in contrast.scan_options or _FAT_DARK_WORD.search(description)):  # (0018,0022)
        return _fat_dark_kind(contrast)
    if contrast.repetition_time_ms is None or contrast.echo_time_ms is None:
        return _kind_by_words(description)
    if "IR" in sequence:
        return _inversion_kind(contrast)
    return _spin_echo_kind(contrast, description)


def _fat_dark_kind(contrast: Contrast) -> Modality:
    """Fat suppressed otherwise than by inversion: on T2 water shines and marrow is dark, as on STIR."""
    repetition, echo = contrast.repetition_time_ms, contrast.echo_time_ms
    if repetition is not None and echo is not None and repetition >= LONG_TR_MS and echo > SHORT_TE_MS:
        return Modality.STIR
    return Modality.MR


def _inversion_kind(contrast: Contrast) -> Modality:
    """Inversion Time (0018,0082), C.8.3.1, sets apart fat suppression, T1 weighting and fluid suppression."""
    inversion, echo = contrast.inversion_time_ms, contrast.echo_time_ms
    if inversion is None or echo is None:
        return Modality.MR
    if STIR_TI_MS[0] <= inversion <= STIR_TI_MS[1]:
        return Modality.STIR
    if T1_FLAIR_TI_MS[0] <= inversion <= T1_FLAIR_TI_MS[1] and echo <= SHORT_TE_MS:
        return Modality.T1
    return Modality.MR


def _spin_echo_kind(contrast: Contrast, description: str) -> Modality:
    """Repetition Time (0018,0080) and Echo Time (0018,0081), C.8.3.1."""
    repetition, echo = contrast.repetition_time_ms, contrast.echo_time_ms
    if repetition is None or echo is None:
        return Modality.MR
    if repetition >= LONG_TR_MS and _STIR_WORD.search(description):
        return Modality.STIR
    if repetition <= SHORT_TR_MS and echo <= SHORT_TE_MS:
        return Modality.T1
    if repetition >= LONG_TR_MS and echo >= LONG_TE_MS:
        return Modality.T2
    if repetition > SHORT_TR_MS and echo >= LONG_TE_MS and _kind_by_words(description) is Modality.T2:
        return Modality.T2
    return Modality.MR


def _kind_by_words(description: str) -> Modality:
    """Series Description (0008,103E), C.7.3.1: written by people, so read only where the times are missing."""
    if _STIR_WORD.search(description):
        return Modality.STIR
    words = {word.upper() for word in _WORD.findall(description)}
    return Modality(words.pop()) if len(words) == 1 else Modality.MR


def not_slices(header: FrameHeader) -> str:
    """Why the frame is no slice of the patient; empty if it is one."""
    values = set(header.image_type[2:])
    if "LOCALIZER" in values:  # (0008,0008) value 3, C.8.2.1.1.1, C.8.3.1.1.1
        return "a localizer"
    if values & _PROJECTIONS:
        return f"a projection or rendering ({', '.join(sorted(values & _PROJECTIONS)).lower()})"
    if header.volumetric == "DISTORTED":  # (0008,9206), C.8.16.2.1.2
        return "a curved or otherwise distorted image"
    return ""


def not_hounsfield(header: FrameHeader) -> str:
    """Why a CT frame's values are no Hounsfield units; empty if they are, or if the frame is no CT."""
    if not is_ct(header):
        return ""
    if header.scale.slope is None or header.scale.intercept is None:  # (0028,1052/1053), C.8.2.1, type 1
        return "RescaleSlope or RescaleIntercept is missing, so its values are no Hounsfield units"
    material = sorted({*header.image_type[2:]} & _MATERIALS)
    if material:
        return f"its values tell of a material ({material[0].lower()}), they are no Hounsfield units"
    derived = "DERIVED" in header.image_type[:1] and header.scale.rescale_type not in ("", "HU")
    if derived or header.scale.rescale_type not in ("", "HU", "US"):  # (0028,1054), C.11.1.1.2
        return f"its values are {header.scale.rescale_type}, no Hounsfield units"
    return ""


def is_derived(header: FrameHeader) -> bool:
    """Image Type (0008,0008) value 1, C.7.6.1.1.2: computed from other images, such as a reformat."""
    return "DERIVED" in header.image_type[:1]


def for_the_lung(header: FrameHeader) -> bool:
    """Convolution Kernel (0018,1210), C.8.2.1: edges overshoot, as is good for the lung and bad for measuring."""
    if _LUNG_WORD.search(f"{header.kernel} {header.description}"):
        return True
    number = _SIEMENS_KERNEL.match(header.kernel)
    return number is not None and int(number[1]) > _SHARPEST_FOR_BONE


def plane_of(normal: np.ndarray) -> str:
    """The anatomical plane nearest to a slice with this normal (LPS): sagittal, coronal or axial."""
    return _PLANES[int(np.abs(normal).argmax())]


def region_rank(body_part: str, description: str) -> int:
    """How far the tags speak for the spine: 0 for it or its neighbourhood, 1 nothing said or the neck, 2 elsewhere.

    Body Part Examined (0018,0015), C.7.3.1, is a hint only: technicians leave it at what the protocol says.
    """
    text = f"{body_part} {description}"
    if _NECK_PARTS.search(text):
        return 1
    if _SPINE_PARTS.search(text):
        return 0
    return 2 if _NON_SPINE_PARTS.search(text) else 1
