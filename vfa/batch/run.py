"""The story of a batch: scan the export, see what is left to do, do it, and keep a cohort of what is done."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from vfa import __version__
from vfa.batch.clinical_table import FOLDER as CLINICAL_FOLDER
from vfa.batch.clinical_table import ClinicalAnswers, join, read_table
from vfa.batch.cohort import check_packages, write_cohort
from vfa.batch.failure import Failure, reason_of, sentence_of
from vfa.batch.journal import Journal, only_one_batch
from vfa.batch.links import write_links
from vfa.batch.plan import Plan, make_plan
from vfa.batch.pool import DaskPool, LocalPool, Pool
from vfa.batch.pseudonyms import Pseudonyms, Scrubber, names_of_files
from vfa.batch.retry import Retry
from vfa.batch.scan import Scan, StudyFiles, keyed, scan_export
from vfa.batch.schedule import Ended, Lost, work_off
from vfa.batch.stop import Watch, stopping_cleanly
from vfa.batch.work import Method, Stamp, StudyDone, StudyWork, assess_study
from vfa.batch.worker import WorkerLimits
from vfa.eligibility import shipped_profiles
from vfa.errors import InputRefused, UsageError
from vfa.intake import root_of
from vfa.segment import find_segmenter

STUDIES = "studies"
COHORT_EVERY_S = 60.0
COHORT_SHARE = 0.02  # of the time of a run that may go into renewing the cohort while it runs

Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class BatchRequest:
    """What to run, and how.

    Args:
        export: folder, zip or file of the export.
        out: where results, journal and cohort go.
        method: how each study is assessed.
        workers: processes on this machine.
        scheduler: address of a dask scheduler to use in their place; empty for none.
        limits: what each worker may use.
        clinical: the clinical table; None when nothing is stated.
        key_file: the key of the pseudonyms in `method`; beside it goes the table that links them.
        retry: which studies are tried again though nothing changed.
    """

    export: Path
    out: Path
    method: Method = field(default_factory=Method)
    workers: int = 1
    scheduler: str = ""
    limits: WorkerLimits = field(default_factory=WorkerLimits)
    clinical: Path | None = None
    key_file: Path | None = None
    retry: Retry = Retry.NONE


@dataclass(frozen=True)
class BatchSummary:
    """What came of it.

    Args:
        scan: what the export holds.
        plan: what was to be done, and what stayed.
        done: studies assessed in this run.
        failed: studies that failed in this run.
        cohort: the cohort's folder.
        failures: how many rows the cohort has for each reason of failure.
    """

    scan: Scan
    plan: Plan
    done: int
    failed: int
    cohort: Path
    failures: dict[str, int] = field(default_factory=dict)


def run_batch(request: BatchRequest, tell: Tell = lambda step, fraction: None) -> BatchSummary:
    """Assess every study of an export that is not yet done; results, journal and cohort go to `request.out`.

    Raises:
        UsageError: for wrong options, while another batch works there, or when the disk is full or gone.
        InputRefused: when the export holds no study, or the clinical table is malformed.
    """
    check_packages()
    _refuse_overlap(request)
    rows = read_table(request.clinical) if request.clinical else ()
    with stopping_cleanly(request.out), only_one_batch(request.out), Journal(request.out) as journal:
        scan = scan_export(request.export, tell)
        if not scan.studies and not scan.failures:
            raise InputRefused(f"{request.export}: no study among {scan.files} files; expected CT or MR images")
        clinical = join(rows, scan.studies, request.out / CLINICAL_FOLDER)
        works = _works(request, scan, clinical)
        _remove_partial_files(request.out)
        plan = make_plan(works, journal, request.retry)
        journal.set_scan_failures(_scan_failures(request, scan, clinical))
        try:
            done, failed = _carry_out(request, plan, journal, tell)
        finally:  # also when stopped: the cohort holds what is done, so far as it can be written
            tell("writing the cohort", 1.0)
            cohort = write_cohort(request.out, journal.outcomes(), journal.open_studies())
        failures = Counter(one.reason for one in journal.outcomes() if isinstance(one, Failure))
    return BatchSummary(scan, plan, done, failed, cohort, dict(failures.most_common()))


def _refuse_overlap(request: BatchRequest) -> None:
    """Results within the export would be read as a part of it the next time."""
    out, export = request.out.resolve(), request.export.resolve()
    if out == export or export in out.parents:
        raise UsageError(f"--out {request.out}: lies within the export; give a folder outside of it")


def _works(request: BatchRequest, scan: Scan, clinical: ClinicalAnswers) -> list[StudyWork]:
    """A unit of work for every study whose clinical rows can be used."""
    method_digest = digest_of(request.method)
    studies = [study for study in scan.studies if study.study_id not in clinical.refused]
    works = [_work(request, study, clinical, method_digest) for study in studies]
    if request.key_file is not None:
        write_links(request.key_file, works, {study.study_id: study for study in studies})
    return works


def _work(request: BatchRequest, study: StudyFiles, clinical: ClinicalAnswers, method_digest: str) -> StudyWork:
    names = request.method.pseudonyms
    fingerprint = study.fingerprint + clinical.digests.get(study.study_id, "")
    study_id = names.uid(study.study_id) if names else study.study_id
    root = root_of(request.export).resolve()
    return StudyWork(
        study_id=study_id,
        source_id=study.study_id,
        patient=names.name("patient", study.patient_id) if names else study.patient_id,
        files=tuple(replace(file, path=file.path.resolve()) for file in study.files),
        place=study.place,
        export=root if root.is_dir() else root.parent,
        folder=request.out.resolve() / STUDIES / study_id,
        clinical=path.resolve() if (path := clinical.files.get(study.study_id)) else None,
        method=request.method,
        stamp=Stamp(keyed(fingerprint, names.key) if names else fingerprint, method_digest, __version__),
    )


def digest_of(method: Method) -> str:
    """Hash of everything about a method that may change a result: rules, segmenter and its weights, formats, key."""
    segmenter = find_segmenter(method.segmenter)
    digest = hashlib.blake2b(digest_size=16)
    for name in method.profiles:
        content = b"" if name in shipped_profiles() else _content(Path(name))
        digest.update(repr((name if not content else Path(name).name, content)).encode())
    parts = (segmenter.name, segmenter.version, method.modality, method.formats)
    digest.update(repr(parts).encode())
    if method.pseudonyms is not None:
        digest.update(hashlib.blake2b(method.pseudonyms.key).digest())
    return digest.hexdigest()


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"--profile {path}: no such profile, expected one of {', '.join(shipped_profiles())} or a TOML file"
        ) from error


def _scan_failures(request: BatchRequest, scan: Scan, clinical: ClinicalAnswers) -> list[Failure]:
    failures = [*scan.failures, *clinical.refused.values(), *clinical.unmatched]
    names = request.method.pseudonyms
    if names is None:
        return failures
    return [_without_identifiers(one, names, root_of(request.export)) for one in failures]


def _without_identifiers(failure: Failure, names: Pseudonyms, root: Path) -> Failure:
    failure = replace(failure, study_instance_uid=names.uid(failure.study_instance_uid))
    if failure.stage == "clinical":  # says rows and answers, no names
        return failure
    paths = (root / failure.where, Path(failure.where))
    why = Scrubber(names_of_files(paths, names)).text(failure.why)
    return replace(failure, why=why, where=names.name("file", failure.where))


def _remove_partial_files(out: Path) -> None:
    """What a killed run left under temporary names; this batch is the only one here."""
    for partial in (out / STUDIES).rglob(".*.tmp"):
        partial.unlink(missing_ok=True)
    for partial in (out / "cohort").glob(".*.tmp"):
        partial.unlink(missing_ok=True)


def _pool(request: BatchRequest, studies: int) -> Pool:
    if request.scheduler:
        return DaskPool(request.scheduler, request.limits)
    return LocalPool(min(request.workers, max(studies, 1)), request.limits)


def _carry_out(request: BatchRequest, plan: Plan, journal: Journal, tell: Tell) -> tuple[int, int]:
    """Do what is to be done; return how many studies are done and how many failed."""
    if not plan.todo:
        return 0, 0
    done = failed = 0
    pool = _pool(request, len(plan.todo))
    renewal = _Renewal(request.out, journal)
    watch = Watch(request.export, request.out)
    try:
        tell(f"assessing studies (0 of {len(plan.todo)})", 0.0)
        for work, outcome in _outcomes(plan, journal, pool, request.limits):
            watch.before_entered(outcome)
            journal.finish(work.study_id, outcome)
            watch.once_entered(outcome)
            done += isinstance(outcome, StudyDone)
            failed += isinstance(outcome, Failure)
            ended = done + failed
            failures = f", {failed} failed" if failed else ""
            tell(f"assessing studies ({ended} of {len(plan.todo)}{failures})", ended / len(plan.todo))
            renewal.renew_when_due()
    finally:
        pool.close()
    return done, failed


def _outcomes(
    plan: Plan, journal: Journal, pool: Pool, limits: WorkerLimits
) -> Iterator[tuple[StudyWork, StudyDone | Failure]]:
    for ended in work_off(plan.todo, assess_study, pool, limits, lambda work: journal.start(work.study_id)):
        yield ended.work, _outcome(ended)


def _outcome(ended: Ended[StudyWork, StudyDone | Failure]) -> StudyDone | Failure:
    work, answer = ended.work, ended.answer
    if isinstance(answer, StudyDone | Failure):
        return answer
    names = work.method.pseudonyms
    place = names.name("folder", work.place) if names else work.place
    if isinstance(answer, Lost):
        return Failure("assess", answer.reason, answer.why, place, work.study_id)
    if not isinstance(answer, Exception):
        raise answer
    return Failure("assess", reason_of(answer), sentence_of(answer), place, work.study_id)


class _Renewal:
    """Keeps the cohort on disk fresh while a batch runs, at little cost."""

    def __init__(self, out: Path, journal: Journal) -> None:
        self._out, self._journal = out, journal
        self._due_s = time.monotonic() + COHORT_EVERY_S

    def renew_when_due(self) -> None:
        start = time.monotonic()
        if start < self._due_s:
            return
        with suppress(OSError):  # one of its files is open in another program, say: the next time, or the end, will do
            write_cohort(self._out, self._journal.outcomes(), self._journal.open_studies())
        end = time.monotonic()
        self._due_s = end + max(COHORT_EVERY_S, (end - start) / COHORT_SHARE)
