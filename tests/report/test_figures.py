"""The picture shows the spine from the side, anterior left, head up, in true millimetres."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from matplotlib.image import imread
from numpy.typing import NDArray

from tests.report import made_up
from vfa.model.estimate import Why
from vfa.model.findings import StudyFindings, VertebraFindings
from vfa.model.frame import BodyFrame, Grid
from vfa.model.spine import Spine
from vfa.model.volume import Modality, Volume
from vfa.report.figures import DPI, INCHES_PER_MM, spine_figure
from vfa.report.sagittal_plane import plane_through

PIXELS_PER_MM = DPI * INCHES_PER_MM


def pixels(png: bytes) -> NDArray[np.float64]:
    """(H, W, 3) from the top left, 0–1."""
    return np.asarray(imread(io.BytesIO(png), format="png"), dtype=np.float64)[..., :3]


def nothing_measured_at(level: str, centre_lps: tuple[float, float, float]) -> VertebraFindings:
    def none(quantity: str):
        return made_up.unmeasurable(level, quantity, Why.QUALITY_FAILED)

    parts = ["heights", "expected_heights", "height_loss", "lateral_loss", "deformity", "posterior_wall"]
    parts.append("marrow_mean_hu")
    return VertebraFindings(
        level=level,
        level_confidence=None,
        centre_lps=np.array(centre_lps),
        touches_border=False,
        treated="",
        frame=BodyFrame.from_directions(centre_lps, (0, 0, 1), (0, -1, 0)),
        **{part: none(part) for part in parts},
    )


def study_of(*vertebrae: VertebraFindings) -> StudyFindings:
    return StudyFindings(made_up.findings().series, "", "", vertebrae)


def bright_box(low: tuple[float, float, float], high: tuple[float, float, float], axes: NDArray[np.float64]) -> Volume:
    """A box of 1300 HU between two corners in LPS mm, in air, on a 1 mm lattice with these axes."""
    grid = Grid.from_axes((121, 121, 121), (1, 1, 1), -60 * axes.sum(axis=1), axes)
    points = grid.lps_of(np.argwhere(np.ones(grid.shape, dtype=bool)))
    inside = ((points >= low) & (points <= high)).all(axis=1).reshape(grid.shape)
    return Volume(np.where(inside, 1300, -1000).astype(np.int16), grid, Modality.CT)


SIGNS = [(1, 1, 1), (-1, 1, -1), (1, -1, 1), (-1, -1, 1), (1, 1, -1), (-1, -1, -1)]
ORIENTATIONS = [
    np.eye(3)[:, list(order)] * np.array(signs)
    for order, signs in zip(itertools.permutations(range(3)), SIGNS, strict=True)
]


@pytest.mark.parametrize("axes", ORIENTATIONS)
def test_a_box_in_front_and_above_is_drawn_left_and_up_at_its_true_size(axes: NDArray[np.float64]) -> None:
    # 12 mm deep and 20 mm high, in front of (y -25…-13) and above (z 5…25) a body at the origin.
    volume = bright_box((-30, -25, 5), (30, -13, 25), axes)
    image = pixels(spine_figure(volume, None, study_of(nothing_measured_at("L1", (0.0, 0.0, 0.0)))))
    white = (image > 0.9).all(axis=2)
    white[int(50 * PIXELS_PER_MM) :] = False  # the scale bar
    rows = np.nonzero(white.sum(axis=1) > 35)[0] / PIXELS_PER_MM  # letters are thinner than the box
    columns = np.nonzero(white.sum(axis=0) > 40)[0] / PIXELS_PER_MM
    row_of_centre_mm, column_of_centre_mm = 30, 60  # the margins above and in front of it
    assert (rows.min(), rows.max()) == pytest.approx((row_of_centre_mm - 25, row_of_centre_mm - 5), abs=1.0)
    assert (columns.min(), columns.max()) == pytest.approx(
        (column_of_centre_mm - 25, column_of_centre_mm - 13), abs=1.0
    )


def test_the_surface_follows_a_scoliotic_spine_through_every_body() -> None:
    centres = [(8.0, 4.0, 60.0), (0.0, 0.0, 30.0), (-6.0, 6.0, 0.0)]
    plane = plane_through(
        [nothing_measured_at(level, at) for level, at in zip(("L1", "L2", "L3"), centres, strict=True)]
    )
    for centre in centres:
        assert plane.lps_of(plane.picture_of(centre)) == pytest.approx(np.array(centre))


def test_a_twisted_body_is_cut_in_its_own_mid_plane() -> None:
    angle = np.radians(15)
    anterior = np.array([np.sin(angle), -np.cos(angle), 0.0])
    frame = BodyFrame.from_directions((0, 0, 0), (0, 0, 1), anterior)
    straight = nothing_measured_at("L1", (0.0, 0.0, 30.0))
    twisted = nothing_measured_at("L2", (0.0, 0.0, 0.0))
    object.__setattr__(twisted, "frame", frame)
    plane = plane_through([straight, twisted])
    in_front = 20 * anterior
    assert plane.lps_of(plane.picture_of(in_front)) == pytest.approx(in_front, abs=0.01)


def test_the_picture_turns_with_a_patient_who_lies_prone_or_on_the_side() -> None:
    faces = np.array([-1.0, 0.0, 0.0])
    turned = nothing_measured_at("L1", (0.0, 0.0, 0.0))
    object.__setattr__(turned, "frame", BodyFrame.from_directions((0, 0, 0), (0, 0, 1), faces))
    across, up = plane_through([turned]).picture_of(10 * faces)
    assert (across, up) == pytest.approx((-10.0, 0.0))


def test_measured_and_expected_heights_and_the_wall_are_drawn_in_their_colours() -> None:
    image = pixels(spine_figure(made_up.volume(), made_up.spine(), made_up.findings()))
    for colour in ("#5ad1ff", "#ffb347", "#ff6fae", "#ff5c5c"):
        wanted = np.array([int(colour[n : n + 2], 16) for n in (1, 3, 5)]) / 255
        assert (np.abs(image - wanted).max(axis=2) < 0.03).sum() > 20, colour


def test_a_measured_line_is_as_long_as_the_height_it_stands_for() -> None:
    image = pixels(spine_figure(None, None, study_of(made_up.wedge_at_l1())))
    wanted = np.array([0x5A, 0xD1, 0xFF]) / 255
    blue = np.abs(image - wanted).max(axis=2) < 0.1
    blue[int(image.shape[0] * 0.9) :] = False  # the legend
    column = int((60 + 12) * PIXELS_PER_MM)  # the posterior line stands 12 mm behind the centre
    rows = np.nonzero(blue[:, column - 2 : column + 3].any(axis=1))[0]
    drawn_mm = (rows.max() - rows.min()) / PIXELS_PER_MM
    assert drawn_mm == pytest.approx(made_up.HEIGHTS_MM["L1"][2], abs=1.0)


def test_without_an_image_the_outlines_of_the_masks_are_drawn() -> None:
    with_outlines = pixels(spine_figure(None, made_up.spine(), made_up.findings()))
    without = pixels(spine_figure(None, None, made_up.findings()))
    assert (np.abs(with_outlines - without).max(axis=2) > 0.2).sum() > 1000


def test_a_magnetic_resonance_image_of_one_grey_is_drawn_without_a_warning() -> None:
    grid = made_up.spine().grid
    flat = Volume(np.full(grid.shape, 7, dtype=np.int16), grid, Modality.T2)
    assert spine_figure(flat, made_up.spine(), made_up.findings()).startswith(b"\x89PNG")


def test_the_same_findings_give_the_same_bytes() -> None:
    study = made_up.findings()
    assert spine_figure(None, made_up.spine(), study) == spine_figure(None, made_up.spine(), study)


def test_a_study_without_vertebrae_has_no_picture() -> None:
    empty = Spine((), made_up.spine().grid, "nobody")
    with pytest.raises(ValueError, match="at least one"):
        spine_figure(None, empty, study_of())
