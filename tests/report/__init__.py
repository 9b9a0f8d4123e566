"""Tests of vfa.report."""
