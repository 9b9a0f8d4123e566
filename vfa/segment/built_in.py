"""Who finds the vertebral bodies when the user has no labels? The network that vfa ships, on any CPU and offline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.model.frame import FloatArray, Grid
from vfa.model.spine import Spine, Vertebra
from vfa.model.volume import Volume
from vfa.segment.bodies import MARGIN_VOXELS, BodyMask, judge_bodies, vertebra_of
from vfa.segment.instances import (
    BODY_AT_LEAST,
    CANDIDATE_AT_LEAST_ML,
    Candidate,
    canal_behind,
    find_instances,
    spine_chain,
)
from vfa.segment.levels import count_from, gaps_below, local_cranial, provisional_names
from vfa.segment.locate import SpineMaps, locate, weights_version
from vfa.segment.network_input import SPACING_MM, imaged_lattice, network_input
from vfa.segment.segmenter import Progress

NAME = "built-in"
REACH_MM = 6.0  # beyond its voxels at 2 mm, a body's smooth surface lies within this

SACRUM_AT_LEAST_ML = 12.0  # a whole adult sacrum has 150–250 ml; less than this is no sight of it
SACRUM_BELOW_MM = (8.0, 48.0)  # from the lowest body's centre to the nearest sacrum below it
DISC_AT_LEAST = 0.3  # probability, somewhere on the way from the lowest body to the sacrum
LEVEL_CONFIDENCE = 0.8  # about one spine in eight is transitional, and the network tells S1 from L5 imperfectly
PROVISIONAL = "nothing in the image anchors the level names: vertebrae are counted from head to foot"
NOTHING_FOUND = "no vertebra was found by the built-in segmenter"

# Below these, what was found may be no body at all, or only half of one; both are on the network's own scale. On
# generated volumes bodies above 0.8 reach a Dice of 0.75 or more, and a third of those below 0.75 do not reach 0.6.
MEAN_PROBABILITY_AT_LEAST = 0.76
CENTRE_AT_LEAST = 0.30


class BuiltInSegmenter:
    """Finds vertebral bodies on CT and MR with the weights inside the package; needs no network connection."""

    @property
    def name(self) -> str:
        """The name it is asked for by."""
        return NAME

    @property
    def version(self) -> str:
        """The version of its weights."""
        return weights_version()

    def segment(self, volume: Volume, progress: Progress) -> Spine:
        """Return the bodies found, from head to foot; a spine of no vertebrae, with a note, when none is found."""
        maps = locate(network_input(volume), progress)
        instances, candidates = find_instances(maps)
        chain = spine_chain(maps, candidates)
        by = f"{self.name} segmenter, weights {self.version}"
        vertebrae = _unnamed(maps, [(c, _on_image(maps, instances, c, volume.grid)) for c in chain], volume)
        if not vertebrae:
            return Spine((), volume.grid, by, notes=(NOTHING_FOUND,))
        names = name_found(maps, vertebrae)
        named = [
            replace(vertebra, level=level, level_confidence=names.confidence)
            for vertebra, level in zip(vertebrae, names.levels, strict=True)
        ]
        return Spine(judge_bodies(named), volume.grid, by, names.sentence, names.alternative)


def _unnamed(maps: SpineMaps, found: Sequence[tuple[Candidate, BodyMask | None]], volume: Volume) -> list[Vertebra]:
    """The vertebrae under provisional names.

    At either end, what the image's edge leaves of a body and what is too small for one is left out when the network
    itself is unsure of it.
    """
    seen = [(candidate, body) for candidate, body in found if body is not None]
    centres = np.array([candidate.centre_lps for candidate, _ in seen])
    lattices = [volume.grid, imaged_lattice(volume)]
    vertebrae = []
    for index, (candidate, body) in enumerate(seen):
        canal = canal_behind(maps, candidate.centre_lps, local_cranial(centres, index))
        made = vertebra_of(f"V{index + 1}", body, lattices, canal)
        doubt = _doubt(candidate)
        at_an_end = index in (0, len(seen) - 1)
        too_small = made.body.sum() * made.grid.voxel_volume_mm3 / 1000 < CANDIDATE_AT_LEAST_ML
        if not (at_an_end and doubt and (made.touches_border or too_small)):
            vertebrae.append(replace(made, unusable=made.unusable or doubt))
    return vertebrae


def _on_image(maps: SpineMaps, instances: NDArray[np.int32], candidate: Candidate, image: Grid) -> BodyMask | None:
    """The body on the image's own voxels: its probability interpolated, cut at one half; None if too small to see."""
    box = ndimage.find_objects((instances == candidate.number).astype(np.uint8))[0]
    pad = int(np.ceil(REACH_MM / SPACING_MM)) + 1
    part = tuple(slice(max(s.start - pad, 0), s.stop + pad) for s in box)
    start = np.array([s.start for s in part])
    probability = _own_probability(maps.body[part], instances[part], candidate.number)
    corners = np.array(np.meshgrid(*[(s.start, s.stop - 1) for s in part], indexing="ij")).reshape(3, -1).T
    inside = image.ijk_of(maps.grid.lps_of(corners))
    low = np.clip(np.floor(inside.min(axis=0)).astype(int) - MARGIN_VOXELS, 0, np.asarray(image.shape) - 1)
    high = np.clip(np.ceil(inside.max(axis=0)).astype(int) + MARGIN_VOXELS, 0, np.asarray(image.shape) - 1)
    crop = image.crop(low, tuple(int(n) for n in high - low + 1))  # type: ignore[arg-type]
    to_map = maps.grid.ijk_from_lps @ crop.lps_from_ijk
    fine = ndimage.affine_transform(
        probability, to_map[:3, :3], to_map[:3, 3] - start, crop.shape, order=1, mode="nearest"
    )
    mask = fine >= BODY_AT_LEAST
    return BodyMask(mask, crop) if mask.any() else None


def _own_probability(body: NDArray[np.float32], instances: NDArray[np.int32], number: int) -> NDArray[np.float32]:
    """The probability of being this body: that of being body, where this one is the nearest and not far."""
    away_mm, nearest = ndimage.distance_transform_edt(instances == 0, sampling=SPACING_MM, return_indices=True)
    owner = instances[tuple(nearest)]
    return np.where((owner == number) & (away_mm <= REACH_MM), body, 0).astype(np.float32)


@dataclass(frozen=True)
class FoundNames:
    """Names for the bodies found, from head to foot.

    Args:
        levels: one per body.
        confidence: that they are right; None for provisional ones.
        sentence: what they hang on.
        alternative: another plausible naming, level by level; empty for provisional ones.
    """

    levels: tuple[str, ...]
    confidence: float | None
    sentence: str
    alternative: tuple[str, ...] = ()


def name_found(maps: SpineMaps, vertebrae: Sequence[Vertebra]) -> FoundNames:
    """Name bodies, given from head to foot, from a sacrum in view right below the lowest; else provisionally."""
    centres = np.array([vertebra.centre_lps for vertebra in vertebrae])
    provisional = FoundNames(provisional_names(len(vertebrae)), None, PROVISIONAL)
    if vertebrae[-1].touches_border or not sacrum_is_below(maps, centres):
        return provisional
    if gaps_below(centres):
        return replace(provisional, sentence="a vertebra seems to be missing in between: counted from head to foot")
    steps = [index - (len(vertebrae) - 1) for index in range(len(vertebrae))]
    if len(vertebrae) > 23:  # C2 to L5
        return provisional
    return FoundNames(
        count_from("L5", steps),
        LEVEL_CONFIDENCE,
        "counted upwards from the sacrum, taking the lowest free vertebra for L5; no count from the head confirms it",
        count_from("L6", steps),
    )


def sacrum_is_below(maps: SpineMaps, centres_lps: FloatArray) -> bool:
    """Whether the sacrum begins one disc below the lowest of (N, 3) centres given from head to foot."""
    labels, count = ndimage.label(maps.sacrum > BODY_AT_LEAST)
    if count == 0:
        return False
    sizes_ml = np.bincount(labels.ravel())[1:] * SPACING_MM**3 / 1000
    if sizes_ml.max() < SACRUM_AT_LEAST_ML:
        return False
    offset = maps.grid.lps_of(np.argwhere(labels == np.argmax(sizes_ml) + 1)) - centres_lps[-1]
    below = offset[offset @ local_cranial(centres_lps, len(centres_lps) - 1) < 0]
    if not len(below):
        return False
    nearest = below[np.argmin(np.linalg.norm(below, axis=1))]
    way = maps.grid.ijk_of(centres_lps[-1] + np.linspace(0, 1, 24)[:, None] * nearest).T
    disc_between = float(ndimage.map_coordinates(maps.disc, way, order=1).max())
    return SACRUM_BELOW_MM[0] <= float(np.linalg.norm(nearest)) <= SACRUM_BELOW_MM[1] and disc_between >= DISC_AT_LEAST


def _doubt(candidate: Candidate) -> str:
    """Why a body cannot be believed, on the network's own word; empty when it can."""
    if candidate.mean_probability < MEAN_PROBABILITY_AT_LEAST:
        return f"the segmenter is unsure of this body (mean probability {candidate.mean_probability:.2f})"
    if candidate.centre_height < CENTRE_AT_LEAST:
        return f"the segmenter sees no clear centre in this body ({candidate.centre_height:.2f} of 1)"
    return ""
