"""Brief makers of findings and clinical answers for tests: say what matters, the rest is an unremarkable vertebra."""

from __future__ import annotations

import numpy as np

from vfa.model.clinical import Answer, ClinicalContext
from vfa.model.estimate import Estimate, Unmeasurable, Why
from vfa.model.findings import SeriesRecord, StudyFindings, VertebraFindings
from vfa.model.morphometry import Deformity, FractureStatus, HeightLoss, LateralLoss, Shape, genant_grade
from vfa.model.posterior_wall import Finding, PosteriorWall, Presence, WallStatus
from vfa.model.volume import Modality

EVERYTHING_LOOKED_FOR = (
    "fragmentation",
    "cleft",
    "destruction",
    "foraminal_stenosis",
    "epidural_extension",
    "marrow_oedema",
)


def unmeasured(level: str, quantity: str, why: Why = Why.QUALITY_FAILED) -> Unmeasurable:
    return Unmeasurable(level, quantity, why)


def loss_of(fraction: float, sigma: float = 0.0) -> HeightLoss:
    estimate = Estimate(fraction, sigma, "fraction", "test")
    return HeightLoss(estimate, "anterior", {"anterior": estimate})


def lateral_loss_of(fraction: float, sigma: float = 0.0) -> LateralLoss:
    return LateralLoss(Estimate(fraction, sigma, "fraction", "test"), "left", "anterior")


def deformity_of(fracture: FractureStatus, loss: float = 0.28) -> Deformity:
    grade = genant_grade(loss)
    probabilities = tuple(1.0 if n == grade else 0.0 for n in range(4))
    return Deformity(fracture, f"Fracture {fracture.value}.", grade, probabilities, Shape.WEDGE)  # type: ignore[arg-type]


def wall_of(
    status: WallStatus = WallStatus.INTACT,
    retropulsion_mm: float = 0.0,
    sigma_mm: float = 0.0,
    outline: str | Unmeasurable = "smooth",
) -> PosteriorWall:
    none = unmeasured("", "canal")
    return PosteriorWall(
        status=status,
        because=f"The posterior wall is {status.value}.",
        retropulsion_mm=Estimate(retropulsion_mm, sigma_mm, "mm", "test"),
        outline=outline,
        breach_area_mm2=none,
        canal_ap_mm=none,
        canal_area_mm2=none,
        diameter_compromise=none,
        area_compromise=none,
    )


def found(**presences: str) -> dict[str, Finding]:
    """`found(fragmentation="present")`."""
    return {
        name: Finding(name, Presence(presence), f"{name.replace('_', ' ').capitalize()} {presence}.")
        for name, presence in presences.items()
    }


def nothing_found(**presences: str) -> dict[str, Finding]:
    """Everything was looked for and is absent, apart from what is named."""
    return found(**{**dict.fromkeys(EVERYTHING_LOOKED_FOR, "absent"), **presences})


def vertebra(
    level: str = "L1",
    fracture: FractureStatus | Unmeasurable = FractureStatus.PRESENT,
    loss: HeightLoss | Unmeasurable | float | None = 0.28,
    *,
    lateral: LateralLoss | Unmeasurable | None = None,
    wall: PosteriorWall | Unmeasurable | None = None,
    findings: dict[str, Finding] | None = None,
    treated: str = "",
    touches_border: bool = False,
    level_confidence: float | None = 0.95,
) -> VertebraFindings:
    """A vertebra; what is left out is not measured, apart from a certain loss of 28 % and a fracture."""
    nothing = unmeasured(level, "not of interest here")
    measured = loss_of(loss) if isinstance(loss, float) else loss
    return VertebraFindings(
        level=level,
        level_confidence=level_confidence,
        centre_lps=np.zeros(3),
        touches_border=touches_border,
        treated=treated,
        frame=nothing,
        heights=nothing,
        expected_heights=nothing,
        height_loss=measured or unmeasured(level, "height loss"),
        lateral_loss=lateral or unmeasured(level, "lateral loss"),
        deformity=fracture if isinstance(fracture, Unmeasurable) else deformity_of(fracture),
        posterior_wall=wall or unmeasured(level, "posterior wall"),
        marrow_mean_hu=nothing,
        findings=findings or {},
    )


def clear_vertebra(level: str = "L1", loss: HeightLoss | Unmeasurable | float = 0.28) -> VertebraFindings:
    """A fracture on which everything was measured and nothing beside it found."""
    return vertebra(level, loss=loss, wall=wall_of(), findings=nothing_found())


def intact_vertebra(level: str = "L2") -> VertebraFindings:
    return vertebra(level, FractureStatus.ABSENT, 0.02, wall=wall_of(), findings=nothing_found())


def series(modality: Modality | None = Modality.CT, slice_mm: float = 1.0, role: str = "morphometry") -> SeriesRecord:
    return SeriesRecord(role, modality, "1.2.3", "1.2.3.4", "test", (0.7, 0.7, slice_mm), slice_mm)


def study(*vertebrae: VertebraFindings, seen_on: tuple[SeriesRecord, ...] = (series(),)) -> StudyFindings:
    return StudyFindings(seen_on, "test", "test", tuple(vertebrae))


def answers(**given: str) -> dict[str, Answer]:
    return {key: Answer(value) for key, value in given.items()}


def clinical(
    patient: dict[str, str] | None = None,
    level: dict[str, str] | None = None,
    name: str = "L1",
    **numbers: float,
) -> ClinicalContext:
    """Answers for the patient and for one level; `intent` is given among the level's answers, numbers by name."""
    at_level = dict(level or {})
    words = {"intent": at_level.pop("intent")} if "intent" in at_level else {}
    weeks = {"weeks_since_onset": numbers.pop("weeks_since_onset")} if "weeks_since_onset" in numbers else {}
    return ClinicalContext(
        patient_answers=answers(**(patient or {})),
        patient_numbers=numbers,
        level_answers={name: answers(**at_level)} if at_level else {},
        level_numbers={name: weeks} if weeks else {},
        level_words={name: words} if words else {},
        source="clinical.toml",
    )


ALL_CLEAR_PATIENT = {
    "osteoporosis": "yes",
    **dict.fromkeys(
        (
            "bleeding_disorder",
            "coagulopathy",
            "systemic_infection",
            "local_infection",
            "allergy_pmma",
            "allergy_opacifier",
            "malignancy",
            "multiple_myeloma",
            "metastasis",
        ),
        "no",
    ),
}
ALL_CLEAR_LEVEL = {
    "pain": "yes",
    "intent": "treatment",
    **dict.fromkeys(("neurological_deficit", "radicular_pain", "myelopathy", "trauma"), "no"),
}


def all_answered(
    patient: dict[str, str] | None = None, level: dict[str, str] | None = None, name: str = "L1", **numbers: float
) -> ClinicalContext:
    """An osteoporotic painful fracture with nothing else stated against it, apart from what is named.

    A value of "not stated" takes the answer away.
    """
    at_patient = {**ALL_CLEAR_PATIENT, **(patient or {})}
    at_level = {**ALL_CLEAR_LEVEL, **(level or {})}
    return clinical(
        {key: value for key, value in at_patient.items() if value != "not stated"},
        {key: value for key, value in at_level.items() if value != "not stated"},
        name,
        **numbers,
    )
