"""Volume → Spine: label files, segmenters, bodies and their names."""
