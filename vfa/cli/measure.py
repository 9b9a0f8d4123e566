"""`vfa measure`: the numbers without the rules, as a table for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vfa.cli import options
from vfa.cli.faults import NOTHING_MEASURED
from vfa.cli.parent import end_with_parent
from vfa.cli.progress import ProgressKind, telling
from vfa.errors import UsageError


def measure(
    out: Annotated[Path, typer.Option(metavar="FILE", help="A name ending in .csv, .json or .parquet.")],
    input: options.Input = None,
    segmentation: options.Segmentations = None,
    labels: options.Labels = None,
    series: options.SeriesUid = None,
    anchor: options.Anchor = None,
    segmenter: options.SegmenterName = "built-in",
    modality: options.ImageKind = None,
    progress: options.Progress = ProgressKind.BAR,
) -> None:
    """Measure the vertebrae and write one row per level, with units in the column names."""
    from vfa.pipeline import AssessmentRequest, examine, study_findings
    from vfa.report.files import write_files
    from vfa.report.measurements import SUFFIXES, measurement_file

    if out.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--out {out}: expected a name ending in {', '.join(SUFFIXES)}")
    request = AssessmentRequest(
        input=input,
        segmentations=tuple(segmentation or ()),
        labels=labels,
        series_uid=series,
        anchor=anchor,
        segmenter=segmenter,
        modality=modality,
    )
    end_with_parent(progress)
    with telling(progress) as tell:
        study, spine = examine(request, tell)
        findings = study_findings(spine, study, tell)
        content = measurement_file(findings, out.suffix.lower())
    try:
        write_files(out.parent, {out.name: content})
    except OSError as error:
        raise UsageError(f"--out {out}: cannot be written ({error}); give another name") from error
    measured = sum(vertebra.status == "measured" for vertebra in findings.vertebrae)
    typer.echo(f"{measured} of {len(findings.vertebrae)} vertebrae measured; written: {out}")
    if not measured:
        raise typer.Exit(NOTHING_MEASURED)
