from __future__ import annotations

from functools import lru_cache

import numpy as np

from vfa.model.frame import Grid
from vfa.model.volume import Modality, Volume
from vfa.phantom.anatomy import PhantomSpine, build_spine
from vfa.phantom.hounsfield import background_hu
from vfa.phantom.recipe import SpineRecipe
from vfa.phantom.tissues import tissues
from vfa.segment.network_input import NetworkInput, network_input
from vfa.segment.ribs import Sight, see_ribs

REGULAR = ("T10", "T11", "T12", "L1", "L2", "L3")
WITH_T13 = ("T11", "T12", "T13", "L1", "L2")


@lru_cache
def _phantom(levels: tuple[str, ...]) -> PhantomSpine:
    return build_spine(SpineRecipe(seed=4, levels=levels, variation=0.5))


@lru_cache
def _image(levels: tuple[str, ...], half_width_mm: float = 120.0) -> NetworkInput:
    spine = _phantom(levels)
    centres = np.array([vertebra.construction.centre_lps for vertebra in spine.vertebrae])
    low = centres.min(axis=0) - np.array([half_width_mm, 60, 50])
    high = centres.max(axis=0) + np.array([half_width_mm, 70, 30])
    shape = np.ceil((high - low) / 2).astype(int)
    grid = Grid.from_axes((int(shape[0]), int(shape[1]), int(shape[2])), (2.0, 2.0, 2.0), low)
    return network_input(Volume(background_hu(tissues(spine, grid)).astype(np.int16), grid, Modality.CT))


def _seen(levels: tuple[str, ...], half_width_mm: float = 120.0) -> dict[str, tuple[Sight, Sight]]:
    spine, image = _phantom(levels), _image(levels, half_width_mm)
    assert image.bone_from is not None
    centres = np.array([vertebra.construction.centre_lps for vertebra in spine.vertebrae])
    sights = see_ribs(image, image.bone_from, centres, [vertebra.canal_lps for vertebra in spine.vertebrae])
    return dict(zip(levels, sights, strict=True))


def test_thoracic_bodies_bear_ribs_and_lumbar_ones_do_not() -> None:
    seen = _seen(REGULAR)
    assert [seen[level] for level in ("T10", "T11", "T12")] == [("rib", "rib")] * 3
    assert [seen[level] for level in ("L1", "L2", "L3")] == [("none", "none")] * 3


def test_the_rudiments_of_a_thirteenth_pair_are_short() -> None:
    assert _seen(WITH_T13)["T13"] == ("short rib", "short rib")


def test_where_the_image_ends_near_the_column_nothing_is_said() -> None:
    seen = _seen(REGULAR, half_width_mm=50.0)
    assert set(seen.values()) == {("unknown", "unknown")}


def test_a_contrast_filled_kidney_against_a_transverse_process_is_no_rib() -> None:
    image, l1 = _image(REGULAR), _phantom(REGULAR)["L1"]
    places = image.grid.lps_of(np.moveaxis(np.indices(image.grid.shape), 0, -1))
    away = np.linalg.norm((places - l1.construction.centre_lps - [62, 18, -4]) / [1, 1, 2], axis=-1)
    kidney = NetworkInput(
        np.where(away < 26, np.maximum(image.image, 0.42), image.image), image.known, image.grid, 0.36, image.bone_from
    )
    centres = np.array([vertebra.construction.centre_lps for vertebra in _phantom(REGULAR).vertebrae])
    canal = [vertebra.canal_lps for vertebra in _phantom(REGULAR).vertebrae]
    assert kidney.bone_from is not None
    assert "rib" not in see_ribs(kidney, kidney.bone_from, centres, canal)[REGULAR.index("L1")]


def test_without_a_canal_a_body_has_no_sides() -> None:
    image = _image(REGULAR)
    centres = np.array([vertebra.construction.centre_lps for vertebra in _phantom(REGULAR).vertebrae])
    assert image.bone_from is not None
    assert set(see_ribs(image, image.bone_from, centres, [None] * len(centres))) == {("unknown", "unknown")}


def test_bone_lost_before_the_tip_of_a_transverse_process_says_nothing_of_ribs() -> None:
    image, spine = _image(REGULAR), _phantom(REGULAR)
    t12 = spine["T12"].construction.centre_lps
    places = image.grid.lps_of(np.moveaxis(np.indices(image.grid.shape), 0, -1)) - t12
    thin = (np.abs(places[..., 0]) > 26) & (np.abs(places[..., 2]) < 60)
    lost = NetworkInput(np.where(thin, 0.2, image.image), image.known, image.grid, 0.36, image.bone_from)
    centres = np.array([vertebra.construction.centre_lps for vertebra in spine.vertebrae])
    canal = [vertebra.canal_lps for vertebra in spine.vertebrae]
    assert lost.bone_from is not None
    assert see_ribs(lost, lost.bone_from, centres, canal)[REGULAR.index("T12")] == ("unknown", "unknown")
