"""Packages of their own that plug into vfa."""
