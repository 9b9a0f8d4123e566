"""How wide is the opening between two pedicles, through which a nerve root leaves?

One neural foramen in sagittal sections a little outside the pedicles' inner border: between the pedicle above and the
one below, behind the bodies and the disc between them, in front of the articular processes. What counts is bone: a disc
or a ligament that narrows a foramen is not told from the fat in it here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.measure.wall_look import WallLook
from vfa.model.frame import BodyFrame, FloatArray
from vfa.model.morphometry import HeightMap
from vfa.model.volume import Volume

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")

PEDICLE_HEIGHT_FRACTION = 0.74  # of the posterior height: where a pedicle's middle leaves the body
BEHIND_MARGIN_MM = 3.0  # where the section's axis runs, behind the bodies' posterior margins
DEEPEST_MM = 10.0  # behind the margins: the articular processes stand here, and beyond them is the canal's back
AHEAD_MM = 5.0  # in front of the margins beside disc height: the bodies are waisted
OUTSIDE_PEDICLE_MM = np.arange(2.5, 6.1, 0.5)  # the sections, from the pedicles' inner border outwards
PIXEL_MM = 0.5
MIDDLE_SHARE = 0.25  # of the way between the pedicles' middles, up and down: behind the margins it is the foramen
SMOOTH_PIXELS = 0.6
NARROW_QUANTILE = 0.25  # of the sections: what passes through is limited by the narrower ones
GROWN_PIXELS = 3
BRIGHTEST_QUANTILE = 0.95  # of a section: the cortex of pedicles and processes
LEAST_SHARE_CLOSED = 0.6  # of the sections that must end at a pedicle above and below
LEAST_OPEN_MM2 = 8.0  # below it nothing is left to be told from a gap between voxels
OUTSIDE_HU = -2000.0
METAL_HU = 2500.0
NEAREST_MM, FARTHEST_MM = 12.0, 60.0  # between the middles of two neighbouring pedicles


@dataclass(frozen=True, eq=False)
class Pillar:
    """A body with what is known of its back: one of the two that bound a foramen."""

    look: WallLook
    surfaces: HeightMap


@dataclass(frozen=True)
class Opening:
    """What is open in one foramen.

    Args:
        area_mm2: of the narrower sections.
        height_mm: its height, median over the sections.
    """

    area_mm2: float
    height_mm: float


def opening_between(volume: Volume, above: Pillar, below: Pillar, side: Side) -> Opening | str:
    """What is open between two neighbouring bodies' pedicles on one side, or the reason why it cannot be told."""
    ends = _pedicle_lps(above.look, side), _pedicle_lps(below.look, side)
    if ends[0] is None or ends[1] is None:
        return "a pedicle that bounds it was not found"
    frame = BodyFrame.from_directions(
        (ends[0] + ends[1]) / 2, ends[0] - ends[1], above.look.view.frame.anterior + below.look.view.frame.anterior
    )
    apart_mm = float(np.linalg.norm(ends[0] - ends[1]))
    if not NEAREST_MM <= apart_mm <= FARTHEST_MM:
        return f"the pedicles that bound it were found {apart_mm:.0f} mm apart"
    outwards = 1.0 if side == "left" else -1.0
    left = outwards * (OUTSIDE_PEDICLE_MM - float(OUTSIDE_PEDICLE_MM.mean()))
    anterior = np.arange(BEHIND_MARGIN_MM - DEEPEST_MM, BEHIND_MARGIN_MM + AHEAD_MM + 4.0, PIXEL_MM)
    cranial = np.arange(-apart_mm / 2, apart_mm / 2, PIXEL_MM)
    values = _sampled(volume, frame, (left, anterior, cranial))
    front = _front_mm(frame, above, below, side, cranial)
    kept = anterior[:, None] <= front[None, :]
    if (values[:, kept] <= OUTSIDE_HU / 2).any():
        return "the image does not hold it whole"
    if float(values.max()) >= METAL_HU:
        return "metal beside it throws streaks across it"
    edge = (above.look.levels.edge + below.look.levels.edge) / 2
    core = (anterior[:, None] <= 0.0) & (np.abs(cranial) <= MIDDLE_SHARE * apart_mm)[None, :]
    found = [_open(section, kept, edge, core) for section in values]
    closed = [piece for piece in found if not piece[:, [0, -1]].any()]
    if len(closed) < LEAST_SHARE_CLOSED * len(found):
        return "no pedicle closes it above or below where one was looked for"
    area = float(np.quantile([piece.sum() for piece in closed], NARROW_QUANTILE)) * PIXEL_MM**2
    if area < LEAST_OPEN_MM2:
        return "no opening was found between the pedicles that bound it"
    height = float(np.median([piece.any(axis=0).sum() for piece in closed])) * PIXEL_MM
    return Opening(area, height)


def _pedicle_lps(look: WallLook, side: Side) -> FloatArray | None:
    """(3,) the middle of the sections at a pedicle's height, a little behind the wall; None where no arch was met."""
    if look.arch is None:
        return None
    view = look.view
    half = look.arch.half_left_mm if side == "left" else look.arch.half_right_mm
    aside = half + float(OUTSIDE_PEDICLE_MM.mean())
    lower, upper = float(np.median(view.lower_mm)), float(np.median(view.upper_mm))
    cranial = lower + PEDICLE_HEIGHT_FRACTION * (upper - lower)
    left = float(look.line.left_at(np.array([cranial]))[0]) + (aside if side == "left" else -aside)
    return view.lps_of(np.array(left), np.array(view.margin_mm + BEHIND_MARGIN_MM), np.array(cranial))


def _sampled(
    volume: Volume, frame: BodyFrame, axes_mm: tuple[FloatArray, FloatArray, FloatArray]
) -> NDArray[np.float32]:
    """(L, A, C) values of the image in a frame; OUTSIDE_HU beyond it."""
    points = frame.lps_of(np.stack(np.meshgrid(*axes_mm, indexing="ij"), axis=-1))
    ijk = np.moveaxis(volume.grid.ijk_of(points), -1, 0)
    return np.asarray(ndimage.map_coordinates(volume.voxels, ijk, order=1, cval=OUTSIDE_HU, output=np.float32))


def _front_mm(frame: BodyFrame, above: Pillar, below: Pillar, side: Side, cranial_mm: FloatArray) -> FloatArray:
    """(C,) how far forward the foramen can reach: to the disc between both margins, and beside the bodies to bone."""
    ends = []
    for pillar, surface in ((below, below.surfaces.upper_mm), (above, above.surfaces.lower_mm)):
        look = pillar.look
        half = 0.0 if look.arch is None else look.arch.half_left_mm
        wanted = look.line.left_mm + (1.0 if side == "left" else -1.0) * (half + float(OUTSIDE_PEDICLE_MM.mean()))
        ends.append(frame.body_of(look.view.frame.lps_of(_margin(pillar.surfaces, surface, wanted))))
    (lower, upper), limit = ends, BEHIND_MARGIN_MM + AHEAD_MM
    disc = np.interp(cranial_mm, [lower[2], upper[2]], [lower[1], upper[1]])
    beside = (cranial_mm < lower[2]) | (cranial_mm > upper[2])
    return np.where(beside, limit, np.minimum(disc, limit))


def _margin(surfaces: HeightMap, surface_mm: FloatArray, left_mm: float) -> FloatArray:
    """(3,) the posterior end of an endplate at a place across, in the body's frame."""
    rows = np.nonzero(np.isfinite(surface_mm).any(axis=1))[0]
    row = rows[np.argmin(np.abs(surfaces.left_mm[rows] - left_mm))]
    column = np.nonzero(np.isfinite(surface_mm[row]))[0][0]
    return np.array([surfaces.left_mm[row], surfaces.anterior_mm[column], surface_mm[row, column]])


def _open(
    section: NDArray[np.float32], kept: NDArray[np.bool_], edge: float, core: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """(A, C) what is open: free of bone, hanging together, more of it in the core than of anything else.

    The low value that closes thin cortex is met before its surface; from there the opening is grown to the surface.
    """
    smooth = ndimage.gaussian_filter(section, SMOOTH_PIXELS, mode="nearest")
    free = kept & (smooth < edge)
    wide = ndimage.binary_opening(free)  # a thin place in the cortex does not join marrow to the foramen
    pieces, count = ndimage.label(wide if (wide & core).any() else free)
    sizes = np.bincount(pieces[core], minlength=count + 1)
    sizes[0] = 0
    if not sizes.any():
        return np.zeros_like(free)
    surface = (edge + max(float(np.quantile(section, BRIGHTEST_QUANTILE)), edge)) / 2
    grown = kept & (section < surface)
    return np.asarray(ndimage.binary_dilation(pieces == int(np.argmax(sizes)), iterations=GROWN_PIXELS, mask=grown))
