"""Who finds the vertebral bodies when the user has no labels? The network that vfa ships, on any CPU and offline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vfa.model.frame import FloatArray
from vfa.model.spine import Spine, Vertebra
from vfa.model.volume import Modality, Volume
from vfa.segment.belief import Belief
from vfa.segment.bodies import BodyMask, judge_bodies, vertebra_of
from vfa.segment.instances import (
    CANDIDATE_AT_LEAST_ML,
    Candidate,
    canal_behind,
    find_instances,
    spine_chain,
)
from vfa.segment.levels import local_cranial
from vfa.segment.locate import SpineMaps, locate
from vfa.segment.naming import name_found
from vfa.segment.network import weights_version
from vfa.segment.network_input import imaged_lattice, network_input
from vfa.segment.outline import Outline, guessed_frame, outline
from vfa.segment.sampling import too_coarse
from vfa.segment.segmenter import Progress

NAME = "built-in"
LOCATE_SHARE = 0.75  # of the work, as progress tells it

NOTHING_FOUND = "no vertebra was found by the built-in segmenter"

# Below these, what was found may be no body at all, or only half of one; both are on the network's own scale. On
# generated volumes bodies above 0.8 reach a Dice of 0.75 or more, and a third of those below 0.75 do not reach 0.6.
MEAN_PROBABILITY_AT_LEAST = 0.76
CENTRE_AT_LEAST = 0.30
# Dice of the two networks' bodies. Of 87 on generated volumes, 8 of the 13 below 0.7 were off by a Dice under 0.8; of
# CT all 36 above 0.74 reached 0.89 however unsure the first network was, on MR they did not.
AGREEMENT_AT_LEAST = 0.7
VOUCHING_AGREEMENT = 0.74


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
        image = network_input(volume)
        maps = locate(image, lambda doing, share: progress(doing, LOCATE_SHARE * share))
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
        names = name_found(maps, image, vertebrae)
        named = [
            replace(vertebra, level=level, level_confidence=confidence)
            for vertebra, level, confidence in zip(vertebrae, names.levels, names.confidences, strict=True)
        ]
        return Spine(judge_bodies(named), volume.grid, by, names.sentence, names.alternative, names.notes)


@dataclass(frozen=True, eq=False)
class _Found:
    """One body on the image's own voxels, (3,) a point of the canal behind it if any was seen, and what is in doubt.

    `coarse` says why the image itself is too coarse for it; empty when it is not.
    """

    body: BodyMask
    canal_lps: FloatArray | None
    doubt: str
    coarse: str


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
        frame = guessed_frame(candidate.centre_lps, cranial, canal)
        fine = outline(volume, frame, belief)
        body = belief.mask_on(volume.grid) if fine.doubt else fine.mask_on(volume.grid)
        coarse = too_coarse(volume.grid, frame.cranial, -frame.anterior)
        yield None if body is None else _Found(body, canal, _doubt(candidate, fine, volume.modality), coarse)


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
            vertebrae.append(replace(made, unusable=made.unusable or seen.coarse or seen.doubt))
    return vertebrae


def _doubt(candidate: Candidate, fine: Outline, modality: Modality) -> str:
    """Why a body cannot be believed, on the networks' own word; empty when it can."""
    if fine.doubt:
        return fine.doubt
    if candidate.centre_height < CENTRE_AT_LEAST:
        return f"the segmenter sees no clear centre in this body ({candidate.centre_height:.2f} of 1)"
    vouched_for = modality.is_ct and fine.agreement >= VOUCHING_AGREEMENT
    if candidate.mean_probability < MEAN_PROBABILITY_AT_LEAST and not vouched_for:
        return f"the segmenter is unsure of this body (mean probability {candidate.mean_probability:.2f})"
    if fine.agreement < AGREEMENT_AT_LEAST:
        return f"the segmenter's two networks agree poorly on this body (overlap {fine.agreement:.2f})"
    return ""
