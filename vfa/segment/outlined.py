"""What do both networks together make of one body: its voxels, and whether it can be believed?"""

from __future__ import annotations

from dataclasses import dataclass

from vfa.model.frame import BodyFrame, FloatArray
from vfa.model.volume import Modality, Volume
from vfa.segment.belief import Belief
from vfa.segment.bodies import BodyMask, tidy
from vfa.segment.instances import Candidate
from vfa.segment.outline import Outline, outline
from vfa.segment.sampling import too_coarse

# Below these, what was found may be no body at all, or only half of one; both are on the network's own scale. On
# generated volumes bodies above 0.8 reach a Dice of 0.75 or more, and a third of those below 0.75 do not reach 0.6.
MEAN_PROBABILITY_AT_LEAST = 0.76
CENTRE_AT_LEAST = 0.30
# Dice of the two networks' bodies. Of 87 on generated volumes, 8 of the 13 below 0.7 were off by a Dice under 0.8; of
# CT all 36 above 0.74 reached 0.89 however unsure the first network was, on MR they did not.
AGREEMENT_AT_LEAST = 0.7
VOUCHING_AGREEMENT = 0.74


@dataclass(frozen=True, eq=False)
class OutlinedBody:
    """One body on the image's own voxels, (3,) a point of the canal behind it if any was seen, and what is in doubt.

    `agreement` is the Dice of the two networks' bodies; `coarse` says why the image itself is too coarse for it; empty
    when it is not.
    """

    body: BodyMask
    canal_lps: FloatArray | None
    agreement: float
    doubt: str
    coarse: str


def outlined_body(
    volume: Volume, frame: BodyFrame, belief: Belief, candidate: Candidate, canal_lps: FloatArray | None
) -> OutlinedBody | None:
    """Outline one body, stray pieces left out; where the two networks disagree, the first one's coarser outline stays.

    Returns:
        None for what is too small to see.
    """
    fine = outline(volume, frame, belief)
    body = belief.mask_on(volume.grid) if fine.doubt else fine.mask_on(volume.grid)
    if body is None:
        return None
    coarse = too_coarse(volume.grid, frame.cranial, -frame.anterior)
    return OutlinedBody(tidy(body)[0], canal_lps, fine.agreement, _doubt(candidate, fine, volume.modality), coarse)


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
