"""What do the drawn levels have beside a fracture? Spurs, pits, gas, cement, screws, tumours, fragments, worn discs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vfa.phantom.anatomy import PhantomSpine, PhantomVertebra
from vfa.phantom.features import Feature
from vfa.phantom.inclusion_parts import inclusion_parts
from vfa.phantom.inclusions import Cement, Cleft, LyticLesion, Oedema, PedicleScrews, Spot, VacuumDisc
from vfa.phantom.shape_changes import Bulge, Comminution, Osteophyte, SchmorlNode

Generator = np.random.Generator
WORN = 0.5  # of the spines show degeneration, each of their levels by a share of its own
INSTRUMENTED = 0.03


def draw_conditions(
    rng: Generator, bodies: tuple[str, ...], fractured: frozenset[str]
) -> dict[str, tuple[Feature, ...]]:
    """Features by level; what a fracture brings with it only at fractured levels.

    Args:
        rng: decides everything.
        bodies: the levels from head to foot.
        fractured: those with a fracture.
    """
    wear = float(rng.uniform(0, 0.6)) if rng.random() < WORN else 0.0
    screwed = rng.random() < INSTRUMENTED
    features: dict[str, tuple[Feature, ...]] = {}
    for level in bodies:
        found = _wear(rng, wear) + (_damage(rng) if level in fractured else _odd(rng))
        if screwed and rng.random() < 0.3:
            found.append(PedicleScrews(diameter_mm=float(rng.uniform(4.5, 7.5))))
        if found:
            features[level] = tuple(found)
    return features


def with_room(spine: PhantomSpine) -> PhantomSpine:
    """The same spine; cement stays away from bodies that have collapsed too far to hold it."""
    return replace(spine, vertebrae=tuple(_with_room(vertebra) for vertebra in spine.vertebrae))


def _with_room(vertebra: PhantomVertebra) -> PhantomVertebra:
    if not any(isinstance(inclusion, Cement) for inclusion in vertebra.inclusions):
        return vertebra
    try:
        for part in inclusion_parts(vertebra):
            list(part.layers(*np.zeros((3, 1, 1, 1), dtype=np.float32)))
    except ValueError as fault:
        if "volume_mm3" not in str(fault):
            raise
        return replace(vertebra, inclusions=())
    return vertebra


def _wear(rng: Generator, share: float) -> list[Feature]:
    found: list[Feature] = []
    if rng.random() < share:
        for _ in range(int(rng.integers(1, 5))):
            found.append(
                Osteophyte(
                    turn_deg=float(rng.uniform(-5, 185)),
                    length_mm=float(rng.uniform(1.5, 9)),
                    thickness_mm=float(rng.uniform(2, 6)),
                    endplate="upper" if rng.random() < 0.5 else "lower",
                )
            )
    if rng.random() < 0.5 * share:
        found.append(
            SchmorlNode(
                depth_mm=float(rng.uniform(1.5, 7)),
                radius_mm=float(rng.uniform(3, 9)),
                endplate="upper" if rng.random() < 0.5 else "lower",
                left_fraction=float(rng.uniform(-0.5, 0.5)),
                depth_fraction=float(rng.uniform(0.25, 0.8)),
            )
        )
    if rng.random() < 0.4 * share:
        found.append(VacuumDisc(thickness_mm=float(rng.uniform(1, 5)), share=float(rng.uniform(0.2, 0.8))))
    return found


def _spot(rng: Generator) -> Spot:
    return Spot(float(rng.uniform(-0.4, 0.4)), float(rng.uniform(0.3, 0.7)), float(rng.uniform(0.35, 0.7)))


def _damage(rng: Generator) -> list[Feature]:
    found: list[Feature] = []
    if rng.random() < 0.35:
        found.append(Oedema(float(rng.uniform(0.15, 1.0))))
    if rng.random() < 0.1:
        filling = "gas" if rng.random() < 0.6 else "fluid"
        sizes = [float(rng.uniform(low, high)) for low, high in ((8, 28), (6, 20), (1.5, 6))]
        found.append(Cleft(sizes[0], sizes[1], sizes[2], _spot(rng), filling))  # type: ignore[arg-type]
    elif rng.random() < 0.15:
        found.append(_cement(rng))
    if rng.random() < 0.12:
        found.append(
            Comminution(
                height_fraction=float(rng.uniform(0.3, 1)),
                pieces=int(rng.integers(2, 6)),
                cleft_mm=float(rng.uniform(0.5, 2.5)),
                spread_mm=float(rng.uniform(0, 2.5)),
                turn_deg=float(rng.uniform(0, 180)),
            )
        )
    return found


def _odd(rng: Generator) -> list[Feature]:
    found: list[Feature] = []
    if rng.random() < 0.03:
        found.append(LyticLesion(float(rng.uniform(0.05, 0.6)), _spot(rng), int(rng.integers(1000))))
        if rng.random() < 0.5:
            found.append(Bulge(float(rng.uniform(1, 5))))
    elif rng.random() < 0.03:
        found.append(_cement(rng))
    return found


def _cement(rng: Generator) -> Cement:
    return Cement(float(rng.uniform(800, 6000)), float(rng.uniform(1100, 3000)), _spot(rng), int(rng.integers(1000)))
