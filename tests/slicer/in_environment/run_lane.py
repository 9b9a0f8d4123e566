"""Runs a lane's tests inside its environment: `python -m tests.slicer.in_environment.run_lane FILE…`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
sys.path.insert(0, str(REPOSITORY / "plugins" / "slicer" / "VertebralFractureAssessment"))

if __name__ == "__main__":
    os.environ["VFA_SLICER_LANE"] = "1"
    # Warnings of other people's wheels are not ours to turn into errors here.
    options = ["-q", "-p", "no:cacheprovider", "-o", "filterwarnings=default", "--rootdir", str(REPOSITORY)]
    status = pytest.main([*options, *(str(HERE / one) if one.endswith(".py") else one for one in sys.argv[1:])])
    sys.stdout.flush()
    os._exit(int(status))  # taking MRML apart while Python ends can crash, after everything has been said
