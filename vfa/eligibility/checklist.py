"""Is the patient prepared? The seed's preparation checklist, apart from eligibility: it never changes a conclusion.

Source: the seed text, "What preparations are required before vertebroplasty?".
"""

from __future__ import annotations

from collections.abc import Sequence

from vfa.eligibility.medicines import sort_medicines
from vfa.model.assessment import ChecklistItem
from vfa.model.clinical import Answer, ClinicalContext

TO_DO, APPLIES, DOES_NOT_APPLY, NOT_STATED = "to do", "applies", "does not apply", "not stated"

ITEMS = {
    "VP-P1": "The physician explains the method in detail when asked.",
    "VP-P2": "Written consent is given, as the law requires.",
    "VP-P3": "Other medical conditions are told to the physician.",
    "VP-P4": "All medicines are told to the physician.",
    "VP-P5": "Allergies are told to the physician, those to medicines included.",
    "VP-P6": "Supplements that may cause bleeding (vitamin E, glucosamine, garlic, ginseng) are told.",
    "VP-P7": "Whether to stop anticoagulants other than aspirin is settled with the physician.",
    "VP-P8": "Earlier MRI, CT and laboratory results are brought along.",
    "VP-P9": "Comfortable clothes; watch, rings and other jewellery stay at home.",
    "VP-P10": "No food or water for at least 4 hours before the procedure.",
    "VP-P11": "Medicines for other systemic diseases may be taken with a little water.",
    "VP-P12": "A companion comes along, since sedated patients do not go home alone.",
    "VP-P13": "No driving: the local anaesthetic may weaken or numb the legs for a time.",
}


def checklist(clinical: ClinicalContext) -> tuple[ChecklistItem, ...]:
    """Every item with its state, as far as the clinical file tells."""
    told = {"VP-P4": _medicines, "VP-P5": _allergies, "VP-P6": _supplements, "VP-P7": _anticoagulants}
    items = []
    for key, sentence in ITEMS.items():
        status, because = told[key](clinical) if key in told else (TO_DO, "")
        items.append(ChecklistItem(key, sentence, status, because))
    return tuple(items)


def _medicines(clinical: ClinicalContext) -> tuple[str, str]:
    if clinical.medications is None:
        return NOT_STATED, "No medicines are stated, neither any nor none."
    return APPLIES, f"Stated: {_listed(clinical.medications)}."


def _allergies(clinical: ClinicalContext) -> tuple[str, str]:
    named = {"allergy_pmma": "cement (PMMA)", "allergy_opacifier": "opacifier"}
    present = [words for key, words in named.items() if clinical.patient(key) is Answer.YES]
    if present:
        return APPLIES, (
            f"Allergy to {' and '.join(present)} is stated: a contraindication to kyphoplasty, and a warning for "
            "vertebroplasty, which injects it too."
        )
    if any(clinical.patient(key) is Answer.NOT_STATED for key in named):
        return NOT_STATED, "Not every allergy to cement and opacifier is stated."
    return TO_DO, "No allergy to cement or opacifier; ask about others."


def _supplements(clinical: ClinicalContext) -> tuple[str, str]:
    if clinical.medications is None:
        return NOT_STATED, "No medicines or supplements are stated, neither any nor none."
    kinds = sort_medicines(clinical.medications)
    if kinds.herbal:
        return APPLIES, f"May cause bleeding: {_listed(kinds.herbal)}."
    return _unless_unrecognised(kinds.not_recognised, "None of the four supplements is stated.")


def _anticoagulants(clinical: ClinicalContext) -> tuple[str, str]:
    if clinical.medications is None:
        return NOT_STATED, "No medicines are stated, neither any nor none."
    kinds = sort_medicines(clinical.medications)
    if kinds.anticoagulants:
        return APPLIES, f"Consultation needed before stopping: {_listed(kinds.anticoagulants)}."
    if kinds.antiplatelets:
        return TO_DO, f"An antiplatelet is no anticoagulant and not aspirin; ask: {_listed(kinds.antiplatelets)}."
    said = "Aspirin is left out of this item by the seed." if kinds.aspirin else "No anticoagulant is stated."
    return _unless_unrecognised(kinds.not_recognised, said)


def _unless_unrecognised(names: Sequence[str], otherwise: str) -> tuple[str, str]:
    if names:
        return TO_DO, f"Not recognised, so ask whether it affects bleeding: {_listed(names)}."
    return DOES_NOT_APPLY, otherwise


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "none"
