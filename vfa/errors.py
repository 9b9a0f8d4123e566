"""What can go wrong, as a tree.

    VfaError
    ├── UsageError            the command or the call was wrong; exit status 2
    └── InputRefused          the input cannot be taken, with the reason; exit status 3
        ├── NotAnImage        nothing readable as an image is there
        ├── GeometryRefused   the slices do not form one volume with a known geometry
        ├── LabelsRefused     a segmentation cannot be matched to levels or to the image
        ├── ClinicalRefused   the clinical file or a profile is malformed
        └── EditsRefused      a reader's edits do not fit what was found

Messages say what was got, what was expected and what to do. Anything else that is raised is a fault of vfa.
"""

from __future__ import annotations


class VfaError(Exception):
    """The base of every error vfa raises on purpose; catch it to handle them all."""

    exit_status = 1


class UsageError(VfaError):
    """The command or call was wrong: catch it to show usage."""

    exit_status = 2


class InputRefused(VfaError):
    """The input cannot be taken; the message says why and what to do."""

    exit_status = 3


class NotAnImage(InputRefused):
    """Nothing readable as an image was found."""


class GeometryRefused(InputRefused):
    """The slices do not form one volume with a known geometry."""


class LabelsRefused(InputRefused):
    """A segmentation cannot be matched to levels or to the image."""


class ClinicalRefused(InputRefused):
    """The clinical file or a profile is malformed."""


class EditsRefused(InputRefused):
    """A reader's edits do not fit what was found."""
