"""`vfa assess`: can this fractured vertebra be treated, and what stands against it?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vfa.cli import options
from vfa.cli.faults import NOTHING_MEASURED
from vfa.cli.parent import end_with_parent
from vfa.cli.printing import print_page
from vfa.cli.progress import ProgressKind, telling
from vfa.errors import UsageError

if TYPE_CHECKING:
    from vfa.model.volume import Modality
    from vfa.pipeline import AssessmentResult
    from vfa.report.contract import AssessmentFile

DEFAULT_FORMATS = "json,html"
DEFAULT_PROFILE = "seed"
LABELS_FILE = "bodies.seg.nrrd"

Out = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Where the files go; without it only the table is printed.", show_default=False),
]
Clinical = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="The clinical file (TOML or JSON); what it leaves out is not stated.", show_default=False
    ),
]
Profiles = Annotated[
    list[str] | None,
    typer.Option(
        "--profile",
        metavar="NAME|FILE",
        help=f"Rules to judge by, the leading ones first (default: {DEFAULT_PROFILE}).",
        show_default=False,
    ),
]
Edits = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="What a reader changed in an earlier result of the same input: moved height lines, renamed levels.",
        show_default=False,
    ),
]
Prior = Annotated[
    Path | None,
    typer.Option(
        metavar="RESULT",
        help="The result (folder or assessment.json) of an earlier study of the same patient, to compare heights with.",
        show_default=False,
    ),
]
Emit = Annotated[
    str | None,
    typer.Option(
        metavar="json,html,pdf,seg,sr,sc,labels",
        help=f"Files to write (default: {DEFAULT_FORMATS}); seg, sr and sc are DICOM objects, pdf brings one along, "
        f"labels is {LABELS_FILE}.",
        show_default=False,
    ),
]


def assess(
    input: options.Input = None,
    out: Out = None,
    segmentation: options.Segmentations = None,
    labels: options.Labels = None,
    clinical: Clinical = None,
    profile: Profiles = None,
    series: options.SeriesUid = None,
    anchor: options.Anchor = None,
    segmenter: options.SegmenterName = "built-in",
    modality: options.ImageKind = None,
    prior: Prior = None,
    edits: Edits = None,
    emit: Emit = None,
    progress: options.Progress = ProgressKind.BAR,
) -> None:
    """Measure the vertebrae and judge the rules for vertebroplasty and kyphoplasty.

    Nothing is written when the input is refused. With --progress json the command ends when its standard input, a pipe,
    closes, so that it never outlives the program that started it.

    Exit status: 0 done; 2 wrong use; 3 input refused; 4 done, but nothing could be measured; 1 a fault of vfa.
    """
    # Imported here, since they bring every image library and `vfa --help` should not wait for them.
    from vfa.pipeline import AssessmentRequest, run
    from vfa.report.document import to_document
    from vfa.report.result_files import parse_formats, result_files

    if emit is not None and out is None:
        raise UsageError("--emit: say with --out DIR where the files shall go")
    formats = parse_formats(emit or DEFAULT_FORMATS)
    request = AssessmentRequest(
        input=input,
        segmentations=tuple(segmentation or ()),
        labels=labels,
        clinical=clinical,
        profiles=tuple(profile or (DEFAULT_PROFILE,)),
        series_uid=series,
        anchor=anchor,
        segmenter=segmenter,
        modality=modality,
        edits=edits,
        prior=prior,
    )
    _check_dicom_study(input, series, modality, formats)
    end_with_parent(progress)
    with telling(progress) as tell:
        result = run(request, tell)
        document = to_document(result.assessment)
        contents: Mapping[str, bytes] = {}
        bodies: tuple[Path, ...] = ()
        if out is not None:
            tell("writing the report", 0.0)
            contents = result_files(document, result.assessment.findings, (result.volume, result.spine), formats)
            bodies = _write_bodies(result, out, formats)
    _finish(document, out, contents, bodies)


def _write_bodies(result: AssessmentResult, out: Path, formats: tuple[str, ...]) -> tuple[Path, ...]:
    """The bodies as a label file on the image's grid, for a viewer; the files written."""
    from vfa.report.result_files import LABELS
    from vfa.segment import write_labels

    if LABELS not in formats or not result.spine.vertebrae:
        return ()
    grid = result.spine.grid if result.volume is None else result.volume.grid
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_labels(result.spine, grid, out / LABELS_FILE)
        return (out / LABELS_FILE,)
    except (OSError, RuntimeError) as error:  # SimpleITK's own fault is a RuntimeError
        raise _not_writable(out, error) from error


def _not_writable(out: Path, error: Exception) -> UsageError:
    return UsageError(f"--out {out}: cannot be written to ({error}); give another folder")


def _check_dicom_study(
    input: Path | None, series: str | None, modality: Modality | None, formats: tuple[str, ...]
) -> None:
    """Refuse DICOM objects of an input that is no DICOM before minutes are spent on it."""
    from vfa.report.result_files import DICOM_FORMATS, no_study

    wanted = [name for name in formats if name in DICOM_FORMATS]
    if not wanted:
        return
    if input is None:
        raise no_study(wanted)
    from vfa.intake import choose_series, list_series

    if not choose_series(list_series(input), input, series, modality).series_instance_uid:
        raise no_study(wanted)


def _finish(
    document: AssessmentFile, out: Path | None, contents: Mapping[str, bytes], written: tuple[Path, ...]
) -> None:
    """Write the files, print the table, and say so when there is nothing in it."""
    from vfa.report.files import write_files
    from vfa.report.overview import conclusions_at_a_glance
    from vfa.report.table import assessment_table

    if out is not None:
        try:
            written = (*written, *write_files(out, contents))
        except OSError as error:
            raise _not_writable(out, error) from error
    print_page(assessment_table(document, written))
    if not any(vertebra.status == "measured" for vertebra in document.vertebrae):
        typer.echo(f"vfa: {conclusions_at_a_glance(document)}", err=True)
        raise typer.Exit(NOTHING_MEASURED)
