"""Tests of Volume → Spine."""
