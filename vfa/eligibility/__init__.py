"""Findings and clinical answers in, an assessment out: explicit rules with a source, answered yes, no or open."""

from vfa.eligibility.catalogue import CatalogueEntry, catalogue
from vfa.eligibility.profile import Profile
from vfa.eligibility.read_clinical import read_clinical
from vfa.eligibility.read_profile import load_profile, shipped_profiles
from vfa.eligibility.runner import judge

__all__ = ["CatalogueEntry", "Profile", "catalogue", "judge", "load_profile", "read_clinical", "shipped_profiles"]
