"""Which codes of a FHIR bundle stand for which key of the clinical file? The table that docs/fhir.md is made from.

A code is here when it says exactly what the key says, or part of what the key means by "any". ICD-10 codes cover what
begins with them; SNOMED CT and LOINC codes stand for themselves alone, not for their descendants.
"""

from __future__ import annotations

from dataclasses import dataclass

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
ICD10 = "ICD-10"  # WHO's and the national modifications, whose systems differ by name only
ICD10_SYSTEMS = ("http://hl7.org/fhir/sid/icd-10", "http://fhir.de/CodeSystem/bfarm/icd-10-gm")


@dataclass(frozen=True)
class ConditionCode:
    """A diagnosis: its system and codes, the keys it answers with "yes", and whether a refuted one is their "no"."""

    system: str
    codes: tuple[str, ...]
    keys: tuple[str, ...]
    meaning: str
    refuted: str = "not stated"  # or "no", where the code says all that the key says


@dataclass(frozen=True)
class ObservationCode:
    """A measured number: its LOINC codes, the key it fills, and the factor of each unit it may come in (UCUM)."""

    codes: tuple[str, ...]
    key: str
    factor_of_unit: dict[str, float]
    meaning: str


_MALIGNANT = tuple(f"C{number:02d}" for number in range(98))
_BLEEDING = ("D65", "D66", "D67", "D68.0", "D68.1", "D68.2", "D68.3", "D68.4", "D68.8", "D68.9")

CONDITIONS: tuple[ConditionCode, ...] = (
    ConditionCode(ICD10, ("M80", "M81", "M82"), ("osteoporosis",), "osteoporosis"),
    ConditionCode(SNOMED, ("64859006",), ("osteoporosis",), "osteoporosis", refuted="no"),
    ConditionCode(ICD10, ("C90.0",), ("multiple_myeloma", "malignancy"), "multiple myeloma"),
    ConditionCode(SNOMED, ("109989006",), ("multiple_myeloma", "malignancy"), "multiple myeloma"),
    ConditionCode(ICD10, _MALIGNANT, ("malignancy",), "malignant neoplasms"),
    ConditionCode(SNOMED, ("363346000",), ("malignancy",), "malignant neoplastic disease", refuted="no"),
    ConditionCode(SNOMED, ("94222008",), ("malignancy",), "secondary malignant neoplasm of bone"),
    ConditionCode(ICD10, _BLEEDING, ("bleeding_disorder",), "coagulation defects, thrombophilia left out"),
    ConditionCode(ICD10, ("D69",), ("bleeding_disorder",), "purpura and other haemorrhagic conditions"),
    ConditionCode(SNOMED, ("64779008",), ("bleeding_disorder",), "blood coagulation disorder"),
    ConditionCode(ICD10, ("A40", "A41"), ("septicaemia", "systemic_infection"), "sepsis"),
    ConditionCode(SNOMED, ("91302008",), ("septicaemia", "systemic_infection"), "sepsis"),
)

_RATIO = {"": 1.0, "1": 1.0, "{INR}": 1.0, "{ratio}": 1.0}
_SCORE = {"": 1.0, "1": 1.0, "{score}": 1.0}
OBSERVATIONS: tuple[ObservationCode, ...] = (
    ObservationCode(("6301-6", "34714-6"), "inr", _RATIO, "INR in plasma or blood"),
    ObservationCode(
        ("777-3", "26515-7"),
        "platelets_10e9_per_l",
        {"10*9/L": 1.0, "10*3/uL": 1.0, "10*3/mm3": 1.0, "/uL": 1e-3},
        "platelets in blood",
    ),
    ObservationCode(("1988-5",), "crp_mg_per_l", {"mg/L": 1.0, "mg/dL": 10.0}, "C-reactive protein"),
    ObservationCode(("72514-3",), "pain_score_0_10", _SCORE, "pain severity, numeric rating from 0 to 10"),
)

NO_KNOWN_ALLERGY = "716186003"  # SNOMED CT: no known allergy
# Allergies are coded in too many ways to list, so the name decides.
ALLERGIES: dict[str, tuple[str, ...]] = {
    "allergy_pmma": ("pmma", "polymethylmethacrylate", "polymethyl methacrylate", "methyl methacrylate", "bone cement"),
    "allergy_opacifier": (
        *("opacifier", "barium sulfate", "barium sulphate", "zirconium dioxide", "contrast", "iodinated"),
        *("iohexol", "iopamidol", "iodixanol", "iopromide", "ioversol"),
    ),
}
MEDICATION_TAKEN = ("active", "intended")  # status of a MedicationStatement
OBSERVATION_DONE = ("final", "amended", "corrected")
STILL_PRESENT = ("active", "recurrence", "relapse", "")
CONFIRMED = ("confirmed", "")


def condition_codes(system: str, code: str) -> tuple[ConditionCode, ...]:
    """What a diagnosis code stands for; the most specific first, none when it is not mapped."""
    known = ICD10 if system.startswith(ICD10_SYSTEMS) else system
    found = [entry for entry in CONDITIONS if entry.system == known and _covers(entry, known, code)]
    return tuple(sorted(found, key=lambda entry: -max(len(one) for one in entry.codes)))


def _covers(entry: ConditionCode, system: str, code: str) -> bool:
    if system != ICD10:
        return code in entry.codes
    dotted = code if "." in code or len(code) < 4 else f"{code[:3]}.{code[3:]}"
    return dotted.startswith(entry.codes)


def observation_code(code: str) -> ObservationCode | None:
    """What a LOINC code stands for."""
    return next((entry for entry in OBSERVATIONS if code in entry.codes), None)
