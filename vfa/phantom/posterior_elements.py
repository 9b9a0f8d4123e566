"""What hangs behind a vertebral body? The arch with its processes, and at thoracic levels the ribs.

All places are in the body's construction frame (x left, y front, z head, mm), in proportions read off textbook
drawings: enough to look right and to fool a program that cuts arches off bodies; no measurement rests on them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from vfa.phantom.anatomy import PhantomVertebra
from vfa.phantom.materials import Tissue
from vfa.phantom.solids import Bar, BarPart, EllipticTube

EPIDURAL_MM = 1.5  # fat between the bony canal and the dural sac


def canal_tube(vertebra: PhantomVertebra, reach_mm: float) -> EllipticTube:
    """The bony canal behind one vertebra, `reach_mm` up and down from mid-height."""
    _, y, _ = vertebra.canal_centre_mm
    half = vertebra.arch.canal_width_mm / 2, vertebra.arch.canal_depth_mm / 2
    return EllipticTube((0.0, y), half, (-reach_mm, reach_mm))


def arch_bars(vertebra: PhantomVertebra) -> Iterator[Bar]:
    """Pedicles, laminae, articular, transverse and spinous processes."""
    shape, arch = vertebra.shape, vertebra.arch
    height, wall = shape.posterior_height_mm, -shape.depth_mm / 2
    thoracic = vertebra.level.startswith("T")
    behind = wall - arch.canal_depth_mm  # the back of the canal
    pedicle, reach = arch.pedicle_width_mm / 2, arch.canal_width_mm / 2 + arch.pedicle_width_mm / 2
    up, low = 0.24 * height, -0.34 * height
    tip_z = low - (0.9 * height if thoracic else 0.25 * height)
    yield Bar((0, behind - 3, low), (0, behind - arch.spinous_length_mm, tip_z), (8, 3.2), (9, 3.4))
    for side in (-1.0, 1.0):
        joint = (side * (reach + 1.5), wall - 0.55 * arch.canal_depth_mm, 0.1 * height)
        front = (side * (reach - 1.0), wall + 5, up)
        yield Bar(front, joint, (0.3 * height, pedicle), (0.26 * height, pedicle + 0.5))
        yield Bar(joint, (0, behind - 3, low), (0.3 * height, 3.6), (0.36 * height, 3.4))
        top = (side * (reach + 3), wall - 0.5 * arch.canal_depth_mm, 0.62 * height)
        yield Bar(joint, top, (5.5, 4.5), (4.5, 3.5), (1, 0, 0))
        bottom = (side * (reach - 1), wall - 0.95 * arch.canal_depth_mm, -0.82 * height)
        yield Bar(joint, bottom, (5, 4.5), (5, 3.5), (1, 0, 0))
        far = 17.0 if thoracic else 24.0
        sideways = (side * (reach + far), wall - (16.0 if thoracic else 11.0), 0.2 * height)
        yield Bar(joint, sideways, (5.5, 4), (4.5, 2.8))


# Waypoints of a rib from its tubercle on: outward from the body's margin, forward from its posterior wall, upward.
RIB_PATH = ((22, -14, 3), (46, -22, -6), (72, -12, -18), (92, 14, -34), (100, 52, -54), (90, 92, -74))
RIB_POINTS = {"T13": 2, "T12": 4, "T11": 5}  # floating ribs end early


def rib_bars(vertebra: PhantomVertebra) -> Iterator[Bar]:
    """Both ribs of a thoracic vertebra; none elsewhere."""
    if not vertebra.level.startswith("T"):
        return
    half, wall = vertebra.shape.width_mm / 2, -vertebra.shape.depth_mm / 2
    for side in (-1.0, 1.0):
        head = (side * (half - 1.0), wall + 4.0, 0.22 * vertebra.shape.posterior_height_mm)
        path = RIB_PATH[: RIB_POINTS.get(vertebra.level, len(RIB_PATH))]
        places = [head, *((side * (half + out - 6), wall + forward, up) for out, forward, up in path)]
        for a, b in itertools.pairwise(places):
            yield Bar(a, b, (5.5, 3.4), (5.5, 3.2))


def sacrum_bars(first: PhantomVertebra) -> Iterator[Bar]:
    """The lower segments, the wings and the crest, in the frame of the first segment."""
    shape, arch = first.shape, first.arch
    wall, height = -shape.depth_mm / 2, shape.centre_height_mm
    behind = wall - arch.canal_depth_mm
    column = [(0, -4, -0.5 * height), (0, -8, -46), (0, -13, -66), (0, -13, -84), (0, -8, -98)]
    halves = [(20, 11), (17, 9), (14, 7.5), (11, 6), (7, 4)]
    for (a, b), (wide, narrow) in zip(itertools.pairwise(column), itertools.pairwise(halves), strict=True):
        yield Bar(a, b, wide, narrow, (1, 0, 0))
    for side in (-1.0, 1.0):
        yield Bar((side * 18, -4, 2), (side * 46, -13, -4), (13, 12), (17, 9))
        yield Bar((side * 44, -14, -6), (side * 26, -14, -58), (11, 9), (9, 7), (1, 0, 0))
        yield Bar((side * 16, -10, -26), (side * 38, -14, -30), (7, 8), (8, 7))
        yield Bar((side * 30, -14, 4), (side * 15, behind - 1, -6), (8, 6), (10, 4))
    yield Bar((0, behind - 3, -2), (0, behind - 3, -50), (14, 4), (8, 4), (1, 0, 0))


def arch_parts(vertebra: PhantomVertebra, canal: EllipticTube) -> list[BarPart]:
    """The arch as parts: all shells first, then all cores, so that no shell runs through the bone's inside."""
    bars, cortex = list(arch_bars(vertebra)), vertebra.arch.cortex_mm
    frame = vertebra.construction
    shells = [BarPart(frame, bar, Tissue.POSTERIOR_BONE, 0.0, canal) for bar in bars]
    cores = [BarPart(frame, bar, Tissue.POSTERIOR_MARROW, cortex, canal) for bar in bars]
    ribs = list(rib_bars(vertebra))
    rib_shells = [BarPart(frame, bar, Tissue.RIB) for bar in ribs]
    rib_cores = [BarPart(frame, bar, Tissue.RIB_MARROW, cortex) for bar in ribs]
    return [*rib_shells, *rib_cores, *shells, *cores]


def pedicle_bridges(vertebra: PhantomVertebra) -> list[BarPart]:
    """The pedicles' marrow where it runs on into the body through the wall."""
    shape, arch = vertebra.shape, vertebra.arch
    wall, reach = -shape.depth_mm / 2, arch.canal_width_mm / 2 + arch.pedicle_width_mm / 2
    z = 0.24 * shape.posterior_height_mm
    half = (0.3 * shape.posterior_height_mm - arch.cortex_mm, arch.pedicle_width_mm / 2 - arch.cortex_mm)
    parts = []
    for side in (-1.0, 1.0):
        start, end = (side * (reach - 0.6), wall + 2.0, z), (side * (reach - 0.2), wall - 3.0, z)
        parts.append(BarPart(vertebra.construction, Bar(start, end, half, half), Tissue.POSTERIOR_MARROW))
    return parts


def sacrum_parts(first: PhantomVertebra) -> list[BarPart]:
    """The sacrum beside its first body, shells before cores."""
    bars, cortex = list(sacrum_bars(first)), first.arch.cortex_mm
    reach = 0.5 * first.shape.centre_height_mm + 30
    canal = canal_tube(first, reach)
    shells = [BarPart(first.construction, bar, Tissue.SACRUM_CORTEX, 0.0, canal) for bar in bars]
    return [*shells, *(BarPart(first.construction, bar, Tissue.SACRUM_MARROW, cortex, canal) for bar in bars)]


def outer_reach_mm(vertebra: PhantomVertebra) -> float:
    """How far up and down from mid-height the canal segment of one vertebra runs: past the middle of its discs."""
    return float(np.ceil(vertebra.shape.centre_height_mm / 2 + 7.0))
