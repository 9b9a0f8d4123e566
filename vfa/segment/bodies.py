"""Which voxels are one vertebral body, is it whole, and can it be believed?

A body travels as a `BodyMask`: a bool mask on a crop of the lattice it was drawn on, so that a fine mask is never
degraded to a coarser image. Pieces, edges and sizes are judged here; cutting bodies out of whole vertebrae is
`body_cut`, their names are `levels`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.model.frame import FloatArray, Grid
from vfa.model.spine import Vertebra
from vfa.segment.edges import edge_cut, faces_reached

MARGIN_VOXELS = 3  # empty layers around a body in its crop, so that surfaces close
TOUCHING = np.ones((3, 3, 3), dtype=bool)  # 26-connectivity: for the pieces of one body
SHARING_A_FACE = ndimage.generate_binary_structure(3, 1)  # 6-connectivity: neighbours' rims often meet at an edge

# A piece apart from the main body is kept as a fragment of it when it is large and near enough; burst fragments lie
# within the body's own rim, specks of a network or of a brush do not reach this size.
FRAGMENT_AT_LEAST_ML = 0.2
FRAGMENT_AT_LEAST_SHARE = 0.02
FRAGMENT_WITHIN_MM = 6.0
BODY_AT_LEAST_ML = 0.3  # less is a speck; the smallest cervical bodies have about 2 ml

# Volumes (ml) outside these are no single body of the region, fractured or not: adult bodies measured on CT have about
# 3–8 (cervical), 6–35 (thoracic) and 25–65 (lumbar) ml; vertebra plana and children lower, hyperostosis higher limits.
PLAUSIBLE_ML: dict[str, tuple[float, float]] = {
    "C": (0.5, 20),
    "T": (1.5, 75),
    "L": (4, 130),
    "S": (4, 130),
    "V": (0.5, 130),
}
MERGED_RATIO = 1.8  # times the neighbours' volume: two bodies in one mask
SLIVER_RATIO = 0.2  # of the neighbours' volume: less than a vertebra plana leaves
PART_SEEN = "the images show only {width_mm:.0f} mm of this body's width; its heights are those of the part seen"
OFF_COLUMN_MM = 30.0  # beyond the line through the neighbours; scoliosis and kyphosis stay below 15


@dataclass(frozen=True, eq=False)
class BodyMask:
    """A body's mask on its own crop.

    Args:
        mask: (I, J, K) bool, not empty.
        grid: the crop's lattice in LPS mm.
    """

    mask: NDArray[np.bool_]
    grid: Grid

    def __post_init__(self) -> None:
        if self.mask.shape != self.grid.shape or self.mask.dtype != np.bool_ or not self.mask.any():
            raise ValueError(f"mask: expected a non-empty bool array of shape {self.grid.shape}, got {self.mask.shape}")

    @property
    def points_lps(self) -> FloatArray:
        """(N, 3) centres of the mask's voxels, LPS mm."""
        return self.grid.lps_of(np.argwhere(self.mask))

    @property
    def centre_lps(self) -> FloatArray:
        """(3,) centre of mass."""
        return self.grid.lps_of(np.argwhere(self.mask).mean(axis=0))

    @property
    def volume_ml(self) -> float:
        """Volume by counting voxels."""
        return float(self.mask.sum()) * self.grid.voxel_volume_mm3 / 1000


def cropped(mask: NDArray[np.bool_], grid: Grid) -> BodyMask | None:
    """Crop a mask to its bounding box and at least three empty voxels around it, as far as the lattice goes.

    Args:
        mask: (I, J, K) bool on `grid`.
        grid: the lattice, in LPS mm.

    Returns:
        The crop; None for an empty mask.
    """
    boxes = ndimage.find_objects(mask.astype(np.uint8))
    return within_box(mask, grid, boxes[0]) if boxes else None


def within_box(mask: NDArray[np.bool_], grid: Grid, box: tuple[slice, ...]) -> BodyMask:
    """Cut a box of voxels, widened by the margin, out of a mask and its lattice."""
    start = [max(0, side.start - MARGIN_VOXELS) for side in box]
    stop = [min(size, side.stop + MARGIN_VOXELS) for side, size in zip(box, mask.shape, strict=True)]
    part = mask[start[0] : stop[0], start[1] : stop[1], start[2] : stop[2]]
    return BodyMask(np.array(part), grid.crop(start, (part.shape[0], part.shape[1], part.shape[2])))


def separate_bodies(mask: NDArray[np.bool_], grid: Grid) -> tuple[BodyMask, ...]:
    """The pieces (6-connectivity) of a mask of all bodies, largest first; specks are left out.

    Args:
        mask: (I, J, K) bool, any number of bodies that share no voxel face.
        grid: its lattice, in LPS mm.
    """
    labels, count = ndimage.label(mask, structure=SHARING_A_FACE)
    if count == 0:
        return ()
    sizes_ml = np.bincount(labels.ravel())[1:] * grid.voxel_volume_mm3 / 1000
    boxes = ndimage.find_objects(labels)
    kept = [index for index in np.argsort(-sizes_ml, kind="stable") if sizes_ml[index] >= BODY_AT_LEAST_ML]
    return tuple(within_box(labels == index + 1, grid, boxes[index]) for index in kept)


def tidy(body: BodyMask) -> tuple[BodyMask, tuple[str, ...]]:
    """Keep the largest piece and what may be its fragments; drop specks.

    Returns:
        The body (cropped anew) and sentences about what was kept apart or dropped.
    """
    labels, count = ndimage.label(body.mask, structure=TOUCHING)
    if count == 1:
        return body, ()
    sizes_ml = np.bincount(labels.ravel())[1:] * body.grid.voxel_volume_mm3 / 1000
    main = int(np.argmax(sizes_ml)) + 1
    gap_mm = ndimage.distance_transform_edt(labels != main, sampling=body.grid.spacing_mm)
    nearest_mm = ndimage.minimum(gap_mm, labels, index=np.arange(1, count + 1))
    enough_ml = max(FRAGMENT_AT_LEAST_ML, FRAGMENT_AT_LEAST_SHARE * float(sizes_ml[main - 1]))
    kept = (sizes_ml >= enough_ml) & (nearest_mm <= FRAGMENT_WITHIN_MM)
    kept[main - 1] = True
    notes = []
    if kept.sum() > 1:
        apart_ml = float(sizes_ml[kept].sum() - sizes_ml[main - 1])
        notes.append(f"the mask is in {int(kept.sum())} pieces ({apart_ml:.1f} ml beside the largest)")
    if not kept.all():
        notes.append(f"{int((~kept).sum())} stray piece(s) of the mask left out ({sizes_ml[~kept].sum():.2f} ml)")
    tidied = cropped(np.concatenate([[False], kept])[labels], body.grid)
    return tidied or body, tuple(notes)


def reaches_edge(body: BodyMask, lattice: Grid) -> bool:
    """Whether the body reaches the outermost voxel layer of a lattice (its own or the image's), along any axis.

    Args:
        body: the mask, on any grid.
        lattice: the image's or label volume's whole lattice.
    """
    return bool(faces_reached(body.points_lps, lattice))


def vertebra_of(
    level: str,
    body: BodyMask,
    lattices: Sequence[Grid],
    canal_lps: FloatArray | None = None,
    level_confidence: float | None = None,
    quality: tuple[str, ...] = (),
) -> Vertebra:
    """Make a Vertebra of a raw body mask: stray pieces dropped, edges looked at.

    Args:
        level: its name, anatomical or provisional.
        body: its mask on any crop.
        lattices: the whole lattices (of the image, of the label volume) whose edge may cut the body.
        canal_lps: (3,) a point in the canal behind it; None when unknown.
        level_confidence: probability that the name is right; None when nobody stated one.
        quality: sentences to begin with.
    """
    tidied, notes = tidy(body)
    cut = edge_cut(tidied.points_lps, lattices, canal_lps)
    if cut.kind == "sideways":
        notes = (*notes, PART_SEEN.format(width_mm=cut.seen_width_mm))
    return Vertebra(
        level=level,
        level_confidence=level_confidence,
        body=tidied.mask,
        grid=tidied.grid,
        canal_lps=canal_lps,
        touches_border=cut.kind == "through",
        cut_sideways=cut.kind == "sideways",
        quality=(*quality, *notes),
    )


def judge_bodies(vertebrae: Sequence[Vertebra]) -> tuple[Vertebra, ...]:
    """Mark bodies whose size or place no single vertebral body has as `unusable`, with the reason.

    Args:
        vertebrae: from head to foot.
    """
    volumes_ml = [float(v.body.sum()) * v.grid.voxel_volume_mm3 / 1000 for v in vertebrae]
    off_mm = _off_column_mm(np.array([v.centre_lps for v in vertebrae]))
    judged = []
    for index, vertebra in enumerate(vertebrae):
        place = f"the mask lies {off_mm[index]:.0f} mm beside the line of its neighbours" if index in off_mm else ""
        reason = vertebra.unusable or _odd_anatomy(vertebra.level) or _odd_size(index, vertebrae, volumes_ml) or place
        judged.append(replace(vertebra, unusable=reason))
    return tuple(judged)


def _odd_anatomy(level: str) -> str:
    if level == "C1":
        return "C1 has no vertebral body"
    if level == "C2":
        return "the dens makes the heights of C2 mean something else"
    if level == "S1":
        return "S1 is fused with the sacrum and has no lower endplate"
    return ""


def _odd_size(index: int, vertebrae: Sequence[Vertebra], volumes_ml: Sequence[float]) -> str:
    vertebra, volume_ml = vertebrae[index], volumes_ml[index]
    low_ml, high_ml = PLAUSIBLE_ML[vertebra.level[0]]
    if volume_ml > high_ml:
        return f"the mask has {volume_ml:.0f} ml, more than a single body of this region"
    alike = [
        n
        for n, other in enumerate(vertebrae)
        if n != index and not other.touches_border and other.cut_sideways == vertebra.cut_sideways
    ]
    nearest = sorted(alike, key=lambda n: abs(n - index))[:4]
    usual_ml = float(np.median([volumes_ml[n] for n in nearest])) if len(nearest) > 1 else None
    if usual_ml is not None and volume_ml > MERGED_RATIO * usual_ml:
        return f"the mask has {volume_ml:.0f} ml where its neighbours have {usual_ml:.0f}: two bodies may be merged"
    if vertebra.touches_border or vertebra.cut_sideways:
        return ""  # cut by the edge: being small is no fault of the mask
    if volume_ml < low_ml or (usual_ml is not None and volume_ml < SLIVER_RATIO * usual_ml):
        return f"the mask has only {volume_ml:.1f} ml, less than a body of this region"
    return ""


def _off_column_mm(centres_lps: FloatArray) -> dict[int, float]:
    """Which of (N, 3) centres stand beside the column, and how far (mm): those without which the rest is in line."""
    left_in, off = list(range(len(centres_lps))), {}
    # Below four there is no saying which of them is off.
    while len(left_in) >= 4 and (worst := _offsets_mm(centres_lps[left_in])).max() > OFF_COLUMN_MM:
        without = [_offsets_mm(np.delete(centres_lps[left_in], n, axis=0)).max() for n in range(len(left_in))]
        culprit = int(np.argmin(without))
        off[left_in.pop(culprit)] = float(worst[culprit])
    return off


def _offsets_mm(centres_lps: FloatArray) -> FloatArray:
    """(N,) distance of each centre from the line through the two beside it (at the ends, the next two)."""
    last = len(centres_lps) - 1
    index = np.arange(last + 1)
    one = np.where(index == 0, 1, index - 1)
    two = np.where(index == 0, 2, np.where(index == last, last - 2, index + 1))
    along = centres_lps[two] - centres_lps[one]
    along = along / np.linalg.norm(along, axis=1, keepdims=True)
    off = centres_lps - centres_lps[one]
    across = off - (off * along).sum(axis=1, keepdims=True) * along
    return np.asarray(np.linalg.norm(across, axis=1), dtype=np.float64)
