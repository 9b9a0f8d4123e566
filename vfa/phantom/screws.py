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
from vfa.phantom.painting import Part, points_in, window_of
from vfa.phantom.solids import Bar

Points = NDArray[np.float32]

HEAD_HALF_MM = 6.0
CONVERGENCE = 0.62  # how near the midline a screw ends, relative to where it enters
STREAK_HU = 260.0  # amplitude of the bands beside the metal
STREAK_REACH_MM = 28.0  # over which they fade to a third
BANDS = 8  # bright bands around one screw
STREAK_EDGE_MM = 1.0  # over which they end above and below the metal
STREAK_FAR_MM = 120.0  # where nothing is left of them


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
    """Add to an image (I, J, K) in HU the bands that metal throws across the axial planes it lies in.

    Bright and dark bands alternate around each screw and fade with distance; a dark one lies along the screw, where
    most of the beam is lost. The scanner's axial planes are those of LPS, whatever the lattice. A likeness of beam
    hardening, not a simulation of it.
    """
    for part in parts:
        if isinstance(part, ScrewPart):
            ends = part.frame.lps_of(np.stack(part.axis_mm))
            axial = BodyFrame(ends.mean(axis=0), np.array([0.0, 0.0, 1.0]), np.array([0.0, -1.0, 0.0]))
            half = np.abs(ends[1, 2] - ends[0, 2]) / 2 + part.screws.diameter_mm / 2 + STREAK_EDGE_MM
            box = np.array([STREAK_FAR_MM, STREAK_FAR_MM, half])
            window = window_of(grid, axial, -box, box)
            if window is not None:
                image[window] += _bands(points_in(grid, window, axial), axial.body_of(ends), half)


def _bands(points: tuple[Points, Points, Points], ends_mm: FloatArray, half_mm: float) -> Points:
    """The bands in HU at points (x, y, z) around a screw's middle, z across the scanner's planes."""
    x, y, z = points
    (dx, dy, dz), thick = ends_mm[1] - ends_mm[0], half_mm - abs(ends_mm[1, 2])
    # Where along the screw each plane cuts it, from -½ to ½; one that lies in the plane is cut at 0 on average.
    along = np.clip(z * np.float32(np.sign(dz) / (abs(dz) + 2 * thick)), -0.5, 0.5)
    x, y = x - along * np.float32(dx), y - along * np.float32(dy)
    turn = np.arctan2(y, x) - np.float32(np.arctan2(dy, dx))
    fade = np.exp(-np.hypot(x, y) / np.float32(STREAK_REACH_MM))
    within = np.clip((np.float32(half_mm) - np.abs(z)) / np.float32(STREAK_EDGE_MM), 0, 1)
    return np.asarray(-np.float32(STREAK_HU) * np.cos(np.float32(BANDS) * turn) * fade * within)
