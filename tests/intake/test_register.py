"""Two images with different frames of reference: a motion that is known is found again, or the match is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vfa.errors import GeometryRefused
from vfa.intake.load import load_volume
from vfa.intake.register import register
from vfa.model.frame import Grid
from vfa.model.volume import Modality, Volume
from vfa.phantom.anatomy import PhantomSpine, SpineRecipe, build_spine
from vfa.phantom.render_ct import CtScanner, render_ct

# Hounsfield units of air, fat, water, muscle, marrow, cancellous and cortical bone, and their signal on a T2 image.
T2_SIGNAL = ([-1000, -100, 0, 45, 150, 500, 1500], [0, 800, 900, 150, 450, 80, 10])
SAGITTAL_AXES = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])  # i backwards, j to the feet, k left


@pytest.fixture(scope="module")
def spine() -> PhantomSpine:
    return build_spine(SpineRecipe(levels=("L1", "L2", "L3", "L4"), seed=3))


@pytest.fixture(scope="module")
def ct(spine: PhantomSpine) -> Volume:
    centre = spine["L2"].frame.centre_lps
    grid = Grid.from_axes((56, 60, 84), (2.0, 2.0, 2.0), centre + np.array([-55.0, -50.0, -112.0]))
    return render_ct(spine, grid, CtScanner(seed=1))


def motion(turn_deg: tuple[float, float, float], shift_mm: tuple[float, float, float]) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", turn_deg, degrees=True).as_matrix()
    matrix[:3, 3] = shift_mm
    return matrix


def scanned_elsewhere(spine: PhantomSpine, primary_from_own: np.ndarray, kind: Modality) -> Volume:
    """The same spine in a sagittal stack of another scanner, whose coordinates are another frame's."""
    middle = spine["L2"].frame.centre_lps + np.array([2.0, 3.0, -28.0])
    shape, spacing = (100, 150, 17), np.array([1.1, 1.1, 4.0])
    origin = middle - SAGITTAL_AXES @ ((np.array(shape) - 1) / 2 * spacing)
    where = Grid.from_axes(shape, spacing, origin, SAGITTAL_AXES)
    image = render_ct(spine, where, CtScanner(seed=2, slice_thickness_mm=4.0))
    voxels = np.interp(image.voxels, *T2_SIGNAL).astype(np.int16) if not kind.is_ct else image.voxels
    return Volume(voxels, Grid(shape, np.linalg.inv(primary_from_own) @ where.lps_from_ijk), kind, "another frame")


def farthest_mm(found: np.ndarray, true: np.ndarray, image: Volume) -> float:
    """How far the found motion puts any corner of the image from where the true one does."""
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in image.grid.shape], indexing="ij")).reshape(3, -1).T
    points = np.c_[image.grid.lps_of(corners), np.ones(8)]
    return float(np.linalg.norm((points @ (found - true).T)[:, :3], axis=1).max())


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Modality.CT, Modality.T2])
def test_a_rigidly_moved_scan_of_one_spine_is_found_again_within_half_a_millimetre(spine, ct, kind):
    true = motion((4.0, -3.0, 2.5), (31.0, -18.0, -940.0))
    moved = scanned_elsewhere(spine, true, kind)
    placed = register(moved, ct)
    centre = np.c_[moved.grid.centre_lps[None], 1.0]
    assert np.linalg.norm(centre @ (placed.primary_lps_from_lps - true).T) < 0.5
    assert farthest_mm(placed.primary_lps_from_lps, true, moved) < 1.5
    assert placed.residual_mm < 1.5


@pytest.mark.slow
def test_an_image_of_something_else_is_refused(ct):
    rng = np.random.default_rng(5)
    noise = Volume(
        rng.normal(300, 60, (60, 60, 40)).astype(np.int16),
        Grid.from_axes((60, 60, 40), (2,) * 3, (0,) * 3),
        Modality.T1,
    )
    with pytest.raises(GeometryRefused):
        register(noise, ct)


@pytest.mark.slow
def test_a_spine_bent_between_the_scans_is_refused_with_its_residual(spine, ct):
    """The lower half of the second image is shifted backwards by 14 mm, as no rigid motion can do."""
    moved = scanned_elsewhere(spine, np.eye(4), Modality.CT)
    bent = moved.voxels.copy()
    bent[13:, 75:] = moved.voxels[:-13, 75:]
    with pytest.raises(GeometryRefused, match=r"residual is \d+\.\d mm|another level"):
        register(Volume(bent, moved.grid, Modality.CT), ct)


@pytest.mark.slow
def test_two_real_contrasts_of_one_frame_of_reference_need_no_motion(shared_data):
    """Toshiba T1 and T2 share a frame: the scanner itself says that the motion between them is none."""
    folder = shared_data / "taichi-lspine-cc0" / "dicom"
    t1, t2 = load_volume(folder / "MR_TOSHIBA_T1_SAG"), load_volume(folder / "MR_TOSHIBA_T2_SAG")
    placed = register(t1, t2)
    assert np.linalg.norm(placed.primary_lps_of(t1.grid.centre_lps) - t1.grid.centre_lps) < 0.5
    assert farthest_mm(placed.primary_lps_from_lps, np.eye(4), t1) < 2.0  # the corners are 220 mm away
    assert placed.residual_mm < 1.0
