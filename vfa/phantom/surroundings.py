"""What lies around the spine? Trunk, lungs, organs, vessels, bowel, pelvis and hips on any lattice.

Nothing here needs a spine, only the curve of a column. The purpose is to look like what fools a search for
vertebrae, not to be an atlas: sizes are those of adults, rounded (Gray's Anatomy, 42nd ed., chapters on abdomen,
pelvis and hip), and vary by seed.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vfa.model.frame import Grid
from vfa.phantom.trunk_space import Ellipsoid, Labels, Place, Rod, Surrounding, TrunkRecipe, paint, paint_rod

CONTENTS = (Surrounding.BOWEL_FLUID, Surrounding.GAS, Surrounding.STOOL, Surrounding.CONTRAST)
Generator = np.random.Generator
Spot = tuple[float, float, float]

BONE = (int(Surrounding.BONE_MARROW), int(Surrounding.BONE_CORTEX))


def surroundings(recipe: TrunkRecipe, grid: Grid) -> NDArray[np.uint8]:
    """Rasterise everything but the spine.

    Args:
        recipe: the trunk.
        grid: any lattice.

    Returns:
        (I, J, K) uint8 of `Surrounding`; where the spine belongs there is muscle and fat.
    """
    rng = np.random.default_rng(recipe.seed)
    place = Place.of(grid, recipe)
    labels = np.full(grid.shape, Surrounding.AIR, dtype=np.uint8)
    diaphragm = float(rng.uniform(175, 240))
    _paint_trunk(labels, place, rng, diaphragm)
    for paint_part in (_paint_organs, _paint_bowel):
        paint_part(labels, place, rng, diaphragm)
    for paint_other in (_paint_muscles, _paint_vessels, _paint_ribs, _paint_hips, _paint_outside):
        paint_other(labels, place, rng)
    return labels


def _paint_trunk(labels: Labels, place: Place, rng: Generator, diaphragm: float) -> None:
    """Skin outline, subcutaneous fat, wall, the cavity's fat, and the lungs above the diaphragm's dome."""
    half_width, half_depth = rng.uniform(130, 195), rng.uniform(88, 140)
    fat, wall = rng.uniform(5, 38), rng.uniform(8, 18)
    back = rng.uniform(62, 85) + fat * 0.5  # from the column's centre to the skin of the back
    middle = back - half_depth
    power = rng.uniform(2.0, 2.8)

    def inside(depth_mm: float) -> NDArray[np.bool_]:
        x = np.abs(place.left) / (half_width - depth_mm)
        y = np.abs(place.behind - middle) / (half_depth - depth_mm)
        return np.asarray(x**power + y**power <= 1)

    everywhere = np.broadcast_to
    labels[everywhere(inside(0.0), labels.shape)] = Surrounding.FAT
    labels[everywhere(inside(fat), labels.shape)] = Surrounding.MUSCLE
    cavity = inside(fat + wall)
    # The cavity ends at the front of the column; behind it lies muscle, the gutters beside it hold fat and lung.
    gutter = rng.uniform(0, 22)
    front = place.behind < np.minimum(-8 + gutter * np.clip(np.abs(place.left) / 40 - 0.6, 0, 1.6), 34)
    cavity = cavity & front
    labels[everywhere(cavity, labels.shape)] = Surrounding.FAT
    dome = diaphragm + rng.uniform(15, 45) * (1 - np.clip(np.abs(np.abs(place.left) - 70) / 70, 0, 1) ** 2)
    dome = dome - rng.uniform(0.2, 0.7) * np.maximum(place.behind + 40, 0)  # the lungs reach lowest behind
    aside = np.abs(place.left) > rng.uniform(22, 34) + 0.25 * np.maximum(-place.behind - 20, 0)
    labels[everywhere(cavity & (place.above > dome) & aside, labels.shape)] = Surrounding.LUNG


def _jitter(rng: Generator, centre: Spot, spread_mm: float) -> Spot:
    moved = np.asarray(centre) + rng.uniform(-spread_mm, spread_mm, 3)
    return float(moved[0]), float(moved[1]), float(moved[2])


def _sizes(rng: Generator, radii_mm: Spot) -> Spot:
    grown = np.asarray(radii_mm) * rng.uniform(0.8, 1.2, 3)
    return float(grown[0]), float(grown[1]), float(grown[2])


def _paint_organs(labels: Labels, place: Place, rng: Generator, diaphragm: float) -> None:
    top = diaphragm
    for kind, centre, radii in (
        (Surrounding.LIVER, (-75.0, -50.0, top - 35), (72.0, 70.0, 62.0)),
        (Surrounding.SPLEEN, (95.0, 0.0, top - 25), (28.0, 38.0, 45.0)),
        (Surrounding.BOWEL_WALL, (50.0, -80.0, top - 40), (45.0, 35.0, 38.0)),
        (Surrounding.HEART, (25.0, -75.0, top + 55), (50.0, 42.0, 48.0)),
    ):
        paint(labels, place, Ellipsoid(_jitter(rng, centre, 12), _sizes(rng, radii), int(kind)))
    paint(labels, place, Ellipsoid(_jitter(rng, (50, -80, top - 40), 10), (32, 24, 27), int(rng.choice(CONTENTS))))
    for side in (-1, 1):
        centre = _jitter(rng, (side * 62, 2, top - 110), 12)
        paint(labels, place, Ellipsoid(centre, _sizes(rng, (26, 26, 52)), Surrounding.KIDNEY))
        inner = (centre[0] - side * 10, centre[1] - 6, centre[2])
        filling = int(rng.choice((Surrounding.FAT, Surrounding.BOWEL_FLUID, Surrounding.CONTRAST)))
        paint(labels, place, Ellipsoid(inner, (9, 8, 22), filling))


def _paint_bowel(labels: Labels, place: Place, rng: Generator, diaphragm: float) -> None:
    """Loops of small bowel in front of the column, the colon at the flanks and before the sacrum."""
    wall = int(Surrounding.BOWEL_WALL)
    for _ in range(int(rng.integers(20, 55))):
        start = np.array([rng.uniform(-95, 95), rng.uniform(-130, -42), rng.uniform(-90, diaphragm - 70)])
        end = start + rng.normal(0, 32, 3)
        end[1] = min(end[1], -40)
        radius = float(rng.uniform(8, 17))
        content = int(rng.choice(CONTENTS, p=(0.5, 0.2, 0.1, 0.2)))
        paint_rod(labels, place, Rod(_spot(start), _spot(end), radius, content, wall, float(rng.uniform(1.5, 3))))
    for side in (-1, 1):
        height = float(rng.uniform(90, 150))
        radius = float(rng.uniform(16, 28))
        rod = Rod((side * 102, -25, -25), (side * 108, -15, height), radius, Surrounding.STOOL, wall, 2.5)
        paint_rod(labels, place, rod)
        _paint_lumps(labels, place, rng, ((side * 102, -25, -25), (side * 108, -15, height), radius))
    rectum = ((float(rng.uniform(-12, 12)), 22.0, -145.0), (float(rng.uniform(-25, 25)), 8.0, -70.0), 17.0)
    paint_rod(labels, place, Rod(*rectum, int(rng.choice(CONTENTS)), wall, 3.0))
    bladder = Ellipsoid(_jitter(rng, (0, -55, -135), 10), _sizes(rng, (38, 30, 30)), Surrounding.BOWEL_FLUID)
    paint(labels, place, bladder)


def _paint_lumps(labels: Labels, place: Place, rng: Generator, colon: tuple[Spot, Spot, float]) -> None:
    """Gas bubbles, stool balls and contrast inside a colon, as roundish pieces the size of a vertebra or less."""
    start, end, radius = np.asarray(colon[0]), np.asarray(colon[1]), colon[2]
    for _ in range(int(rng.integers(3, 9))):
        at = start + rng.uniform(0, 1) * (end - start) + rng.uniform(-0.4, 0.4, 3) * radius
        content = int(rng.choice((Surrounding.GAS, Surrounding.CONTRAST, Surrounding.STOOL), p=(0.55, 0.25, 0.2)))
        paint(labels, place, Ellipsoid(_spot(at), _sizes(rng, (radius * 0.6, radius * 0.6, radius * 0.8)), content))


def _spot(values: NDArray[np.float64]) -> Spot:
    return float(values[0]), float(values[1]), float(values[2])


def _paint_muscles(labels: Labels, place: Place, rng: Generator) -> None:
    muscle = int(Surrounding.MUSCLE)
    bulk = rng.uniform(0.65, 1.15)
    for side in (-1, 1):
        psoas = Rod((side * 33, 2, 105), (side * 48, -12, 0), 17 * bulk, muscle)
        paint_rod(labels, place, psoas)
        paint_rod(labels, place, Rod((side * 48, -12, 0), (side * 75, -45, -110), 17 * bulk, muscle))
        paint_rod(labels, place, Rod((side * 72, 28, 100), (side * 75, 28, 0), 14 * bulk, muscle))
        for offset, radius in ((22, 19), (46, 18)):  # multifidus and longissimus, with fat clefts between them
            top, bottom = (side * offset, 48, 330), (side * (offset - 4), 48, -40)
            paint_rod(labels, place, Rod(top, bottom, radius * bulk + 2, Surrounding.FAT))
            paint_rod(labels, place, Rod(top, bottom, radius * bulk, muscle))
        gluteal = Ellipsoid((side * 75, 55, -75), _sizes(rng, (48, 32, 60)), muscle)
        paint(labels, place, gluteal)


def _paint_vessels(labels: Labels, place: Place, rng: Generator) -> None:
    radius = float(rng.uniform(8, 16))
    fork = float(rng.uniform(15, 45))
    front = -float(rng.uniform(30, 36))
    artery = [((rng.uniform(6, 18), front, fork), (rng.uniform(10, 25), front + 6, 260.0), radius)]
    artery += [((s * 8 + 8, front, fork), (s * 45, -25, -60), radius * 0.6) for s in (-1, 1)]
    for start, end, thick in artery:
        rod = Rod(_spot(np.asarray(start)), _spot(np.asarray(end)), thick, Surrounding.ARTERY)
        paint_rod(labels, place, rod)
        if "aortic calcium" in place.recipe.extras:
            _paint_plaques(labels, place, rng, rod)
    vein_radius = float(rng.uniform(7, 13))
    paint_rod(labels, place, Rod((-17, front + 4, fork - 8), (-22, front - 4, 190), vein_radius, Surrounding.VEIN))
    for side in (-1, 1):
        rod = Rod((-10, front + 4, fork - 8), (side * 48, -20, -60), vein_radius * 0.7, Surrounding.VEIN)
        paint_rod(labels, place, rod)


def _paint_plaques(labels: Labels, place: Place, rng: Generator, vessel: Rod) -> None:
    start, end = np.asarray(vessel.start), np.asarray(vessel.end)
    for _ in range(int(rng.integers(4, 14))):
        angle = rng.uniform(0, 2 * np.pi)
        at = start + rng.uniform(0, 1) * (end - start)
        at = at + vessel.radius_mm * np.array([np.cos(angle), np.sin(angle), 0])
        paint(labels, place, Ellipsoid(_spot(at), _sizes(rng, (2.5, 2.5, 6)), Surrounding.CALCIUM))


def _paint_ribs(labels: Labels, place: Place, rng: Generator) -> None:
    """The lateral parts of the ribs: slanting arcs of rod along the chest wall (their heads belong to the spine)."""
    width, depth = rng.uniform(105, 150), rng.uniform(70, 100)
    for number in range(9):
        height = 172 + 27 * number
        reach = (0.9, 1.5, 2.2)[min(number, 2)]  # floating ribs are short
        angles = np.linspace(0.45, reach, int(4 + 3 * min(number, 2)))
        for side in (-1, 1):
            points = [
                (side * width * np.sin(a), 38 - depth * (1 - np.cos(a)), height + 12 - 32 * (a - 0.45)) for a in angles
            ]
            for start, end in pairwise(points):
                paint_rod(labels, place, Rod(_spot(np.array(start)), _spot(np.array(end)), 5.5, *BONE, 1.6))


def _paint_hips(labels: Labels, place: Place, rng: Generator) -> None:
    """Iliac wings, sockets, heads and shafts of the femora, the pubic arch; sometimes a prosthesis."""
    cortex = float(rng.uniform(1.2, 2.4))
    for side in (-1, 1):
        turn, flare = rng.uniform(0.55, 0.95), rng.uniform(0.15, 0.5)
        wing = np.array([side * np.sin(turn), -np.cos(turn), 0.0])  # from the sacroiliac joint forwards and out
        up = np.array([side * flare * np.cos(turn), flare * np.sin(turn), 1.0])
        up = (up - (up @ wing) * wing) / np.linalg.norm(up - (up @ wing) * wing)
        axes = np.stack([wing, up, np.cross(wing, up)], axis=1)
        radii = (float(rng.uniform(58, 74)), float(rng.uniform(52, 66)), float(rng.uniform(6, 11)))
        centre = _jitter(rng, (side * 84, 2, -32), 6)
        paint(labels, place, Ellipsoid(centre, radii, *BONE, cortex, axes))
        hip = _jitter(rng, (side * 88, -12, -118), 6)
        head = float(rng.uniform(21, 26))
        paint_rod(labels, place, Rod((centre[0], centre[1], centre[2] - 25), hip, 16, *BONE, cortex))
        paint(labels, place, Ellipsoid(hip, (head + 9,) * 3, *BONE, cortex))
        paint(labels, place, Ellipsoid(hip, (head + 2,) * 3, Surrounding.MUSCLE))
        paint_rod(labels, place, Rod(hip, (side * 8, -62, -150), 9, *BONE, cortex))
        paint_rod(labels, place, Rod((hip[0], hip[1] + 12, hip[2] - 10), (side * 55, 15, -175), 12, *BONE, cortex))
        trochanter = (hip[0] + side * 48, hip[1] + 12, hip[2] - 25)
        inside, skin = BONE
        if "hip prosthesis" in place.recipe.extras and rng.random() < 0.7:
            inside = skin = int(Surrounding.METAL)
        paint_rod(labels, place, Rod(hip, trochanter, 14, inside, skin, 2.5))
        paint(labels, place, Ellipsoid(hip, (head,) * 3, inside, skin, cortex))
        shaft = (trochanter[0], trochanter[1] + 5, -420.0)
        paint_rod(labels, place, Rod(trochanter, shaft, 15, inside, skin, 5.0))


def _paint_outside(labels: Labels, place: Place, rng: Generator) -> None:
    """Arms beside the trunk and the table beneath it."""
    if "arms" in place.recipe.extras:
        for side in (-1, 1):
            at = float(side * rng.uniform(200, 225))
            shoulder, hand = (at, -10.0, 300.0), (at, -40.0, -200.0)
            paint_rod(labels, place, Rod(shoulder, hand, 42, Surrounding.MUSCLE, Surrounding.FAT, 9.0))
            paint_rod(labels, place, Rod(shoulder, hand, 12, *BONE, 4.0))
    if "table" in place.recipe.extras:
        below = place.behind - np.float32(rng.uniform(95, 125)) + (place.left / 25) ** 2 * rng.uniform(0, 0.3)
        shell = (below > 0) & (below < rng.uniform(2, 12))
        labels[np.broadcast_to(shell, labels.shape) & (labels == Surrounding.AIR)] = Surrounding.TABLE
