"""How bright is each tissue on MR? From its water, its fat and their relaxation times, by the sequence's equation.

Each tissue is a pool of water and a pool of fat; water precesses faster, so a scanner shifts one against the other.
Relaxation times are usual values at 1.5 T, rounded (Stanisz et al., Magn Reson Med 2005, for muscle, cord and blood;
the rest plausible): good enough to look right, no more. Fat's T2 is that of trains of echoes, in which fat is bright.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from vfa.model.volume import Modality
from vfa.phantom.materials import Tissue

FAT_T1_MS, FAT_T2_MS = 235.0, 160.0  # nulled by an inversion time of 160 ms
GRADIENT_T2_SHARE = 0.45  # of T2 that is left as T2* in gradient echoes
BONE_T2_SHARE = 0.5  # further, where trabeculae disturb the field
Pool = Literal["water", "fat"]


@dataclass(frozen=True)
class Sequence:
    """What a scanner plays out.

    Args:
        kind: DICOM's word: SE spin echo, IR inversion recovery, GR gradient echo.
        repetition_ms: TR.
        echo_ms: TE.
        inversion_ms: TI; None without an inversion.
        flip_deg: of a gradient echo.
    """

    kind: Literal["SE", "IR", "GR"]
    repetition_ms: float
    echo_ms: float
    inversion_ms: float | None = None
    flip_deg: float = 90.0

    def signal(self, t1_ms: float, t2_ms: float) -> float:
        """Signal (0–1) of a pool of density 1."""
        recovered = np.exp(-self.repetition_ms / t1_ms)
        decayed = np.exp(-self.echo_ms / t2_ms)
        if self.kind == "GR":
            sin, cos = np.sin(np.radians(self.flip_deg)), np.cos(np.radians(self.flip_deg))
            return float(sin * (1 - recovered) / (1 - cos * recovered) * decayed)
        if self.inversion_ms is not None:
            return float(abs(1 - 2 * np.exp(-self.inversion_ms / t1_ms) + recovered) * decayed)
        return float((1 - recovered) * decayed)


# Usual spine protocols.
SEQUENCES: Mapping[Modality, Sequence] = MappingProxyType(
    {
        Modality.T1: Sequence("SE", 550.0, 10.0),
        Modality.T2: Sequence("SE", 3500.0, 100.0),
        Modality.STIR: Sequence("IR", 4000.0, 60.0, 160.0),
        Modality.MR: Sequence("GR", 600.0, 15.0, flip_deg=25.0),
    }
)


@dataclass(frozen=True)
class Pools:
    """Water and fat of a tissue: densities 0–1, and the water's relaxation times in ms."""

    water: float
    fat: float
    t1_ms: float
    t2_ms: float
    trabecular: bool = False


def _bone(water: float = 0.06) -> Pools:
    return Pools(water, 0.0, 600.0, 8.0)


POOLS: Mapping[Tissue, Pools] = MappingProxyType(
    {
        Tissue.AIR: Pools(0.0, 0.0, 1000.0, 1.0),
        Tissue.FAT: Pools(0.08, 0.92, 600.0, 50.0),
        Tissue.MUSCLE: Pools(0.88, 0.04, 1000.0, 44.0),
        Tissue.ORGAN: Pools(0.85, 0.05, 650.0, 55.0),
        Tissue.SKIN: Pools(0.6, 0.15, 500.0, 40.0),
        Tissue.VESSEL: Pools(0.06, 0.0, 1400.0, 60.0),  # flowing blood leaves before it is read out
        Tissue.BODY_CORTEX: _bone(),
        Tissue.BODY_MARROW: Pools(0.42, 0.45, 850.0, 50.0, trabecular=True),
        Tissue.ENDPLATE: _bone(),
        Tissue.IMPACTED_MARROW: Pools(0.35, 0.15, 900.0, 35.0, trabecular=True),
        Tissue.POSTERIOR_BONE: _bone(),
        Tissue.POSTERIOR_MARROW: Pools(0.3, 0.6, 850.0, 50.0, trabecular=True),
        Tissue.DISC: Pools(0.62, 0.0, 850.0, 42.0),
        Tissue.DISC_NUCLEUS: Pools(0.82, 0.0, 1150.0, 90.0),
        Tissue.CANAL: Pools(1.0, 0.0, 3500.0, 1200.0),
        Tissue.CORD: Pools(0.75, 0.05, 800.0, 75.0),
        Tissue.SACRUM_CORTEX: _bone(),
        Tissue.SACRUM_MARROW: Pools(0.36, 0.52, 850.0, 50.0, trabecular=True),
        Tissue.RIB: _bone(),
        Tissue.RIB_MARROW: Pools(0.4, 0.45, 850.0, 50.0, trabecular=True),
        Tissue.FLUID: Pools(0.95, 0.0, 2200.0, 350.0),
        Tissue.GAS: Pools(0.0, 0.0, 1000.0, 1.0),
        Tissue.CONTRAST: Pools(0.9, 0.0, 900.0, 150.0),
        Tissue.CALCIUM: _bone(0.03),
        Tissue.PELVIS: _bone(),
        Tissue.PELVIS_MARROW: Pools(0.35, 0.52, 850.0, 50.0, trabecular=True),
        Tissue.FEMUR: _bone(),
        Tissue.FEMUR_MARROW: Pools(0.15, 0.78, 850.0, 50.0, trabecular=True),
        Tissue.BOWEL: Pools(0.8, 0.05, 900.0, 65.0),
        Tissue.LUNG: Pools(0.15, 0.0, 1100.0, 5.0),
        Tissue.CEMENT: _bone(0.01),
        Tissue.METAL: Pools(0.0, 0.0, 1000.0, 1.0),
        Tissue.TUMOUR: Pools(0.85, 0.0, 1150.0, 85.0),
        Tissue.OEDEMA: Pools(0.78, 0.12, 1350.0, 100.0, trabecular=True),
    }
)


def _pool_signal(pools: Pools, pool: Pool, sequence: Sequence, factors: tuple[float, float]) -> float:
    """Signal of one pool, its relaxation times multiplied by the factors."""
    density, t1, t2 = (pools.water, pools.t1_ms, pools.t2_ms) if pool == "water" else (pools.fat, FAT_T1_MS, FAT_T2_MS)
    if sequence.kind == "GR":
        t2 *= GRADIENT_T2_SHARE * (BONE_T2_SHARE if pools.trabecular else 1.0)
    t1_factor, t2_factor = factors if pool == "water" else (1.0, 1.0)
    return density * sequence.signal(t1 * t1_factor, t2 * t2_factor)


def signals(sequence: Sequence, pool: Pool, spread: float, seed: int) -> Mapping[Tissue, float]:
    """The signal (0–1) of each tissue's water or fat.

    Args:
        sequence: what the scanner plays out.
        pool: which of the two.
        spread: how much density and relaxation times differ from the usual, as a standard deviation of their logarithm.
        seed: of that difference; water and fat of a tissue share it.
    """
    rng = np.random.default_rng([seed, 5])
    found = {}
    for tissue, pools in POOLS.items():
        density, t1, t2 = np.exp(spread * rng.standard_normal(3))
        found[tissue] = float(density) * _pool_signal(pools, pool, sequence, (float(t1), float(t2)))
    return MappingProxyType(found)
