"""A made-up assessment whose every number is chosen by hand, so that a test can say what must be printed.

T11 is cut by the image's edge; T12 is intact; L1 has a wedge fracture of 31 % whose interval straddles one third;
L2 is intact. Bodies stand 35 mm apart on a straight vertical spine, facing LPS anterior (-y).
"""

from __future__ import annotations

import numpy as np

from vfa.model.assessment import (
    Assessment,
    ChecklistItem,
    Conclusion,
    Evidence,
    Outcome,
    ProcedureAssessment,
    RuleKind,
    UnknownReason,
    Verdict,
)
from vfa.model.estimate import NORMAL_95, Estimate, Unmeasurable, Why
from vfa.model.findings import SeriesRecord, StudyFindings, VertebraFindings
from vfa.model.frame import BodyFrame, FloatArray, Grid
from vfa.model.morphometry import (
    BodyHeights,
    Deformity,
    ExpectedHeights,
    FractureStatus,
    HeightLoss,
    HeightMap,
    LateralLoss,
    Shape,
    ThreeHeights,
)
from vfa.model.posterior_wall import Finding, PosteriorWall, Presence, WallStatus
from vfa.model.spine import Spine, Vertebra
from vfa.model.volume import Modality, Volume

CENTRES_LPS = {"T11": (0.0, 0.0, 70.0), "T12": (0.0, 0.0, 35.0), "L1": (0.0, 0.0, 0.0), "L2": (0.0, 0.0, -35.0)}
HEIGHTS_MM = {"T12": (25.0, 24.0, 26.0), "L1": (18.2, 21.9, 26.4), "L2": (27.0, 26.0, 28.0)}
HALF_WIDTH_MM = 0.6  # of every height's 95 % interval
DEPTH_MM = 30.0
HOSTILE = "<script>alert(1)</script>\x1b[31m"


def mm(value: float, half_width: float = HALF_WIDTH_MM) -> Estimate:
    return Estimate(value, half_width / NORMAL_95, "mm", "chosen by hand", at_least=0.0)


def share(value: float, half_width: float) -> Estimate:
    return Estimate(value, half_width / NORMAL_95, "fraction", "chosen by hand")


def three(heights_mm: tuple[float, float, float]) -> ThreeHeights:
    return ThreeHeights(*(mm(height) for height in heights_mm))


def unmeasurable(level: str, quantity: str, reason: Why, detail: str = "") -> Unmeasurable:
    return Unmeasurable(level, quantity, reason, detail)


def lines_lps(level: str) -> dict[str, FloatArray]:
    """Vertical lines, caudal end first, at the front, the middle and the back of the body."""
    x, y, z = CENTRES_LPS[level]
    lower = z - HEIGHTS_MM[level][2] / 2
    places = zip(("anterior", "middle", "posterior"), (-12.0, 0.0, 12.0), HEIGHTS_MM[level], strict=True)
    return {column: np.array([[x, y + dy, lower], [x, y + dy, lower + height]]) for column, dy, height in places}


def wall(level: str) -> PosteriorWall:
    x, y, z = CENTRES_LPS[level]
    not_yet = unmeasurable(level, "area", Why.QUALITY_FAILED)
    return PosteriorWall(
        status=WallStatus.INTACT,
        because="the cortex is seen throughout",
        retropulsion_mm=mm(0.4, 0.7),
        outline="smooth",
        breach_area_mm2=not_yet,
        canal_ap_mm=mm(15.6, 1.0),
        canal_area_mm2=not_yet,
        diameter_compromise=share(0.02, 0.05),
        area_compromise=not_yet,
        wall_lps=np.array([[x, y + 15.0, z + 10.0], [x, y + 14.5, z], [x, y + 15.0, z - 10.0]]),
        retropulsion_line_lps=np.array([[x + 2.0, y + 14.6, z + 6.0], [x + 2.0, y + 15.0, z + 6.0]]),
        canal_ap_line_lps=np.array([[x, y + 14.8, z + 6.0], [x, y + 30.4, z + 6.0]]),
        canal_outline_lps=np.array(
            [[x + dx, y + dy, z + 6.0] for dx, dy in ((-9, 15), (9, 15), (9, 26), (0, 30.4), (-9, 26))]
        ),
    )


def body_heights(level: str) -> BodyHeights:
    flat = np.zeros((2, 2))
    height_map = HeightMap(
        np.array([-1.0, 1.0]), np.array([-1.0, 1.0]), flat + 12, flat - 12, flat.astype(bool), flat.astype(bool)
    )
    return BodyHeights(
        centre=three(HEIGHTS_MM[level]),
        left=three(HEIGHTS_MM[level]),
        right=unmeasurable(level, "right third", Why.ENDPLATE_NOT_FOUND),
        lines_lps=lines_lps(level),
        height_map=height_map,
    )


def measured(level: str, loss: HeightLoss, deformity: Deformity, reference: str) -> VertebraFindings:
    frame = BodyFrame.from_directions(CENTRES_LPS[level], (0, 0, 1), (0, -1, 0))
    return VertebraFindings(
        level=level,
        level_confidence=0.93,
        centre_lps=np.array(CENTRES_LPS[level]),
        touches_border=False,
        treated="",
        frame=frame,
        heights=body_heights(level),
        expected_heights=ExpectedHeights(
            heights=three((26.4, 25.6, 27.0)),
            left=three((26.3, 25.5, 26.9)),
            right=unmeasurable(level, "right third", Why.NO_VALID_REFERENCE),
            reference=reference,
            others=(("scan", three((26.0, 25.0, 27.0))),),
        ),
        height_loss=loss,
        lateral_loss=LateralLoss(share(0.2, 0.05), "left", "anterior"),
        deformity=deformity,
        posterior_wall=wall(level),
        marrow_mean_hu=Estimate(112.0, 4.0, "HU", "chosen by hand"),
        findings={
            "fragmentation": Finding("fragmentation", Presence.ABSENT, "one piece", {"pieces": mm(1.0)}),
            "destruction": Finding("destruction", Presence.NOT_ASSESSABLE, "noise"),
        },
    )


def loss_of(value: float, half_width: float, column: str) -> HeightLoss:
    estimate = share(value, half_width)
    return HeightLoss(estimate, column, {column: estimate})


def wedge_at_l1() -> VertebraFindings:
    deformity = Deformity(
        FractureStatus.PRESENT,
        "the loss lies beyond every intact vertebra",
        2,
        (0.0, 0.02, 0.95, 0.03),
        Shape.WEDGE,
        ("break of the upper endplate",),
    )
    return measured("L1", loss_of(0.31, 0.04, "anterior"), deformity, "neighbours T12, L2")


def intact(level: str, reference: str) -> VertebraFindings:
    deformity = Deformity(FractureStatus.ABSENT, "no loss", 0, (1.0, 0.0, 0.0, 0.0), Shape.NONE)
    return measured(level, loss_of(-0.012, 0.03, "middle"), deformity, reference)


def cut_t11() -> VertebraFindings:
    def cut(quantity: str) -> Unmeasurable:
        return unmeasurable("T11", quantity, Why.TOUCHES_BORDER)

    return VertebraFindings(
        level="T11",
        level_confidence=None,
        centre_lps=np.array(CENTRES_LPS["T11"]),
        touches_border=True,
        treated="",
        frame=cut("frame"),
        heights=cut("heights"),
        expected_heights=cut("expected heights"),
        height_loss=cut("height loss"),
        lateral_loss=cut("lateral loss"),
        deformity=cut("deformity"),
        posterior_wall=cut("posterior wall"),
        marrow_mean_hu=cut("marrow"),
        quality=("a small piece apart was left out",),
    )


def straddling_rule() -> Outcome:
    return Outcome(
        criterion_id="VP-C4",
        kind=RuleKind.CONTRAINDICATION,
        sentence="the body has lost more than one third of its height",
        verdict=Verdict.UNKNOWN,
        because="the interval lies on both sides of one third",
        source="seed text",
        reason=UnknownReason.STRADDLES_THRESHOLD,
        evidence=(Evidence("height loss", 0.31, "fraction", (0.27, 0.35), "measured"),),
        needs=("height_loss",),
    )


def judged_l1() -> tuple[ProcedureAssessment, ...]:
    deficit = Outcome(
        criterion_id="KP-C6",
        kind=RuleKind.CONTRAINDICATION,
        sentence="neurological deficit from the compression",
        verdict=Verdict.MET,
        because="the clinical file states a deficit at L1",
        source="seed text",
        evidence=(Evidence("neurological deficit", "yes", source="clinical file"),),
        urgent="A deficit with a compressed level needs attention now.",
    )
    return (
        ProcedureAssessment(
            "vertebroplasty",
            Conclusion.INDETERMINATE,
            "The height loss is too close to one third to tell.",
            (straddling_rule(),),
            (("patient.bleeding_disorder",), ("levels.L1.pain", "posterior_wall")),
            ("the other reading of one third would not exclude it",),
        ),
        ProcedureAssessment("kyphoplasty", Conclusion.CONTRAINDICATED, "There is a neurological deficit.", (deficit,)),
    )


def nothing_indicated() -> tuple[ProcedureAssessment, ...]:
    return tuple(
        ProcedureAssessment(name, Conclusion.NO_INDICATION, "No fracture is seen.", ())
        for name in ("vertebroplasty", "kyphoplasty")
    )


def findings(description: str = "Spine 1.5") -> StudyFindings:
    series = SeriesRecord(
        role="morphometry",
        modality=Modality.CT,
        study_instance_uid="1.2.3",
        series_instance_uid="1.2.3.4",
        description=description,
        spacing_mm=(0.7, 0.7, 1.5),
        slice_spacing_mm=1.5,
        corrections=("one doubled slice was left out",),
    )
    return StudyFindings(
        series=(series,),
        segmented_by="labels given as a file",
        naming="Names come from the labels.",
        vertebrae=(cut_t11(), intact("T12", "neighbours L2"), wedge_at_l1(), intact("L2", "neighbours T12")),
        notes=("Two slices are noisy.",),
    )


def assessment(study: StudyFindings | None = None) -> Assessment:
    study = study or findings()
    levels = {
        vertebra.level: judged_l1() if vertebra.level == "L1" else nothing_indicated() for vertebra in study.vertebrae
    }
    return Assessment(
        findings=study,
        judged={"seed": levels, "local": {"L1": judged_l1()[:1]}},
        checklist=(ChecklistItem("VP-P2", "Written consent.", "to do"),),
        notes=("Pain was not stated for any level.",),
    )


def nothing_measured() -> Assessment:
    """A study in which the only vertebra found is cut by the edge."""
    study = findings()
    return assessment(StudyFindings(study.series, study.segmented_by, study.naming, (cut_t11(),)))


def empty() -> StudyFindings:
    """A study in which no vertebra was found."""
    study = findings()
    return StudyFindings(study.series, "a segmenter", "", ())


def spine() -> Spine:
    """Boxes of 40 × 30 × 22 mm around the centres, on a lattice of 1 mm."""
    grid = Grid.from_axes((60, 60, 140), (1, 1, 1), (-30, -30, -60))
    vertebrae = []
    for level, centre in CENTRES_LPS.items():
        points = grid.lps_of(np.argwhere(np.ones(grid.shape, dtype=bool))) - np.array(centre)
        body = (np.abs(points) <= np.array([20, DEPTH_MM / 2, 11])).all(axis=1).reshape(grid.shape)
        vertebrae.append(Vertebra(level, None, body, grid))
    return Spine(tuple(vertebrae), grid, "boxes")


def volume() -> Volume:
    """Bone of 400 HU in soft tissue of 40 HU, the bodies of `spine()`."""
    made = spine()
    bone = np.any([vertebra.body for vertebra in made.vertebrae], axis=0)
    return Volume(np.where(bone, 400, 40).astype(np.int16), made.grid, Modality.CT)
