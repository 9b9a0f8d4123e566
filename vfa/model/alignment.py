"""How do the vertebrae stand to each other? Every angle and slip carries the names of its landmarks."""

from __future__ import annotations

from dataclasses import dataclass

from vfa.model.estimate import Estimate

ANGLES = ("vertebral_kyphosis", "local_kyphosis", "segmental_kyphosis", "lordosis", "coronal_wedge")


@dataclass(frozen=True)
class AlignmentMeasure:
    """An angle between two endplates, or a slip between two bodies.

    "Kyphosis" and "Cobb angle" mean different things in different papers, so the landmarks are part of the name.

    Args:
        name: one of `ANGLES`, or "listhesis".
        level: the level it is told about.
        cranial_landmark: "superior endplate of L1".
        caudal_landmark: "inferior endplate of L1".
        estimate: degrees, positive where the spine bends forward (kyphosis) or to the patient's left side is the
            higher one (coronal wedge); mm for a listhesis, positive where the upper body stands forward.
    """

    name: str
    level: str
    cranial_landmark: str
    caudal_landmark: str
    estimate: Estimate
