"""Volume → Spine: segmenters, label files, bodies and their names."""

from vfa.segment.label_schemes import LabelScheme, parse_labels
from vfa.segment.levels import Anchor, name_by_anchor, parse_anchor
from vfa.segment.read_labels import read_segmentation
from vfa.segment.reader_names import name_by_reader, with_provenance
from vfa.segment.segmenter import Segmenter, available_segmenters, find_segmenter
from vfa.segment.write_labels import write_labels

__all__ = [
    "Anchor",
    "LabelScheme",
    "Segmenter",
    "available_segmenters",
    "find_segmenter",
    "name_by_anchor",
    "name_by_reader",
    "parse_anchor",
    "parse_labels",
    "read_segmentation",
    "with_provenance",
    "write_labels",
]
