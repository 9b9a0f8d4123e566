"""Label files → Spine: masks somebody already has, in their convention, become vertebral bodies with names.

A second file may give sub-regions (TPTBox, SPINEPS); then the body is what they call body. Whole vertebrae without
sub-regions are cut. Bodies keep the lattice they were drawn on; an image, when there is one, says only where its own
edge cuts them and that the labels belong to it at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from vfa.errors import LabelsRefused, UsageError
from vfa.model.frame import Grid
from vfa.model.spine import Spine, Vertebra
from vfa.model.volume import Volume
from vfa.segment.bodies import judge_bodies, vertebra_of
from vfa.segment.drawn_bodies import Drawn, bodies_of_subregions, bodies_of_vertebrae
from vfa.segment.label_files import Extent, LabelFile, read_label_file
from vfa.segment.label_schemes import (
    ASK,
    LabelFact,
    LabelScheme,
    are_subregions,
    check_direction,
    recognise,
)
from vfa.segment.levels import Anchor, gaps_below, head_to_foot, name_by_anchor, out_of_order

INSIDE_AT_LEAST = 0.5  # share of a body's voxels inside the image; with less the body belongs to another image


def read_segmentation(
    paths: Sequence[Path],
    scheme: LabelScheme | None = None,
    anchor: Anchor | None = None,
    volume: Volume | None = None,
) -> Spine:
    """Read one or two label files.

    Args:
        paths: vertebrae, sub-regions, or both in either order.
        scheme: what the numbers mean; None to recognise it.
        anchor: a reader's word about one level.
        volume: the image the labels belong to; None when masks alone are measured.

    Raises:
        UsageError: for more than two files, or one that is not there.
        LabelsRefused: if a file is no label file, its convention is in doubt, or it lies elsewhere than the image.
    """
    vertebrae, subregions = _sort_out([read_label_file(path) for path in paths])
    if vertebrae is None and subregions is not None:
        drawn, naming = bodies_of_subregions(subregions), "no level is known: bodies are counted from head to foot"
    elif vertebrae is not None:
        scheme = _scheme_of(vertebrae, scheme)
        drawn, naming = bodies_of_vertebrae(vertebrae, scheme, subregions), _naming(scheme)
    notes = _set_aside(drawn)
    drawn = [one for one in drawn if not one.set_aside]
    if not drawn:
        raise LabelsRefused(
            f"{paths[0].name}: no vertebral body was found in it ({'; '.join(notes) or 'nothing else'})"
        )
    main = vertebrae or subregions
    assert main is not None
    if volume is not None:
        drawn, outside = _inside(drawn, volume.grid, main.name)
        notes += outside
    spine = Spine(
        vertebrae=_vertebrae(drawn, _edges(main, volume)),
        grid=main.grid,
        segmented_by=_segmented_by([file for file in (vertebrae, subregions) if file is not None], scheme),
        naming=naming,
        notes=(*notes, *_extent_note(main, volume)),
    )
    return spine if anchor is None else name_by_anchor(spine, anchor)


def _sort_out(files: Sequence[LabelFile]) -> tuple[LabelFile | None, LabelFile | None]:
    """Which file gives vertebrae and which sub-regions, in whatever order they came."""
    if not 1 <= len(files) <= 2:
        raise UsageError(f"--segmentation: expected one file, or vertebrae and sub-regions; got {len(files)}")
    are_parts = [not file.meanings and are_subregions(list(file.regions)) for file in files]
    if len(files) == 1:
        return (None, files[0]) if are_parts[0] else (files[0], None)
    if are_parts[0] == are_parts[1]:
        kind = "both are sub-region files" if are_parts[0] else "neither is a sub-region file (labels 41–50)"
        raise LabelsRefused(f"{files[0].name}, {files[1].name}: {kind}; give vertebrae and sub-regions")
    return (files[1], files[0]) if are_parts[0] else (files[0], files[1])


def _scheme_of(file: LabelFile, scheme: LabelScheme | None) -> LabelScheme:
    """The convention asked for, or the segments' own names, or the one recognised."""
    if scheme is None and file.meanings:
        levels = {label: meaning.level for label, meaning in file.meanings.items() if meaning.level}
        if not levels:
            raise LabelsRefused(f"{file.name}: no segment's name or code says which vertebra it is; {ASK}")
        return LabelScheme("named segments", levels, frozenset(file.regions))
    if scheme is None:
        return recognise(_facts(file, range(1, 51)))
    if not any(scheme.is_vertebra(label) for label in file.regions):
        raise LabelsRefused(f"{file.name}: holds no label that is a vertebra in {scheme.name}; {ASK}")
    check_direction(scheme, _facts(file, scheme.levels))
    return scheme


def _facts(file: LabelFile, looked_at: Iterable[int]) -> list[LabelFact]:
    """Numbers in the file; place and size are worked out for those that may be vertebrae."""
    nowhere = np.zeros(3)
    wanted = set(looked_at)
    return [
        LabelFact(label, file.regions[label].volume_ml, file.regions[label].centre_lps)
        if label in wanted
        else LabelFact(label, 0.0, nowhere)
        for label in file.regions
    ]


def _naming(scheme: LabelScheme) -> str:
    if scheme.counts:
        return "no level is known: the labels only count the vertebrae (give --anchor to name them)"
    return f"levels as the label file states them ({scheme.name})"


def _set_aside(drawn: Sequence[Drawn]) -> list[str]:
    return [f"{one.level or f'label {one.label}'} was set aside: {one.set_aside}" for one in drawn if one.set_aside]


def _inside(drawn: Sequence[Drawn], image: Grid, name: str) -> tuple[list[Drawn], list[str]]:
    """Bodies that lie in the image; the others are left out with a note.

    Raises:
        LabelsRefused: if none does.
    """
    within, notes = [], []
    for one in drawn:
        ijk = image.ijk_of(one.body.points_lps)
        share = float(((ijk >= -0.5) & (ijk <= np.asarray(image.shape) - 0.5)).all(axis=1).mean())
        if share >= INSIDE_AT_LEAST:
            within.append(one)
        else:
            notes.append(f"{one.level or f'label {one.label}'} was left out: it lies outside the image")
    if not within:
        labels, middle = (", ".join(f"{mm:.0f}" for mm in at) for at in (drawn[0].body.centre_lps, image.centre_lps))
        raise LabelsRefused(
            f"{name}: its labels do not lie in the image (a body at {labels}, the image's middle at {middle} LPS mm); "
            "are they of another series or study?"
        )
    return within, notes


def _edges(file: LabelFile, volume: Volume | None) -> tuple[Grid, ...]:
    """The lattices whose edge cuts a body.

    A label volume that may have been cropped to what was drawn says nothing about the image's edge; when there is no
    image to ask, its edge counts all the same, since a body cut there would pass for a fractured one.
    """
    if volume is None:
        return (file.grid,)
    return (volume.grid,) if file.extent is Extent.CROP else (volume.grid, file.grid)


def _extent_note(file: LabelFile, volume: Volume | None) -> tuple[str, ...]:
    if file.extent is Extent.CROP and volume is None:
        return ("the label file may be cropped to what was drawn: bodies at its edge are taken to be cut by it",)
    return ()


def _vertebrae(drawn: Sequence[Drawn], edges: Sequence[Grid]) -> tuple[Vertebra, ...]:
    """Bodies from head to foot, named, with remarks on order and gaps, judged."""
    down = [drawn[index] for index in head_to_foot([one.body.centre_lps for one in drawn])]
    names, remarks = _names(down)
    vertebrae = [
        vertebra_of(name, one.body, edges, one.canal_lps, None, (*one.quality, *remark))
        for name, one, remark in zip(names, down, remarks, strict=True)
    ]
    marked = [replace(v, unusable=one.unusable) for v, one in zip(vertebrae, down, strict=True)]
    return judge_bodies(marked)


def _names(down: Sequence[Drawn]) -> tuple[list[str], list[tuple[str, ...]]]:
    """The stated levels, or provisional names that leave room where counting labels leave some."""
    if down[0].level:
        odd = out_of_order([one.level for one in down])
        says = "its level is out of order from head to foot: the labels may be mixed up"
        return [one.level for one in down], [(says,) if index in odd else () for index in range(len(down))]
    numbers = [one.label for one in down]
    steps = [abs(number - numbers[0]) for number in numbers]
    remarks: list[tuple[str, ...]] = [()] * len(down)
    if any(one >= two for one, two in pairwise(steps)):  # the numbers do not run along the spine
        steps = list(range(len(down)))
        missing = gaps_below(np.array([one.body.centre_lps for one in down]))
        says = "the step to the next body is long: a vertebra may be missing below"
        remarks = [(says,) if index in missing else () for index in range(len(down))]
    return [f"V{step + 1}" for step in steps], remarks


def _segmented_by(files: Sequence[LabelFile], scheme: LabelScheme | None) -> str:
    named = " and ".join(file.name for file in files)
    made = ", ".join(dict.fromkeys(file.producer for file in files if file.producer))
    convention = f", read as {scheme.name}" if scheme is not None else ""
    return f"labels from {named}{f' (made by {made})' if made else ''}{convention}"
