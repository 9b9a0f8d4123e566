from __future__ import annotations

import numpy as np
import pytest

from vfa.model.frame import BodyFrame, Grid
from vfa.model.volume import Modality, Volume
from vfa.phantom.anatomy import PhantomSpine, build_spine
from vfa.phantom.fractures import fracture_of
from vfa.phantom.recipe import SpineRecipe
from vfa.phantom.render_ct import CtScanner, render_ct
from vfa.phantom.render_mr import MrScanner, render_mr
from vfa.segment.belief import Belief
from vfa.segment.outline import REACH_MM, Outline, crop_grid, guessed_frame, normalised, outline, sampled

SAGITTAL = np.array([[0.0, 0, 1], [1, 0, 0], [0, -1, 0]])  # i to the back, j to the feet, k to the left


@pytest.fixture(scope="module")
def phantom() -> PhantomSpine:
    """L2 is crushed by more than a third, and so its belief below takes in some of L3."""
    crush = fracture_of("crush", 0.4, 25.0)
    return build_spine(SpineRecipe(seed=41, levels=("L1", "L2", "L3"), variation=1.0, fractures={"L2": crush}))


def _around(phantom: PhantomSpine, spacing: tuple[float, float, float], axes: np.ndarray) -> Grid:
    centres = np.array([v.construction.centre_lps for v in phantom.vertebrae])
    low, high = centres.min(axis=0) - np.array([45, 38, 24]), centres.max(axis=0) + np.array([45, 45, 24])
    along = np.stack([low @ axes, high @ axes])
    shape = np.ceil(np.ptp(along, axis=0) / spacing).astype(int)
    return Grid.from_axes((int(shape[0]), int(shape[1]), int(shape[2])), spacing, axes @ along.min(axis=0), axes)


@pytest.fixture(scope="module")
def ct(phantom: PhantomSpine) -> Volume:
    return render_ct(phantom, _around(phantom, (0.8, 0.8, 1.5), np.eye(3)), CtScanner(slice_thickness_mm=1.5, seed=3))


@pytest.fixture(scope="module")
def mr(phantom: PhantomSpine) -> Volume:
    return render_mr(phantom, _around(phantom, (0.8, 0.8, 4.0), SAGITTAL), MrScanner(Modality.T2, seed=3))


def _distance(phantom: PhantomSpine, level: str, grid: Grid) -> np.ndarray:
    return phantom[level].distance_mm(grid.lps_of(np.moveaxis(np.indices(grid.shape), 0, -1)))


def _guess(phantom: PhantomSpine, level: str, also: str | None = None) -> tuple[BodyFrame, Belief]:
    """About where the body is, 3 mm and 8° off, and a belief at 2 mm that is 1 mm too large everywhere."""
    true = phantom[level].frame
    tilted = true.cranial + np.tan(np.radians(8)) * true.anterior
    frame = guessed_frame(
        true.centre_lps + np.array([2.0, -2.0, 1.0]), tilted / np.linalg.norm(tilted), phantom[level].canal_lps
    )
    grid = Grid.from_axes((40, 40, 40), (2.0, 2.0, 2.0), true.centre_lps - 39.0)
    near = _distance(phantom, level, grid)
    if also is not None:
        near = np.minimum(near, np.maximum(_distance(phantom, also, grid), near - 6.0))
    return frame, Belief((1 / (1 + np.exp((near - 1.0) / 1.2))).astype(np.float32), grid)


def _dice(found: Outline, phantom: PhantomSpine, level: str, image: Grid) -> float:
    body = found.mask_on(image)
    assert body is not None
    truth = _distance(phantom, level, image) < 0
    start = np.rint(image.ijk_of(body.grid.lps_of((0, 0, 0)))).astype(int)
    box = tuple(slice(s, s + n) for s, n in zip(start, body.grid.shape, strict=True))
    return float(2 * (body.mask & truth[box]).sum() / (body.mask.sum() + truth.sum()))


def test_a_crushed_body_is_outlined_apart_from_the_neighbour_that_the_first_network_took_for_part_of_it(
    phantom: PhantomSpine, ct: Volume
) -> None:
    frame, belief = _guess(phantom, "L2", also="L3")
    found = outline(ct, frame, belief)
    assert found.doubt == ""
    assert _dice(found, phantom, "L2", ct.grid) > 0.92
    neighbour = (_distance(phantom, "L3", found.grid) < -0.5) & (found.distance_mm < 0)
    assert neighbour.sum() < 0.02 * (found.distance_mm < 0).sum()


def test_bodies_on_thick_sagittal_mr_are_outlined(phantom: PhantomSpine, mr: Volume) -> None:
    for level in ("L2", "L3"):
        assert _dice(outline(mr, *_guess(phantom, level)), phantom, level, mr.grid) > 0.87


def test_it_finds_the_same_body_when_the_guess_lies_beside_it(phantom: PhantomSpine, ct: Volume) -> None:
    frame, belief = _guess(phantom, "L3")
    aside = BodyFrame(frame.centre_lps + 7.0 * frame.left, frame.cranial, frame.anterior)
    one, other = (outline(ct, place, belief).mask_on(ct.grid) for place in (frame, aside))
    assert one is not None
    assert other is not None
    assert np.linalg.norm(one.centre_lps - other.centre_lps) < 1.0


def test_where_the_image_shows_no_such_body_the_disagreement_is_told(phantom: PhantomSpine, ct: Volume) -> None:
    frame, belief = _guess(phantom, "L3")
    places = belief.grid.lps_of(np.moveaxis(np.indices(belief.grid.shape), 0, -1))
    beside = np.linalg.norm(places - frame.lps_of((31.0, -4.0, 0.0)), axis=-1) < 7
    assert "disagree" in outline(ct, frame, Belief(beside.astype(np.float32), belief.grid)).doubt


def test_an_image_is_sampled_where_it_is_and_what_lies_outside_is_unknown() -> None:
    grid = Grid.from_axes((160, 150, 20), (0.4, 0.5, 3.0), (10.0, -20.0, 5.0))
    x, y, z = np.moveaxis(grid.lps_of(np.moveaxis(np.indices(grid.shape), 0, -1)), -1, 0)
    plane = Volume((3 * x - 2 * y + z).astype(np.float32), grid, Modality.CT)
    crop = crop_grid(BodyFrame.from_directions(grid.centre_lps, (0.1, -0.2, 1.0), (0.1, -1.0, 0.0)))
    values, known = sampled(plane, crop)
    places = crop.lps_of(np.moveaxis(np.indices(crop.shape), 0, -1))
    inside = grid.ijk_of(places)
    well_in = ((inside > 2) & (inside < np.asarray(grid.shape) - 3)).all(axis=-1)
    assert well_in.sum() > 20_000
    np.testing.assert_allclose(values[well_in], (places @ [3.0, -2.0, 1.0])[well_in], atol=0.01)
    outside = ((inside < -0.6) | (inside > np.asarray(grid.shape) - 0.4)).any(axis=-1)
    assert outside.any()
    assert not known[outside].any()
    assert known[well_in].all()


def test_ct_is_scaled_by_its_window_and_mr_by_what_the_crop_holds() -> None:
    values = np.linspace(-500, 1500, 64, dtype=np.float32).reshape(4, 4, 4)
    known = np.ones((4, 4, 4), dtype=bool)
    known[0] = False
    ct = normalised(values, known, Modality.CT)
    assert ct[known].min() >= 0
    assert ct.max() == 1
    assert (ct[~known] == 0).all()
    mr = normalised(values, known, Modality.T2)
    np.testing.assert_allclose(normalised(5 * values + 70, known, Modality.T2), mr, atol=1e-5)


def test_a_surface_between_voxels_cuts_the_image_where_it_lies() -> None:
    frame = BodyFrame.from_directions((0, 0, 0), (0, 0, 1), (0, -1, 0))
    grid = crop_grid(frame)
    radius = np.linalg.norm(grid.lps_of(np.moveaxis(np.indices(grid.shape), 0, -1)), axis=-1)
    ball = Outline(np.clip(radius - 12.3, -REACH_MM, REACH_MM).astype(np.float32), grid, 1.0)
    body = ball.mask_on(Grid.from_axes((90, 90, 90), (0.5, 0.5, 0.5), (-22.3, -22.1, -22.2)))
    assert body is not None
    assert body.volume_ml == pytest.approx(4 / 3 * np.pi * 1.23**3, rel=0.01)
    assert np.linalg.norm(body.centre_lps) < 0.05
    far = Grid.from_axes((5, 5, 5), (1.0, 1.0, 1.0), (100.0, 0.0, 0.0))
    assert ball.mask_on(far) is None
