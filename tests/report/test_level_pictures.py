"""A close-up is cut along the body's own axes: what lies in front is at the left, the patient's left at the right."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
from matplotlib.image import imread
from numpy.typing import NDArray

from tests.report import made_up
from vfa.model.estimate import Unmeasurable
from vfa.model.findings import StudyFindings
from vfa.model.frame import BodyFrame, Grid
from vfa.model.posterior_wall import PosteriorWall, WallStatus
from vfa.model.volume import Modality, Volume
from vfa.report.level_pictures import AT_MOST, BEHIND_MM, SIDE_MM, LevelPictures, level_pictures

TILTED = BodyFrame.from_directions((4.0, -6.0, 10.0), (0.3, 0.2, 0.93), (0.25, -0.95, 0.1))


def with_frame(frame: BodyFrame) -> StudyFindings:
    """L1 alone, facing so, with nothing drawn on it but its name."""
    l1 = made_up.findings()["L1"]
    none = made_up.unmeasurable("L1", "heights", made_up.Why.QUALITY_FAILED)
    bare = dataclasses.replace(l1, frame=frame, heights=none, expected_heights=none, posterior_wall=none)
    return dataclasses.replace(made_up.findings(), vertebrae=(bare,))


def ball_at(place_body_mm: tuple[float, float, float]) -> Volume:
    """A bright ball of 6 mm radius at (left, anterior, cranial) of the tilted body, in air, on a 1 mm lattice."""
    grid = Grid.from_axes((121, 121, 121), (1, 1, 1), (-60, -60, -60), np.eye(3))
    points = grid.lps_of(np.argwhere(np.ones(grid.shape, dtype=bool)))
    left, anterior, cranial = place_body_mm
    centre = TILTED.centre_lps + left * TILTED.left + anterior * TILTED.anterior + cranial * TILTED.cranial
    inside = (np.linalg.norm(points - centre, axis=1) < 6).reshape(grid.shape)
    return Volume(np.where(inside, 1300, -1000).astype(np.int16), grid, Modality.CT)


def pixels(png: bytes) -> NDArray[np.float64]:
    return np.asarray(imread(io.BytesIO(png), format="png"), dtype=np.float64)[..., 0]


def brightest_mm(png: bytes) -> tuple[float, float]:
    """Where the bright ball lies, mm rightwards and upwards of the picture's middle; writing at the edge apart."""
    image = pixels(png)
    size = len(image)
    edge = size // 8
    inner = image[edge:-edge, edge:-edge]
    rows, columns = np.nonzero(inner > 0.9)
    return (columns.mean() + edge - size / 2) * SIDE_MM / size, (size / 2 - rows.mean() - edge) * SIDE_MM / size


def test_in_the_sagittal_one_the_front_is_left_and_the_head_is_up_in_true_millimetres() -> None:
    drawn = level_pictures(ball_at((0, 14, 9)), None, with_frame(TILTED), ["L1"])["L1"]
    assert brightest_mm(drawn.sagittal) == pytest.approx((-14, 9), abs=0.7)


def test_in_the_axial_one_the_patients_left_is_right_and_the_front_is_up() -> None:
    drawn = level_pictures(ball_at((12, -25, 0)), None, with_frame(TILTED), ["L1"])["L1"]
    assert brightest_mm(drawn.axial) == pytest.approx((12, -25 + BEHIND_MM), abs=0.7)


def test_an_mr_is_drawn_in_a_window_of_its_own() -> None:
    ct = ball_at((0, 14, 9))
    mr = Volume((ct.voxels + 1000).astype(np.int16), ct.grid, Modality.T2)
    drawn = level_pictures(mr, None, with_frame(TILTED), ["L1"])["L1"]
    assert brightest_mm(drawn.sagittal) == pytest.approx((-14, 9), abs=0.7)


def test_what_lies_beside_the_plane_is_not_in_the_picture() -> None:
    drawn = level_pictures(ball_at((15, 5, 0)), None, with_frame(TILTED), ["L1"])["L1"]
    size = len(pixels(drawn.sagittal))
    assert pixels(drawn.sagittal)[size // 8 : -size // 8, size // 8 : -size // 8].max() < 0.9


def test_heights_and_the_bodys_outline_are_drawn() -> None:
    levels = ["L1"]
    with_all = level_pictures(made_up.volume(), made_up.spine(), made_up.findings(), levels)["L1"]
    bare = level_pictures(made_up.volume(), None, with_frame(made_up.findings()["L1"].frame), levels)["L1"]
    assert with_all.sagittal != bare.sagittal
    assert with_all.axial != bare.axial


def test_without_an_image_or_a_frame_there_is_no_close_up() -> None:
    assert level_pictures(None, made_up.spine(), made_up.findings(), ["L1"]) == {}
    assert level_pictures(made_up.volume(), made_up.spine(), made_up.findings(), ["T11"]) == {}


def test_a_spine_full_of_doubtful_levels_is_not_drawn_without_end() -> None:
    l1 = made_up.findings()["L1"]
    many = tuple(dataclasses.replace(l1, level=f"T{number}") for number in range(1, 13))
    study = dataclasses.replace(made_up.findings(), vertebrae=many)
    assert len(level_pictures(made_up.volume(), None, study, [one.level for one in many])) == AT_MOST


WALL_RGB = (1.0, 0.435, 0.682)  # the pink of the wall
CANAL_RGB = (0.608, 0.898, 0.392)  # the green of the canal
BEHIND_RGB = (1.0, 0.961, 0.616)  # the yellow of what has been pushed back


def coloured(png: bytes, rgb: tuple[float, float, float]) -> NDArray[np.bool_]:
    """Where a colour is; the words at the lower left apart."""
    image = np.asarray(imread(io.BytesIO(png), format="png"), dtype=np.float64)[..., :3]
    found: NDArray[np.bool_] = np.abs(image - rgb).max(axis=2) < 0.08
    found[int(0.8 * len(found)) :] = False
    return found


def pink(png: bytes) -> NDArray[np.bool_]:
    return coloured(png, WALL_RGB)


def reach_mm(found: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """Left, right, lower and upper end of what was found, mm from the picture's middle."""
    size = len(found)
    rows, columns = np.nonzero(found)
    across, up = columns * SIDE_MM / size - SIDE_MM / 2, SIDE_MM / 2 - rows * SIDE_MM / size
    return float(across.min()), float(across.max()), float(up.min()), float(up.max())


def middle_mm(found: NDArray[np.bool_]) -> tuple[float, float]:
    size = len(found)
    rows, columns = np.nonzero(found)
    return (columns.mean() - size / 2) * SIDE_MM / size, (size / 2 - rows.mean()) * SIDE_MM / size


def pictures_with(wall: PosteriorWall | Unmeasurable) -> LevelPictures:
    study = made_up.findings()
    l1 = dataclasses.replace(study["L1"], posterior_wall=wall)
    return level_pictures(made_up.volume(), None, dataclasses.replace(study, vertebrae=(l1,)), ["L1"])["L1"]


def test_the_traced_wall_is_drawn_where_it_was_measured_and_as_a_dot_where_it_meets_the_axial_plane() -> None:
    drawn = pictures_with(made_up.wall("L1"))  # 14.5 to 15 mm behind the centre, from 10 mm above to 10 mm below
    assert middle_mm(pink(drawn.sagittal)) == pytest.approx((14.75, 0), abs=0.7)
    assert middle_mm(pink(drawn.axial)) == pytest.approx((0, BEHIND_MM - 14.8), abs=0.5)


def test_a_wall_that_could_not_be_judged_is_not_drawn_like_one_that_was() -> None:
    sure = made_up.wall("L1")
    doubtful = dataclasses.replace(sure, status=WallStatus.NOT_ASSESSABLE)
    assert pink(pictures_with(doubtful).sagittal).sum() < 0.8 * pink(pictures_with(sure).sagittal).sum()
    assert pink(pictures_with(doubtful).axial).sum() < 0.8 * pink(pictures_with(sure).axial).sum()


@pytest.mark.parametrize("without", ["no wall", "no outline", "outline elsewhere"])
def test_a_wall_that_was_not_traced_here_is_not_drawn(without: str) -> None:
    wall = made_up.wall("L1")
    assert wall.wall_lps is not None
    walls = {
        "no wall": made_up.unmeasurable("L1", "posterior wall", made_up.Why.MODALITY_INSUFFICIENT),
        "no outline": dataclasses.replace(wall, wall_lps=None),
        "outline elsewhere": dataclasses.replace(wall, wall_lps=wall.wall_lps[:1]),
    }
    drawn = pictures_with(walls[without])
    assert not pink(drawn.sagittal).any()
    assert not pink(drawn.axial).any()


def test_retropulsion_and_canal_are_written_beneath_and_nothing_else_changes_with_them() -> None:
    wall = made_up.wall("L1")
    other = dataclasses.replace(wall, retropulsion_mm=made_up.mm(6.3), canal_ap_mm=made_up.mm(11.8))
    pairs = zip(dataclasses.astuple(pictures_with(wall)), dataclasses.astuple(pictures_with(other)), strict=True)
    for one, another in pairs:
        rows, columns = np.nonzero(pixels(one) != pixels(another))
        size = len(pixels(one))
        assert len(rows)
        assert rows.min() > 0.85 * size
        assert columns.max() < 0.7 * size


def test_the_canal_is_drawn_at_its_narrowest_and_the_axial_picture_is_cut_there() -> None:
    drawn = pictures_with(made_up.wall("L1"))  # 15.6 mm from 14.8 mm behind the centre, 6 mm above it; 18 mm wide
    left, right, low, high = reach_mm(coloured(drawn.sagittal, CANAL_RGB))
    assert (left, right) == pytest.approx((14.8, 30.4), abs=1.0)  # the ends are dots
    assert (low, high) == pytest.approx((6, 6), abs=1.0)
    left, right, low, high = reach_mm(coloured(drawn.axial, CANAL_RGB))
    assert (left, right) == pytest.approx((-9, 9), abs=0.7)
    assert (low, high) == pytest.approx((BEHIND_MM - 30.4, BEHIND_MM - 14.8), abs=1.0)


def pushed_back(left_mm: float) -> PosteriorWall:
    """Bone 5 mm behind the expected wall, so far to the left of the mid-plane."""
    line = np.array([[left_mm, 14.8, 2.0], [left_mm, 19.8, 2.0]])
    return dataclasses.replace(made_up.wall("L1"), outline="angular", retropulsion_line_lps=line)


def test_retropulsion_is_drawn_from_the_expected_wall_to_the_farthest_bone() -> None:
    drawn = pictures_with(pushed_back(0.0))
    left, right, low, high = reach_mm(coloured(drawn.sagittal, BEHIND_RGB))
    assert (left, right) == pytest.approx((14.8, 19.8), abs=0.8)
    assert (low, high) == pytest.approx((2, 2), abs=0.8)


def test_retropulsion_beside_the_plane_is_drawn_broken() -> None:
    within, beside = (coloured(pictures_with(pushed_back(left)).sagittal, BEHIND_RGB).sum() for left in (0.0, 7.0))
    assert 0 < beside < 0.85 * within


def test_nothing_is_drawn_of_bone_that_stands_not_clearly_behind() -> None:
    nothing = made_up.unmeasurable("L1", "outline", made_up.Why.LOW_CONFIDENCE, "no bone stands clearly behind")
    drawn = pictures_with(dataclasses.replace(pushed_back(0.0), outline=nothing))
    assert not coloured(drawn.sagittal, BEHIND_RGB).any()
