"""Who finds the vertebral bodies when the user has no labels? The network that vfa ships, on any CPU and offline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vfa.model.spine import Spine, Vertebra
from vfa.model.volume import Volume
from vfa.segment.along import changes_along
from vfa.segment.belief import Belief
from vfa.segment.bodies import judge_bodies, vertebra_of
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
from vfa.segment.outline import AGREE_AT_LEAST, guessed_frame
from vfa.segment.outline_error import outline_sigma_mm
from vfa.segment.outlined import OutlinedBody, outlined_body
from vfa.segment.second_look import SMALLEST_SHARE, doubted_where_touching, with_overlooked
from vfa.segment.segmenter import Progress

NAME = "built-in"
LOCATE_SHARE = 0.75  # of the work, as progress tells it

NOTHING_FOUND = "no vertebra was found by the built-in segmenter"
LEFT_OUT_ABOVE = "above the first body named there may be one more: the segmenter is too unsure of it to show it"
LEFT_OUT_BELOW = "below the last body named there may be one more: the segmenter is too unsure of it to show it"


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
        chain = chain if changes_along(image, chain) else ()
        found: list[OutlinedBody] = []
        for index, body in enumerate(_found(volume, maps, instances, chain), start=1):
            progress("outlining the bodies", LOCATE_SHARE + (1 - LOCATE_SHARE) * index / len(chain))
            found += [] if body is None else [body]
        found = doubted_where_touching(with_overlooked(volume, maps, found))
        progress("the bodies are outlined", 1.0)
        vertebrae, left_out = _unnamed(volume, found)
        by = f"{self.name} segmenter, weights {self.version}"
        if not vertebrae:
            return Spine((), volume.grid, by, notes=(NOTHING_FOUND,))
        names = name_found(maps, image, vertebrae)
        named = [
            replace(vertebra, level=level, level_confidence=confidence)
            for vertebra, level, confidence in zip(vertebrae, names.levels, names.confidences, strict=True)
        ]
        return Spine(judge_bodies(named), volume.grid, by, names.sentence, names.alternative, names.notes + left_out)


def _found(
    volume: Volume, maps: SpineMaps, instances: NDArray[np.int32], chain: Sequence[Candidate]
) -> Iterator[OutlinedBody | None]:
    """Outline each body of a chain.

    Yields:
        From head to foot; None for what is too small to see.
    """
    centres = np.array([candidate.centre_lps for candidate in chain])
    numbers = {candidate.number for candidate in chain}
    for index, candidate in enumerate(chain):
        cranial = local_cranial(centres, index)
        canal = canal_behind(maps, candidate.centre_lps, cranial)
        belief = Belief.of(maps, instances, candidate.number, numbers - {candidate.number})
        frame = guessed_frame(candidate.centre_lps, cranial, canal)
        yield outlined_body(volume, frame, belief, candidate, canal)


def _unnamed(volume: Volume, found: Sequence[OutlinedBody]) -> tuple[list[Vertebra], tuple[str, ...]]:
    """The vertebrae under provisional names, and a word on what was left out at the ends.

    From either end inwards, what the image's edge leaves of a body, what is too small for one (by itself or beside its
    neighbour) and what the two networks disagree on is left out as long as they are unsure of it.
    """
    lattices = [volume.grid, imaged_lattice(volume)]
    seen = [(one, vertebra_of("V1", one.body, lattices, one.canal_lps)) for one in found]
    notes = []
    for end, word in ((0, LEFT_OUT_ABOVE), (-1, LEFT_OUT_BELOW)):
        while seen and _is_no_body(seen, end):
            _, left_out = seen.pop(end)
            notes += [] if left_out.touches_border or word in notes else [word]
    vertebrae = [
        replace(
            made,
            level=f"V{number}",
            unusable=made.unusable or one.coarse or one.doubt,
            outline_sigma_mm=outline_sigma_mm(volume.modality),
        )
        for number, (one, made) in enumerate(seen, start=1)
    ]
    return vertebrae, tuple(notes)


def _is_no_body(seen: Sequence[tuple[OutlinedBody, Vertebra]], end: int) -> bool:
    """Whether what is first (0) or last (-1) is no body on which a name or a height could rest."""
    one, made = seen[end]
    beside_ml = seen[1 if end == 0 else -2][0].body.volume_ml if len(seen) > 1 else 0.0
    too_small = one.body.volume_ml < max(CANDIDATE_AT_LEAST_ML, SMALLEST_SHARE * beside_ml)
    return bool(one.doubt) and (made.touches_border or too_small or one.agreement < AGREE_AT_LEAST)
