"""Which vertebra does a segment's name or DICOM code mean?

DICOM SEG and Slicer's .seg.nrrd name their segments: "L1", "vertebra L1 body", "vertebrae_T12", "Th 12", or by a
SNOMED CT code. A name that speaks of a disc, an endplate or two levels is no vertebra.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydicom.sr.coding import Code

from vfa.model.anatomy import LEVELS, REGULAR_LEVELS
from vfa.segment.label_schemes import Holds

# SNOMED CT codes of the single vertebrae, as in DICOM PS3.16 context groups (shipped with pydicom), and S1.
_CERVICAL_SCT = ("14806007", "39976000", "113205007", "5329002", "36978003", "36054005", "87391001")
_THORACIC_SCT = (
    *("64864005", "53733008", "1626008", "73071006", "56401006", "45296009"),
    *("62487009", "11068009", "82687006", "7610001", "12989004", "23215003"),
)
_LUMBAR_SCT = ("66794005", "14293000", "36470004", "11994002", "49668003")
LEVEL_OF_SCT: dict[str, str] = {
    code: level
    for code, level in zip((*_CERVICAL_SCT, *_THORACIC_SCT, *_LUMBAR_SCT, "65985001"), REGULAR_LEVELS, strict=True)
}
VERTEBRAL_BODY_SCT = "3572006"
VERTEBRAL_CANAL_SCT = "61853006"

# German and French radiologists write Th or D for T. A level is not followed by another digit or by a second level.
_LEVEL = re.compile(r"(?<![A-Za-z0-9])(C|TH|T|D|L|S)[ ._-]?(\d{1,2})(?![0-9A-Za-z])", re.IGNORECASE)
_NO_VERTEBRA = re.compile(r"dis[ck]|ivd|ivs|endplate|rib|nerve|root|foramen|cord|muscle|kidney|liver", re.IGNORECASE)
_PROVISIONAL = re.compile(r"(V[1-9][0-9]?) body")  # as vfa itself writes bodies that nobody has named
_BODY = re.compile(r"bod(y|ies)|corpus|centrum|wirbelk", re.IGNORECASE)
_CANAL = re.compile(r"canal", re.IGNORECASE)


@dataclass(frozen=True)
class SegmentMeaning:
    """What a segment stands for.

    Args:
        level: the vertebra; empty when it is none.
        holds: body or whole, when the name or code says so.
        canal: "canal" for the vertebral canal, else empty.
    """

    level: str = ""
    holds: Holds | None = None
    canal: str = ""


def meaning_of(name: str, codes: tuple[Code, ...] = ()) -> SegmentMeaning:
    """What a segment stands for, by its codes first and its name second.

    Args:
        name: the segment's label.
        codes: property type and anatomic region codes; those outside SNOMED CT are not looked at.
    """
    values = [code.value for code in codes if code.scheme_designator == "SCT"]
    if VERTEBRAL_CANAL_SCT in values:
        return SegmentMeaning(canal="canal")
    level = next((LEVEL_OF_SCT[value] for value in values if value in LEVEL_OF_SCT), "") or level_in(name)
    if not level:
        return SegmentMeaning(canal="canal" if _CANAL.search(name) else "")
    body = VERTEBRAL_BODY_SCT in values or _BODY.search(name) is not None
    return SegmentMeaning(level, Holds.BODY if body else None)


def level_in(name: str) -> str:
    """The one level a name speaks of; empty when it speaks of none, of two, or of something beside the vertebra."""
    if _NO_VERTEBRA.search(name):
        return ""
    if provisional := _PROVISIONAL.fullmatch(name):
        return provisional[1]
    found = {_spelled(region, number) for region, number in _LEVEL.findall(name.replace("_", " "))}
    return found.pop() if len(found) == 1 and found <= set(LEVELS) else ""


def _spelled(region: str, number: str) -> str:
    letter = region.upper()[0]
    return f"{'T' if letter == 'D' else letter}{int(number)}"
