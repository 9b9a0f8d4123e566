"""Lanes of honest testing for the 3D Slicer extension; none of them is Slicer itself.

L0 static · L1 real MRML (slicer-core) · L2 stub widgets with a real QProcess · L3 rendering through trame-slicer ·
L4 packaging and installation. What needs an environment of its own runs in it (see `environments.py`).
"""
