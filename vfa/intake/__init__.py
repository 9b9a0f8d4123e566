"""Files → Volume: finds the series an input holds, judges them, and loads one with its true geometry."""

from vfa.intake.find_series import list_files, list_series, root_of
from vfa.intake.load import best_of, choose_series, load_volume, read_volume
from vfa.intake.load_study import StudyChoice, choose_study, load_study, with_companions
from vfa.intake.series import LeftOut, SeriesCandidate, SeriesList
from vfa.intake.stored_file import FileOpener, StoredFile, walk
from vfa.intake.whose_file import FileOwner, owner_of

__all__ = [
    "FileOpener",
    "FileOwner",
    "LeftOut",
    "SeriesCandidate",
    "SeriesList",
    "StoredFile",
    "StudyChoice",
    "best_of",
    "choose_series",
    "choose_study",
    "list_files",
    "list_series",
    "load_study",
    "load_volume",
    "owner_of",
    "read_volume",
    "root_of",
    "walk",
    "with_companions",
]
