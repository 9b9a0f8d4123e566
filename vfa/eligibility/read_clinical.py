"""What does the clinical file say? Every answer is "yes", "no" or left out, and a mistake is named with its place.

[patient]
age_years = 74
osteoporosis = "yes"
medications = ["warfarin"]
[levels.L1]
pain = "yes"
weeks_since_onset = 3

JSON with the same keys, a CSV that holds one patient, and a FHIR R4 bundle of one patient say the same.
"""

from __future__ import annotations

from pathlib import Path

from vfa.eligibility.clinical_table import clinical_of
from vfa.eligibility.read_clinical_csv import read_only_patient
from vfa.eligibility.read_fhir import is_fhir, read_fhir
from vfa.eligibility.toml_file import read_table
from vfa.model.clinical import ClinicalContext


def read_clinical(path: str | Path) -> ClinicalContext:
    """Read a clinical file: TOML, JSON, CSV or a FHIR bundle (JSON).

    Raises:
        ClinicalRefused: with the place, for a file that is malformed, has an unknown key, an answer that is neither
            "yes" nor "no", a number out of range, or answers that contradict each other.
        UsageError: for a FHIR bundle without the extra `fhir`.
    """
    path = Path(path)
    if path.suffix.lower() == ".csv":
        return read_only_patient(path)
    file = read_table(path, "clinical file")
    if is_fhir(file.table):
        return read_fhir(file)
    return clinical_of(file.table, file, str(path))
