"""The extension's own modules are found as Slicer finds them: flat, from the module's folder."""

from __future__ import annotations

import sys
from pathlib import Path

MODULE = Path(__file__).resolve().parents[2] / "plugins" / "slicer" / "VertebralFractureAssessment"
sys.path.insert(0, str(MODULE))
