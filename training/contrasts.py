"""How bright is each tissue? Random CT and MR contrasts, wide enough to cover scanners nobody has shown the network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vfa.phantom.materials import Tissue
from vfa.phantom.trunk_space import Surrounding

Generator = np.random.Generator
FloatTable = NDArray[np.float32]

GROUPS: dict[str, tuple[int, ...]] = {
    "air": (Tissue.AIR, Surrounding.AIR),
    "gas": (Tissue.GAS, Surrounding.GAS),
    "lung": (Tissue.LUNG, Surrounding.LUNG),
    "fat": (Tissue.FAT, Surrounding.FAT),
    "muscle": (Tissue.MUSCLE, Surrounding.MUSCLE),
    "skin": (Tissue.SKIN,),
    "liver": (Tissue.ORGAN, Surrounding.LIVER),
    "spleen": (Surrounding.SPLEEN,),
    "kidney": (Surrounding.KIDNEY,),
    "heart": (Surrounding.HEART,),
    "artery": (Tissue.VESSEL, Surrounding.ARTERY),
    "vein": (Surrounding.VEIN,),
    "cortex": (Tissue.BODY_CORTEX,),
    "marrow": (Tissue.BODY_MARROW,),
    "endplate": (Tissue.ENDPLATE,),
    "impacted": (Tissue.IMPACTED_MARROW,),
    "oedema": (Tissue.OEDEMA,),
    "tumour": (Tissue.TUMOUR,),
    "arch cortex": (Tissue.POSTERIOR_BONE,),
    "arch marrow": (Tissue.POSTERIOR_MARROW,),
    "annulus": (Tissue.DISC,),
    "nucleus": (Tissue.DISC_NUCLEUS,),
    "csf": (Tissue.CANAL,),
    "cord": (Tissue.CORD,),
    "sacrum cortex": (Tissue.SACRUM_CORTEX,),
    "sacrum marrow": (Tissue.SACRUM_MARROW,),
    "rib cortex": (Tissue.RIB,),
    "rib marrow": (Tissue.RIB_MARROW,),
    "other cortex": (Tissue.PELVIS, Tissue.FEMUR, Surrounding.BONE_CORTEX),
    "other marrow": (Tissue.PELVIS_MARROW, Tissue.FEMUR_MARROW, Surrounding.BONE_MARROW),
    "fluid": (Tissue.FLUID,),
    "bowel wall": (Tissue.BOWEL, Surrounding.BOWEL_WALL),
    "bowel fluid": (Surrounding.BOWEL_FLUID,),
    "stool": (Surrounding.STOOL,),
    "contrast": (Tissue.CONTRAST, Surrounding.CONTRAST),
    "calcium": (Tissue.CALCIUM, Surrounding.CALCIUM),
    "cement": (Tissue.CEMENT,),
    "metal": (Tissue.METAL, Surrounding.METAL),
    "table": (Surrounding.TABLE,),
}

# Brightness 0–1 with its spread, for the tissues that tell one weighting from another; the rest is drawn freely.
MR_WEIGHTINGS: dict[str, dict[str, tuple[float, float]]] = {
    "T1": {"fat": (0.9, 0.08), "marrow": (0.6, 0.13), "muscle": (0.36, 0.07), "annulus": (0.3, 0.07),
           "nucleus": (0.33, 0.07), "oedema": (0.4, 0.12), "tumour": (0.35, 0.1), "csf": (0.15, 0.06),
           "cord": (0.36, 0.07), "liver": (0.42, 0.08),
           "bowel fluid": (0.25, 0.1), "impacted": (0.35, 0.15), "fluid": (0.3, 0.15), "artery": (0.1, 0.08)},
    "T2": {"fat": (0.75, 0.13), "marrow": (0.5, 0.12), "muscle": (0.2, 0.06), "annulus": (0.15, 0.07),
           "nucleus": (0.5, 0.25), "oedema": (0.6, 0.15), "tumour": (0.5, 0.15), "csf": (0.97, 0.08),
           "cord": (0.42, 0.08), "liver": (0.3, 0.08),
           "bowel fluid": (0.8, 0.2), "impacted": (0.4, 0.2), "fluid": (0.85, 0.15), "artery": (0.06, 0.06)},
    "STIR": {"fat": (0.08, 0.05), "marrow": (0.2, 0.09), "muscle": (0.26, 0.07), "annulus": (0.13, 0.06),
             "nucleus": (0.45, 0.25), "oedema": (0.7, 0.2), "tumour": (0.6, 0.2), "csf": (0.97, 0.08),
             "cord": (0.42, 0.1), "liver": (0.28, 0.08),
             "bowel fluid": (0.9, 0.15), "impacted": (0.5, 0.25), "fluid": (0.9, 0.1), "artery": (0.1, 0.1)},
    # Gradient echoes: trabeculae spoil the field, so that marrow is dark beside bright discs.
    "GRE": {"fat": (0.5, 0.15), "marrow": (0.22, 0.1), "muscle": (0.45, 0.1), "annulus": (0.5, 0.15),
            "nucleus": (0.7, 0.15), "oedema": (0.4, 0.15), "tumour": (0.5, 0.15), "csf": (0.85, 0.15),
            "cord": (0.55, 0.12), "liver": (0.45, 0.1),
            "bowel fluid": (0.8, 0.2), "impacted": (0.25, 0.12), "fluid": (0.85, 0.15), "artery": (0.8, 0.2)},
}  # fmt: skip
WEIGHTING_SHARES = {"T1": 0.21, "T2": 0.22, "STIR": 0.22, "GRE": 0.12, "any": 0.23}
DRIED = 0.4  # of the spines have dried discs: nearly as dark as cortex, nucleus and annulus alike
CORTICAL = ("cortex", "endplate", "arch cortex", "sacrum cortex", "rib cortex", "other cortex", "calcium", "cement")
VOID = ("air", "gas", "lung", "metal", "table")
MARROWS = ("arch marrow", "sacrum marrow", "rib marrow", "other marrow")


@dataclass(frozen=True, eq=False)
class Contrast:
    """What each label looks like: `mean` and `texture` (standard deviation of its mottling), both (256,).

    `is_ct` says in which scale: Hounsfield units, or MR signal with 1 for a bright tissue.
    """

    mean: FloatTable
    texture: FloatTable
    is_ct: bool


def _tables(mean: dict[str, float], texture: dict[str, float]) -> tuple[FloatTable, FloatTable]:
    means, textures = np.zeros(256, np.float32), np.zeros(256, np.float32)
    for name, labels in GROUPS.items():
        means[list(labels)] = mean[name]
        textures[list(labels)] = texture.get(name, 0.0)
    return means, textures


def ct_contrast(rng: Generator) -> Contrast:
    """Hounsfield units: bone from osteoporotic to young, with or without contrast medium in vessels and bowel."""
    enhanced = rng.random() < 0.5
    soft = rng.uniform(30, 60)
    blood = soft + (rng.uniform(60, 320) if enhanced else rng.uniform(-15, 5))
    marrow = rng.uniform(10, 330) if rng.random() < 0.8 else rng.uniform(-40, 60)
    cortex = max(marrow, 100) + rng.uniform(180, 900)
    bright = rng.uniform(60, 700) if rng.random() < 0.6 else rng.uniform(0, 60)
    disc = rng.uniform(50, 125)
    mean = {
        "air": -1000.0, "gas": rng.uniform(-1000, -800), "lung": rng.uniform(-900, -650), "fat": rng.uniform(-125, -75),
        "muscle": soft + rng.uniform(-5, 15), "skin": soft, "liver": soft + rng.uniform(-30, 20) + 50 * enhanced,
        "spleen": soft + 60 * enhanced, "kidney": soft + rng.uniform(40, 180) * enhanced, "heart": blood * 0.8 + 10,
        "artery": blood, "vein": soft + (rng.uniform(20, 150) if enhanced else -5),
        "cortex": cortex * rng.uniform(0.6, 1.0), "marrow": marrow, "endplate": cortex * rng.uniform(0.5, 1.0),
        "impacted": marrow + rng.uniform(0, 350), "oedema": marrow + rng.uniform(-5, 40),
        "tumour": rng.uniform(20, 90), "arch cortex": cortex, "arch marrow": marrow + rng.uniform(-20, 200),
        "annulus": disc, "nucleus": disc + rng.uniform(-30, 15) if rng.random() < 0.9 else rng.uniform(-700, 0),
        "csf": rng.uniform(0, 35), "cord": rng.uniform(20, 50), "sacrum cortex": cortex * rng.uniform(0.5, 1.0),
        "sacrum marrow": marrow * rng.uniform(0.4, 1.1) - rng.uniform(0, 60), "rib cortex": cortex,
        "rib marrow": marrow + rng.uniform(-50, 150), "other cortex": cortex * rng.uniform(0.7, 1.3),
        "other marrow": marrow + rng.uniform(-80, 150), "fluid": rng.uniform(0, 70),
        "bowel wall": soft + rng.uniform(-10, 60),
        "bowel fluid": rng.uniform(-10, 60), "stool": rng.uniform(-250, 150), "contrast": bright,
        "calcium": rng.uniform(250, 1200), "cement": rng.uniform(800, 2500), "metal": rng.uniform(1800, 3000),
        "table": rng.uniform(-850, 150),
    }  # fmt: skip
    mottled = rng.uniform(5, 70)
    texture = {"marrow": mottled, "arch marrow": mottled * 1.5, "sacrum marrow": mottled, "other marrow": mottled,
               "rib marrow": mottled, "stool": rng.uniform(20, 250), "lung": rng.uniform(10, 80), "cortex": 120.0,
               "endplate": 100.0, "impacted": 60.0, "contrast": rng.uniform(0, 100), "muscle": 8.0, "fat": 8.0,
               "liver": 6.0, "annulus": 8.0, "nucleus": 8.0, "other cortex": 120.0, "bowel wall": 12.0}  # fmt: skip
    return Contrast(*_tables({k: float(v) for k, v in mean.items()}, texture), is_ct=True)


def mr_contrast(rng: Generator) -> Contrast:
    """MR signal: three quarters like T1, T2, STIR or gradient echo, the rest any brightness for any tissue."""
    mean = {name: float(rng.uniform(0.03, 1.0)) for name in GROUPS}
    kind = rng.choice(list(WEIGHTING_SHARES), p=list(WEIGHTING_SHARES.values()))
    if kind != "any":
        for name, (middle, spread) in MR_WEIGHTINGS[str(kind)].items():
            mean[name] = float(np.clip(rng.normal(middle, spread), 0.02, 1.2))
        for name in MARROWS:
            mean[name] = mean["marrow"] * float(rng.uniform(0.75, 1.25))
        for name in ("spleen", "kidney", "heart", "bowel wall"):
            mean[name] = mean["liver"] * float(rng.uniform(0.6, 2.0))
        mean["skin"] = mean["muscle"]
    if kind != "any" or rng.random() < 0.6:
        dark = rng.uniform(0.0, 0.12)
        mean |= {name: float(dark * rng.uniform(0.5, 1.5)) for name in CORTICAL}
    if kind != "any" or rng.random() < 0.7:
        mean |= {name: float(rng.uniform(0, 0.04)) for name in VOID}
    mean["air"] = float(rng.uniform(0, 0.03))
    if rng.random() < DRIED:
        _dry_discs(mean, rng)
    lively = rng.uniform(0.01, 0.09)
    texture = {name: float(lively * rng.uniform(0.3, 1.8)) for name in GROUPS if name not in (*VOID, *CORTICAL)}
    return Contrast(*_tables(mean, texture), is_ct=False)


def _dry_discs(mean: dict[str, float], rng: Generator) -> None:
    """Discs that have lost their water, in place: a thin one is hard to tell from the endplates on either side."""
    left = float(rng.uniform(0, 0.6))
    mean["annulus"] = mean["cortex"] + left * max(mean["annulus"] - mean["cortex"], 0.0)
    mean["nucleus"] = mean["annulus"] * float(rng.uniform(0.9, 1.5))
