"""How does a result reach a PACS over the web? STOW-RS (PS3.18 10.5).

User and password come from the user's .netrc file, never from the command line, where everyone on the machine sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pydicom
from dicomweb_client.api import DICOMwebClient
from requests import RequestException

from vfa.errors import InputRefused, UsageError


def is_web_address(text: str) -> bool:
    """Whether it is the address of a DICOMweb service."""
    return text.startswith(("http://", "https://"))


def store_on_the_web(files: Sequence[Path], address: str) -> None:
    """Store the files.

    Args:
        files: DICOM files.
        address: the service's root, "https://pacs/dicom-web".

    Raises:
        UsageError: if nobody answers there, or it does not let us in.
        InputRefused: if it did not store every object.
    """
    datasets = [pydicom.dcmread(path) for path in files]
    try:
        answer = DICOMwebClient(address.rstrip("/")).store_instances(datasets)
    except RequestException as error:
        raise UsageError(f"--to {address}: expected a DICOMweb service that takes objects ({error})") from error
    # Some servers answer a full success with an empty sequence of failures.
    failed = {str(item.ReferencedSOPInstanceUID) for item in answer.get("FailedSOPSequence") or []}
    stored = {str(item.ReferencedSOPInstanceUID) for item in answer.get("ReferencedSOPSequence") or []}
    named = [
        path.name
        for path, dataset in zip(files, datasets, strict=True)
        if str(dataset.SOPInstanceUID) in failed or str(dataset.SOPInstanceUID) not in stored
    ]
    if named:
        raise InputRefused(f"{address} did not store {', '.join(named)}; the others are stored, sending again is safe")
