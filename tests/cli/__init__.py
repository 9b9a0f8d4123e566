"""Tests of vfa.cli."""
