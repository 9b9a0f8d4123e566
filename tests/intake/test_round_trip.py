"""What the phantom writes as DICOM comes back at the same millimetres, however it lies and however it was tilted."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread

from vfa.intake import load_volume
from vfa.model.frame import FloatArray, Grid
from vfa.model.volume import Modality, Volume
from vfa.phantom.write_dicom import StudyHeader, write_series

SHAPE = (7, 9, 6)
SLOPE = np.array([3.0, -5.0, 7.0])  # Hounsfield units per mm along left, posterior and head: no two axes alike
ORIENTATIONS = [
    np.eye(3)[list(axes)] * np.array(signs)[:, None]
    for axes in itertools.permutations(range(3))
    for signs in itertools.product((1.0, -1.0), repeat=3)
]
spacings = st.tuples(st.floats(0.3, 2.0), st.floats(0.3, 2.0), st.floats(0.6, 5.0))
compressions = st.sampled_from(("none", "rle", "jpeg-ls"))
folder_is_emptied = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def field(points_lps: FloatArray) -> FloatArray:
    """Hounsfield units that tell where a point lies."""
    return points_lps @ SLOPE


def written(folder: Path, grid: Grid, compression: str, tilt_deg: float = 0.0) -> Path:
    """A CT whose voxels hold the field at their place; tilted by moving each slice within its plane."""
    shutil.rmtree(folder / "series", ignore_errors=True)
    slip = np.tan(np.radians(tilt_deg)) * grid.spacing_mm[2] * grid.axes[:, 1]
    index = np.argwhere(np.ones(grid.shape, dtype=bool))
    places = grid.lps_of(index) + index[:, 2:] * slip
    volume = Volume(np.rint(field(places)).astype(np.int16).reshape(grid.shape), grid, Modality.CT)
    paths = write_series(volume, folder / "series", StudyHeader(), compression)  # type: ignore[arg-type]
    for k, path in enumerate(paths):
        dataset = dcmread(path)
        dataset.ImagePositionPatient = [round(float(x), 8) for x in grid.lps_of((0, 0, k)) + k * slip]
        dataset.save_as(path)
    return folder / "series"


def grid_of(axes: FloatArray, spacing_mm: tuple[float, float, float]) -> Grid:
    """A small lattice about (4, −3, 11) mm."""
    middle = (np.array(SHAPE) - 1) / 2 * np.array(spacing_mm)
    return Grid.from_axes(SHAPE, spacing_mm, np.array([4.0, -3.0, 11.0]) - axes @ middle, axes)


@pytest.mark.parametrize("axes", ORIENTATIONS, ids=lambda axes: str(axes.astype(int).ravel().tolist()))
@given(spacing_mm=spacings, compression=compressions)
@settings(folder_is_emptied, max_examples=2)
def test_every_voxel_of_each_orientation_comes_back_to_its_place(tmp_path, axes, spacing_mm, compression):
    grid = grid_of(axes, spacing_mm)
    volume = load_volume(written(tmp_path, grid, compression))
    index = np.argwhere(np.ones(volume.voxels.shape, dtype=bool))
    assert volume.voxels.size == np.prod(SHAPE)
    assert np.abs(volume.voxels.reshape(-1) - field(volume.grid.lps_of(index))).max() <= 0.51
    assert sorted(volume.spacing_mm) == pytest.approx(sorted(spacing_mm), rel=1e-5)


@given(
    axes=st.sampled_from(ORIENTATIONS),
    spacing_mm=spacings,
    tilt_deg=st.floats(1.0, 30.0),
    sign=st.sampled_from((1, -1)),
)
@folder_is_emptied
def test_a_tilted_stack_comes_back_upright_at_the_same_millimetres(tmp_path, axes, spacing_mm, tilt_deg, sign):
    volume = load_volume(written(tmp_path, grid_of(axes, spacing_mm), "none", sign * tilt_deg))
    assert volume.slice_spacing_mm == pytest.approx(spacing_mm[2], rel=1e-4)
    assert np.abs(volume.grid.axes.T @ volume.grid.axes - np.eye(3)).max() < 1e-6
    index = np.argwhere(np.ones(volume.voxels.shape, dtype=bool))
    off = np.abs(volume.voxels.reshape(-1) - field(volume.grid.lps_of(index)))
    if volume.corrections:  # resampled along the columns: what has no image there is air
        assert "tilt" in volume.corrections[0]
        whole = _inner(volume)
        assert whole.sum() >= 7 * 6 * 3
        assert off[whole.reshape(-1)].max() <= 1.01
    else:  # less than a tenth of a millimetre from end to end
        assert off.max() <= 0.51 + 0.1 * np.linalg.norm(SLOPE)


def _inner(volume: Volume) -> np.ndarray:
    """Voxels that were filled from two pixels, not half from the air beyond the image."""
    filled = volume.voxels > -1000
    inner = filled & np.roll(filled, 1, 1) & np.roll(filled, -1, 1)
    inner[:, [0, -1]] = False
    return np.asarray(inner)
