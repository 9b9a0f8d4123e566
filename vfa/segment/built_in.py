"""Who finds the vertebral bodies when the user has no labels? The network that vfa ships, on any CPU and offline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.model.frame import FloatArray
from vfa.model.spine import Spine, Vertebra
from vfa.model.volume import Volume
from vfa.segment.belief import Belief
from vfa.segment.bodies import BodyMask, judge_bodies, vertebra_of
from vfa.segment.instances import (
    BODY_AT_LEAST,
    CANDIDATE_AT_LEAST_ML,
    Candidate,
    canal_behind,
    find_instances,
    spine_chain,
)
from vfa.segment.levels import count_from, gaps_below, local_cranial, provisional_names
from vfa.segment.locate import SpineMaps, locate
from vfa.segment.network import weights_version
from vfa.segment.network_input import SPACING_MM, imaged_lattice, network_input
from vfa.segment.outline import guessed_frame, outline
from vfa.segment.segmenter import Progress

NAME = "built-in"
LOCATE_SHARE = 0.75  # of the work, as progress tells it

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
        maps = locate(network_input(volume), lambda doing, share: progress(doing, LOCATE_SHARE * share))
        instances, candidates = find_instances(maps)
        chain = spine_chain(maps, candidates)
        found = []
        for index, body in enumerate(_found(volume, maps, instances, chain), start=1):
            progress("outlining the bodies", LOCATE_SHARE + (1 - LOCATE_SHARE) * index / len(chain))
            found.append(body)
        progress("the bodies are outlined", 1.0)
        vertebrae = _unnamed(volume, [body for body in found if body is not None])
        by = f"{self.name} segmenter, weights {self.version}"
        if not vertebrae:
            return Spine((), volume.grid, by, notes=(NOTHING_FOUND,))
        names = name_found(maps, vertebrae)
        named = [
            replace(vertebra, level=level, level_confidence=names.confidence)
            for vertebra, level in zip(vertebrae, names.levels, strict=True)
        ]
        return Spine(judge_bodies(named), volume.grid, by, names.sentence, names.alternative)


@dataclass(frozen=True, eq=False)
class _Found:
    """One body on the image's own voxels, (3,) a point of the canal behind it if any was seen, and what is in doubt."""

    body: BodyMask
    canal_lps: FloatArray | None
    doubt: str


def _found(
    volume: Volume, maps: SpineMaps, instances: NDArray[np.int32], chain: Sequence[Candidate]
) -> Iterator[_Found | None]:
    """Outline each body of a chain; where the two networks disagree, the first one's coarser outline stays.

    Yields:
        From head to foot; None for what is too small to see.
    """
    centres = np.array([candidate.centre_lps for candidate in chain])
    for index, candidate in enumerate(chain):
        cranial = local_cranial(centres, index)
        canal = canal_behind(maps, candidate.centre_lps, cranial)
        belief = Belief.of(maps, instances, candidate.number)
        fine = outline(volume, guessed_frame(candidate.centre_lps, cranial, canal), belief)
        body = belief.mask_on(volume.grid) if fine.doubt else fine.mask_on(volume.grid)
        yield None if body is None else _Found(body, canal, _doubt(candidate) or fine.doubt)


def _unnamed(volume: Volume, found: Sequence[_Found]) -> list[Vertebra]:
    """The vertebrae under provisional names.

    At either end, what the image's edge leaves of a body and what is too small for one is left out when the network
    itself is unsure of it.
    """
    lattices = [volume.grid, imaged_lattice(volume)]
    vertebrae = []
    for index, seen in enumerate(found):
        made = vertebra_of(f"V{index + 1}", seen.body, lattices, seen.canal_lps)
        at_an_end = index in (0, len(found) - 1)
        too_small = made.body.sum() * made.grid.voxel_volume_mm3 / 1000 < CANDIDATE_AT_LEAST_ML
        if not (at_an_end and seen.doubt and (made.touches_border or too_small)):
            vertebrae.append(replace(made, unusable=made.unusable or seen.doubt))
    return vertebrae


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
