import numpy as np
import pytest

from vfa.model.frame import Grid
from vfa.phantom.anatomy import SpineRecipe, build_spine
from vfa.phantom.foramina import true_foramina
from vfa.phantom.inclusions import ForaminalNarrowing
from vfa.phantom.materials import Tissue
from vfa.phantom.tissues import tissues

BONE = (
    Tissue.BODY_CORTEX,
    Tissue.BODY_MARROW,
    Tissue.ENDPLATE,
    Tissue.POSTERIOR_BONE,
    Tissue.POSTERIOR_MARROW,
    Tissue.VESSEL,
)
LEVELS = ("L1", "L2", "L3", "L4")


def spine_with(*features):
    return build_spine(SpineRecipe(levels=LEVELS, features={"L2": features}))


def soft_mm2(spine, side):
    """Area between the pedicles of L2 and L3 that is neither bone nor disc, in the pedicles' plane."""
    vertebra = spine["L2"]
    x = side * (vertebra.arch.canal_width_mm + vertebra.arch.pedicle_width_mm) / 2
    wall = -vertebra.depth_mm / 2
    low = wall - vertebra.arch.canal_depth_mm / 2
    first = vertebra.construction.lps_of((x, low, -28.0))
    grid = Grid.from_axes((1, 70, 150), (0.2,) * 3, first, vertebra.construction.axes)
    labels = tissues(spine, grid, np.zeros(grid.shape, np.uint8))
    return (~np.isin(labels, (*BONE, Tissue.DISC, Tissue.DISC_NUCLEUS))).sum() * 0.04


def test_there_is_a_foramen_of_usual_size_on_both_sides_of_every_disc():
    found = true_foramina(build_spine(SpineRecipe(levels=(*LEVELS, "L5", "S1"))))
    assert {level for level, _ in found} == {"L1", "L2", "L3", "L4"}
    assert all(80 < foramen.open_mm2 < 220 for foramen in found.values())
    assert found["L2", "left"].open_mm2 == pytest.approx(found["L2", "right"].open_mm2, rel=0.03)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_a_narrowed_foramen_has_lost_its_share_to_bone_on_its_side_only(share):
    plain, narrowed = spine_with(), spine_with(ForaminalNarrowing("left", share))
    before = true_foramina(plain)["L2", "left"].open_mm2
    after = true_foramina(narrowed)
    assert after["L2", "left"].narrowing_fraction == share
    assert after["L2", "left"].open_mm2 == pytest.approx((1 - share) * before, rel=1e-6)
    assert after["L2", "right"].narrowing_fraction == 0
    assert after["L3", "left"].narrowing_fraction == 0
    assert soft_mm2(plain, 1) - soft_mm2(narrowed, 1) == pytest.approx(share * before, rel=0.08)
    assert soft_mm2(plain, -1) == soft_mm2(narrowed, -1)


def test_bone_in_a_foramen_leaves_the_canal_open():
    plain, narrowed = (spine_with(*features) for features in ((), (ForaminalNarrowing("left", 0.7),)))
    centre = plain["L2"].canal_lps
    grid = Grid.from_axes((60, 60, 60), (0.5,) * 3, centre - [15, 15, 25])
    inside = [np.isin(tissues(spine, grid), (Tissue.CANAL, Tissue.CORD)) for spine in (plain, narrowed)]
    assert (inside[0] == inside[1]).all()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_an_impossible_narrowing_cannot_be_built(share):
    with pytest.raises(ValueError, match="share"):
        ForaminalNarrowing("left", share)
