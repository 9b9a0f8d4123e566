"""Files → Volume: finds the series an input holds, judges them, and loads one with its true geometry."""

from vfa.intake.find_series import list_series
from vfa.intake.load import best_of, choose_series, load_volume, read_volume
from vfa.intake.series import LeftOut, SeriesCandidate, SeriesList

__all__ = [
    "LeftOut",
    "SeriesCandidate",
    "SeriesList",
    "best_of",
    "choose_series",
    "list_series",
    "load_volume",
    "read_volume",
]
