"""Cement and screws in a body are told from bone, however bright, and from each other."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.measure.shapes import column_of_blocks
from vfa.measure.foreign_material import foreign_material
from vfa.model.volume import Modality, Volume

SPINE = column_of_blocks([(26.0, 26.0)], (1.0, 1.0, 1.0))
BODY = SPINE.vertebrae[0]


def image(*places: tuple[NDArray[np.bool_], float], modality: Modality = Modality.CT) -> Volume:
    """A body of 150 HU; each place (voxels, value) is painted over it."""
    voxels = np.where(BODY.body, 150, 40).astype(np.int16)
    for where, value in places:
        voxels[where] = value
    return Volume(voxels, BODY.grid, modality)


def within(
    radii_mm: tuple[float, float, float], offset_mm: tuple[float, float, float] = (0, 0, 0)
) -> NDArray[np.bool_]:
    """Voxels of an ellipsoid around the body's centre."""
    index = np.stack(np.meshgrid(*[np.arange(n) for n in BODY.grid.shape], indexing="ij"), axis=-1)
    away = BODY.grid.lps_of(index) - BODY.centre_lps - np.asarray(offset_mm)
    return np.asarray(((away / np.asarray(radii_mm)) ** 2).sum(axis=-1) <= 1)


def kind(volume: Volume) -> str:
    found = foreign_material(BODY, volume)
    return "" if found is None else found.kind


def test_a_compact_lump_brighter_than_bone_is_cement():
    assert kind(image((within((7, 6, 6)), 2200))) == "cement"


def test_metal_that_runs_out_of_the_body_behind_is_an_implant():
    assert kind(image((within((3, 28, 3), (12, 14, 0)), 3071))) == "implant"


@pytest.mark.parametrize(
    ("what", "value"),
    [(within((2.5, 2.5, 2.5)), 1700), (within((9, 9, 9)), 1300), (BODY.body & ~np.roll(BODY.body, 1, axis=2), 1800)],
    ids=["a bone island", "dense bone", "a bright endplate"],
)
def test_bone_however_dense_is_neither(what: NDArray[np.bool_], value: float):
    assert kind(image((what, value))) == ""


def test_on_mr_neither_is_told():
    assert kind(image((within((7, 6, 6)), 2200), modality=Modality.T1)) == ""
