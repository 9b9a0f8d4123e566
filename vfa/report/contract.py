"""What exactly does `assessment.json` hold?

These models are the single definition: `report.json` fills them, the JSON Schema beside this file is generated from
them (`python -m vfa.report.schema` rewrites it), and every reader (table, HTML page, other programs) sees only them.

A value that could not be had is an object `{"unmeasurable": reason, "detail": sentence}`, wherever the value would
have stood. Lengths are mm, areas mm², positions LPS mm, fractions 0–1, intervals 95 %.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from vfa.report.contract_part import Interval as Interval
from vfa.report.contract_part import Missing as Missing
from vfa.report.contract_part import NamedQuantity as NamedQuantity
from vfa.report.contract_part import Part
from vfa.report.contract_part import Quantity as Quantity
from vfa.report.contract_part import Reason as Reason
from vfa.report.contract_part import Vector as Vector
from vfa.report.contract_rules import Evidence as Evidence
from vfa.report.contract_rules import Outcome as Outcome
from vfa.report.contract_rules import Procedure as Procedure
from vfa.report.contract_rules import Procedures as Procedures

SCHEMA_VERSION: Literal["1.0"] = "1.0"

Column = Literal["anterior", "middle", "posterior"]


EditedPart = Literal["level", "body", "height_lines.anterior", "height_lines.middle", "height_lines.posterior"]


class Heights(Part):
    """Heights of one third of a body, mm."""

    anterior: Quantity
    middle: Quantity
    posterior: Quantity


class LateralHeights(Part):
    """Heights of the patient's left and right thirds."""

    left: Heights | Missing
    right: Heights | Missing


class ExpectedHeights(Heights):
    """Heights before any fracture, mm, what they come from, and what other references would have said."""

    lateral: LateralHeights
    reference: str
    others: dict[str, Heights] = Field(default_factory=dict)


class HeightLoss(Part):
    """1 − height / expected height, of the column that lost most."""

    fraction: FiniteFloat
    ci95: Interval
    column: Column
    by_column: dict[Column, Quantity]


class LateralLoss(Part):
    """The greatest loss in the left or right third."""

    fraction: FiniteFloat
    ci95: Interval
    side: Literal["left", "right"]
    column: Column


class Deformity(Part):
    """What the heights mean."""

    fracture: Literal["present", "absent", "indeterminate"]
    genant_grade: Literal[0, 1, 2, 3]
    grade_probabilities: tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat]
    shape: Literal["none", "wedge", "biconcave", "crush", "lateral"]
    signs: tuple[str, ...]
    because: str


class CanalCompromise(Part):
    """1 − measured / expected, of the canal's mid-sagittal diameter and of its area."""

    diameter_fraction: Quantity | Missing
    area_fraction: Quantity | Missing


class PosteriorWall(Part):
    """The posterior wall and the canal behind it."""

    status: Literal["intact", "breached", "not_assessable"]
    because: str
    retropulsion_mm: Quantity | Missing
    outline: Literal["angular", "smooth"] | Missing
    breach_area_mm2: Quantity | Missing
    canal_ap_mm: Quantity | Missing
    canal_area_mm2: Quantity | Missing
    canal_compromise: CanalCompromise


class Finding(Part):
    """Something looked for beside the wall; `series` names those it was looked for in, none for the measured one."""

    status: Literal["present", "absent", "not_assessable"]
    because: str
    measures: dict[str, NamedQuantity | Missing] = Field(default_factory=dict)
    series: tuple[str, ...] = ()


class SuggestedClasses(Part):
    """Every AO and OF class that fits what was seen: a suggestion, never a finding; none where too little was seen."""

    ao: tuple[Literal["A0", "A1", "A2", "A3", "A4"], ...] = ()
    of: tuple[Literal["OF1", "OF2", "OF3", "OF4", "OF5"], ...] = ()
    because: str = ""


class Frame(Part):
    """A vertebra's own axes, unit vectors in LPS."""

    centre_lps_mm: Vector
    cranial: Vector
    anterior: Vector
    left: Vector


class Geometry(Part):
    """What a viewer draws, in LPS mm.

    A height line runs from its caudal to its cranial end, the canal's from front to back where the mid-sagittal
    diameter is least, retropulsion's from the expected wall to the bone farthest behind it. The canal's outline goes
    once around, across the body's axis at the height of that diameter.
    """

    frame: Frame | Missing
    height_lines_lps_mm: dict[Column, tuple[Vector, Vector]] | Missing
    posterior_wall_lps_mm: tuple[Vector, ...] | Missing
    retropulsion_line_lps_mm: tuple[Vector, Vector] | Missing
    canal_ap_line_lps_mm: tuple[Vector, Vector] | Missing
    canal_outline_lps_mm: tuple[Vector, ...] | Missing


class Marrow(Part):
    """The marrow of the body."""

    mean_hu: Quantity | Missing


class _Vertebra(Part):
    """What both kinds of vertebra carry."""

    level: str
    level_confidence: FiniteFloat | Missing
    centre_lps_mm: Vector
    touches_border: bool
    treated: bool
    treated_with: str
    heights_mm: Heights | Missing
    lateral_heights_mm: LateralHeights | Missing
    expected_heights_mm: ExpectedHeights | Missing
    height_loss: HeightLoss | Missing
    lateral_loss: LateralLoss | Missing
    deformity: Deformity | Missing
    posterior_wall: PosteriorWall | Missing
    fragmentation: Finding | Missing
    cleft: Finding | Missing
    other_findings: dict[str, Finding]
    suggested_classes: SuggestedClasses = Field(default_factory=SuggestedClasses)
    geometry: Geometry
    marrow: Marrow
    quality: tuple[str, ...]
    edited_by_reader: tuple[EditedPart, ...] = ()
    procedures: Procedures
    other_profiles: dict[str, Procedures]


class MeasuredVertebra(_Vertebra):
    """A vertebra with heights."""

    status: Literal["measured"]


class UnmeasuredVertebra(_Vertebra):
    """A vertebra without heights, and why."""

    status: Literal["unmeasurable"]
    reason: Reason
    detail: str


Vertebra = Annotated[MeasuredVertebra | UnmeasuredVertebra, Field(discriminator="status")]


class Series(Part):
    """A series and its use, the measured one first; `because`: how it lies to that one, or why it is not used."""

    role: Literal["morphometry", "marrow", "bone", "labels", "not_used"]
    modality: Literal["CT", "T1", "T2", "STIR", "MR"] | Missing
    series_instance_uid: str
    description: str
    spacing_mm: Vector | Missing
    slice_spacing_mm: FiniteFloat | Missing
    corrections: tuple[str, ...]
    because: str = ""


class Segmentation(Part):
    """Who made the masks, and what the level names hang on."""

    produced_by: str
    naming: str
    alternative_naming: tuple[str, ...]


class AlignmentMeasure(Quantity):
    """An angle between two endplates, or a slip between two bodies, with its landmarks."""

    name: str
    level: str
    cranial_landmark: str
    caudal_landmark: str


class Alignment(Part):
    """How the vertebrae stand to each other."""

    angles_deg: tuple[AlignmentMeasure, ...]
    listhesis_mm: tuple[AlignmentMeasure, ...]


class ChecklistItem(Part):
    """One item of the preparation checklist."""

    id: str
    sentence: str
    status: str
    because: str


class AccountItem(Part):
    """One question of a patient about a procedure, and its answer."""

    procedure: Literal["vertebroplasty", "kyphoplasty"]
    question: str
    answer: str
    source: str


class Readiness(Part):
    """Preparation and the account for the patient, apart from eligibility."""

    checklist: tuple[ChecklistItem, ...]
    account: tuple[AccountItem, ...] = ()


class Clinical(Part):
    """What a person stated, with the keys of the clinical file; what is not here was not stated."""

    patient: dict[str, str | FiniteFloat | tuple[str, ...]] = Field(default_factory=dict)
    levels: dict[str, dict[str, str | FiniteFloat]] = Field(default_factory=dict)
    not_read: tuple[str, ...] = ()


class AssessmentFile(Part):
    """The whole of `assessment.json`; vertebrae from head to foot."""

    schema_version: Literal["1.0"]
    vfa_version: str
    intended_use: str
    study_instance_uid: str
    profiles: tuple[str, ...]
    series: tuple[Series, ...]
    segmentation: Segmentation
    vertebrae: tuple[Vertebra, ...]
    alignment: Alignment
    clinical: Clinical = Field(default_factory=Clinical)
    readiness: Readiness
    notes: tuple[str, ...]
