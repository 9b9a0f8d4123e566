from __future__ import annotations

import numpy as np
import pytest

from tests.measure.made_up_interior import BONE_HU, MARGIN, SHAPE, UPPER, interior_with
from vfa.measure.body_interior import BodyInterior
from vfa.measure.dense_band import LayerExcess, dense_bands, layer_excess


def beneath_the_upper_endplate(hu: float) -> BodyInterior:
    """A body whose marrow is packed in the 4 mm beneath its upper endplate."""
    cells = np.zeros(SHAPE, dtype=bool)
    cells[MARGIN:-MARGIN, MARGIN:-MARGIN, UPPER - 4 : UPPER + 1] = True
    return interior_with((cells, hu))


def spine_with(interior: BodyInterior) -> dict[str, LayerExcess]:
    """One body among three plain ones."""
    plain = {level: layer_excess(interior_with()) for level in ("T12", "L2", "L3")}
    return {**plain, "L1": layer_excess(interior)}


def test_packed_marrow_is_as_much_denser_as_it_was_made() -> None:
    excess = layer_excess(beneath_the_upper_endplate(BONE_HU + 180))
    assert excess.cranial_hu == pytest.approx(180, abs=5)
    assert excess.caudal_hu == pytest.approx(0, abs=5)


def test_a_band_beneath_one_endplate_is_told_with_its_end_and_only_there() -> None:
    bands = dense_bands(spine_with(beneath_the_upper_endplate(BONE_HU + 180)))
    assert bands["L1"] is not None
    (sign,) = bands["L1"]
    assert "beneath the cranial endplate" in sign
    assert [bands[level] for level in ("T12", "L2", "L3")] == [(), (), ()]


def test_marrow_a_little_denser_near_an_endplate_is_no_sign() -> None:
    assert dense_bands(spine_with(beneath_the_upper_endplate(BONE_HU + 40)))["L1"] == ()


def test_without_other_bodies_or_with_a_body_too_low_a_band_cannot_be_told() -> None:
    packed = layer_excess(beneath_the_upper_endplate(BONE_HU + 180))
    assert dense_bands({"L1": packed}) == {"L1": None}
    assert dense_bands({**spine_with(interior_with()), "L1": LayerExcess(None, None)})["L1"] is None
