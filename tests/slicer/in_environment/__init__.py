"""Tests that run inside one of the Slicer environments; `tests/slicer/test_lanes.py` starts them there."""
