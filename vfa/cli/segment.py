"""`vfa segment`: the vertebral bodies as a label file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vfa.cli import options
from vfa.cli.faults import NOTHING_MEASURED
from vfa.cli.parent import end_with_parent
from vfa.cli.progress import ProgressKind, telling
from vfa.errors import UsageError


def segment(
    out: Annotated[Path, typer.Option(metavar="FILE", help="A name ending in .nii.gz, .seg.nrrd or .mha.")],
    input: options.Input = None,
    segmentation: options.Segmentations = None,
    labels: options.Labels = None,
    series: options.SeriesUid = None,
    anchor: options.Anchor = None,
    segmenter: options.SegmenterName = "built-in",
    modality: options.ImageKind = None,
    progress: options.Progress = ProgressKind.BAR,
) -> None:
    """Write the vertebral bodies as labels (VerSe ids) on the image's grid, or on the labels' own without an image."""
    from vfa.pipeline import AssessmentRequest, locate
    from vfa.segment.write_labels import WRITTEN_ENDINGS, write_labels

    if not out.name.lower().endswith(WRITTEN_ENDINGS):
        raise UsageError(f"--out {out}: expected a name ending in {', '.join(WRITTEN_ENDINGS)}")
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
        volume, spine = locate(request, tell)
        if not spine.vertebrae:
            typer.echo("vfa: no vertebra was found, so nothing was written", err=True)
            raise typer.Exit(NOTHING_MEASURED)
        out.parent.mkdir(parents=True, exist_ok=True)
        write_labels(spine, spine.grid if volume is None else volume.grid, out)
    typer.echo(f"{', '.join(spine.levels)}; written: {out}")
