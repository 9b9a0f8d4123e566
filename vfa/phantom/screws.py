"""What do pedicle screws look like on CT? Metal along the pedicles, and the streaks it throws across its slices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vfa.model.frame import BodyFrame, FloatArray, Grid
from vfa.phantom.anatomy import PhantomVertebra
from vfa.phantom.features import of_kind
from vfa.phantom.inclusions import PedicleScrews
from vfa.phantom.materials import Tissue
from vfa.phantom.painting import Part
from vfa.phantom.solids import Bar

Points = NDArray[np.float32]

HEAD_HALF_MM = 6.0
CONVERGENCE = 0.62  # how near the midline a screw ends, relative to where it enters
STREAK_HU = 260.0  # amplitude of the bands beside the metal
STREAK_REACH_MM = 28.0  # over which they fade to a third
BANDS = 8  # bright bands around one screw
LONGEST_STEP_MM = 0.5  # between the places of an axis that are looked up


@dataclass(frozen=True, eq=False)
class ScrewPart:
    """One screw: its shaft and its head behind the pedicle."""

    vertebra: PhantomVertebra
    screws: PedicleScrews
    sign: float

    @property
    def hu(self) -> float:
        """The metal's brightness on CT."""
        return self.screws.hu

    @property
    def frame(self) -> BodyFrame:
        """The construction frame."""
        return self.vertebra.construction

    @cached_property
    def axis_mm(self) -> tuple[FloatArray, FloatArray]:
        """Where the shaft begins behind the pedicle and where it ends in the body."""
        shape, arch = self.vertebra.shape, self.vertebra.arch
        across = arch.canal_width_mm / 2 + arch.pedicle_width_mm / 2
        wall, up = -shape.depth_mm / 2, 0.24 * shape.posterior_height_mm  # the pedicle's height
        start = np.array([self.sign * (across + 2), wall - 0.9 * arch.canal_depth_mm, up])
        end = np.array([self.sign * across * CONVERGENCE, wall + self.screws.share_of_depth * shape.depth_mm, up])
        return start, end

    @cached_property
    def _bars(self) -> tuple[Bar, Bar]:
        start, end = self.axis_mm
        half = self.screws.diameter_mm / 2
        along = (end - start) / np.linalg.norm(end - start)
        shaft = Bar(tuple(start), tuple(end), (half, half), (0.7 * half, 0.7 * half))
        head = Bar(tuple(start - 8 * along), tuple(start), (HEAD_HALF_MM, HEAD_HALF_MM), (HEAD_HALF_MM, HEAD_HALF_MM))
        return shaft, head

    @property
    def box_mm(self) -> tuple[FloatArray, FloatArray]:
        """Shaft and head."""
        lows, highs = zip(*(bar.box_mm for bar in self._bars), strict=True)
        return np.min(lows, axis=0), np.max(highs, axis=0)

    def layers(self, x: Points, y: Points, z: Points) -> Iterator[tuple[Tissue, Points]]:
        """Metal."""
        shaft, head = (bar.distance(x, y, z) for bar in self._bars)
        yield Tissue.METAL, np.asarray(np.minimum(shaft, head))


def screw_parts(vertebra: PhantomVertebra) -> list[Part]:
    """The screws of a vertebra; none without."""
    return [
        ScrewPart(vertebra, screws, 1.0 if side == "left" else -1.0)
        for screws in of_kind(vertebra.inclusions, PedicleScrews)
        for side in screws.sides
    ]


def add_streaks(image: NDArray[np.float32], grid: Grid, parts: Sequence[Part]) -> None:
    """Add to each slice (I, J) of an image (I, J, K) in HU the bands that metal in it throws.

    Bright and dark bands alternate around each screw and fade with distance; a dark one lies along the screw, where
    most of the beam is lost. A likeness of beam hardening, not a simulation of it.
    """
    for part in parts:
        if not isinstance(part, ScrewPart):
            continue
        start, end = part.axis_mm
        count = 2 + int(np.linalg.norm(end - start) / LONGEST_STEP_MM)
        places = grid.ijk_of(part.frame.lps_of(start + np.linspace(0, 1, count)[:, None] * (end - start)))
        reach = (part.screws.diameter_mm / 2) / grid.spacing_mm[2] + 0.5
        for k in range(grid.shape[2]):
            within = places[np.abs(places[:, 2] - k) <= reach]
            if len(within):
                image[:, :, k] += _bands(grid, within[:, :2])


def _bands(grid: Grid, places_ij: FloatArray) -> NDArray[np.float32]:
    """The bands (I, J) in HU around the stretch of metal that lies in a slice."""
    middle, along = places_ij.mean(axis=0), (places_ij[-1] - places_ij[0]) * grid.spacing_mm[:2]
    i, j = np.meshgrid(*(np.arange(size, dtype=np.float32) for size in grid.shape[:2]), indexing="ij")
    x, y = (i - middle[0]) * grid.spacing_mm[0], (j - middle[1]) * grid.spacing_mm[1]
    turn = np.arctan2(y, x) - np.arctan2(along[1], along[0])
    fade = np.exp(-np.hypot(x, y) / STREAK_REACH_MM)
    return np.asarray(-STREAK_HU * np.cos(BANDS * turn) * fade, dtype=np.float32)
