"""Which code stands for which concept in a DICOM object, and where does the code come from?

The one table of codes. Public codes are taken only where a publisher's own list has them; what no trustworthy public
list names gets a code of the private scheme 99VFA, explained in `PRIVATE`. Provenance of the public ones:

- DICOM: context groups and dictionaries of PS3.16, as shipped with pydicom;
- TotalSegmentator: its public terminology table of DICOM segment codes;
- RadElement: the common data elements of ACR and RSNA (set RDES150, element RDE1003).
"""

from __future__ import annotations

from pydicom.sr.coding import Code

from vfa.model.anatomy import REGULAR_LEVELS, is_provisional

PRIVATE_SCHEME = "99VFA"  # PS3.16 8.2: private designators begin with 99
PRIVATE_SCHEME_NAME = "vfa: vertebral morphometry and eligibility rules"
CODE_MEANING_LENGTH = 64  # LO, PS3.5 6.2

# DICOM, CID 7602 and the anatomical dictionary; S1 from TotalSegmentator.
_VERTEBRAE = (
    *("14806007", "39976000", "113205007", "5329002", "36978003", "36054005", "87391001"),  # C1–C7
    *("64864005", "53733008", "1626008", "73071006", "56401006", "45296009"),  # T1–T6
    *("62487009", "11068009", "82687006", "7610001", "12989004", "23215003"),  # T7–T12
    *("66794005", "14293000", "36470004", "11994002", "49668003"),  # L1–L5
    "65985001",  # S1
)
VERTEBRA_OF_LEVEL: dict[str, Code] = {
    level: Code(value, "SCT", f"{level} vertebra") for level, value in zip(REGULAR_LEVELS, _VERTEBRAE, strict=True)
}

ANATOMICAL_STRUCTURE = Code("91723000", "SCT", "Anatomical Structure")  # DICOM, CID 7150
VERTEBRAL_BODY = Code("3572006", "SCT", "Vertebral body")  # TotalSegmentator
VERTEBRA = Code("51282000", "SCT", "Vertebra")  # DICOM
SPINE = Code("421060004", "SCT", "Spine")  # DICOM, CID 4
IMAGING_PROCEDURE = Code("363679005", "SCT", "Imaging procedure")  # DICOM, CID 100
MILLIMETRE = Code("mm", "UCUM", "mm")  # DICOM, CID 7181, as the other units
SQUARE_MILLIMETRE = Code("mm2", "UCUM", "square millimeter")
PERCENT = Code("%", "UCUM", "Percent")
HOUNSFIELD_UNIT = Code("[hnsf'U]", "UCUM", "Hounsfield unit")
PRESENT = Code("52101004", "SCT", "Present")  # DICOM, CID 240
ABSENT = Code("272519000", "SCT", "Absent")  # DICOM
UNDETERMINED = Code("373068000", "SCT", "Undetermined")  # DICOM, CID 240
ARTIFICIAL_INTELLIGENCE = Code("123110", "DCM", "Artificial Intelligence")  # DICOM, CID 7162
MORPHOLOGICAL_OPERATIONS = Code("123104", "DCM", "Morphological Operations")
COMMENT = Code("121106", "DCM", "Comment")  # DICOM, CID 12101

GENANT = Code("RDE1003", "RADELEMENT", "Genant grading scale for vertebral compression fractures")
GENANT_GRADES = (  # RadElement; .1 is its grade 0.5, which vfa does not give
    Code("RDE1003.0", "RADELEMENT", "grade 0"),
    Code("RDE1003.2", "RADELEMENT", "grade 1"),
    Code("RDE1003.3", "RADELEMENT", "grade 2"),
    Code("RDE1003.4", "RADELEMENT", "grade 3"),
)

# The private scheme: code → meaning as DICOM shows it. A code is never given a new meaning.
PRIVATE: dict[str, str] = {
    "HA": "Anterior height of vertebral body",
    "HM": "Middle height of vertebral body",
    "HP": "Posterior height of vertebral body",
    "HA-EXPECTED": "Expected anterior height of vertebral body",
    "HM-EXPECTED": "Expected middle height of vertebral body",
    "HP-EXPECTED": "Expected posterior height of vertebral body",
    "LOSS": "Height loss of vertebral body, column that lost most",
    "LOSS-COLUMN": "Column of the height loss",
    "LATERAL-LOSS": "Height loss of the left or right third",
    "LATERAL-SIDE": "Side of the lateral height loss",
    "RETROPULSION": "Retropulsion behind the expected posterior wall",
    "BREACH-AREA": "Area of the gap in the posterior cortex",
    "CANAL-AP": "Mid-sagittal diameter of the vertebral canal",
    "CANAL-AREA": "Cross-sectional area of the vertebral canal",
    "CANAL-AP-LOSS": "Canal compromise by diameter",
    "CANAL-AREA-LOSS": "Canal compromise by area",
    "MARROW": "Mean attenuation of the vertebral body's marrow",
    "CI95-LOW": "Lower bound of the 95 % interval",
    "CI95-HIGH": "Upper bound of the 95 % interval",
    "FRACTURE": "Fracture of vertebral body",
    "SHAPE": "Shape of the deformity",
    "WALL": "Posterior wall of vertebral body",
    "VP": "Vertebroplasty: what stands against it",
    "KP": "Kyphoplasty: what stands against it",
    "WHY": "Reason",
    "PROFILE": "Rules judged by",
    "REFERENCE": "What the expected heights come from",
    "NOTICE": "Intended use and limits",
    "ANTERIOR": "Anterior",
    "MIDDLE": "Middle",
    "POSTERIOR": "Posterior",
    "LEFT": "Left",
    "RIGHT": "Right",
    "NONE": "No deformity",
    "WEDGE": "Wedge",
    "BICONCAVE": "Biconcave",
    "CRUSH": "Crush",
    "LATERAL": "Lateral",
    "INTACT": "Intact",
    "BREACHED": "Breached",
    "NOT-ASSESSABLE": "Cannot be judged",
    "CONTRAINDICATED": "Contraindicated",
    "NO-INDICATION": "No indication",
    "INDETERMINATE": "Indeterminate",
    "NO-EXCLUSION": "No exclusion found, for specialist review",
    "MET": "Met",
    "NOT-MET": "Not met",
    "UNKNOWN": "Open",
    "NOT-MEASURED": "Not measured",
}


def private(code: str) -> Code:
    """A code of the private scheme; raises KeyError for one that the table does not explain."""
    return Code(code, PRIVATE_SCHEME, PRIVATE[code])


def rule(criterion_id: str, sentence: str) -> Code:
    """A rule as a concept: its id is the code, since profiles may add rules of their own."""
    return Code(criterion_id, PRIVATE_SCHEME, shortened(f"{criterion_id}: {sentence}"))


def shortened(meaning: str) -> str:
    """A meaning that fits DICOM's 64 characters, and 64 bytes, since some programs count those."""
    text = " ".join(meaning.split())
    cut = text
    while len(cut.encode()) > CODE_MEANING_LENGTH:
        text = text[:-1].rstrip()
        cut = f"{text}…"
    return cut


def vertebra(level: str) -> Code:
    """The vertebra of a level; T13, L6 and provisional names have no public code and share that of any vertebra."""
    if is_provisional(level):
        return VERTEBRA
    return VERTEBRA_OF_LEVEL.get(level, VERTEBRA)
