"""What is done with one study? Choose its series, assess it, write its files; whatever happens comes back as a value.

This runs in a worker process. It writes into the study's own folder and nowhere else; the record comes last, so that
where a record lies, everything else of the same run lies too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vfa.batch.failure import Failure, reason_of, sentence_of
from vfa.batch.pseudonyms import Pseudonyms, Scrubber, names_of_files
from vfa.batch.rows import Row, study_row, vertebra_rows
from vfa.intake import FileOpener, SeriesList, StoredFile, choose_study, list_files
from vfa.model.volume import Modality
from vfa.pipeline import AssessmentRequest, AssessmentResult, run
from vfa.report.contract import AssessmentFile
from vfa.report.document import to_document
from vfa.report.files import write_files
from vfa.report.result_files import DICOM_FORMATS, result_files

RECORD = "cohort_rows.json"
IDENTIFYING = {"pdf", *DICOM_FORMATS}  # these repeat the headers of the images
TELLING_DESCRIPTION = 8  # characters; shorter descriptions are words such as CT or T2 that any sentence may hold


@dataclass(frozen=True)
class Method:
    """How every study of a batch is assessed; a change of any of it means that studies are done again.

    Args:
        profiles: names or absolute paths of rule profiles, the leading one first.
        segmenter: name of an installed segmenter.
        modality: the kind of image, for files that do not say.
        formats: files to write, as `parse_formats` gives them.
        pseudonyms: what replaces identifiers; None to keep them.
    """

    profiles: tuple[str, ...] = ("seed",)
    segmenter: str = "built-in"
    modality: Modality | None = None
    formats: tuple[str, ...] = ("json", "html")
    pseudonyms: Pseudonyms | None = None


@dataclass(frozen=True)
class Stamp:
    """What a result was made from: hashes of the input and the method, and vfa's version."""

    fingerprint: str
    method: str
    version: str


@dataclass(frozen=True)
class StudyWork:
    """One unit of work.

    Args:
        study_id: the study's folder and key; a pseudonym when de-identified.
        source_id: the same as the files state it.
        patient: the patient's number, or its pseudonym.
        files: the study's files.
        place: where it lies within the export, for messages.
        export: the export's folder.
        folder: where the result goes.
        clinical: the study's clinical file; None when nothing is stated.
        method: how it is assessed.
        stamp: what the result is made from.
    """

    study_id: str
    source_id: str
    patient: str
    files: tuple[StoredFile, ...]
    place: str
    export: Path
    folder: Path
    clinical: Path | None
    method: Method
    stamp: Stamp


@dataclass(frozen=True)
class StudyDone:
    """The rows of a study whose files are written."""

    study: Row
    vertebrae: list[Row]


def assess_study(work: StudyWork) -> StudyDone | Failure:
    """Assess one study; never raises an Exception."""
    scrubber = Scrubber(_replacements(work))
    try:
        return _assess(work, scrubber)
    except Exception as error:
        why = scrubber.text(sentence_of(error))
        return Failure("assess", reason_of(error), why, scrubber.text(work.place), work.study_id)


def _assess(work: StudyWork, scrubber: Scrubber) -> StudyDone:
    method = work.method
    with FileOpener() as opener:
        series = list_files(work.files, opener)
    request = AssessmentRequest(
        input=choose_study(series, Path(work.place), modality=method.modality),
        clinical=work.clinical,
        profiles=method.profiles,
        segmenter=method.segmenter,
        modality=method.modality,
    )
    result = run(request)
    document = to_document(result.assessment)
    if method.pseudonyms is not None:
        document = _without_identifiers(document, series, method.pseudonyms, scrubber)
    done = StudyDone(
        study_row(work.study_id, work.patient, document),
        vertebra_rows(work.study_id, document, result.assessment.findings),
    )
    _write(work, result, document, done)
    return done


def _write(work: StudyWork, result: AssessmentResult, document: AssessmentFile, done: StudyDone) -> None:
    contents = _contents(work.method, result, document)
    _remove_earlier(work.folder)
    record = {
        "stamp": vars(work.stamp),
        "files": list(contents),
        "study": done.study,
        "vertebrae": done.vertebrae,
    }
    text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_files(work.folder, {**contents, RECORD: text.encode()})


def _contents(method: Method, result: AssessmentResult, document: AssessmentFile) -> dict[str, bytes]:
    """The files, made from headers without identifiers where these shall not leave."""
    with TemporaryDirectory(prefix="vfa-headers-") as folder:
        volume = result.volume
        spine = replace(result.spine, segmented_by=document.segmentation.produced_by)
        if method.pseudonyms is not None and volume is not None and IDENTIFYING & set(method.formats):
            from vfa.report.deidentified import deidentified

            volume = deidentified(volume, method.pseudonyms, Path(folder))
        return result_files(document, result.assessment.findings, (volume, spine), method.formats)


def _remove_earlier(folder: Path) -> None:
    """Take away what an earlier run with other inputs or another method has written, its record first."""
    record = _record(folder)
    (folder / RECORD).unlink(missing_ok=True)
    for name in record.get("files", ()):
        (folder / Path(name)).unlink(missing_ok=True)


def _record(folder: Path) -> dict[str, Any]:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # missing, or not ours: then nothing was finished here
    return record if isinstance(record, dict) else {}


def finished(folder: Path, stamp: Stamp) -> StudyDone | None:
    """What lies finished in a study's folder from exactly this input, method and version; None otherwise."""
    record = _record(folder)
    if record.get("stamp") != vars(stamp) or not all((folder / name).is_file() for name in record["files"]):
        return None
    return StudyDone(record["study"], record["vertebrae"])


def _replacements(work: StudyWork) -> dict[str, str]:
    """What may stand in no sentence: the way to the export always, file names and identifiers when de-identified."""
    names = work.method.pseudonyms
    if names is None:
        return {f"{work.export}/": "", str(work.export): "the export"}
    return {
        **names_of_files((_full_path(file) for file in work.files), names),
        str(work.export / work.place): names.name("folder", work.place),
        work.place: names.name("folder", work.place),
        str(work.export): "the export",
        work.source_id: work.study_id,
        **({str(work.clinical): "the clinical table"} if work.clinical else {}),
    }


def _full_path(file: StoredFile) -> Path:
    return Path(f"{file.path}!{file.member}") if file.member else file.path


def _without_identifiers(
    document: AssessmentFile, series: SeriesList, names: Pseudonyms, scrubber: Scrubber
) -> AssessmentFile:
    """The document with pseudonyms for UIDs, no descriptions, and every sentence scrubbed."""
    own = {
        **{one.series_instance_uid: names.uid(one.series_instance_uid) for one in series.candidates},
        **{f"“{one.description}”": "“…”" for one in series.candidates},
        **{one.description: "…" for one in series.candidates if len(one.description) >= TELLING_DESCRIPTION},
    }
    plain = Scrubber(own).tree(scrubber.tree(document.model_dump(mode="json", exclude_none=True)))
    plain["study_instance_uid"] = names.uid(document.study_instance_uid)
    for one in plain["series"]:
        one["description"] = ""
    return AssessmentFile.model_validate_json(json.dumps(plain))
