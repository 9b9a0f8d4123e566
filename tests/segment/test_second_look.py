from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.segment.made_up import box_body
from vfa.model.frame import Grid
from vfa.model.volume import Volume
from vfa.phantom.anatomy import PhantomSpine, build_spine
from vfa.phantom.fractures import fracture_of
from vfa.phantom.recipe import SpineRecipe
from vfa.phantom.render_ct import CtScanner, render_ct
from vfa.segment.bodies import BodyMask, cropped
from vfa.segment.locate import SpineMaps
from vfa.segment.outlined import OutlinedBody
from vfa.segment.second_look import FROM_GAP, MAY_BE_DISC, doubted_where_touching, with_overlooked

LEVELS = ("L1", "L2", "L3")


@pytest.fixture(scope="module")
def phantom() -> PhantomSpine:
    """L2 has lost a third of its height."""
    crush = fracture_of("crush", 0.3, 25.0)
    return build_spine(SpineRecipe(seed=77, levels=LEVELS, variation=1.0, fractures={"L2": crush}))


@pytest.fixture(scope="module")
def ct(phantom: PhantomSpine) -> Volume:
    centres = np.array([v.construction.centre_lps for v in phantom.vertebrae])
    low, high = centres.min(axis=0) - np.array([45, 38, 24]), centres.max(axis=0) + np.array([45, 45, 24])
    spacing = np.array([0.9, 0.9, 1.5])
    shape = np.ceil((high - low) / spacing).astype(int)
    grid = Grid.from_axes((int(shape[0]), int(shape[1]), int(shape[2])), spacing, low)
    return render_ct(phantom, grid, CtScanner(slice_thickness_mm=1.5, seed=4))


def _distance(phantom: PhantomSpine, level: str, grid: Grid) -> np.ndarray:
    return phantom[level].distance_mm(grid.lps_of(np.moveaxis(np.indices(grid.shape), 0, -1)))


def _body(phantom: PhantomSpine, level: str, grid: Grid) -> OutlinedBody:
    mask = cropped(_distance(phantom, level, grid) < 0, grid)
    assert mask is not None
    return OutlinedBody(mask, phantom[level].canal_lps, 0.9, "", "")


def _maps(phantom: PhantomSpine, ct: Volume, of_l2: float) -> SpineMaps:
    """What a first network might say: L1 and L3 are body, and L2 with a probability; the rest of the column is disc."""
    low, high = ct.grid.lps_of((0, 0, 0)), ct.grid.lps_of(np.asarray(ct.grid.shape) - 1)
    shape = np.floor((high - low) / 2).astype(int)
    grid = Grid.from_axes((int(shape[0]), int(shape[1]), int(shape[2])), (2.0, 2.0, 2.0), low)
    near = {level: 1 / (1 + np.exp(_distance(phantom, level, grid) / 1.2)) for level in LEVELS}
    body = np.maximum(near["L1"], near["L3"]) + of_l2 * near["L2"]
    disc = (1 - of_l2) * near["L2"]
    none = np.zeros(grid.shape, np.float32)
    known = np.ones(grid.shape, dtype=bool)
    return SpineMaps(body.astype(np.float32), none, disc.astype(np.float32), none, none, none, known, grid)


def _dice(body: BodyMask, phantom: PhantomSpine, level: str, ct: Volume) -> float:
    truth = cropped(_distance(phantom, level, ct.grid) < 0, ct.grid)
    assert truth is not None
    one, two = ({tuple(np.rint(p).astype(int)) for p in ct.grid.ijk_of(mask.points_lps)} for mask in (body, truth))
    return 2 * len(one & two) / (len(one) + len(two))


def test_a_body_that_the_first_network_saw_and_no_outline_holds_is_outlined_too(
    phantom: PhantomSpine, ct: Volume
) -> None:
    found = [_body(phantom, level, ct.grid) for level in ("L1", "L3")]
    bodies = with_overlooked(ct, _maps(phantom, ct, of_l2=1.0), found)
    assert len(bodies) == 3
    assert bodies[0] is found[0]
    assert bodies[2] is found[1]
    assert _dice(bodies[1].body, phantom, "L2", ct) > 0.9


def test_in_a_gap_that_a_body_fits_in_one_is_found_though_the_first_network_hardly_saw_it_and_it_stays_in_doubt(
    phantom: PhantomSpine, ct: Volume
) -> None:
    found = [_body(phantom, level, ct.grid) for level in ("L1", "L3")]
    bodies = with_overlooked(ct, _maps(phantom, ct, of_l2=0.6), found)
    assert len(bodies) == 3
    assert bodies[1].doubt
    assert _dice(bodies[1].body, phantom, "L2", ct) > 0.85


def test_nothing_is_drawn_into_a_gap_where_the_first_network_sees_no_body(phantom: PhantomSpine, ct: Volume) -> None:
    found = [_body(phantom, level, ct.grid) for level in ("L1", "L3")]
    assert with_overlooked(ct, _maps(phantom, ct, of_l2=0.2), found) == found


def test_beyond_the_last_body_found_one_more_is_found_where_both_networks_see_it(
    phantom: PhantomSpine, ct: Volume
) -> None:
    found = [_body(phantom, level, ct.grid) for level in ("L2", "L3")]
    bodies = with_overlooked(ct, _maps(phantom, ct, of_l2=1.0), found)
    assert len(bodies) == 3
    assert bodies[0].doubt == FROM_GAP
    assert _dice(bodies[0].body, phantom, "L1", ct) > 0.85


def test_where_every_body_is_outlined_there_is_nothing_to_add(phantom: PhantomSpine, ct: Volume) -> None:
    found = [_body(phantom, level, ct.grid) for level in LEVELS]
    assert with_overlooked(ct, _maps(phantom, ct, of_l2=1.0), found) == found


def test_of_two_bodies_that_touch_the_lower_one_may_be_the_disc() -> None:
    tall = OutlinedBody(box_body(0), None, 0.9, "", "")
    low = replace(tall, body=box_body(1, size_mm=(40, 32, 12), shift_lps=(0, 0, 18)))
    far = replace(tall, body=box_body(2))
    assert [one.doubt for one in doubted_where_touching([tall, low, far])] == ["", MAY_BE_DISC, ""]
    assert [one.doubt for one in doubted_where_touching([tall, far])] == ["", ""]
