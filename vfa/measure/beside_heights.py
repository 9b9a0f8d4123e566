"""What else do the images say of each body: its posterior wall and canal, its marrow, and what is looked for inside?

Everything here rests on a body whose endplates were found; a body that could not be measured keeps its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from vfa.measure.body_interior import BodyInterior, body_interior
from vfa.measure.cleft import find_cleft
from vfa.measure.dense_band import NOT_TOLD, THICKEST_STEP_MM, dense_bands, layer_excess
from vfa.measure.destruction import find_destruction
from vfa.measure.each_body import for_each
from vfa.measure.foramen import Pillar
from vfa.measure.foraminal import NAME as NARROWED
from vfa.measure.foraminal import find_foraminal_stenosis
from vfa.measure.fragmentation import find_fragmentation, unroll_shell
from vfa.measure.marrow import marrow_mean_hu
from vfa.measure.posterior_wall import posterior_walls
from vfa.measure.uncertainty import step_along
from vfa.measure.wall_look import WallLook, look_at_wall
from vfa.model.estimate import Estimate, Measured, Unmeasurable, Why
from vfa.model.frame import BodyFrame
from vfa.model.morphometry import BodyHeights, Deformity, FractureStatus, HeightMap
from vfa.model.posterior_wall import Finding, PosteriorWall, Presence, WallStatus
from vfa.model.spine import Spine, Vertebra
from vfa.model.volume import Volume

FINDINGS = (
    "fragmentation",
    "cleft",
    "destruction",
    "foraminal_stenosis",
    "epidural_extension",
    "haemangioma",
)
# Marrow signal is read in the MR series (marrow_signal). Soft tissue is a matter for MR, or for a reader.
LEFT_TO_A_READER = {
    "epidural_extension": "Soft tissue in the canal is not measured; a reader must say, on MR.",
    "haemangioma": "The pattern of a haemangioma is not looked for; a reader must say.",
}
ON_MR = "on MR cortex, ligament and flowing blood are alike dark"


@dataclass(frozen=True, eq=False)
class BodyInView:
    """One body as it was measured.

    Args:
        vertebra: its mask.
        frame: its axes; Unmeasurable with the reason why nothing could be measured.
        heights: its heights and endplates, or the reason.
        deformity: what the heights mean.
        mask_pieces: into how many pieces its mask fell.
    """

    vertebra: Vertebra
    frame: BodyFrame | Unmeasurable
    heights: BodyHeights | Unmeasurable
    deformity: Deformity | Unmeasurable
    mask_pieces: int


@dataclass(frozen=True, eq=False)
class BesideHeights:
    """What was found at one level beside its heights."""

    posterior_wall: PosteriorWall | Unmeasurable
    marrow_mean_hu: Measured
    findings: dict[str, Finding]
    signs: tuple[str, ...] = ()


def look_beside(spine: Spine, volume: Volume | None, bodies: Mapping[str, BodyInView]) -> dict[str, BesideHeights]:
    """Look at every body of a spine.

    Args:
        spine: the bodies, whose neighbours and canal points give directions.
        volume: the image; None when only masks are known.
        bodies: by level, from head to foot.
    """
    if volume is None:
        return {level: _nothing(level, Why.NO_IMAGE, "this needs an image, not only a mask") for level in bodies}
    looks = _looks(spine, volume, bodies)
    walls = _walls(looks, volume)
    foramina = _foramina(looks, bodies, volume)
    marrow = {level: _marrow(body, volume) for level, body in bodies.items()}

    def interior_of(body: BodyInView) -> BodyInterior | Unmeasurable:
        surfaces = _surfaces(body)
        return surfaces if isinstance(surfaces, Unmeasurable) else body_interior(volume, *surfaces)

    interiors = dict(zip(bodies, for_each(interior_of, bodies.values()), strict=True))

    def findings_of(level: str) -> dict[str, Finding]:
        found = _findings(bodies[level], volume, interiors[level], walls[level], _reference(level, marrow))
        return found | {NARROWED: foramina[level]}

    signs = _signs(bodies, interiors, volume)
    return {
        level: BesideHeights(walls[level], marrow[level], findings, signs[level])
        for level, findings in zip(bodies, for_each(findings_of, bodies), strict=True)
    }


def _signs(
    bodies: Mapping[str, BodyInView], interiors: Mapping[str, BodyInterior | Unmeasurable], volume: Volume
) -> dict[str, tuple[str, ...]]:
    """Packed marrow beneath an endplate on CT, in words; where a fracture is not excluded also that it is not told."""
    if not volume.modality.is_ct:
        return dict.fromkeys(bodies, ())
    seen = {}
    for level, interior in interiors.items():
        frame = bodies[level].frame
        thin = isinstance(frame, BodyFrame) and step_along(volume.grid, frame.cranial) <= THICKEST_STEP_MM
        if thin and isinstance(interior, BodyInterior):
            seen[level] = layer_excess(interior)
    bands = dense_bands(seen)
    found = {}
    for level, body in bodies.items():
        doubtful = isinstance(body.deformity, Deformity) and body.deformity.fracture is not FractureStatus.ABSENT
        signs = bands.get(level)
        found[level] = signs if signs is not None else (NOT_TOLD,) if doubtful else ()
    return found


def _nothing(level: str, why: Why, detail: str) -> BesideHeights:
    wall = Unmeasurable(level, "the posterior wall", why, detail)
    marrow = Unmeasurable(level, "marrow attenuation", why, detail)
    return BesideHeights(wall, marrow, _not_assessable(detail))


def _not_assessable(detail: str) -> dict[str, Finding]:
    because = f"{detail[0].upper()}{detail[1:].rstrip('.')}."
    return {name: Finding(name, Presence.NOT_ASSESSABLE, LEFT_TO_A_READER.get(name, because)) for name in FINDINGS}


def _looks(spine: Spine, volume: Volume, bodies: Mapping[str, BodyInView]) -> dict[str, WallLook | Unmeasurable]:
    """What was seen of each posterior wall and canal; on MR nothing."""

    def look(body: BodyInView) -> WallLook | Unmeasurable:
        surfaces = _surfaces(body)
        if isinstance(surfaces, Unmeasurable):
            return replace(surfaces, quantity="the posterior wall")
        if not volume.modality.is_ct:
            return Unmeasurable(body.vertebra.level, "the posterior wall", Why.MODALITY_INSUFFICIENT, ON_MR)
        return look_at_wall(spine, body.vertebra, volume, *surfaces)

    return dict(zip(bodies, for_each(look, bodies.values()), strict=True))


def _walls(looks: Mapping[str, WallLook | Unmeasurable], volume: Volume) -> dict[str, PosteriorWall | Unmeasurable]:
    if not volume.modality.is_ct:
        return {level: _wall_on_mr(level) for level in looks}
    return posterior_walls(looks, volume)


def _foramina(
    looks: Mapping[str, WallLook | Unmeasurable], bodies: Mapping[str, BodyInView], volume: Volume
) -> dict[str, Finding]:
    pillars: dict[str, Pillar | Unmeasurable] = {}
    for level, look in looks.items():
        if isinstance(look, Unmeasurable):
            pillars[level] = look
        else:
            heights = bodies[level].heights
            assert isinstance(heights, BodyHeights)
            pillars[level] = Pillar(look, heights.height_map)
    return find_foraminal_stenosis(pillars, volume)


def _wall_on_mr(level: str) -> PosteriorWall:
    """Cortex and ligament are both black on MR: nothing is concluded from it."""

    def missing(quantity: str) -> Unmeasurable:
        return Unmeasurable(level, quantity, Why.MODALITY_INSUFFICIENT, ON_MR)

    return PosteriorWall(
        status=WallStatus.NOT_ASSESSABLE,
        because=f"only a CT shows whether the posterior cortex is whole; {ON_MR}",
        retropulsion_mm=missing("retropulsion"),
        outline=missing("outline of the posterior wall"),
        breach_area_mm2=missing("breach area"),
        canal_ap_mm=missing("canal diameter"),
        canal_area_mm2=missing("canal area"),
        diameter_compromise=missing("canal compromise"),
        area_compromise=missing("canal compromise"),
    )


def _surfaces(body: BodyInView) -> tuple[BodyFrame, HeightMap] | Unmeasurable:
    if isinstance(body.frame, Unmeasurable):
        return body.frame
    return body.heights if isinstance(body.heights, Unmeasurable) else (body.frame, body.heights.height_map)


def _marrow(body: BodyInView, volume: Volume) -> Measured:
    level, surfaces = body.vertebra.level, _surfaces(body)
    if isinstance(surfaces, Unmeasurable):
        return Unmeasurable(level, "marrow attenuation", surfaces.reason, surfaces.detail)
    fracture = body.deformity if isinstance(body.deformity, Unmeasurable) else body.deformity.fracture
    return marrow_mean_hu(level, volume, *surfaces, fracture)


def _reference(level: str, marrow: Mapping[str, Measured]) -> Measured:
    """Trabecular attenuation of the other intact bodies in view: their median, which one lesion does not move."""
    others = [found for name, found in marrow.items() if name != level and isinstance(found, Estimate)]
    if not others:
        return Unmeasurable(level, "attenuation of intact bodies", Why.NO_VALID_REFERENCE)
    values = [found.value for found in others]
    sigma = float(np.hypot(np.std(values), np.mean([found.sigma for found in others])))
    return Estimate(float(np.median(values)), sigma, "HU", f"median of {len(others)} intact bodies")


def _findings(
    body: BodyInView,
    volume: Volume,
    interior: BodyInterior | Unmeasurable,
    wall: PosteriorWall | Unmeasurable,
    intact_hu: Measured,
) -> dict[str, Finding]:
    surfaces = _surfaces(body)
    if isinstance(surfaces, Unmeasurable) or isinstance(interior, Unmeasurable):
        missing = surfaces if isinstance(surfaces, Unmeasurable) else interior
        assert isinstance(missing, Unmeasurable)
        return _not_assessable(missing.detail or f"the body could not be measured ({missing.reason.value})")
    found = {name: Finding(name, Presence.NOT_ASSESSABLE, because) for name, because in LEFT_TO_A_READER.items()}
    fragments = find_fragmentation(wall, unroll_shell(volume, *surfaces), volume, body.mask_pieces)
    found["fragmentation"] = fragments
    found["cleft"] = find_cleft(interior, volume)
    found["destruction"] = find_destruction(interior, volume, intact_hu, fragments.presence)
    return found
