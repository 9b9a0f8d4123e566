"""Whom did the VERTOS II trial leave out?"""

from __future__ import annotations

from vfa.eligibility.case import Case
from vfa.eligibility.coverage_contraindications import CoverageInfection
from vfa.eligibility.criterion import AUGMENTATION, TUMOUR
from vfa.eligibility.facts import attributed, of_patient, tumour_at_level
from vfa.eligibility.guideline_rule import Absolute
from vfa.eligibility.guideline_sources import VERTOS
from vfa.eligibility.kyphoplasty_contraindications import UnmanageableCoagulopathy
from vfa.eligibility.sir_cirse_contraindications import MyelopathyRelative, RadiculopathyRelative
from vfa.eligibility.truth import Truth


class TrialCardiopulmonary(Absolute):
    """VERTOS-C1."""

    id = "VERTOS-C1"
    sentence = "Severe heart or lung disease is present."
    source = VERTOS
    decided_by = "clinical file"
    requires = ("patient.cardiopulmonary_disease",)

    def answer(self, case: Case) -> Truth:
        """MET when stated."""
        return of_patient(case, "cardiopulmonary_disease")


class TrialCoagulopathy(UnmanageableCoagulopathy):
    """VERTOS-C2, the same as KP-C2."""

    id = "VERTOS-C2"
    procedure = AUGMENTATION
    source = VERTOS


class TrialInfection(CoverageInfection):
    """VERTOS-C3, the same as LCD-C1."""

    id = "VERTOS-C3"
    sentence = "A systemic or local infection is present."
    source = VERTOS


class TrialTumour(Absolute):
    """VERTOS-C4; the trial left out suspected malignancy, which here is a tumour not ruled out at this level."""

    id = "VERTOS-C4"
    sentence = "A tumour in the vertebra is known."
    source = VERTOS
    decided_by = "clinical file: tumour at this level; suspicion alone leaves it open"
    requires = TUMOUR

    def answer(self, case: Case) -> Truth:
        """MET for a tumour at this level."""
        return tumour_at_level(case)


class TrialRadicular(Absolute):
    """VERTOS-C5."""

    id = "VERTOS-C5"
    sentence = "A radicular syndrome is present."
    source = VERTOS
    decided_by = "clinical file, attributed to this level"
    requires = RadiculopathyRelative.requires

    def answer(self, case: Case) -> Truth:
        """MET for radicular pain at this level."""
        return attributed(case, "radicular_pain")


class TrialCordCompression(Absolute):
    """VERTOS-C6."""

    id = "VERTOS-C6"
    sentence = "The spinal cord is compressed."
    source = VERTOS
    decided_by = "clinical file: myelopathy attributed to this level"
    requires = MyelopathyRelative.requires

    def answer(self, case: Case) -> Truth:
        """MET for myelopathy at this level."""
        return attributed(case, "myelopathy")
