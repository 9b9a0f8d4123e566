"""Which bodies are to be measured, and as what? Those with cement or metal are marked, masks in pieces put together."""

from __future__ import annotations

from dataclasses import replace

from vfa.measure.each_body import for_each
from vfa.measure.foreign_material import foreign_material
from vfa.measure.mend import mend
from vfa.model.spine import Spine
from vfa.model.volume import Volume


def prepare_bodies(spine: Spine, volume: Volume | None) -> tuple[Spine, dict[str, int]]:
    """The spine as it is to be measured, and by level into how many pieces each mask falls (1 for a sound one)."""
    mended = list(for_each(mend, spine.vertebrae))
    bodies = []
    for one in mended:
        body = one.vertebra
        foreign = foreign_material(body, volume) if volume is not None and not body.treated else None
        if foreign is not None:
            body = replace(body, treated=foreign.kind, quality=(*body.quality, foreign.because))
        bodies.append(body)
    return replace(spine, vertebrae=tuple(bodies)), {one.vertebra.level: one.pieces for one in mended}
