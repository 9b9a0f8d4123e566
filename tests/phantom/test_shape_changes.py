import numpy as np
import pytest

from tests.phantom.flat_bodies import flat_body, outline_area_mm2, vertebra_of
from vfa.phantom.body_field import BodyField
from vfa.phantom.fractures import Burst
from vfa.phantom.shape_changes import Comminution
from vfa.phantom.truth import body_volume_mm3, true_vertebra


def dark_widths(shape, start, direction, length_mm=60.0, step_mm=0.02):
    """Widths of the stretches within a body's outline that lie outside its bone, along a line."""
    along = np.arange(0, length_mm, step_mm)
    points = np.asarray(start) + along[:, None] * np.asarray(direction)
    inside = BodyField(shape).surface(*points.astype(np.float32).T) < 0
    edges = np.flatnonzero(np.diff(inside.astype(int)))
    return [round((b - a) * step_mm, 1) for a, b in zip(edges[1:-1:2], edges[2:-1:2], strict=True)]


def test_a_sagittal_split_is_as_wide_as_its_cleft_and_what_the_halves_moved():
    split = flat_body(comminution=Comminution(1.0, 2, cleft_mm=1.2, spread_mm=0.9, turn_deg=90.0))
    assert dark_widths(split, (-28, 3, 2), (1, 0, 0)) == [pytest.approx(1.2 + 2 * 0.9, abs=0.05)]


def test_the_part_in_pieces_ends_in_a_cleft_below_and_the_rest_is_whole():
    broken = flat_body(comminution=Comminution(0.6, 3, cleft_mm=1.0, spread_mm=0.0))
    # A prism 25 mm high: the border lies 15 mm below its top, half a cleft to each side.
    assert dark_widths(broken, (6, 8, -20), (0, 0, 1)) == [pytest.approx(1.0, abs=0.05)]
    z = np.array([-3.2, -2.8, -2.2, -1.8], dtype=np.float32)
    inside = BodyField(broken).surface(np.full(4, 6, np.float32), np.full(4, 8, np.float32), z) < 0
    assert inside.tolist() == [True, False, False, True]


def test_no_piece_moves_backwards():
    for pieces in range(2, 9):
        comminution = Comminution(pieces=pieces, spread_mm=2.0)
        assert min(comminution.shift_mm(n)[1] for n in range(pieces)) >= 0


def test_pieces_hold_what_the_clefts_leave_of_the_body():
    # Three spokes of 17–22 mm, 1 mm wide and 25 mm high, are taken out of the prism.
    broken = flat_body(comminution=Comminution(1.0, 3, cleft_mm=1.0, spread_mm=0.0, turn_deg=90.0))
    taken = 25.0 * outline_area_mm2(flat_body()) - body_volume_mm3(vertebra_of(broken))
    spokes_mm = 17.0 + 2 * 22.0 / np.cos(np.radians(30)) * 0.9
    assert taken == pytest.approx(spokes_mm * 25.0, rel=0.1)


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_the_comminuted_share_of_a_prism_is_that_of_its_height(share):
    truth = true_vertebra(vertebra_of(flat_body(comminution=Comminution(share))))
    assert truth.contents.comminuted_fraction == pytest.approx(share, abs=0.01)
    assert truth.contents.pieces == 4
    assert truth.heights == truth.intact_heights


def test_a_body_in_one_piece_has_no_comminuted_share():
    contents = true_vertebra(vertebra_of(flat_body(fracture=Burst(6.0, 4.0)))).contents
    assert contents.comminuted_fraction == 0
    assert contents.pieces == 0


def test_a_split_through_the_posterior_wall_is_a_gap_in_it():
    split = flat_body(comminution=Comminution(1.0, 2, cleft_mm=1.5, spread_mm=0.5, turn_deg=90.0))
    (gap,) = true_vertebra(vertebra_of(split)).wall.gaps
    # 2.5 mm wide over the 86 % of 25 mm that count, without the foramen's 4.8 mm.
    assert gap.area_with_foramen_mm2 - gap.area_mm2 > 8
    assert gap.area_mm2 == pytest.approx(2.5 * (0.86 * 25 - 4.8), rel=0.2)
    assert gap.through_foramen


@pytest.mark.parametrize(
    "changes", [{"height_fraction": 0.0}, {"pieces": 1}, {"cleft_mm": 0.0}, {"spread_mm": -1.0}, {"pieces": 12}]
)
def test_impossible_comminution_cannot_be_built(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        Comminution(**changes)
