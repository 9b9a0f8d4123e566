"""How does vfa read the five bodies that other open tools were tried on?

python -m benchmarks.five_bodies

Five analytic bodies, 28 mm high at the rim, as exact masks without an image, in the poses and at the spacings where
the peers of docs/accuracy.md were tried. No segmentation error: what is off is the ruler.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vfa.measure import measure_spine
from vfa.model.findings import VertebraFindings
from vfa.model.frame import FloatArray, Grid
from vfa.model.morphometry import COLUMN_BANDS, COLUMNS, BodyHeights, Deformity, HeightLoss
from vfa.model.spine import Spine, Vertebra
from vfa.phantom.fractures import Biconcave, Crush, Fracture, Wedge

HEIGHT_MM, WIDTH_MM, DEPTH_MM, DISC_MM = 28.0, 44.0, 33.0, 9.0
DISH_MM = 1.5  # each endplate's depth below its rim
SPACINGS = ((0.8, 0.8, 1.0), (1.5, 1.5, 1.5), (0.8, 0.8, 3.0), (0.8, 0.8, 5.0))
LEVELS = ("L1", "L2", "L3", "L4", "L5")
POSES = ("straight", "lordosis 10° a level", "coronal curve 10° a level", "all tilted 25°")
FRACTURED = "L3"
FRACTURES: dict[str, Fracture] = {
    "wedge 30 %": Wedge(0.30 * HEIGHT_MM),
    "biconcave 30 %": Biconcave(0.30 * (HEIGHT_MM - 2 * DISH_MM)),
    "crush 35 %": Crush(0.35 * HEIGHT_MM),
}


def _endplates(fracture: Fracture | None, left: FloatArray, anterior: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Heights of both endplates over places in the body's own frame, mm."""
    depth, side = 0.5 - anterior / DEPTH_MM, 2 * left / WIDTH_MM
    dish = DISH_MM * np.clip(1 - side**2 - (2 * depth - 1) ** 2, 0, None)
    upper, lower = HEIGHT_MM / 2 - dish, -HEIGHT_MM / 2 + dish
    if fracture is None:
        return upper, lower
    depth, side = np.clip(depth, 0, 1), np.clip(side, -1, 1)
    return upper - fracture.upper_drop_mm(depth, side), lower + fracture.lower_rise_mm(depth, side)


def true_heights(fracture: Fracture | None) -> list[float]:
    """Anterior, middle and posterior height over the central third, by the definition, in the construction frame."""
    left, depth = np.meshgrid(np.linspace(-WIDTH_MM / 6, WIDTH_MM / 6, 61), np.linspace(0, 1, 401), indexing="ij")
    upper, lower = _endplates(fracture, left, (0.5 - depth) * DEPTH_MM)
    bands = [(depth >= first) & (depth <= last) for first, last in (COLUMN_BANDS[c] for c in COLUMNS)]
    return [float(np.median((upper - lower)[band])) for band in bands]


def frames(pose: str) -> list[tuple[FloatArray, FloatArray]]:
    """Centre (3,) and axes (3, 3: left, anterior, cranial as columns) of each body in LPS, from L1 down."""
    found = []
    centre = np.zeros(3)
    for number in range(len(LEVELS)):
        angle = np.radians(25.0 if pose == POSES[3] else 10.0 * (number - 2) if pose in POSES[1:3] else 0.0)
        cos, sin = np.cos(angle), np.sin(angle)
        if pose == POSES[2]:
            axes = np.array([[cos, 0, sin], [0, -1, 0], [-sin, 0, cos]])
        else:
            axes = np.array([[1, 0, 0], [0, -cos, sin], [0, sin, cos]])
        if number:
            centre = centre - (HEIGHT_MM + DISC_MM) / 2 * (axes[:, 2] + found[-1][1][:, 2])
        found.append((centre, axes))
    return found


def spine_of(pose: str, spacing_mm: tuple[float, float, float], fracture: Fracture | None) -> Spine:
    """The five bodies as exact masks: a voxel belongs to a body when its centre does."""
    placed = frames(pose)
    vertebrae = []
    for level, (centre, axes) in zip(LEVELS, placed, strict=True):
        low = np.floor((centre - 34.0) / spacing_mm) * spacing_mm
        shape = tuple(int(n) for n in np.ceil(68.0 / np.asarray(spacing_mm)) + 1)
        grid = Grid.from_axes((shape[0], shape[1], shape[2]), spacing_mm, low)
        index = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), axis=-1)
        left, anterior, cranial = np.moveaxis((grid.lps_of(index) - centre) @ axes, -1, 0)
        upper, lower = _endplates(fracture if level == FRACTURED else None, left, anterior)
        within = np.abs(2 * left / WIDTH_MM) ** 2.5 + np.abs(2 * anterior / DEPTH_MM) ** 2.5 <= 1
        mask = within & (cranial <= upper) & (cranial >= lower)
        vertebrae.append(Vertebra(level, 1.0, mask, grid, canal_lps=centre - axes[:, 1] * (DEPTH_MM / 2 + 8)))
    return Spine(tuple(vertebrae), vertebrae[0].grid, "five analytic bodies")


def _measured(spine: Spine) -> Iterator[tuple[VertebraFindings, BodyHeights]]:
    for found in measure_spine(spine, None):
        assert isinstance(found.heights, BodyHeights), found.heights
        yield found, found.heights


def table() -> str:
    """Vfa's readings, as Markdown."""
    names = [" × ".join(f"{s:g}" for s in spacing) for spacing in SPACINGS]
    lines = [["what", *names], ["---"] * (len(names) + 1)]
    true = np.array(true_heights(None))
    for pose in POSES:
        cells = []
        for spacing in SPACINGS:
            found = list(_measured(spine_of(pose, spacing, None)))
            errors = np.array([[h.centre[c].value for c in COLUMNS] for _, h in found]) - true
            called = sum(
                isinstance(f.deformity, Deformity) and f.deformity.fracture.value == "present" for f, _ in found
            )
            cells.append(f"{np.abs(errors).mean():.2f} mm (bias {errors.mean():+.2f}), {called} of 5 called fractured")
        lines.append([f"intact, {pose}", *cells])
    for name, fracture in FRACTURES.items():
        cells = []
        exact = 100 * float((1 - np.array(true_heights(fracture)) / true).max())
        for spacing in SPACINGS:
            found = {f.level: f for f, _ in _measured(spine_of(POSES[0], spacing, fracture))}
            loss, meaning = found[FRACTURED].height_loss, found[FRACTURED].deformity
            assert isinstance(loss, HeightLoss)
            assert isinstance(meaning, Deformity)
            low, high = loss.fraction.ci95
            cells.append(
                f"{100 * loss.fraction.value:.0f} % ({100 * low:.0f}–{100 * high:.0f}), {meaning.fracture.value}"
            )
        lines.append([f"{name} (true {exact:.0f} %)", *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    print(table())
