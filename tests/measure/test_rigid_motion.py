"""However the patient lay and the voxels are stored, an image gives the same millimetres."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.phantom_cases import grid_around, true_spine
from tests.measure.shapes import all_orientations, reoriented
from vfa.measure import measure_spine
from vfa.model.frame import FloatArray, Grid
from vfa.model.morphometry import BodyHeights
from vfa.model.spine import Spine, Vertebra
from vfa.model.volume import Volume
from vfa.phantom.anatomy import Pose, SpineRecipe, build_spine
from vfa.phantom.fractures import Wedge
from vfa.phantom.render_ct import CtScanner, render_ct

SAME_MM = 0.05

Scene = tuple[Volume, Spine]


@pytest.fixture(scope="module")
def scene() -> Scene:
    """Two tilted bodies on CT, one of them wedged."""
    recipe = SpineRecipe(
        seed=5, levels=("L1", "L2"), fractures={"L2": Wedge(6.0)}, variation=1.0, pose=Pose((12.0, -9.0, 15.0))
    )
    spine = build_spine(recipe)
    grid = grid_around(spine, (0.9, 0.9, 1.5))
    return render_ct(spine, grid, CtScanner(slice_thickness_mm=1.5, seed=5)), true_spine(spine, grid)


def heights(scene: Scene) -> FloatArray:
    volume, spine = scene
    found = [f.heights for f in measure_spine(spine, volume)]
    assert all(isinstance(h, BodyHeights) for h in found)
    return np.array([[e.value for e in h.centre] for h in found if isinstance(h, BodyHeights)])


@pytest.fixture(scope="module")
def as_scanned(scene: Scene) -> FloatArray:
    return heights(scene)


@pytest.mark.slow
@pytest.mark.parametrize(("order", "flips"), all_orientations())
def test_an_image_stored_in_any_orientation_gives_the_same_heights(
    scene: Scene, as_scanned: FloatArray, order: tuple[int, ...], flips: tuple[int, ...]
) -> None:
    volume, spine = scene
    voxels, grid = reoriented(volume.voxels, volume.grid, order, flips)
    stored = replace(volume, voxels=voxels, grid=grid, slice_axis=order.index(volume.slice_axis))
    bodies = []
    for vertebra in spine.vertebrae:
        mask, own = reoriented(vertebra.body, vertebra.grid, order, flips)
        bodies.append(replace(vertebra, body=mask.astype(bool), grid=own))
    np.testing.assert_allclose(heights((stored, Spine(tuple(bodies), grid, "test"))), as_scanned, atol=SAME_MM)


def moved(grid: Grid, rotation: FloatArray, shift_mm: FloatArray) -> Grid:
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation, shift_mm
    return Grid(grid.shape, matrix @ grid.lps_from_ijk)


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(
    turns=st.tuples(*[st.floats(-180, 180)] * 3),
    shift_mm=st.tuples(*[st.floats(-500, 500)] * 3),
)
def test_a_patient_moved_as_a_whole_has_the_same_heights(
    scene: Scene, as_scanned: FloatArray, turns: tuple[float, float, float], shift_mm: tuple[float, float, float]
) -> None:
    volume, spine = scene
    rotation, shift = Pose(turns).rotation, np.array(shift_mm)
    image = replace(volume, grid=moved(volume.grid, rotation, shift))

    def placed(vertebra: Vertebra) -> Vertebra:
        canal = vertebra.canal_lps
        return replace(
            vertebra,
            grid=moved(vertebra.grid, rotation, shift),
            canal_lps=None if canal is None else rotation @ canal + shift,
        )

    bodies = tuple(placed(v) for v in spine.vertebrae)
    np.testing.assert_allclose(heights((image, Spine(bodies, image.grid, "test"))), as_scanned, atol=SAME_MM)
