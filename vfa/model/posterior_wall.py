"""Does the posterior wall stand, what lies behind it, and is the body in pieces?"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from vfa.model.estimate import Measured, Unmeasurable
from vfa.model.frame import FloatArray


class WallStatus(str, Enum):
    """The state of the posterior cortex alone; a smooth bulge with its cortex is intact."""

    INTACT = "intact"
    BREACHED = "breached"
    NOT_ASSESSABLE = "not_assessable"


@dataclass(frozen=True, eq=False)
class PosteriorWall:
    """The posterior wall and the canal behind it.

    Args:
        status: intact, breached or not assessable.
        because: one sentence why.
        retropulsion_mm: greatest distance of bone behind the expected wall.
        outline: "angular" (fragment), "smooth" (bulge) or Unmeasurable.
        breach_area_mm2: area of the cortical gap.
        canal_ap_mm: mid-sagittal diameter of the canal.
        canal_area_mm2: its area across.
        diameter_compromise: 1 − d / d_expected.
        area_compromise: the same of the area.
        wall_lps: (N, 3) points of the measured wall in the mid-plane, head to foot, LPS mm, for drawing.
        retropulsion_line_lps: (2, 3) from the expected wall to the bone farthest behind it, LPS mm, as long as
            retropulsion_mm; None where that is 0 or was not measured.
        canal_ap_line_lps: (2, 3) from front to back, where the mid-sagittal diameter is least, LPS mm.
        canal_outline_lps: (N, 3) the canal across at that height, LPS mm; the last point joins the first.
    """

    status: WallStatus
    because: str
    retropulsion_mm: Measured
    outline: str | Unmeasurable
    breach_area_mm2: Measured
    canal_ap_mm: Measured
    canal_area_mm2: Measured
    diameter_compromise: Measured
    area_compromise: Measured
    wall_lps: FloatArray | None = None
    retropulsion_line_lps: FloatArray | None = None
    canal_ap_line_lps: FloatArray | None = None
    canal_outline_lps: FloatArray | None = None


class Presence(str, Enum):
    """Something looked for in an image."""

    PRESENT = "present"
    ABSENT = "absent"
    NOT_ASSESSABLE = "not_assessable"


@dataclass(frozen=True)
class Finding:
    """Something looked for, and what was found.

    Args:
        name: "fragmentation", "cleft", "destruction", "foraminal_stenosis", "epidural_extension", "marrow_oedema".
        presence: present, absent or not assessable.
        because: one sentence: what was seen, or why it cannot be told.
        measures: numbers that go with it, by name.
        series: in which series it was looked for, in words; empty for the one that was measured.
    """

    name: str
    presence: Presence
    because: str
    measures: dict[str, Measured] = field(default_factory=dict)
    series: tuple[str, ...] = ()
