"""What do the images say about every vertebra of a spine?

Each body is measured in its own frame on a crop; then what each height should have been settles together for the
whole column, and the losses follow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import threadpool_limits

from vfa.measure.beside_heights import BesideHeights, BodyInView, look_beside
from vfa.measure.body_crop import crop_around
from vfa.measure.body_frame import first_frame, frame_of_endplates, refine_frame
from vfa.measure.deformity import deformity, height_loss, lateral_loss
from vfa.measure.each_body import for_each
from vfa.measure.endplates import Endplate, find_endplates, refind_endplates
from vfa.measure.expected_heights import Candidate, expect_all
from vfa.measure.heights import focal_pits, heights_of
from vfa.measure.lattice import ColumnLattice, column_lattice
from vfa.measure.prepare_bodies import prepare_bodies
from vfa.measure.reader_lines import with_reader_lines
from vfa.measure.uncertainty import (
    CT_FLOOR_MM,
    IMAGE_PER_STEP,
    MASK_FLOOR_MM,
    MASK_PER_STEP,
    MR_FLOOR_MM,
    OTHER_MR_FLOOR_MM,
    HeightError,
    step_along,
)
from vfa.model.anatomy import is_provisional, levels_apart
from vfa.model.edits import ReaderEdits
from vfa.model.estimate import Unmeasurable, Why
from vfa.model.findings import VertebraFindings
from vfa.model.frame import BodyFrame, FloatArray
from vfa.model.morphometry import (
    COLUMNS,
    BodyHeights,
    Deformity,
    ExpectedHeights,
    FractureStatus,
    HeightLoss,
    HeightMap,
    LateralLoss,
)
from vfa.model.spine import Spine, Vertebra
from vfa.model.volume import Volume

Progress = Callable[[float], None]

LEAST_CONTRAST = 0.25  # of the local grey-value variation; below it no endplate was seen
SEEN_BEYOND_MM = 2.0  # of disc must be in the image beyond an endplate, or its edge may be the image's own
MOST_OUTSIDE_FRACTION = 0.05
AS_FOUND = ReaderEdits()
MOVED_WHOLE_SHARE = 0.5  # an endplate that lies elsewhere as a whole is a mask that is off, and the image is plain


@dataclass(frozen=True, eq=False)
class _Measured:
    """A body measured on its own, before its neighbours are looked at."""

    vertebra: Vertebra
    frame: BodyFrame | Unmeasurable
    heights: BodyHeights | Unmeasurable
    signs: tuple[str, ...] = ()
    quality: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    mask_pieces: int = 1


def measure_spine(
    spine: Spine,
    volume: Volume | None,
    progress: Progress = lambda _: None,
    edits: ReaderEdits = AS_FOUND,
) -> tuple[VertebraFindings, ...]:
    """Measure every vertebra, from head to foot.

    Args:
        spine: the bodies found.
        volume: the image they were found in; None when only masks are known (larger uncertainty, and what needs
            an image is Unmeasurable).
        progress: told the fraction done, 0–1.
        edits: a reader's height lines, which take the place of those found before anything is concluded from them.

    Raises:
        EditsRefused: if a reader's line cannot be a height of its body.
    """
    # How many threads share a sum changes its last digit, and a number must not hang on the machine's cores; the bodies
    # themselves are what is done at once.
    with threadpool_limits(1, user_api="blas"):
        return _measured_spine(spine, volume, progress, edits)


def _measured_spine(
    spine: Spine, volume: Volume | None, progress: Progress, edits: ReaderEdits
) -> tuple[VertebraFindings, ...]:
    measured: list[_Measured] = []
    spine, pieces = prepare_bodies(spine, volume)
    for own in for_each(lambda vertebra: _measure_body(spine, vertebra, volume), spine.vertebrae):
        in_pieces = replace(own, mask_pieces=pieces[own.vertebra.level])
        measured.append(_edited(in_pieces, edits))
        progress(len(measured) / (len(spine.vertebrae) + 1))
    candidates = {
        m.vertebra.level: Candidate(m.vertebra.level, position, m.heights)
        for m, position in zip(measured, _positions(spine), strict=True)
        if isinstance(m.heights, BodyHeights)
    }
    expected = expect_all(candidates)
    found = [_doubted(_findings(m, expected.get(m.vertebra.level)), spine) for m in measured]
    return _with_the_rest(spine, volume, measured, found)


def _with_the_rest(
    spine: Spine, volume: Volume | None, measured: list[_Measured], found: list[VertebraFindings]
) -> tuple[VertebraFindings, ...]:
    """The findings with posterior wall, marrow and what was looked for inside the bodies."""
    bodies = {
        m.vertebra.level: BodyInView(m.vertebra, m.frame, m.heights, one.deformity, m.mask_pieces)
        for m, one in zip(measured, found, strict=True)
    }
    beside = look_beside(spine, volume, bodies)
    return tuple(_joined(one, beside[one.level]) for one in found)


def _joined(found: VertebraFindings, beside: BesideHeights) -> VertebraFindings:
    meaning = found.deformity
    if isinstance(meaning, Deformity):
        meaning = replace(meaning, signs=(*meaning.signs, *beside.signs))
    return replace(
        found,
        deformity=meaning,
        posterior_wall=beside.posterior_wall,
        marrow_mean_hu=beside.marrow_mean_hu,
        findings={**found.findings, **beside.findings},
    )


def _edited(measured: _Measured, edits: ReaderEdits) -> _Measured:
    """The body with the reader's lines in place of those found, and marked so."""
    edit = edits[measured.vertebra.level]
    if edit is None:
        return measured
    heights, sentences = with_reader_lines(edit, measured.frame, measured.heights)
    named = ("level edited by reader",) if edit.renamed_to else ()
    redrawn = ("body edited by reader",) if edit.body_edited else ()
    quality = (*measured.quality, *named, *redrawn, *sentences)
    return replace(measured, heights=heights, quality=quality, edited=edit.tokens)


def _doubted(found: VertebraFindings, spine: Spine) -> VertebraFindings:
    """A lowest body without a name may be the first of the sacrum, whose shape is no deformity."""
    lowest = spine.vertebrae[-1].level
    meaning = found.deformity
    if found.level != lowest or not is_provisional(lowest) or isinstance(meaning, Unmeasurable):
        return found
    if meaning.fracture is not FractureStatus.PRESENT:
        return found
    because = f"{meaning.because}; but the lowest body in view has no name and may be the first of the sacrum"
    return replace(found, deformity=replace(meaning, fracture=FractureStatus.INDETERMINATE, because=because))


def _positions(spine: Spine) -> list[int]:
    """Where each vertebra stands, in levels from the first; unnamed or mixed names are counted as they come."""
    levels = spine.levels
    if not levels:
        return []
    steps = [levels_apart(levels[0], level) for level in levels]
    counted = list(range(len(levels)))
    if any(is_provisional(level) for level in levels):
        return counted
    named = [step for step in steps if step is not None]
    return named if len(named) == len(levels) and named == sorted(set(named)) else counted


def _unusable(vertebra: Vertebra) -> Unmeasurable | None:
    """Why a body must not be measured at all, if so."""
    if vertebra.treated:
        return Unmeasurable(vertebra.level, "body heights", Why.TREATED, f"{vertebra.treated} inside the body")
    if vertebra.touches_border:
        return Unmeasurable(vertebra.level, "body heights", Why.TOUCHES_BORDER, "the image's edge cuts the body")
    if vertebra.unusable:
        return Unmeasurable(vertebra.level, "body heights", Why.QUALITY_FAILED, vertebra.unusable)
    return None


def _measure_body(spine: Spine, vertebra: Vertebra, volume: Volume | None) -> _Measured:
    """Frame, endplates and heights of one body."""
    unusable = _unusable(vertebra)
    if unusable:
        return _Measured(vertebra, replace(unusable, quantity="body frame"), unusable)
    lattice = refine_frame(vertebra, first_frame(spine, vertebra))
    if lattice.inner.sum() < 40:
        failed = Unmeasurable(
            vertebra.level, "body heights", Why.QUALITY_FAILED, "the mask is too small to hold two endplates"
        )
        return _Measured(vertebra, lattice.frame, failed)
    if volume is None:
        return _heights_from_mask(vertebra, lattice)
    return _heights_from_image(spine, vertebra, volume, lattice)


def _heights_from_mask(vertebra: Vertebra, lattice: ColumnLattice) -> _Measured:
    """Heights between the mask's own ends."""
    step = step_along(vertebra.grid, lattice.frame.cranial)
    error = HeightError(
        dict.fromkeys(COLUMNS, MASK_FLOOR_MM),
        dict.fromkeys(COLUMNS, MASK_PER_STEP),
        step,
        0.0,
        0.0,
        vertebra.outline_sigma_mm,
        "from the mask alone",
    )
    surfaces, signs = _height_map(lattice, lattice.upper_mm, lattice.lower_mm)
    return _Measured(
        vertebra, lattice.frame, heights_of(vertebra.level, lattice, surfaces, error), signs, vertebra.quality
    )


def _heights_from_image(spine: Spine, vertebra: Vertebra, volume: Volume, lattice: ColumnLattice) -> _Measured:
    """Heights between the endplates found in the image; the frame is settled on those endplates."""
    crop, foreign = crop_around(spine, vertebra, volume)
    upper, lower = find_endplates(crop, lattice, foreign)
    turned = frame_of_endplates(lattice, upper.cranial_mm, lower.cranial_mm)
    if float(turned.cranial @ lattice.frame.cranial) < 1 - 1e-6:
        before, lattice = lattice, column_lattice(vertebra, turned)
        upper, lower = refind_endplates(crop, lattice, (before, upper, lower), foreign)
    if any(_leaves_the_image(volume, lattice, plate, outward) for plate, outward in ((upper, +1), (lower, -1))):
        cut = Unmeasurable(vertebra.level, "body heights", Why.TOUCHES_BORDER, "the image's edge cuts the body")
        return _Measured(vertebra, lattice.frame, cut, quality=vertebra.quality)
    seen = min(float(np.median(plate.contrast[lattice.inner])) for plate in (upper, lower))
    if seen < LEAST_CONTRAST:
        lost = Unmeasurable(
            vertebra.level,
            "body heights",
            Why.ENDPLATE_NOT_FOUND,
            "no endplate stands out from its surroundings in the image",
        )
        return _Measured(vertebra, lattice.frame, lost, quality=vertebra.quality)
    error = HeightError(
        CT_FLOOR_MM
        if volume.modality.is_ct
        else dict.fromkeys(COLUMNS, MR_FLOOR_MM.get(volume.modality, OTHER_MR_FLOOR_MM)),
        IMAGE_PER_STEP,
        step_along(volume.grid, lattice.frame.cranial),
        float(np.hypot(upper.scatter_mm, lower.scatter_mm)),
        _moved_mm(lattice, upper, lower),
        vertebra.outline_sigma_mm,
        f"endplates found in the {volume.modality.value} image",
    )
    surfaces, signs = _height_map(lattice, upper.cranial_mm, lower.cranial_mm)
    return _Measured(
        vertebra, lattice.frame, heights_of(vertebra.level, lattice, surfaces, error), signs, vertebra.quality
    )


def _moved_mm(lattice: ColumnLattice, upper: Endplate, lower: Endplate) -> float:
    """How far both endplates together lie from where the mask ends; one that moved as a whole counts by half."""
    parts = []
    for plate, mask in ((upper, lattice.upper_mm), (lower, lattice.lower_mm)):
        apart = (plate.cranial_mm - mask)[lattice.inner]
        whole = float(np.median(apart))
        parts += [MOVED_WHOLE_SHARE * whole, float(np.median(np.abs(apart - whole)))]
    return float(np.linalg.norm(parts))


def _leaves_the_image(volume: Volume, lattice: ColumnLattice, plate: Endplate, outward: int) -> bool:
    """Whether the image ends at or just beyond an endplate: then it is the image's edge, not an endplate."""
    beyond = lattice.points_body(plate.cranial_mm + outward * SEEN_BEYOND_MM)[lattice.inner]
    ijk = volume.grid.ijk_of(lattice.frame.lps_of(beyond))
    outside = ((ijk < -0.5) | (ijk > np.asarray(volume.grid.shape) - 0.5)).any(axis=-1)
    return bool(outside.mean() > MOST_OUTSIDE_FRACTION)


def _height_map(lattice: ColumnLattice, upper: FloatArray, lower: FloatArray) -> tuple[HeightMap, tuple[str, ...]]:
    """Both surfaces with their focal pits marked, and the pits as signs for the reader."""
    pits = {
        "cranial": focal_pits(upper, lattice.footprint, +1),
        "caudal": focal_pits(lower, lattice.footprint, -1),
    }
    surfaces = HeightMap(lattice.left_mm, lattice.anterior_mm, upper, lower, pits["cranial"], pits["caudal"])
    signs = tuple(
        f"focal pit in the {side} endplate (Schmorl node), left out of the heights"
        for side, pit in pits.items()
        if pit.any()
    )
    return surfaces, signs


def _findings(measured: _Measured, expected: ExpectedHeights | Unmeasurable | None) -> VertebraFindings:
    """Put one vertebra's parts together; a part that depends on a missing one is missing for the same reason."""
    vertebra, heights = measured.vertebra, measured.heights
    missing = heights if isinstance(heights, Unmeasurable) else expected
    loss: HeightLoss | Unmeasurable
    lateral: LateralLoss | Unmeasurable
    meaning: Deformity | Unmeasurable
    if isinstance(heights, BodyHeights) and isinstance(expected, ExpectedHeights):
        loss, lateral = height_loss(heights, expected), lateral_loss(heights, expected)
        meaning = deformity(loss, lateral, measured.signs)
    elif isinstance(missing, Unmeasurable):
        expected = replace(missing, quantity="expected heights")
        loss = replace(missing, quantity="height loss")
        lateral = replace(missing, quantity="lateral height loss")
        meaning = replace(missing, quantity="deformity")
    else:
        raise AssertionError(f"{vertebra.level}: heights without an expectation or a reason")
    return VertebraFindings(
        level=vertebra.level,
        level_confidence=vertebra.level_confidence,
        centre_lps=vertebra.centre_lps,
        touches_border=vertebra.touches_border,
        treated=vertebra.treated,
        frame=measured.frame,
        heights=heights,
        expected_heights=expected,
        height_loss=loss,
        lateral_loss=lateral,
        deformity=meaning,
        posterior_wall=Unmeasurable(vertebra.level, "posterior wall", Why.QUALITY_FAILED),
        marrow_mean_hu=Unmeasurable(vertebra.level, "marrow attenuation", Why.QUALITY_FAILED),
        quality=measured.quality,
        edited=measured.edited,
    )
