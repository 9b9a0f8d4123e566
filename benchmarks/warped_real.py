"""Are fractures found in real images? A real body is collapsed by a known amount, and the whole path walks over it.

python -m benchmarks.warped_real --shared ../shared/data [--cases ircadb,totalseg,taichi-ct,taichi-t2]
                                 [--shapes wedge,biconcave,crush] [--losses 0.3,0.5] [--jobs 1]

Phantoms have the texture that their makers gave them. Here the texture is a patient's: within one intact body, as it
was measured, the image is squeezed along the body's own axis by the phantom's own fracture fields; what lies above
comes down with it, and the disc fills a dip. What the heights must then be is known: those measured before, less the
field. The marrow does not grow denser and no cortex breaks, so it is a test of finding and measuring, not of a real
fracture's look. One row for each collapsed body: was it found, under which name, how many bodies more or fewer were
found than before, how far the columns that lost most are off, what was said.
Nothing is written; the images are read where they lie.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from scipy import ndimage
from scipy.interpolate import RegularGridInterpolator

from vfa.model.findings import StudyFindings, VertebraFindings
from vfa.model.frame import BodyFrame, FloatArray
from vfa.model.morphometry import COLUMN_BANDS, COLUMNS, BodyHeights, Deformity, FractureStatus, HeightLoss
from vfa.model.study import Study
from vfa.model.volume import Modality, Volume
from vfa.phantom.fractures import Fracture, Shape, fracture_of
from vfa.pipeline import AssessmentRequest, study_findings
from vfa.pipeline import run as assess
from vfa.segment import find_segmenter
from vfa.segment.segmenter import DEFAULT_SEGMENTER, silent

FILES = {
    "ircadb": ("ircadb01-case17/PATIENT_DICOM", None),
    "totalseg": ("totalseg-example-ct/example_ct.nii.gz", Modality.CT),
    "taichi-ct": ("taichi-lspine-cc0/dicom/CT_SAG_3mm", None),
    "taichi-t2": ("taichi-lspine-cc0/dicom/MR_HITACHI_T2_SAG", None),
}
DISC_MM = 9.0  # beyond an endplate: what is drawn out as the endplate moves
ENDPLATE_MM = 2.0  # to both sides of an endplate moves with it, neither squeezed nor drawn out
REACH_MM = 75.0  # to the sides, front and back of the body; beyond it nothing moves
# The columns that a shape lowers as a whole; where its field is steep, height hangs on where one looks.
LOWERED = {"wedge": ("anterior",), "biconcave": ("middle",), "crush": COLUMNS}
NEAR_MM = 12.0  # a body found within this of the collapsed one's centre is that body


@dataclass(frozen=True)
class Row:
    """What came of one collapsed body; `errors_mm` and what follows are empty where it was not measured."""

    case: str
    level: str
    shape: str
    loss: float
    named: str
    more: int
    errors_mm: tuple[float, ...]
    covered: tuple[bool, ...]
    true_loss: float
    found_loss: float
    fracture: str
    because: str

    def __str__(self) -> str:
        errors = " ".join(f"{e:+5.2f}" for e in self.errors_mm) or f"not measured: {self.because}"
        losses = f"loss {100 * self.true_loss:3.0f} read {100 * self.found_loss:3.0f} {self.fracture}"
        what = f"{self.case:10} {self.level:4} {self.shape:9} {self.loss:.2f}"
        return f"{what} as {self.named:5} ({self.more:+d}) {errors}  {losses}"


@dataclass(frozen=True, eq=False)
class Collapse:
    """One body's squeeze, in its own frame.

    Args:
        frame: of the body as measured.
        heights: as measured.
        fracture: the field over its endplates.
    """

    frame: BodyFrame
    heights: BodyHeights
    fracture: Fracture

    def depth_of(self, anterior_mm: FloatArray) -> FloatArray:
        """Fraction of the depth, 0 in front, from the places of the anterior and posterior lines."""
        front, back = (self._along("anterior", self.frame.anterior), self._along("posterior", self.frame.anterior))
        first, last = (float(np.mean(COLUMN_BANDS[c])) for c in ("anterior", "posterior"))
        return np.asarray(first + (last - first) * (front - anterior_mm) / (front - back), dtype=float)

    def side_of(self, left_mm: FloatArray) -> FloatArray:
        """Fraction of the half width, +1 at the left margin."""
        seen = self.heights.height_map.left_mm[np.isfinite(self.heights.height_map.height_mm).any(axis=1)]
        return np.asarray((left_mm - (seen[0] + seen[-1]) / 2) / ((seen[-1] - seen[0]) / 2), dtype=float)

    def drop_and_rise(self, depth: FloatArray, side: FloatArray) -> tuple[FloatArray, FloatArray]:
        """How far the upper endplate sinks and the lower one rises, mm."""
        depth, side = np.clip(depth, 0, 1), np.clip(side, -1, 1)
        drop, rise = self.fracture.upper_drop_mm(depth, side), self.fracture.lower_rise_mm(depth, side)
        return np.asarray(drop, dtype=float), np.asarray(rise, dtype=float)

    def endplates(self, left_mm: FloatArray, anterior_mm: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Upper and lower endplate as measured, mm along the cranial axis; beyond them their nearest place."""
        found = self.heights.height_map
        axes = (found.left_mm, found.anterior_mm)
        places = np.stack([np.clip(p, a[0], a[-1]) for p, a in zip((left_mm, anterior_mm), axes, strict=True)], axis=-1)
        upper, lower = (RegularGridInterpolator(axes, _filled(s))(places) for s in (found.upper_mm, found.lower_mm))
        return upper, lower

    def true_heights(self) -> FloatArray:
        """(3,) what the measured heights become, by the bands' definition over the central third."""
        side, depth = np.meshgrid(np.linspace(-1 / 3, 1 / 3, 31), np.linspace(0, 1, 401), indexing="ij")
        drop, rise = self.drop_and_rise(depth, side)
        before = [self.heights.centre[c].value for c in COLUMNS]
        bands = [(depth >= a) & (depth <= b) for a, b in (COLUMN_BANDS[c] for c in COLUMNS)]
        return np.array([h - float(np.median((drop + rise)[b])) for h, b in zip(before, bands, strict=True)])

    def moved(self, points_lps: FloatArray) -> FloatArray:
        """(N, 3) where the voxel at each place takes its value from."""
        left, anterior, cranial = ((points_lps - self.frame.centre_lps) @ axis for axis in self._axes)
        depth, side = self.depth_of(anterior), self.side_of(left)
        drop, rise = self.drop_and_rise(depth, side)
        above, _ = self.drop_and_rise(depth, np.ones_like(side))  # the rim's, which carries what lies above
        upper, lower = self.endplates(left, anterior)
        around = [lower - DISC_MM, lower - ENDPLATE_MM, lower + ENDPLATE_MM]
        around += [upper - ENDPLATE_MM, upper + ENDPLATE_MM, upper + DISC_MM]
        knots_from = np.stack(around)
        knots_to = knots_from + np.stack([np.zeros_like(drop), rise, rise, -drop, -drop, -above])
        source = np.where(cranial >= knots_to[-1], cranial + above, cranial)
        for k in range(len(knots_to) - 1):
            inside = (cranial >= knots_to[k]) & (cranial < knots_to[k + 1])
            share = (cranial - knots_to[k]) / (knots_to[k + 1] - knots_to[k])
            source = np.where(inside, knots_from[k] + share * (knots_from[k + 1] - knots_from[k]), source)
        return points_lps + (source - cranial)[:, None] * self.frame.cranial

    @property
    def _axes(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        return self.frame.left, self.frame.anterior, self.frame.cranial

    def _of(self, point_lps: FloatArray, axis: FloatArray) -> float:
        return float((point_lps - self.frame.centre_lps) @ axis)

    def _along(self, column: str, axis: FloatArray) -> float:
        return self._of(self.heights.lines_lps[column].mean(axis=0), axis)


def _filled(surface_mm: FloatArray) -> FloatArray:
    """The surface with its gaps filled from the nearest place that is known, its stairs taken off."""
    nearest = ndimage.distance_transform_edt(~np.isfinite(surface_mm), return_distances=False, return_indices=True)
    return np.asarray(ndimage.gaussian_filter(surface_mm[tuple(nearest)], 1.0))


def warped(volume: Volume, collapse: Collapse) -> Volume:
    """The image with the body collapsed, without the slices at the head's end that nothing has come down into."""
    voxels, grid = np.asarray(volume.voxels), volume.grid
    cranial = grid.axes.T @ collapse.frame.cranial
    along = int(np.argmax(np.abs(cranial)))
    reach = REACH_MM / np.asarray(grid.spacing_mm)
    reach[along] = max(voxels.shape)
    centre = grid.ijk_of(collapse.frame.centre_lps)
    low = np.maximum(np.floor(centre - reach), 0).astype(int)
    high = np.minimum(np.ceil(centre + reach) + 1, voxels.shape).astype(int)
    window = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    index = np.stack(np.meshgrid(*[np.arange(a, b) for a, b in zip(low, high, strict=True)], indexing="ij"), axis=-1)
    source = grid.ijk_of(collapse.moved(grid.lps_of(index).reshape(-1, 3)))
    new = np.array(voxels)
    sampled = ndimage.map_coordinates(voxels[window].astype(np.float32), (source - low).T, order=3, mode="nearest")
    new[window] = np.clip(sampled, voxels.min(), voxels.max()).reshape(new[window].shape).astype(voxels.dtype)
    empty = int(np.ceil(collapse.fracture.loss_mm / grid.spacing_mm[along])) + 1
    start, shape = [0, 0, 0], list(voxels.shape)
    shape[along] -= empty
    start[along] = empty if cranial[along] < 0 else 0
    kept = tuple(slice(a, a + n) for a, n in zip(start, shape, strict=True))
    return replace(volume, voxels=new[kept], grid=grid.crop(start, (shape[0], shape[1], shape[2])))


@cache
def before(shared: Path, case: str) -> tuple[Volume, StudyFindings]:
    """The image, and what is measured on it as it is."""
    where, modality = FILES[case]
    result = assess(AssessmentRequest(input=shared / where, modality=modality))
    assert result.volume is not None
    return result.volume, result.assessment.findings


def whole(findings: StudyFindings) -> list[str]:
    return [
        v.level
        for v in findings.vertebrae
        if isinstance(v.heights, BodyHeights) and isinstance(v.frame, BodyFrame) and not v.touches_border
    ]


def again(volume: Volume) -> StudyFindings:
    return study_findings(find_segmenter(DEFAULT_SEGMENTER).segment(volume, silent), Study(volume), silent)


def tried(shared: Path, case: str, level: str, shape: Shape, loss: float) -> Row:
    """Collapse one body and walk the whole path."""
    volume, findings = before(shared, case)
    vertebra = findings[level]
    assert isinstance(vertebra.frame, BodyFrame)
    assert isinstance(vertebra.heights, BodyHeights)
    height = np.mean([vertebra.heights.centre[c].value for c in COLUMNS])
    collapse = Collapse(vertebra.frame, vertebra.heights, fracture_of(shape, loss, float(height)))
    after = again(warped(volume, collapse))
    near = [v for v in after.vertebrae if np.linalg.norm(v.centre_lps - vertebra.centre_lps) < NEAR_MM]
    true = collapse.true_heights()
    true_loss = float((1 - true / [vertebra.heights.centre[c].value for c in COLUMNS]).max())
    more = len(after.vertebrae) - len(findings.vertebrae)
    row = Row(case, level, shape, loss, "none", more, (), (), true_loss, np.nan, "", "no body found there")
    if not near:
        return row
    return of_found(row, min(near, key=lambda v: float(np.linalg.norm(v.centre_lps - vertebra.centre_lps))), true)


def of_found(row: Row, found: VertebraFindings, true_mm: FloatArray) -> Row:
    if not isinstance(found.heights, BodyHeights):
        return replace(row, named=found.level, because=found.heights.detail)
    centre = found.heights.centre
    deciding = LOWERED[row.shape]
    row = replace(
        row,
        named=found.level,
        errors_mm=tuple(float(centre[c].value - t) for c, t in zip(COLUMNS, true_mm, strict=True) if c in deciding),
        covered=tuple(
            bool(centre[c].ci95[0] <= t <= centre[c].ci95[1])
            for c, t in zip(COLUMNS, true_mm, strict=True)
            if c in deciding
        ),
    )
    if isinstance(found.height_loss, HeightLoss):
        row = replace(row, found_loss=found.height_loss.fraction.value)
    if isinstance(found.deformity, Deformity):
        row = replace(row, fracture=found.deformity.fracture.value)
    return row


def everything(options: argparse.Namespace) -> Iterator[Row]:
    jobs = [
        (options.shared, case, level, shape, float(loss))
        for case in options.cases.split(",")
        for level in whole(before(options.shared, case)[1])
        for shape in options.shapes.split(",")
        for loss in options.losses.split(",")
    ]
    if options.jobs == 1:
        yield from (tried(*job) for job in jobs)
        return
    with ProcessPoolExecutor(options.jobs) as pool:
        yield from pool.map(tried, *zip(*jobs, strict=True))


def summary(rows: list[Row]) -> str:
    """Shares over all rows."""
    measured = [row for row in rows if row.errors_mm]
    errors = np.array([error for row in measured for error in row.errors_mm])
    losses = np.array([row.found_loss - row.true_loss for row in measured])
    present = sum(row.fracture == FractureStatus.PRESENT.value for row in rows)
    absent = sum(row.fracture == FractureStatus.ABSENT.value for row in rows)
    changed = sum(row.more not in (0, -1) for row in rows)  # the uppermost may have left the image
    misnamed = sum(row.named != row.level for row in rows if row.named != "none")
    return (
        f"{len(rows)} collapsed bodies: {len(measured)} measured, {misnamed} under another name, "
        f"{changed} times bodies invented or lost; heights off by "
        f"{np.abs(errors).mean():.2f} mm on average (bias {errors.mean():+.2f}, worst {np.abs(errors).max():.1f}), "
        f"{100 * np.mean([c for row in measured for c in row.covered]):.0f} % within their intervals; loss off by "
        f"{100 * np.nanmean(np.abs(losses)):.1f} points (bias {100 * np.nanmean(losses):+.1f}); "
        f"fracture present in {present}, absent in {absent}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--cases", default=",".join(FILES))
    parser.add_argument("--shapes", default="wedge,biconcave,crush")
    parser.add_argument("--losses", default="0.3,0.5")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    rows = []
    for row in everything(options):
        print(row, flush=True)
        rows.append(row)
    print(summary(rows))


if __name__ == "__main__":
    main()
