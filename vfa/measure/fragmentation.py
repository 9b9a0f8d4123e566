"""Is the fractured body in pieces?

A burst body has driven a piece of its posterior wall back with an edge (AO A3, A4), or fracture planes run through
its shell from an endplate downwards (split, pincer, comminution). A simple wedge keeps its posterior wall and its
shell. The shell is followed around the body: where a plane comes out, its cortex is interrupted along a line, and the
line goes on into the marrow behind it. A line in the cortex alone is where it is thin, which says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.model.estimate import Estimate, Measured, Unmeasurable
from vfa.model.frame import BodyFrame, FloatArray
from vfa.model.morphometry import HeightMap
from vfa.model.posterior_wall import Finding, PosteriorWall, Presence, WallStatus
from vfa.model.volume import Volume

DIRECTIONS = 120  # around the body; 1 mm of its outline each
HEIGHTS = np.linspace(0.12, 0.88, 20)
RADIAL_STEP_MM = 0.5
INSIDE_MM, OUTSIDE_MM = 8.0, 3.0  # of the outline: where its shell is looked for
LACKING_SHARE = 0.38  # of the way from marrow to shell: below it the cortex lacks
WITHIN_SHELL_MM = (1.5, 4.5)  # inside the cortex: where a plane must go on
CARRIED_MM = 4.0  # inside the outline: where the endplates' heights are taken
DARKER_HU = 30.0  # blood in a plane is at least this much darker than the marrow to its sides
DARKER_ROUGH = 2.5  # and stands out of the marrow's own roughness
LEAST_RUN = 6  # heights in a row, about a third of the body
WIDEST_LINE = 8  # directions; a wider lack is lysis or a vessel's entry
LEAST_PLANES = 2  # a plane through a body comes out twice
COMMINUTION_SIGMA = 0.1  # of the comminuted fraction; checked on the phantom
BEHIND = np.sin(np.radians(-12))  # directions farther to the back belong to the pedicles and the posterior wall
LEAST_CONTRAST_HU = 80.0
THICKEST_SLICE_MM = 3.0


@dataclass(frozen=True, eq=False)
class Shell:
    """The body's shell, unrolled.

    Args:
        brightness: (DIRECTIONS, heights) of its cortex.
        judged: (DIRECTIONS,) directions of the front and the sides.
        lacking: (DIRECTIONS, heights) where the cortex lacks and the marrow behind it is darker than beside.
        contrast_hu: between shell and marrow.
    """

    brightness: FloatArray
    judged: NDArray[np.bool_]
    lacking: NDArray[np.bool_]
    contrast_hu: float

    @cached_property
    def _lines(self) -> NDArray[np.intp]:
        """(DIRECTIONS,) where cortex lacks in a row over a third of the height: its lower end; -1 for none."""
        begins = np.full(len(self.judged), -1)
        for direction in np.nonzero(self.judged)[0]:
            begin, length = _longest_run(self.lacking[direction])
            begins[direction] = begin if length >= LEAST_RUN else -1
        return begins

    @cached_property
    def _planes(self) -> list[NDArray[np.intp]]:
        """The directions of each line that is no wider than a fracture plane."""
        pieces, count = ndimage.label(self._lines >= 0)
        found = [np.nonzero(pieces == number)[0] for number in range(1, count + 1)]
        return [directions for directions in found if len(directions) <= WIDEST_LINE]

    @property
    def planes(self) -> int:
        """How many lines of lacking cortex run along a third of the height or more."""
        return len(self._planes)

    @property
    def comminuted_fraction(self) -> float:
        """Share of the height, from the upper endplate down, over which those lines run; 0 without any."""
        lowest = [float(np.median(HEIGHTS[self._lines[directions]])) for directions in self._planes]
        return 1 - float(np.median(lowest)) if lowest else 0.0


def find_fragmentation(wall: PosteriorWall | Unmeasurable, shell: Shell, volume: Volume, mask_pieces: int) -> Finding:
    """Whether one body is in pieces.

    Args:
        wall: its posterior wall.
        shell: its front and sides.
        volume: the image.
        mask_pieces: into how many pieces its mask falls.
    """
    name = "fragmentation"
    if not volume.modality.is_ct:
        return Finding(name, Presence.NOT_ASSESSABLE, "Only a CT can tell whether the body is in fragments.")
    if isinstance(wall, PosteriorWall) and wall.outline == "angular" and wall.status is WallStatus.BREACHED:
        assert isinstance(wall.retropulsion_mm, Estimate)
        because = f"A fragment of the posterior wall has been driven back: {wall.because}."
        measures: dict[str, Measured] = {"retropulsion_mm": wall.retropulsion_mm}
        return Finding(name, Presence.PRESENT, because, measures | _comminution(shell))
    if shell.contrast_hu < LEAST_CONTRAST_HU:
        return Finding(name, Presence.NOT_ASSESSABLE, "The cortex is hardly brighter than the marrow.")
    if shell.planes >= LEAST_PLANES:
        because = f"Fracture planes come out through the shell at {shell.planes} places."
        return Finding(name, Presence.PRESENT, because, _comminution(shell))
    if volume.slice_spacing_mm > THICKEST_SLICE_MM:
        because = f"Slices of {volume.slice_spacing_mm:g} mm hide fracture planes."
        return Finding(name, Presence.NOT_ASSESSABLE, because)
    if isinstance(wall, Unmeasurable) or wall.status is WallStatus.NOT_ASSESSABLE:
        because = "The posterior wall could not be judged, where fragments show first."
        return Finding(name, Presence.NOT_ASSESSABLE, because)
    if shell.planes or mask_pieces > 1:
        because = "The shell is interrupted at one place; whether a fragment is loose a reader must say."
        return Finding(name, Presence.NOT_ASSESSABLE, because)
    because = "The posterior wall has no step and no fracture plane comes out through the shell."
    return Finding(name, Presence.ABSENT, because)


def _comminution(shell: Shell) -> dict[str, Measured]:
    """The comminuted fraction, where planes were followed that say how far down the pieces reach."""
    if shell.planes < LEAST_PLANES:
        return {}
    method = "height over which fracture planes run, from the upper endplate down"
    return {"comminuted_fraction": Estimate(shell.comminuted_fraction, COMMINUTION_SIGMA, "fraction", method, 0.0)}


def unroll_shell(volume: Volume, frame: BodyFrame, surfaces: HeightMap) -> Shell:
    """Follow the shell around one body, direction by direction, on the original image."""
    footprint = np.isfinite(surfaces.height_mm)
    rows, columns = np.nonzero(footprint)
    middle = np.array([surfaces.left_mm[rows].mean(), surfaces.anterior_mm[columns].mean()])
    turn = np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS
    away = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    reach = _outline_reach(surfaces, footprint, middle, away)
    radial = reach[:, None] + np.arange(-INSIDE_MM, OUTSIDE_MM + RADIAL_STEP_MM, RADIAL_STEP_MM)
    flat = middle + radial[..., None] * away[:, None, :]
    inner = middle + np.maximum(reach - CARRIED_MM, 1.0)[:, None] * away
    lower, upper = (_carried(surface, surfaces, footprint, inner) for surface in (surfaces.lower_mm, surfaces.upper_mm))
    cranial = lower[:, None] + HEIGHTS * (upper - lower)[:, None]
    shape = (DIRECTIONS, len(HEIGHTS), radial.shape[1])
    points = np.concatenate(
        [np.broadcast_to(flat[:, None], (*shape, 2)), np.broadcast_to(cranial[..., None, None], (*shape, 1))], axis=-1
    )
    ijk = np.moveaxis(volume.grid.ijk_of(frame.lps_of(points)), -1, 0)
    values = ndimage.map_coordinates(volume.voxels, ijk, order=1, mode="nearest", output=np.float64)
    brightness = values.max(axis=2)
    marrow = float(np.median(values[:, :, 0]))
    judged = away[:, 1] > BEHIND
    shell = ndimage.median_filter(brightness, size=(1, 3), mode="nearest")
    typical = float(np.median(shell[judged]))
    lacking = (shell < marrow + LACKING_SHARE * (typical - marrow)) & _dark_within(values)
    return Shell(shell, judged, lacking, typical - marrow)


def _dark_within(values: FloatArray) -> NDArray[np.bool_]:
    """(DIRECTIONS, heights) where the marrow just within the shell is darker than to both sides of it."""
    peak = ndimage.median_filter(values.argmax(axis=2), size=5, mode="nearest")
    steps = np.arange(values.shape[2])
    first, last = (round(mm / RADIAL_STEP_MM) for mm in WITHIN_SHELL_MM)
    within = (steps >= peak[..., None] - last) & (steps <= peak[..., None] - first)
    mean = (values * within).sum(axis=2) / np.maximum(within.sum(axis=2), 1)
    mean = ndimage.uniform_filter1d(mean, 3, axis=1, mode="nearest")
    around = ndimage.median_filter(mean, size=(2 * WIDEST_LINE + 1, 1), mode="wrap")
    rough = 1.4826 * float(np.median(np.abs(mean - around)))
    return np.asarray((mean < around - max(DARKER_HU, DARKER_ROUGH * rough)) & (within.sum(axis=2) > 0))


def _outline_reach(
    surfaces: HeightMap, footprint: NDArray[np.bool_], middle: FloatArray, away: FloatArray
) -> FloatArray:
    """(DIRECTIONS,) how far the footprint reaches from its middle."""
    steps = np.arange(2.0, 45.0, RADIAL_STEP_MM)
    places = middle + steps[None, :, None] * away[:, None, :]
    at = [places[..., 0] - surfaces.left_mm[0], places[..., 1] - surfaces.anterior_mm[0]]
    within = ndimage.map_coordinates(footprint.astype(np.float32), at, order=1, cval=0.0) >= 0.5
    last = within.shape[1] - 1 - np.argmax(within[:, ::-1], axis=1)
    return np.asarray(ndimage.median_filter(steps[last], size=5, mode="wrap"), dtype=np.float64)


def _carried(surface: FloatArray, surfaces: HeightMap, footprint: NDArray[np.bool_], places: FloatArray) -> FloatArray:
    """(N,) height of an endplate at (left, anterior) places, from the nearest column that has one."""
    nearest = ndimage.distance_transform_edt(~footprint, return_distances=False, return_indices=True)
    filled = surface[tuple(nearest)]
    at = [places[:, 0] - surfaces.left_mm[0], places[:, 1] - surfaces.anterior_mm[0]]
    return np.asarray(ndimage.map_coordinates(filled, at, order=1, mode="nearest"), dtype=np.float64)


def _longest_run(lacking: NDArray[np.bool_]) -> tuple[int, int]:
    """Where the longest row of True begins, and how many stand in it."""
    pieces, count = ndimage.label(lacking)
    if not count:
        return 0, 0
    sizes = np.bincount(pieces)[1:]
    longest = int(np.argmax(sizes))
    return int(np.argmax(pieces == longest + 1)), int(sizes[longest])
