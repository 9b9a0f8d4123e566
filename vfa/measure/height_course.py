"""How do heights usually change down a spine, and which levels of this one still follow that course?

The usual course says only how heights relate to each other, never how high a body should be: its scale is the
patient's own. It steers interpolation between neighbours, and it tells which levels are intact. Every level is
either intact (near the course), fractured (one or more columns well below it) or mismeasured; scale and slope are
those that make the whole spine most probable, so that fractured neighbours, even most of a spine, do not drag the
course down with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vfa.model.anatomy import LEVELS, REGULAR_LEVELS, is_provisional
from vfa.model.frame import FloatArray
from vfa.model.morphometry import COLUMNS

# Growth of the mean of the anterior and posterior height per level, as log ratio. T9–L1: 6.5 % (Palm et al., Sci Rep
# 2025: 6.48 and 6.63 %). Above T9 no verified number was found; 4 % is a plausible value.
GROWTH = {"upper": 0.04, "thoracolumbar": 0.063}
# From L1 on bodies hardly grow, and L5 is lower again. Anterior heights: constant from L3 to L5 on CT while posterior
# ones fall (Zhou et al. 2000, read second-hand), 5.55, 5.60, 5.66, 5.63, 5.71 % of a column (Tibbetts 1981, likewise).
# Means of the mean shape of 87 patients (Clouthier et al., J Biomech 2023): L2 28.3, L3 28.8, L4 28.5, L5 27.6 mm.
# Between these and Panjabi's cadavers, as log ratio to L1:
LUMBAR = {"L1": 0.0, "L2": 0.013, "L3": 0.02, "L4": 0.010, "L5": -0.020}
# Normal sagittal wedging, degrees, mean of 120 women and 120 men (PMC2899959, table 1); + is anterior shorter.
# Above T9: plausible, unverified.
WEDGE_DEG = {
    **{f"T{n}": 3.0 for n in range(1, 9)},
    **{"T9": 3.8, "T10": 3.2, "T11": 5.0, "T12": 4.2, "L1": 3.35, "L2": 1.65, "L3": 0.1, "L4": -1.9, "L5": -6.2},
}
DEPTH_OVER_HEIGHT = 1.3  # antero-posterior depth of a body over its height; 35.7 over 28.3 mm at L5
BANDS_APART = 0.72  # of the depth, between the middles of the anterior and posterior band
MIDDLE_LOG = -0.07  # endplates are concave: the middle is lower than the mean of front and back
UNNAMED_GROWTH = 0.03  # where the levels have no names: between the lumbar and the thoracolumbar growth

LEVEL_SD = 0.03  # a level's own size about the course, as log
COLUMN_SD = {"anterior": 0.03, "middle": 0.04, "posterior": 0.03}  # its own shape
UNNAMED_COLUMN_SD = 0.055  # wedging is unknown where the level is
SLOPE_SD = 0.012  # of a person's growth per level about the usual
UNNAMED_SLOPE_SD = 0.03  # and where the levels have no names
FRACTURED_SHARE = 0.15  # prior: of levels in patients who are examined for fractures
MISMEASURED_SHARE = 0.01
DEEPEST_LOG = -1.6  # a fracture lowers a column to between a fifth and nearly all of its height
SHALLOWEST_LOG = 0.03
INTACT_ABOVE = 0.9  # probability from which a level serves as a reference: a mild fracture would hide its neighbours'


@dataclass(frozen=True)
class Course:
    """The usual log heights, up to a common scale.

    Args:
        logs: by level, log heights of the anterior, middle and posterior column.
        column_sds: by level, how far a column's shape strays from it.
    """

    logs: Mapping[str, FloatArray]
    column_sds: Mapping[str, FloatArray]


def usual_course(levels: Mapping[str, int]) -> Course:
    """The usual course over these levels, given with their positions down the spine."""
    logs, sds = {}, {}
    for level, position in levels.items():
        named = level in WEDGE_DEG
        mean = _mean_log(level) if named else UNNAMED_GROWTH * position
        half = BANDS_APART * DEPTH_OVER_HEIGHT * np.tan(np.radians(WEDGE_DEG.get(level, 0.0))) / 2
        logs[level] = mean + np.array([np.log1p(-half), MIDDLE_LOG, np.log1p(half)])
        sds[level] = np.array([COLUMN_SD[c] if named else UNNAMED_COLUMN_SD for c in COLUMNS])
    return Course(logs, sds)


def _mean_log(level: str) -> float:
    """Log of the mean height at a level over that at L1; regular levels only."""
    if level in LUMBAR:
        return LUMBAR[level]
    steps = REGULAR_LEVELS.index("L1") - REGULAR_LEVELS.index(level)
    return -GROWTH["thoracolumbar"] * min(steps, 4) - GROWTH["upper"] * max(steps - 4, 0)


def probability_intact(heights_mm: Mapping[str, FloatArray], positions: Mapping[str, int]) -> dict[str, float]:
    """How probable it is that each level is intact, all levels settled together.

    Args:
        heights_mm: by level, measured anterior, middle and posterior height.
        positions: by level, its place down the spine in levels.
    """
    if not heights_mm:
        return {}
    levels = list(heights_mm)
    course = usual_course({level: positions[level] for level in levels})
    steps = np.array([positions[level] for level in levels], dtype=float)
    steps -= steps.mean()
    above = np.stack([np.log(heights_mm[level]) - course.logs[level] for level in levels])  # (N, 3)
    sds = np.stack([course.column_sds[level] for level in levels])
    slope_sd = UNNAMED_SLOPE_SD if any(is_provisional(level) for level in levels) else SLOPE_SD
    slopes = np.linspace(-2.5, 2.5, 21) * slope_sd
    best, parts = -np.inf, np.zeros((len(levels), 3))
    for slope in slopes:
        tilted = above - slope * steps[:, None]
        scales = np.unique(np.concatenate([tilted.ravel(), tilted.mean(axis=1)]))
        states = _states(tilted - scales[:, None, None], sds)
        scores = np.log(states.sum(axis=-1)).sum(axis=-1) - 0.5 * (slope / slope_sd) ** 2
        leading = int(np.argmax(scores))
        if scores[leading] > best:
            best, parts = float(scores[leading]), states[leading]
    return {level: float(parts[n, 0] / parts[n].sum()) for n, level in enumerate(levels)}


def _states(residual: FloatArray, sds: FloatArray) -> FloatArray:
    """(…, N, 3) joint density of each level with being intact, fractured, mismeasured, of log heights."""
    spread = np.sqrt(sds**2 + LEVEL_SD**2)
    each = np.exp(-0.5 * (residual / spread) ** 2) / (spread * np.sqrt(2 * np.pi))
    # Intact: the level's own size is shared by its columns (the covariance has LEVEL_SD² everywhere).
    precision = 1 / sds**2
    shared = LEVEL_SD**2 / (1 + LEVEL_SD**2 * precision.sum(axis=-1))
    quadratic = (residual**2 * precision).sum(axis=-1) - shared * (residual * precision).sum(axis=-1) ** 2
    determinant = np.prod(sds**2, axis=-1) * (1 + LEVEL_SD**2 * precision.sum(axis=-1))
    intact = np.exp(-0.5 * quadratic) / np.sqrt((2 * np.pi) ** 3 * determinant)
    lowered = ((residual > DEEPEST_LOG) & (residual < SHALLOWEST_LOG)) / (SHALLOWEST_LOG - DEEPEST_LOG)
    # Fractured: each column is as before or lowered, at least one lowered.
    fractured = (np.prod(0.5 * each + 0.5 * lowered, axis=-1) - np.prod(0.5 * each, axis=-1)) / (1 - 0.5**3)
    shares = np.array([1 - FRACTURED_SHARE - MISMEASURED_SHARE, FRACTURED_SHARE, MISMEASURED_SHARE])
    return np.asarray(np.stack([intact, fractured, np.full(intact.shape, 0.1)], axis=-1) * shares + 1e-300)


def follows_regular_counting(level: str) -> bool:
    """Whether a level may serve as a reference at all: not transitional."""
    return level not in LEVELS or level in REGULAR_LEVELS
