"""Where is a place of vfa's in Slicer? vfa and DICOM say LPS, Slicer's scene says RAS; the only door is here."""

from __future__ import annotations

from collections.abc import Iterable

from VertebralFractureAssessmentLib.Parameters import Point


def ras_of_lps(point: Iterable[float]) -> Point:
    """A point or direction of LPS in RAS."""
    left, posterior, superior = point
    return (-left, -posterior, superior)


lps_of_ras = ras_of_lps  # its own inverse
