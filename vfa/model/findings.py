"""Everything the images say about one vertebra, and about the series it was measured on."""

from __future__ import annotations

from dataclasses import dataclass, field

from vfa.model.alignment import AlignmentMeasure
from vfa.model.estimate import Measured, Unmeasurable
from vfa.model.fracture_classes import NOT_LOOKED_AT, FractureClasses
from vfa.model.frame import BodyFrame, FloatArray
from vfa.model.morphometry import BodyHeights, Deformity, ExpectedHeights, HeightLoss, LateralLoss
from vfa.model.posterior_wall import Finding, PosteriorWall
from vfa.model.volume import Modality

NOT_USED = "not_used"  # the role of a series that took no part


@dataclass(frozen=True, eq=False)
class VertebraFindings:
    """What was measured on one vertebra; every part may be Unmeasurable, with its reason.

    Args:
        level: its name.
        level_confidence: probability that the name is right; None when nobody said.
        centre_lps: (3,) centre of the body in LPS mm.
        touches_border: whether the volume's edge cuts it.
        treated: "cement", "implant" or empty.
        findings: things looked for beside the wall (fragmentation, cleft …), by name; one that is missing from
            this mapping was not looked for.
        classes: the AO and OF classes that fit; a suggestion.
        quality: sentences for the reader.
        edited: what a reader changed ("height_lines.anterior", "body", "level"); empty where all is as found.
    """

    level: str
    level_confidence: float | None
    centre_lps: FloatArray
    touches_border: bool
    treated: str
    frame: BodyFrame | Unmeasurable
    heights: BodyHeights | Unmeasurable
    expected_heights: ExpectedHeights | Unmeasurable
    height_loss: HeightLoss | Unmeasurable
    lateral_loss: LateralLoss | Unmeasurable
    deformity: Deformity | Unmeasurable
    posterior_wall: PosteriorWall | Unmeasurable
    marrow_mean_hu: Measured
    findings: dict[str, Finding] = field(default_factory=dict)
    classes: FractureClasses = NOT_LOOKED_AT
    quality: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """`measured` once there are heights, else `unmeasurable`."""
        return "unmeasurable" if isinstance(self.heights, Unmeasurable) else "measured"


@dataclass(frozen=True)
class SeriesRecord:
    """A series of the examination, and what it was used for.

    Args:
        role: "morphometry" for the series that was measured; "marrow" and "bone" for those read beside it; "labels"
            for masks alone; "not_used".
        modality: its kind; None for masks alone, and where nothing says it.
        series_instance_uid: empty when the file carries none.
        spacing_mm: voxel spacing i, j, k; None where a series that is not used has none.
        slice_spacing_mm: distance between slices; likewise.
        corrections: sentences: what was done on the way in.
        because: how it lies to the measured series, or why it is not used.
    """

    role: str
    modality: Modality | None
    study_instance_uid: str
    series_instance_uid: str
    description: str
    spacing_mm: tuple[float, float, float] | None
    slice_spacing_mm: float | None
    corrections: tuple[str, ...] = ()
    because: str = ""


@dataclass(frozen=True)
class StudyFindings:
    """All vertebrae of one examination, with the series they were measured on."""

    series: tuple[SeriesRecord, ...]
    segmented_by: str
    naming: str
    vertebrae: tuple[VertebraFindings, ...]
    alternative_naming: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    alignment: tuple[AlignmentMeasure, ...] = ()

    def __getitem__(self, level: str) -> VertebraFindings:
        for vertebra in self.vertebrae:
            if vertebra.level == level:
                return vertebra
        raise KeyError(level)

    @property
    def modalities(self) -> frozenset[Modality]:
        """Kinds of image that took part; empty for masks alone."""
        return frozenset(
            series.modality for series in self.series if series.modality is not None and series.role != NOT_USED
        )
