from dataclasses import replace

import numpy as np
import pytest

from tests.phantom.flat_bodies import flat_body, vertebra_of
from vfa.phantom.fractures import Burst, FragmentMotion, Wedge
from vfa.phantom.inclusions import WallGap
from vfa.phantom.shape_changes import Bulge
from vfa.phantom.true_wall import wall_gaps
from vfa.phantom.truth import true_vertebra


def with_gap(gap, **changes):
    return replace(vertebra_of(flat_body(**changes)), inclusions=(gap,))


def test_a_whole_wall_has_no_gap_though_its_foramen_is_open():
    truth = true_vertebra(vertebra_of(flat_body(fracture=Wedge(6.0))))
    assert truth.wall.gaps == ()
    assert truth.wall.status == "intact"
    assert truth.wall.outline == "flush"


@pytest.mark.parametrize(("width", "height"), [(4.0, 5.0), (3.0, 8.0), (6.0, 2.0)])
def test_a_gap_beside_the_foramen_has_the_area_and_the_edges_of_its_rectangle(width, height):
    vertebra = with_gap(WallGap(width, height, left_fraction=0.3, height_fraction=0.4))
    (gap,) = wall_gaps(vertebra)
    assert gap.area_mm2 == pytest.approx(width * height, rel=0.11)  # by a lattice of 0.2 mm
    assert (gap.width_mm, gap.height_mm) == pytest.approx((width, height), abs=0.26)
    assert gap.left_mm == pytest.approx(0.3 * 22, abs=0.2)
    assert gap.centre_lps[2] == pytest.approx(0.4 * 25 - 12.5, abs=0.2)
    assert gap.centre_lps[1] == pytest.approx(17.0, abs=0.2)  # LPS: the wall is 17 mm behind
    assert not gap.through_foramen


def test_a_gap_through_the_foramen_is_counted_without_and_with_it():
    (gap,) = wall_gaps(with_gap(WallGap(2.5, 12.0)))
    # The foramen is about 4.8 mm high there, which the gap's 12 mm do not open anew.
    assert gap.area_mm2 == pytest.approx(2.5 * (12.0 - 4.8), rel=0.15)
    assert gap.area_with_foramen_mm2 > gap.area_mm2 + 2.5 * 4.0
    assert gap.through_foramen


def test_a_turned_gap_keeps_its_area():
    (gap,) = wall_gaps(with_gap(WallGap(2.5, 8.0, left_fraction=0.3, turn_deg=30.0)))
    assert gap.area_mm2 == pytest.approx(20.0, rel=0.08)
    assert gap.width_mm == pytest.approx(2.5 * np.cos(np.pi / 6) + 8 * np.sin(np.pi / 6), abs=0.4)


def test_a_smooth_bulge_stands_behind_the_wall_and_its_cortex_is_whole():
    truth = true_vertebra(vertebra_of(flat_body(bulge=Bulge(3.5))))
    assert truth.retropulsion_mm == pytest.approx(3.5, abs=0.05)
    assert truth.wall.outline == "smooth"
    assert truth.wall.status == "intact"
    assert truth.intact_canal.ap_mm - truth.canal.ap_mm == pytest.approx(3.5, abs=0.3)


def test_a_gap_in_a_bulge_is_found_on_the_bulge():
    vertebra = with_gap(WallGap(4.0, 4.0, left_fraction=0.25), bulge=Bulge(3.0))
    (gap,) = wall_gaps(vertebra)
    assert gap.area_mm2 == pytest.approx(16.0, rel=0.1)


def test_a_fragment_with_an_open_edge_breaches_the_wall_and_a_healed_one_does_not():
    still_open = true_vertebra(vertebra_of(flat_body(fracture=Burst(6.0, 5.0))))
    healed = true_vertebra(vertebra_of(flat_body(fracture=Burst(6.0, 5.0, fragment=FragmentMotion(edge="closed")))))
    assert still_open.wall.status == "breached"
    assert healed.wall.status == "intact"
    assert healed.wall.gaps == ()
    assert still_open.retropulsion_mm == healed.retropulsion_mm == pytest.approx(5.0, abs=0.15)
    assert still_open.wall.outline == healed.wall.outline == "angular"


def test_a_fragment_s_bevelled_underside_is_open_as_seen_from_behind():
    # Its bevel (normal 0.8 down, 0.6 back) falls behind the wall by 0.6/0.8 mm per mm: 5 mm back is 3.75 mm of bevel.
    largest = true_vertebra(vertebra_of(flat_body(fracture=Burst(6.0, 5.0)))).wall.gaps[0]
    assert largest.area_mm2 == pytest.approx(2 * 0.24 * 44 * 3.75, rel=0.25)


def test_a_tilted_fragment_stands_further_back_with_its_upper_end():
    straight = true_vertebra(vertebra_of(flat_body(fracture=Burst(6.0, 3.0)))).retropulsion_mm
    backwards, forwards = (
        true_vertebra(vertebra_of(flat_body(fracture=Burst(6.0, 3.0, fragment=FragmentMotion(tilt_deg=tilt)))))
        for tilt in (20.0, -20.0)
    )
    # Its upper edge lies some 5 mm above its middle: sin 20° of that, less what it loses in depth.
    assert 1.0 < backwards.retropulsion_mm - straight < 2.6
    assert forwards.retropulsion_mm > straight  # then its lower edge stands out
    assert backwards.wall.motion == FragmentMotion(tilt_deg=20.0)
    assert backwards.wall.driven_back_mm == 3.0


def test_a_turned_fragment_brings_the_named_side_back():
    vertebra = vertebra_of(flat_body(fracture=Burst(6.0, 3.0, fragment=FragmentMotion(turn_deg=15.0))))
    y = np.arange(-32, -10, 0.05, dtype=np.float32)

    def hindmost(left):
        x, z = np.full_like(y, left), np.full_like(y, 4.0)
        return y[vertebra.field.surface(x, y, z) < 0].min()

    assert hindmost(7.0) - hindmost(-7.0) == pytest.approx(-14 * np.tan(np.radians(15.0)), abs=0.3)


def test_a_lifted_fragment_stands_higher():
    lifted = vertebra_of(flat_body(fracture=Burst(6.0, 4.0, fragment=FragmentMotion(lift_mm=3.0))))
    straight = vertebra_of(flat_body(fracture=Burst(6.0, 4.0)))
    z = np.arange(-12, 16, 0.05, dtype=np.float32)
    behind = np.full_like(z, -19.0)  # 2 mm behind the wall there is only the fragment
    spans = [z[v.field.surface(np.zeros_like(z), behind, z) < 0] for v in (lifted, straight)]
    assert spans[0].max() - spans[1].max() == pytest.approx(3.0, abs=0.1)
    assert spans[0].min() - spans[1].min() == pytest.approx(3.0, abs=0.1)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: WallGap(0.0, 4.0), "width_mm"),
        (lambda: WallGap(3.0, 4.0, left_fraction=1.2), "left_fraction"),
        (lambda: Bulge(0.0), "depth_mm"),
        (lambda: FragmentMotion(tilt_deg=120.0), "tilt_deg"),
        (lambda: FragmentMotion(lift_mm=float("nan")), "lift_mm"),
    ],
)
def test_impossible_damage_cannot_be_built(build, message):
    with pytest.raises(ValueError, match=message):
        build()
