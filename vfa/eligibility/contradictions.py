"""Do the clinical answers contradict each other? Then one of them is wrong, and only a person can say which."""

from __future__ import annotations

from collections.abc import Iterator

from vfa.eligibility.clinical_keys import PATIENT_NO_COVERS_LEVEL
from vfa.errors import ClinicalRefused
from vfa.model.clinical import Answer, ClinicalContext
from vfa.model.input_words import is_an_answer, key_of

_PATIENT_EXCLUDES = (  # a "no" to the first excludes a "yes" to the second
    ("malignancy", "multiple_myeloma"),
    ("malignancy", "metastasis"),
    ("bleeding_disorder", "coagulopathy"),
    ("systemic_infection", "septicaemia"),
)
_LEVEL_EXCLUDES = (
    ("trauma", "high_energy_trauma"),
    ("tumour", "metastasis"),
    ("tumour", "multiple_myeloma"),
    ("local_infection", "osteomyelitis"),
)
_PATIENT_EXCLUDES_AT_LEVEL = (  # a patient-wide "no" to the first excludes a "yes" to the second at any level
    *((key, key) for key in PATIENT_NO_COVERS_LEVEL),
    *(("malignancy", key) for key in ("multiple_myeloma", "metastasis", "tumour")),
    ("local_infection", "osteomyelitis"),
)
_KEYS = {key for pair in (*_PATIENT_EXCLUDES, *_LEVEL_EXCLUDES, *_PATIENT_EXCLUDES_AT_LEVEL) for key in pair}


def refuse_contradictions(clinical: ClinicalContext) -> None:
    """Raise when two answers cannot both be true.

    Raises:
        ClinicalRefused: naming both answers.
    """
    found = next(contradictions(clinical), None)
    if found:
        first, second = found
        file = clinical.source or "clinical file"
        raise ClinicalRefused(f'{file}: {first} is "no" but {second} is "yes"; one of them must be wrong')


def contradict(clinical: ClinicalContext) -> bool:
    """Whether any two answers cannot both be true."""
    return next(contradictions(clinical), None) is not None


def may_contradict(need: str) -> bool:
    """Whether the answer to this input can contradict another at all."""
    return key_of(need) in _KEYS and is_an_answer(need)


def contradictions(clinical: ClinicalContext) -> Iterator[tuple[str, str]]:
    """Pairs of keys of which the first is answered no, the second yes, and both cannot be."""
    for first, second in _PATIENT_EXCLUDES:
        if (clinical.patient(first), clinical.patient(second)) == (Answer.NO, Answer.YES):
            yield f"patient.{first}", f"patient.{second}"
    for level in sorted(clinical.levels):
        for first, second in _LEVEL_EXCLUDES:
            if (clinical.at_level(level, first), clinical.at_level(level, second)) == (Answer.NO, Answer.YES):
                yield f"levels.{level}.{first}", f"levels.{level}.{second}"
        for first, second in _PATIENT_EXCLUDES_AT_LEVEL:
            if (clinical.patient(first), clinical.at_level(level, second)) == (Answer.NO, Answer.YES):
                yield f"patient.{first}", f"levels.{level}.{second}"
