"""`vfa batch`: a PACS export overnight, a cohort in the morning."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.text import Text

from vfa.batch.retry import Retry
from vfa.cli import options
from vfa.cli.printing import print_page
from vfa.cli.progress import ProgressKind, telling
from vfa.errors import UsageError

if TYPE_CHECKING:
    from vfa.batch.run import BatchRequest, BatchSummary
    from vfa.batch.work import Method

STOPPED = 130  # 128 + SIGINT, as shells say it
DEFAULT_MINUTES = 30.0
BYTES_PER_GIB = 2**30

Export = Annotated[Path, typer.Argument(metavar="EXPORT", help="The export: a folder (walked whole) or a zip.")]
Out = Annotated[Path, typer.Option(metavar="DIR", help="Where results, journal and cohort go.", show_default=False)]
Workers = Annotated[int, typer.Option(metavar="N", min=1, help="Processes, each on one core (default: one per core).")]
Scheduler = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="A dask scheduler, tcp://host:port, in place of --workers."),
]
Clinical = Annotated[
    Path | None,
    typer.Option(metavar="CSV", help="Clinical answers by patient_id or study_instance_uid.", show_default=False),
]
Profiles = Annotated[
    list[str] | None,
    typer.Option("--profile", metavar="NAME|FILE", help="Rules to judge by (default: seed).", show_default=False),
]
Emit = Annotated[str, typer.Option(metavar="json,html", help="Files to write for each study.")]
Deidentify = Annotated[
    Path | None,
    typer.Option(
        metavar="KEYFILE",
        help="Write pseudonyms in place of identifiers; the key is made when missing and must stay with you.",
        show_default=False,
    ),
]
TimeLimit = Annotated[float, typer.Option(metavar="MINUTES", min=0, help="For one study; 0 for none.")]
MemoryLimit = Annotated[float, typer.Option(metavar="GIB", min=0, help="For one worker; 0 for none.")]
RetryWhich = Annotated[Retry, typer.Option("--retry", help="Studies to try again though nothing changed.")]


def batch(
    export: Export,
    out: Out,
    workers: Workers = os.cpu_count() or 1,
    scheduler: Scheduler = None,
    clinical: Clinical = None,
    profile: Profiles = None,
    segmenter: options.SegmenterName = "built-in",
    modality: options.ImageKind = None,
    emit: Emit = "json,html",
    deidentify: Deidentify = None,
    time_limit: TimeLimit = DEFAULT_MINUTES,
    memory_limit: MemoryLimit = 0.0,
    retry: RetryWhich = Retry.NONE,
    progress: options.Progress = ProgressKind.BAR,
) -> None:
    """Assess every study of an export and make a cohort of them; the same command resumes where it stopped.

    Exit status: 0 done, also when single studies failed; 2 wrong use, or the disk is full; 3 no study found;
    130 stopped by Ctrl-C; 1 a fault of vfa.
    """
    from vfa.batch.run import BatchRequest, run_batch
    from vfa.batch.worker import WorkerLimits, can_limit_memory

    if memory_limit and not can_limit_memory():
        raise UsageError("--memory-limit: not possible on Windows; use fewer workers, or a dask worker's own limit")
    request = BatchRequest(
        export=export,
        out=out,
        method=_method((profile, segmenter), modality, emit, deidentify),
        workers=workers,
        scheduler=scheduler or "",
        limits=WorkerLimits(1, round(memory_limit * BYTES_PER_GIB), 60 * time_limit),
        clinical=clinical,
        key_file=deidentify,
        retry=retry,
    )
    try:
        with telling(progress) as tell:
            summary = run_batch(request, tell)
    except KeyboardInterrupt:
        typer.echo("vfa: stopped; what is done is kept, and the same command resumes", err=True)
        raise typer.Exit(STOPPED) from None
    print_page(_told(request, summary))


def _method(
    chosen: tuple[list[str] | None, str], modality: options.ImageKind, emit: str, deidentify: Path | None
) -> Method:
    from vfa.batch.pseudonyms import read_key
    from vfa.batch.work import Method
    from vfa.eligibility import shipped_profiles
    from vfa.report.result_files import parse_formats

    profiles, segmenter = chosen
    known = shipped_profiles()
    return Method(
        profiles=tuple(name if name in known else str(Path(name).resolve()) for name in profiles or ["seed"]),
        segmenter=segmenter,
        modality=modality,
        formats=parse_formats(emit),
        pseudonyms=read_key(deidentify) if deidentify else None,
    )


def _told(request: BatchRequest, summary: BatchSummary) -> Group:
    """What came of it, and where it lies."""
    scan, plan = summary.scan, summary.plan
    lines = [
        f"{len(scan.studies)} studies in {scan.files} files ({scan.others} files are something else)",
        f"{summary.done} assessed, {summary.failed} failed, {plan.kept} kept from earlier runs",
    ]
    again = {reason: count for reason, count in plan.reasons.items() if reason != "new"}
    if again:
        lines.append("Done again: " + "; ".join(f"{count} ({reason})" for reason, count in sorted(again.items())))
    if summary.failures:
        counts = (f"{reason.replace('_', ' ')} {count}" for reason, count in summary.failures.items())
        lines.append(f"Failures, by reason: {', '.join(counts)}")
    if request.key_file is not None:
        lines.append(f"Keep to yourself: {request.key_file} and {request.key_file}.links.csv")
    lines += [f"Cohort: {summary.cohort}", f"Failures, and what to do: {summary.cohort / 'failures.csv'}"]
    return Group(*(Text(line) for line in lines))
