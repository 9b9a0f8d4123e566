"""What did the segmentation find? Vertebral bodies from head to foot, each with a name and a mask."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vfa.model.anatomy import check_level
from vfa.model.frame import FloatArray, Grid


@dataclass(frozen=True, eq=False)
class Vertebra:
    """One vertebra: its level, and the mask of its body (no posterior elements) on a crop of the spine's grid.

    Args:
        level: anatomical or provisional name.
        level_confidence: probability that the name is right, 0–1; None when the source states none.
        body: (I, J, K) bool mask of the vertebral body.
        grid: the crop's lattice in LPS mm.
        canal_lps: (3,) a point in the spinal canal behind this body; None when unknown.
        touches_border: whether the volume's edge cuts the body, so that it cannot be measured.
        cut_sideways: whether the images' lateral edge passes through the body while its upper, lower, front and back
            margins are inside: it can be measured where it is seen.
        treated: cement or an implant inside, with the word for it ("cement", "implant"); empty if none seen.
        unusable: a reason why no measurement may be made of this body; empty when it may.
        outline_sigma_mm: how far an automatic outline may have led the heights astray (standard uncertainty); 0 where
            the mask is taken as given.
        quality: sentences a reader should know about this body's mask.
    """

    level: str
    level_confidence: float | None
    body: NDArray[np.bool_]
    grid: Grid
    canal_lps: FloatArray | None = None
    touches_border: bool = False
    cut_sideways: bool = False
    treated: str = ""
    unusable: str = ""
    outline_sigma_mm: float = 0.0
    quality: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_level(self.level)
        if self.body.shape != self.grid.shape or self.body.dtype != np.bool_:
            raise ValueError(f"body: expected bool {self.grid.shape}, got {self.body.dtype} {self.body.shape}")
        if not self.body.any():
            raise ValueError(f"body: the mask of {self.level} is empty")
        if self.touches_border and self.cut_sideways:
            raise ValueError(f"{self.level}: cut sideways and beyond measuring at once, expected one of them")
        if self.level_confidence is not None and not 0 <= self.level_confidence <= 1:
            raise ValueError(f"level_confidence: expected 0–1 or None, got {self.level_confidence}")

    @cached_property
    def centre_lps(self) -> FloatArray:
        """(3,) centre of mass of the body."""
        return self.grid.lps_of(np.argwhere(self.body).mean(axis=0))

    @cached_property
    def ends_lps(self) -> FloatArray:
        """(N, 3) the first and last body voxel of every row along k: no other reaches farther, in any direction."""
        rows = np.argwhere(self.body.any(axis=2))
        along = self.body[rows[:, 0], rows[:, 1]]
        first, last = along.argmax(axis=1), along.shape[1] - 1 - along[:, ::-1].argmax(axis=1)
        return self.grid.lps_of(np.concatenate([np.column_stack([rows, k]) for k in (first, last)]))


@dataclass(frozen=True, eq=False)
class Spine:
    """The vertebrae found, from head to foot.

    Args:
        vertebrae: ordered from head to foot, no level twice.
        grid: the lattice of the whole image or label volume; every crop is a part of it.
        segmented_by: who or what made the masks, in words and with a version.
        naming: a sentence: what the level names hang on.
        alternative_naming: a plausible other naming (level by level), empty if none.
        notes: sentences for the report.
    """

    vertebrae: tuple[Vertebra, ...]
    grid: Grid
    segmented_by: str
    naming: str = ""
    alternative_naming: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        levels = [vertebra.level for vertebra in self.vertebrae]
        twice = sorted({level for level in levels if levels.count(level) > 1})
        if twice:
            raise ValueError(f"vertebrae: level given twice: {', '.join(twice)}")

    def __getitem__(self, level: str) -> Vertebra:
        for vertebra in self.vertebrae:
            if vertebra.level == level:
                return vertebra
        raise KeyError(level)

    @property
    def region(self) -> Grid | None:
        """The part of the grid, on its own lattice, that holds every crop; None without vertebrae."""
        if not self.vertebrae:
            return None
        starts = np.array([self.grid.ijk_of(one.grid.lps_of((0, 0, 0))) for one in self.vertebrae])
        stops = starts + np.array([one.grid.shape for one in self.vertebrae])
        start = np.rint(starts.min(axis=0)).astype(int)
        size = np.rint(stops.max(axis=0)).astype(int) - start
        return self.grid.crop(start, (int(size[0]), int(size[1]), int(size[2])))

    @property
    def levels(self) -> tuple[str, ...]:
        """Names from head to foot."""
        return tuple(vertebra.level for vertebra in self.vertebrae)
