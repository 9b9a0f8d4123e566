"""Findings and clinical answers in, an assessment out: explicit rules with a source, answered yes, no or open."""

from vfa.eligibility.catalogue import CatalogueEntry, catalogue
from vfa.eligibility.profile import Profile
from vfa.eligibility.read_clinical import read_clinical
from vfa.eligibility.read_clinical_csv import PatientAnswers, read_clinical_cohort
from vfa.eligibility.read_profile import load_profile, shipped_profiles
from vfa.eligibility.runner import judge

__all__ = [
    "CatalogueEntry",
    "PatientAnswers",
    "Profile",
    "catalogue",
    "judge",
    "load_profile",
    "read_clinical",
    "read_clinical_cohort",
    "shipped_profiles",
]
