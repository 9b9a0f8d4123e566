from __future__ import annotations

from dataclasses import replace

import pytest

from tests.measure.made_up import heights_of_three, three
from tests.measure.shapes import column_of_blocks
from vfa.measure import measure_spine
from vfa.measure.deformity import deformity, height_loss, lateral_loss
from vfa.model.morphometry import BodyHeights, Deformity, ExpectedHeights, FractureStatus, Shape, genant_grade
from vfa.model.spine import Spine

EXPECTED = ExpectedHeights(three(26, 26, 26, 0.3), three(26, 26, 26, 0.3), three(26, 26, 26, 0.3), "neighbours T12, L2")


def judged(heights: BodyHeights) -> Deformity:
    return deformity(height_loss(heights, EXPECTED), lateral_loss(heights, EXPECTED), ())


def test_the_greatest_of_the_three_columns_decides() -> None:
    loss = height_loss(heights_of_three(18.2, 22, 26), EXPECTED)
    assert loss.column == "anterior"
    assert loss.fraction.value == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("heights_mm", "shape"),
    [
        ((17, 21, 26), Shape.WEDGE),
        ((25, 17, 25), Shape.BICONCAVE),
        ((17, 17, 17), Shape.CRUSH),
        ((25, 24, 18), Shape.CRUSH),
        ((25, 25, 25), Shape.NONE),
    ],
)
def test_the_shape_follows_the_column_that_is_lowest(heights_mm: tuple[float, float, float], shape: Shape) -> None:
    assert judged(heights_of_three(*heights_mm)).shape is shape


def test_a_clear_loss_is_a_fracture_and_a_small_one_is_none() -> None:
    assert judged(heights_of_three(17, 21, 26)).fracture is FractureStatus.PRESENT
    assert judged(heights_of_three(25, 25, 25.5)).fracture is FractureStatus.ABSENT


def test_a_loss_near_the_limit_is_indeterminate_never_absent() -> None:
    result = judged(heights_of_three(20.7, 24, 26, sigma=0.8))
    assert result.fracture is FractureStatus.INDETERMINATE
    assert "20 %" in result.because


def test_thick_slices_turn_a_fracture_into_an_open_question() -> None:
    assert judged(heights_of_three(18.5, 22, 26, sigma=0.2)).fracture is FractureStatus.PRESENT
    assert judged(heights_of_three(18.5, 22, 26, sigma=2.5)).fracture is FractureStatus.INDETERMINATE


def test_a_body_higher_than_it_can_be_is_left_to_a_reader() -> None:
    """An endplate taken from the far side of a disc would hide a fracture."""
    result = judged(heights_of_three(26, 32, 27))
    assert result.fracture is FractureStatus.INDETERMINATE
    assert "middle height reads 23 % higher than expected" in result.because
    assert judged(heights_of_three(26, 28, 27)).fracture is FractureStatus.ABSENT


def one_sided(left_mm: float, sigma: float = 0.3) -> BodyHeights:
    """A body that has kept its height in the centre and on the right."""
    centre = heights_of_three(25, 25, 25)
    return BodyHeights(centre.centre, three(left_mm, left_mm, left_mm + 1, sigma), centre.right, {}, centre.height_map)


def test_a_collapse_of_one_side_alone_is_a_fracture_though_the_centre_stands() -> None:
    result = judged(one_sided(16))
    assert result.fracture is FractureStatus.PRESENT
    assert "left third" in result.because
    assert result.shape is Shape.LATERAL
    assert lateral_loss(one_sided(16), EXPECTED).side == "left"  # type: ignore[union-attr]


def test_a_side_that_may_have_collapsed_is_left_to_a_reader() -> None:
    result = judged(one_sided(21.2, sigma=0.6))
    assert result.fracture is FractureStatus.INDETERMINATE
    assert "left third" in result.because


def test_a_side_a_little_lower_as_in_scoliosis_is_no_fracture() -> None:
    assert judged(one_sided(23, sigma=0.6)).fracture is FractureStatus.ABSENT


def test_genant_classes_are_half_open() -> None:
    assert [genant_grade(loss) for loss in (0.1999, 0.20, 0.2499, 0.25, 0.3999, 0.40, 0.9)] == [0, 1, 1, 2, 2, 3, 3]


def test_grade_probabilities_sum_to_one_and_lean_where_the_loss_is() -> None:
    grades = judged(heights_of_three(18.2, 22, 26)).grade_probabilities
    assert sum(grades) == pytest.approx(1)
    assert grades[2] == max(grades)


def test_a_lowest_body_without_a_name_may_be_the_sacrum_and_is_left_to_a_reader() -> None:
    spine = column_of_blocks([(26, 26), (26, 26), (15, 26)])
    unnamed = Spine(
        tuple(replace(v, level=f"V{n}") for n, v in enumerate(spine.vertebrae, start=1)), spine.grid, "made for a test"
    )
    lowest = measure_spine(unnamed, None)[-1].deformity
    assert isinstance(lowest, Deformity)
    assert lowest.fracture is FractureStatus.INDETERMINATE
    assert "sacrum" in lowest.because
    named = measure_spine(spine, None)[-1].deformity
    assert isinstance(named, Deformity)
    assert named.fracture is FractureStatus.PRESENT
