"""Which study and patient is behind a pseudonym? A table that stays with the key and never leaves."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from vfa.batch.scan import StudyFiles
from vfa.batch.work import StudyWork
from vfa.errors import UsageError
from vfa.report.files import write_files

SUFFIX = ".links.csv"
COLUMNS = ("study_pseudonym", "patient_pseudonym", "study_instance_uid", "patient_id", "place")


def write_links(key_file: Path, works: Sequence[StudyWork], studies: Mapping[str, StudyFiles]) -> Path:
    """Write KEYFILE.links.csv beside the key.

    Raises:
        UsageError: when it cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for work in works:
        study = studies[work.source_id]
        writer.writerow((work.study_id, work.patient, study.study_id, study.patient_id, study.place))
    name = key_file.name + SUFFIX
    try:
        (path,) = write_files(key_file.resolve().parent, {name: text.getvalue().encode()})
        path.chmod(0o600)
    except OSError as error:
        raise UsageError(f"--deidentify {key_file}: {name} cannot be written beside it ({error})") from error
    return path
