"""Which options do several commands share, and what do they say about themselves?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vfa.cli.progress import ProgressKind
from vfa.model.volume import Modality

Input = Annotated[
    Path | None,
    typer.Argument(
        metavar="INPUT",
        help="A folder (walked whole), a file or a zip: DICOM, NIfTI, NRRD. May be left out with --segmentation.",
        show_default=False,
    ),
]
Segmentations = Annotated[
    list[Path] | None,
    typer.Option(
        "--segmentation",
        metavar="FILE",
        help="Labels of the vertebrae (NIfTI, NRRD, DICOM SEG); given twice, the other file holds sub-regions.",
        show_default=False,
    ),
]
Labels = Annotated[
    str | None,
    typer.Option(
        metavar="SCHEME[:body|whole]",
        help="What the labels mean: verse, totalseg, totalseg-pp, tptbox or count.",
        show_default=False,
    ),
]
SeriesUid = Annotated[
    str | None, typer.Option("--series", metavar="UID", help="The series to take.", show_default=False)
]
Anchor = Annotated[
    str | None,
    typer.Option(metavar="LEVEL@X,Y,Z", help="Names the body at this point, in LPS mm.", show_default=False),
]
SegmenterName = Annotated[str, typer.Option("--segmenter", metavar="NAME", help="Finds the bodies without labels.")]
ImageKind = Annotated[
    Modality | None,
    typer.Option("--modality", case_sensitive=False, help="For files that do not say it.", show_default=False),
]
Progress = Annotated[
    ProgressKind,
    typer.Option(
        "--progress",
        help="How progress is shown, on stderr.",
    ),
]
