from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.measure.shapes import all_orientations, column_of_blocks, reoriented
from vfa.measure import measure_spine
from vfa.measure.heights import focal_pits
from vfa.model.estimate import Unmeasurable, Why
from vfa.model.morphometry import BodyHeights
from vfa.model.spine import Spine, Vertebra


def centre_heights(spine: Spine, level: str) -> list[float]:
    found = {v.level: v for v in measure_spine(spine, None)}[level].heights
    assert isinstance(found, BodyHeights)
    return [estimate.value for estimate in found.centre]


def test_a_block_is_as_high_in_front_as_behind() -> None:
    spine = column_of_blocks([(26, 26), (26, 26), (26, 26)])
    assert centre_heights(spine, "L2") == pytest.approx([26, 26, 26], abs=0.5)  # half a voxel and a little


def test_a_wedge_is_read_at_the_middle_of_each_band() -> None:
    # 20 mm in front, 28 mm behind: at depths 0.14, 0.50 and 0.86 that is 21.1, 24.0 and 26.9 mm.
    spine = column_of_blocks([(27, 27), (20, 28), (27, 27)])
    assert centre_heights(spine, "L2") == pytest.approx([21.1, 24.0, 26.9], abs=0.45)


@pytest.mark.parametrize(("order", "flips"), all_orientations())
def test_the_same_body_has_the_same_millimetres_in_every_orientation(
    order: tuple[int, ...], flips: tuple[int, ...]
) -> None:
    spine = column_of_blocks([(27, 27), (20, 28)], spacing_mm=(1.0, 1.1, 1.2))
    expected = {level: centre_heights(spine, level) for level in ("L1", "L2")}
    turned = []
    for vertebra in spine.vertebrae:
        mask, grid = reoriented(vertebra.body, vertebra.grid, order, flips)
        turned.append(Vertebra(vertebra.level, None, mask.astype(bool), grid, canal_lps=vertebra.canal_lps))
    other = Spine(tuple(turned), turned[0].grid, "made for a test")
    for level, heights in expected.items():
        assert centre_heights(other, level) == pytest.approx(heights, abs=0.05)


def test_height_lines_run_from_the_caudal_to_the_cranial_endplate() -> None:
    heights = {v.level: v for v in measure_spine(column_of_blocks([(26, 26), (26, 26)]), None)}["L1"].heights
    assert isinstance(heights, BodyHeights)
    for line in heights.lines_lps.values():
        assert line[1][2] - line[0][2] == pytest.approx(26, abs=0.5)
    # In LPS, anterior is −y.
    assert heights.lines_lps["anterior"][0][1] < heights.lines_lps["posterior"][0][1]


def test_what_an_automatic_outline_may_have_led_astray_widens_every_interval() -> None:
    given = column_of_blocks([(26, 26), (27, 27), (28, 28)])
    drawn = replace(given, vertebrae=tuple(replace(v, outline_sigma_mm=0.8) for v in given.vertebrae))
    for sure, unsure in zip(measure_spine(given, None), measure_spine(drawn, None), strict=True):
        assert isinstance(sure.heights, BodyHeights)
        assert isinstance(unsure.heights, BodyHeights)
        assert unsure.heights.middle.value == sure.heights.middle.value
        assert unsure.heights.middle.sigma == pytest.approx(np.hypot(sure.heights.middle.sigma, 0.8))


def test_a_narrow_dent_is_a_pit_and_a_wide_one_is_not() -> None:
    footprint = np.ones((44, 32), dtype=bool)
    left, anterior = np.ogrid[-21.5:22.5, -15.5:16.5]
    narrow = np.where(left**2 + anterior**2 < 4**2, -4.0, 0.0)
    wide = -4.0 * np.exp(-(left**2 + anterior**2) / (2 * 9**2))
    assert focal_pits(narrow, footprint, +1).any()
    assert focal_pits(-narrow, footprint, -1).any()
    assert not focal_pits(wide, footprint, +1).any()


def test_a_pit_does_not_lower_the_middle_height() -> None:
    spine = column_of_blocks([(26, 26), (26, 26), (26, 26)])
    middle = spine["L2"]
    points = middle.grid.lps_of(np.argwhere(middle.body)) - middle.centre_lps
    inside_pit = (np.hypot(points[:, 0], points[:, 1]) < 3.5) & (points[:, 2] > 8)
    mask = np.array(middle.body)
    mask[tuple(np.argwhere(middle.body)[inside_pit].T)] = False
    pitted = Vertebra("L2", None, mask, middle.grid, canal_lps=middle.canal_lps)
    findings = measure_spine(Spine((spine["L1"], pitted, spine["L3"]), spine.grid, "test"), None)[1]
    assert isinstance(findings.heights, BodyHeights)
    assert findings.heights.middle.value == pytest.approx(26, abs=0.5)
    assert not isinstance(findings.deformity, Unmeasurable)
    assert any("Schmorl" in sign for sign in findings.deformity.signs)


def test_a_sliver_of_a_mask_is_unmeasurable_and_says_so() -> None:
    spine = column_of_blocks([(26, 26), (26, 26)])
    sliver = np.zeros_like(spine["L2"].body)
    index = np.argwhere(spine["L2"].body)
    sliver[tuple(index[:40].T)] = True
    small = Vertebra("L2", None, sliver, spine.grid)
    findings = measure_spine(Spine((spine["L1"], small), spine.grid, "test"), None)[1]
    assert isinstance(findings.heights, Unmeasurable)
    assert findings.heights.reason is Why.QUALITY_FAILED
