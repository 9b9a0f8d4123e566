"""Why could a study, a file or a clinical row not be taken, and what can be done about it?"""

from __future__ import annotations

import errno
from dataclasses import dataclass

from vfa.errors import (
    ClinicalRefused,
    GeometryRefused,
    InputRefused,
    LabelsRefused,
    NotAnImage,
    UsageError,
)

ENDED_BY_ITSELF = frozenset({"disk_full"})
"""Reasons that lie outside of study and settings: the next run tries again without being asked."""
WHAT_TO_DO = {
    "unreadable_file": "Export the file again; the other files of its folder were read.",
    "not_an_image": "Nothing to do if the study holds no CT or MR of the spine; else export the original images again.",
    "geometry_refused": "Export all original slices of the series again, unmixed and with their positions.",
    "labels_refused": "Check the label file against the image.",
    "patients_disagree": "Correct the patient's number in the archive, or part the studies, and export it again.",
    "clinical_refused": "Correct the row of the clinical table and run the batch again.",
    "clinical_unmatched": "Check the identifier in the clinical table; no study of the export has it.",
    "input_refused": "Read the reason, correct the input and run the batch again.",
    "wrong_use": "Read the reason, correct the option and run the batch again.",
    "out_of_memory": "Give each worker more memory (--memory-limit) or use fewer workers, then --retry failed.",
    "worker_killed": "Its worker ended three times without an answer, mostly for want of memory: use fewer workers, "
    "then --retry failed.",
    "disk_full": "Free some space and repeat the command: it is then assessed again.",
    "time_limit": "Raise --time-limit and use --retry failed; if it hangs again, report it to the makers of vfa.",
    "fault_of_vfa": "Not the input's fault: report it with the reason; --retry failed after an update.",
}
"""What each reason token advises; the tokens are what other programs read."""

_TOKENS = (
    (NotAnImage, "not_an_image"),
    (GeometryRefused, "geometry_refused"),
    (LabelsRefused, "labels_refused"),
    (ClinicalRefused, "clinical_refused"),
    (InputRefused, "input_refused"),
    (UsageError, "wrong_use"),
    (MemoryError, "out_of_memory"),
    (OSError, "unreadable_file"),
)
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC})
# What C++ libraries raise in place of MemoryError: SimpleITK, and onnxruntime's allocator.
_ALLOCATION_WORDS = ("bad_alloc", "bad allocation", "Failed to allocate memory", "Unable to allocate")


@dataclass(frozen=True)
class Failure:
    """One row of the table of failures.

    Args:
        stage: "scan", "clinical" or "assess".
        reason: a token of `WHAT_TO_DO`.
        why: the sentence.
        where: file or folder within the export, or row of the clinical table.
        study_instance_uid: empty when the file belongs to no study that could be told.
    """

    stage: str
    reason: str
    why: str
    where: str = ""
    study_instance_uid: str = ""

    def __post_init__(self) -> None:
        if self.reason not in WHAT_TO_DO:
            raise ValueError(f"reason: expected one of {', '.join(WHAT_TO_DO)}, got {self.reason!r}")

    @property
    def what_to_do(self) -> str:
        """The advice."""
        return WHAT_TO_DO[self.reason]


def reason_of(error: BaseException) -> str:
    """The token of an error."""
    if is_disk_full(error):
        return "disk_full"
    if any(words in str(error) for words in _ALLOCATION_WORDS):
        return "out_of_memory"
    return next((token for kind, token in _TOKENS if isinstance(error, kind)), "fault_of_vfa")


def sentence_of(error: BaseException) -> str:
    """The error as one sentence; a fault of ours says its kind."""
    text = " ".join(readable(str(error)).split())
    if reason_of(error) == "disk_full":
        return "no space left on the disk to write its results"
    if reason_of(error) in ("fault_of_vfa", "out_of_memory"):
        return f"{type(error).__name__}: {text}" if text else type(error).__name__
    return text


def readable(text: str) -> str:
    """Text with the bytes of file names that are no UTF-8 written out, which every file format takes.

    Older archives name folders in Latin-1; Python holds their letters as lone surrogates.
    """
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def is_disk_full(error: BaseException) -> bool:
    """Whether the disk takes no more."""
    if isinstance(error, OSError) and error.errno in _NO_SPACE:
        return True
    return type(error).__module__ == "sqlite3" and "disk is full" in str(error)
