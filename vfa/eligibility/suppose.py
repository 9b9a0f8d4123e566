"""What could an unknown input turn out to be? For each, the cases that its possible values would make.

Used to compute which inputs could change a conclusion, and for what-ifs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from vfa.eligibility.case import Case
from vfa.eligibility.clinical_keys import LEVEL_ANSWERS, LEVEL_NUMBERS, LEVEL_WORDS, PATIENT_ANSWERS, PATIENT_NUMBERS
from vfa.model.clinical import Answer, ClinicalContext
from vfa.model.estimate import Estimate, Unmeasurable, Why
from vfa.model.morphometry import HeightLoss, LateralLoss
from vfa.model.posterior_wall import Finding, PosteriorWall, Presence, WallStatus
from vfa.model.volume import Modality

_V = TypeVar("_V")
_THIN_SLICE_MM = 1.0
_CT_FINDINGS = ("fragmentation", "destruction", "foraminal_stenosis", "cleft")
_MR_FINDINGS = ("epidural_extension", "marrow_oedema", "cleft")
_SUPPOSED = "supposed"


def suppositions(case: Case, need: str) -> tuple[Case, ...]:
    """The cases in which the input is known, one for each value that could matter.

    Raises:
        ValueError: for an input nobody can suppose anything about.
    """
    measured = _MEASURED.get(need)
    if measured:
        return measured(case)
    scope, _, key = need.partition(".")
    if scope == "levels":
        key = key.partition(".")[2]
    values = _possible(scope, key)
    if not values:
        raise ValueError(f"unknown input {need!r}")
    return tuple(case.told(answered(case.clinical, need, value)) for value in values)


def answered(clinical: ClinicalContext, need: str, value: Answer | float | str) -> ClinicalContext:
    """The clinical answers with one more: "patient.pain" or "levels.L1.pain"."""
    scope, _, rest = need.partition(".")
    if scope == "patient":
        if isinstance(value, Answer):
            return replace(clinical, patient_answers={**clinical.patient_answers, rest: value})
        return replace(clinical, patient_numbers={**clinical.patient_numbers, rest: float(value)})
    level, _, key = rest.partition(".")
    if isinstance(value, Answer):
        return replace(clinical, level_answers=_with(clinical.level_answers, level, key, value))
    if isinstance(value, str):
        return replace(clinical, level_words=_with(clinical.level_words, level, key, value))
    return replace(clinical, level_numbers=_with(clinical.level_numbers, level, key, value))


def _with(by_level: dict[str, dict[str, _V]], level: str, key: str, value: _V) -> dict[str, dict[str, _V]]:
    return {**by_level, level: {**by_level.get(level, {}), key: value}}


def _possible(scope: str, key: str) -> tuple[Answer | float | str, ...]:
    answers, numbers = (PATIENT_ANSWERS, PATIENT_NUMBERS) if scope == "patient" else (LEVEL_ANSWERS, LEVEL_NUMBERS)
    if key in answers:
        return (Answer.YES, Answer.NO)
    if key in numbers:
        return (numbers[key].lowest, numbers[key].highest)
    return LEVEL_WORDS.get(key, ()) if scope == "levels" else ()


def _losses(case: Case) -> tuple[Case, ...]:
    """No loss, half and nearly all of the height, measured beyond doubt and alike across the body."""
    here, level = case.vertebra, case.level
    none = Unmeasurable(level, "lateral loss", Why.NO_IMAGE)
    exact = (Estimate(value, 0.0, "fraction", _SUPPOSED) for value in (0.0, 0.5, 0.99))
    return tuple(
        replace(
            case,
            vertebra=replace(
                here,
                treated="",
                touches_border=False,
                height_loss=HeightLoss(loss, "anterior", {"anterior": loss}),
                lateral_loss=none,
            ),
        )
        for loss in exact
    )


def _lateral_losses(case: Case) -> tuple[Case, ...]:
    none = LateralLoss(Estimate(0.0, 0.0, "fraction", _SUPPOSED), "left", "anterior")
    return (replace(case, vertebra=replace(case.vertebra, lateral_loss=none)),)


def _walls(case: Case) -> tuple[Case, ...]:
    return tuple(
        replace(case, vertebra=replace(case.vertebra, posterior_wall=_wall(case.level, status, retropulsion_mm)))
        for status, retropulsion_mm in ((WallStatus.INTACT, 0.0), (WallStatus.BREACHED, 10.0))
    )


def _wall(level: str, status: WallStatus, retropulsion_mm: float) -> PosteriorWall:
    unasked = Unmeasurable(level, _SUPPOSED, Why.NO_IMAGE)
    back = Estimate(retropulsion_mm, 0.0, "mm", _SUPPOSED)
    return PosteriorWall(status, "Supposed.", back, unasked, unasked, unasked, unasked, unasked, unasked)


def _finding(name: str) -> Callable[[Case], tuple[Case, ...]]:
    return lambda case: tuple(_with_findings(case, (name,), presence) for presence in _BOTH)


def _with_findings(case: Case, names: tuple[str, ...], presence: Presence) -> Case:
    found = {name: Finding(name, presence, "Supposed.") for name in names}
    return replace(case, vertebra=replace(case.vertebra, findings={**case.vertebra.findings, **found}))


def _on_ct(case: Case) -> tuple[Case, ...]:
    images = replace(
        case.images,
        modalities=case.images.modalities | {Modality.CT},
        measured_on=Modality.CT,
        slice_spacing_mm=_THIN_SLICE_MM,
    )
    whole, broken = _walls(replace(case, images=images))
    return (
        _with_findings(whole, _CT_FINDINGS, Presence.ABSENT),
        _with_findings(broken, _CT_FINDINGS, Presence.PRESENT),
    )


def _on_mr(case: Case) -> tuple[Case, ...]:
    images = replace(case.images, modalities=case.images.modalities | {Modality.STIR})
    seen = replace(case, images=images)
    return tuple(_with_findings(seen, _MR_FINDINGS, presence) for presence in _BOTH)


_BOTH = (Presence.PRESENT, Presence.ABSENT)
_MEASURED: dict[str, Callable[[Case], tuple[Case, ...]]] = {
    "height_loss": _losses,
    "lateral_loss": _lateral_losses,
    "posterior_wall": _walls,
    "image.CT": _on_ct,
    "image.MR": _on_mr,
    **{name: _finding(name) for name in sorted({*_CT_FINDINGS, *_MR_FINDINGS, "haemangioma"})},
}
